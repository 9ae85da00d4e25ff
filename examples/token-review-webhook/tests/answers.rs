//! What the program answers, over TLS, with keys that it discovered.

mod common;

use common::{AUDIENCE, Bench, question};
use serde_json::json;

#[tokio::test]
async fn a_token_review_of_either_version_is_answered_in_its_version() {
    let bench = Bench::new();
    let running = bench.start(&[]).await;
    running.ready().await;
    let client = running.client().await;
    for version in ["v1", "v1beta1"] {
        let answer = client.ask(&question(version, &bench.token("jane"), &[AUDIENCE])).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(
            answer.json(),
            json!({
                "apiVersion": format!("authentication.k8s.io/{version}"), "kind": "TokenReview", "metadata": {},
                "spec": {},
                "status": {
                    "authenticated": true, "audiences": [AUDIENCE],
                    "user": {"username": "oidc:jane", "groups": ["oidc:dev"]},
                },
            })
        );
    }
}
