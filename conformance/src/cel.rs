//! Recorded CEL expressions: one object with `claims`, `user` and `cases`; each case has an `id`, a `kind`, an
//! `expression` and what the real code gave, `expect`.

use std::collections::BTreeMap;
use std::fmt;

use crate::score::Tally;
use claimant_cel::{Activation, ClaimsIndex, Env, Program, User, Value};
use serde::Deserialize;
use serde_json::value::RawValue;

/// How one case came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// The same outcome.
    Same,
    /// We refuse what they accept.
    Stricter,
    /// We accept what they refuse.
    Looser,
    /// Both give a value, and it is another one; or another type.
    OtherValue,
    /// The recording says nothing that could be compared: the real code broke down.
    Unjudged,
}

/// Counts of one category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// All cases.
    pub(crate) cases: usize,
    /// Same outcome.
    pub(crate) same: usize,
    /// Refused here, accepted there.
    pub(crate) stricter: usize,
    /// Accepted here, refused there.
    pub(crate) looser: usize,
    /// Another value.
    pub(crate) other_value: usize,
    /// Not judged.
    pub(crate) unjudged: usize,
    /// Cases with a recorded cost that were evaluated here, too.
    pub(crate) costs: usize,
    /// Those whose cost is equal.
    pub(crate) equal_costs: usize,
}

/// The outcome of a replay.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// By category: what stands before the slash of an id.
    pub(crate) categories: BTreeMap<String, Counts>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    claims: &'a RawValue,
    user: UserFixture,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct UserFixture {
    username: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    expression: String,
    expect: Expect,
}

#[derive(Deserialize, Default, Debug)]
#[serde(rename_all = "camelCase", default)]
struct Expect {
    compile_error: Option<String>,
    oracle_panics: Option<String>,
    static_type: Option<String>,
    error: Option<String>,
    cost: Option<u64>,
    #[serde(rename = "type")]
    type_name: Option<String>,
    value: Option<String>,
    outcome: Option<serde_json::Value>,
    outcome_error: Option<String>,
}

/// What we say to a case.
#[derive(Debug, Default)]
struct Answer {
    refused_at_load: Option<String>,
    static_type: String,
    error: Option<String>,
    cost: Option<u64>,
    type_name: String,
    value: String,
    outcome: Option<serde_json::Value>,
    outcome_error: Option<String>,
}

/// Replays a file of recordings.
///
/// # Errors
/// Why the text is not such a file.
pub(crate) fn replay(text: &str, tally: &mut Tally) -> Result<Report, String> {
    let file: File<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let claims = ClaimsIndex::from_json(file.claims.get()).map_err(|error| error.to_string())?;
    let groups: Vec<&str> = file.user.groups.iter().map(String::as_str).collect();
    let values: Vec<(&str, Vec<&str>)> = file
        .user
        .extra
        .iter()
        .map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect()))
        .collect();
    let extra: Vec<(&str, &[&str])> = values.iter().map(|(name, values)| (*name, values.as_slice())).collect();
    let user = User { username: &file.user.username, uid: &file.user.uid, groups: &groups, extra: &extra };
    let mut report = Report::default();
    for case in &file.cases {
        let answer = answer(case, &claims, &user);
        report.add(case, &answer, tally);
    }
    Ok(report)
}

fn answer(case: &Case, claims: &ClaimsIndex<'_>, user: &User<'_>) -> Answer {
    let mut answer = Answer::default();
    let of_user = case.kind == "user-validation";
    let env = if of_user { Env::user() } else { Env::claims() };
    let program = match Program::compile(&env, &case.expression) {
        Ok(program) => program,
        Err(error) => {
            answer.refused_at_load = Some(error.to_string());
            return answer;
        }
    };
    if case.kind.ends_with("validation") && !program.result_type().is_bool() {
        answer.refused_at_load = Some("must evaluate to bool".to_owned());
        return answer;
    }
    answer.static_type = program.result_type().name().to_owned();
    let activation = if of_user { Activation::user(user) } else { Activation::claims(claims) };
    let output = match program.eval(&activation) {
        Ok(output) => output,
        Err(failure) => {
            answer.cost = Some(failure.cost);
            answer.error = Some(failure.error.to_string());
            return answer;
        }
    };
    answer.cost = Some(output.cost);
    answer.type_name = output.value.type_name().to_owned();
    answer.value = output.value.notation();
    outcome(&case.kind, &output.value, &mut answer);
    answer
}

/// What the API server would make of the value.
fn outcome(kind: &str, value: &Value<'_>, answer: &mut Answer) {
    match kind {
        "claim-mapping-username" => match value.as_str() {
            Some(text) => answer.outcome = Some(text.into()),
            None => answer.outcome_error = Some("must return a string".to_owned()),
        },
        "claim-mapping-groups" | "claim-mapping-extra" => match value.to_strings() {
            Ok(strings) => {
                let strings: Vec<&str> = strings.iter().map(|s| s.as_str()).collect();
                answer.outcome = Some(strings.into());
            }
            Err(error) => answer.outcome_error = Some(error.to_string()),
        },
        _ if kind.ends_with("validation") => match value.as_bool() {
            Some(verdict) => answer.outcome = Some(verdict.into()),
            None => answer.outcome_error = Some("validation expression must return a boolean".to_owned()),
        },
        _ => {}
    }
}

fn judge(expect: &Expect, answer: &Answer) -> Verdict {
    if expect.oracle_panics.is_some() {
        return Verdict::Unjudged;
    }
    match (expect.compile_error.is_some(), answer.refused_at_load.is_some()) {
        (true, true) => return Verdict::Same,
        (true, false) => return Verdict::Looser,
        (false, true) => return Verdict::Stricter,
        (false, false) => {}
    }
    if expect.static_type.as_deref() != Some(&answer.static_type) {
        return Verdict::OtherValue;
    }
    match (expect.error.is_some(), answer.error.is_some()) {
        (true, true) => return Verdict::Same,
        (true, false) => return Verdict::Looser,
        (false, true) => return Verdict::Stricter,
        (false, false) => {}
    }
    match (expect.outcome_error.is_some(), answer.outcome_error.is_some()) {
        (true, false) => return Verdict::Looser,
        (false, true) => return Verdict::Stricter,
        _ => {}
    }
    let same = expect.value.as_deref() == Some(&answer.value)
        && expect.type_name.as_deref() == Some(&answer.type_name)
        && (expect.outcome.is_none() || expect.outcome == answer.outcome);
    if same { Verdict::Same } else { Verdict::OtherValue }
}

impl Report {
    fn add(&mut self, case: &Case, answer: &Answer, tally: &mut Tally) {
        let category = case.id.split('/').next().unwrap_or("").to_owned();
        let counts = self.categories.entry(category).or_default();
        let verdict = judge(&case.expect, answer);
        counts.cases += 1;
        let note = || format!("{}: {}: they {:?}, we {answer:?}", case.id, case.expression, case.expect);
        match verdict {
            Verdict::Same => {
                counts.same += 1;
                tally.same += 1;
            }
            Verdict::Stricter => {
                counts.stricter += 1;
                tally.stricter_unnamed += 1;
                tally.notes.push(format!("stricter without a name: {}", note()));
            }
            Verdict::Looser => {
                counts.looser += 1;
                tally.looser += 1;
                tally.notes.push(format!("looser: {}", note()));
            }
            Verdict::OtherValue => {
                counts.other_value += 1;
                tally.other_user += 1;
                tally.notes.push(format!("other user: another value: {}", note()));
            }
            Verdict::Unjudged => {
                counts.unjudged += 1;
                tally.unsupported(&format!("{}: the real code broke down", case.id));
            }
        }
        if let (Some(theirs), Some(ours)) = (case.expect.cost, answer.cost) {
            counts.costs += 1;
            counts.equal_costs += usize::from(theirs == ours);
            if theirs != ours {
                tally.notes.push(format!("another cost: {}", note()));
            }
        }
    }

    /// All categories together.
    pub(crate) fn total(&self) -> Counts {
        let mut total = Counts::default();
        for counts in self.categories.values() {
            total.cases += counts.cases;
            total.same += counts.same;
            total.stricter += counts.stricter;
            total.looser += counts.looser;
            total.other_value += counts.other_value;
            total.unjudged += counts.unjudged;
            total.costs += counts.costs;
            total.equal_costs += counts.equal_costs;
        }
        total
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<20} {:>6} {:>6} {:>8} {:>6} {:>11} {:>8} {:>12}",
            "category", "cases", "same", "stricter", "looser", "other value", "unjudged", "cost equal"
        )?;
        let total = self.total();
        let rows = self.categories.iter().map(|(name, counts)| (name.as_str(), counts));
        for (name, c) in rows.chain([("total", &total)]) {
            let costs = format!("{}/{}", c.equal_costs, c.costs);
            writeln!(
                f,
                "{name:<20} {:>6} {:>6} {:>8} {:>6} {:>11} {:>8} {costs:>12}",
                c.cases, c.same, c.stricter, c.looser, c.other_value, c.unjudged
            )?;
        }
        Ok(())
    }
}
