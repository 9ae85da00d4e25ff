//! Keys: read from JWK sets and PEM, bound to their algorithms, gathered in an immutable set.

mod identity;
mod jwk;
mod key_set;
mod pem;
mod verifying_key;

pub use jwk::JwkRules;
pub use key_set::{KeySet, UnusableKey};
pub use pem::has_certificates;
pub use verifying_key::{Curve, PublicKey, VerifyingKey};
