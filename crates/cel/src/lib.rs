//! CEL as Kubernetes configures it for authentication: type-checked when it is loaded, bounded
//! when it runs, evaluated over borrowed JSON.
//!
//! ```
//! use claimant_cel::{Activation, ClaimsIndex, Env, Program};
//!
//! let rule = Program::compile(&Env::claims(), "claims.email_verified == true && claims.hd == 'example.com'")?;
//! assert!(rule.result_type().is_bool());
//! let claims = ClaimsIndex::from_json(r#"{"email_verified": true, "hd": "example.com"}"#)?;
//! let output = rule.eval(&Activation::claims(&claims))?;
//! assert_eq!(output.value.as_bool(), Some(true));
//!
//! let wrong = Program::compile(&Env::claims(), "claims.hd.startsWith(1)").unwrap_err();
//! assert_eq!((wrong.line(), wrong.column()), (1, 21));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod check;
mod env;
mod error;
mod eval;
mod library;
mod minors;
mod names;
mod plan;
mod program;
mod syntax;

pub use env::Env;
pub use error::{CompileError, EvalError, Finding};
pub use eval::{
    Activation, COST_LIMIT, Claims, ClaimsIndex, List, MalformedClaims, Map, NotStrings, Text, Timestamp, User, Value,
};
pub use library::{Cidr, NamedFormat, Quantity, Semver, Url};
pub use minors::{Difference, Effect, Minor, MinorNote};
pub use program::{Failure, Output, Program, ResultType};
