//! The layer in front of HTTP services: who gets through, and what the others are told.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use claimant_core::Bearer;
use claimant_k8s::rbac::{Authorizer, Object, Objects};
use claimant_k8s::request::Anonymous;
use claimant_k8s::tower::{AuthnLayer, Counters, GrpcStatus, Rejection, Rejections, Roles};
use claimant_k8s::{Authenticated, Authenticator, Error, Judging, OutOfReach, Refusal, Unavailable, UserInfo};
use http::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower::{Layer, ServiceExt, service_fn};

/// Knows tokens by heart: `ann` and `bob` are themselves, `bad` is refused, `later` cannot be judged.
struct Names;

impl Authenticator for Names {
    fn judge(&self, bearer: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
        match bearer.text() {
            name @ ("ann" | "bob") => {
                Ok(Authenticated::of(UserInfo { username: name.to_owned(), ..UserInfo::default() }))
            }
            "bad" => Err(Refusal::EmailNotVerified.into()),
            "later" => {
                Err(Unavailable::new("x", OutOfReach::Keys).with_retry_after(Some(Duration::from_millis(2_500))).into())
            }
            _ => Err(Error::Unrecognized),
        }
    }
}

fn get(path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let start = Request::get(path);
    headers.iter().fold(start, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
}

fn bearer(token: &str) -> Request<()> {
    get("/api/v1/namespaces/web/pods", &[("authorization", &format!("Bearer {token}"))])
}

/// What a service behind the layer sees: the user, and which headers came through.
async fn seen(request: Request<()>) -> Result<Response<String>, Infallible> {
    let (mut parts, ()) = request.into_parts();
    let names: Vec<&str> = parts.headers.keys().map(http::HeaderName::as_str).collect();
    let mut text = names.join(",");
    if let Some(value) = parts.headers.get("sec-websocket-protocol") {
        text = format!("{text}={}", value.to_str().unwrap());
    }
    let who = <Authenticated as OptionalFromRequestParts<()>>::from_request_parts(&mut parts, &()).await?;
    let who = who.map_or("nobody".to_owned(), |who| format!("{} {:?}", who.user.username, who.user.groups));
    Ok(Response::new(format!("{who} {text}")))
}

async fn ask<R: Rejections<String> + 'static>(layer: &AuthnLayer<R>, request: Request<()>) -> Response<String> {
    layer.layer(service_fn(seen)).oneshot(request).await.unwrap()
}

fn header<'a>(response: &'a Response<String>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn who_is_known_gets_through_without_the_credential() {
    let layer = AuthnLayer::enforce(Names);
    assert_eq!(ask(&layer, bearer("ann")).await.body(), r#"ann ["system:authenticated"] "#);
    let kept = ask(&layer.clone().keeping_credentials(), bearer("ann")).await;
    assert_eq!(kept.body(), r#"ann ["system:authenticated"] authorization"#);
    // "ann" in a sub-protocol: the other one stays.
    let socket = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-protocol", "base64url.bearer.authorization.k8s.io.YW5u, v4.channel.k8s.io"),
    ];
    let body = ask(&layer, get("/", &socket)).await.into_body();
    assert!(body.starts_with("ann") && body.ends_with("sec-websocket-protocol=v4.channel.k8s.io"), "{body}");
}

#[tokio::test]
async fn an_authorization_that_was_not_what_counted_goes_too() {
    let layer = AuthnLayer::enforce(Names).with_anonymous(Anonymous::Everywhere);
    let basic = ("authorization", "Basic YTpi");
    let anonymous = r#"system:anonymous ["system:unauthenticated"] "#;
    assert_eq!(ask(&layer, get("/", &[basic])).await.body(), anonymous);
    for other in [basic, ("authorization", "Bearer bad")] {
        let socket = [
            other,
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-protocol", "base64url.bearer.authorization.k8s.io.YW5u, v4.channel.k8s.io"),
        ];
        let body = ask(&layer, get("/", &socket)).await.into_body();
        assert!(body.starts_with("ann") && !body.contains("authorization"), "{body}");
    }
    // Where credentials are kept, and where nothing counts, they stay as they were.
    let kept = ask(&layer.keeping_credentials(), get("/", &[basic])).await;
    assert_eq!(kept.body(), &format!("{anonymous}authorization"));
    let observed = AuthnLayer::observe(Names).with_anonymous(Anonymous::Everywhere);
    assert_eq!(ask(&observed, get("/", &[basic])).await.body(), &format!("{anonymous}authorization"));
}

#[tokio::test]
async fn the_others_are_told_what_and_no_more() {
    let layer = AuthnLayer::enforce(Names);
    for (request, status, challenge) in [
        (get("/", &[]), 401, r#"Bearer realm="kubernetes""#),
        (get("/", &[("authorization", "Basic YTpi")]), 401, r#"Bearer realm="kubernetes""#),
        (bearer("bad"), 401, r#"Bearer realm="kubernetes", error="invalid_token""#),
        (bearer("strange"), 401, r#"Bearer realm="kubernetes", error="invalid_token""#),
        (get("/%zz", &[("authorization", "Bearer ann")]), 400, ""),
        (bearer("later"), 503, ""),
    ] {
        let response = ask(&layer, request).await;
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(header(&response, "www-authenticate"), challenge);
        assert_eq!(header(&response, "retry-after"), if status == 503 { "3" } else { "" });
        let body: serde_json::Value = serde_json::from_str(response.body()).unwrap();
        assert_eq!((body["kind"].as_str(), body["code"].as_u64()), (Some("Status"), Some(u64::from(status))));
        assert!(!response.body().contains("strange") && !response.body().contains("email"), "{}", response.body());
    }
}

#[tokio::test]
async fn a58_one_authorization_header_and_nothing_else() {
    let layer = AuthnLayer::enforce(Names);
    let challenge = r#"Bearer realm="kubernetes", error="invalid_request""#;
    for headers in [
        &[("authorization", "Bearer ann"), ("authorization", "Bearer bob")][..],
        &[("authorization", "Bearer ann"), ("authorization", "Basic YTpi")],
        &[("authorization", "Basic YTpi"), ("authorization", "Bearer ann")],
        &[("authorization", "Basic YTpi"), ("Authorization", "Basic YTpj")],
        &[("authorization", ""), ("authorization", "Bearer ann")],
        &[("authorization", "Bearer ann, Bearer bob")],
        &[("authorization", "Bearer ann x")],
    ] {
        let socket = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-protocol", "base64url.bearer.authorization.k8s.io.YW5u, v4.channel.k8s.io"),
        ];
        // Neither anonymous nor a sub-protocol gets them in.
        for layer in [layer.clone(), layer.clone().with_anonymous(Anonymous::Everywhere)] {
            for all in [headers.to_vec(), [headers, &socket].concat()] {
                let response = ask(&layer, get("/", &all)).await;
                let told = (response.status(), header(&response, "www-authenticate"));
                assert_eq!(told, (StatusCode::UNAUTHORIZED, challenge), "{all:?}");
            }
        }
    }
    for (path, headers) in [
        ("/?access_token=ann&token=ann", &[][..]),
        ("/", &[("cookie", "token=ann; Authorization=Bearer ann")]),
        ("/", &[("x-forwarded-access-token", "ann")]),
        ("/", &[("proxy-authorization", "Bearer ann")]),
        // No upgrade, so no sub-protocol.
        ("/", &[("sec-websocket-protocol", "base64url.bearer.authorization.k8s.io.YW5u,x")]),
        ("/", &[("authorization", "Token ann")]),
        ("/", &[("authorization", "Bearer")]),
    ] {
        let response = ask(&layer, get(path, headers)).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn anonymous_is_where_it_was_allowed() {
    let layer = AuthnLayer::enforce(Names).with_anonymous(Anonymous::paths(["/healthz"]));
    let body = r#"system:anonymous ["system:unauthenticated"] "#;
    assert_eq!(ask(&layer, get("/healthz?verbose", &[])).await.body(), body);
    assert_eq!(ask(&layer, get("/health%7a", &[])).await.body(), body);
    for path in ["/", "/healthz/", "/healthz2"] {
        assert_eq!(ask(&layer, get(path, &[])).await.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    // A bad token is not an absent one.
    let bad = get("/healthz", &[("authorization", "Bearer bad")]);
    assert_eq!(ask(&layer, bad).await.status(), StatusCode::UNAUTHORIZED);
}

fn roles() -> Arc<Authorizer> {
    let mut objects = Objects::new();
    for text in [
        r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": "web"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}"#,
        r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "b", "namespace": "web"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"}]}"#,
    ] {
        objects.insert(Object::from_json(text).unwrap()).unwrap();
    }
    Arc::new(Authorizer::new(&objects))
}

#[tokio::test]
async fn roles_say_no_in_the_api_servers_words() {
    let layer = AuthnLayer::enforce(Names).with_rule(Roles::new(roles()));
    assert_eq!(ask(&layer, bearer("ann")).await.status(), StatusCode::OK);
    let response = ask(&layer, bearer("bob")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let body: serde_json::Value = serde_json::from_str(response.body()).unwrap();
    let sentence =
        r#"pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "web""#;
    assert_eq!((body["message"].as_str(), body["reason"].as_str()), (Some(sentence), Some("Forbidden")));

    let unknown = || Err(Unavailable::new("cluster", OutOfReach::Objects));
    let layer = AuthnLayer::enforce(Names).with_rule(Roles::new(unknown));
    assert_eq!(ask(&layer, bearer("ann")).await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_rule_of_ones_own_is_a_closure() {
    let only_ann = |user: &UserInfo, _: &http::request::Parts| match user.username.as_str() {
        "ann" => Ok(()),
        _ => Err(Rejection::Forbidden("not you".to_owned())),
    };
    let layer = AuthnLayer::enforce(Names).with_rule(only_ann).with_rejections(GrpcStatus);
    assert_eq!(ask(&layer, bearer("ann")).await.headers().get("grpc-status"), None);
    for (token, status, message) in
        [("bob", "7", "not you"), ("bad", "16", "Unauthorized"), ("later", "14", "the credential cannot be judged now")]
    {
        let response = ask(&layer, bearer(token)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!((header(&response, "grpc-status"), header(&response, "grpc-message")), (status, message));
    }
}

/// Agrees with [`Names`] about `ann` alone.
struct Others;

impl Authenticator for Others {
    fn judge(&self, bearer: &Bearer<'_>, now: i64) -> Result<Authenticated, Error> {
        match bearer.text() {
            "bob" => Ok(Authenticated::of(UserInfo { username: "robert".to_owned(), ..UserInfo::default() })),
            "bad" => Names.judge(bearer, now).or_else(|_| Ok(Authenticated::of(UserInfo::default()))),
            _ => Names.judge(bearer, now),
        }
    }
}

#[tokio::test]
async fn observing_counts_and_lets_everybody_through() {
    let counters = Arc::new(Counters::new());
    let layer = AuthnLayer::observe(Names).with_watch(Arc::clone(&counters)).with_rule(Roles::new(roles()));
    assert_eq!(ask(&layer, bearer("ann")).await.body(), r#"ann ["system:authenticated"] authorization"#);
    for token in ["bob", "bad", "later", "strange"] {
        assert_eq!(ask(&layer, bearer(token)).await.body(), "nobody authorization", "{token}");
    }
    assert_eq!(ask(&layer, get("/", &[])).await.body(), "nobody ");
    let counts = counters.read();
    assert_eq!((counts.authenticated, counts.forbidden, counts.refused), (1, 1, 2));
    assert_eq!((counts.unavailable, counts.no_credential, counts.anonymous), (1, 1, 0));
}

/// Waits for what never comes.
struct Hangs;

impl Authenticator for Hangs {
    fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
        Err(Unavailable::new("x", OutOfReach::Judge).into())
    }

    fn begin<'a>(&'a self, _: &'a Bearer<'a>, _: i64) -> Judging<'a> {
        Judging::waits(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn observing_holds_nobody_up() {
    let counters = Arc::new(Counters::new());
    let layer = AuthnLayer::observe(Hangs).with_shadow(Names).with_watch(Arc::clone(&counters));
    let start = tokio::time::Instant::now();
    assert_eq!(ask(&layer, bearer("ann")).await.body(), "nobody authorization");
    assert_eq!((start.elapsed(), counters.read().unavailable), (Duration::ZERO, 1));
    let enforced = AuthnLayer::enforce(Hangs);
    assert!(tokio::time::timeout(Duration::from_secs(60), ask(&enforced, bearer("ann"))).await.is_err());
}

#[tokio::test]
async fn a_shadow_decides_nothing_and_is_compared() {
    let counters = Arc::new(Counters::new());
    let layer = AuthnLayer::enforce(Names).with_shadow(Others).with_watch(Arc::clone(&counters));
    for (token, status) in [("ann", 200), ("bob", 200), ("bad", 401), ("strange", 401), ("later", 503)] {
        assert_eq!(ask(&layer, bearer(token)).await.status().as_u16(), status, "{token}");
    }
    let counts = counters.read();
    assert_eq!((counts.shadow_same, counts.shadow_differs), (2, 2));
}

#[tokio::test]
async fn what_was_in_the_extensions_before_counts_nothing() {
    let layer = AuthnLayer::observe(Names);
    let mut request = bearer("bad");
    request.extensions_mut().insert(Authenticated::of(UserInfo::default()));
    assert_eq!(ask(&layer, request).await.body(), "nobody authorization");
}

#[tokio::test]
async fn without_the_layer_nobody_gets_in() {
    let (mut parts, ()) = bearer("ann").into_parts();
    let outcome = <Authenticated as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await;
    assert_eq!(outcome.unwrap_err().0, StatusCode::INTERNAL_SERVER_ERROR);
}
