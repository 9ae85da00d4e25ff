//! How the texts begin that an expression can give, as far as its source shows it.

/// A beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start<'a> {
    pub(crate) text: &'a str,
    /// Nothing follows it.
    pub(crate) is_whole: bool,
}

/// The beginnings of all texts that the expression, or the list that it gives, can have; none where that cannot be
/// seen.
pub(crate) fn starts(source: &str) -> Option<Vec<Start<'_>>> {
    let code = code(source);
    if source.contains('\\') || has_odd_literals(&code) {
        return None;
    }
    of(Text { code: &code, source }, MAX_DEPTH)
}

const MAX_DEPTH: usize = 32;

/// A part of an expression, with and without what stands in its literals; equally long.
#[derive(Clone, Copy)]
struct Text<'c, 's> {
    code: &'c str,
    source: &'s str,
}

impl<'c, 's> Text<'c, 's> {
    fn cut(self, from: usize, to: usize) -> Self {
        let code = self.code.get(from..to).unwrap_or_default();
        Self { code, source: self.source.get(from..to).unwrap_or_default() }
    }

    /// Without white space and brackets around it.
    fn trimmed(self) -> Self {
        let start = self.code.len() - self.code.trim_start().len();
        let this = self.cut(start, start + self.code.trim().len());
        let inner = this.cut(1, this.code.len().saturating_sub(1));
        if this.code.starts_with('(') && this.code.ends_with(')') && is_balanced(inner.code) {
            return inner.trimmed();
        }
        this
    }

    /// The parts between these signs, outside of all brackets.
    fn split(self, sign: char) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut start = 0;
        for at in outside(self.code, sign) {
            parts.push(self.cut(start, at));
            start = at + sign.len_utf8();
        }
        parts.push(self.cut(start, self.code.len()));
        parts
    }

    fn literal(self) -> Option<&'s str> {
        let quote = self.code.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let inner = self.source.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.contains(quote)).then_some(inner)
    }

    fn is_list(self) -> bool {
        let this = self.trimmed();
        let (yes, no) = match this.branches() {
            Some((_, yes, no)) => (yes.trimmed(), no.trimmed()),
            None => (this, this),
        };
        [yes, no].iter().any(|one| one.code.starts_with('[') || one.call().is_some_and(|(_, name, _)| name == "map"))
    }

    /// `condition ? yes : no`.
    fn branches(self) -> Option<(Self, Self, Self)> {
        // `a.?b` and `[?a]` are optionals.
        let is_choice = |at: usize| {
            let before = self.code.get(..at).unwrap_or_default();
            !before.ends_with(['.', '[', '{']) && !before.is_empty()
        };
        let asked = outside(self.code, '?').into_iter().find(|at| is_choice(*at))?;
        let (mut open, mut colon) = (0usize, None);
        for (at, c) in self.code.char_indices().filter(|(at, _)| *at > asked) {
            let is_outside = is_balanced(self.code.get(asked + 1..at).unwrap_or_default());
            match c {
                '?' if is_outside && is_choice(at) => open += 1,
                ':' if is_outside && open == 0 => {
                    colon = Some(at);
                    break;
                }
                ':' if is_outside => open -= 1,
                _ => {}
            }
        }
        let colon = colon?;
        Some((self.cut(0, asked), self.cut(asked + 1, colon), self.cut(colon + 1, self.code.len())))
    }

    /// Receiver, name and arguments of the method call that the whole is.
    fn call(self) -> Option<(Self, &'c str, Vec<Self>)> {
        let open = outside(self.code, '(').into_iter().next_back()?;
        let arguments = self.cut(open + 1, self.code.len().checked_sub(1)?);
        if !self.code.ends_with(')') || !is_balanced(arguments.code) {
            return None;
        }
        let before = self.code.get(..open)?;
        let dot = before.rfind('.')?;
        let name = before.get(dot + 1..)?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| (self.cut(0, dot), name, arguments.split(',')))
    }
}

fn of<'s>(text: Text<'_, 's>, depth: usize) -> Option<Vec<Start<'s>>> {
    let deeper = depth.checked_sub(1)?;
    let text = text.trimmed();
    if let Some((_, yes, no)) = text.branches() {
        return union([yes, no], deeper);
    }
    let summands = text.split('+');
    if let [first, _, ..] = summands.as_slice() {
        if first.is_list() {
            return union(summands, deeper);
        }
        let starts = of(*first, deeper)?.into_iter();
        return Some(starts.map(|start| Start { is_whole: false, ..start }).collect());
    }
    if let Some(text) = text.literal() {
        return Some(vec![Start { text, is_whole: true }]);
    }
    let inner = text.cut(1, text.code.len().saturating_sub(1));
    if text.code.starts_with('[') && text.code.ends_with(']') && is_balanced(inner.code) {
        return union(inner.split(',').into_iter().filter(|part| !part.code.trim().is_empty()), deeper);
    }
    match text.call()? {
        (_, "map", arguments) => of(*arguments.last()?, deeper),
        (list, "filter" | "distinct" | "sort" | "slice", _) => of(list, deeper),
        _ => None,
    }
}

fn union<'c, 's>(parts: impl IntoIterator<Item = Text<'c, 's>>, depth: usize) -> Option<Vec<Start<'s>>> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(of(part, depth)?);
    }
    Some(all)
}

/// Where a sign stands outside of all brackets; an opening bracket itself counts as outside.
fn outside(code: &str, sign: char) -> Vec<usize> {
    let (mut depth, mut found) = (0usize, Vec::new());
    for (at, c) in code.char_indices() {
        if matches!(c, ')' | ']' | '}') {
            depth = depth.saturating_sub(1);
        }
        if c == sign && depth == 0 {
            found.push(at);
        }
        if matches!(c, '(' | '[' | '{') {
            depth += 1;
        }
    }
    found
}

fn is_balanced(code: &str) -> bool {
    let mut depth = 0usize;
    for c in code.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0
}

/// Raw, long and byte literals, which have other rules.
fn has_odd_literals(code: &str) -> bool {
    let (mut inside, mut before) = (false, ' ');
    for c in code.chars() {
        if matches!(c, '\'' | '"') {
            if !inside && (before.is_alphanumeric() || matches!(before, '\'' | '"')) {
                return true;
            }
            inside = !inside;
        }
        before = c;
    }
    inside
}

/// The text with what stands in string literals replaced by spaces, so that only code is found in it; byte for byte
/// as long.
pub(crate) fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for c in source.chars() {
        let inside = quote.is_some();
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            _ => {}
        }
        if inside && quote.is_some() {
            out.extend(std::iter::repeat_n(' ', c.len_utf8()));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_seen_through_choices_lists_and_maps() {
        let found = |source| {
            let one = |start: &Start<'_>| format!("{}{}", start.text, if start.is_whole { "" } else { "…" });
            starts(source).map(|all| all.iter().map(one).collect::<Vec<_>>().join(" "))
        };
        for (source, expected) in [
            ("'oidc:' + claims.sub", Some("oidc:…")),
            ("\"a\" + 'b'", Some("a…")),
            ("'root'", Some("root")),
            ("claims.sub", None),
            ("claims.sub + 'x'", None),
            ("claims.x ? 'a:' + claims.sub : 'b:' + claims.sub", Some("a:… b:…")),
            ("claims.x ? 'a:' + claims.sub : claims.sub", None),
            ("claims.x ? (claims.y ? 'a' : 'b') : 'c:' + claims.sub", Some("a b c:…")),
            ("claims.x ? claims.y ? 'a' : 'b' : 'c'", Some("a b c")),
            ("(claims.x ? 'a:' : 'b:') + claims.sub", Some("a:… b:…")),
            ("claims.groups.map(g, 'oidc:' + g)", Some("oidc:…")),
            ("has(claims.groups) ? claims.groups.map(g, 'oidc:' + g) : []", Some("oidc:…")),
            ("claims.a.map(g, g) + claims.b.map(g, 'oidc:' + g)", None),
            ("claims.x ? claims.a.map(g, g) : claims.b.map(g, 'oidc:' + g)", None),
            ("['a'] + claims.b.map(g, 'oidc:' + g)", Some("a oidc:…")),
            ("claims.b.map(g, g != '', 'oidc:' + g).filter(g, g != 'x')", Some("oidc:…")),
            ("['a', 'b+c:?']", Some("a b+c:?")),
            ("claims.?groups.orValue([])", None),
            ("claims.?groups.orValue([]).map(g, 'oidc:' + g)", Some("oidc:…")),
            ("'it' + \"'s ? \" + claims.x", Some("it…")),
            ("'''a''' + claims.x", None),
            ("r'a' + claims.x", None),
            ("'a\\' + claims.x", None),
            ("(", None),
            ("", None),
            ("[", None),
        ] {
            assert_eq!(found(source).as_deref(), expected, "{source}");
        }
        assert_eq!(starts(&"(".repeat(5_000)), None);
        assert_eq!(starts(&"x?".repeat(2_000)), None);
    }
}
