//! Which names an issuer can give: whom a role binding means, if it names a mapped user or group.

use super::starts::{code, starts};
use super::types::{JwtAuthenticator, PrefixedClaimOrExpression};
use claimant_cel::{Activation, Env, Program, User};

/// Whether an authenticator can give a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gives {
    /// None of its tokens does, whatever the issuer writes into them.
    Never,
    /// An expression decides, and nothing that can be seen without a token speaks against it.
    Perhaps,
    /// The issuer has only to write it into a token.
    Always,
}

impl JwtAuthenticator {
    /// Whether a token of this issuer can be of a user of this name.
    ///
    /// ```
    /// use claimant_k8s::config::{AuthenticationConfiguration, Gives};
    ///
    /// let config = AuthenticationConfiguration::from_yaml(b"
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AuthenticationConfiguration
    /// jwt:
    /// - issuer: {url: https://issuer.example, audiences: [kube]}
    ///   claimMappings: {username: {claim: sub, prefix: 'oidc:'}}
    /// ", &[])?;
    /// assert_eq!(config.jwt[0].gives_user("oidc:jane"), Gives::Always);
    /// assert_eq!(config.jwt[0].gives_user("jane"), Gives::Never);
    /// # Ok::<(), claimant_k8s::ConfigError>(())
    /// ```
    pub fn gives_user(&self, name: &str) -> Gives {
        if self.refuses(&User { username: name, uid: "", groups: &[], extra: &[] }, "username") {
            return Gives::Never;
        }
        gives(&self.claim_mappings.username, name)
    }

    /// Whether a token of this issuer can be of a user in this group.
    pub fn gives_group(&self, name: &str) -> Gives {
        if self.refuses(&User { username: "", uid: "", groups: &[name], extra: &[] }, "groups") {
            return Gives::Never;
        }
        gives(&self.claim_mappings.groups, name)
    }

    /// What stands in front of its user names, as far as the configuration says it.
    pub fn username_prefix(&self) -> Option<&str> {
        prefix(&self.claim_mappings.username)
    }

    /// What stands in front of its groups, as far as the configuration says it.
    pub fn groups_prefix(&self) -> Option<&str> {
        prefix(&self.claim_mappings.groups)
    }

    /// Whether a rule about nothing but this part of the user is false for it.
    pub(crate) fn refuses(&self, user: &User<'_>, part: &str) -> bool {
        let others = ["username", "uid", "groups", "extra"];
        let mut rules = self.user_validation_rules.iter().map(|rule| rule.expression.as_str());
        rules.any(|source| {
            let code = code(source);
            let reads = |name: &str| code.contains(&format!("user.{name}"));
            // With an index or as a whole, it may read anything.
            let plainly = words(&code, "user") == words(&code, &format!("user.{part}"));
            let alone = plainly && reads(part) && others.iter().all(|other| *other == part || !reads(other));
            // What is true of one group must be so of every user who has it among others.
            let of_each =
                ["user.groups.all(", "!user.groups.exists("].iter().any(|start| code.trim().starts_with(start));
            let alone = alone && (part != "groups" || (of_each && !code.contains("||")));
            alone
                && Program::compile(&Env::user(), source).is_ok_and(|program| {
                    program.eval(&Activation::user(user)).is_ok_and(|output| output.value.as_bool() == Some(false))
                })
        })
    }
}

fn gives(mapping: &PrefixedClaimOrExpression, name: &str) -> Gives {
    if mapping.expression.is_empty() {
        let fits = name.starts_with(mapping.prefix.as_deref().unwrap_or_default());
        return if fits && !mapping.claim.is_empty() { Gives::Always } else { Gives::Never };
    }
    let fits = |start: &super::starts::Start<'_>| match start.is_whole {
        true => name == start.text,
        false => name.starts_with(start.text),
    };
    match starts(&mapping.expression) {
        Some(all) if !all.iter().any(fits) => Gives::Never,
        _ => Gives::Perhaps,
    }
}

/// How often the text stands there by itself.
fn words(code: &str, text: &str) -> usize {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let alone = |at: &usize| {
        !code.get(..*at).unwrap_or_default().ends_with(letter)
            && !code.get(at + text.len()..).unwrap_or_default().starts_with(letter)
    };
    code.match_indices(text).map(|(at, _)| at).filter(alone).count()
}

fn prefix(mapping: &PrefixedClaimOrExpression) -> Option<&str> {
    match mapping.expression.as_str() {
        "" => mapping.prefix.as_deref().filter(|_| !mapping.claim.is_empty()),
        source => starts(source)?.iter().find(|start| !start.is_whole).map(|start| start.text),
    }
}
