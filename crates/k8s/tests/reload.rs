//! Configurations that change under a service: what judges, and what can be seen of it. Nothing sleeps.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod common;
#[path = "common/live.rs"]
mod live;

use claimant_core::{KeySet, Limits};
use claimant_jwks::lifecycle::Moment;
use claimant_jwks::{BoxFuture, Runtime};
use claimant_k8s::config::{Assembly, AuthenticationConfiguration, Issuer};
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::reload::{ConfigFile, ReloadError, Reloadable, WatchPolicy};
use claimant_k8s::request::Anonymous;
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::{Authenticator, ConfigError, Keys, authenticate_async};
use claimant_testkit::SigningKey;
use common::{AUDIENCE, NOW, block_on, claims, jwt, key, named, set};
use live::{Live, Task};
use serde_json::json;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

/// A clock that the test moves.
#[derive(Clone, Default)]
struct Clock(Arc<Mutex<Duration>>);

impl Clock {
    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Runtime for Clock {
    fn now(&self) -> Moment {
        let steady = *self.0.lock().unwrap();
        Moment { steady, wall: Duration::from_secs(1_790_000_000) + steady }
    }

    fn sleep_until(&self, steady: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(std::future::poll_fn(move |_| match *clock.0.lock().unwrap() >= steady {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }))
    }
}

/// The text that a watch finds.
#[derive(Clone)]
struct File(Arc<Mutex<Result<String, &'static str>>>);

impl File {
    fn new(text: String) -> Self {
        Self(Arc::new(Mutex::new(Ok(text))))
    }

    fn write(&self, text: impl Into<String>) {
        *self.0.lock().unwrap() = Ok(text.into());
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        self.0.lock().unwrap().clone().map(String::into_bytes).map_err(io::Error::other)
    }
}

/// A file with these issuers; each prefixes its users with this.
fn file(issuers: &[&str], prefix: &str) -> String {
    let jwt: Vec<_> = issuers
        .iter()
        .map(|url| {
            json!({"issuer": {"url": url, "audiences": [AUDIENCE]},
                "claimMappings": {"username": {"claim": "sub", "prefix": prefix}}})
        })
        .collect();
    json!({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration", "jwt": jwt}).to_string()
}

/// Keys by issuer, and how often each was asked for.
#[derive(Clone, Default)]
struct Known {
    keys: Arc<Mutex<HashMap<String, Keys>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Known {
    fn with(self, issuer: &str, keys: impl Into<Keys>) -> Self {
        self.keys.lock().unwrap().insert(issuer.to_owned(), keys.into());
        self
    }

    fn assembly(&self) -> Assembly {
        let known = self.clone();
        Assembly::new(move |issuer: &Issuer| {
            known.asked.lock().unwrap().push(issuer.url.clone());
            known.keys.lock().unwrap().get(&issuer.url).cloned().ok_or_else(|| "no such issuer".into())
        })
    }
}

const A: &str = "https://a";
const B: &str = "https://b";
const SECOND: Duration = Duration::from_secs(1);

fn token(key: &SigningKey, url: &str) -> String {
    key.sign(&claims(url, json!({}))).unwrap()
}

/// A watched file over one issuer with fixed keys.
struct Watched {
    clock: Clock,
    file: File,
    live: Reloadable,
    watch: Task<'static, ()>,
}

impl Watched {
    fn start(known: &Known, text: String) -> Self {
        let (clock, file) = (Clock::default(), File::new(text.clone()));
        let live = Reloadable::from_yaml(text.as_bytes(), known.assembly(), clock.clone()).unwrap();
        let source = file.clone();
        let watch = live.watch(move || source.read(), WatchPolicy::default());
        fn is_send<T: Send>(future: T) -> T {
            future
        }
        let mut watched = Self { clock, file, live, watch: Task::new(is_send(watch.run())) };
        assert_eq!(watched.watch.poll(), None);
        watched
    }

    /// Lets so many seconds go by.
    fn run(&mut self, seconds: u64) {
        for _ in 0..seconds * 4 {
            self.clock.advance(SECOND / 4);
            assert_eq!(self.watch.poll(), None);
        }
    }

    fn user(&self, token: &str) -> Result<String, &'static str> {
        named(self.live.authenticate(token, NOW))
    }

    fn last_error(&self) -> Option<&'static str> {
        self.live.state().last_error.map(|(_, why)| why.reason())
    }
}

#[test]
fn a_new_file_is_swapped_in_whole_and_a_broken_one_is_not() {
    let key = key("k");
    let known = Known::default().with(A, set(&[&key])).with(B, set(&[&key]));
    let mut watched = Watched::start(&known, file(&[A], "1:"));
    let (a, b) = (token(&key, A), token(&key, B));
    assert_eq!((watched.user(&a), watched.user(&b)), (Ok("1:jane".into()), Err("unrecognized")));
    let first = watched.live.generation(A);
    assert_eq!(first.configuration, 1);

    watched.file.write(file(&[A, B], "2:"));
    watched.run(11);
    assert_eq!((watched.user(&a), watched.user(&b)), (Ok("2:jane".into()), Ok("2:jane".into())));
    assert_eq!(watched.live.generation(A).configuration, 2);
    let loaded = watched.live.state();
    assert_eq!((loaded.generation, loaded.failures, loaded.last_error), (2, 0, None));
    assert!(loaded.loaded_at > Duration::from_secs(1_790_000_000));

    // Broken in many ways: text, fields, an issuer whose keys cannot be had.
    let mut failures = 0;
    for (broken, reason) in [
        (String::new(), "reload_config"),
        ("{".to_owned(), "reload_config"),
        (file(&[A, A], "3:"), "reload_config"),
        (file(&["http://a"], "3:"), "reload_config"),
        (file(&[A, "https://nobody"], "3:"), "reload_config"),
    ] {
        failures += 1;
        watched.file.write(broken.clone());
        watched.run(30);
        let state = watched.live.state();
        assert_eq!(watched.last_error(), Some(reason), "{broken}");
        // Told once, however often it is looked at.
        assert_eq!((state.generation, state.failures, state.digest), (2, failures, loaded.digest), "{broken}");
        assert_eq!((watched.user(&a), watched.user(&b)), (Ok("2:jane".into()), Ok("2:jane".into())));
    }
    // The good one comes back: nothing was lost, nothing is loaded again.
    watched.file.write(file(&[A, B], "2:"));
    watched.run(11);
    assert_eq!((watched.last_error(), watched.live.state().generation), (None, 2));
    watched.file.write(file(&[B], "3:"));
    watched.run(11);
    assert_eq!((watched.user(&a), watched.user(&b)), (Err("unrecognized"), Ok("3:jane".into())));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_no_empty_configuration() {
    let key = key("k");
    let known = Known::default().with(A, set(&[&key]));
    let mut watched = Watched::start(&known, file(&[A], "1:"));
    *watched.file.0.lock().unwrap() = Err("gone");
    watched.run(60);
    assert_eq!((watched.last_error(), watched.live.state().failures), (Some("reload_source"), 1));
    assert_eq!(watched.user(&token(&key, A)), Ok("1:jane".into()));
    watched.file.write(file(&[A], "1:"));
    watched.run(11);
    assert_eq!((watched.last_error(), watched.live.state().generation), (None, 1));
}

#[test]
fn a_file_that_is_being_written_is_not_taken_before_it_rests() {
    let key = key("k");
    let known = Known::default().with(A, set(&[&key])).with(B, set(&[&key]));
    let mut watched = Watched::start(&known, file(&[A, B], "1:"));
    // Good as it stands, with one issuer less; half a second later it is whole.
    watched.file.write(file(&[A], "2:"));
    watched.clock.advance(Duration::from_secs(10));
    assert_eq!(watched.watch.poll(), None);
    watched.file.write(file(&[A, B], "2:"));
    watched.run(2);
    assert_eq!(watched.live.state().generation, 2);
    assert_eq!(watched.user(&token(&key, B)), Ok("2:jane".into()));
    // One that never rests is an error, and the last good one stays.
    for round in 0..60 {
        watched.file.write(file(&[A], &format!("{round}:")));
        watched.clock.advance(SECOND / 2);
        assert_eq!(watched.watch.poll(), None);
    }
    assert_eq!((watched.last_error(), watched.live.state().generation), (Some("reload_source"), 2));
}

#[test]
fn a_configuration_without_keys_waits_while_the_old_one_judges() {
    let (old, new) = (key("old"), key("new"));
    let mut remote = Live::new();
    let known = Known::default().with(A, set(&[&old])).with(B, remote.keys.clone());
    let mut watched = Watched::start(&known, file(&[A], "1:"));
    watched.file.write(file(&[A, B], "2:"));
    watched.run(30);
    // Within the minute nothing is decided.
    assert_eq!((watched.last_error(), watched.live.state().generation), (None, 1));
    watched.run(45);
    let (_, why) = watched.live.state().last_error.unwrap();
    assert_eq!(why, ReloadError::Unhealthy { issuers: vec![B.to_owned()] });
    assert_eq!(why.to_string(), "no keys in time: https://b");
    assert_eq!(watched.user(&token(&old, A)), Ok("1:jane".into()));
    // The keys come: the same text is good now, and was compiled once.
    remote.serve(Ok(set(&[&new])));
    remote.run();
    watched.run(11);
    assert_eq!((watched.last_error(), watched.live.state().generation), (None, 2));
    assert_eq!(watched.user(&token(&new, B)), Ok("2:jane".into()));
    assert_eq!(*known.asked.lock().unwrap(), [A, A, B]);
    assert_eq!(watched.live.state().failures, 1);
}

#[test]
fn keys_that_rotate_stay_with_their_issuer_from_one_configuration_to_the_next() {
    let key = key("k");
    let remote = Live::with(set(&[&key]));
    let known = Known::default().with(A, remote.keys.clone());
    let mut watched = Watched::start(&known, file(&[A], "1:"));
    watched.file.write(file(&[A], "2:"));
    watched.run(11);
    assert_eq!(watched.user(&token(&key, A)), Ok("2:jane".into()));
    assert_eq!(known.asked.lock().unwrap().len(), 1);
    // Another place for the same issuer's keys is another source.
    let moved = file(&[A], "3:").replace("\"audiences\"", "\"discoveryURL\":\"https://elsewhere\",\"audiences\"");
    watched.file.write(moved);
    watched.run(11);
    assert_eq!(known.asked.lock().unwrap().len(), 2);
}

#[test]
fn a43_what_was_judged_under_an_old_configuration_or_key_is_of_another_generation() {
    let (old, new) = (key("old"), key("new"));
    let mut remote = Live::with(set(&[&old]));
    let known = Known::default().with(A, remote.keys.clone()).with(B, set(&[&old]));
    let mut watched = Watched::start(&known, file(&[A, B], "1:"));
    let mut seen = vec![watched.live.generation(A)];
    let of_b = watched.live.generation(B);
    remote.serve(Ok(set(&[&new])));
    remote.keys.refresh();
    remote.advance(Duration::from_secs(60));
    seen.push(watched.live.generation(A));
    assert_eq!(watched.live.generation(B), of_b);
    watched.file.write(file(&[A, B], "2:"));
    watched.run(11);
    seen.push(watched.live.generation(A));
    assert_ne!(watched.live.generation(B), of_b);
    remote.keys.forget("new").unwrap();
    seen.push(watched.live.generation(A));
    for (index, one) in seen.iter().enumerate() {
        assert!(!seen[..index].contains(one), "{seen:?}");
    }
}

#[test]
fn a_configuration_is_pushed_from_code_with_any_number_of_issuers() {
    let key = key("k");
    let urls: Vec<String> = (0..200).map(|i| format!("https://issuer-{i}.example")).collect();
    let known = urls.iter().fold(Known::default(), |known, url| known.with(url, set(&[&key])));
    let config = |prefix: &str| AuthenticationConfiguration {
        jwt: urls.iter().map(|url| jwt(url, json!({"claimMappings": {"username": {"prefix": prefix}}}))).collect(),
        ..AuthenticationConfiguration::default()
    };
    let live = Reloadable::new(config("1:"), known.assembly(), Clock::default()).unwrap();
    assert_eq!(block_on(live.push(config("2:"))), Ok(2));
    assert_eq!(named(live.authenticate(&token(&key, &urls[199]), NOW)), Ok("2:jane".into()));
    let mut twice = config("3:");
    twice.jwt.push(twice.jwt[0].clone());
    let Err(ReloadError::Config(ConfigError::Invalid(fields))) = block_on(live.push(twice)) else { unreachable!() };
    assert_eq!(fields[0].path, "jwt[200].issuer.url");
    assert_eq!((live.state().generation, live.state().failures), (2, 1));
    assert_eq!(named(live.authenticate(&token(&key, &urls[0]), NOW)), Ok("2:jane".into()));
    assert_eq!(block_on(live.push_yaml(file(&[&urls[0]], "4:").as_bytes())), Ok(3));
    assert_eq!((live.state().last_error, live.state().digest.is_some()), (None, true));
    assert_eq!(named(live.authenticate(&token(&key, &urls[1]), NOW)), Err("unrecognized"));
}

#[test]
fn whose_tokens_are_judged_is_as_of_now() {
    let known = Known::default().with(A, set(&[&key("a")])).with(B, set(&[&key("b")]));
    let live = Reloadable::from_yaml(file(&[A], "1:").as_bytes(), known.assembly(), Clock::default()).unwrap();
    let union = claimant_k8s::Union::new().with(live.clone());
    assert_eq!((live.issuers(), live.judges_tokens_of(A), union.judges_tokens_of(B)), (None, Some(true), Some(false)));
    block_on(live.push_yaml(file(&[B], "1:").as_bytes())).unwrap();
    assert_eq!((live.judges_tokens_of(A), union.judges_tokens_of(B)), (Some(false), Some(true)));
}

#[test]
fn what_was_pushed_later_is_not_replaced_by_what_was_begun_before() {
    let key = key("k");
    let (mut slow, clock) = (Live::new(), Clock::default());
    let known = Known::default().with(A, set(&[&key])).with(B, slow.keys.clone());
    let live = Reloadable::from_yaml(file(&[A], "1:").as_bytes(), known.assembly(), clock).unwrap();
    let text = file(&[A, B], "2:");
    let mut first = Task::new(live.push_yaml(text.as_bytes()));
    assert_eq!(first.poll(), None);
    assert_eq!(block_on(live.push_yaml(file(&[A], "3:").as_bytes())), Ok(2));
    slow.serve(Ok(set(&[&key])));
    slow.run();
    assert_eq!(first.poll(), Some(Err(ReloadError::Superseded)));
    assert_eq!(named(live.authenticate(&token(&key, A), NOW)), Ok("3:jane".into()));
}

#[test]
fn a_pushed_configuration_stays_until_the_file_changes() {
    let key = key("k");
    let known = Known::default().with(A, set(&[&key]));
    let mut watched = Watched::start(&known, file(&[A], "1:"));
    let pushed = AuthenticationConfiguration {
        jwt: vec![jwt(A, json!({"claimMappings": {"username": {"prefix": "code:"}}}))],
        ..AuthenticationConfiguration::default()
    };
    assert_eq!(block_on(watched.live.push(pushed)), Ok(2));
    watched.run(60);
    assert_eq!(watched.user(&token(&key, A)), Ok("code:jane".into()));
    watched.file.write(file(&[A], "3:"));
    watched.run(11);
    assert_eq!(watched.user(&token(&key, A)), Ok("3:jane".into()));
}

#[test]
fn service_accounts_come_first_and_their_issuers_are_nobody_elses() {
    let key = key("k");
    let own = "https://kubernetes.default.svc";
    let known = Known::default().with(A, set(&[&key])).with(own, set(&[&key]));
    let people = OidcAuthenticator::from_config(jwt("https://last", json!({})), set(&[&key])).unwrap();
    let accounts = ServiceAccounts::new([own], set(&[&key]), [AUDIENCE]);
    let assembly = known
        .assembly()
        .service_accounts(accounts)
        .then(people)
        .limits(Limits { token_bytes: 4096, ..Limits::default() });
    let refused = assembly.assemble_yaml(file(&[own], "").as_bytes(), None);
    assert!(matches!(refused, Err(ConfigError::Invalid(_))), "{refused:?}");
    let live = Reloadable::from_yaml(file(&[A], "").as_bytes(), assembly, Clock::default()).unwrap();
    let account = json!({"kubernetes.io": {"namespace": "n", "serviceaccount": {"name": "s", "uid": "u"}}});
    let account = key.sign(&claims(own, account)).unwrap();
    assert_eq!(named(live.authenticate(&account, NOW)), Ok("system:serviceaccount:n:s".into()));
    assert_eq!(named(live.authenticate(&token(&key, "https://last"), NOW)), Ok("jane".into()));
    let long = key.sign(&claims(A, json!({"long": "x".repeat(4096)}))).unwrap();
    assert_eq!(named(live.authenticate(&long, NOW)), Err("too_long"));
}

#[test]
fn an_egress_selector_in_a_file_is_refused_by_name() {
    let known = Known::default().with(A, KeySet::default());
    let text = file(&[A], "").replace("\"audiences\"", "\"egressSelectorType\":\"cluster\",\"audiences\"");
    let refused = known.assembly().assemble_yaml(text.as_bytes(), None);
    assert!(matches!(refused, Err(ConfigError::EgressSelector { .. })), "{refused:?}");
    struct Takes;
    impl claimant_k8s::config::IssuerKeys for Takes {
        fn keys(&self, _: &Issuer) -> Result<Keys, Box<dyn std::error::Error + Send + Sync>> {
            Ok(Keys::default())
        }
        fn egress(&self, _: &Issuer, _: claimant_k8s::config::EgressSelector) -> Result<(), ConfigError> {
            Ok(())
        }
    }
    assert!(Assembly::new(Takes).assemble_yaml(text.as_bytes(), None).is_ok());
}

#[test]
fn anonymous_requests_follow_the_configuration() {
    let known = Known::default();
    let with = |anonymous: &str| {
        format!(r#"{{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration"{anonymous}}}"#)
    };
    let live = Reloadable::from_yaml(with("").as_bytes(), known.assembly(), Clock::default()).unwrap();
    assert_eq!(live.anonymous(), None);
    let text = with(r#","anonymous":{"enabled":true,"conditions":[{"path":"/livez"}]}"#);
    assert_eq!(block_on(live.push_yaml(text.as_bytes())), Ok(2));
    assert_eq!(live.anonymous(), Some(Anonymous::paths(["/livez"])));
    assert_eq!(block_on(live.push_yaml(with(r#","anonymous":{"enabled":false}"#).as_bytes())), Ok(3));
    assert_eq!(live.anonymous(), Some(Anonymous::Off));
}

#[test]
fn a_token_that_waits_is_judged_by_the_configuration_that_was_there_when_it_came() {
    let (old, new) = (key("old"), key("new"));
    let mut remote = Live::with(set(&[&old]));
    remote.advance(Duration::from_secs(60));
    let known = Known::default().with(A, remote.keys.clone());
    let live = Reloadable::from_yaml(file(&[A], "1:").as_bytes(), known.assembly(), Clock::default()).unwrap();
    let early = token(&new, A);
    let mut waits = Task::new(authenticate_async(&live, &early, NOW));
    assert_eq!(waits.poll(), None);
    assert_eq!(block_on(live.push_yaml(file(&[A], "2:").as_bytes())), Ok(2));
    remote.serve(Ok(set(&[&old, &new])));
    remote.run();
    assert_eq!(waits.poll().map(named), Some(Ok("1:jane".into())));
    assert_eq!(named(live.authenticate(&early, NOW)), Ok("2:jane".into()));
}

#[test]
fn the_watch_ends_with_the_last_clone() {
    let known = Known::default();
    let Watched { clock, file: _, live, mut watch } = Watched::start(&known, file(&[], ""));
    let other = live.clone();
    drop(live);
    clock.advance(Duration::from_secs(11));
    assert_eq!(watch.poll(), None);
    drop(other);
    clock.advance(Duration::from_secs(11));
    assert_eq!(watch.poll(), Some(()));
}

#[test]
fn a_file_on_disk_is_read_within_its_limit() {
    let folder = std::env::temp_dir().join(format!("claimant-reload-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("config.yaml");
    let source = ConfigFile::new(&path);
    assert!(source.text().unwrap_err().to_string().contains("config.yaml"));
    std::fs::write(&path, file(&[A], "")).unwrap();
    assert_eq!(source.text().unwrap(), file(&[A], "").into_bytes());
    std::fs::write(&path, vec![b'#'; 4 << 20]).unwrap();
    assert!(source.text().is_ok());
    std::fs::write(&path, vec![b'#'; (4 << 20) + 1]).unwrap();
    assert!(source.text().unwrap_err().to_string().contains("4 MiB"));
    assert!(ConfigFile::new(&folder).text().unwrap_err().to_string().contains("not a file"));
    std::fs::remove_dir_all(folder).unwrap();
}
