//! The sentence of an API server that allows something not (k8s.io/apiserver, responsewriters).

use super::quote::Quoted;
use super::rules::{Attributes, Target};

impl Attributes<'_> {
    /// The `message` of the `Status` that an API server answers with code 403. `reason` is that of the decision,
    /// empty where there is none.
    ///
    /// ```
    /// use claimant_k8s::rbac::RequestInfo;
    ///
    /// let info = RequestInfo::from_http("DELETE", "/api/v1/namespaces/web/pods/nginx")?;
    /// assert_eq!(
    ///     info.attributes().forbidden("ann", ""),
    ///     r#"pods "nginx" is forbidden: User "ann" cannot delete resource "pods" in API group "" in the namespace "web""#
    /// );
    /// # Ok::<(), claimant_k8s::RequestError>(())
    /// ```
    pub fn forbidden(&self, username: &str, reason: &str) -> String {
        let mut message = format!("{}: {}", self.head(), no_html(&self.sentence(username)));
        if !reason.is_empty() {
            message.push_str(": ");
            message.push_str(reason);
        }
        message
    }

    fn head(&self) -> String {
        let Target::Resource { api_group, resource, name, .. } = self.target else {
            return "forbidden".to_owned();
        };
        let what = match (resource, api_group) {
            ("", "") => return "forbidden".to_owned(),
            (resource, "") => resource.to_owned(),
            (resource, group) => format!("{resource}.{group}"),
        };
        match name {
            "" => format!("{what} is forbidden"),
            name => format!("{what} {} is forbidden", Quoted(name)),
        }
    }

    fn sentence(&self, username: &str) -> String {
        let (user, verb) = (Quoted(username), self.verb);
        let (api_group, resource, subresource) = match self.target {
            Target::Path(path) => return format!("User {user} cannot {verb} path {}", Quoted(path)),
            Target::Resource { api_group, resource, subresource, .. } => (api_group, resource, subresource),
        };
        let resource = match subresource {
            "" => resource.to_owned(),
            _ => format!("{resource}/{subresource}"),
        };
        let place = match self.namespace {
            "" => "at the cluster scope".to_owned(),
            namespace => format!("in the namespace {}", Quoted(namespace)),
        };
        format!("User {user} cannot {verb} resource {} in API group {} {place}", Quoted(&resource), Quoted(api_group))
    }
}

/// A browser must not take it for a page.
fn no_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
