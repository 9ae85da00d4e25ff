//! What is printed, how, and the exit code.

use crate::redact;
use claimant_k8s::yaml::Place;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// A good token or file, or yes.
pub(crate) const GOOD: u8 = 0;
/// Refused, or no.
pub(crate) const REFUSED: u8 = 1;
/// No answer: arguments or files that cannot be used, or what it takes is out of reach.
pub(crate) const NO_ANSWER: u8 = 2;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) json: bool,
    color: bool,
}

impl Style {
    /// Colours only on a terminal, and not where `NO_COLOR` is set.
    pub(crate) fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { json, color: wanted && !json && std::io::stdout().is_terminal() }
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31;1", text)
    }

    pub(crate) fn warn(self, text: &str) -> String {
        self.paint("33;1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// An answer: text for standard output, and notes beside it.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    code: u8,
    text: String,
    notes: String,
}

impl Answer {
    pub(crate) fn text(code: u8, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), notes: String::new() }
    }

    pub(crate) fn json(code: u8, value: &impl Serialize) -> Self {
        let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
        text.push('\n');
        Self::text(code, text)
    }

    /// With a text for standard error.
    pub(crate) fn with_notes(mut self, notes: &[String]) -> Self {
        for note in notes {
            let _ = writeln!(self.notes, "{note}");
        }
        self
    }

    /// Prints both. A reader that went away early is no error.
    pub(crate) fn print(&self) -> ExitCode {
        let _ = std::io::stderr().lock().write_all(self.notes.as_bytes());
        let mut out = std::io::stdout().lock();
        match out.write_all(self.text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(NO_ANSWER),
            _ => ExitCode::from(self.code),
        }
    }
}

/// Text of others, fit for a terminal: control characters are written as escapes.
pub(crate) fn shown(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    })
}

/// The line of a place, with a caret below it.
pub(crate) fn excerpt(text: &[u8], place: Place) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().nth(place.line.saturating_sub(1)).map_or_else(String::new, |line| excerpt_of_line(line, place))
}

/// The same of the line itself.
pub(crate) fn excerpt_of_line(line: &str, place: Place) -> String {
    excerpt_of_masked(&redact::masked(line), place)
}

/// The same of a line that is known to hold no token.
pub(crate) fn excerpt_of_masked(line: &str, place: Place) -> String {
    /// A longer line is shown around the place only.
    const WIDTH: usize = 120;
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    let before = place.column.saturating_sub(1);
    let skipped = before.saturating_sub(WIDTH / 2);
    let part = |skipped, count| {
        let part: String = line.chars().skip(skipped).take(count).map(|c| if c == '\t' { ' ' } else { c }).collect();
        shown(&part)
    };
    let visible = part(skipped, WIDTH);
    // Behind the end of the line it is still there, and an escape is wider than what it stands for.
    let beyond = before.saturating_sub(line.chars().count().max(skipped));
    let caret = " ".repeat(part(skipped, before - skipped).chars().count() + beyond);
    format!(" {number} | {visible}\n {margin} | {caret}^\n")
}
