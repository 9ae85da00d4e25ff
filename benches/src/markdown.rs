//! Tables.

use crate::contender::{Kind, bare_name};
use crate::fixture::Subject;
use crate::measure::Outcome;
use crate::report::{Figures, Table};
use std::fmt::Write;

/// A summary of every token, then one table per token and algorithm.
pub fn render(tables: &[Table], allocations: &Figures, instructions: &Figures) -> String {
    let mut out = String::from("# What a verification costs\n\n");
    out.push_str(
        "Nanoseconds per verification, every contender in turn in one run: signature, issuer, audience, times, \
         typed claims. Times hold for the machine they were taken on; ratios carry further.\n",
    );
    for subject in Subject::ALL {
        let of_subject: Vec<_> = tables.iter().filter(|table| table.subject == subject).collect();
        if of_subject.is_empty() {
            continue;
        }
        writeln!(out, "\n## {}\n", subject.name()).unwrap();
        summary(&mut out, &of_subject);
        for table in of_subject {
            detail(&mut out, table, allocations, instructions);
        }
    }
    out
}

/// The best of each kind, by algorithm.
fn summary(out: &mut String, tables: &[&Table]) {
    out.push_str(
        "| algorithm | fastest bare signature | ours, fastest | over its bare signature | beside the signature \
         | parse alone | fastest peer | peer / ours |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for table in tables {
        let best = |kind: Kind| table.outcomes.iter().find(|one| one.kind == kind);
        let rest = |name: &str| table.outcomes.iter().find(|one| one.name == name).map_or(f64::NAN, |o| o.minimum);
        let (Some(bare), Some(ours)) = (best(Kind::Bare), best(Kind::Ours)) else { continue };
        let (peer, factor) = match best(Kind::Peer) {
            Some(peer) => (named(peer), format!("{:.2}", peer.minimum / ours.minimum)),
            None => ("–".into(), "–".into()),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {:.0} | {:.0} | {peer} | {factor} |",
            table.algorithm,
            named(bare),
            named(ours),
            base(table, ours).map_or("–".into(), |base| format!("{:.0}", ours.minimum - base.minimum)),
            rest("claimant-core without the signature"),
            rest("claimant-core, parse alone"),
        )
        .unwrap();
    }
}

fn named(outcome: &Outcome) -> String {
    let short = outcome.name.trim_start_matches(&bare_name(""));
    format!("{:.0} ({short})", outcome.minimum)
}

fn detail(out: &mut String, table: &Table, allocations: &Figures, instructions: &Figures) {
    writeln!(out, "\n### {} {}\n", table.subject.name(), table.algorithm).unwrap();
    out.push_str(
        "| | minimum | median | over bare | ratio to bare | allocations | instructions |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for one in &table.outcomes {
        let (over, ratio) = match base(table, one) {
            Some(base) => (format!("{:.0}", one.minimum - base.minimum), format!("{:.3}", one.minimum / base.minimum)),
            None => ("–".into(), "–".into()),
        };
        writeln!(
            out,
            "| {} | {:.0} | {:.0} | {over} | {ratio} | {} | {} |",
            one.name,
            one.minimum,
            one.median,
            allocations.of(table, &one.name),
            instructions.of(table, &one.name),
        )
        .unwrap();
    }
}

fn base<'a>(table: &'a Table, one: &Outcome) -> Option<&'a Outcome> {
    let name = one.base.as_ref()?;
    table.outcomes.iter().find(|other| other.name == *name)
}
