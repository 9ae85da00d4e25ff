//! Claims to the parts of a user, and the rules about both, by CEL.

use super::by_claim::ROOM;
use super::facts::Facts;
use crate::config::{Expressions, Rule};
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

/// A user name may not be empty.
pub(super) fn username(program: &Program, view: &View<'_>) -> Result<String, Refusal> {
    let name = text(program, view, "username")?;
    if name.is_empty() { Err(Refusal::ExpressionResult("username")) } else { Ok(name) }
}

pub(super) fn text(program: &Program, view: &View<'_>, what: &'static str) -> Result<String, Refusal> {
    let value = eval(program, &Activation::claims(view), what)?;
    value.as_str().map(ToOwned::to_owned).ok_or(Refusal::ExpressionResult(what))
}

pub(super) fn strings(program: &Program, view: &View<'_>, what: &'static str) -> Result<Vec<String>, Refusal> {
    let value = eval(program, &Activation::claims(view), what)?;
    let mut strings = Vec::with_capacity(value.strings_at_most().min(ROOM));
    value.each_string(|text| strings.push(text.as_str().to_owned())).map_err(|_| Refusal::ExpressionResult(what))?;
    Ok(strings)
}

/// Keys whose value has no strings are left out.
pub(super) fn extra(
    expressions: &Expressions,
    view: &View<'_>,
    extra: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), Refusal> {
    // All are evaluated before any counts, as in the API server; that decides nothing but which failure shows.
    for (key, program) in &expressions.extra {
        let values = strings(program, view, "extra")?;
        if !values.is_empty() {
            extra.insert(key.clone(), values);
        }
    }
    Ok(())
}

pub(super) fn claim_rules(rules: &[Rule], view: &View<'_>) -> Result<(), Refusal> {
    rules.iter().try_for_each(|rule| check(rule, &Activation::claims(view), "claim validation rule"))
}

pub(super) fn user_rules(rules: &[Rule], user: &UserInfo) -> Result<(), Refusal> {
    if rules.is_empty() {
        return Ok(());
    }
    let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
    let values: Vec<(&str, Vec<&str>)> =
        user.extra.iter().map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect())).collect();
    let extra: Vec<(&str, &[&str])> = values.iter().map(|(key, values)| (*key, values.as_slice())).collect();
    let user = User { username: &user.username, uid: &user.uid, groups: &groups, extra: &extra };
    rules.iter().try_for_each(|rule| check(rule, &Activation::user(&user), "user validation rule"))
}

fn check(rule: &Rule, activation: &Activation<'_>, what: &'static str) -> Result<(), Refusal> {
    match eval(&rule.program, activation, what)?.as_bool() {
        Some(true) => Ok(()),
        Some(false) => Err(Refusal::Rule { message: rule.message.clone() }),
        None => Err(Refusal::ExpressionResult(what)),
    }
}

/// The text of an evaluation's error may hold a claim, so only its code goes on.
fn eval<'a>(program: &'a Program, activation: &Activation<'a>, what: &'static str) -> Result<Value<'a>, Refusal> {
    match program.eval(activation) {
        Ok(output) => Ok(output.value),
        Err(failure) => Err(Refusal::Expression { what, code: failure.error.code() }),
    }
}
