//! Interleaved rounds: every contender in turn, again and again, so that a slow moment hits all alike.

use crate::contender::{Contender, Kind};
use std::time::Duration;

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How long one contender works before the next one does.
    pub turn: Duration,
    /// How many turns each gets.
    pub rounds: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self { turn: Duration::from_micros(400), rounds: 300 }
    }
}

/// What one contender took per unit of work, in nanoseconds.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The contender's name.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// The bare contender to compare with.
    pub base: Option<String>,
    /// The fastest turn.
    pub minimum: f64,
    /// The middle one.
    pub median: f64,
}

/// Measures all, in turn.
pub fn measure(contenders: &mut [Contender], plan: Plan) -> Vec<Outcome> {
    let times: Vec<u32> = contenders.iter_mut().map(|one| calibrate(one, plan.turn)).collect();
    let mut turns = vec![Vec::with_capacity(plan.rounds); contenders.len()];
    for _ in 0..plan.rounds {
        for ((one, times), turns) in contenders.iter_mut().zip(&times).zip(&mut turns) {
            turns.push(one.time(*times).as_secs_f64() * 1e9 / f64::from(*times));
        }
    }
    contenders.iter().zip(turns).map(|(one, turns)| outcome(one, turns)).collect()
}

fn calibrate(contender: &mut Contender, turn: Duration) -> u32 {
    contender.time(3);
    let one = (0..3).map(|_| contender.time(1)).min().unwrap_or_default().max(Duration::from_nanos(50));
    u32::try_from(turn.as_nanos() / one.as_nanos()).unwrap_or(1).max(1)
}

fn outcome(contender: &Contender, mut turns: Vec<f64>) -> Outcome {
    turns.sort_unstable_by(f64::total_cmp);
    Outcome {
        name: contender.name.clone(),
        kind: contender.kind,
        base: contender.base.clone(),
        minimum: turns.first().copied().unwrap_or(f64::NAN),
        median: turns.get(turns.len() / 2).copied().unwrap_or(f64::NAN),
    }
}
