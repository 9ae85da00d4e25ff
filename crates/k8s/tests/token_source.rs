//! Tokens that renew themselves, in simulated time.
#![cfg(feature = "tokio")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_k8s::token_review::{Posting, Reply, TransportError};
use claimant_k8s::token_source::{
    Fetch, FetchFailure, Fetching, FormTransport, Fresh, OidcRefresh, Renewal, RenewalPolicy, Renewing, SecretToken,
    TokenFile,
};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

const NOW: i64 = 1_790_000_000;
const LIFE: i64 = 1000;

/// Numbers its tokens; fails on order.
#[derive(Clone, Default)]
struct Mint {
    asked: Arc<AtomicUsize>,
    down: Arc<AtomicUsize>,
    slow: bool,
}

impl Fetch for Mint {
    fn fetch(&self, now: i64) -> Fetching<'_> {
        let number = self.asked.fetch_add(1, Relaxed);
        Box::pin(async move {
            if self.slow {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            match self.down.load(Relaxed) {
                0 => Ok(Fresh {
                    token: SecretToken::new(format!("token-{number}")),
                    expires: now + LIFE,
                    look_again: None,
                }),
                _ => Err(FetchFailure::Unreachable),
            }
        })
    }
}

fn renewing(mint: &Mint, chance: f64) -> Renewing<Mint> {
    Renewing::new(mint.clone(), RenewalPolicy::default(), move || chance)
}

async fn at<F: Fetch>(source: &Renewing<F>, after: i64) -> Result<String, FetchFailure> {
    source.token(NOW + after).await.map(|token| token.expose().to_owned())
}

#[tokio::test]
async fn a_token_is_renewed_at_four_fifths_of_its_life_or_a_little_earlier() {
    for (chance, last_second) in [(0.0, 799), (0.5, 749), (1.0, 700)] {
        let mint = Mint::default();
        let source = renewing(&mint, chance);
        for (after, expected) in
            [(0, "token-0"), (1, "token-0"), (last_second, "token-0"), (last_second + 2, "token-1")]
        {
            assert_eq!(at(&source, after).await.as_deref(), Ok(expected), "{chance} {after}");
        }
        assert_eq!(mint.asked.load(Relaxed), 2);
    }
}

#[tokio::test]
async fn an_outage_is_bridged_by_the_token_at_hand_and_never_by_one_that_has_ended() {
    let mint = Mint::default();
    let source = renewing(&mint, 0.0);
    at(&source, 0).await.unwrap();
    mint.down.store(1, Relaxed);
    let mut asked = vec![];
    for after in 800..990 {
        assert_eq!(at(&source, after).await.as_deref(), Ok("token-0"), "{after}");
        let count = mint.asked.load(Relaxed);
        if asked.last().is_none_or(|(_, last)| *last != count) {
            asked.push((after, count));
        }
    }
    let times: Vec<_> = asked.iter().map(|(after, _)| *after).collect();
    assert_eq!(times, [800, 801, 803, 807, 815, 831, 863, 923, 983]);
    // Ten seconds before its end it is no good any more.
    for after in 990..1040 {
        assert!(at(&source, after).await.is_err(), "{after}");
    }
    assert_eq!(at(&source, 990).await, Err(FetchFailure::TooSoon));
    mint.down.store(0, Relaxed);
    assert_eq!(at(&source, 1043).await.as_deref(), Ok("token-10"));
}

#[tokio::test]
async fn a_source_that_gives_what_has_ended_gives_nothing() {
    struct Late;
    impl Fetch for Late {
        fn fetch(&self, now: i64) -> Fetching<'_> {
            let fresh = Fresh { token: SecretToken::new("late"), expires: now + 10, look_again: None };
            Box::pin(std::future::ready(Ok(fresh)))
        }
    }
    let source = Renewing::new(Late, RenewalPolicy::default(), || 0.0);
    assert_eq!(at(&source, 0).await, Err(FetchFailure::Ended));
}

#[tokio::test(start_paused = true)]
async fn of_many_who_ask_one_fetches() {
    let mint = Mint { slow: true, ..Mint::default() };
    let source = Arc::new(renewing(&mint, 0.0));
    for (after, expected) in [(0, "token-0"), (900, "token-1")] {
        let crowd: Vec<_> = (0..100)
            .map(|_| {
                let source = Arc::clone(&source);
                tokio::spawn(async move { at(&source, after).await })
            })
            .collect();
        let mut tokens = vec![];
        for one in crowd {
            tokens.push(one.await.unwrap().unwrap());
        }
        assert!(tokens.iter().any(|token| token == expected));
        // Who came while the next was on its way has one that is good still.
        assert!(tokens.iter().all(|token| token == expected || after == 900 && token == "token-0"));
        assert_eq!(at(&source, after).await.as_deref(), Ok(expected));
    }
    assert_eq!(mint.asked.load(Relaxed), 2);
}

/// Answers after so long, and then not.
struct Late(std::time::Duration, Result<i64, FetchFailure>);

impl Fetch for Late {
    fn fetch(&self, now: i64) -> Fetching<'_> {
        Box::pin(async move {
            match now {
                NOW => Ok(Fresh { token: SecretToken::new("first"), expires: NOW + LIFE, look_again: None }),
                _ => {
                    tokio::time::sleep(self.0).await;
                    let expires = NOW + self.1?;
                    Ok(Fresh { token: SecretToken::new("second"), expires, look_again: None })
                }
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn what_ended_while_its_caller_waited_is_not_handed_out() {
    use FetchFailure::{Ended, Unreachable};
    for (asked, wait, outcome, expected) in [
        // The one at hand is good until ten seconds before its end.
        (980, 9, Err(Unreachable), Ok("first")),
        (980, 10, Err(Unreachable), Err(Unreachable)),
        (980, 300, Err(Unreachable), Err(Unreachable)),
        (980, 300, Ok(2 * LIFE), Ok("second")),
        // And one that took longer than it lives is none.
        (980, 300, Ok(1290), Err(Ended)),
        (980, 300, Ok(1291), Ok("second")),
    ] {
        let late = Late(std::time::Duration::from_secs(wait), outcome);
        let source = Renewing::new(late, RenewalPolicy::default(), || 0.0);
        assert_eq!(at(&source, 0).await.as_deref(), Ok("first"));
        assert_eq!(at(&source, asked).await, expected.map(str::to_owned), "{asked} {wait} {outcome:?}");
    }
}

#[tokio::test]
async fn a_token_that_was_refused_somewhere_is_fetched_anew() {
    let mint = Mint::default();
    let source = renewing(&mint, 0.0);
    at(&source, 0).await.unwrap();
    source.discard();
    assert_eq!(at(&source, 1).await.as_deref(), Ok("token-1"));
}

fn jwt(expires: Option<i64>, jti: &str) -> String {
    let key = SigningKey::generate("k", KeyKind::EdDsa).unwrap();
    key.sign(&json!({"iss": "i", "jti": jti, "exp": expires})).unwrap()
}

#[tokio::test]
async fn a_token_file_is_read_again_each_minute_and_bridged_while_it_is_away() {
    let path = std::env::temp_dir().join(format!("claimant-token-{}", std::process::id()));
    let source = Renewing::new(TokenFile::new(&path), RenewalPolicy::default(), || 0.0);
    assert_eq!(at(&source, 0).await, Err(FetchFailure::Unreachable));
    let (first, second) = (jwt(Some(NOW + LIFE), "1"), jwt(Some(NOW + LIFE), "2"));
    std::fs::write(&path, format!("{first}\n")).unwrap();
    assert_eq!(at(&source, 1).await.as_ref(), Ok(&first));
    std::fs::write(&path, &second).unwrap();
    assert_eq!(at(&source, 60).await.as_ref(), Ok(&first));
    assert_eq!(at(&source, 61).await.as_ref(), Ok(&second));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(at(&source, 121).await.as_ref(), Ok(&second));
    assert_eq!(at(&source, LIFE).await, Err(FetchFailure::Unreachable));
    // One that is stale, as when the kubelet is gone, is not handed out.
    std::fs::write(&path, &second).unwrap();
    assert_eq!(at(&source, LIFE + 100).await, Err(FetchFailure::Ended));
    // One without an end is handed out while it is there, and for two minutes more.
    let endless = jwt(None, "3");
    std::fs::write(&path, &endless).unwrap();
    assert_eq!(at(&source, LIFE + 200).await.as_ref(), Ok(&endless));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(at(&source, LIFE + 300).await.as_ref(), Ok(&endless));
    assert!(at(&source, LIFE + 310).await.is_err());
}

/// A token endpoint by script, which keeps the forms.
struct Endpoint {
    replies: Mutex<VecDeque<Result<(u16, Value), TransportError>>>,
    forms: Mutex<Vec<String>>,
}

impl FormTransport for Endpoint {
    fn post_form<'a>(&'a self, body: &'a [u8]) -> Posting<'a> {
        self.forms.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
        let reply = self.replies.lock().unwrap().pop_front().unwrap();
        let reply = reply.map(|(code, body)| Reply { code, retry_after: None, body: body.to_string().into() });
        Box::pin(std::future::ready(reply))
    }
}

#[tokio::test]
async fn a_refresh_token_that_is_replaced_is_replaced_here_too() {
    let (first, second) = (jwt(Some(NOW + LIFE), "1"), jwt(Some(NOW + 2 * LIFE), "2"));
    let endpoint = Arc::new(Endpoint { replies: Mutex::default(), forms: Mutex::default() });
    endpoint.replies.lock().unwrap().extend([
        Ok((200, json!({"id_token": first, "refresh_token": "r/2"}))),
        Err(TransportError::Lost),
        Ok((200, json!({"id_token": second}))),
    ]);
    let refresh = OidcRefresh::new(Arc::clone(&endpoint), "my client", SecretToken::new("r+1"))
        .with_client_secret(SecretToken::new("s&cret"));
    assert!(!format!("{refresh:?}").contains("r+1"));
    let source = Renewing::new(refresh, RenewalPolicy::default(), || 0.0);
    assert_eq!(at(&source, 0).await.as_ref(), Ok(&first));
    assert_eq!(at(&source, 800).await.as_ref(), Ok(&first));
    assert_eq!(at(&source, 801).await.as_ref(), Ok(&second));
    let forms = endpoint.forms.lock().unwrap().clone();
    assert_eq!(forms[0], "grant_type=refresh_token&refresh_token=r%2B1&client_id=my%20client&client_secret=s%26cret");
    assert!(forms[1].contains("refresh_token=r%2F2&") && forms[2].contains("refresh_token=r%2F2&"));
}

#[tokio::test]
async fn what_is_no_answer_of_a_token_endpoint_gives_no_token() {
    for (reply, expected) in [
        (Ok((400, json!({"error": "invalid_grant"}))), FetchFailure::Refused(400)),
        (Ok((503, json!({}))), FetchFailure::Unreachable),
        (Ok((200, json!({"access_token": "a"}))), FetchFailure::Unreadable),
        (Ok((200, json!({"id_token": "opaque"}))), FetchFailure::Unreadable),
        (Ok((200, json!({"id_token": jwt(None, "1")}))), FetchFailure::Unreadable),
        (Ok((200, json!({"id_token": jwt(Some(NOW), "1")}))), FetchFailure::Ended),
    ] {
        let endpoint = Arc::new(Endpoint { replies: Mutex::new([reply].into()), forms: Mutex::default() });
        let refresh = OidcRefresh::new(endpoint, "c", SecretToken::new("r"));
        let source = Renewing::new(refresh, RenewalPolicy::default(), || 0.0);
        assert_eq!(at(&source, 0).await, Err(expected));
    }
}

#[tokio::test]
async fn a_new_refresh_token_is_kept_whatever_else_is_in_the_answer() {
    let good = jwt(Some(NOW + LIFE), "1");
    for answer in [
        json!({"refresh_token": "next", "access_token": "a"}),
        json!({"refresh_token": "next", "id_token": "opaque"}),
        json!({"refresh_token": "next", "id_token": jwt(Some(NOW), "0")}),
    ] {
        let endpoint = Arc::new(Endpoint { replies: Mutex::default(), forms: Mutex::default() });
        endpoint.replies.lock().unwrap().extend([Ok((200, answer)), Ok((200, json!({"id_token": good})))]);
        let refresh = OidcRefresh::new(Arc::clone(&endpoint), "c", SecretToken::new("spent"));
        let source = Renewing::new(refresh, RenewalPolicy::default(), || 0.0);
        assert!(at(&source, 0).await.is_err());
        assert_eq!(at(&source, 1).await.as_ref(), Ok(&good));
        assert!(endpoint.forms.lock().unwrap()[1].contains("refresh_token=next&"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_is_waited_for_ten_seconds() {
    /// Answers once, then never.
    struct Hangs(Mutex<Option<Vec<u8>>>);
    impl FormTransport for Hangs {
        fn post_form<'a>(&'a self, _: &'a [u8]) -> Posting<'a> {
            let reply = self.0.lock().unwrap().take().map(|body| Ok(Reply { code: 200, retry_after: None, body }));
            Box::pin(async move {
                match reply {
                    Some(reply) => reply,
                    None => std::future::pending().await,
                }
            })
        }
    }
    let good = jwt(Some(NOW + LIFE), "1");
    let first = json!({"id_token": good}).to_string().into_bytes();
    let refresh = OidcRefresh::new(Hangs(Mutex::new(Some(first))), "c", SecretToken::new("r"));
    let source = Renewing::new(refresh, RenewalPolicy::default(), || 0.0);
    assert_eq!(at(&source, 0).await.as_ref(), Ok(&good));
    let start = tokio::time::Instant::now();
    assert_eq!(at(&source, 800).await.as_ref(), Ok(&good));
    assert_eq!(start.elapsed().as_secs(), 10, "in virtual time");
}

#[test]
fn one_that_ends_earlier_does_not_replace_the_one_at_hand() {
    let fresh = |name: &str, expires, look_again| Fresh { token: SecretToken::new(name), expires, look_again };
    let after = |second: Fresh| {
        let mut renewal = Renewal::new(RenewalPolicy::default());
        renewal.fetched(fresh("first", NOW + LIFE, None), NOW, 0.0).unwrap();
        let given = renewal.fetched(second, NOW + 800, 0.0).unwrap();
        assert_eq!(renewal.current(NOW + 800).as_ref(), Some(&given));
        (given.expose().to_owned(), renewal.due() - NOW)
    };
    assert_eq!(after(fresh("second", NOW + 2 * LIFE, None)), ("second".to_owned(), 800 + 960));
    assert_eq!(after(fresh("second", NOW + LIFE, None)), ("second".to_owned(), 800 + 160));
    // The next is asked for when the one that was given would have had to be renewed.
    assert_eq!(after(fresh("second", NOW + 900, None)), ("first".to_owned(), 800 + 80));
    // A source that is looked at because it may change before the time says what counts now.
    assert_eq!(after(fresh("second", NOW + 900, Some(NOW + 860))).0, "second");
    // One at hand that is thrown away, or about to end, is no match.
    let mut renewal = Renewal::new(RenewalPolicy::default());
    renewal.fetched(fresh("first", NOW + LIFE, None), NOW, 0.0).unwrap();
    renewal.discard();
    assert_eq!(renewal.fetched(fresh("second", NOW + 900, None), NOW, 0.0).unwrap().expose(), "second");
}

#[test]
fn a54_no_debug_shows_a_token() {
    let fresh = Fresh { token: SecretToken::new("canary"), expires: NOW, look_again: None };
    assert!(!format!("{fresh:?} {:?}", renewing(&Mint::default(), 0.0)).contains("canary"));
}
