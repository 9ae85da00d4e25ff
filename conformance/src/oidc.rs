//! Tokens under an AuthenticationConfiguration or the `--oidc-*` flags.

use crate::score::{KeyReport, Tally};
use claimant_core::{KeySet, Limits, Misconfigured, UnusableReason, provider};
use claimant_k8s::config::{AuthenticationConfiguration, OidcFlags};
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::{Authenticator, ConfigError, Union};
use serde_json::Value;

pub(crate) fn replay(suite: &Value, tally: &mut Tally) {
    let name = suite["name"].as_str().unwrap_or_default();
    let cases = suite["cases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let theirs = suite["configError"].as_str();
    let mut keys = KeyReport::default();
    match load(suite, &mut keys) {
        Err(ConfigError::Limit(why)) => {
            match theirs {
                Some(_) => tally.config(name, theirs, Err("")),
                None => tally.named(&format!("{name}: the configuration: {why}"), "limits"),
            }
            cases.iter().for_each(|case| tally.unsupported(&label(name, case)));
        }
        Err(why) => {
            tally.config(name, theirs, Err(&why.to_string()));
            cases.iter().for_each(|case| tally.unsupported(&label(name, case)));
        }
        Ok(union) => {
            tally.config(name, theirs, Ok(()));
            let now = suite["now"].as_i64().unwrap_or_default();
            for case in cases {
                let token = case["token"].as_str().unwrap_or_default();
                let ours = union.authenticate(token, now);
                tally.token(&label(name, case), &case["expect"], &ours, &keys);
                tally.explained(&label(name, case), &union, token, now, &ours);
            }
        }
    }
}

fn label(suite: &str, case: &Value) -> String {
    format!("{suite}: {}", case["name"].as_str().unwrap_or_default())
}

fn load(suite: &Value, report: &mut KeyReport) -> Result<Union, ConfigError> {
    let disallowed: Vec<String> = suite["disallowedIssuers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|issuer| issuer.as_str().map(ToOwned::to_owned))
        .collect();
    let mut keys_of = |issuer: &str| {
        let text = suite["jwks"][issuer].to_string();
        let set = KeySet::from_jwks(text.as_bytes(), &provider::Default, &Limits::default()).unwrap_or_else(|error| {
            report.set_limit |= matches!(error, Misconfigured::TooManyKeys { .. });
            KeySet::default()
        });
        report.unreadable |= set.unusable().iter().any(|key| key.why == UnusableReason::Unreadable);
        set
    };
    if let Some(flags) = suite.get("flags").filter(|flags| !flags.is_null()) {
        let flags: OidcFlags =
            serde_json::from_value(flags.clone()).map_err(|error| ConfigError::Decode(error.to_string()))?;
        let keys = keys_of(&flags.issuer_url);
        return Ok(Union::new().with(OidcAuthenticator::from_flags(flags, keys, &disallowed)?));
    }
    let config = AuthenticationConfiguration::from_json(&suite["config"].to_string(), &disallowed)?;
    config.jwt.into_iter().try_fold(Union::new(), |union, jwt| {
        let keys = keys_of(&jwt.issuer.url);
        Ok(union.with(OidcAuthenticator::builder(jwt, keys).egress(|_, _| {}).build()?))
    })
}
