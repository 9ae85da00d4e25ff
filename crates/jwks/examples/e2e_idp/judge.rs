//! Good tokens, and what became of them.

use super::Failure;
use super::client::Client;
use claimant_core::{Algorithm, Audience, Buffer, Limits, Policy, Refusal, UnverifiedToken};
use claimant_jwks::{Answer, KeyPolicy, Keys, Miss};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Clone)]
pub struct Judge {
    keys: Keys,
    policy: Arc<Policy>,
    count: Arc<Mutex<Count>>,
}

#[derive(Default)]
struct Count {
    good: usize,
    waited: usize,
    unavailable: usize,
    refused: Vec<Refusal>,
    kids: BTreeSet<String>,
}

pub enum Verdict {
    Good { kid: String },
    Refused(Refusal),
    Unavailable,
}

impl Judge {
    pub fn new(keys: Keys, issuer: &str, audiences: Vec<String>) -> Result<Self, Failure> {
        let policy = Arc::new(Policy::new(issuer, Audience::any_of(audiences)?));
        Ok(Self { keys, policy, count: Arc::default() })
    }

    /// Whether it was not told to come again.
    pub async fn judge(&self, token: &str) -> Result<bool, Failure> {
        let verdict = self.verdict(token).await?;
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        match verdict {
            Verdict::Good { kid } => {
                count.good += 1;
                count.kids.insert(kid);
            }
            Verdict::Refused(why) => count.refused.push(why),
            Verdict::Unavailable => {
                count.unavailable += 1;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The whole way of a token; a missed key is waited for once.
    async fn verdict(&self, token: &str) -> Result<Verdict, Failure> {
        for _ in 0..2 {
            let (outcome, kid) = self.look(token)?;
            match outcome {
                None => return Ok(Verdict::Unavailable),
                Some(Ok(())) => return Ok(Verdict::Good { kid }),
                Some(Err(Refusal::UnknownKey)) => {}
                Some(Err(why)) => return Ok(Verdict::Refused(why)),
            }
            let answer = match self.keys.miss(&kid) {
                Miss::Present => Answer::Present,
                Miss::Absent => Answer::Absent,
                Miss::Unavailable => Answer::Unavailable,
                Miss::Wait(waiter) => {
                    self.count.lock().unwrap_or_else(PoisonError::into_inner).waited += 1;
                    waiter.wait().await
                }
            };
            match answer {
                Answer::Present => {}
                Answer::Absent => return Ok(Verdict::Refused(Refusal::UnknownKey)),
                Answer::Unavailable => return Ok(Verdict::Unavailable),
            }
        }
        Ok(Verdict::Unavailable)
    }

    /// By the keys at hand, and the token's `kid`.
    pub fn look(&self, token: &str) -> Result<(Option<Result<(), Refusal>>, String), Failure> {
        let loaded = self.keys.load();
        let Some(set) = loaded.keys() else { return Ok((None, String::new())) };
        let mut buffer = Buffer::new();
        let token = UnverifiedToken::parse(token, &mut buffer, &Limits::default())?;
        let kid = token.header().kid.as_deref().unwrap_or_default().to_owned();
        let verified = token.verify(set, &Algorithm::ALL);
        Ok((Some(verified.and_then(|signed| signed.check(&self.policy, now()).map(|_| ()))), kid))
    }

    pub fn kids(&self) -> usize {
        self.count.lock().unwrap_or_else(PoisonError::into_inner).kids.len()
    }

    /// No good token was refused, no more than `most` were told to come again, and there were at least so many.
    pub fn settle(&self, what: &str, least: usize, most: Option<usize>) -> Result<(), Failure> {
        let count = std::mem::take(&mut *self.count.lock().unwrap_or_else(PoisonError::into_inner));
        let Count { good, waited, unavailable, refused, kids } = count;
        let (refusals, kids) = (refused.len(), kids.len());
        let bound = most.map_or(String::new(), |most| format!(" (at most {most})"));
        println!(
            "{what}: {good} verified with {kids} keys, {waited} waited, {unavailable} not in time{bound}, \
             {refusals} refused"
        );
        if refused.is_empty() && good >= least && most.is_none_or(|most| unavailable <= most) {
            Ok(())
        } else {
            Err(format!("{what}: good tokens were not accepted, or too few came: {refused:?}").into())
        }
    }
}

/// How often a rotation makes `loads` say "not in time", at most, where all new keys are published at the same moment.
///
/// It rests on no time of this machine. The cooldown is over when the rotation is ordered, so the first token with a
/// new key starts a fetch, all others join it, and its answer has every new key: that fetch is all that there is to
/// wait for, and it is cut off at `fetch_timeout`. A reader is sent away only once it has waited for E, so each load is
/// sent away `fetch_timeout ÷ E` times at most: three times by the defaults, and never where the fetch takes less
/// than E. `others` are the fetches that can spoil this: those that failed, as on a machine so slow that one is cut off,
/// and a refresh that happened to start just before the rotation. After each, the keys are there within A, and a load
/// that was sent away comes again no sooner than E later.
pub fn most_unavailable(policy: &KeyPolicy, loads: usize, others: u64) -> usize {
    let promises = policy.promises();
    let others = u32::try_from(others).unwrap_or(u32::MAX);
    let window = policy.fetch_timeout.saturating_add(promises.new_key.saturating_mul(others));
    let times = window.as_nanos().div_ceil(promises.reader_wait.as_nanos().max(1));
    usize::try_from(times).unwrap_or(usize::MAX).saturating_mul(loads)
}

/// Tokens of every sort, taken and judged until told to stop; those of the beginning are judged again and again.
pub struct Load {
    pub judge: Judge,
    pub client: Client,
    pub old: Vec<String>,
    pub stop: Arc<AtomicBool>,
    /// Rounds that ended.
    pub rounds: Arc<AtomicUsize>,
    /// Who is told to come again does so after this time.
    pub pause: Duration,
}

impl Load {
    pub async fn run(self) -> Result<(), Failure> {
        while !self.stop.load(Ordering::Relaxed) {
            for sort in self.client.sorts() {
                let token = self.client.token(sort).await?;
                for token in std::iter::once(&token).chain(&self.old) {
                    if !self.judge.judge(token).await? {
                        tokio::time::sleep(self.pause).await;
                    }
                }
            }
            self.rounds.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
