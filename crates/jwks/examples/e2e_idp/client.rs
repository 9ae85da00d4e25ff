//! What a provider gives out, asked by a client of its own.

use super::Failure;
use claimant_core::Algorithm;
use std::collections::BTreeMap;
use std::process::Command;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// Which provider it is: each has its own way to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    OidcProvider,
    Keycloak,
    Dex,
    Spire,
}

/// A sort of token that the provider signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub what: What,
    pub algorithm: Algorithm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Access,
    Id,
    Svid,
}

#[derive(Clone)]
pub struct Client {
    kind: Kind,
    agent: Agent,
    issuer: String,
    algorithms: Vec<Algorithm>,
}

/// A document as it came: its text, and the headers beside it.
pub struct Document {
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Kind {
    pub fn of_name(name: &str) -> Result<Self, Failure> {
        match name {
            "oidc-provider" => Ok(Self::OidcProvider),
            "keycloak" => Ok(Self::Keycloak),
            "dex" => Ok(Self::Dex),
            "spire" => Ok(Self::Spire),
            _ => Err("the provider is oidc-provider, keycloak, dex or spire".into()),
        }
    }

    /// What it signs, beside each algorithm.
    fn signs(self) -> &'static [What] {
        match self {
            Self::OidcProvider | Self::Keycloak => &[What::Access, What::Id],
            Self::Dex => &[What::Id],
            Self::Spire => &[What::Svid],
        }
    }

    /// Whether all its new keys are published at the same moment, before a token is signed with one of them, and only
    /// when it is told to. Keycloak makes one key after the other; Dex rotates by its own clock.
    pub fn rotates_at_once(self) -> bool {
        matches!(self, Self::OidcProvider | Self::Spire)
    }

    /// Whether it can be told to stop publishing its old keys.
    pub fn withdraws(self) -> bool {
        matches!(self, Self::OidcProvider | Self::Spire)
    }
}

impl What {
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Id => "id",
            Self::Svid => "svid",
        }
    }
}

impl Client {
    pub fn new(kind: Kind, ca_pem: &str, issuer: &str, algorithms: Vec<Algorithm>) -> Result<Self, Failure> {
        let roots = RootCerts::new_with_certs(&[Certificate::from_pem(ca_pem.as_bytes())?]);
        let tls = TlsConfig::builder().root_certs(roots).build();
        // Redirects are the answer: one of them holds the code.
        let agent = Agent::config_builder().tls_config(tls).max_redirects(0).build().into();
        Ok(Self { kind, agent, issuer: issuer.to_owned(), algorithms })
    }

    pub fn sorts(&self) -> Vec<Sort> {
        let each = |what: &What| self.algorithms.iter().map(|&algorithm| Sort { what: *what, algorithm }).collect();
        self.kind.signs().iter().flat_map(|what| -> Vec<Sort> { each(what) }).collect()
    }

    /// Whom tokens are for: the resource, or the client that asked.
    pub fn audiences(&self) -> Vec<String> {
        let clients = self.algorithms.iter().map(|algorithm| client_id(*algorithm));
        clients.chain(["e2e-audience".to_owned()]).collect()
    }

    pub fn document(&self, url: &str) -> Result<Document, Failure> {
        let mut answer = self.agent.get(url).call()?;
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Document { url: url.to_owned(), headers, text: answer.body_mut().read_to_string()? })
    }

    pub fn discovery(&self) -> Result<Document, Failure> {
        self.document(&format!("{}/.well-known/openid-configuration", self.issuer))
    }

    pub async fn token(&self, sort: Sort) -> Result<String, Failure> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.ask(sort)).await?
    }

    fn ask(&self, sort: Sort) -> Result<String, Failure> {
        let Sort { what, algorithm } = sort;
        let client = format!("client_id={}&client_secret=not-a-secret", client_id(algorithm));
        let form = match (self.kind, what) {
            (Kind::Spire, _) => return mint(),
            (Kind::OidcProvider, What::Access) => {
                format!("grant_type=client_credentials&{client}&scope=api&resource=urn:e2e:{}", algorithm.name())
            }
            (_, What::Access) => format!("grant_type=client_credentials&{client}"),
            (Kind::Keycloak, _) => {
                format!("grant_type=password&{client}&scope=openid&username=e2e-user&password=not-a-secret")
            }
            (Kind::OidcProvider | Kind::Dex, _) => {
                let code = self.code(algorithm)?;
                let back = format!("redirect_uri={BACK_ENCODED}&code_verifier={VERIFIER}");
                format!("grant_type=authorization_code&{client}&code={code}&{back}")
            }
        };
        let path = if self.kind == Kind::Keycloak { "/protocol/openid-connect/token" } else { "/token" };
        let asked = self.agent.post(format!("{}{path}", self.issuer));
        let mut answer = asked.header("content-type", "application/x-www-form-urlencoded").send(form)?;
        let answer: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
        let name = if what == What::Id { "id_token" } else { "access_token" };
        Ok(answer.get(name).and_then(|token| token.as_str()).ok_or("no token")?.to_owned())
    }

    /// A user's way through the provider to a code (RFC 6749, section 4.1), as a browser goes it; nobody is asked
    /// for anything.
    fn code(&self, algorithm: Algorithm) -> Result<String, Failure> {
        let client = client_id(algorithm);
        let origin: String = self.issuer.split_inclusive('/').take(3).collect();
        let origin = origin.trim_end_matches('/');
        let mut url = format!(
            "{}/auth?response_type=code&scope=openid&client_id={client}&redirect_uri={BACK_ENCODED}\
             &state=e2e&nonce=e2e&code_challenge={CHALLENGE}&code_challenge_method=S256",
            self.issuer
        );
        let mut cookies = BTreeMap::new();
        for _ in 0..HOPS {
            let jar: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let asked = self.agent.get(&url);
            let asked = if jar.is_empty() { asked } else { asked.header("cookie", jar.join("; ")) };
            let answer = asked.call()?;
            keep_cookies(&answer, &mut cookies);
            let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
            let location = location.ok_or_else(|| format!("no redirect: HTTP {}", answer.status()))?;
            if let Some(found) = location.strip_prefix(BACK) {
                let code = found.trim_start_matches('?').split('&').find_map(|part| part.strip_prefix("code="));
                return Ok(code.ok_or("no code")?.to_owned());
            }
            url = if location.starts_with('/') { format!("{origin}{location}") } else { location.to_owned() };
        }
        Err("too many redirects".into())
    }
}

fn keep_cookies(answer: &Response<Body>, cookies: &mut BTreeMap<String, String>) {
    for set in answer.headers().get_all("set-cookie") {
        let pair = set.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// A JWT-SVID, by the program and the socket that the environment names.
fn mint() -> Result<String, Failure> {
    let output = Command::new(std::env::var("E2E_SPIRE_SERVER")?)
        .args(["jwt", "mint", "-ttl", "10m", "-audience", "e2e-audience"])
        .args(["-spiffeID", "spiffe://e2e.test/workload", "-socketPath", &std::env::var("E2E_SPIRE_SOCKET")?])
        .output()?;
    if !output.status.success() {
        return Err(format!("no token: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn client_id(algorithm: Algorithm) -> String {
    format!("e2e-{}", algorithm.name())
}

const BACK: &str = "https://app.example.test/back";
const BACK_ENCODED: &str = "https%3A%2F%2Fapp.example.test%2Fback";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const HOPS: usize = 12;
