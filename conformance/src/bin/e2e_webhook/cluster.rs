//! What is asked of the API server.

use crate::api::{Outcome, client, create, env};
use claimant_k8s::UserInfo;
use k8s_openapi::api::authentication::v1::{SelfSubjectReview, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, ServiceAccount};
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::{Client, Resource};
use serde_json::json;

pub const SPACE: &str = "e2e-webhook";

pub struct Cluster {
    admin: Client,
}

impl Cluster {
    pub fn new() -> Outcome<Self> {
        Ok(Self { admin: client(&env("E2E_URL")?, Some(&env("E2E_TOKEN")?))? })
    }

    /// Who the API server says that this token's holder is; none where it says 401.
    pub async fn who(&self, token: &str) -> Outcome<Option<UserInfo>> {
        let reviews = Api::<SelfSubjectReview>::all(client(&env("E2E_URL")?, Some(token))?);
        match reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await {
            Ok(review) => {
                let user = review.status.and_then(|status| status.user_info).ok_or("no user")?;
                Ok(Some(UserInfo {
                    username: user.username.unwrap_or_default(),
                    uid: user.uid.unwrap_or_default(),
                    groups: user.groups.unwrap_or_default(),
                    extra: user.extra.unwrap_or_default(),
                }))
            }
            Err(kube::Error::Api(status)) if status.code == 401 => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether its holder may list the config maps of a namespace.
    pub async fn may_list(&self, token: &str) -> Outcome<bool> {
        let maps = Api::<ConfigMap>::namespaced(client(&env("E2E_URL")?, Some(token))?, SPACE);
        match maps.list(&ListParams::default()).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.code == 403 => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub async fn make_space(&self) -> Outcome<()> {
        create::<Namespace>(&Api::all(self.admin.clone()), json!({"metadata": {"name": SPACE}})).await?;
        create::<ServiceAccount>(&self.in_space(), json!({"metadata": {"name": "builder"}})).await?;
        Ok(())
    }

    pub async fn grant(&self, group: &str) -> Outcome<()> {
        create::<Role>(
            &self.in_space(),
            json!({"metadata": {"name": "reader"},
                "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]}),
        )
        .await?;
        create::<RoleBinding>(
            &self.in_space(),
            json!({"metadata": {"name": "readers"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}]}),
        )
        .await?;
        Ok(())
    }

    pub async fn revoke(&self) -> Outcome<()> {
        self.in_space::<RoleBinding>().delete("readers", &DeleteParams::default()).await?;
        Ok(())
    }

    /// A token of the service account for these audiences.
    pub async fn token(&self, audiences: &[&str]) -> Outcome<String> {
        let audiences = Some(audiences.iter().map(|&audience| audience.to_owned()).collect());
        let spec = TokenRequestSpec { audiences, ..Default::default() };
        let question = TokenRequest { spec: Some(spec), ..TokenRequest::default() };
        let accounts = self.in_space::<ServiceAccount>();
        let answer = accounts.create_token_request("builder", &PostParams::default(), &question).await?;
        Ok(answer.status.and_then(|status| status.token).ok_or("no token")?)
    }

    fn in_space<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.admin.clone(), SPACE)
    }
}
