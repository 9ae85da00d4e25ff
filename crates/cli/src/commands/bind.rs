//! `bind`: the binding that gives somebody a role, and who else that is.

use crate::args::Bind;
use crate::error::CliError;
use crate::input;
use crate::output::{Answer, GOOD, REFUSED, Style};
use crate::redact;
use crate::roles::{is_built_in, notes as notes_of, read};
use crate::trust::jwt_authenticators;
use claimant_k8s::UserInfo;
use claimant_k8s::config::{Gives, JwtAuthenticator};
use claimant_k8s::rbac::{Manifests, NewBinding, Object, PolicyRule, RoleRef, Subject};
use serde::Serialize;
use serde_json::json;

/// What somebody should know before the binding is applied.
#[derive(Debug, Serialize)]
struct Warning {
    code: &'static str,
    message: String,
}

pub(crate) fn run(options: &Bind, style: Style) -> Result<Answer, CliError> {
    // All of these would stand in the manifest.
    let lists = options.user.iter().chain(&options.group).chain(&options.service_account);
    let names = [&options.name, &options.role, &options.cluster_role, &options.namespace];
    if lists.chain(names.into_iter().flatten()).any(|given| redact::tokens(given) != *given) {
        return Err(CliError::TokenAsArgument);
    }
    let role = role(options)?;
    let mut notes = Vec::new();
    let mut subjects = subjects(options)?;
    if let Some(path) = &options.token {
        let trusted = options.trust.load()?;
        notes.clone_from(&trusted.notes);
        let token = input::token(path)?;
        match trusted.judge(&token, options.trust.now()?)? {
            Ok(who) => subjects.push(subject_of(&who.user)),
            Err(why) => return Ok(why.answer(style).with_notes(&notes)),
        }
    }
    let Some(first) = subjects.first() else {
        return Err(CliError::usage(
            "to whom? give --user NAME, --group NAME, --service-account NAMESPACE:NAME or --token FILE",
        ));
    };
    let name = options.name.clone().unwrap_or_else(|| format!("{}:{}", role.name, first.name).replace(['/', '%'], "-"));
    let namespace = options.namespace.clone().unwrap_or_default();
    let issuers = jwt_authenticators(&options.trust)?;
    let manifests = read(&options.manifests, options.default_namespace.as_deref())?;
    notes.extend(if options.manifests.is_empty() { Vec::new() } else { notes_of(&manifests) });
    let mut warnings = Vec::new();
    let wants_issuer =
        subjects.iter().any(|subject| subject.kind != "ServiceAccount" && !subject.name.starts_with("system:"));
    if issuers.is_empty() && wants_issuer {
        notes.push(
            "note: whether any issuer gives these names, and whether only one does, is not checked: give --config FILE"
                .to_owned(),
        );
    }
    for subject in &subjects {
        about_subject(subject, &issuers, &options.trust.service_account_issuer, &mut warnings);
    }
    about_role(&role, &namespace, &name, options, &manifests, &mut warnings);
    let binding = NewBinding::new(name, namespace, role, subjects).map_err(|why| CliError::usage(why.to_string()))?;
    let denied = options.deny_warnings && !warnings.is_empty();
    let code = if denied { REFUSED } else { GOOD };
    if style.json {
        let manifest = if denied { None } else { Some(binding.to_yaml()) };
        return Ok(Answer::json(
            code,
            &json!({
                "manifest": manifest, "object": binding, "warnings": warnings, "issuersChecked": !issuers.is_empty(),
            }),
        )
        .with_notes(&notes));
    }
    notes.extend(warnings.iter().map(|warning| format!("warning [{}]: {}", warning.code, warning.message)));
    if denied {
        notes.push("nothing is written, as --deny-warnings says".to_owned());
        return Ok(Answer::text(code, "").with_notes(&notes));
    }
    Ok(Answer::text(code, binding.to_yaml()).with_notes(&notes))
}

fn role(options: &Bind) -> Result<RoleRef, CliError> {
    let of = |kind: &str, name: &str| RoleRef { kind: kind.to_owned(), name: name.to_owned(), ..RoleRef::default() };
    match (&options.role, &options.cluster_role, &options.namespace) {
        (Some(_), _, None) => {
            Err(CliError::usage("a Role is in a namespace: give --namespace NAME, or --cluster-role"))
        }
        (Some(name), _, Some(_)) => Ok(of("Role", name)),
        (None, name, _) => Ok(of("ClusterRole", name.as_deref().unwrap_or_default())),
    }
}

fn subjects(options: &Bind) -> Result<Vec<Subject>, CliError> {
    let of = |kind: &str, namespace: &str, name: &str| Subject {
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        ..Subject::default()
    };
    let users = options.user.iter().map(|name| Ok(of("User", "", name)));
    let groups = options.group.iter().map(|name| Ok(of("Group", "", name)));
    let accounts = options.service_account.iter().map(|given| match given.split_once(':') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            Ok(of("ServiceAccount", namespace, name))
        }
        _ => Err(CliError::Usage(format!("--service-account {given}: expected NAMESPACE:NAME, as in web:shop"))),
    });
    users.chain(groups).chain(accounts).collect()
}

/// A service account as one, anybody else by the name.
fn subject_of(user: &UserInfo) -> Subject {
    let account = user.username.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let (kind, namespace, name) = match account {
        Some((namespace, name)) => ("ServiceAccount", namespace, name),
        None => ("User", "", user.username.as_str()),
    };
    Subject { kind: kind.to_owned(), name: name.to_owned(), namespace: namespace.to_owned(), ..Subject::default() }
}

fn about_subject(subject: &Subject, issuers: &[JwtAuthenticator], own_issuers: &[String], warnings: &mut Vec<Warning>) {
    let mut warn = |code, message| warnings.push(Warning { code, message });
    let Subject { kind, name, namespace, .. } = subject;
    let called = match kind.as_str() {
        "ServiceAccount" => format!("system:serviceaccount:{namespace}:{name}"),
        _ => name.clone(),
    };
    match name.as_str() {
        _ if kind == "ServiceAccount" => {}
        "system:authenticated" => {
            warn(
                "everybody",
                format!("{name} is everybody whom the API server knows, every service account among them"),
            );
        }
        "system:unauthenticated" | "system:anonymous" => {
            warn("everybody", format!("{name} is whoever reaches the API server, without any credential"));
        }
        _ if name.starts_with("system:") => {
            let message = format!(
                "{kind} {name:?} begins with system:, which Kubernetes keeps to itself: nodes, service accounts and its own \
                 parts have such names"
            );
            warn("system_subject", message);
        }
        _ => {}
    }
    let gives = |jwt: &JwtAuthenticator| match kind.as_str() {
        "Group" => jwt.gives_group(&called),
        _ => jwt.gives_user(&called),
    };
    let mut givers: Vec<String> = issuers
        .iter()
        .filter_map(|jwt| match gives(jwt) {
            Gives::Never => None,
            Gives::Perhaps => Some(format!("{} (an expression decides)", jwt.issuer.url)),
            Gives::Always => Some(jwt.issuer.url.clone()),
        })
        .collect();
    if kind == "ServiceAccount" {
        if !givers.is_empty() {
            let message = format!(
                "{called} is not the cluster's service account alone: such a user can come from {}",
                givers.join(" and ")
            );
            warn("several_issuers", message);
        }
        return;
    }
    if called.starts_with("system:serviceaccount") {
        givers.extend(own_issuers.iter().map(|issuer| format!("{issuer} (service accounts)")));
    }
    let what = if kind == "Group" { "group" } else { "user" };
    if givers.len() > 1 {
        let message = format!(
            "the {what} {called:?} can be minted by more than one issuer: {}; whoever has it under one of them gets the role",
            givers.join(" and ")
        );
        warn("several_issuers", message);
    } else if givers.is_empty() && !issuers.is_empty() && !called.starts_with("system:") {
        let prefixes = issuers.iter().filter_map(|jwt| match kind.as_str() {
            "Group" => jwt.groups_prefix(),
            _ => jwt.username_prefix(),
        });
        let meant: Vec<String> = prefixes
            .filter(|prefix| !prefix.is_empty())
            .map(|prefix| format!("{:?}", format!("{prefix}{called}")))
            .collect();
        let hint = if meant.is_empty() { String::new() } else { format!("; perhaps {} is meant", meant.join(" or ")) };
        warn("no_issuer", format!("no issuer of the configuration gives the {what} {called:?}{hint}"));
    }
}

fn about_role(
    role: &RoleRef,
    namespace: &str,
    name: &str,
    options: &Bind,
    manifests: &Manifests,
    warnings: &mut Vec<Warning>,
) {
    let mut warn = |code, message| warnings.push(Warning { code, message });
    let RoleRef { kind, name: role_name, .. } = role;
    let found = match kind.as_str() {
        "Role" => manifests.find("Role", namespace, role_name),
        _ => manifests.find("ClusterRole", "", role_name),
    };
    let is_built_in = is_built_in(role);
    if found.is_none() && !is_built_in && !options.manifests.is_empty() {
        let place = if kind == "Role" { format!(" in namespace {namespace}") } else { String::new() };
        warn(
            "missing_role",
            format!(
                "there is no {kind} {role_name:?}{place} in the manifests: until there is, the binding gives nothing"
            ),
        );
    }
    let rules = match found.map(|written| written.object()) {
        Some(Object::Role(role)) => role.rules.as_slice(),
        Some(Object::ClusterRole(role)) => role.rules.as_slice(),
        _ => &[],
    };
    let star = |list: &[String]| list.iter().any(|one| one == "*");
    let all = |rule: &PolicyRule| star(&rule.verbs) && star(&rule.resources) && star(&rule.api_groups);
    if (is_built_in && role_name == "cluster-admin") || rules.iter().any(all) {
        let place = if namespace.is_empty() { "the cluster" } else { "the namespace" };
        warn("everything", format!("{kind} {role_name:?} allows everything in {place}"));
    }
    let binding = if namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" };
    if let Some(other) = manifests.find(binding, namespace, name) {
        let place = other.place("");
        warn(
            "twin",
            format!(
                "a {binding} {name:?} is at {}:{}:{} already, and would be overwritten; give another --name",
                other.file(),
                place.line,
                place.column
            ),
        );
    }
}
