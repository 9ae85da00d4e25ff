//! Why an expression does not compile, and why an evaluation fails.

use std::fmt;

/// One thing that is wrong with an expression, at a byte offset of its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl Issue {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

/// The expression is not one that the API server would load.
///
/// `Display` shows every finding with the line that it is in and a caret below the place, in the
/// order in which they stand in the source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", render(.findings))]
pub struct CompileError {
    findings: Vec<Finding>,
}

impl CompileError {
    pub(crate) fn new(source: &str, mut issues: Vec<Issue>) -> Self {
        issues.sort_by_key(|issue| issue.offset);
        issues.dedup();
        let findings = issues.into_iter().map(|issue| Finding::new(source, issue)).collect();
        Self { findings }
    }

    /// Everything that was found; never empty.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Line of the first finding, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.findings.first().map_or(1, |f| f.line)
    }

    /// Column of the first finding in code points, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.findings.first().map_or(1, |f| f.column)
    }

    /// What the first finding says.
    #[must_use]
    pub fn message(&self) -> &str {
        self.findings.first().map_or("", |f| &f.message)
    }
}

/// One thing that is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line, from 1.
    pub line: usize,
    /// Column in code points, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The line of the source.
    snippet: String,
}

impl Finding {
    fn new(source: &str, issue: Issue) -> Self {
        let (line, column) = position(source, issue.offset);
        Self { line, column, message: issue.message, snippet: source.lines().nth(line - 1).unwrap_or("").to_owned() }
    }
}

/// Line and column, in code points and from 1, of a byte offset.
pub(crate) fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(start..).unwrap_or("").chars().count() + 1)
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// A longer line is shown around the place only.
        const WIDTH: usize = 160;
        let Self { line, column, message, snippet } = self;
        let skipped = column.saturating_sub(WIDTH / 2);
        let shown: String = snippet.chars().skip(skipped).take(WIDTH).collect();
        let dots = ".".repeat((column - 1).saturating_sub(skipped));
        write!(f, "{line}:{column}: {message}\n | {shown}\n | {dots}^")
    }
}

fn render(findings: &[Finding]) -> String {
    /// The rest is rarely of use and may be long.
    const SHOWN: usize = 20;
    let mut text = findings.iter().take(SHOWN).map(Finding::to_string).collect::<Vec<_>>().join("\n");
    if let Some(more) = findings.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!("\n(and {more} more)"));
    }
    text
}

/// Why an evaluation has no value. In the API server such a rule refuses the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// A member was selected, or a key indexed, that is not there.
    #[error("no such key: {0}")]
    NoSuchKey(String),
    /// An index lies outside of its list.
    #[error("index out of bounds: {0}")]
    IndexOutOfBounds(String),
    /// The values have types that the function or operator does not take.
    #[error("no such overload{}", .0.as_deref().map(|f| format!(": {f}")).unwrap_or_default())]
    NoSuchOverload(Option<String>),
    /// An integer, duration or timestamp left its range.
    #[error("{0} overflow")]
    Overflow(&'static str),
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// Remainder of a division by zero.
    #[error("modulus by zero")]
    ModulusByZero,
    /// A text or number does not convert to the type that was asked for.
    #[error("type conversion error from '{from}' to '{to}'")]
    Conversion {
        /// The type of the value.
        from: &'static str,
        /// The type that was asked for.
        to: &'static str,
    },
    /// A function refused its arguments.
    #[error("{0}")]
    InvalidArgument(String),
    /// The evaluation would cost more than [`COST_LIMIT`](crate::COST_LIMIT).
    #[error("operation cancelled: actual cost limit exceeded")]
    CostLimitExceeded,
    /// The value would need more memory than an evaluation may use.
    #[error("operation cancelled: memory limit exceeded")]
    MemoryLimitExceeded,
    /// A map was asked for a key, or given one, of a type that cannot be a key. In the API server
    /// this ends the evaluation.
    #[error("a map cannot have a key of {0}")]
    UnhashableKey(&'static str),
    /// The claims are not the JSON that they were said to be.
    #[error("malformed JSON")]
    MalformedJson,
    /// The variable that the expression reads was not given.
    #[error("no such attribute(s): {0}")]
    MissingVariable(String),
    /// A defect of this crate.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl EvalError {
    /// A stable code for logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchKey(_) => "no_such_key",
            Self::IndexOutOfBounds(_) => "index_out_of_bounds",
            Self::NoSuchOverload(_) => "no_such_overload",
            Self::Overflow(_) => "overflow",
            Self::DivisionByZero => "division_by_zero",
            Self::ModulusByZero => "modulus_by_zero",
            Self::Conversion { .. } => "conversion",
            Self::InvalidArgument(_) => "invalid_argument",
            Self::CostLimitExceeded => "cost_limit_exceeded",
            Self::MemoryLimitExceeded => "memory_limit_exceeded",
            Self::UnhashableKey(_) => "unhashable_key",
            Self::MalformedJson => "malformed_json",
            Self::MissingVariable(_) => "missing_variable",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the evaluation ends at once: `||`, `&&` and macros do not absorb this error.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(self, Self::CostLimitExceeded | Self::MemoryLimitExceeded | Self::UnhashableKey(_) | Self::Internal(_))
    }

    pub(crate) fn no_overload() -> Self {
        Self::NoSuchOverload(None)
    }
}
