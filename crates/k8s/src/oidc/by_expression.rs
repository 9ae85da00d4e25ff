//! Claims to the parts of a user, and the rules about both, by CEL.

use super::by_claim::ROOM;
use super::facts::Facts;
use crate::config::{Expressions, Rule};
use crate::explain::{Got, Step, Trace};
use crate::{Refusal, UserInfo};
use claimant_cel::{Activation, Program, User, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The claims as an evaluation reads them: members that the token's index knows already.
pub(super) struct View<'a> {
    facts: Facts<'a>,
    /// Names that are written with escapes, by their place; made when somebody walks over all.
    escaped: OnceLock<Vec<(usize, String)>>,
}

impl<'a> View<'a> {
    pub(super) fn of(facts: Facts<'a>) -> Self {
        Self { facts, escaped: OnceLock::new() }
    }

    fn escaped(&self) -> &[(usize, String)] {
        self.escaped.get_or_init(|| {
            let names = self.facts.claims().iter().enumerate();
            let escaped = names.filter_map(|(at, (name, _))| match name {
                Cow::Owned(name) => Some((at, name)),
                Cow::Borrowed(_) => None,
            });
            escaped.collect()
        })
    }
}

impl claimant_cel::Claims for View<'_> {
    #[inline]
    fn get(&self, name: &str) -> Option<&str> {
        self.facts.get(name)
    }

    fn len(&self) -> usize {
        self.facts.claims().len() + usize::from(self.facts.fetched().is_some())
    }

    fn member(&self, index: usize) -> Option<(&str, &str)> {
        match self.facts.claims().member(index) {
            Some((Cow::Borrowed(name), value)) => Some((name, value)),
            Some((Cow::Owned(_), value)) => {
                self.escaped().iter().find(|(at, _)| *at == index).map(|(_, name)| (name.as_str(), value))
            }
            None => self.facts.fetched().filter(|_| index == self.facts.claims().len()),
        }
    }
}

/// What an expression is for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    Username,
    Groups,
    Uid,
    Extra(&'a str),
    ClaimRule,
    UserRule,
}

impl Purpose<'_> {
    /// As refusals call it.
    fn words(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Groups => "groups",
            Self::Uid => "uid",
            Self::Extra(_) => "extra",
            Self::ClaimRule => "claim validation rule",
            Self::UserRule => "user validation rule",
        }
    }

    /// As the configuration calls it.
    fn field(self) -> String {
        match self {
            Self::Username => "claimMappings.username".to_owned(),
            Self::Groups => "claimMappings.groups".to_owned(),
            Self::Uid => "claimMappings.uid".to_owned(),
            Self::Extra(key) => format!("claimMappings.extra[{key:?}]"),
            Self::ClaimRule => "claimValidationRules".to_owned(),
            Self::UserRule => "userValidationRules".to_owned(),
        }
    }
}

/// A user name may not be empty.
pub(super) fn username<T: Trace>(program: &Program, view: &View<'_>, trace: &mut T) -> Result<String, Refusal> {
    evaluate(program, &Activation::claims(view), Purpose::Username, trace, |value| match value.as_str() {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(Refusal::ExpressionResult(Purpose::Username.words())),
    })
}

pub(super) fn text<T: Trace>(
    program: &Program,
    view: &View<'_>,
    purpose: Purpose<'_>,
    trace: &mut T,
) -> Result<String, Refusal> {
    evaluate(program, &Activation::claims(view), purpose, trace, |value| {
        value.as_str().map(ToOwned::to_owned).ok_or(Refusal::ExpressionResult(purpose.words()))
    })
}

pub(super) fn strings<T: Trace>(
    program: &Program,
    view: &View<'_>,
    purpose: Purpose<'_>,
    trace: &mut T,
) -> Result<Vec<String>, Refusal> {
    evaluate(program, &Activation::claims(view), purpose, trace, |value| {
        let mut strings = Vec::with_capacity(value.strings_at_most().min(ROOM));
        let all = value.each_string(|text| strings.push(text.as_str().to_owned()));
        all.map_err(|_| Refusal::ExpressionResult(purpose.words()))?;
        Ok(strings)
    })
}

/// Keys whose value has no strings are left out.
pub(super) fn extra<T: Trace>(
    expressions: &Expressions,
    view: &View<'_>,
    extra: &mut BTreeMap<String, Vec<String>>,
    trace: &mut T,
) -> Result<(), Refusal> {
    // All are evaluated before any counts, as in the API server; that decides nothing but which failure shows.
    for (key, program) in &expressions.extra {
        let values = strings(program, view, Purpose::Extra(key), trace)?;
        if !values.is_empty() {
            extra.insert(key.clone(), values);
        }
    }
    Ok(())
}

pub(super) fn claim_rules<T: Trace>(rules: &[Rule], view: &View<'_>, trace: &mut T) -> Result<(), Refusal> {
    rules.iter().try_for_each(|rule| check(rule, &Activation::claims(view), Purpose::ClaimRule, trace))
}

pub(super) fn user_rules<T: Trace>(rules: &[Rule], user: &UserInfo, trace: &mut T) -> Result<(), Refusal> {
    if rules.is_empty() {
        return Ok(());
    }
    let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
    let values: Vec<(&str, Vec<&str>)> =
        user.extra.iter().map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect())).collect();
    let extra: Vec<(&str, &[&str])> = values.iter().map(|(key, values)| (*key, values.as_slice())).collect();
    let user = User { username: &user.username, uid: &user.uid, groups: &groups, extra: &extra };
    rules.iter().try_for_each(|rule| check(rule, &Activation::user(&user), Purpose::UserRule, trace))
}

fn check<T: Trace>(
    rule: &Rule,
    activation: &Activation<'_>,
    purpose: Purpose<'_>,
    trace: &mut T,
) -> Result<(), Refusal> {
    evaluate(&rule.program, activation, purpose, trace, |value| match value.as_bool() {
        Some(true) => Ok(()),
        Some(false) => Err(Refusal::Rule { message: rule.message.clone() }),
        None => Err(Refusal::ExpressionResult(purpose.words())),
    })
}

/// The text of an evaluation's error may hold a claim, so only its code goes on.
fn evaluate<'a, T: Trace, R>(
    program: &'a Program,
    activation: &Activation<'a>,
    purpose: Purpose<'_>,
    trace: &mut T,
    convert: impl FnOnce(&Value<'a>) -> Result<R, Refusal>,
) -> Result<R, Refusal> {
    let output = program.eval(activation);
    let outcome = match &output {
        Ok(output) => convert(&output.value),
        Err(failure) => Err(Refusal::Expression { what: purpose.words(), code: failure.error.code() }),
    };
    trace.step(|| Step {
        name: purpose.field(),
        expected: program.source().to_owned(),
        got: output.as_ref().ok().map(|output| got(&output.value)),
        cost: Some(output.as_ref().map_or_else(|failure| failure.cost, |output| output.cost)),
        outcome: outcome.as_ref().map(|_| ()).map_err(|why| why.clone().into()),
    });
    outcome
}

fn got(value: &Value<'_>) -> Got {
    match (value.as_bool(), value.as_str(), value.to_strings()) {
        (Some(truth), ..) => Got::open(truth.to_string()),
        (_, Some(text), _) => Got::text(text),
        (_, _, Ok(texts)) => Got::texts(&texts.iter().map(|text| text.to_string()).collect::<Vec<_>>()),
        _ => Got::value(value.notation(), value.type_name()),
    }
}
