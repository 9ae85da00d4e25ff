//! The arguments, and the help with an example for each command.

mod roles;

pub(crate) use roles::{Bind, Can, Objects, Rules, What, Who, WhoCan};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Who does this Kubernetes token belong to, and what may they do? The verdict of kube-apiserver 1.37, offline.
///
/// Exit codes: 0 good or yes, 1 refused or no, 2 no answer: arguments or files that cannot be used, or what it takes
/// to judge is out of reach.
#[derive(Debug, Parser)]
#[command(name = "claimant", version, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge a token: whose it is, or why it is refused.
    #[command(
        after_help = "Example:\n  claimant verify --config authn.yaml --jwks https://issuer.example=keys.json < token\n  \
        claimant verify --service-account-issuer https://kubernetes.default.svc \\\n    \
        --service-account-key-file sa.pub --audience my-api token.txt"
    )]
    Verify(Verify),
    /// Show the whole way of a token: who looked at it, each check with what was expected and found, each mapping and
    /// rule with its value and cost, the resulting user. What says who somebody is stays hidden.
    #[command(
        after_help = "Example:\n  claimant explain --config authn.yaml --jwks https://issuer.example=keys.json < token"
    )]
    Explain(Explain),
    /// Show what stands in a token. NOTHING IS VERIFIED: anybody can write such a token.
    #[command(after_help = "Example:\n  claimant inspect < token")]
    Inspect(Inspect),
    /// Check configurations, roles and bindings as the API server would, and warn about what it takes without a word.
    ///
    /// A file is refused for an error; warnings alone are good unless --deny-warnings is given.
    #[command(
        after_help = "Example:\n  claimant lint authn.yaml\n  claimant lint --kubernetes 1.36 authn.yaml\n  claimant lint manifests/"
    )]
    Lint(Lint),
    /// Write the AuthenticationConfiguration that means the same as --oidc-* flags, and say what changes.
    #[command(
        after_help = "Example:\n  claimant migrate --oidc-issuer-url https://issuer.example --oidc-client-id kubernetes > authn.yaml"
    )]
    Migrate(Migrate),
    /// May this user do that? Decided as the API server's RBAC authorizer does, over manifests.
    #[command(
        after_help = "Example:\n  claimant can get pods/log nginx -n web --user oidc:jane --group oidc:devs -f manifests/\n  \
        claimant can GET '/api/v1/namespaces/web/pods?watch=1' --user oidc:jane -f manifests/\n  \
        claimant can create deployments.apps -n web --token - --config authn.yaml \\\n    \
        --jwks https://issuer.example=keys.json -f manifests/ < token"
    )]
    Can(Can),
    /// Who may do that: every subject of every binding that allows it.
    #[command(after_help = "Example:\n  claimant who-can delete secrets -n web -f manifests/")]
    WhoCan(WhoCan),
    /// What may this user do? The rules of all bindings that mean them.
    #[command(after_help = "Example:\n  claimant rules -n web --user oidc:jane --group oidc:devs -f manifests/")]
    Rules(Rules),
    /// Write the RoleBinding or ClusterRoleBinding that gives somebody a role; warn about who else that is.
    #[command(
        after_help = "Example:\n  claimant bind --cluster-role view -n web --group oidc:devs --config authn.yaml | kubectl apply -f -\n  \
        claimant bind --role reader -n web --token - --config authn.yaml --jwks https://issuer.example=keys.json < token"
    )]
    Bind(Bind),
    /// Write the completions of a shell to standard output.
    #[command(after_help = "Example:\n  claimant completions bash > /etc/bash_completion.d/claimant")]
    Completions(Completions),
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) token: Token,
    #[command(flatten)]
    pub(crate) trust: Trust,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) token: Token,
    /// Show the token's values too: keep the answer out of logs and tickets.
    #[arg(long)]
    pub(crate) reveal: bool,
    #[command(flatten)]
    pub(crate) trust: Trust,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) token: Token,
}

#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// AuthenticationConfigurations or manifests of roles and bindings, in YAML or JSON; folders with all below them;
    /// `-` is standard input.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Refuse warnings too.
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Namespace of roles and bindings that name none, as by `kubectl apply --namespace`.
    #[arg(long, value_name = "NAME")]
    pub(crate) default_namespace: Option<String>,
    /// Also say what this minor of Kubernetes would refuse, decide or count otherwise.
    #[arg(long, value_name = "MINOR", default_value = "1.37", value_parser = ["1.34", "1.35", "1.36", "1.37"])]
    pub(crate) kubernetes: String,
    /// Issuer of the cluster's own service accounts; no other issuer may have this URL.
    #[arg(long, value_name = "URL")]
    pub(crate) service_account_issuer: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    pub(crate) flags: Oidc,
    /// Issuer of the cluster's own service accounts; no other issuer may have this URL.
    #[arg(long, value_name = "URL")]
    pub(crate) service_account_issuer: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell.
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// File with the token; `-` is standard input. The token itself is no argument, since arguments show in
    /// process lists.
    #[arg(value_name = "TOKEN_FILE", default_value = "-")]
    pub(crate) file: PathBuf,
}

/// Whom to believe, and when.
#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// AuthenticationConfiguration, in YAML or JSON.
    #[arg(long, value_name = "FILE", help_heading = "Whom to believe")]
    pub(crate) config: Option<PathBuf>,
    /// Keys of an issuer of the configuration or of the flags: a JWK set, or PEM. Repeated for each issuer.
    #[arg(long, value_name = "ISSUER=FILE", help_heading = "Whom to believe")]
    pub(crate) jwks: Vec<String>,
    /// Issuer of service-account tokens. Repeated for more.
    #[arg(long, value_name = "URL", help_heading = "Whom to believe")]
    pub(crate) service_account_issuer: Vec<String>,
    /// Keys of service-account tokens: PEM, or a JWK set. Repeated for more.
    #[arg(long, value_name = "FILE", help_heading = "Whom to believe")]
    pub(crate) service_account_key_file: Vec<PathBuf>,
    /// Audience that a service-account token must be for. Repeated where any of several is enough; left out, the
    /// service-account issuers, as for the API server itself.
    #[arg(long, value_name = "NAME", help_heading = "Whom to believe")]
    pub(crate) audience: Vec<String>,
    #[command(flatten)]
    pub(crate) oidc: Oidc,
    /// The time, in seconds since 1970, instead of the clock's.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) now: Option<i64>,
}

/// The flags of kube-apiserver, under their own names.
#[derive(Debug, Args)]
#[allow(clippy::struct_field_names)]
pub(crate) struct Oidc {
    /// The issuer, https.
    #[arg(long, value_name = "URL", help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_issuer_url: Option<String>,
    /// The audience.
    #[arg(long, value_name = "NAME", help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_client_id: Option<String>,
    /// Certificates by which the issuer's server is trusted. Keys are read from files here, so that they are only
    /// checked, and written into the file by `migrate`.
    #[arg(long, value_name = "FILE", help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_ca_file: Option<PathBuf>,
    /// The claim that is the user's name; `sub` if left out.
    #[arg(long, value_name = "CLAIM", help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_username_claim: Option<String>,
    /// What stands before the user's name; `-` is nothing, left out is the issuer and `#` (nothing for `email`).
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_username_prefix: Option<String>,
    /// The claim that lists the groups.
    #[arg(long, value_name = "CLAIM", help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_groups_claim: Option<String>,
    /// What stands before each group.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_groups_prefix: Option<String>,
    /// Algorithms that are accepted; RS256 if left out.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_signing_algs: Option<Vec<String>>,
    /// A claim that must have a value. Repeated for more.
    #[arg(long, value_name = "CLAIM=VALUE", help_heading = "Flags of kube-apiserver")]
    pub(crate) oidc_required_claim: Vec<String>,
}
