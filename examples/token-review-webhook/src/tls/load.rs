//! From files to a configuration of rustls.

use super::{TlsError, TlsFiles};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use x509_cert::der::Decode;

/// The bytes of all files at one time.
#[derive(PartialEq, Eq)]
pub(super) struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
    clients: Option<Vec<u8>>,
}

/// A configuration, and when its certificate ends, since 1970.
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    pub(super) expiry: Duration,
}

impl Texts {
    pub(super) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|why| TlsError::File { path: path.to_owned(), why: why.to_string() })
        };
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            clients: files.client_ca.as_deref().map(read).transpose()?,
        })
    }

    /// What tells them from others.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for text in [&self.certificate, &self.key, self.clients.as_ref().unwrap_or(&Vec::new())] {
            digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(text);
        }
        digest.finalize().into()
    }

    /// The configuration, if all fits together at `now`, in seconds since 1970.
    pub(super) fn load(&self, files: &TlsFiles, now: i64) -> Result<Loaded, TlsError> {
        let chain = certificates(&self.certificate, &files.certificate)?;
        let leaf = chain.first().ok_or_else(|| TlsError::wrong(&files.certificate, "no certificate in it"))?;
        let expiry = check_times(leaf, &files.certificate, now)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| TlsError::wrong(&files.key, "no private key in PEM can be read from it"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|why| TlsError::Setup(why.to_string()))?;
        let builder = match (&self.clients, &files.client_ca) {
            (Some(text), Some(path)) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(text, path)? {
                    roots.add(certificate).map_err(|why| TlsError::wrong(path, &why.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|why| TlsError::wrong(path, &why.to_string()))?)
            }
            _ => builder.with_no_client_auth(),
        };
        // Also says whether the key is that of the certificate.
        let mut config = builder.with_single_cert(chain, key).map_err(|why| TlsError::Pair { why: why.to_string() })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Loaded { config: Arc::new(config), expiry })
    }
}

fn certificates(text: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let all = all.map_err(|_| TlsError::wrong(path, "not PEM"))?;
    if all.is_empty() { Err(TlsError::wrong(path, "no certificate in it")) } else { Ok(all) }
}

fn check_times(leaf: &CertificateDer<'_>, path: &Path, now: i64) -> Result<Duration, TlsError> {
    let parsed = x509_cert::Certificate::from_der(leaf)
        .map_err(|why| TlsError::wrong(path, &format!("the certificate cannot be read: {why}")))?;
    let validity = parsed.tbs_certificate.validity;
    let now = Duration::from_secs(u64::try_from(now).unwrap_or_default());
    let (from, to) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
    if now > to {
        return Err(TlsError::wrong(path, "the certificate has expired"));
    }
    if now < from {
        return Err(TlsError::wrong(path, "the certificate is not valid yet"));
    }
    Ok(to)
}
