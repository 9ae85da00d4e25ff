//! One text for each value, for tests and for people.

use super::value::Value;

impl Value<'_> {
    /// The value as text that tells types apart: `i:1`, `u:1`, `d:1e0`, `"text"`, `b:ff`,
    /// `dur:1000` (nanoseconds), `ts:2024-01-01T00:00:00Z`, `type:int`, `some(..)`, `none`,
    /// `[..]`, `{k:v}` sorted by text, `net.IP:10.0.0.1`.
    #[must_use]
    pub fn notation(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(b) => b.to_string(),
            Self::Int(i) => format!("i:{i}"),
            Self::Uint(u) => format!("u:{u}"),
            Self::Double(d) if d.is_infinite() && *d > 0.0 => "d:+Inf".to_owned(),
            Self::Double(d) if d.is_infinite() => "d:-Inf".to_owned(),
            Self::Double(d) => format!("d:{d:e}"),
            Self::String(text) => quote(text),
            Self::Bytes(bytes) => {
                let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
                format!("b:{hex}")
            }
            Self::Duration(nanos) => format!("dur:{nanos}"),
            Self::Timestamp(time) => format!("ts:{}", time.format(0)),
            Self::Type(name) => format!("type:{name}"),
            Self::Optional(None) => "none".to_owned(),
            Self::Optional(Some(value)) => format!("some({})", value.notation()),
            Self::List(list) => {
                let elements: Vec<String> =
                    list.iter().map(|v| v.map_or_else(|e| format!("error:{e}"), |v| v.notation())).collect();
                format!("[{}]", elements.join(","))
            }
            Self::Map(map) => {
                let mut entries: Vec<String> = map
                    .iter()
                    .map(|entry| match entry {
                        // Nothing finds the value of a key that is not a number.
                        Ok((Self::Double(d), _)) if d.is_nan() => "d:NaN:error:no such key: NaN".to_owned(),
                        Ok((key, value)) => format!("{}:{}", key.notation(), value.notation()),
                        Err(e) => format!("error:{e}"),
                    })
                    .collect();
                entries.sort();
                format!("{{{}}}", entries.join(","))
            }
            Self::Claims(_) | Self::User(_) => format!("lazy:{}", self.type_name()),
            Self::Ip(ip) => format!("net.IP:{ip}"),
            Self::Cidr(cidr) => format!("net.CIDR:{cidr}"),
            Self::Url(url) => format!("kubernetes.URL:{url}"),
            Self::Quantity(quantity) => format!("kubernetes.Quantity:{quantity}"),
            Self::Semver(version) => format!("kubernetes.Semver:{version}"),
            Self::Format(format) => format!("kubernetes.NamedFormat:{}", format.name()),
            Self::Empty => "google.protobuf.Empty".to_owned(),
        }
    }
}

/// A JSON string.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
