//! What an answer's status and headers say.

use super::HttpResponse;
use crate::FetchError;
use claimant_core::json::{self, Object};
use std::borrow::Cow;
use std::time::{Duration, SystemTime};

/// The body of a good answer, as text that is JSON.
pub(super) fn json<'a>(
    response: &'a HttpResponse,
    document: &'static str,
    any_type: bool,
    now: SystemTime,
) -> Result<&'a str, FetchError> {
    if response.status != 200 {
        let retry_after = response.header("retry-after").and_then(|text| delay(text, now));
        return Err(FetchError::Status { document, status: response.status, retry_after });
    }
    if response.header("content-encoding").is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
        return Err(FetchError::Compressed(document));
    }
    if !any_type && !response.header("content-type").is_none_or(is_json_type) {
        return Err(FetchError::ContentType(document));
    }
    let wrong = |why: &str| FetchError::Document { document, why: why.to_owned() };
    let text = std::str::from_utf8(&response.body).map_err(|_| wrong("not UTF-8"))?;
    if json::is_valid(text) { Ok(text) } else { Err(wrong("not JSON")) }
}

/// A text member.
pub(super) fn text<'a>(object: &Object<'a>, name: &str) -> Option<Cow<'a, str>> {
    json::string(object.get(name)?, "discovery document").ok().flatten()
}

/// How long the answer is fresh (RFC 9111, section 4.2.1): `max-age` less `Age`, or `Expires`. `no-cache` and
/// `no-store` bind HTTP caches and say nothing of how long a key is good; then it is for the policy to say.
pub(super) fn fresh_for(response: &HttpResponse, now: SystemTime) -> Option<Duration> {
    let directives = response.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cache-control"));
    let directives = directives.flat_map(|(_, value)| value.split(','));
    let max_age = directives.filter_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| number(value.trim().trim_matches('"')))?
    });
    if let Some(max_age) = max_age.min() {
        let age = response.header("age").and_then(number).unwrap_or_default();
        return Some(Duration::from_secs(max_age.saturating_sub(age)));
    }
    let expires = response.header("expires")?;
    let date = response.header("date").and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    // "0" and other nonsense is in the past (section 5.3).
    let expires = httpdate::parse_http_date(expires).unwrap_or(date);
    Some(expires.duration_since(date).unwrap_or_default())
}

/// `Retry-After`: seconds or a date.
fn delay(text: &str, now: SystemTime) -> Option<Duration> {
    number(text).map(Duration::from_secs).or_else(|| {
        let at = httpdate::parse_http_date(text).ok()?;
        Some(at.duration_since(now).unwrap_or_default())
    })
}

/// Digits; too many of them are a large number (RFC 9111, section 1.2.2).
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

fn is_json_type(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    fn response(headers: &[(&str, &str)]) -> HttpResponse {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        HttpResponse { status: 200, headers, body: b"{}".to_vec() }
    }

    #[test]
    fn freshness_is_what_the_headers_say() {
        let cases: [(Headers, Option<u64>); 10] = [
            (&[], None),
            (&[("Cache-Control", "public, max-age=3600, must-revalidate")], Some(3600)),
            (&[("cache-control", "MAX-AGE=\"60\""), ("age", "20")], Some(40)),
            (&[("cache-control", "max-age=60"), ("age", "90")], Some(0)),
            (&[("cache-control", "max-age=60"), ("cache-control", "max-age=5")], Some(5)),
            (&[("cache-control", "max-age=99999999999999999999999")], Some(u64::MAX)),
            (&[("cache-control", "no-cache, no-store")], None),
            (&[("cache-control", "max-age=-1")], None),
            (&[("expires", "0")], Some(0)),
            (&[("date", "Sat, 28 Nov 2026 01:00:00 GMT"), ("expires", "Sat, 28 Nov 2026 01:10:00 GMT")], Some(600)),
        ];
        for (headers, expected) in cases {
            let found = fresh_for(&response(headers), SystemTime::UNIX_EPOCH);
            assert_eq!(found, expected.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn what_is_not_a_good_json_answer_is_named() {
        let now = SystemTime::UNIX_EPOCH;
        let judge = |response: &HttpResponse| json(response, "keys", false, now).map(str::to_owned);
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/jwk-set+json"] {
            assert!(judge(&response(&[("content-type", good)])).is_ok(), "{good}");
        }
        assert!(judge(&response(&[])).is_ok());
        for bad in ["text/html", "application/octet-stream", "text/json", "application/jsonx", ""] {
            let response = response(&[("content-type", bad)]);
            assert_eq!(judge(&response), Err(FetchError::ContentType("keys")), "{bad}");
            assert!(json(&response, "keys", true, now).is_ok());
        }
        assert_eq!(judge(&response(&[("content-encoding", "gzip")])), Err(FetchError::Compressed("keys")));
        let html = HttpResponse { body: b"<html>".to_vec(), ..response(&[]) };
        assert!(matches!(judge(&html), Err(FetchError::Document { .. })));
        for (text, seconds) in [("120", Some(120)), ("Thu, 01 Jan 1970 00:02:00 GMT", Some(120)), ("soon", None)] {
            let busy = HttpResponse { status: 503, ..response(&[("retry-after", text)]) };
            assert_eq!(judge(&busy).unwrap_err().retry_after(), seconds.map(Duration::from_secs));
        }
    }
}
