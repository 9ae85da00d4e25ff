//! The issuer: its keys, its tokens, its address.

use crate::fault::{Document, Fault};
use crate::http::{Answer, Recorded};
use crate::issued::{Issued, Register};
use crate::login::Logins;
use crate::server::{Server, lock};
use crate::{KeyKind, SigningKey, TestkitError};
use claimant_core::PublicKey;
use serde_json::{Map, Value, json};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// An issuer that lives as long as this value. Its private keys never leave it.
///
/// It serves `/.well-known/openid-configuration`, `/keys` (also as `/openid/v1/jwks`, as a cluster does) and
/// `/token`, with an `ETag` and `If-None-Match`; anything else is 404.
pub struct Issuer {
    shared: Arc<Mutex<Inner>>,
    server: Server,
    kind: KeyKind,
}

/// What the issuer and its server share.
pub(crate) struct Inner {
    pub(crate) keys: Vec<SigningKey>,
    /// The place of the key that signs.
    signs: usize,
    made: usize,
    faults: Vec<(Option<Document>, Fault)>,
    cache_control: Option<String>,
    /// What a cache in front serves to whoever does not ask past it.
    frozen: Option<Value>,
    /// Other members of the set, such as `spiffe_sequence`.
    members: Map<String, Value>,
    keys_path: String,
    pub(crate) now: i64,
    pub(crate) logins: Logins,
    issued: Register,
}

/// What the tokens of one call have in common. Times are in seconds since 1970.
#[derive(Debug, Clone)]
pub struct TokenOptions {
    /// The audience.
    pub audience: String,
    /// `iat` and `nbf`.
    pub issued_at: i64,
    /// `exp` less `iat`; one hour by default, negative for an expired token.
    pub life: i64,
}

impl TokenOptions {
    /// For this audience, issued now, good for an hour.
    pub fn new(audience: impl Into<String>, now: i64) -> Self {
        Self { audience: audience.into(), issued_at: now, life: 3600 }
    }
}

impl Issuer {
    /// Starts an issuer with one ES256 key on a free port of loopback.
    ///
    /// # Errors
    /// No randomness, no certificate, no port.
    pub fn start() -> Result<Self, TestkitError> {
        Self::start_with(KeyKind::Es256)
    }

    /// The same with keys of another kind.
    ///
    /// # Errors
    /// As [`Issuer::start`].
    pub fn start_with(kind: KeyKind) -> Result<Self, TestkitError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let shared = Arc::new(Mutex::new(Inner {
            keys: vec![SigningKey::generate("key-1", kind)?],
            signs: 0,
            made: 1,
            faults: Vec::new(),
            cache_control: None,
            frozen: None,
            members: Map::new(),
            keys_path: "/keys".to_owned(),
            now: i64::try_from(now).unwrap_or_default(),
            logins: Logins::default(),
            issued: Register::default(),
        }));
        let served = Arc::clone(&shared);
        let server = Server::start(move |url, request| lock(&served).answer(url, request))?;
        Ok(Self { shared, server, kind })
    }

    /// The issuer's URL, the `iss` of its tokens.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// The certificate that its server is trusted by, in PEM.
    pub fn ca_pem(&self) -> &str {
        self.server.ca_pem()
    }

    /// The paths that were asked for, in order.
    pub fn requests(&self) -> Vec<String> {
        self.server.requests().into_iter().map(|request| request.path).collect()
    }

    /// The requests, in order.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.server.requests()
    }

    /// What time it is for the issuer, in seconds since 1970. Its clock stands still unless it is moved; at the
    /// start it shows the system's time.
    pub fn now(&self) -> i64 {
        lock(&self.shared).now
    }

    /// Moves the issuer's clock.
    pub fn advance(&self, seconds: i64) {
        lock(&self.shared).now += seconds;
    }

    /// For tokens that are issued now, by the issuer's clock.
    pub fn options(&self, audience: impl Into<String>) -> TokenOptions {
        TokenOptions::new(audience, self.now())
    }

    /// The id of the key that signs now.
    pub fn kid(&self) -> String {
        self.with_current(|key| key.kid().to_owned()).unwrap_or_default()
    }

    /// The public key that signs now, as a JWK.
    pub fn jwk(&self) -> Value {
        self.with_current(SigningKey::jwk).unwrap_or_default()
    }

    /// The same as key material.
    pub fn public_key(&self) -> Option<PublicKey> {
        self.with_current(SigningKey::public_key)
    }

    /// A new key signs from now on; the old ones stay published.
    ///
    /// # Errors
    /// No randomness.
    pub fn rotate(&self) -> Result<(), TestkitError> {
        self.publish_next()?;
        self.sign_with_latest();
        Ok(())
    }

    /// A new key is published, and signs only after [`Issuer::sign_with_latest`]. Its id.
    ///
    /// # Errors
    /// No randomness.
    pub fn publish_next(&self) -> Result<String, TestkitError> {
        self.publish_kind(self.kind)
    }

    /// The same with a key of another kind.
    ///
    /// # Errors
    /// No randomness.
    pub fn publish_kind(&self, kind: KeyKind) -> Result<String, TestkitError> {
        let mut inner = lock(&self.shared);
        inner.made += 1;
        let kid = format!("key-{}", inner.made);
        let key = SigningKey::generate(kid.clone(), kind)?;
        inner.keys.push(key);
        Ok(kid)
    }

    /// The latest key signs from now on.
    pub fn sign_with_latest(&self) {
        let mut inner = lock(&self.shared);
        inner.signs = inner.keys.len().saturating_sub(1);
    }

    /// The key of this id is published no longer. The one that signs stays.
    pub fn withdraw(&self, kid: &str) {
        let mut inner = lock(&self.shared);
        let signs = inner.keys.get(inner.signs).map(|key| key.kid().to_owned());
        inner.keys.retain(|key| key.kid() != kid || Some(kid) == signs.as_deref());
        let at = inner.keys.iter().position(|key| Some(key.kid()) == signs.as_deref());
        inner.signs = at.unwrap_or_default();
    }

    /// Every document goes wrong in this way until [`Issuer::heal`].
    pub fn fail(&self, fault: Fault) {
        lock(&self.shared).faults.push((None, fault));
    }

    /// One document does.
    pub fn fail_document(&self, document: Document, fault: Fault) {
        lock(&self.shared).faults.push((Some(document), fault));
    }

    /// All goes well again.
    pub fn heal(&self) {
        lock(&self.shared).faults.clear();
    }

    /// The `Cache-Control` of its documents; none at the start.
    pub fn cache_control(&self, value: &str) {
        lock(&self.shared).cache_control = Some(value.to_owned());
    }

    /// A cache in front of the issuer serves the key set as it is now to all who do not send `no-cache`, until
    /// [`Issuer::thaw`].
    pub fn freeze(&self) {
        let mut inner = lock(&self.shared);
        inner.frozen = Some(inner.set());
    }

    /// The cache is gone.
    pub fn thaw(&self) {
        lock(&self.shared).frozen = None;
    }

    /// Another member of the key set, such as `spiffe_sequence`.
    pub fn set_member(&self, name: &str, value: Value) {
        lock(&self.shared).members.insert(name.to_owned(), value);
    }

    /// The set moves to this path: the discovery document says so, and the old place is 404.
    pub fn move_keys(&self, path: &str) {
        path.clone_into(&mut lock(&self.shared).keys_path);
    }

    /// A token with these claims, to the letter.
    ///
    /// # Errors
    /// No randomness.
    pub fn token(&self, claims: &Value) -> Result<String, TestkitError> {
        lock(&self.shared).sign(claims)
    }

    /// What was issued, the ten thousand newest, in order.
    pub fn issued(&self) -> Vec<Issued> {
        lock(&self.shared).issued.all()
    }

    /// The ID token of a person with groups.
    ///
    /// # Errors
    /// No randomness.
    pub fn id_token(&self, subject: &str, groups: &[&str], options: &TokenOptions) -> Result<String, TestkitError> {
        self.token(&claims(self.url(), subject, json!({"groups": groups}), options))
    }

    /// The token of a service account that runs in a pod.
    ///
    /// # Errors
    /// No randomness.
    pub fn service_account_token(
        &self,
        namespace: &str,
        name: &str,
        pod: &str,
        options: &TokenOptions,
    ) -> Result<String, TestkitError> {
        let own = json!({
            "aud": [options.audience],
            "jti": format!("{namespace}-{name}-{}", options.issued_at),
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": {"name": name, "uid": format!("uid-of-{name}")},
                "pod": {"name": pod, "uid": format!("uid-of-{pod}")},
            },
        });
        self.token(&claims(self.url(), &format!("system:serviceaccount:{namespace}:{name}"), own, options))
    }

    /// A refresh token of a person, as a login ends: `POST /token` with `grant_type=refresh_token` gives an ID
    /// token of now and the next refresh token, each good once.
    pub fn refresh_token(&self, subject: &str, groups: &[&str], audience: &str) -> String {
        lock(&self.shared).logins.start(subject, groups, audience)
    }

    fn with_current<T>(&self, use_key: impl FnOnce(&SigningKey) -> T) -> Option<T> {
        lock(&self.shared).current().map(use_key)
    }
}

impl Inner {
    pub(crate) fn current(&self) -> Option<&SigningKey> {
        self.keys.get(self.signs)
    }

    pub(crate) fn sign(&mut self, claims: &Value) -> Result<String, TestkitError> {
        let key = self.keys.get(self.signs).ok_or(TestkitError::Key)?;
        let token = key.sign(claims)?;
        self.issued.add(claims, key.kid(), self.now);
        Ok(token)
    }

    fn answer(&mut self, url: &str, request: &Recorded) -> (Duration, Answer) {
        let path = request.path.split('?').next().unwrap_or_default();
        let (document, right) = match path {
            "/.well-known/openid-configuration" => {
                (Some(Document::Discovery), self.cached(request, &self.discovery(url)))
            }
            "/token" if request.method == "POST" => (Some(Document::Token), self.refresh(url, request)),
            path if path == self.keys_path || path == "/openid/v1/jwks" => {
                let past_caches = request.header("cache-control").is_some_and(|value| value.contains("no-cache"));
                let set = self.frozen.clone().filter(|_| !past_caches).unwrap_or_else(|| self.set());
                (Some(Document::Keys), self.cached(request, &set))
            }
            _ => (None, Answer::status(404)),
        };
        let faults = self.faults.iter().filter(|(of, _)| of.is_none() || *of == document).map(|(_, fault)| fault);
        let delay = faults.clone().map(Fault::delay).sum();
        (delay, faults.fold(right, |answer, fault| fault.spoil(answer)))
    }

    fn set(&self) -> Value {
        let mut set = self.members.clone();
        set.insert("keys".to_owned(), self.keys.iter().map(SigningKey::jwk).collect());
        Value::Object(set)
    }

    fn discovery(&self, url: &str) -> Value {
        let mut names: Vec<&str> = KeyKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        json!({
            "issuer": url, "jwks_uri": format!("{url}{}", self.keys_path), "token_endpoint": format!("{url}/token"),
            "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
            "grant_types_supported": ["refresh_token"], "id_token_signing_alg_values_supported": names,
        })
    }

    fn cached(&self, request: &Recorded, document: &Value) -> Answer {
        let text = document.to_string();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let tag = format!("\"{:x}\"", hasher.finish());
        // A fault shows in the document, so there must be one.
        let unchanged = self.faults.is_empty() && request.header("if-none-match") == Some(&tag);
        let mut answer = if unchanged { Answer { status: 304, ..Answer::json("") } } else { Answer::json(text) };
        if let Some(value) = &self.cache_control {
            answer = answer.with("cache-control", value);
        }
        answer.with("etag", tag)
    }
}

/// The registered claims, then those of `own`, which win.
pub(crate) fn claims(issuer: &str, subject: &str, own: Value, options: &TokenOptions) -> Value {
    let mut claims = Map::from_iter([
        ("iss".to_owned(), json!(issuer)),
        ("sub".to_owned(), json!(subject)),
        ("aud".to_owned(), json!(options.audience)),
        ("iat".to_owned(), json!(options.issued_at)),
        ("nbf".to_owned(), json!(options.issued_at)),
        ("exp".to_owned(), json!(options.issued_at + options.life)),
    ]);
    claims.extend(own.as_object().cloned().unwrap_or_default());
    Value::Object(claims)
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("url", &self.url()).finish_non_exhaustive()
    }
}
