//! Attack classes against a faulty issuer, over real TLS on loopback. Time is the test's: nothing sleeps, and no
//! duration is measured.

#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod hand;

use base64ct::{Base64UrlUnpadded, Encoding};
use claimant_core::{Algorithm, Buffer, Limits, Refusal, UnverifiedToken};
use claimant_jwks::lifecycle::Standing;
use claimant_jwks::source::remote::{ReqwestBuilder, ReqwestClient, Resolver};
use claimant_jwks::source::{InCluster, Remote};
use claimant_jwks::{
    Answer, BoxFuture, FetchError, FetchRequest, KeyPolicy, KeySource, Keys, Misconfigured, Miss, Outcome,
};
use claimant_testkit::{Document, Fault, Issuer, KeyKind, SigningKey};
use hand::Hand;
use serde_json::json;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn client(issuer: &Issuer) -> ReqwestBuilder {
    ReqwestClient::builder().ca_pem(issuer.ca_pem())
}

fn source(issuer: &Issuer) -> Remote<ReqwestClient> {
    Remote::discover(issuer.url()).build(client(issuer).build().unwrap()).unwrap()
}

async fn fetch(source: &mut impl KeySource) -> Result<Outcome, FetchError> {
    source.fetch(FetchRequest::new(false, None, seconds(5))).await
}

/// Keys that a task drives on a clock of the test.
struct World {
    clock: Hand,
    keys: Keys,
}

impl World {
    async fn of(source: impl KeySource + 'static) -> Self {
        let clock = Hand::default();
        let (keys, driver) = Keys::new(source, KeyPolicy::default(), clock.clone()).unwrap();
        tokio::spawn(driver.run());
        let world = Self { clock, keys };
        world.settle(1).await;
        world
    }

    /// Moves the clock until another fetch has ended.
    async fn fetch_again(&self) {
        let next = self.start_fetch();
        self.settle(next).await;
    }

    /// Moves the clock until another fetch is due; its number.
    fn start_fetch(&self) -> u64 {
        let state = self.keys.state().unwrap();
        self.clock.advance(state.next_fetch.unwrap().saturating_sub(self.clock.now()));
        state.fetches + 1
    }

    /// The same for an issuer that will not answer: the clock moves on when it was asked.
    async fn fetch_in_vain(&self, issuer: &Issuer) {
        let asked = issuer.requests().len() + 2;
        let next = self.start_fetch();
        while issuer.requests().len() < asked {
            tokio::task::yield_now().await;
        }
        self.clock.advance(KeyPolicy::default().fetch_timeout);
        self.settle(next).await;
    }

    /// Until so many fetches were started and the last has ended.
    async fn settle(&self, fetches: u64) {
        loop {
            let state = self.keys.state().unwrap();
            if state.fetches >= fetches && state.next_fetch.is_some() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    fn knows(&self, kid: &str) -> bool {
        self.keys.load().key(kid).is_some()
    }

    fn last_error(&self) -> &'static str {
        self.keys.state().unwrap().last_error.unwrap().1.reason()
    }
}

/// What a verifier does: verify, and where the key is missed, ask for it once. `None`: it cannot tell now.
async fn verify(keys: &Keys, token: &str) -> Option<Result<(), Refusal>> {
    for _ in 0..2 {
        let (outcome, kid) = judge(keys, token)?;
        let (Err(Refusal::UnknownKey), Some(kid)) = (&outcome, kid) else { return Some(outcome) };
        match keys.miss(&kid) {
            Miss::Present => {}
            Miss::Absent => return Some(outcome),
            Miss::Unavailable => return None,
            Miss::Wait(waiter) => match waiter.wait().await {
                Answer::Present => {}
                Answer::Absent => return Some(outcome),
                Answer::Unavailable => return None,
            },
        }
    }
    None
}

fn judge(keys: &Keys, token: &str) -> Option<(Result<(), Refusal>, Option<String>)> {
    let loaded = keys.load();
    let set = loaded.keys()?;
    let mut buffer = Buffer::new();
    match UnverifiedToken::parse(token, &mut buffer, &Limits::default()) {
        Ok(token) => {
            let kid = token.header().kid.as_deref().map(str::to_owned);
            Some((token.verify(set, &Algorithm::ALL).map(|_| ()), kid))
        }
        Err(why) => Some((Err(why), None)),
    }
}

fn token(issuer: &Issuer) -> String {
    issuer.id_token("jane", &[], &issuer.options("aud")).unwrap()
}

/// A token with this header, signed by nobody.
fn with_header(header: &serde_json::Value) -> String {
    let text = |value: &str| Base64UrlUnpadded::encode_string(value.as_bytes());
    format!("{}.{}.{}", text(&header.to_string()), text("{}"), "A".repeat(86))
}

#[tokio::test]
async fn a_rotation_over_tls_is_taken_up_by_the_first_token_of_the_new_key() {
    for kind in KeyKind::ALL {
        let issuer = Issuer::start_with(*kind).unwrap();
        let world = World::of(source(&issuer)).await;
        assert_eq!(verify(&world.keys, &token(&issuer)).await, Some(Ok(())), "{kind:?}");
        issuer.rotate().unwrap();
        world.clock.advance(seconds(10));
        assert_eq!(verify(&world.keys, &token(&issuer)).await, Some(Ok(())), "{kind:?}");
        assert_eq!(issuer.requests(), [DISCOVERY, "/keys", DISCOVERY, "/keys"]);
    }
}

#[tokio::test]
async fn a11_where_a_token_says_its_key_is_nobody_looks() {
    let (issuer, stranger) = (Issuer::start().unwrap(), Issuer::start().unwrap());
    let world = World::of(source(&issuer)).await;
    world.clock.advance(seconds(10));
    let keys = format!("{}/keys", stranger.url());
    for (name, value) in [("jku", json!(keys)), ("x5u", json!(keys)), ("jwk", stranger.jwk())] {
        for kid in [issuer.kid(), "unknown".to_owned()] {
            let header = json!({"alg": "ES256", "kid": kid, name: value});
            assert_ne!(verify(&world.keys, &with_header(&header)).await, Some(Ok(())), "{name}");
        }
    }
    assert!(stranger.requests().is_empty());
    assert!(issuer.requests().iter().all(|path| path == DISCOVERY || path == "/keys"));
}

#[tokio::test]
async fn a13_a_key_id_reaches_no_url_no_header_and_no_debug() {
    let issuer = Issuer::start().unwrap();
    let world = World::of(source(&issuer)).await;
    let long = "k".repeat(1 << 20);
    let kids = [
        "../../etc/passwd?MARK",
        "MARK' OR 1=1 --",
        "MARK\r\nx-injected: 1",
        "https://MARK.example/keys",
        "MARK\0\u{1b}[2J",
        "$(MARK)",
        "MARK&kid=1#x",
        &long,
    ];
    for kid in kids {
        world.clock.advance(seconds(31));
        let before = issuer.requests().len();
        let token = with_header(&json!({"alg": "ES256", "kid": kid}));
        let verdict = verify(&world.keys, &token).await;
        if kid.len() > Limits::HEADER_BYTES {
            assert!(matches!(verdict, Some(Err(Refusal::TooLong { .. }))));
            assert_eq!(issuer.requests().len(), before, "refused unread");
            // Whoever asks all the same does no harm.
            let _ = world.keys.miss(kid);
        } else {
            assert_eq!(verdict, Some(Err(Refusal::UnknownKey)), "{kid}");
            assert_eq!(issuer.requests().len(), before + 2, "{kid}");
        }
    }
    for request in issuer.recorded() {
        assert!(request.path == DISCOVERY || request.path == "/keys", "{}", request.path);
        let sent = format!("{request:?}");
        assert!(!sent.contains("MARK") && !sent.contains("injected") && !sent.contains("kkkk"), "{sent}");
    }
    let shown = format!("{:?} {:?}", world.keys, world.keys.state());
    assert!(!shown.contains("MARK") && !shown.contains("kkkk"), "{shown}");
}

#[tokio::test]
async fn a36_whatever_the_issuer_does_wrong_the_old_keys_serve_and_the_reason_shows() {
    let issuer = Issuer::start().unwrap();
    let client = client(&issuer).build().unwrap();
    let remote = Remote::discover(issuer.url()).document_bytes(16 * 1024).build(client).unwrap();
    let world = World::of(remote).await;
    let token = token(&issuer);
    let faults = [
        (Fault::Status(500), "fetch_status"),
        (Fault::Status(404), "fetch_status"),
        (Fault::Status(204), "fetch_status"),
        (Fault::RetryAfter(1), "fetch_status"),
        (Fault::Hang, "fetch_timeout"),
        (Fault::Delay(seconds(60)), "fetch_timeout"),
        (Fault::Endless, "fetch_too_long"),
        (Fault::Half, "fetch_unreachable"),
        (Fault::Close, "fetch_unreachable"),
        (Fault::ContentType("text/html".to_owned()), "fetch_content_type"),
        (Fault::Body("<html>sign in</html>".to_owned()), "fetch_document"),
        (Fault::Body(r#"{"keys": [{"kty""#.to_owned()), "fetch_document"),
        (Fault::Body("[".repeat(10_000)), "fetch_document"),
        (Fault::Body(r#"{"keys": [{"kty": "oct", "k": "AAAA"}]}"#.to_owned()), "fetch_no_usable_key"),
        (Fault::EmptySet, "fetch_no_usable_key"),
        (Fault::GzipBomb, "fetch_too_long"),
        (Fault::Redirect("https://localhost:1/keys".to_owned()), "fetch_redirect"),
    ];
    for (fault, reason) in faults {
        issuer.heal();
        world.fetch_again().await;
        let good = world.keys.state().unwrap();
        assert_eq!((good.failures_in_a_row, good.standing), (0, Standing::Fresh), "before {fault:?}");
        issuer.fail_document(Document::Keys, fault.clone());
        match fault {
            Fault::Hang | Fault::Delay(_) => world.fetch_in_vain(&issuer).await,
            _ => world.fetch_again().await,
        }
        assert_eq!(world.last_error(), reason, "{fault:?}");
        assert_eq!(world.keys.state().unwrap().failures_in_a_row, 1);
        assert_eq!(verify(&world.keys, &token).await, Some(Ok(())), "{fault:?}");
    }
    // And for good: stale, visibly, then none.
    world.clock.advance(KeyPolicy::default().promises().withdrawn_key_in_outage);
    while world.keys.load().standing() != Standing::Dropped {
        tokio::task::yield_now().await;
    }
    assert_eq!(verify(&world.keys, &token).await, None, "unavailable, not refused");
}

#[tokio::test]
async fn a36_a_gzip_bomb_and_an_endless_body_are_read_no_further_than_the_cap() {
    let issuer = Issuer::start().unwrap();
    let client = client(&issuer).build().unwrap();
    let mut remote = Remote::discover(issuer.url()).document_bytes(4096).build(client).unwrap();
    assert!(fetch(&mut remote).await.is_ok());
    issuer.fail(Fault::Endless);
    let too_long = FetchError::TooLong { document: "keys", limit: 4096 };
    // The discovery document is endless too; the set is looked for at its known place.
    assert_eq!(fetch(&mut remote).await.unwrap_err(), too_long);
    issuer.heal();
    issuer.fail(Fault::GzipBomb);
    assert_eq!(fetch(&mut remote).await.unwrap_err(), too_long);
    // What fits as it was sent is not blown up either.
    let client = self::client(&issuer).build().unwrap();
    let mut remote = Remote::set(format!("{}/keys", issuer.url())).build(client).unwrap();
    assert_eq!(fetch(&mut remote).await.unwrap_err(), FetchError::Compressed("keys"));
}

#[tokio::test]
async fn a37_keys_of_another_origin_or_another_issuer_are_not_taken() {
    let (issuer, evil) = (Issuer::start().unwrap(), Issuer::start().unwrap());
    // The other origin is trusted by TLS: only the redirect is wrong.
    let both = ReqwestClient::builder().ca_pem(format!("{}{}", issuer.ca_pem(), evil.ca_pem())).build().unwrap();
    for document in [Document::Discovery, Document::Keys] {
        let mut remote = Remote::discover(issuer.url()).build(both.clone()).unwrap();
        issuer.fail_document(document, Fault::Redirect(format!("{}/keys", evil.url())));
        assert_eq!(fetch(&mut remote).await.unwrap_err().reason(), "fetch_redirect");
        issuer.heal();
    }
    assert!(evil.requests().is_empty());
    // Another issuer's document, at the right place.
    let theirs = json!({"issuer": evil.url(), "jwks_uri": format!("{}/keys", evil.url())}).to_string();
    issuer.fail_document(Document::Discovery, Fault::Body(theirs));
    let mut remote = Remote::discover(issuer.url()).build(both.clone()).unwrap();
    assert_eq!(fetch(&mut remote).await.unwrap_err(), FetchError::OtherIssuer);
    assert!(evil.requests().is_empty());
    // A server with another certificate is nobody's.
    let mut remote = Remote::discover(evil.url()).build(client(&issuer).build().unwrap()).unwrap();
    assert_eq!(fetch(&mut remote).await.unwrap_err().reason(), "fetch_unreachable");
    assert!(evil.requests().is_empty());
}

/// Answers with what the test says, in turn, and counts.
#[derive(Clone)]
struct FakeResolver(Arc<Mutex<(Vec<Vec<IpAddr>>, usize)>>);

impl FakeResolver {
    fn new(answers: &[&[&str]]) -> Self {
        let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Self(Arc::new(Mutex::new((answers, 0))))
    }
}

impl Resolver for FakeResolver {
    fn resolve(&self, _: &str) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        let mut inner = self.0.lock().unwrap();
        inner.1 += 1;
        let answer = if inner.0.len() > 1 { inner.0.remove(0) } else { inner.0[0].clone() };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

#[tokio::test]
async fn a38_addresses_are_checked_where_they_are_connected_to() {
    let issuer = Issuer::start().unwrap();
    let not_public = FetchError::Address("not on the public internet");
    // The name resolves, and the connection would succeed: it is the address that is refused, each time anew.
    let rebinding: [&[&str]; 3] = [&[], &["127.0.0.1"], &["169.254.169.254", "::1", "10.0.0.1"]];
    let resolver = FakeResolver::new(&rebinding);
    let guarded = client(&issuer).resolver(resolver.clone()).public_addresses_only().build().unwrap();
    let mut remote = Remote::discover(issuer.url()).build(guarded.clone()).unwrap();
    for n in 1..=4 {
        assert_eq!(fetch(&mut remote).await.unwrap_err(), not_public);
        assert_eq!(resolver.0.lock().unwrap().1, n);
    }
    // An address in the URL is never resolved.
    for host in ["127.0.0.1", "[::1]", "169.254.169.254", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
        let port = issuer.url().rsplit_once(':').unwrap().1;
        let mut remote = Remote::discover(format!("https://{host}:{port}")).build(guarded.clone()).unwrap();
        assert_eq!(fetch(&mut remote).await.unwrap_err(), not_public, "{host}");
    }
    assert!(issuer.requests().is_empty());
    // The same without the guard connects: the test would notice a guard that does nothing.
    let open = client(&issuer).resolver(FakeResolver::new(&[&["127.0.0.1"]])).build().unwrap();
    assert!(fetch(&mut Remote::discover(issuer.url()).build(open).unwrap()).await.is_ok());
    let proxied = ReqwestClient::builder().proxy("http://127.0.0.1:1").public_addresses_only().build();
    assert!(matches!(proxied, Err(Misconfigured::Url(_))));
}

#[tokio::test]
async fn a38_a_document_that_names_a_metadata_service_gets_nowhere() {
    let issuer = Issuer::start().unwrap();
    for bad in ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "https://x:y@localhost/keys"] {
        issuer.heal();
        let document = json!({"issuer": issuer.url(), "jwks_uri": bad}).to_string();
        issuer.fail_document(Document::Discovery, Fault::Body(document));
        assert_eq!(fetch(&mut source(&issuer)).await.unwrap_err().reason(), "fetch_document", "{bad}");
    }
    assert!(issuer.requests().iter().all(|path| path == DISCOVERY));
}

#[tokio::test]
async fn a39_the_pods_token_is_read_anew_and_goes_to_the_api_server_alone() {
    let (cluster, evil) = (Issuer::start().unwrap(), Issuer::start().unwrap());
    let folder = std::env::temp_dir().join(format!("claimant-pod-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("ca.crt", &format!("{}{}", cluster.ca_pem(), evil.ca_pem()));
    let mut pod = InCluster::at(cluster.url(), &folder).unwrap();
    for token in ["first", "second"] {
        write("token", &format!("{token}-secret\n"));
        assert!(fetch(&mut pod).await.is_ok());
        let asked = cluster.recorded().pop().unwrap();
        assert_eq!(asked.path, "/openid/v1/jwks");
        assert_eq!(asked.header("authorization"), Some(format!("Bearer {token}-secret").as_str()));
    }
    cluster.fail(Fault::Redirect(format!("{}/keys", evil.url())));
    let refused = fetch(&mut pod).await.unwrap_err();
    assert_eq!(refused.reason(), "fetch_redirect");
    assert!(evil.requests().is_empty());
    assert!(!format!("{pod:?} {refused:?}").contains("secret"));
    cluster.heal();
    // Neither is read without end.
    for (name, good) in [("token", "third".to_owned()), ("ca.crt", cluster.ca_pem().to_owned())] {
        write(name, &"x".repeat((1 << 20) + 1));
        assert_eq!(fetch(&mut pod).await.unwrap_err().reason(), "fetch_too_long", "{name}");
        write(name, &good);
    }
    assert!(fetch(&mut pod).await.is_ok());
    // The certificate authority is read anew too.
    write("ca.crt", evil.ca_pem());
    assert_eq!(fetch(&mut pod).await.unwrap_err().reason(), "fetch_unreachable");
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(fetch(&mut pod).await.unwrap_err().reason(), "fetch_unreachable");
    assert!(matches!(InCluster::at("http://10.0.0.1", &folder), Err(Misconfigured::Url(_))));
}

#[tokio::test]
async fn a40_a_withdrawn_key_is_refused_within_b_and_verdicts_with_it_are_void() {
    let issuer = Issuer::start().unwrap();
    issuer.cache_control("max-age=86400");
    let world = World::of(source(&issuer)).await;
    let (old, generation) = (token(&issuer), world.keys.generation());
    issuer.rotate().unwrap();
    issuer.withdraw("key-1");
    assert_eq!(verify(&world.keys, &old).await, Some(Ok(())), "nobody has told us yet");
    world.fetch_again().await;
    assert!(world.clock.now() <= KeyPolicy::default().promises().withdrawn_key);
    world.clock.advance(seconds(31));
    assert_eq!(verify(&world.keys, &old).await, Some(Err(Refusal::UnknownKey)));
    assert_ne!(world.keys.generation(), generation);
}

#[tokio::test]
async fn a41_a_stale_cache_in_front_is_asked_past_and_a_replayed_bundle_is_not_taken() {
    let issuer = Issuer::start().unwrap();
    let world = World::of(source(&issuer)).await;
    issuer.freeze();
    issuer.rotate().unwrap();
    issuer.withdraw("key-1");
    world.fetch_again().await;
    assert!(world.knows("key-1"), "what the cache serves");
    // A token of the new key goes past the cache.
    world.clock.advance(seconds(10));
    assert_eq!(verify(&world.keys, &token(&issuer)).await, Some(Ok(())));
    let forced = issuer.recorded().into_iter().rev().take(2);
    assert!(forced.into_iter().all(|request| request.header("cache-control") == Some("no-cache")));
    assert!(!world.knows("key-1"));
    // And when the cache serves the old set once more, it is not believed.
    world.fetch_again().await;
    assert_eq!(world.last_error(), "fetch_served_before");
    assert!(!world.knows("key-1") && world.knows("key-2"));

    let spire = Issuer::start().unwrap();
    spire.set_member("spiffe_sequence", json!(7));
    let world = World::of(source(&spire)).await;
    spire.set_member("spiffe_sequence", json!(6));
    spire.rotate().unwrap();
    world.fetch_again().await;
    assert_eq!(world.last_error(), "fetch_older");
    assert!(!world.knows("key-2"));
    spire.set_member("spiffe_sequence", json!(8));
    world.fetch_again().await;
    assert!(world.knows("key-2"));
}

#[tokio::test]
async fn a33_forgeries_under_a_known_kid_cause_no_request() {
    let issuer = Issuer::start().unwrap();
    let world = World::of(source(&issuer)).await;
    let before = issuer.requests().len();
    let forger = SigningKey::generate("forger", KeyKind::Es256).unwrap();
    let forged = forger.sign_as(&issuer.kid(), &json!({"iss": issuer.url()})).unwrap();
    for _ in 0..200 {
        world.clock.advance(seconds(1));
        assert_eq!(verify(&world.keys, &forged).await, Some(Err(Refusal::Signature)));
    }
    assert_eq!(issuer.requests().len(), before);
}
