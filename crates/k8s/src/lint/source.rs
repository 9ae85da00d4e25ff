//! What the text of an expression shows without being run.

/// Where a call of this method stands whose result is the whole result: the end or `:` follows it.
pub(super) fn bare_call(code: &str, method: &str) -> Option<usize> {
    let call = format!(".{method}(");
    code.match_indices(&call).map(|(at, _)| at).find(|at| {
        let behind = code.get(at + call.len()..).and_then(after_closing).unwrap_or("?").trim_start();
        behind.is_empty() || behind.starts_with(':')
    })
}

/// What follows the bracket that is open.
fn after_closing(code: &str) -> Option<&str> {
    let mut depth = 0usize;
    for (at, c) in code.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return code.get(at + 1..),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Where the claim is read: `claims.NAME` with no further letter behind it.
pub(super) fn claim_at(code: &str, claim: &str) -> Option<usize> {
    let read = format!("claims.{claim}");
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.match_indices(&read)
        .map(|(at, _)| at)
        .find(|at| !code.get(at + read.len()..).unwrap_or_default().starts_with(word))
}

/// The claims that are read by `claims["NAME"]`, and where.
pub(super) fn indexed_claims<'s>(source: &'s str, code: &str) -> Vec<(&'s str, usize)> {
    let name = |at: usize| {
        let quote = code.get(at + INDEX.len()..)?.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let start = at + INDEX.len() + 1;
        let end = start + code.get(start..)?.find(quote)?;
        let name = source.get(start..end)?;
        (!name.contains('\\')).then_some((name, at))
    };
    code.match_indices(INDEX).filter_map(|(at, _)| name(at)).collect()
}

const INDEX: &str = "claims[";

/// The claims whose presence is asked for by `"NAME" in claims`.
pub(super) fn asked_claims(source: &str) -> impl Iterator<Item = &str> {
    source.match_indices(" in claims").filter_map(|(at, whole)| {
        let behind = source.get(at + whole.len()..)?;
        let before = source.get(..at)?.trim_end();
        let quote = before.chars().next_back().filter(|c| matches!(c, '\'' | '"'))?;
        let name = before.strip_suffix(quote)?.rsplit(quote).next()?;
        (!behind.starts_with(['.', '[', '_']) && !behind.starts_with(char::is_alphanumeric)).then_some(name)
    })
}

/// The names behind `claims.` and `claims.?`, also where the expression does not compile.
pub(super) fn mentioned_claims(source: &str) -> impl Iterator<Item = &str> {
    source.match_indices("claims.").filter_map(|(at, whole)| {
        let name = source.get(at + whole.len()..)?.trim_start_matches('?');
        name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
    })
}

/// Whether the expression asks whether the claim is there.
pub(super) fn asks_for(code: &str, claim: &str) -> bool {
    let dense: String = code.split_whitespace().collect();
    dense.contains(&format!("has(claims.{claim})"))
        || dense.contains(&format!("claims.?{claim}"))
        || dense.contains(&format!("\"{claim}\"inclaims"))
        || dense.contains(&format!("'{claim}'inclaims"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::starts::code;

    #[test]
    fn code_is_what_is_not_quoted() {
        assert_eq!(code(r"claims.a == 'b.split(\'x' + c"), "claims.a == '           ' + c");
        for (source, bare) in [
            ("claims.roles.split(',')", true),
            ("has(claims.roles) ? claims.roles.split(',') : []", true),
            ("claims.roles.split(',').map(x, x)", false),
            ("claims.a.split(',')[0]", false),
            ("'x' in claims.a.split(',')", true),
            ("claims.roles.split(", false),
        ] {
            assert_eq!(bare_call(&code(source), "split").is_some(), bare, "{source}");
        }
        assert_eq!(claim_at("claims.hdx + claims.hd", "hd"), Some(13));
        assert!(asks_for("has( claims.hd ) && claims.hd == ''", "hd") && !asks_for("has(claims.hdx)", "hd"));
    }
}
