//! Which of the clients that have a certificate may ask.

use rustls::pki_types::CertificateDer;
use x509_cert::der::Decode;
use x509_cert::der::asn1::{PrintableStringRef, Utf8StringRef};

/// Common names, as of `--requestheader-allowed-names` of kube-apiserver: none means all.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowedNames(pub(crate) Vec<String>);

impl AllowedNames {
    /// Whether the holder of this certificate, which has been verified, may ask.
    pub(crate) fn allow(&self, certificates: Option<&[CertificateDer<'_>]>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let name = certificates.and_then(|all| all.first()).and_then(common_name);
        name.is_some_and(|name| self.0.contains(&name))
    }
}

/// The common name, if there is just one.
fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let parsed = x509_cert::Certificate::from_der(certificate).ok()?;
    let all = parsed.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let mut names = all.filter(|one| one.oid == COMMON_NAME);
    let (name, None) = (names.next()?, names.next()) else { return None };
    let text = |text: &str| text.to_owned();
    let utf8 = name.value.decode_as::<Utf8StringRef<'_>>().ok().map(|name| text(name.as_str()));
    utf8.or_else(|| name.value.decode_as::<PrintableStringRef<'_>>().ok().map(|name| text(name.as_str())))
}

const COMMON_NAME: x509_cert::der::oid::ObjectIdentifier = x509_cert::der::oid::ObjectIdentifier::new_unwrap("2.5.4.3");
