//! What the API server takes without a word, and people regret.

use super::source::{asked_claims, asks_for, bare_call, claim_at, indexed_claims, mentioned_claims};
use super::{Problem, probes};
use crate::config::starts::{Start, code, starts};
use crate::config::yaml::member_path;
use crate::config::{AuthenticationConfiguration, JwtAuthenticator, PrefixedClaimOrExpression};
use crate::yaml::{Document, Place};
use claimant_cel::{Activation, ClaimsIndex, Env, Program, User};
use std::collections::{BTreeMap, BTreeSet};

/// Names that Kubernetes keeps to itself begin with this.
const RESERVED: &str = "system:";
/// Some of them, of different make.
const PROBES: [&str; 4] = ["system:masters", "system:node:n", "system:serviceaccount:kube-system:x", "system:a b"];

pub(super) fn give(config: &AuthenticationConfiguration, document: &Document, base: &str, problems: &mut Vec<Problem>) {
    let list = member_path(base, "jwt");
    for (i, jwt) in config.jwt.iter().enumerate() {
        let mut advisor = Advisor { jwt, document, path: format!("{list}[{i}]"), problems };
        advisor.reserved_names();
        advisor.missing_prefixes(config.jwt.len());
        advisor.discovery_document();
        advisor.mapped_expressions();
        advisor.token_life();
    }
    shared_audiences(config, document, &list, problems);
}

fn shared_audiences(
    config: &AuthenticationConfiguration,
    document: &Document,
    list: &str,
    problems: &mut Vec<Problem>,
) {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, jwt) in config.jwt.iter().enumerate() {
        for (a, audience) in jwt.issuer.audiences.iter().enumerate() {
            let owner = *first.entry(audience).or_insert(i);
            if owner != i {
                let path = format!("{list}[{i}].issuer.audiences[{a}]");
                let message = format!(
                    "{audience:?} is an audience of {list}[{owner}] too: whoever holds a token of one issuer for it can be \
                     somebody under either; give each issuer an audience of its own"
                );
                problems.push(Problem::warning("shared_audience", document.place(&path), path, message));
            }
        }
    }
}

struct Advisor<'a> {
    jwt: &'a JwtAuthenticator,
    document: &'a Document,
    path: String,
    problems: &'a mut Vec<Problem>,
}

impl Advisor<'_> {
    fn warn(&mut self, code: &'static str, path: String, offset: Option<usize>, message: String) {
        let within = offset.and_then(|offset| self.document.place_within(&path, offset));
        let place: Place = within.unwrap_or_else(|| self.document.place(&path));
        self.problems.push(Problem::warning(code, place, path, message));
    }

    /// Mappings that can give `system:` names, which no rule keeps out.
    fn reserved_names(&mut self) {
        let mappings = &self.jwt.claim_mappings;
        for (code, name, mapping) in
            [("system_username", "username", &mappings.username), ("system_groups", "groups", &mappings.groups)]
        {
            let path = format!("{}.claimMappings.{name}", self.path);
            if is_both(mapping) || !can_be_reserved(mapping) || self.rules_keep_out(name) {
                continue;
            }
            let (path, how) = match mapping.expression.is_empty() {
                true => (format!("{path}.prefix"), "give it a prefix, such as \"oidc:\"".to_owned()),
                false => (format!("{path}.expression"), "let it begin with a text of its own, 'oidc:' + …".to_owned()),
            };
            let rule = match name {
                "username" => "!user.username.startsWith('system:')",
                _ => "user.groups.all(g, !g.startsWith('system:'))",
            };
            let message = format!(
                "the issuer can give names that begin with {RESERVED:?}, system:masters and nodes among them; {how}, or \
                 refuse such names by a userValidationRules expression \"{rule}\""
            );
            self.warn(code, path, None, message);
        }
    }

    /// Whether rules refuse reserved names: by what they say of some.
    fn rules_keep_out(&self, what: &str) -> bool {
        /// More are not tried.
        const MOST: usize = 32;
        let wanted = self.rules_about(what).flat_map(|(rule, _)| probes::reserved_names(rule));
        let mut all = PROBES.into_iter().map(ToOwned::to_owned).chain(wanted).take(MOST);
        all.all(|name| self.rules_refuse(what, &name))
    }

    /// Whether a rule refuses this user name or group: by its verdict, or where it gives none by its text.
    fn rules_refuse(&self, what: &str, name: &str) -> bool {
        let (user, mapping) = match what {
            "username" => {
                (User { username: name, uid: "", groups: &[], extra: &[] }, &self.jwt.claim_mappings.username)
            }
            _ => (User { username: "", uid: "", groups: &[name], extra: &[] }, &self.jwt.claim_mappings.groups),
        };
        let prefix = mapping.prefix.as_deref().unwrap_or_default();
        let refuses = |(rule, of_claims): (&str, bool)| {
            let verdict = match (of_claims, name.strip_prefix(prefix)) {
                (false, _) => probes::user_rule_refuses(rule, what, name),
                (true, None) => Some(false),
                (true, Some(rest)) => probes::claim_rule_refuses(rule, &mapping.claim, what == "groups", rest),
            };
            verdict.unwrap_or_else(|| forbids(rule))
        };
        self.jwt.refuses(&user, what) || self.rules_about(what).any(refuses)
    }

    /// The rules that read the user's name or groups, and whether it is by the claim.
    fn rules_about(&self, what: &str) -> impl Iterator<Item = (&str, bool)> {
        let claim = match what {
            "username" => &self.jwt.claim_mappings.username.claim,
            _ => &self.jwt.claim_mappings.groups.claim,
        };
        let (of_user, of_claim) = (format!("user.{what}"), format!("claims.{claim}"));
        let has_claim = !claim.is_empty();
        let user_rules = self.jwt.user_validation_rules.iter().map(|rule| rule.expression.as_str());
        let claim_rules = self.jwt.claim_validation_rules.iter().map(|rule| rule.expression.as_str());
        let user_rules = user_rules.filter(move |rule| rule.contains(&of_user)).map(|rule| (rule, false));
        let claim_rules = claim_rules.filter(move |rule| has_claim && rule.contains(&of_claim));
        user_rules.chain(claim_rules.map(|rule| (rule, true)))
    }

    /// Names that nothing tells apart from those of others.
    fn missing_prefixes(&mut self, issuers: usize) {
        let mappings = &self.jwt.claim_mappings;
        for (name, mapping, others) in [
            ("username", &mappings.username, "client certificates and other issuers"),
            ("groups", &mappings.groups, "client certificates and other issuers, and of bindings that mean those"),
        ] {
            // One issuer's addresses are told apart by what they are, where a rule says that they are addresses: the
            // API server takes any text for one.
            let of_email = mapping.claim == "email" || mapping.expression.contains("claims.email");
            let is_email = name == "username" && of_email && issuers == 1 && self.rules_refuse(name, "jane");
            let (field, is_open) = match mapping.expression.is_empty() {
                true => ("prefix", !mapping.claim.is_empty() && mapping.prefix.as_deref() == Some("")),
                false => ("expression", starts(&mapping.expression).is_none()),
            };
            if is_both(mapping) || is_email || !is_open {
                continue;
            }
            let path = format!("{}.claimMappings.{name}.{field}", self.path);
            let message = format!(
                "nothing stands in front of the issuer's {name}, so that they can be the same as those of {others}; give \
                 them a prefix, such as \"oidc:\""
            );
            self.warn("missing_prefix", path, None, message);
        }
    }

    /// An issuer is no document.
    fn discovery_document(&mut self) {
        const DOCUMENT: &str = "/.well-known/openid-configuration";
        if let Some(issuer) = self.jwt.issuer.url.trim_end_matches('/').strip_suffix(DOCUMENT) {
            let message =
                format!("this is the discovery document and not the issuer, whose tokens say {issuer:?} in iss");
            self.warn("discovery_in_url", format!("{}.issuer.url", self.path), None, message);
        }
    }

    /// Claims that may be absent, and lists that do not convert.
    fn mapped_expressions(&mut self) {
        let mappings = &self.jwt.claim_mappings;
        let path = format!("{}.claimMappings", self.path);
        let mut all = vec![(format!("{path}.uid.expression"), &mappings.uid.expression, false)];
        for (name, mapping, wants_list) in [("username", &mappings.username, false), ("groups", &mappings.groups, true)]
        {
            if !is_both(mapping) {
                all.push((format!("{path}.{name}.expression"), &mapping.expression, wants_list));
            }
        }
        for (i, extra) in mappings.extra.iter().enumerate() {
            all.push((format!("{path}.extra[{i}].valueExpression"), &extra.value_expression, true));
        }
        let required = self.required_claims();
        for (path, source, wants_list) in all {
            let Ok(program) = Program::compile(&Env::claims(), source) else { continue };
            let code = code(source);
            let indexed = indexed_claims(source, &code);
            let selected = program.selected_claims().map(|claim| (claim, claim_at(&code, claim)));
            let read: Vec<_> = selected.chain(indexed.iter().map(|(claim, at)| (*claim, Some(*at)))).collect();
            for (claim, at) in read.into_iter().filter(|(claim, _)| !required.contains(*claim)) {
                if asks_for(&code, claim) || asks_for(source, claim) {
                    continue;
                }
                let is_name = claim.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && claim.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                let ask = if is_name { format!("has(claims.{claim})") } else { format!("'{claim}' in claims") };
                let message = format!(
                    "reads the claim {claim}, which no rule requires: a token without it is refused only when this runs; \
                     ask with {ask}, or require it by a claimValidationRules expression \"{ask}\""
                );
                self.warn("claim_not_required", path.clone(), at, message);
            }
            // An evaluation takes one branch of a choice alone.
            let fails = never_converts(&program).filter(|fails| *fails || !code.contains('?'));
            for method in ["split", "findAll"].into_iter().filter(|_| wants_list && fails != Some(false)) {
                let at = bare_call(&code, method)
                    .or_else(|| code.find(&format!(".{method}(")).filter(|_| fails == Some(true)));
                if let Some(at) = at {
                    let message = format!(
                        "the list that {method} gives is not taken when this runs (\"must return a string or a list of \
                         strings\"), and every token is refused; put .map(x, x) behind it"
                    );
                    self.warn("bare_split", path.clone(), Some(at), message);
                }
            }
        }
    }

    /// Those without which a token is refused anyway.
    fn required_claims(&self) -> BTreeSet<String> {
        let mut required: BTreeSet<String> = ["iss", "aud", "exp", "sub"].map(ToOwned::to_owned).into();
        let mappings = &self.jwt.claim_mappings;
        required.extend([mappings.username.claim.clone(), mappings.uid.claim.clone()]);
        for rule in &self.jwt.claim_validation_rules {
            required.insert(rule.claim.clone());
            let Ok(program) = Program::compile(&Env::claims(), &rule.expression) else {
                // Broken: its claims by the look of it.
                required.extend(mentioned_claims(&rule.expression).map(ToOwned::to_owned));
                continue;
            };
            required.extend(program.selected_claims().map(ToOwned::to_owned));
            let code = code(&rule.expression);
            required.extend(indexed_claims(&rule.expression, &code).into_iter().map(|(claim, _)| claim.to_owned()));
            required.extend(asked_claims(&rule.expression).map(ToOwned::to_owned));
        }
        required
    }

    /// Tokens may live for years unless a rule that compares `exp` with `iat` refuses that.
    fn token_life(&mut self) {
        let limits = |source: &String| match Program::compile(&Env::claims(), source) {
            Ok(program) => {
                let compares = program.selects_claim("exp") && ["iat", "nbf"].iter().any(|c| program.selects_claim(c));
                compares && probes::limits_life(source).unwrap_or(true)
            }
            Err(_) => {
                let mentions = |claim: &str| mentioned_claims(source).any(|one| one == claim);
                mentions("exp") && (mentions("iat") || mentions("nbf"))
            }
        };
        if self.jwt.claim_validation_rules.iter().any(|rule| limits(&rule.expression)) {
            return;
        }
        let message = "nothing limits how long its tokens live; a claimValidationRules expression \
                       \"claims.exp - claims.iat <= 86400\" refuses those that live for more than a day";
        self.warn("token_life", format!("{}.issuer.url", self.path), None, message.to_owned());
    }
}

/// Whether the list that the expression gives for claims that are text is none that the API server takes; none
/// where it gives nothing for such claims.
fn never_converts(program: &Program) -> Option<bool> {
    let names: Vec<&str> = program.selected_claims().collect();
    let texts: serde_json::Map<String, serde_json::Value> =
        names.iter().map(|name| ((*name).to_owned(), "a,b".into())).collect();
    let claims = serde_json::Value::from(texts).to_string();
    let claims = ClaimsIndex::from_json(&claims).ok()?;
    let output = program.eval(&Activation::claims(&claims)).ok()?;
    Some(output.value.to_strings().is_err())
}

/// Whether the text of a rule that cannot be run here speaks against reserved names.
fn forbids(rule: &str) -> bool {
    // What a broken rule is to keep out shows once it is mended.
    if Program::compile(&Env::user(), rule).is_err() && Program::compile(&Env::claims(), rule).is_err() {
        return true;
    }
    let dense: String = rule.split_whitespace().collect::<String>().replace("!=", "");
    let asks = ["startsWith('system:')", "startsWith(\"system:\")", "'^system:", "\"^system:"];
    dense.contains('!') && asks.iter().any(|ask| dense.contains(ask))
}

/// Whether it has a claim and an expression, which is refused.
fn is_both(mapping: &PrefixedClaimOrExpression) -> bool {
    !mapping.claim.is_empty() && !mapping.expression.is_empty()
}

/// Whether a value of the issuer's choice can begin as reserved names do.
fn can_be_reserved(mapping: &PrefixedClaimOrExpression) -> bool {
    let open = |prefix: &str| RESERVED.starts_with(prefix) || prefix.starts_with(RESERVED);
    if mapping.expression.is_empty() {
        return !mapping.claim.is_empty() && open(mapping.prefix.as_deref().unwrap_or_default());
    }
    let open_start =
        |start: &Start<'_>| if start.is_whole { start.text.starts_with(RESERVED) } else { open(start.text) };
    starts(&mapping.expression).is_none_or(|all| all.iter().any(open_start))
}
