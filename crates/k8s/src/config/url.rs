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
    match host.rfind('[') {
        Some(0) => {
            let (address, port) = host.split_at(1).1.rsplit_once(']').ok_or("missing ']' in host")?;
            check_port(port)?;
            check_address(address)
        }
        Some(_) => Err("invalid IP-literal"),
        None => {
            let (name, port) = host.find(':').map_or((host, ""), |at| host.split_at(at));
            check_port(port)?;
            check_name(name)
        }
    }
}

fn check_port(port: &str) -> Result<(), &'static str> {
    match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
        None if port.is_empty() => Ok(()),
        _ => Err("invalid port after host"),
    }
}

/// An address of version 6, with a zone behind `%25` (RFC 6874) or without.
fn check_address(address: &str) -> Result<(), &'static str> {
    let (address, zone) = address.split_once("%25").map_or((address, None), |(address, zone)| (address, Some(zone)));
    if address.parse::<std::net::Ipv6Addr>().is_err() || zone == Some("") {
        return Err("invalid host");
    }
    let mut pieces = zone.unwrap_or_default().split('%');
    let written = pieces.next().unwrap_or_default();
    if !written.chars().all(is_host_character) {
        return Err("invalid character in host name");
    }
    for piece in pieces {
        let (escape, written) = piece.split_at_checked(2).ok_or("invalid URL escape")?;
        let octet = hex(escape).ok_or("invalid URL escape")?;
        let meant = char::from(octet);
        let allowed = matches!(meant, ' ' | '%') || (meant.is_ascii() && is_host_character(meant));
        if !allowed {
            return Err("invalid URL escape");
        }
        if !written.chars().all(is_host_character) {
            return Err("invalid character in host name");
        }
    }
    Ok(())
}

/// In a name only escapes of what is not ASCII are read, and that of `%`.
fn check_name(name: &str) -> Result<(), &'static str> {
    for (i, piece) in name.split('%').enumerate() {
        let written = match i {
            0 => piece,
            _ => {
                let (escape, written) = piece.split_at_checked(2).ok_or("invalid URL escape")?;
                if !matches!(hex(escape), Some(0x25 | 0x80..)) {
                    return Err("invalid URL escape");
                }
                written
            }
        };
        if !written.chars().all(is_host_character) {
            return Err("invalid character in host name");
        }
    }
    Ok(())
}

fn is_host_character(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:[]<>\"".contains(c)
}

fn hex(digits: &str) -> Option<u8> {
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
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

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn hosts_are_those_of_go() {
        for host in
            ["a]", "[::1]:80", "[fe80::1%25en0]", "[fe80::1%25%20]", "[fe80::1%25%41]", "é", "%C3%A9", "a:", "<"]
        {
            assert!(parse(&format!("https://{host}/")).is_ok(), "{host}");
        }
        for host in
            ["a[", "[::1][", "[::1%zz]", "[::1%e9]", "[::1%25]", "[::1%25%00]", "[1.2.3.4]", "a:1:2", "%41", "a b"]
        {
            assert!(parse(&format!("https://{host}/")).is_err(), "{host}");
        }
    }
}
