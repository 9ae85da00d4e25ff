//! The CEL expressions of one authenticator, compiled.

use super::types::JwtAuthenticator;
use crate::FieldError;
use claimant_cel::{Env, Program};
use std::collections::HashSet;

/// What the expressions of one authenticator became.
#[derive(Debug, Default)]
pub(crate) struct Expressions {
    pub(crate) username: Option<Program>,
    pub(crate) groups: Option<Program>,
    pub(crate) uid: Option<Program>,
    pub(crate) extra: Vec<(String, Program)>,
    pub(crate) claim_rules: Vec<Rule>,
    pub(crate) user_rules: Vec<Rule>,
}

/// A validation rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) program: Program,
    /// What is told where the rule is not met: its own message, or the expression.
    pub(crate) message: String,
}

/// Compiles all of them; what stands beside a claim, or stands twice, is refused elsewhere and not looked at.
pub(super) fn compile(jwt: &JwtAuthenticator, path: &str, errors: &mut Vec<FieldError>) -> Expressions {
    let mappings = &jwt.claim_mappings;
    let mut compiler = Compiler { errors, all: Expressions::default() };
    let mut seen = HashSet::new();
    for (i, rule) in jwt.claim_validation_rules.iter().enumerate().filter(|(_, rule)| rule.claim.is_empty()) {
        if seen.insert(&rule.expression) {
            let path = format!("{path}.claimValidationRules[{i}].expression");
            let rule = compiler.rule(Env::claims(), &rule.expression, &rule.message, path);
            compiler.all.claim_rules.extend(rule);
        }
    }
    for (i, mapping, name) in [(0, &mappings.username, "username"), (1, &mappings.groups, "groups")] {
        if mapping.claim.is_empty() {
            let program = compiler.program(&mapping.expression, format!("{path}.claimMappings.{name}.expression"));
            if i == 0 {
                compiler.all.username = program;
            } else {
                compiler.all.groups = program;
            }
        }
    }
    if mappings.uid.claim.is_empty() {
        compiler.all.uid = compiler.program(&mappings.uid.expression, format!("{path}.claimMappings.uid.expression"));
    }
    let mut seen = HashSet::new();
    for (i, mapping) in mappings.extra.iter().enumerate().filter(|(_, mapping)| seen.insert(&mapping.key)) {
        let path = format!("{path}.claimMappings.extra[{i}].valueExpression");
        if let Some(program) = compiler.program(&mapping.value_expression, path) {
            compiler.all.extra.push((mapping.key.clone(), program));
        }
    }
    let mut seen = HashSet::new();
    for (i, rule) in jwt.user_validation_rules.iter().enumerate() {
        if seen.insert(&rule.expression) {
            let path = format!("{path}.userValidationRules[{i}].expression");
            let rule = compiler.rule(Env::user(), &rule.expression, &rule.message, path);
            compiler.all.user_rules.extend(rule);
        }
    }
    let all = compiler.all;
    check_email(&all, format!("{path}.claimMappings.username.expression"), errors);
    all
}

struct Compiler<'a> {
    errors: &'a mut Vec<FieldError>,
    all: Expressions,
}

impl Compiler<'_> {
    /// `None` where there is no expression, or a bad one.
    fn program(&mut self, expression: &str, path: String) -> Option<Program> {
        self.compile(Env::claims(), expression, path)
    }

    fn compile(&mut self, env: Env, expression: &str, path: String) -> Option<Program> {
        if expression.is_empty() {
            return None;
        }
        Program::compile(&env, expression)
            .map_err(|error| self.errors.push(FieldError { path, why: error.to_string() }))
            .ok()
    }

    fn rule(&mut self, env: Env, expression: &str, message: &str, path: String) -> Option<Rule> {
        let program = self.compile(env, expression, path.clone())?;
        if !program.result_type().is_bool() {
            self.errors.push(FieldError { path, why: "must evaluate to bool".to_owned() });
            return None;
        }
        let message = if message.is_empty() { expression } else { message };
        Some(Rule { program, message: message.to_owned() })
    }
}

/// A user name from `claims.email` wants `claims.email_verified` somewhere where it can refuse.
fn check_email(all: &Expressions, path: String, errors: &mut Vec<FieldError>) {
    let verifies = |program: &Program| program.selects_claim("email_verified");
    let verified = all.username.iter().any(verifies)
        || all.extra.iter().any(|(_, program)| verifies(program))
        || all.claim_rules.iter().any(|rule| verifies(&rule.program));
    if all.username.iter().any(|program| program.selects_claim("email")) && !verified {
        let why = "claims.email_verified must be used in claimMappings.username.expression, \
                   claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is \
                   used in claimMappings.username.expression";
        errors.push(FieldError { path, why: why.to_owned() });
    }
}
