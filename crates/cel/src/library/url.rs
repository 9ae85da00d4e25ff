//! URLs, as Go's `net/url` reads and writes them.

use std::fmt;
use std::sync::Arc;

use super::function::UrlFunction;
use super::url_escape::{Part, escape, is_plain_path, query_unescape, unescape};
use super::{Arguments, Outcome, invalid, ip};
use crate::eval::{Map, Value, ValueMap};

/// An absolute URL, or an absolute path.
#[derive(Clone, Debug, Default)]
pub struct Url {
    scheme: String,
    /// What follows the scheme if it is no path.
    opaque: String,
    /// User and perhaps password, escaped.
    user: Option<String>,
    host: Vec<u8>,
    path: Vec<u8>,
    /// The path as it was written, if writing it anew gives another text.
    raw_path: Option<String>,
    /// The path follows the scheme without `//`.
    omits_host: bool,
    /// There is a `?`.
    query: Option<String>,
    fragment: Option<(Vec<u8>, String)>,
}

impl PartialEq for Url {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Url {
    /// Reads what a request line may hold: an absolute URL or path.
    fn parse(text: &str) -> Result<Self, String> {
        // Once to judge it with its fragment, once to take the fragment off.
        Self::parse_request(text, true)?;
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (text, None),
        };
        let mut url = Self::parse_request(rest, false)?;
        if let Some(fragment) = fragment.filter(|f| !f.is_empty()) {
            url.fragment = Some((unescape(fragment, Part::Fragment)?, fragment.to_owned()));
        }
        Ok(url)
    }

    fn is_valid(text: &str) -> Result<(), String> {
        Self::parse_request(text, true).map(|_| ()).map_err(|e| format!("parse {}: {e}", super::format::go_quote(text)))
    }

    fn parse_request(text: &str, via_request: bool) -> Result<Self, String> {
        if text.bytes().any(|b| b < b' ' || b == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text.is_empty() && via_request {
            return Err("empty url".to_owned());
        }
        let mut url = Self::default();
        if text == "*" {
            url.path = b"*".to_vec();
            return Ok(url);
        }
        let (scheme, rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_owned())),
            None => (rest, None),
        };
        url.query = query;
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_owned();
                return Ok(url);
            }
            if via_request {
                return Err("invalid URI for request".to_owned());
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let authority = !url.scheme.is_empty() || !via_request && !rest.starts_with("///");
        if let (true, Some(after)) = (authority, rest.strip_prefix("//")) {
            let end = after.find('/').unwrap_or(after.len());
            let (authority, path) = after.split_at(end);
            url.authority(authority)?;
            rest = path;
        } else if !url.scheme.is_empty() && rest.starts_with('/') {
            url.omits_host = true;
        }
        url.path = unescape(rest, Part::Path)?;
        if escape(&url.path, Part::Path) != rest {
            url.raw_path = Some(rest.to_owned());
        }
        Ok(url)
    }

    fn authority(&mut self, authority: &str) -> Result<(), String> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = read_host(host)?;
        let Some(user) = user else { return Ok(()) };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(allowed) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let again = |text: &str| -> Result<String, String> { Ok(escape(&unescape(text, Part::User)?, Part::User)) };
        self.user = Some(match user.split_once(':') {
            Some((name, password)) => format!("{}:{}", again(name)?, again(password)?),
            None => again(user)?,
        });
        Ok(())
    }

    fn host(&self) -> String {
        String::from_utf8_lossy(&self.host).into_owned()
    }

    /// Host and port, the host without brackets.
    fn host_and_port(&self) -> (String, String) {
        let host = self.host();
        let (host, port) = match host.rfind(':') {
            Some(colon) if is_port(host.get(colon..).unwrap_or("")) => {
                let (host, port) = host.split_at(colon);
                (host.to_owned(), port.get(1..).unwrap_or("").to_owned())
            }
            _ => (host, String::new()),
        };
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).map(str::to_owned);
        (bare.unwrap_or(host), port)
    }

    fn escaped_path(&self) -> String {
        if let Some(raw) = &self.raw_path
            && is_plain_path(raw)
            && unescape(raw, Part::Path).as_ref() == Ok(&self.path)
        {
            return raw.clone();
        }
        if self.path == b"*" { "*".to_owned() } else { escape(&self.path, Part::Path) }
    }

    fn query<'a>(&self) -> Outcome<'a> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for pair in self.query.as_deref().unwrap_or("").split('&') {
            if pair.is_empty() || pair.contains(';') {
                continue;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (query_unescape(name), query_unescape(value)) else {
                continue;
            };
            match found.iter_mut().find(|(n, _)| *n == name) {
                Some((_, values)) => values.push(value),
                None => found.push((name, vec![value])),
            }
        }
        let mut map = ValueMap::default();
        for (name, values) in found {
            let values = Value::string_list(values.into_iter().map(Into::into));
            map.insert(Value::from(name), values)?;
        }
        Ok(Value::Map(Map::Values(Arc::new(map))))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if !self.opaque.is_empty() {
            f.write_str(&self.opaque)?;
        } else {
            let has_authority = !self.host.is_empty() || self.user.is_some();
            if has_authority || (!self.scheme.is_empty() && !self.omits_host) {
                if has_authority || !self.path.is_empty() {
                    f.write_str("//")?;
                }
                if let Some(user) = &self.user {
                    write!(f, "{user}@")?;
                }
                f.write_str(&escape(&self.host, Part::Host))?;
            }
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                f.write_str("/")?;
            }
            f.write_str(&path)?;
        }
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if let Some((fragment, _)) = &self.fragment {
            write!(f, "#{}", escape(fragment, Part::Fragment))?;
        }
        Ok(())
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (i, b) in text.bytes().enumerate() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if i > 0 => {}
            b':' if i == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = text.split_at(i);
                return Ok((scheme, rest.get(1..).unwrap_or("")));
            }
            _ => break,
        }
    }
    Ok(("", text))
}

/// A colon with digits, or nothing.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn read_host(host: &str) -> Result<Vec<u8>, String> {
    let bad_port = |port: &str| format!("invalid port {port:?} after host");
    if let Some(inner) = host.strip_prefix('[') {
        let close = inner.rfind(']').ok_or("missing ']' in host")?;
        let (address, port) = inner.split_at(close);
        let port = port.get(1..).unwrap_or("");
        if !is_port(port) {
            return Err(bad_port(port));
        }
        let (address, zone) = match address.split_once("%25") {
            Some((address, zone)) => (address, Some(zone)),
            None => (address, None),
        };
        let mut out = b"[".to_vec();
        let address = unescape(address, Part::Host)?;
        let text = String::from_utf8(address.clone()).map_err(|_| "invalid IP-literal")?;
        if !ip::read(&text).is_some_and(|ip| ip.is_ipv6()) {
            return Err("invalid IP-literal".to_owned());
        }
        out.extend(address);
        if let Some(zone) = zone {
            out.push(b'%');
            out.extend(unescape(zone, Part::Zone)?);
        }
        out.push(b']');
        out.extend(unescape(port, Part::Host)?);
        return Ok(out);
    }
    if let Some(colon) = host.find(':') {
        let port = host.get(colon..).unwrap_or("");
        if !is_port(port) {
            return Err(bad_port(port));
        }
    }
    unescape(host, Part::Host)
}

/// Why a text is no URL, in Go's words; nothing if it is one.
pub(super) fn check(text: &str) -> Result<(), String> {
    Url::is_valid(text)
}

pub(super) fn call<'a>(function: UrlFunction, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let (name, part): (&str, fn(&Url) -> String) = match function {
        UrlFunction::Url => {
            let text = arguments.text(0).map_err(|_| arguments.no_overload("url"))?;
            let url = Url::parse(text).map_err(|e| {
                let text = super::format::go_quote(text);
                invalid(format!("URL parse error during conversion from string: parse {text}: {e}"))
            })?;
            return Ok(Value::Url(Arc::new(url)));
        }
        UrlFunction::IsUrl => {
            let text = arguments.text(0).map_err(|_| arguments.no_overload("isURL"))?;
            return Ok(Value::Bool(check(text).is_ok()));
        }
        UrlFunction::Query => {
            return match arguments.get(0) {
                Some(Value::Url(url)) => url.query(),
                _ => Err(arguments.no_overload("getQuery")),
            };
        }
        UrlFunction::Scheme => ("getScheme", |url| url.scheme.clone()),
        UrlFunction::Host => ("getHost", Url::host),
        UrlFunction::Hostname => ("getHostname", |url| url.host_and_port().0),
        UrlFunction::Port => ("getPort", |url| url.host_and_port().1),
        UrlFunction::EscapedPath => ("getEscapedPath", Url::escaped_path),
    };
    match arguments.get(0) {
        Some(Value::Url(url)) => Ok(Value::from(part(url))),
        _ => Err(arguments.no_overload(name)),
    }
}
