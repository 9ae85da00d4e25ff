//! Groups and flags.

use super::{MAX_NESTING, PatternError, Translator};

impl Translator<'_> {
    /// `(`, `(?:`, `(?P<name>`, `(?<name>` or `(?flags)`. No group captures: nobody asks for it.
    pub(super) fn open(&mut self) -> Result<(), PatternError> {
        self.skip(1);
        if self.groups.len() >= MAX_NESTING {
            return Err("expression nests too deeply");
        }
        if !self.rest.starts_with('?') {
            self.out.push_str("(?:");
            self.groups.push(std::mem::take(&mut self.level));
            return Ok(());
        }
        self.skip(1);
        if let Some(name) = self.rest.strip_prefix("P<").or(self.rest.strip_prefix('<')) {
            let (name, rest) = name.split_once('>').ok_or("invalid named capture")?;
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(word) {
                return Err("invalid named capture");
            }
            self.rest = rest;
            self.out.push_str("(?:");
            self.groups.push(std::mem::take(&mut self.level));
            return Ok(());
        }
        self.flags()
    }

    fn flags(&mut self) -> Result<(), PatternError> {
        const INVALID: PatternError = "invalid or unsupported Perl syntax";
        let end = self.rest.find([':', ')']).ok_or("missing argument")?;
        let (flags, rest) = self.rest.split_at(end);
        let (on, off) = flags.split_once('-').unwrap_or((flags, "x"));
        let known = |flags: &str| flags.chars().all(|c| matches!(c, 'i' | 'm' | 's' | 'U'));
        let negated = flags.contains('-');
        if !known(on) || (negated && (off.is_empty() || !known(off))) {
            return Err(INVALID);
        }
        self.level.repeated = false;
        if flags.is_empty() && rest.starts_with(')') {
            self.rest = rest.get(1..).unwrap_or("");
            return Ok(());
        }
        self.out.push_str("(?");
        // A flag that is given twice is given once.
        for flag in ['i', 'm', 's', 'U'] {
            if on.contains(flag) && !(negated && off.contains(flag)) {
                self.out.push(flag);
            }
        }
        if negated {
            self.out.push('-');
            for flag in ['i', 'm', 's', 'U'] {
                if off.contains(flag) {
                    self.out.push(flag);
                }
            }
        }
        self.rest = rest.get(1..).unwrap_or("");
        if rest.starts_with(':') {
            self.out.push(':');
            self.groups.push(std::mem::take(&mut self.level));
        } else {
            self.out.push(')');
        }
        Ok(())
    }
}
