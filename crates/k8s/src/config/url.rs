//! URLs as Go's net/url reads them, as far as the validation looks.

/// The parts that the validation judges.
pub(super) struct Url {
    pub(super) scheme: String,
    pub(super) has_user: bool,
    pub(super) has_query: bool,
    pub(super) has_fragment: bool,
}

/// Reads `text`, or says why Go's parser refuses it.
pub(super) fn parse(text: &str) -> Result<Url, &'static str> {
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return Err("invalid control character in URL");
    }
    let (rest, fragment) = text.split_once('#').map_or((text, ""), |(rest, fragment)| (rest, fragment));
    check_escapes(fragment)?;
    let (scheme, rest) = scheme(rest)?;
    let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, query)| (rest, query));
    let mut url = Url {
        scheme: scheme.to_ascii_lowercase(),
        has_user: false,
        has_query: !query.is_empty(),
        has_fragment: !fragment.is_empty(),
    };
    if !rest.starts_with('/') {
        if scheme.is_empty() && rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("first path segment in URL cannot contain colon");
        }
        if scheme.is_empty() {
            check_escapes(rest)?;
        }
        return Ok(url);
    }
    let Some(after) = rest.strip_prefix("//").filter(|_| !(scheme.is_empty() && rest.starts_with("///"))) else {
        check_escapes(rest)?;
        return Ok(url);
    };
    let (authority, path) = after.find('/').map_or((after, ""), |at| after.split_at(at));
    let host = match authority.rsplit_once('@') {
        None => authority,
        Some((user, host)) => {
            check_user(user)?;
            url.has_user = true;
            host
        }
    };
    check_host(host)?;
    check_escapes(path)?;
    Ok(url)
}

fn scheme(text: &str) -> Result<(&str, &str), &'static str> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme"),
            ':' => return Ok((text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default())),
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

fn check_user(user: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(allowed) {
        return Err("invalid userinfo");
    }
    check_escapes(user)
}

fn check_host(host: &str) -> Result<(), &'static str> {
    let (name, port) = match host.strip_prefix('[') {
        Some(inner) => {
            let (address, port) = inner.rsplit_once(']').ok_or("missing ']' in host")?;
            if address.split('%').next().unwrap_or_default().parse::<std::net::Ipv6Addr>().is_err() {
                return Err("invalid host");
            }
            ("", port)
        }
        None if host.contains(['[', ']']) => return Err("invalid character in host name"),
        None => host.rfind(':').map_or((host, ""), |at| host.split_at(at)),
    };
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())) {
        return Err("invalid port after host");
    }
    if name.contains(':') {
        return Err("invalid port after host");
    }
    let allowed = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:[]<>\"%".contains(c);
    if !name.chars().all(allowed) {
        return Err("invalid character in host name");
    }
    // In a host only escapes of what is not ASCII are read.
    let mut rest = name;
    while let Some(at) = rest.find('%') {
        let hex = rest.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let first = hex.and_then(|hex| hex.bytes().next()).ok_or("invalid URL escape")?;
        if first < b'8' && hex != Some("25") {
            return Err("invalid URL escape");
        }
        rest = rest.get(at + 3..).unwrap_or_default();
    }
    Ok(())
}

fn check_escapes(text: &str) -> Result<(), &'static str> {
    let mut pieces = text.split('%');
    pieces.next();
    for piece in pieces {
        if !piece.get(..2).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Err("invalid URL escape");
        }
    }
    Ok(())
}
