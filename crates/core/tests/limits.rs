#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]
//! Every limit at its edge, no panic on any bytes, and no part of a token in a refusal.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use claimant_core::{Algorithm, Audience, Buffer, KeySet, Limits, Misconfigured, Policy, Refusal, UnverifiedToken};
use claimant_core::{Bearer, provider};
use ring::signature::{Ed25519KeyPair, KeyPair};

const NOW: i64 = 1_790_000_000;
const GOOD: &str = r#"{"iss":"https://issuer.example","aud":"api","exp":1790000600,"sub":"u"}"#;
const HEADER: &str = r#"{"alg":"EdDSA","kid":"a"}"#;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap()
}

fn jwk(kid: &str) -> String {
    format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{}"}}"#, b64(pair().public_key()))
}

fn jwks(count: usize) -> String {
    format!(r#"{{"keys":[{}]}}"#, vec![jwk("a"); count].join(","))
}

fn keys() -> KeySet {
    KeySet::from_jwks(jwks(1).as_bytes(), &provider::Default, &Limits::default()).unwrap()
}

fn token(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", b64(header), b64(payload));
    let signature = b64(pair().sign(input.as_bytes()));
    format!("{input}.{signature}")
}

fn judge(token: &str, limits: &Limits) -> Result<(), Refusal> {
    let policy = Policy::new("https://issuer.example", Audience::any_of(["api"]).unwrap());
    let mut buffer = Buffer::new();
    UnverifiedToken::parse(token, &mut buffer, limits)?.verify(&keys(), &Algorithm::ALL)?.check(&policy, NOW)?;
    Ok(())
}

#[test]
fn token_bytes() {
    let token = token(HEADER, GOOD);
    let got = token.len();
    let with = |token_bytes| judge(&token, &Limits { token_bytes, ..Limits::default() });
    assert_eq!(with(got), Ok(()));
    assert_eq!(with(got - 1), Err(Refusal::TooLong { part: "token", got, limit: got - 1 }));
}

#[test]
fn header_bytes() {
    let with = |got: usize| {
        let empty = r#"{"alg":"EdDSA","kid":"a","x":""}"#;
        let padding = "x".repeat(got - empty.len());
        let header = empty.replace(r#""x":"""#, &format!(r#""x":"{padding}""#));
        assert_eq!(header.len(), got);
        judge(&token(&header, GOOD), &Limits::default())
    };
    let limit = Limits::HEADER_BYTES;
    assert_eq!(with(limit), Ok(()));
    assert_eq!(with(limit + 1), Err(Refusal::TooLong { part: "header", got: limit + 1, limit }));
}

#[test]
fn json_depth() {
    for limit in [1, 5, Limits::JSON_DEPTH] {
        // The header's own object is the first level.
        let with = |levels: usize| {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            let value = if levels == 1 { "0".to_owned() } else { format!("{open}{close}") };
            let header = format!(r#"{{"alg":"EdDSA","kid":"a","x":{value}}}"#);
            judge(&token(&header, GOOD), &Limits { json_depth: limit, ..Limits::default() })
        };
        assert_eq!(with(limit), Ok(()), "{limit}");
        assert_eq!(with(limit + 1), Err(Refusal::TooDeep("header")), "{limit}");
    }
}

#[test]
fn keys_per_set() {
    let limits = Limits::default();
    let load = |count| KeySet::from_jwks(jwks(count).as_bytes(), &provider::Default, &limits);
    let limit = Limits::KEYS;
    assert_eq!(load(limit).unwrap().keys().len(), limit);
    assert_eq!(load(limit + 1).err(), Some(Misconfigured::TooManyKeys { got: limit + 1, limit }));
    let load = |count| KeySet::from_pem(&pem().repeat(count), &provider::Default, &limits);
    assert_eq!(load(limit).unwrap().keys().len(), limit);
    assert_eq!(load(limit + 1).err(), Some(Misconfigured::TooManyKeys { got: limit + 1, limit }));
}

#[test]
fn audiences_per_policy() {
    let limit = Limits::AUDIENCES;
    let with = |count: usize| Audience::any_of((0..count).map(|i| format!("a{i}"))).err();
    assert_eq!(with(1), None);
    assert_eq!(with(limit), None);
    assert_eq!(with(limit + 1), Some(Misconfigured::Audiences("more than the limit")));
    assert_eq!(with(0), Some(Misconfigured::Audiences("at least one is required")));
}

/// An SPKI of P-256's base point.
fn pem() -> String {
    let start = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    let y = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    let text = format!("{start}{x}{y}");
    let der: Vec<u8> = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", Base64::encode_string(&der))
}

struct Lcg(u64);

impl Lcg {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.next(256)).unwrap()
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.next(most)).map(|_| self.byte()).collect()
    }

    /// `good` with up to four bytes changed, left out, doubled or put in.
    fn mutate(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for _ in 0..=self.next(4) {
            let at = self.next(bytes.len());
            match self.next(5) {
                0 => bytes[at] = self.byte(),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, bytes[at]),
                3 => bytes[at] = br#".{}[]":\,-=0e"#[self.next(13)],
                _ => bytes.truncate(at.max(1)),
            }
        }
        bytes
    }
}

fn feed(bytes: &[u8]) {
    let limits = Limits::default();
    let text = String::from_utf8_lossy(bytes);
    let _ = judge(&text, &limits);
    let _ = peek(&text, "https://issuer.example");
    let _ = KeySet::from_jwks(bytes, &provider::Default, &limits);
    let _ = KeySet::from_pem(&text, &provider::Default, &limits);
    let _ = claimant_core::key::has_certificates(&text);
}

#[test]
fn a56_no_bytes_panic() {
    assert_eq!(judge(&token(HEADER, GOOD), &Limits::default()), Ok(()));
    let mut random = Lcg(56);
    for _ in 0..400 {
        let bytes = random.bytes(300);
        feed(&bytes);
        // The same bytes as each part of a token.
        let _ = judge(&format!("{}.{}.{}", b64(&bytes), b64(GOOD), b64(&bytes)), &Limits::default());
        let text = String::from_utf8_lossy(&bytes);
        let _ = judge(&token(&text, GOOD), &Limits::default());
        let _ = judge(&token(HEADER, &text), &Limits::default());
        let _ = peek(&token(HEADER, &text), "x");
    }
    for good in [token(HEADER, GOOD), jwks(2), pem()] {
        for _ in 0..400 {
            feed(&random.mutate(good.as_bytes()));
        }
    }
    for _ in 0..400 {
        let (header, payload) = (random.mutate(HEADER.as_bytes()), random.mutate(GOOD.as_bytes()));
        let _ = judge(&token(&String::from_utf8_lossy(&header), GOOD), &Limits::default());
        let signed = token(HEADER, &String::from_utf8_lossy(&payload));
        let _ = judge(&signed, &Limits::default());
        let _ = peek(&signed, "x");
    }
}

#[test]
fn a54_no_refusal_shows_the_token() {
    const CANARY: &str = "kanarienvogel";
    let header = |more: &str| format!(r#"{{"alg":"EdDSA",{more}}}"#);
    let claim = |more: &str| format!(r#"{{"iss":"https://issuer.example","aud":"api","exp":1790000600,{more}}}"#);
    let good = token(HEADER, GOOD);
    let tokens = [
        CANARY.to_owned(),
        format!("{CANARY}.{CANARY}.{CANARY}"),
        format!("{CANARY}=.a.a"),
        format!("{good}{CANARY}"),
        format!("{good}.{CANARY}"),
        format!("{good}{}", CANARY.repeat(6000)),
        token(CANARY, GOOD),
        token(&header(&format!(r#""kid":"{CANARY}""#)), GOOD),
        token(&header(&format!(r#""kid":["{CANARY}"]"#)), GOOD),
        token(&header(&format!(r#""crit":["{CANARY}"]"#)), GOOD),
        token(&header(&format!(r#""jwk":{{"kid":"{CANARY}"}}"#)), GOOD),
        token(&header(&format!(r#""{CANARY}":1,"{CANARY}":2"#)), GOOD),
        token(&header(&format!(r#""{CANARY}":{}{}"#, "[".repeat(70), "]".repeat(70))), GOOD),
        token(&format!(r#"{{"alg":"{CANARY}"}}"#), GOOD),
        token(HEADER, CANARY),
        token(HEADER, &format!(r#"{{"iss":"{CANARY}"}}"#)),
        token(HEADER, &format!(r#"{{"iss":["{CANARY}"]}}"#)),
        token(HEADER, &format!(r#"{{"iss":"https://issuer.example","aud":"{CANARY}"}}"#)),
        token(HEADER, &format!(r#"{{"exp":"{CANARY}"}}"#)),
        token(HEADER, &claim(&format!(r#""sub":["{CANARY}"]"#))),
        token(HEADER, &claim(&format!(r#""{CANARY}":1,"{CANARY}":2"#))),
        token(HEADER, &claim(&format!(r#""EXP":"{CANARY}""#))),
        token(HEADER, &format!(r#"{{"iss":"https://issuer.example","aud":"api","exp":1,"sub":"{CANARY}"}}"#)),
    ];
    for (index, token) in tokens.iter().enumerate() {
        let refused = judge(token, &Limits::default()).unwrap_err();
        let shown = format!("{refused} {refused:?} {}", refused.reason());
        assert!(!shown.contains(CANARY), "token {index}: {shown}");
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!shown.contains(part), "token {index}: {shown}");
        }
    }
}

fn peek(text: &str, issuer: &str) -> bool {
    Bearer::read(text, &mut Buffer::new(), &Limits::default()).is_ok_and(|bearer| bearer.claims_issuer(issuer))
}
