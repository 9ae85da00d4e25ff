//! TokenReviews that are answered.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use claimant_core::Bearer;
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::token_review::{Answerer, TokenReview, Unanswered, Version};
use claimant_k8s::{Authenticated, Authenticator, Error, OutOfReach, Refusal, Unavailable, Union, UserInfo};
use common::{AUDIENCE, NOW, block_on, claims, key, oidc, set};
use serde_json::json;

fn ask<A: Authenticator>(answerer: &Answerer<A>, token: &str, audiences: &[&str]) -> Result<TokenReview, Unanswered> {
    let audiences: Vec<String> = audiences.iter().map(ToString::to_string).collect();
    block_on(answerer.answer(&TokenReview::question(Version::V1, token, &audiences), NOW))
}

#[test]
fn a_person_is_good_for_the_audiences_of_the_api_server_that_asks() {
    let known = key("k1");
    let people = oidc("https://people", set(&[&known]), json!({}));
    let token = known.sign(&claims("https://people", json!({"sub": "jane"}))).unwrap();
    let answerer = Answerer::new(Union::new().with(people), ["api", "other"]);
    for (asked, granted) in [
        (&[][..], Some(&[][..])),
        (&["api"], Some(&["api"])),
        (&["x", "other", "api"], Some(&["other", "api"])),
        (&["x"], None),
    ] {
        let status = ask(&answerer, &token, asked).unwrap().status;
        assert_eq!(status.authenticated, granted.is_some(), "{asked:?}");
        assert_eq!(status.audiences, granted.unwrap_or_default(), "{asked:?}");
        assert_eq!(status.error, if granted.is_some() { "" } else { "audience" });
    }
    // Where nobody has said which audiences those are, the API server takes it to be for itself.
    let unaware = Answerer::new(oidc("https://people", set(&[&known]), json!({})), [""; 0]);
    let status = ask(&unaware, &token, &["api"]).unwrap().status;
    assert!(status.authenticated && status.audiences.is_empty());
}

#[test]
fn a_service_account_is_good_for_its_own_audiences() {
    let known = key("k1");
    let account = json!({"kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let token = known.sign(&claims("https://cluster", account)).unwrap();
    let answerer = Answerer::new(ServiceAccounts::new(["https://cluster"], set(&[&known]), [AUDIENCE]), ["api"]);
    let status = ask(&answerer, &token, &[AUDIENCE]).unwrap().status;
    assert_eq!((status.user.username.as_str(), status.audiences), ("system:serviceaccount:n:s", vec![AUDIENCE.into()]));
    assert!(!ask(&answerer, &token, &["api"]).unwrap().status.authenticated);
}

/// Refuses, does not know, or cannot tell.
struct Says(Error);

impl Authenticator for Says {
    fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
        Err(self.0.clone())
    }
}

#[test]
fn a_stranger_has_no_error_a_bad_token_a_code_and_an_outage_no_answer() {
    let says = |error: Error| ask(&Answerer::new(Says(error), ["api"]), "canary", &["api"]);
    let stranger = says(Error::Unrecognized).unwrap();
    assert_eq!((stranger.status.authenticated, stranger.status.error.as_str()), (false, ""));
    let bad = says(Refusal::ClaimType("canary".to_owned()).into()).unwrap();
    assert_eq!((bad.status.authenticated, bad.status.error.as_str()), (false, "claim_type"));
    assert_eq!(bad.status.user, UserInfo::default());
    assert!(!serde_json::to_string(&bad).unwrap().contains("canary"));
    let out = Unavailable::new("x", OutOfReach::Keys);
    assert_eq!(says(out.clone().into()), Err(Unanswered::Unavailable(out)));
}

#[test]
fn questions_that_are_none() {
    let answerer = Answerer::new(Union::new(), ["api"]);
    let good = TokenReview::question(Version::V1beta1, "x", &[]);
    assert_eq!(block_on(answerer.answer(&good, NOW)).unwrap().api_version, "authentication.k8s.io/v1beta1");
    for (version, kind, token) in [
        ("authentication.k8s.io/v2", "TokenReview", "x"),
        ("", "TokenReview", "x"),
        ("authentication.k8s.io/v1", "Pod", "x"),
        ("authentication.k8s.io/v1", "TokenReview", ""),
    ] {
        let mut question = good.clone();
        (question.api_version, question.kind, question.spec.token) = (version.into(), kind.into(), token.into());
        let answer = block_on(answerer.answer(&question, NOW));
        assert!(matches!(answer, Err(Unanswered::BadRequest(_))), "{version} {kind} {token}");
    }
}
