//! JWT parsing, signature verification and claim policy for Kubernetes tokens.
//!
//! A token goes one way, and each stage is a type of its own: [`UnverifiedToken`] (only its header can be
//! read), [`SignedToken`] (a key of the set signed it), [`Claims`] (issuer, audience and times hold).
//! There is no other way to a claim that one could act on ([`inspect`] shows tokens to people, unverified).
//!
//! ```
//! use claimant_core::{Audience, Algorithm, Buffer, KeySet, Limits, Policy, UnverifiedToken, provider};
//!
//! let jwks = br#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a",
//!     "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
//! let keys = KeySet::from_jwks(jwks, &provider::Default, &Limits::default())?;
//! let policy = Policy::new("https://issuer.example", Audience::any_of(["my-api"])?);
//! let mut buffer = Buffer::new();
//! let bearer = "not.a.token";
//! match UnverifiedToken::parse(bearer, &mut buffer, &Limits::default()) {
//!     Ok(token) => {
//!         let claims = token.verify(&keys, &[Algorithm::EdDsa])?.check(&policy, 1_790_000_000)?;
//!         println!("{:?}", claims.text("sub")?);
//!     }
//!     Err(why) => println!("401: {why}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod audience;
mod buffer;
pub mod claims;
mod encoding;
mod error;
mod explain;
pub mod inspect;
pub mod jose;
pub mod json;
pub mod key;
mod limits;
mod policy;
pub mod provider;
#[cfg(feature = "ring")]
mod secret;
mod times;
mod token;
mod verifier;

pub use audience::Audience;
pub use buffer::Buffer;
pub use claims::Claims;
pub use error::{Misconfigured, Reason, Refusal, UnusableReason};
pub use explain::Explanation;
pub use jose::Algorithm;
pub use key::{JwkRules, KeySet, PublicKey, UnusableKey, VerifyingKey};
pub use limits::Limits;
pub use policy::{Finding, Policy, issuer_alias};
#[cfg(feature = "ring")]
pub use secret::{HmacAlgorithm, SharedSecret};
pub use times::{Leeway, TimeRules};
pub use token::{Bearer, SignedToken, UnverifiedToken};
pub use verifier::{Answer, AsyncVerifier, Provider, SignatureError, UnsupportedKey, Verifier};
