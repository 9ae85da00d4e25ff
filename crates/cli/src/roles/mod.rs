//! What the commands about roles have in common: manifests, who asks, and what is asked for.

mod resources;
mod what;
mod who;

pub(crate) use what::Question;
pub(crate) use who::{Asker, is_master};

use crate::args::Objects;
use crate::error::CliError;
use crate::input;
use crate::output::shown;
use claimant_k8s::rbac::{Authorizer, Binding, Manifests, RoleRef};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Roles and bindings that were read, and what decides by them.
pub(crate) struct Roles {
    pub(crate) manifests: Manifests,
    pub(crate) authorizer: Authorizer,
}

impl Roles {
    pub(crate) fn load(options: &Objects) -> Result<Self, CliError> {
        let manifests = read(&options.manifests, options.default_namespace.as_deref())?;
        let authorizer = Authorizer::new(&manifests.objects().clone().aggregated());
        Ok(Self { manifests, authorizer })
    }

    /// What a user should know of the manifests.
    pub(crate) fn notes(&self) -> Vec<String> {
        notes(&self.manifests)
    }

    /// What JSON answers say of the manifests.
    pub(crate) fn about(&self) -> Value {
        let manifests = &self.manifests;
        json!({
            "files": manifests.files(),
            "objects": manifests.written().len(),
            "skipped": manifests.skipped(),
            "problems": manifests.problems(),
        })
    }

    /// A binding and its role as JSON, with where they stand.
    pub(crate) fn binding(&self, binding: &Binding) -> Value {
        let role = &binding.role_ref;
        json!({
            "kind": kind(binding),
            "name": binding.name,
            "namespace": binding.namespace,
            "at": self.place_of(binding),
            "role": {"kind": role.kind, "name": role.name, "at": self.place_of_role(binding)},
        })
    }

    /// `FILE:LINE:COLUMN` of a binding.
    pub(crate) fn place_of(&self, binding: &Binding) -> Option<String> {
        self.find(kind(binding), &binding.namespace, &binding.name)
    }

    /// The same of its role.
    pub(crate) fn place_of_role(&self, binding: &Binding) -> Option<String> {
        match binding.role_ref.kind.as_str() {
            "Role" => self.find("Role", &binding.namespace, &binding.role_ref.name),
            _ => self.find("ClusterRole", "", &binding.role_ref.name),
        }
    }

    fn find(&self, kind: &'static str, namespace: &str, name: &str) -> Option<String> {
        let written = self.manifests.find(kind, namespace, name)?;
        let place = written.place("");
        Some(format!("{}:{}:{}", written.file(), place.line, place.column))
    }
}

pub(crate) fn kind(binding: &Binding) -> &'static str {
    if binding.namespace.is_empty() { "ClusterRoleBinding" } else { "RoleBinding" }
}

/// Whether every cluster has this role.
pub(crate) fn is_built_in(role: &RoleRef) -> bool {
    role.kind == "ClusterRole" && claimant_k8s::lint::is_built_in_cluster_role(&role.name)
}

/// The manifests of all paths.
pub(crate) fn read(paths: &[PathBuf], default_namespace: Option<&str>) -> Result<Manifests, CliError> {
    let mut manifests = Manifests::new().with_default_namespace(default_namespace.unwrap_or_default());
    for path in paths {
        if path.as_os_str() == "-" {
            manifests.read(&input::name(path), &input::bytes(path, input::FILE)?);
            continue;
        }
        manifests
            .read_path(path)
            .map_err(|error| CliError::Read { name: input::name(path), why: input::reason(&error) })?;
    }
    Ok(manifests)
}

/// Every problem, and whether there is anything at all; only so many, since `lint` tells them all.
pub(crate) fn notes(manifests: &Manifests) -> Vec<String> {
    const MOST: usize = 20;
    let problems = manifests.problems();
    let mut notes: Vec<String> =
        problems.iter().take(MOST).map(|problem| format!("note: {}", shown(&problem.to_string()))).collect();
    if problems.len() > MOST {
        notes.push(format!("note: and {} more; claimant lint tells them all", problems.len() - MOST));
    }
    if manifests.written().len() == 0 {
        let skipped: usize = manifests.skipped().values().sum();
        notes.push(format!(
            "note: no roles and no bindings in {} files ({skipped} objects of other kinds)",
            manifests.files()
        ));
    }
    notes
}
