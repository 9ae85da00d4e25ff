//! From contenders to tables, and the other ways to run them.

use crate::contender::Contender;
use crate::fixture::{Fixture, Subject};
use crate::measure::{Outcome, Plan, measure};
use crate::{markdown, svg};
use claimant_core::Algorithm;
use std::collections::HashMap;
use std::path::PathBuf;
use std::{fs, io};

/// Makes the contenders of one token.
pub type Contenders = dyn Fn(&Fixture) -> Vec<Contender>;

/// What was measured of one token.
#[derive(Debug, Clone)]
pub struct Table {
    /// The token.
    pub subject: Subject,
    /// What it is signed with.
    pub algorithm: Algorithm,
    /// Bare signatures first, then by time.
    pub outcomes: Vec<Outcome>,
}

/// Measures every token of which the names of algorithm and subject contain `filter`.
pub fn tables(contenders: &Contenders, plan: Plan, filter: &str) -> Vec<Table> {
    selected(filter)
        .map(|fixture| {
            eprintln!("{} {}", fixture.subject.name(), fixture.algorithm);
            let mut outcomes = measure(&mut contenders(&fixture), plan);
            outcomes.sort_by(|a, b| a.minimum.total_cmp(&b.minimum));
            Table { subject: fixture.subject, algorithm: fixture.algorithm, outcomes }
        })
        .collect()
}

/// Runs every contender once in such a way that callgrind can count it, and prints what was run, in order.
pub fn count(contenders: &Contenders, filter: &str) {
    for fixture in selected(filter) {
        for mut contender in contenders(&fixture) {
            // The first runs fill caches and buffers.
            contender.time(2);
            contender.counted_once();
            println!("{}", Figures::line(&fixture, &contender.name, ""));
        }
    }
}

/// Prints the allocations of every contender, as `allocations` counts those of its argument.
pub fn allocations(contenders: &Contenders, filter: &str, allocations: impl Fn(&mut dyn FnMut()) -> u64) {
    for fixture in selected(filter) {
        for mut contender in contenders(&fixture) {
            contender.time(2);
            let counted = allocations(&mut || contender.counted_once());
            println!("{}", Figures::line(&fixture, &contender.name, &counted.to_string()));
        }
    }
}

fn selected(filter: &str) -> impl Iterator<Item = Fixture> {
    let wanted = move |one: &Fixture| format!("{} {}", one.subject.name(), one.algorithm).contains(filter);
    Fixture::all().into_iter().filter(wanted).collect::<Vec<_>>().into_iter()
}

/// Prints Markdown, and writes it with one picture per token into `benches/report`.
///
/// # Errors
/// A file that cannot be written.
pub fn write(tables: &[Table]) -> io::Result<()> {
    let allocations = Figures::read("allocations.tsv");
    let instructions = Figures::read("instructions.tsv");
    let text = markdown::render(tables, &allocations, &instructions);
    print!("{text}");
    let folder = folder();
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("report.md"), text)?;
    for subject in Subject::ALL {
        let of_subject: Vec<_> = tables.iter().filter(|table| table.subject == subject).collect();
        if !of_subject.is_empty() {
            fs::write(folder.join(format!("{}.svg", subject.name())), svg::render(subject, &of_subject))?;
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("report")
}

/// Counts by token and contender, one a line.
#[derive(Debug, Clone, Default)]
pub struct Figures(HashMap<String, String>);

impl Figures {
    /// None, for a report of times alone.
    pub fn none() -> Self {
        Self::default()
    }

    fn read(file: &str) -> Self {
        let text = fs::read_to_string(folder().join(file)).unwrap_or_default();
        Self(text.lines().filter_map(|line| line.rsplit_once('\t')).map(|(k, v)| (k.into(), v.into())).collect())
    }

    fn line(fixture: &Fixture, name: &str, figure: &str) -> String {
        format!("{}\t{}\t{name}\t{figure}", fixture.subject.name(), fixture.algorithm)
    }

    /// The figure of a contender, or a dash.
    pub fn of(&self, table: &Table, name: &str) -> &str {
        let key = format!("{}\t{}\t{name}", table.subject.name(), table.algorithm);
        self.0.get(&key).map_or("–", String::as_str)
    }
}
