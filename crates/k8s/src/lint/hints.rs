//! What was likely meant where the API server's own words say only that something is wrong.

use super::expressions::EMAIL_VERIFIED;
use super::shape::nearest;
use crate::names::is_subdomain;

/// About a field that is refused for this reason; `value` is its text.
pub(super) fn of_field(path: &str, value: &str, why: &str) -> Option<String> {
    let field = path.rsplit('.').next().unwrap_or(path);
    let field = field.split('[').next().unwrap_or(field);
    match field {
        "url" | "discoveryURL" if value.contains("${") || value.contains("$(") => {
            Some("variables are not replaced here: write the value itself".to_owned())
        }
        "url" if why.starts_with("duplicate") => {
            Some("an issuer has one entry: put all its audiences there, and take this one away".to_owned())
        }
        "url" | "discoveryURL" if why.contains("scheme") => match value.strip_prefix("http://") {
            Some(rest) => Some(format!("write https://{rest}, and have the issuer serve it so")),
            None if value.contains("://") => None,
            None => Some(format!("write the whole URL, as in the iss of its tokens: https://{value}")),
        },
        "discoveryURL" if why.contains("different") => {
            Some("leave it out: the discovery document is looked for below url".to_owned())
        }
        "certificateAuthority" if !value.is_empty() => of_certificates(value),
        "audienceMatchPolicy" if value.is_empty() => {
            Some("with several audiences, write audienceMatchPolicy: MatchAny".to_owned())
        }
        "audienceMatchPolicy" => Some("write audienceMatchPolicy: MatchAny".to_owned()),
        "egressSelectorType" => {
            nearest(value, &["controlplane", "cluster"]).map(|meant| format!("perhaps {meant} is meant"))
        }
        "audiences" if why.contains("required") => {
            Some("name what stands in the aud of its tokens: audiences: [my-cluster]".to_owned())
        }
        "key" if why.contains("lowercase") || is_key(&value.to_lowercase()) => {
            Some(format!("write {:?}", value.to_lowercase()))
        }
        "key" if why.contains("domain") && !value.is_empty() => {
            let word = value.trim_matches('/').rsplit('/').next().unwrap_or(value);
            Some(format!("put a domain of yours in front: example.com/{}", word.to_lowercase()))
        }
        "key" if why.contains("reserved") => Some("take a domain of your own".to_owned()),
        "expression" if why.starts_with(EMAIL_VERIFIED) => Some(
            "add a rule beside claimMappings: claimValidationRules: [{expression: \"claims.email_verified == true\"}]"
                .to_owned(),
        ),
        "expression" | "valueExpression" if why.contains("must evaluate to bool") => {
            Some("compare it with something, as in claims.hd == 'example.com'".to_owned())
        }
        "message" if why.contains("claim is set") => {
            Some("take it away, or write an expression instead of claim".to_owned())
        }
        "requiredValue" => Some(format!("take it away, or compare in the expression: == {value:?}")),
        "conditions" if why.contains("enabled") => Some("write enabled: true, or take the conditions away".to_owned()),
        _ if why.contains("can't both be set") => Some("keep one and take the other away".to_owned()),
        _ if why.starts_with("claim or expression is required") => {
            Some("as in claim: sub with prefix: \"oidc:\"".to_owned())
        }
        _ if field == "prefix" && why.contains("expression is set") => {
            Some(format!("take it away, and put it into the expression: {value:?} + …"))
        }
        _ => None,
    }
}

/// Whether it has a domain in front.
fn is_key(key: &str) -> bool {
    key.split_once('/').is_some_and(|(domain, rest)| domain.contains('.') && is_subdomain(domain) && !rest.is_empty())
}

fn of_certificates(value: &str) -> Option<String> {
    let first = value.trim_start();
    if first.starts_with("LS0t") {
        return Some("this is base64: write the PEM itself, below certificateAuthority: |".to_owned());
    }
    if first.contains("-----BEGIN") {
        let folded = !first.trim().contains('\n');
        return folded
            .then(|| "its lines are folded into one: write | where > stands, or \\n between the lines".to_owned());
    }
    let is_path = !first.contains('\n') && (first.contains('/') || first.ends_with(".pem") || first.ends_with(".crt"));
    is_path.then(|| {
        "this is a path, and no file is read here: write the PEM itself, below certificateAuthority: |".to_owned()
    })
}

/// About an expression that does not compile.
pub(super) fn of_expression(path: &str, source: &str, message: &str) -> Option<String> {
    let of_user = path.contains("userValidationRules");
    let quoted = message.split('\'').nth(1).unwrap_or_default();
    if message.starts_with("undeclared reference to") {
        return match quoted {
            "claims" | "claim" if of_user => {
                Some("here is only user; rules about claims are claimValidationRules".to_owned())
            }
            "user" | "username" | "groups" if !of_user => {
                Some("here are only claims; rules about the user are userValidationRules".to_owned())
            }
            "username" | "groups" | "uid" | "extra" => Some(format!("write user.{quoted}")),
            _ if OTHER_WORDS.iter().any(|(other, _)| *other == quoted) => {
                OTHER_WORDS.iter().find(|(other, _)| *other == quoted).map(|(_, word)| format!("write {word}"))
            }
            _ => match nearest(quoted, WORDS) {
                Some(word) if word != quoted => Some(format!("perhaps {word} is meant")),
                _ if source.contains(&format!("{quoted}(")) => None,
                _ if of_user => Some(format!("a text stands in quotes: '{quoted}'")),
                _ => Some(format!("a claim is claims.{quoted}, a text stands in quotes: '{quoted}'")),
            },
        };
    }
    if message.starts_with("undefined field") && of_user {
        return match nearest(quoted, &["username", "groups", "uid", "extra"]) {
            Some(field) => Some(format!("perhaps user.{field} is meant")),
            None if matches!(quoted, "name" | "user" | "email") => Some("perhaps user.username is meant".to_owned()),
            None => Some("user has username, groups, uid and extra".to_owned()),
        };
    }
    if message.contains("cannot be range of a comprehension") {
        return Some(
            "what type a claim has is not known before there is a token: put dyn() around it, as in dyn(claims.groups)"
                .to_owned(),
        );
    }
    if message.contains("'contains' applied to 'list") {
        return Some("whether a list has an element is asked by in: 'x' in user.groups".to_owned());
    }
    if message.contains("'@in' applied to '(list") {
        return Some(
            "in asks for one element; whether any of a list is in another: user.groups.exists(g, g in […])".to_owned(),
        );
    }
    if message.starts_with("invalid matches argument") {
        return Some("this is no regular expression of RE2: a bracket is open, or it has what RE2 has not".to_owned());
    }
    if message.contains("has() macro") {
        return Some("has asks for a member by its name: has(claims.NAME); else write 'NAME' in claims".to_owned());
    }
    if !message.starts_with("Syntax error") {
        return None;
    }
    match quoted {
        "and" | "AND" => Some("write &&".to_owned()),
        "or" | "OR" => Some("write ||".to_owned()),
        "s" | "m" | "h" | "d" if source.contains(|c: char| c.is_ascii_digit()) => {
            Some("exp, iat and nbf are numbers of seconds: write the number, 3600 for an hour".to_owned())
        }
        "$" => Some("names stand without $: claims.NAME".to_owned()),
        "–" | "—" | "−" => Some("this is a dash and no minus: write -".to_owned()),
        "“" | "”" | "„" | "‘" | "’" | "‚" => Some("these are typographic quotes: write ' or \"".to_owned()),
        "≤" | "≥" | "≠" => Some("write <=, >= or !=".to_owned()),
        text if text.starts_with('=') && source.contains("=~") => {
            Some("a regular expression is asked by claims.NAME.matches('…')".to_owned())
        }
        _ if source.trim_start().starts_with("not ") => Some("write ! for not".to_owned()),
        text if text.starts_with('=') => Some("write == to compare".to_owned()),
        text if text.starts_with('&') => Some("write &&".to_owned()),
        text if text.starts_with('|') => Some("write ||".to_owned()),
        text if text.starts_with(['\'', '"']) => Some("this quote is not closed".to_owned()),
        _ if message.contains("<EOF>") && message.contains("unexpected '<EOF>'") => {
            Some("the expression ends too early: an operand or a bracket is missing".to_owned())
        }
        _ => None,
    }
}

/// Names that an expression can use.
const WORDS: &[&str] = &[
    "claims",
    "user",
    "has",
    "startsWith",
    "endsWith",
    "contains",
    "matches",
    "split",
    "join",
    "lowerAscii",
    "upperAscii",
    "exists",
    "exists_one",
    "all",
    "map",
    "filter",
    "size",
    "orValue",
    "optMap",
    "substring",
    "replace",
    "trim",
    "indexOf",
    "isURL",
    "url",
    "getHostname",
    "quantity",
    "duration",
    "timestamp",
    "int",
    "string",
    "double",
    "bool",
    "dyn",
    "sets",
    "lists",
    "find",
    "findAll",
];

/// Names of other languages for them.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("toLower", "lowerAscii()"),
    ("toLowerCase", "lowerAscii()"),
    ("lower", "lowerAscii()"),
    ("toUpper", "upperAscii()"),
    ("toUpperCase", "upperAscii()"),
    ("upper", "upperAscii()"),
    ("len", "size()"),
    ("length", "size()"),
    ("count", "size()"),
    ("hasPrefix", "startsWith('…')"),
    ("hasSuffix", "endsWith('…')"),
    ("includes", "'…' in the list"),
    ("any", "exists(x, …)"),
    ("some", "exists(x, …)"),
    ("every", "all(x, …)"),
    ("match", "matches('…')"),
    ("regexMatch", "matches('…')"),
    ("strip", "trim()"),
];
