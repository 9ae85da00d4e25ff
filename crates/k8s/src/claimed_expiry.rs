//! When a token itself says that it ends.

use claimant_core::{Limits, inspect};
use serde_json::Value;

/// The claim `exp`, rounded down to whole seconds since 1970. Nobody has verified it: it may shorten what somebody else
/// has vouched for, and decide nothing more.
pub(crate) fn of(token: &str, limits: &Limits) -> Option<i64> {
    let contents = inspect::unverified_contents(token, limits).ok()?;
    let claims: Value = serde_json::from_str(&contents.unverified_claims).ok()?;
    let Value::Number(exp) = claims.get("exp")? else { return None };
    exp.as_i64().or_else(|| exp.to_string().split('.').next()?.parse().ok())
}
