//! Bound tokens that live too long.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_core::{KeySet, Limits, provider};
use claimant_k8s::service_account::{LifetimeEnd, ServiceAccounts};
use claimant_k8s::{Authenticator, Error};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::{Value, json};

const NOW: i64 = 1_790_000_000;
const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;

fn outcome(changes: Value, end: LifetimeEnd) -> Result<(), &'static str> {
    let key = SigningKey::generate("k", KeyKind::Es256).unwrap();
    let set = json!({"keys": [key.jwk()]}).to_string();
    let keys = KeySet::from_jwks(set.as_bytes(), &provider::Default, &Limits::default()).unwrap();
    let accounts = ServiceAccounts::new(["https://c"], keys, ["a"]).with_max_lifetime(3607, end);
    let mut claims = json!({"iss": "https://c", "aud": ["a"], "iat": NOW, "exp": NOW + HOUR,
        "kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    if let Some(warn_after) = changes.get("warnafter") {
        claims["kubernetes.io"]["warnafter"] = warn_after.clone();
    }
    for name in ["iat", "exp"] {
        if let Some(value) = changes.get(name) {
            claims[name] = value.clone();
        }
    }
    match accounts.authenticate(&key.sign(&claims).unwrap(), NOW) {
        Ok(_) => Ok(()),
        Err(Error::Refused(why)) => Err(why.reason()),
        Err(_) => Err("unrecognized"),
    }
}

#[test]
fn a45_a_token_for_a_year_is_refused_unless_its_pod_asked_for_an_hour_and_that_has_not_passed() {
    use LifetimeEnd::{Expiry, WarnAfter};
    let table = [
        (json!({}), Ok(()), Ok(())),
        (json!({"exp": NOW + YEAR}), Err("lives_too_long"), Err("lives_too_long")),
        (json!({"exp": NOW + YEAR, "warnafter": NOW + 3607}), Err("lives_too_long"), Ok(())),
        (json!({"exp": NOW + YEAR, "warnafter": NOW + 3608}), Err("lives_too_long"), Err("lives_too_long")),
        (
            json!({"iat": NOW - 2 * HOUR, "exp": NOW + YEAR, "warnafter": NOW - 1}),
            Err("lives_too_long"),
            Err("lives_too_long"),
        ),
        (json!({"exp": NOW + YEAR, "warnafter": 0}), Err("lives_too_long"), Err("lives_too_long")),
        (json!({"iat": null}), Err("claim_missing"), Err("claim_missing")),
        (json!({"exp": null}), Err("claim_missing"), Err("claim_missing")),
    ];
    for (changes, expiry, warn_after) in table {
        assert_eq!(outcome(changes.clone(), Expiry), expiry, "{changes}");
        assert_eq!(outcome(changes.clone(), WarnAfter), warn_after, "{changes}");
    }
}
