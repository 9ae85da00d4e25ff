//! May this user do that? Decided as the API server's RBAC authorizer (1.37) decides, without asking it.
//!
//! ```
//! use claimant_k8s::UserInfo;
//! use claimant_k8s::rbac::{Attributes, Authorizer, Decision, Object, Objects, Target};
//!
//! let mut objects = Objects::new();
//! objects.insert(Object::from_json(r#"{
//!     "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"},
//!     "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]}"#)?)?;
//! objects.insert(Object::from_json(r#"{
//!     "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
//!     "metadata": {"name": "readers", "namespace": "web"},
//!     "roleRef": {"kind": "ClusterRole", "name": "reader"},
//!     "subjects": [{"kind": "Group", "name": "oidc:devs"}]}"#)?)?;
//! let authorizer = Authorizer::new(&objects.aggregated());
//!
//! let user = UserInfo { groups: vec!["oidc:devs".to_owned()], ..UserInfo::default() };
//! let pod = Target::Resource { api_group: "", resource: "pods", subresource: "", name: "nginx" };
//! let Decision::Allow(grant) = authorizer.can(&user, &Attributes { verb: "get", namespace: "web", target: pod })
//! else {
//!     panic!("not allowed");
//! };
//! assert_eq!(grant.binding.name, "readers");
//! assert!(!authorizer.can(&user, &Attributes { verb: "delete", namespace: "web", target: pod }).is_allowed());
//! # Ok::<(), claimant_k8s::ConfigError>(())
//! ```

mod aggregate;
mod answers;
mod authorizer;
mod binding;
mod decision;
mod forbidden;
mod manifests;
mod metadata;
mod new_binding;
mod objects;
mod query;
mod quote;
mod request_info;
mod rules;
mod selectors;
mod types;
mod validate;
#[cfg(feature = "kube")]
mod watched;

pub use answers::SubjectRules;
pub use authorizer::Authorizer;
pub use binding::{Binding, Holder};
pub use decision::{Decision, Grant, NoOpinion};
pub use manifests::{ManifestProblem, Manifests, Written};
pub use new_binding::NewBinding;
pub(crate) use objects::check_metadata;
pub use objects::{Object, Objects};
pub(crate) use query::unescape;
pub use request_info::{RequestInfo, ResourceInfo};
pub use rules::{Attributes, Target};
pub use types::{
    API_GROUP, AggregationRule, ClusterRole, ClusterRoleBinding, LabelSelector, LabelSelectorRequirement, ObjectMeta,
    OwnerReference, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
#[cfg(feature = "kube")]
pub use watched::WatchedRoles;
