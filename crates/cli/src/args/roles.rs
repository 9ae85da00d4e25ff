//! The arguments about roles.

use super::Trust;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Can {
    #[command(flatten)]
    pub(crate) what: What,
    #[command(flatten)]
    pub(crate) who: Who,
    #[command(flatten)]
    pub(crate) objects: Objects,
}

#[derive(Debug, Args)]
pub(crate) struct WhoCan {
    #[command(flatten)]
    pub(crate) what: What,
    #[command(flatten)]
    pub(crate) objects: Objects,
}

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// Namespace whose RoleBindings count too; left out, the ClusterRoleBindings alone.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) who: Who,
    #[command(flatten)]
    pub(crate) objects: Objects,
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["role", "cluster_role"])))]
pub(crate) struct Bind {
    /// The Role to give; wants --namespace.
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// The ClusterRole to give.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster_role: Option<String>,
    /// Where it counts: a RoleBinding there. Left out, a ClusterRoleBinding, which counts everywhere.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// Name of the binding; made of the role and the first subject if left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// To this user, by the mapped name. Repeated for more.
    #[arg(long, value_name = "NAME", help_heading = "To whom")]
    pub(crate) user: Vec<String>,
    /// To this group, by the mapped name. Repeated for more.
    #[arg(long, value_name = "NAME", help_heading = "To whom")]
    pub(crate) group: Vec<String>,
    /// To this service account. Repeated for more.
    #[arg(long, value_name = "NAMESPACE:NAME", help_heading = "To whom")]
    pub(crate) service_account: Vec<String>,
    /// To the user of this token; `-` is standard input.
    #[arg(long, value_name = "TOKEN_FILE", help_heading = "To whom")]
    pub(crate) token: Option<PathBuf>,
    /// Manifests in which the role should be: a file, or a folder with all below it. Repeated for more.
    #[arg(long, short = 'f', value_name = "PATH")]
    pub(crate) manifests: Vec<PathBuf>,
    /// Namespace of roles and bindings that name none, as by `kubectl apply --namespace`.
    #[arg(long, value_name = "NAME")]
    pub(crate) default_namespace: Option<String>,
    /// Write nothing where there is a warning.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    #[command(flatten)]
    pub(crate) trust: Trust,
}

/// What is asked for.
#[derive(Debug, Args)]
pub(crate) struct What {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, …; or an HTTP method in capitals, with a path.
    pub(crate) verb: String,
    /// `RESOURCE[.GROUP][/SUBRESOURCE]`, as in `pods`, `pods/log`, `deployments.apps`; or a path, as in `/healthz`.
    pub(crate) what: String,
    /// Name of the object; left out, a collection.
    pub(crate) name: Option<String>,
    /// Left out, all namespaces together, or what is in none.
    #[arg(long, short, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// Who asks: by name, or by a token.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The user's name. As by impersonation, `system:authenticated` is added, and to a service account without
    /// groups its own.
    #[arg(long, value_name = "NAME", help_heading = "Who")]
    pub(crate) user: Option<String>,
    /// A group of the user. Repeated for more.
    #[arg(long, value_name = "NAME", help_heading = "Who")]
    pub(crate) group: Vec<String>,
    /// The user's uid, which no role asks for.
    #[arg(long, value_name = "UID", help_heading = "Who")]
    pub(crate) uid: Option<String>,
    /// A further fact of the user, which no role asks for. Repeated for more.
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Who")]
    pub(crate) extra: Vec<String>,
    /// The user of this token, under --config, --oidc-* or --service-account-*; `-` is standard input.
    #[arg(long, value_name = "TOKEN_FILE", help_heading = "Who", conflicts_with_all = ["user", "group", "uid", "extra"])]
    pub(crate) token: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: Trust,
}

/// Where roles and bindings are.
#[derive(Debug, Args)]
pub(crate) struct Objects {
    /// Manifests, YAML or JSON: a file, a folder with all below it, or `-` for standard input. Repeated for more.
    #[arg(long, short = 'f', value_name = "PATH", required = true, help_heading = "Roles and bindings")]
    pub(crate) manifests: Vec<PathBuf>,
    /// Namespace of roles and bindings that name none, as by `kubectl apply --namespace`.
    #[arg(long, value_name = "NAME", help_heading = "Roles and bindings")]
    pub(crate) default_namespace: Option<String>,
}
