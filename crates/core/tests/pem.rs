//! PEM as kube-apiserver's key files are read: what is loaded, what is left out.

#![allow(clippy::unwrap_used, missing_docs)]

use claimant_core::key::has_certificates;
use claimant_core::{KeySet, Limits, Misconfigured, UnusableReason, provider};

const P521: &str = "-----BEGIN PUBLIC KEY-----\nMIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAxmgVECbScApO/iVhDlRCh6pu7hoB\nzh2uQJnLQXBltUe8tuVixl7MKbGpP9OZLFq9V+oPE9yLxt3QYGcVfEdI4uIAKCeu\niilOz9vwM5X0tJ9lh2CHSNCv2vzeKNfkDRwKYkFJZZgGThHN+8ambx25NXQ88luE\nh/uuC+ukQOBGCJ30XzY=\n-----END PUBLIC KEY-----\n";
const P521_COMPRESSED: &str = "-----BEGIN PUBLIC KEY-----\nMFgwEAYHKoZIzj0CAQYFK4EEACMDRAACAMZoFRAm0nAKTv4lYQ5UQoeqbu4aAc4d\nrkCZy0FwZbVHvLblYsZezCmxqT/TmSxavVfqDxPci8bd0GBnFXxHSOLi\n-----END PUBLIC KEY-----\n";
const RSA: &str = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0D+6p4awnUyHUwfZ/gEm\nDCZdm/6BmYTUD+c3Uj70DrX4jiZ3iX0/+BpEe2KcaYywfkcgatKyhBpE1rc3ihOW\nriZRgBX6GxN8C6Rt+Kwl7tHSmParbW/HVrpjl8nh82p88i31VvxTGaybMoHsVA8w\nXOg3oNHR9j7f2byiVAMdWgNiumatmqn1lwQAcqVJnujd0ZWwnEP0Yx1IGu5SecBK\nF0zeAszSNilg7DtawJuoUaeCTKwJkfC5HfqUhvIJe3mYJ2k2XCU2Uw3k8txYEnlT\nRplCQer4woSgYVKI0vdlMPKsbZk3pF8+iBcZGCWkTYFR4tQzZKM8RQQWeaTRu1Wb\nPQIDAQAB\n-----END PUBLIC KEY-----\n";
const RSA_WITHOUT_NULL: &str = "-----BEGIN PUBLIC KEY-----\nMIIBIDALBgkqhkiG9w0BAQEDggEPADCCAQoCggEBANA/uqeGsJ1Mh1MH2f4BJgwm\nXZv+gZmE1A/nN1I+9A61+I4md4l9P/gaRHtinGmMsH5HIGrSsoQaRNa3N4oTlq4m\nUYAV+hsTfAukbfisJe7R0pj2q21vx1a6Y5fJ4fNqfPIt9Vb8UxmsmzKB7FQPMFzo\nN6DR0fY+39m8olQDHVoDYrpmrZqp9ZcEAHKlSZ7o3dGVsJxD9GMdSBruUnnAShdM\n3gLM0jYpYOw7WsCbqFGngkysCZHwuR36lIbyCXt5mCdpNlwlNlMN5PLcWBJ5U0aZ\nQkHq+MKEoGFSiNL3ZTDyrG2ZN6RfPogXGRglpE2BUeLUM2SjPEUEFnmk0btVmz0C\nAwEAAQ==\n-----END PUBLIC KEY-----\n";
const PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----\nMIIBCgKCAQEA0D+6p4awnUyHUwfZ/gEmDCZdm/6BmYTUD+c3Uj70DrX4jiZ3iX0/\n+BpEe2KcaYywfkcgatKyhBpE1rc3ihOWriZRgBX6GxN8C6Rt+Kwl7tHSmParbW/H\nVrpjl8nh82p88i31VvxTGaybMoHsVA8wXOg3oNHR9j7f2byiVAMdWgNiumatmqn1\nlwQAcqVJnujd0ZWwnEP0Yx1IGu5SecBKF0zeAszSNilg7DtawJuoUaeCTKwJkfC5\nHfqUhvIJe3mYJ2k2XCU2Uw3k8txYEnlTRplCQer4woSgYVKI0vdlMPKsbZk3pF8+\niBcZGCWkTYFR4tQzZKM8RQQWeaTRu1WbPQIDAQAB\n-----END RSA PUBLIC KEY-----\n";

fn load(text: &str) -> (usize, Vec<UnusableReason>) {
    let set = KeySet::from_pem(text, &provider::Default, &Limits::default()).unwrap();
    (set.keys().len(), set.unusable().iter().map(|key| key.why).collect())
}

#[test]
fn spki_is_loaded_under_any_label_with_line_ends_of_any_kind_and_text_around() {
    for text in [
        P521.to_owned(),
        RSA.replace('\n', "\r\n"),
        RSA.replace("PUBLIC KEY", "ANYTHING"),
        format!("some text\n{RSA}more"),
        RSA.replacen("-----\n", "-----\nProc-Type: 4\n\n", 1),
    ] {
        assert_eq!(load(&text), (1, vec![]), "{text}");
    }
    assert_eq!(load(&format!("{P521}{RSA}")), (2, vec![]));
}

#[test]
fn what_go_does_not_read_is_left_out() {
    assert_eq!(load(P521_COMPRESSED), (0, vec![UnusableReason::UnknownKind]));
    assert_eq!(load(RSA_WITHOUT_NULL), (0, vec![UnusableReason::UnknownKind]));
    assert_eq!(load(PKCS1), (0, vec![UnusableReason::Unreadable]));
    assert_eq!(load(&RSA.replace("PUBLIC", "PRIVATE")), (0, vec![UnusableReason::Secret]));
}

#[test]
fn a_broken_block_is_skipped_and_the_others_stay() {
    let colon = RSA.replacen("\n", "\nMIIB\nx: y\n", 1);
    let cut = RSA.replace("-----END PUBLIC KEY-----", "");
    for broken in [colon, cut] {
        assert_eq!(load(&format!("{broken}{P521}")), (1, vec![]), "{broken}");
        let alone = KeySet::from_pem(&broken, &provider::Default, &Limits::default());
        assert_eq!(alone.unwrap_err(), Misconfigured::Pem("no PEM block in the text"));
    }
}

#[test]
fn a_key_is_no_certificate() {
    assert!(
        !has_certificates(RSA) && !has_certificates("") && !has_certificates(&RSA.replace("PUBLIC KEY", "CERTIFICATE"))
    );
}
