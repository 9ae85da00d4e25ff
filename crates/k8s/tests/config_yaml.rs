#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]
//! Configurations as YAML: what the reader says of a wrong one, and that no text takes too much of anything.

use claimant_k8s::config::AuthenticationConfiguration;
use claimant_k8s::{ConfigError, FileError};
use proptest::prelude::*;

const HEAD: &str = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";

fn load(text: impl AsRef<[u8]>) -> Result<AuthenticationConfiguration, ConfigError> {
    AuthenticationConfiguration::from_yaml(text.as_ref(), &[])
}

/// One issuer, with this list of audiences.
fn audiences(list: &str) -> String {
    format!(
        "{HEAD}jwt:\n- issuer:\n    url: https://a.example\n    audienceMatchPolicy: MatchAny\n    audiences: {list}\n  \
         claimMappings:\n    username:\n      claim: sub\n      prefix: ''\n"
    )
}

fn read_audiences(list: &str) -> Vec<String> {
    let config = AuthenticationConfiguration::read_yaml(audiences(list).as_bytes());
    config.unwrap().jwt.remove(0).issuer.audiences
}

fn refused(text: impl AsRef<[u8]>) -> FileError {
    match load(text) {
        Err(ConfigError::File(error)) => error,
        other => panic!("not a fault of the text: {other:?}"),
    }
}

/// Runs on a stack of 512 KiB, so that recursion as deep as the text nests would end the program.
fn on_a_small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(512 << 10).spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

#[test]
fn scalars_are_those_of_yaml_1_1() {
    assert_eq!(read_audiences("[a, 'yes', \"\\x41\", !!str 5, ! no, 12:30:45, 2026-11-25, oN]").len(), 8);
    assert_eq!(read_audiences("[!!binary aGVsbG8=, x]"), ["hello", "x"]);
    assert_eq!(read_audiences("\n    - >-\n      a\n      b\n\n      c\n    - |2\n        d\n"), ["a b\nc", "  d\n"]);
    assert_eq!(read_audiences("[&x a, *x]"), ["a", "a"]);
    for scalar in ["yes", "n", "0123", "0x1F", "1_000", ".inf", "1e3", "!!bool off", "!!int x", "[a]", "{a: b}"] {
        let error = refused(audiences(&format!("[a, {scalar}]")));
        assert_eq!((error.line, error.path.as_str()), (7, "jwt[0].issuer.audiences[1]"), "{scalar}: {error}");
    }
}

#[test]
fn errors_name_the_place() {
    for (text, line, column, path) in [
        (format!("{HEAD}foo: 1\n"), 3, 1, "foo"),
        (format!("{HEAD}jwt: []\nanonymous:\n  enabled: yep\n"), 5, 12, "anonymous.enabled"),
        (format!("{HEAD}jwt:\n- issuer:\n    url: x\n    uRL: y\n"), 6, 5, "jwt[0].issuer.uRL"),
        (format!("{HEAD}jwt:\n- issuer: {{url: x, \"url\": y}}\n"), 4, 20, "jwt[0].issuer.url"),
        (format!("{HEAD}jwt:\n- issuer: &i {{url: x}}\n- issuer: {{<<: *i, url: y}}\n"), 5, 20, "jwt[1].issuer.url"),
        (format!("{HEAD}jwt: *nope\n"), 3, 6, ""),
        (format!("{HEAD}\tjwt: []\n"), 3, 1, ""),
        (format!("{HEAD}jwt: \"a\u{7}\"\n"), 3, 8, ""),
        (format!("%YAML 1.2\n---\n{HEAD}"), 1, 1, ""),
        (r#"{"apiVersion": 1}"#.to_owned(), 1, 16, ""),
    ] {
        let error = refused(&text);
        assert_eq!((error.line, error.column, error.path.as_str()), (line, column, path), "{text}: {error}");
    }
}

#[test]
fn only_the_first_document_counts() {
    let good = format!("{HEAD}jwt: []\n");
    assert!(load(format!("---\n{good}---\n[ nothing of this\nis read")).is_ok());
    assert!(load(format!("{good}...\n")).is_ok());
    for text in ["", "\n", "# nothing\n", "---\n", "~", &format!("---\n---\n{good}")] {
        assert!(load(text).is_err(), "{text:?}");
    }
    // What stands more than a piece behind the end of the first document is not even decoded.
    assert!(load([good.as_bytes(), b"---\n", &b"# x\n".repeat(400), b"\xff"].concat()).is_ok());
    assert!(load([good.as_bytes(), b"---\n\xff"].concat()).is_err());
}

#[test]
fn utf_16_is_read() {
    let text = audiences("[ü, 😀]");
    let encode = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
    };
    for bytes in [encode(u16::to_le_bytes), encode(u16::to_be_bytes)] {
        assert_eq!(load(&bytes).unwrap().jwt[0].issuer.audiences, ["ü", "😀"]);
        assert!(load(&bytes[..bytes.len() - 1]).is_err());
    }
}

#[test]
fn what_is_written_is_read_again() {
    let config = load(audiences("[a, b]")).unwrap();
    let written = serde_json::to_string(&config).unwrap();
    assert!(written.contains(r#""claimMappings":{"username":{"claim":"sub","prefix":""},"groups":{},"uid":{}}"#));
    assert_eq!(load(&written).unwrap(), config);
}

#[test]
fn json_is_read_as_go_reads_it() {
    let json = |audience: &[u8]| {
        [
            br#"{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[{"issuer":
            {"url":"https://a.example","audiences":[""#,
            audience,
            br#""]},"claimMappings":{"username":{"claim":"sub","prefix":""}}}]}"#,
        ]
        .concat()
    };
    for (written, read) in
        [(&br"\ud83d\ude00"[..], "😀"), (br"a\ud83d", "a\u{fffd}"), (b"a\xff\xfe", "a\u{fffd}\u{fffd}")]
    {
        assert_eq!(load(json(written)).unwrap().jwt[0].issuer.audiences, [read]);
    }
}

#[test]
fn depth_takes_no_stack() {
    on_a_small_stack(|| {
        for (text, why) in [
            (format!("{HEAD}jwt: {}", "[".repeat(20_000)), "exceeded max depth of 10000"),
            (format!("{HEAD}jwt: {}{}", "[".repeat(9_000), "]".repeat(9_000)), "invalid type: sequence"),
            (format!("{HEAD}jwt:\n{}", "- ".repeat(20_000)), "exceeded max depth of 10000"),
            (format!("{HEAD}<<: {}{}", "{<<: ".repeat(9_000), "}".repeat(9_000)), "map merge requires"),
            (format!("{HEAD}{}", "? ".repeat(9_000)), "a key is a list or a mapping"),
            (format!("{HEAD}jwt: &a [{}*a]", "{issuer: *a},".repeat(9_000)), "invalid type: sequence"),
            (format!("<<: &a {{<<: *a}}\n{HEAD}"), "contains itself"),
        ] {
            let error = refused(&text);
            assert!(error.why.contains(why), "{why}: {error}");
        }
    });
}

#[test]
fn aliases_expand_within_limits() {
    let bomb = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "))
    });
    assert!(load(format!("{HEAD}{bomb}")).is_err());

    // Each issuer's list is that of the first: most nodes are repeated, as in the API server's own limit.
    let issuers = |lists: usize, length: usize| {
        let list = format!("&l [{}]", vec!["a"; length].join(","));
        (0..lists).fold(format!("{HEAD}jwt:\n"), |text, i| {
            let list = if i == 0 { &list } else { "*l" };
            format!(
                "{text}- issuer: {{url: 'https://{i}.example', audienceMatchPolicy: MatchAny, audiences: {list}}}\n  \
                 claimMappings: {{username: {{claim: sub, prefix: ''}}}}\n"
            )
        })
    };
    assert!(!matches!(load(issuers(60, 1_000)), Err(ConfigError::File(_))));
    assert_eq!(refused(issuers(60, 20_000)).why, "document contains excessive aliasing");

    let long = format!("[&a {}{}]", "x".repeat(1 << 20), ", *a".repeat(70));
    assert!(matches!(load(audiences(&long)), Err(ConfigError::FileLimit(_))));
    let padding = "#".repeat(4 << 20);
    assert!(matches!(load(format!("{HEAD}{padding}")), Err(ConfigError::FileLimit(_))));
}

#[test]
fn messages_are_short() {
    let error = refused(format!("{HEAD}? {}\n: x", "a".repeat(100_000)));
    assert!(error.to_string().len() < 2_000, "{}", error.to_string().len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = load(bytes);
    }

    #[test]
    fn no_indicators_panic(text in "[-:?,\\[\\]{}#&*!|>'\"%@` \t\n\r\u{85}\u{2028}\u{feff}\\\\~=<.0ax]{0,60}") {
        let _ = load(&text);
        let _ = load(audiences(&text));
    }
}
