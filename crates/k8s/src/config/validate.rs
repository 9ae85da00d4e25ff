//! The rules of kube-apiserver's validation (pkg/apis/apiserver/validation), one function each.

use super::expressions::{self, Expressions};
use super::types::{
    AuthenticationConfiguration, ClaimMappings, ClaimValidationRule, ExtraMapping, Issuer, PrefixedClaimOrExpression,
    UserValidationRule,
};
use super::url;
use crate::FieldError;
use crate::names::is_subdomain;
use claimant_core::key::has_certificates;
use std::collections::HashSet;

type Errors = Vec<FieldError>;

pub(super) fn configuration(
    config: &AuthenticationConfiguration,
    disallowed: &[String],
    most: usize,
    errors: &mut Errors,
) -> Vec<Expressions> {
    let mut compiled = Vec::with_capacity(config.jwt.len());
    if config.jwt.len() > most {
        push(errors, "jwt".into(), format!("{} items, must have at most {most}", config.jwt.len()));
        return compiled;
    }
    let (mut issuers, mut discovery) = (HashSet::new(), HashSet::new());
    for (i, jwt) in config.jwt.iter().enumerate() {
        let path = format!("jwt[{i}]");
        issuer(&jwt.issuer, disallowed, &format!("{path}.issuer"), errors);
        claim_rules(&jwt.claim_validation_rules, &format!("{path}.claimValidationRules"), errors);
        mappings(&jwt.claim_mappings, &format!("{path}.claimMappings"), errors);
        user_rules(&jwt.user_validation_rules, &format!("{path}.userValidationRules"), errors);
        compiled.push(expressions::compile(jwt, &path, errors));
        if !issuers.insert(&jwt.issuer.url) {
            push(errors, format!("{path}.issuer.url"), "duplicate value".into());
        }
        if !jwt.issuer.discovery_url.is_empty() && !discovery.insert(&jwt.issuer.discovery_url) {
            push(errors, format!("{path}.issuer.discoveryURL"), "duplicate value".into());
        }
    }
    if config.anonymous.as_ref().is_some_and(|a| !a.enabled && !a.conditions.is_empty()) {
        push(errors, "anonymous.conditions".into(), "enabled should be true when conditions are defined".into());
    }
    compiled
}

fn issuer(issuer: &Issuer, disallowed: &[String], path: &str, errors: &mut Errors) {
    if issuer.url.is_empty() {
        push(errors, format!("{path}.url"), "required".into());
    } else {
        if disallowed.contains(&issuer.url) {
            push(errors, format!("{path}.url"), "must not overlap with disallowed issuers".into());
        }
        check_url(&issuer.url, &format!("{path}.url"), errors);
    }
    if !issuer.discovery_url.is_empty() {
        let field = format!("{path}.discoveryURL");
        let same = issuer.url.trim_end_matches('/') == issuer.discovery_url.trim_end_matches('/');
        if !issuer.url.is_empty() && same {
            push(errors, field.clone(), "must be different from url".into());
        }
        check_url(&issuer.discovery_url, &field, errors);
    }
    audiences(issuer, path, errors);
    if !issuer.certificate_authority.is_empty() && !has_certificates(&issuer.certificate_authority) {
        push(errors, format!("{path}.certificateAuthority"), "holds no certificate in PEM".into());
    }
    if !matches!(issuer.egress_selector_type.as_str(), "" | "controlplane" | "cluster") {
        push(errors, format!("{path}.egressSelectorType"), "must be either controlplane or cluster".into());
    }
}

fn check_url(text: &str, path: &str, errors: &mut Errors) {
    let found = match url::parse(text) {
        Ok(found) => found,
        Err(why) => return push(errors, path.into(), why.into()),
    };
    for (wrong, why) in [
        (found.scheme != "https", "URL scheme must be https"),
        (found.has_user, "URL must not contain a username or password"),
        (found.has_query, "URL must not contain a query"),
        (found.has_fragment, "URL must not contain a fragment"),
    ] {
        if wrong {
            push(errors, path.into(), why.into());
        }
    }
}

fn audiences(issuer: &Issuer, path: &str, errors: &mut Errors) {
    if issuer.audiences.is_empty() {
        return push(errors, format!("{path}.audiences"), "at least one is required".into());
    }
    let mut seen = HashSet::new();
    for (i, audience) in issuer.audiences.iter().enumerate() {
        if audience.is_empty() {
            push(errors, format!("{path}.audiences[{i}]"), "required".into());
        }
        if !seen.insert(audience) {
            push(errors, format!("{path}.audiences[{i}]"), "duplicate value".into());
        }
    }
    let policy = issuer.audience_match_policy.as_str();
    if !(policy == "MatchAny" || (policy.is_empty() && issuer.audiences.len() == 1)) {
        push(errors, format!("{path}.audienceMatchPolicy"), "must be MatchAny (or empty for one audience)".into());
    }
}

fn claim_rules(rules: &[ClaimValidationRule], path: &str, errors: &mut Errors) {
    let (mut claims, mut expressions) = (HashSet::new(), HashSet::new());
    for (i, rule) in rules.iter().enumerate() {
        let path = format!("{path}[{i}]");
        match (rule.claim.is_empty(), rule.expression.is_empty()) {
            (false, false) => push(errors, path, "claim and expression can't both be set".into()),
            (true, true) => push(errors, path, "claim or expression is required".into()),
            (false, true) => {
                if !rule.message.is_empty() {
                    push(errors, format!("{path}.message"), "may not be specified when claim is set".into());
                }
                if !claims.insert(&rule.claim) {
                    push(errors, format!("{path}.claim"), "duplicate value".into());
                }
            }
            (true, false) => {
                if !rule.required_value.is_empty() {
                    push(errors, format!("{path}.requiredValue"), "may not be specified when expression is set".into());
                }
                if !expressions.insert(&rule.expression) {
                    push(errors, format!("{path}.expression"), "duplicate value".into());
                }
            }
        }
    }
}

fn mappings(mappings: &ClaimMappings, path: &str, errors: &mut Errors) {
    claim_or_expression(&mappings.username, true, &format!("{path}.username"), errors);
    claim_or_expression(&mappings.groups, false, &format!("{path}.groups"), errors);
    if !mappings.uid.claim.is_empty() && !mappings.uid.expression.is_empty() {
        push(errors, format!("{path}.uid"), "claim and expression can't both be set".into());
    }
    let mut keys = HashSet::new();
    for (i, mapping) in mappings.extra.iter().enumerate() {
        extra(mapping, !keys.insert(&mapping.key), &format!("{path}.extra[{i}]"), errors);
    }
}

fn claim_or_expression(mapping: &PrefixedClaimOrExpression, required: bool, path: &str, errors: &mut Errors) {
    match (mapping.claim.is_empty(), mapping.expression.is_empty()) {
        (false, false) => push(errors, path.into(), "claim and expression can't both be set".into()),
        (true, true) if required => push(errors, path.into(), "claim or expression is required".into()),
        (true, false) if mapping.prefix.is_some() => {
            push(errors, format!("{path}.prefix"), "may not be specified when expression is set".into());
        }
        (false, true) if mapping.prefix.is_none() => push(
            errors,
            format!("{path}.prefix"),
            "required when claim is set; an empty string disables prefixing".into(),
        ),
        _ => {}
    }
}

fn extra(mapping: &ExtraMapping, twin: bool, path: &str, errors: &mut Errors) {
    let key = format!("{path}.key");
    let domain = match mapping.key.split_once('/') {
        Some((domain, rest)) if !domain.is_empty() && !rest.is_empty() => {
            if !is_subdomain(domain) {
                push(errors, key.clone(), "the part before the slash must be a DNS subdomain".into());
            }
            if !is_http_path(rest) {
                push(errors, key.clone(), "invalid path".into());
            }
            domain
        }
        _ => {
            push(errors, key.clone(), "must be a domain-prefixed path (such as \"acme.io/foo\")".into());
            mapping.key.split_once('/').map_or("", |(domain, _)| domain)
        }
    };
    if mapping.key.to_lowercase() != mapping.key {
        push(errors, key.clone(), "must be lowercase".into());
    }
    if ["k8s.io", "kubernetes.io"].iter().any(|d| domain == *d || domain.ends_with(&format!(".{d}"))) {
        push(errors, key.clone(), "k8s.io, kubernetes.io and their subdomains are reserved".into());
    }
    if twin {
        push(errors, key, "duplicate value".into());
    }
    if mapping.value_expression.is_empty() && !twin {
        push(errors, format!("{path}.valueExpression"), "required".into());
    }
}

fn user_rules(rules: &[UserValidationRule], path: &str, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for (i, rule) in rules.iter().enumerate() {
        let field = format!("{path}[{i}].expression");
        if rule.expression.is_empty() {
            push(errors, field, "required".into());
        } else if !seen.insert(&rule.expression) {
            push(errors, field, "duplicate value".into());
        }
    }
}

/// The characters of a path; a percent sign may stand alone.
fn is_http_path(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte))
}

fn push(errors: &mut Errors, path: String, why: String) {
    errors.push(FieldError { path, why });
}
