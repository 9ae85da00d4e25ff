//! The contenders of this workspace, and the bare signatures of the providers.

use crate::contender::{Contender, Kind};
use crate::fixture::{Fixture, Subject};
use claimant_core::json;
use claimant_core::provider::{AwsLc, Default as DefaultProvider, Graviola};
use claimant_core::{
    Algorithm, Audience, Bearer, Buffer, Claims, KeySet, Limits, Policy, Provider, PublicKey, SignatureError,
    TimeRules, UnsupportedKey, UnverifiedToken, Verifier,
};
use claimant_k8s::config::OidcFlags;
use claimant_k8s::oidc::OidcAuthenticator;
use claimant_k8s::service_account::ServiceAccounts;
use claimant_k8s::{Authenticated, Authenticator};
use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The providers, by the names that tables use. The variable `BENCHES_WITHOUT` names one to leave out:
/// graviola refuses the processor that valgrind shows it.
pub fn providers() -> Vec<(&'static str, Box<dyn Provider>)> {
    let mut all: Vec<(_, Box<dyn Provider>)> = vec![
        ("ring + p521", Box::new(DefaultProvider)),
        ("aws-lc-rs", Box::new(AwsLc)),
        ("graviola", Box::new(Graviola)),
    ];
    let without = std::env::var("BENCHES_WITHOUT").unwrap_or_default();
    all.retain(|(name, _)| *name != without);
    all
}

/// Bare signatures, whole verifications by claimant-core and claimant-k8s, and what is not signature.
pub fn contenders(fixture: &Fixture) -> Vec<Contender> {
    let mut all = Vec::new();
    for (name, provider) in providers() {
        let Some(keys) = fixture.keys(provider.as_ref()) else { continue };
        all.push(bare(name, fixture, provider.as_ref()));
        all.push(core(format!("claimant-core, {name}"), Kind::Ours, Some(name), fixture, keys.clone()));
        all.extend(k8s(format!("claimant-k8s, {name}"), Kind::Ours, Some(name), fixture, keys));
    }
    let unsigned = fixture.keys(&Unsigned).unwrap();
    all.push(parse(fixture));
    all.push(core("claimant-core without the signature".into(), Kind::Rest, None, fixture, unsigned.clone()));
    all.extend(k8s("claimant-k8s without the signature".into(), Kind::Rest, None, fixture, unsigned));
    all
}

fn bare(name: &str, fixture: &Fixture, provider: &dyn Provider) -> Contender {
    let verifier = provider.verifier(fixture.algorithm, &fixture.public_key).unwrap();
    let (input, signature) = fixture.parts();
    Contender::new(crate::contender::bare_name(name), Kind::Bare, Some(name), move || {
        verifier.verify(black_box(input.as_bytes()), black_box(&signature)).unwrap();
    })
}

fn parse(fixture: &Fixture) -> Contender {
    let token = fixture.token.clone();
    let limits = Limits::default();
    let mut buffer = Buffer::new();
    Contender::new("claimant-core, parse alone", Kind::Rest, None, move || {
        black_box(UnverifiedToken::parse(black_box(&token), &mut buffer, &limits).unwrap());
    })
}

/// Signature, issuer, audience, times, typed claims, into a lent buffer.
fn core(name: String, kind: Kind, base: Option<&str>, fixture: &Fixture, keys: KeySet) -> Contender {
    let Fixture { algorithm, subject, token, .. } = fixture.clone();
    let audience = Audience::any_of([subject.audience()]).unwrap();
    let policy = Policy::new(subject.issuer(), audience).with_times(match subject {
        Subject::ServiceAccount => TimeRules::ServiceAccount,
        Subject::Oidc => TimeRules::Oidc,
    });
    let limits = Limits::default();
    let mut buffer = Buffer::new();
    Contender::new(name, kind, base, move || {
        let token = UnverifiedToken::parse(black_box(&token), &mut buffer, &limits).unwrap();
        let signed = token.verify(&keys, &[algorithm]).unwrap();
        let claims = signed.check(&policy, now()).unwrap();
        match subject {
            Subject::ServiceAccount => drop(black_box(ServiceAccountClaims::read(&claims))),
            Subject::Oidc => drop(black_box(IdClaims::read(&claims))),
        }
    })
}

/// The authenticators; they make a `UserInfo` of their own.
fn k8s(name: String, kind: Kind, base: Option<&str>, fixture: &Fixture, keys: KeySet) -> Option<Contender> {
    if !Algorithm::KUBERNETES.contains(&fixture.algorithm) {
        return None;
    }
    let subject = fixture.subject;
    let authenticator: Box<dyn Authenticator> = match subject {
        Subject::ServiceAccount => Box::new(ServiceAccounts::new([subject.issuer()], keys, [subject.audience()])),
        Subject::Oidc => {
            let flags = OidcFlags {
                issuer_url: subject.issuer().to_owned(),
                client_id: subject.audience().to_owned(),
                groups_claim: "groups".to_owned(),
                signing_algs: Some(vec![fixture.algorithm.name().to_owned()]),
                ..OidcFlags::default()
            };
            Box::new(OidcAuthenticator::from_flags(flags, keys, &[]).unwrap())
        }
    };
    let token = fixture.token.clone();
    let limits = Limits::default();
    let mut buffer = Buffer::new();
    Some(Contender::new(name, kind, base, move || {
        let bearer = Bearer::read(black_box(&token), &mut buffer, &limits).unwrap();
        let who: Authenticated = authenticator.judge(&bearer, now()).unwrap();
        black_box(who);
    }))
}

/// The peers ask the clock for every token; so does this.
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// What the peers read into owned structs.
#[allow(dead_code)] // read, not used
struct ServiceAccountClaims<'a> {
    sub: Cow<'a, str>,
    jti: Cow<'a, str>,
    kubernetes: Private<'a>,
}

impl<'a> ServiceAccountClaims<'a> {
    fn read(claims: &Claims<'a>) -> Self {
        Self {
            sub: claims.text("sub").unwrap().unwrap(),
            jti: claims.text("jti").unwrap().unwrap(),
            kubernetes: Private::read(claims.object("kubernetes.io").unwrap()),
        }
    }
}

#[allow(dead_code)] // read, not used
struct Private<'a> {
    namespace: Cow<'a, str>,
    node: Reference<'a>,
    pod: Reference<'a>,
    serviceaccount: Reference<'a>,
    warnafter: i64,
}

impl<'a> Private<'a> {
    fn read(members: json::Nested<'a>) -> Self {
        let reference = |name| Reference::read(members.object(name).unwrap());
        Self {
            namespace: text(&members, "namespace"),
            node: reference("node"),
            pod: reference("pod"),
            serviceaccount: reference("serviceaccount"),
            warnafter: members.get("warnafter").unwrap().parse().unwrap(),
        }
    }
}

#[allow(dead_code)] // read, not used
struct Reference<'a> {
    name: Cow<'a, str>,
    uid: Cow<'a, str>,
}

impl<'a> Reference<'a> {
    fn read(members: json::Nested<'a>) -> Self {
        Self { name: text(&members, "name"), uid: text(&members, "uid") }
    }
}

fn text<'a>(members: &json::Nested<'a>, name: &str) -> Cow<'a, str> {
    json::string(members.get(name).unwrap(), "kubernetes.io").unwrap().unwrap()
}

#[allow(dead_code)] // read, not used
struct IdClaims<'a> {
    sub: Cow<'a, str>,
    jti: Cow<'a, str>,
    email: Cow<'a, str>,
    email_verified: bool,
    preferred_username: Cow<'a, str>,
    groups: Vec<Cow<'a, str>>,
}

impl<'a> IdClaims<'a> {
    fn read(claims: &Claims<'a>) -> Self {
        let text = |name| claims.text(name).unwrap().unwrap();
        let groups = json::elements(claims.get("groups").unwrap()).unwrap();
        Self {
            sub: text("sub"),
            jti: text("jti"),
            email: text("email"),
            email_verified: claims.get("email_verified") == Some("true"),
            preferred_username: text("preferred_username"),
            groups: groups.map(|raw| json::string(raw, "groups").unwrap().unwrap()).collect(),
        }
    }
}

/// Takes every signature: what is left is the work around it.
#[derive(Debug, Clone, Copy)]
pub struct Unsigned;

impl Provider for Unsigned {
    fn verifier(&self, _: Algorithm, _: &PublicKey) -> Result<Arc<dyn Verifier>, UnsupportedKey> {
        Ok(Arc::new(TakesAll))
    }
}

#[derive(Debug)]
struct TakesAll;

impl Verifier for TakesAll {
    fn verify(&self, signing_input: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        black_box((signing_input, signature));
        Ok(())
    }
}
