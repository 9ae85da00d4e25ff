//! YAML as the API server reads it, and YAML that every reader reads alike.
//!
//! ```
//! use claimant_k8s::yaml;
//!
//! let text = yaml::to_yaml(&serde_json::json!({"prefix": "no", "rules": [{"claim": "hd"}]}))?;
//! assert_eq!(text, "prefix: \"no\"\nrules:\n- claim: hd\n");
//! # Ok::<(), serde_json::Error>(())
//! ```

pub use crate::config::yaml::{Document, NodeType, Part, Place, documents, to_yaml};
