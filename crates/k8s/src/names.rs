//! The syntax of Kubernetes names.

/// A DNS label (RFC 1123) of at most 63 bytes: the name of a namespace.
pub(crate) fn is_label(name: &str) -> bool {
    name.len() <= 63 && is_part(name)
}

/// A DNS subdomain (RFC 1123) of at most 253 bytes.
pub(crate) fn is_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_part)
}

/// A name with an optional DNS subdomain and a slash in front: the key of a label.
pub(crate) fn is_qualified(name: &str) -> bool {
    match name.split_once('/') {
        Some((domain, rest)) => is_subdomain(domain) && is_word(rest),
        None => is_word(name),
    }
}

/// The value of a label: empty, or as the last part of its key.
pub(crate) fn is_label_value(value: &str) -> bool {
    value.is_empty() || is_word(value)
}

/// What may stand between the slashes of a path.
pub(crate) fn is_path_segment(name: &str) -> bool {
    !matches!(name, "." | "..") && !name.contains(['/', '%'])
}

fn is_word(word: &str) -> bool {
    let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    word.len() <= 63
        && ends(word.bytes().next())
        && ends(word.bytes().last())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn is_part(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !part.starts_with('-')
        && !part.ends_with('-')
}
