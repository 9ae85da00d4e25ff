//! What must hold for any bytes, beyond not panicking. One function per fuzz target; the same ones run over
//! the seeds as ordinary tests. Included as a plain module by both.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use base64ct::{Base64UrlUnpadded, Encoding};
use claimant_core::jose::Header;
use claimant_core::json::{self, Object};
use claimant_core::key::has_certificates;
use claimant_core::{
    Algorithm, Audience, Bearer, Buffer, Claims, KeySet, Limits, Policy, Provider, PublicKey, Refusal,
};
use claimant_core::{SignatureError, TimeRules, UnsupportedKey, UnverifiedToken, Verifier, provider};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::Value;
use std::sync::Arc;

pub const NOW: i64 = 1_790_000_000;
pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "api";

/// Panics where an invariant does not hold for the bytes.
pub type Check = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Check); 6] = [
    ("compact", compact),
    ("header", header),
    ("claims", claims),
    ("jwks", jwks),
    ("pem", pem),
    ("whole_way", whole_way),
];

/// A compact JWS: what parses is the only spelling of what it decodes to.
pub fn compact(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let limits = Limits::default();
    let mut buffer = Buffer::new();
    let mut outcome = None;
    bounded(text.len(), || {
        outcome = Some(UnverifiedToken::parse(&text, &mut buffer, &limits).map(|token| owned(token.header())));
    });
    let outcome = outcome.unwrap();
    bearer_agrees(&text, outcome.as_ref().err());
    match outcome {
        Err(why) => says_nothing_of(&why, &text),
        Ok(header) => {
            let segments: Vec<&str> = text.split('.').collect();
            assert_eq!(segments.len(), 3);
            let decoded: Vec<Vec<u8>> = segments.iter().map(|s| Base64UrlUnpadded::decode_vec(s).unwrap()).collect();
            let spelled: Vec<String> = decoded.iter().map(|bytes| b64(bytes)).collect();
            assert_eq!(spelled, segments);
            // A buffer with the last token in it reads the same.
            let again = UnverifiedToken::parse(&text, &mut buffer, &limits).map(|token| owned(token.header()));
            assert_eq!(again, Ok(header));
            for other in respelled(&text) {
                assert!(UnverifiedToken::parse(&other, &mut buffer, &limits).is_err(), "{other:?}");
            }
        }
    }
}

/// A protected header: what is read agrees with another JSON reader, and nothing dangerous is passed over.
pub fn header(data: &[u8]) {
    let limits = Limits::default();
    let mut outcome = None;
    bounded(data.len(), || outcome = Some(Header::parse(data, &limits).map(|header| owned(&header))));
    let Ok(read) = outcome.unwrap() else { return };
    let text = std::str::from_utf8(data).unwrap();
    assert!(data.len() <= limits.header_bytes && json::depth(text) <= limits.json_depth);
    let spaced = format!(" \t\r\n{text}\n");
    if spaced.len() <= limits.header_bytes {
        assert_eq!(Header::parse(spaced.as_bytes(), &limits).map(|header| owned(&header)), Ok(read.clone()));
    }
    assert!(Header::parse(format!("\u{feff}{text}").as_bytes(), &limits).is_err());
    if matches!(text.trim(), "" | "null") {
        assert_eq!(read, (None, None, None));
        return;
    }
    let members = match serde_json::from_str(text) {
        Ok(Value::Object(members)) => members,
        Ok(other) => panic!("{other} is no object"),
        // It reads every string, and knows no lone surrogates.
        Err(_) => return assert!(text.contains("\\u")),
    };
    let string = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
    assert_eq!(read.0, string("alg").as_deref().and_then(Algorithm::from_name));
    assert_eq!(read.1, string("kid").filter(|kid| !kid.is_empty()));
    assert_eq!(read.2, string("typ"));
    assert!(!members.contains_key("crit") && members.get("b64") != Some(&Value::Bool(false)));
    assert!(["jwk", "x5c"].iter().all(|name| members.get(*name).is_none_or(Value::is_null)));
}

/// A payload under a signature that holds: claims agree with another JSON reader, and the policy's word is kept.
pub fn claims(data: &[u8]) {
    json_tools(&String::from_utf8_lossy(data));
    let keys = KeySet::from_jwks(jwk_set(7).as_bytes(), &HoldsAlways, &Limits::default()).unwrap();
    let token = format!("{}.{}.AA", b64(br#"{"alg":"EdDSA"}"#), b64(data));
    let mut buffer = Buffer::new();
    for times in [TimeRules::Oidc, TimeRules::ServiceAccount, TimeRules::TypesOnly] {
        let policy = policy().with_times(times);
        let mut accepted = false;
        bounded(token.len(), || {
            let parsed = UnverifiedToken::parse(&token, &mut buffer, &Limits::default());
            let Ok(parsed) = parsed else { return };
            let signed = parsed.verify(&keys, &[Algorithm::EdDsa]).unwrap();
            accepted = signed.check(&policy, NOW).is_ok();
        });
        if token.len() > Limits::TOKEN_BYTES {
            assert!(!accepted);
            continue;
        }
        let parsed = UnverifiedToken::parse(&token, &mut buffer, &Limits::default()).unwrap();
        let signed = parsed.verify(&keys, &[Algorithm::EdDsa]).unwrap();
        match signed.check(&policy, NOW) {
            Err(why) => says_nothing_of(&why, &b64(data)),
            Ok(claims) => {
                assert!(accepted);
                claims_agree(&claims, data);
                keeps_policy(&claims, times);
            }
        }
    }
}

/// A JWK set: bounded, read twice the same, and a key of an unknown kind changes nothing else.
pub fn jwks(data: &[u8]) {
    let limits = Limits::default();
    let load = |bytes: &[u8]| KeySet::from_jwks(bytes, &provider::Default, &limits);
    let mut set = None;
    bounded(data.len(), || set = load(data).ok());
    let Some(set) = set else { return };
    let count = set.keys().len() + set.unusable().len();
    assert!(count <= limits.keys);
    assert_eq!(shown(&load(data).unwrap()), shown(&set));
    let mut places: Vec<usize> = set.unusable().iter().map(|key| key.index).collect();
    places.dedup();
    assert!(places.len() == set.unusable().len() && places.is_sorted() && places.iter().all(|at| *at < count));
    assert!(set.keys().iter().all(|key| key.kid() != Some("")));
    let text = std::str::from_utf8(data).unwrap();
    let list = Object::parse(text, "set").unwrap().get("keys").unwrap();
    let comma = if count == 0 { "" } else { "," };
    let more = format!("{{\"keys\":{}{comma}{{\"kty\":\"of tomorrow\"}}]}}", list.strip_suffix(']').unwrap());
    match load(more.as_bytes()) {
        Err(_) => assert_eq!(count, limits.keys),
        Ok(more) => {
            assert_eq!(shown_keys(&more), shown_keys(&set));
            assert_eq!(more.unusable().len(), set.unusable().len() + 1);
        }
    }
}

/// PEM: bounded, read twice the same, text before it changes nothing, every key has the id of Kubernetes.
pub fn pem(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let limits = Limits::default();
    let load = |text: &str| KeySet::from_pem(text, &provider::Default, &limits);
    let mut set = None;
    bounded(text.len(), || set = load(&text).ok());
    let before = format!("any text\n{text}");
    assert_eq!(has_certificates(&text), has_certificates(&before));
    let again = load(&before).ok();
    assert_eq!(again.as_ref().map(shown), set.as_ref().map(shown));
    let Some(set) = set else { return };
    let count = set.keys().len() + set.unusable().len();
    assert!(0 < count && count <= limits.keys);
    for key in set.keys() {
        assert_eq!(Base64UrlUnpadded::decode_vec(key.kid().unwrap()).unwrap().len(), 32);
        assert!(!key.serves(Algorithm::EdDsa));
    }
}

/// Header and payload, separated by a zero byte, signed and judged: what is accepted is what was signed, in
/// that spelling only, for that issuer, audience, time, key and algorithm only.
pub fn whole_way(data: &[u8]) {
    let cut = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (header, payload) = (&data[..cut], data.get(cut + 1..).unwrap_or_default());
    let pair = pair(7);
    let input = format!("{}.{}", b64(header), b64(payload));
    let signature = pair.sign(input.as_bytes());
    let token = format!("{input}.{}", b64(signature.as_ref()));
    let keys = KeySet::from_jwks(jwk_set(7).as_bytes(), &provider::Default, &Limits::default()).unwrap();
    let judge = |token: &str| judge(token, &keys, &[Algorithm::EdDsa], &policy(), NOW);
    // Nobody signed the bytes as they came.
    assert!(judge(&String::from_utf8_lossy(data)).is_err());
    if let Err(why) = judge(&token) {
        says_nothing_of(&why, &token);
        return;
    }
    if let Ok(members) = serde_json::from_slice::<Value>(header) {
        assert_eq!(members["alg"], "EdDSA");
    }
    for other in respelled(&token) {
        assert!(judge(&other).is_err(), "{other:?}");
    }
    let half = signature.as_ref().len() / 2;
    for at in [0, half - 1, half, 2 * half - 1] {
        let mut forged = signature.as_ref().to_vec();
        forged[at] ^= 1;
        assert_eq!(judge(&format!("{input}.{}", b64(&forged))), Err(Refusal::Signature));
    }
    let other_payload = format!("{}.{}.{}", b64(header), b64(&[payload, b" "].concat()), b64(signature.as_ref()));
    assert_eq!(judge(&other_payload), Err(Refusal::Signature));
    let other_header = format!("{}.{}.{}", b64(&[header, b" "].concat()), b64(payload), b64(signature.as_ref()));
    assert!(judge(&other_header).is_err());
    let all_but = Algorithm::KUBERNETES;
    assert_eq!(self::judge(&token, &keys, &all_but, &policy(), NOW), Err(Refusal::Algorithm));
    let stranger = KeySet::from_jwks(jwk_set(8).as_bytes(), &provider::Default, &Limits::default()).unwrap();
    assert!(self::judge(&token, &stranger, &Algorithm::ALL, &policy(), NOW).is_err());
    let elsewhere = Policy::new("https://other.example", Audience::any_of([AUDIENCE]).unwrap());
    assert_eq!(self::judge(&token, &keys, &Algorithm::ALL, &elsewhere, NOW), Err(Refusal::Issuer));
    let nobody = Policy::new(ISSUER, Audience::any_of(["audience that no seed has"]).unwrap());
    let refused = self::judge(&token, &keys, &Algorithm::ALL, &nobody, NOW);
    let named = String::from_utf8_lossy(payload).contains("seed");
    assert!(named || refused == Err(Refusal::Audience));
    let late = self::judge(&token, &keys, &Algorithm::ALL, &policy(), i64::MAX);
    assert!(matches!(late, Err(Refusal::Expired { .. })), "{late:?}");
}

/// The functions on JSON text, valid or not.
fn json_tools(text: &str) {
    if json::depth(text) < 100 {
        assert_eq!(json::is_valid(text), serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(), "{text:?}");
    }
    let _ = json::string(text, "x");
    if let Some(elements) = json::elements(text) {
        let count = elements.take(text.len() + 1).count();
        assert!(count <= text.len(), "more elements than bytes");
    }
    if let Ok(object) = Object::parse(text, "x") {
        assert!(json::is_valid(text));
        for (name, value) in object.iter() {
            assert!(json::is_valid(value));
            assert_eq!(object.get(&name), Some(value));
        }
    }
}

fn claims_agree(claims: &Claims<'_>, payload: &[u8]) {
    let mut count = 0;
    for (name, raw) in claims.iter() {
        count += 1;
        assert_eq!(claims.get(&name), Some(raw));
    }
    // The other reader has its own limits of depth and of numbers.
    if let Ok(Value::Object(members)) = serde_json::from_slice(payload) {
        assert_eq!(members.len(), count);
        for (name, value) in &members {
            assert_eq!(&serde_json::from_str::<Value>(claims.get(name).unwrap()).unwrap(), value);
        }
    }
}

fn keeps_policy(claims: &Claims<'_>, times: TimeRules) {
    assert_eq!(claims.text("iss").unwrap().as_deref(), Some(ISSUER));
    assert!(claims.audiences().is_err() || claims.audiences().unwrap().iter().any(|one| one == AUDIENCE));
    let number = |name| claims.get(name).and_then(|raw| raw.trim_matches('"').parse::<f64>().ok());
    let now = 1_790_000_000.0;
    let leeway = if times == TimeRules::Oidc { 1.0 } else { 61.0 };
    if times != TimeRules::TypesOnly {
        assert!(times != TimeRules::Oidc || claims.get("exp").is_some());
        assert!(number("exp").is_none_or(|exp| exp > now - leeway), "expired");
        // Beyond 64 bits Go's conversion turns a number into the smallest one; see docs/differences.md.
        assert!(number("nbf").is_none_or(|nbf| nbf < now + 62.0 || nbf > 9.0e18), "not yet");
    }
}

pub fn judge(token: &str, keys: &KeySet, allowed: &[Algorithm], policy: &Policy, now: i64) -> Result<(), Refusal> {
    let mut buffer = Buffer::new();
    UnverifiedToken::parse(token, &mut buffer, &Limits::default())?.verify(keys, allowed)?.check(policy, now)?;
    Ok(())
}

/// Other texts that a lax decoder reads as the same token.
fn respelled(token: &str) -> Vec<String> {
    const URL_SAFE: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut all = vec![
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}="),
        format!("{token}."),
        format!("{token}.AA"),
        token.replacen('.', "=.", 1),
        token.replacen('.', "\r\n.", 1),
        token.replacen('.', "..", 1),
    ];
    // The unused bits at the end of each segment.
    let mut end = token.len();
    for segment in token.rsplit('.') {
        if let (2 | 3, Some(last)) = (segment.len() % 4, segment.bytes().last()) {
            let value = URL_SAFE.iter().position(|one| *one == last).unwrap();
            let mut bytes = token.as_bytes().to_vec();
            bytes[end - 1] = URL_SAFE[value + 1];
            all.push(String::from_utf8(bytes).unwrap());
        }
        end = end.saturating_sub(segment.len() + 1);
    }
    for (safe, plain) in [('-', '+'), ('_', '/')] {
        if token.contains(safe) {
            all.push(token.replace(safe, &plain.to_string()));
        }
    }
    all
}

fn bearer_agrees(text: &str, refusal: Option<&Refusal>) {
    let mut buffer = Buffer::new();
    match Bearer::read(text, &mut buffer, &Limits::default()) {
        Err(why) => assert!(matches!(why, Refusal::TooLong { part: "token", .. }) && text.len() > Limits::TOKEN_BYTES),
        Ok(bearer) => {
            assert_eq!(bearer.text(), text);
            assert_eq!(bearer.token().err().as_ref(), refusal);
            // At most one issuer is claimed.
            let claimed = ["", ISSUER, "joe"].iter().filter(|issuer| bearer.claims_issuer(issuer)).count();
            assert!(claimed <= 1);
        }
    }
}

/// A54: a refusal is short and shows no part of the token.
fn says_nothing_of(why: &Refusal, token: &str) {
    let shown = format!("{why} {why:?} {}", why.reason());
    assert!(shown.len() < 300 && !why.reason().is_empty());
    // No word of a refusal is as long.
    let word = |part: &&str| part.len() >= 24 && !part.contains(|c: char| c.is_whitespace());
    assert!(token.split('.').filter(word).all(|part| !shown.contains(part)), "{shown}");
}

/// Memory grows at most in proportion to what came in.
fn bounded(length: usize, work: impl FnOnce()) {
    let used = allocation_counter::measure(work).bytes_max;
    let most = 64 * u64::try_from(length).unwrap() + 64 * 1024;
    assert!(used <= most, "{used} bytes for {length}");
}

type Seen = (Option<Algorithm>, Option<String>, Option<String>);

fn owned(header: &Header<'_>) -> Seen {
    let text = |one: &Option<std::borrow::Cow<'_, str>>| one.as_deref().map(str::to_owned);
    (header.algorithm, text(&header.kid), text(&header.typ))
}

fn shown_keys(set: &KeySet) -> Vec<String> {
    set.keys().iter().map(|key| format!("{key:?} {:?}", Algorithm::ALL.map(|one| key.serves(one)))).collect()
}

fn shown(set: &KeySet) -> (Vec<String>, String) {
    (shown_keys(set), format!("{:?}", set.unusable()))
}

fn policy() -> Policy {
    Policy::new(ISSUER, Audience::any_of([AUDIENCE]).unwrap())
}

pub fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn jwk_set(seed: u8) -> String {
    format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{}"}}]}}"#, b64(pair(seed).public_key().as_ref()))
}

/// Lets every payload through to the claims.
#[derive(Debug)]
struct HoldsAlways;

impl Verifier for HoldsAlways {
    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), SignatureError> {
        Ok(())
    }
}

impl Provider for HoldsAlways {
    fn verifier(&self, _: Algorithm, _: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        Ok(Arc::new(HoldsAlways))
    }
}
