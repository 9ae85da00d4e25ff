//! Formats by name: `format.dns1123Label().validate("x")`.
//!
//! The texts of findings are values that an expression can read, so that they are those of the
//! API server, to the letter.

use std::sync::LazyLock;

use regex::Regex;

use super::function::FormatFunction;
use super::{Arguments, Outcome, time, url};
use crate::error::EvalError;
use crate::eval::Value;

/// A format that strings can be validated against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamedFormat {
    /// A DNS label (RFC 1123).
    Dns1123Label,
    /// A DNS subdomain (RFC 1123).
    Dns1123Subdomain,
    /// A DNS label (RFC 1035).
    Dns1035Label,
    /// The key of a label or annotation.
    QualifiedName,
    /// The beginning of a DNS label (RFC 1123).
    Dns1123LabelPrefix,
    /// The beginning of a DNS subdomain (RFC 1123).
    Dns1123SubdomainPrefix,
    /// The beginning of a DNS label (RFC 1035).
    Dns1035LabelPrefix,
    /// The value of a label.
    LabelValue,
    /// A URI.
    Uri,
    /// A UUID.
    Uuid,
    /// Base64.
    Byte,
    /// A date.
    Date,
    /// A date with a time.
    Datetime,
}

impl NamedFormat {
    /// The format that `format.name()` gives.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dns1123Label" => Self::Dns1123Label,
            "dns1123Subdomain" => Self::Dns1123Subdomain,
            "dns1035Label" => Self::Dns1035Label,
            "qualifiedName" => Self::QualifiedName,
            "dns1123LabelPrefix" => Self::Dns1123LabelPrefix,
            "dns1123SubdomainPrefix" => Self::Dns1123SubdomainPrefix,
            "dns1035LabelPrefix" => Self::Dns1035LabelPrefix,
            "labelValue" => Self::LabelValue,
            "uri" => Self::Uri,
            "uuid" => Self::Uuid,
            "byte" => Self::Byte,
            "date" => Self::Date,
            "datetime" => Self::Datetime,
            _ => return None,
        })
    }

    /// The name that the API server gives to the format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns1123Label => "DNS1123Label",
            Self::Dns1123Subdomain => "DNS1123Subdomain",
            Self::Dns1035Label => "DNS1035Label",
            Self::QualifiedName => "QualifiedName",
            Self::Dns1123LabelPrefix => "DNS1123LabelPrefix",
            Self::Dns1123SubdomainPrefix => "DNS1123SubdomainPrefix",
            Self::Dns1035LabelPrefix => "DNS1035LabelPrefix",
            Self::LabelValue => "LabelValue",
            Self::Uri => "URI",
            Self::Uuid => "uuid",
            Self::Byte => "byte",
            Self::Date => "date",
            Self::Datetime => "datetime",
        }
    }

    /// The size of a pattern for the format, as the API server counts its cost.
    pub(crate) fn pattern_size(self) -> u64 {
        match self {
            Self::Dns1123Label | Self::Dns1035Label | Self::Dns1123LabelPrefix | Self::Dns1035LabelPrefix => 30,
            Self::Dns1123Subdomain | Self::Dns1123SubdomainPrefix | Self::QualifiedName => 60,
            Self::LabelValue => 40,
            Self::Uri => 1103,
            Self::Uuid => 70,
            Self::Byte => 84,
            Self::Date | Self::Datetime => 71,
        }
    }

    /// What is wrong with the text; empty if nothing is.
    fn validate(self, text: &str) -> Vec<String> {
        let simple = |ok: bool, message: &str| {
            if ok { Vec::new() } else { vec![message.to_owned()] }
        };
        match self {
            Self::Dns1123Label => dns1123_label(text),
            Self::Dns1123LabelPrefix => dns1123_label(&mask_dash(text)),
            Self::Dns1123Subdomain => dns1123_subdomain(text),
            Self::Dns1123SubdomainPrefix => dns1123_subdomain(&mask_dash(text)),
            Self::Dns1035Label => dns1035_label(text),
            Self::Dns1035LabelPrefix => dns1035_label(&mask_dash(text)),
            Self::QualifiedName => qualified_name(text),
            Self::LabelValue => label_value(text),
            Self::Uri => url::check(text).err().into_iter().collect(),
            Self::Uuid => simple(is_uuid(text), "does not match the UUID format"),
            Self::Byte => simple(is_base64(text), "invalid base64"),
            Self::Date => simple(is_date(text), "invalid date"),
            Self::Datetime => simple(is_datetime(text), "invalid datetime"),
        }
    }
}

pub(super) fn call<'a>(function: FormatFunction, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    match function {
        FormatFunction::Constant(format) => Ok(Value::Format(format)),
        FormatFunction::Named => {
            let name = arguments.text(0).map_err(|_| arguments.no_overload("format.named"))?;
            Ok(match NamedFormat::named(name) {
                Some(format) => Value::Format(format).some(),
                None => Value::Optional(None),
            })
        }
        FormatFunction::Validate => {
            let refuse = || arguments.no_overload("validate");
            let (Some(Value::Format(format)), Ok(text)) = (arguments.get(0), arguments.text(1)) else {
                return Err::<_, EvalError>(refuse());
            };
            let findings = format.validate(text);
            if findings.is_empty() {
                return Ok(Value::Optional(None));
            }
            Ok(Value::string_list(findings.into_iter().map(Into::into)).some())
        }
    }
}

/// A trailing dash of a prefix is as good as what may follow it.
fn mask_dash(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(head) if !head.is_empty() => {
            let mut head = head.to_owned();
            head.pop();
            head.push('a');
            head
        }
        _ => text.to_owned(),
    }
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const LABEL_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

fn matches(cell: &LazyLock<Option<Regex>>, text: &str) -> bool {
    cell.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// A pattern that has to match the whole text.
macro_rules! whole {
    ($pattern:expr) => {{
        static REGEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("^(?:{})$", $pattern)).ok());
        &REGEX
    }};
}

fn too_long(text: &str, most: usize, unit: &str) -> Option<String> {
    (text.len() > most).then(|| format!("must be no more than {most} {unit}"))
}

fn mismatch(ok: bool, message: &str, examples: &str, pattern: &str) -> Option<String> {
    (!ok).then(|| format!("{message} (e.g. {examples}, regex used for validation is '{pattern}')"))
}

fn dns1123_label(text: &str) -> Vec<String> {
    const MESSAGE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric \
        characters or '-', and must start and end with an alphanumeric character";
    let ok = matches(whole!(LABEL), text);
    let pattern = if !ok && matches(whole!(SUBDOMAIN), text) {
        Some("must not contain dots".to_owned())
    } else {
        mismatch(ok, MESSAGE, "'my-name',  or '123-abc'", LABEL)
    };
    too_long(text, 63, "characters").into_iter().chain(pattern).collect()
}

fn dns1123_subdomain(text: &str) -> Vec<String> {
    const MESSAGE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
        characters, '-' or '.', and must start and end with an alphanumeric character";
    let ok = matches(whole!(SUBDOMAIN), text);
    let pattern = mismatch(ok, MESSAGE, "'example.com'", SUBDOMAIN);
    too_long(text, 253, "characters").into_iter().chain(pattern).collect()
}

fn dns1035_label(text: &str) -> Vec<String> {
    const MESSAGE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or \
        '-', start with an alphabetic character, and end with an alphanumeric character";
    let ok = matches(whole!(LABEL_1035), text);
    let pattern = mismatch(ok, MESSAGE, "'my-name',  or 'abc-123'", LABEL_1035);
    too_long(text, 63, "characters").into_iter().chain(pattern).collect()
}

const NAME: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and \
    end with an alphanumeric character";
const NAMES: &str = "'MyName',  or 'my.name',  or '123-abc'";

fn qualified_name(text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                findings.push("prefix part must be non-empty".to_owned());
            } else {
                let wrong = dns1123_subdomain(prefix);
                findings.extend(wrong.into_iter().map(|message| format!("prefix part {message}")));
            }
            *name
        }
        _ => {
            let message = mismatch(false, &format!("a valid label key {NAME}"), NAMES, QUALIFIED);
            let message = message.unwrap_or_default();
            let rest = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("{message} {rest}")];
        }
    };
    if name.is_empty() {
        findings.push("name part must be non-empty".to_owned());
    } else {
        let long = too_long(name, 63, "bytes");
        findings.extend(long.map(|message| format!("name part {message}")));
    }
    let ok = matches(whole!(QUALIFIED), name);
    findings.extend(mismatch(ok, &format!("name part {NAME}"), NAMES, QUALIFIED));
    findings
}

fn label_value(text: &str) -> Vec<String> {
    const PATTERN: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
    const MESSAGE: &str = "a valid label must be an empty string or consist of alphanumeric \
        characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let ok = matches(whole!(PATTERN), text);
    let pattern = mismatch(ok, MESSAGE, "'MyValue',  or 'my_value',  or '12345'", PATTERN);
    too_long(text, 63, "bytes").into_iter().chain(pattern).collect()
}

fn is_uuid(text: &str) -> bool {
    const PATTERN: &str = "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}";
    matches(whole!(PATTERN), text)
}

fn is_base64(text: &str) -> bool {
    let pattern = whole!("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})");
    matches(pattern, text)
}

fn is_date(text: &str) -> bool {
    time::parse_timestamp(&format!("{text}T00:00:00Z")).is_some() || is_year_zero(text)
}

/// The year 0 is a date, though not one within a timestamp's range.
fn is_year_zero(text: &str) -> bool {
    // As a calendar, the year 0 is like the year 2000.
    let Some(rest) = text.strip_prefix("0000-") else { return false };
    time::parse_timestamp(&format!("2000-{rest}T00:00:00Z")).is_some()
}

fn is_datetime(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut parts = lower.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else { return false };
    let pattern = whole!("[0-9]{2}:[0-9]{2}:[0-9]{2}(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))");
    let below = |from: usize, most: &str| time.get(from..from + 2).is_some_and(|d| d <= most);
    is_date(date) && matches(pattern, time) && below(0, "23") && below(3, "59") && below(6, "59")
}
