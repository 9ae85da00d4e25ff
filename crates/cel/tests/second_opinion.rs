//! A second opinion: expressions made at random, over what both engines have, put to the `cel` crate, too.
//!
//! They agree on integers, texts, booleans, lists, maps and the standard macros. Left out is where the `cel` crate
//! goes ways of its own: it knows no types before the run (nor `dyn`), reads JSON's whole numbers as integers, counts
//! the bytes of a text, not its characters, and fails for an error on the left of `||` and `&&`.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use claimant_cel::{Activation, ClaimsIndex, Env, Program};

const CLAIMS: &str = r#"{"email": "jane@example.com", "hd": "example.com", "verified": true, "empty": "",
    "groups": ["dev", "ops", "admins"], "realm": {"roles": ["viewer", "editor"], "name": "core"}}"#;
const EXPRESSIONS: usize = 5_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Int,
    Text,
    Bool,
    Ints,
    Texts,
}

/// A generator of expressions. The numbers are those of SplitMix64, the same in each run.
struct Maker {
    state: u64,
    /// Variables of the macros that are open.
    variables: Vec<(String, Sort)>,
}

impl Maker {
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick(&mut self, items: &[&str]) -> String {
        items.get(self.below(items.len())).unwrap().to_string()
    }

    fn make(&mut self, sort: Sort, depth: usize) -> String {
        let known: Vec<String> =
            self.variables.iter().filter(|(_, s)| *s == sort).map(|(name, _)| name.clone()).collect();
        if !known.is_empty() && self.below(3) == 0 {
            return known.get(self.below(known.len())).unwrap().clone();
        }
        if depth == 0 {
            return self.pick(match sort {
                Sort::Int => &["0", "1", "2", "-3", "7", "100", "9223372036854775807"],
                Sort::Text => &["''", "'a'", "'dev'", "'ops'", "'a b'", "string(claims.email)", "string(claims.hd)"],
                Sort::Bool => &["true", "false", "claims.verified == true", "has(claims.email)", "has(claims.nope)"],
                Sort::Ints => &["[1, 2, 3]", "[5]", "[0, 7, -3, 7]"],
                Sort::Texts => &["['a', 'b']", "['dev']", "claims.realm.roles", "dyn(claims.groups)"],
            });
        }
        if self.below(8) == 0 {
            let (condition, then, otherwise) =
                (self.make(Sort::Bool, 0), self.make(sort, 0), self.make(sort, depth - 1));
            return format!("({condition} ? {then} : {otherwise})");
        }
        self.compound(sort, depth - 1)
    }

    fn compound(&mut self, sort: Sort, depth: usize) -> String {
        use Sort::{Bool, Int, Ints, Text, Texts};
        let list = if self.below(2) == 0 { Ints } else { Texts };
        match (sort, self.below(8)) {
            (Int, 0) => format!("size({})", self.make(list, depth)),
            (Int, 1) => format!("size({})", self.make(Text, depth)),
            (Int, 2) => format!("({})[{}]", self.make(Ints, depth), self.below(3)),
            (Int, _) => {
                let operator = self.pick(&["+", "-", "*", "/", "%"]);
                format!("({} {operator} {})", self.make(Int, depth), self.make(Int, depth))
            }
            (Text, 0) => format!("string({})", self.make(Int, depth)),
            (Text, 1) => format!("string(({})[{}])", self.make(Texts, depth), self.below(3)),
            (Text, _) => format!("({} + {})", self.make(Text, depth), self.make(Text, depth)),
            (Bool, 0) => {
                let operator = self.pick(&["<", "<=", ">", ">=", "==", "!="]);
                let of = if self.below(2) == 0 { Int } else { Text };
                format!("({} {operator} {})", self.make(of, depth), self.make(of, depth))
            }
            (Bool, 1) => {
                let function = self.pick(&["contains", "startsWith", "endsWith"]);
                format!("{}.{function}({})", self.make(Text, depth), self.make(Text, 0))
            }
            (Bool, 2) => {
                let pattern = self.pick(&["'^[a-z]+$'", "'@'", "'(dev|ops)'", "'.*m$'"]);
                format!("{}.matches({pattern})", self.make(Text, depth))
            }
            (Bool, 3) => {
                let element = if list == Ints { Int } else { Text };
                format!("({} in {})", self.make(element, depth), self.make(list, depth))
            }
            (Bool, 4) => format!("!({})", self.make(Bool, depth)),
            (Bool, 5) => {
                let name = self.pick(&["all", "exists", "exists_one"]);
                let body = |maker: &mut Self| maker.make(Bool, depth);
                self.macro_over(list, depth, &name, body)
            }
            (Bool, _) => {
                let operator = self.pick(&["&&", "||"]);
                format!("({} {operator} {})", self.make(Bool, depth), self.make(Bool, depth))
            }
            (Ints | Texts, 0 | 1) => format!("({} + {})", self.make(sort, depth), self.make(sort, 0)),
            (Ints | Texts, 2..=4) => self.macro_over(sort, depth, "filter", |maker| maker.make(Bool, depth)),
            (Ints, _) => self.macro_over(list, depth, "map", |maker| maker.make(Int, depth)),
            (Texts, _) => self.macro_over(list, depth, "map", |maker| maker.make(Text, depth)),
        }
    }

    fn macro_over(&mut self, list: Sort, depth: usize, name: &str, body: impl FnOnce(&mut Self) -> String) -> String {
        let range = self.make(list, depth);
        let variable = format!("v{}", self.variables.len());
        let element = if list == Sort::Ints { Sort::Int } else { Sort::Text };
        self.variables.push((variable.clone(), element));
        let body = body(self);
        self.variables.pop();
        format!("({range}).{name}({variable}, {body})")
    }
}

/// The value in the notation of [`claimant_cel::Value::notation`].
fn notation(value: &cel::Value) -> String {
    match value {
        cel::Value::Null => "null".to_owned(),
        cel::Value::Bool(b) => b.to_string(),
        cel::Value::Int(i) => format!("i:{i}"),
        cel::Value::String(text) => serde_json::Value::from(text.as_str()).to_string(),
        cel::Value::List(list) => format!("[{}]", list.iter().map(notation).collect::<Vec<_>>().join(",")),
        other => panic!("no expression gives {other:?}"),
    }
}

#[test]
fn both_give_the_same_values_and_fail_at_the_same_expressions() {
    let claims = ClaimsIndex::from_json(CLAIMS).unwrap();
    let mut context = cel::Context::default();
    context.add_variable("claims", serde_json::from_str::<serde_json::Value>(CLAIMS).unwrap()).unwrap();
    let mut maker = Maker { state: 6, variables: Vec::new() };
    let (mut values, mut failures, mut absorbed) = (0, 0, 0);
    let mut differ = Vec::new();
    for _ in 0..EXPRESSIONS {
        let sort = *[Sort::Int, Sort::Text, Sort::Bool, Sort::Ints, Sort::Texts].get(maker.below(5)).unwrap();
        let depth = 1 + maker.below(4);
        let expression = maker.make(sort, depth);
        let program = match Program::compile(&Env::claims(), &expression) {
            Ok(program) => program,
            Err(error) => {
                differ.push(format!("{expression}: {error}"));
                continue;
            }
        };
        let ours = program.eval(&Activation::claims(&claims));
        let peer = expression.replace("dyn(claims.groups)", "claims.groups");
        let theirs = cel::Program::compile(&peer).unwrap().execute(&context);
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) if ours.value.notation() == notation(theirs) => values += 1,
            (Err(_), Err(_)) => failures += 1,
            // An error on the left of `||` or `&&` that the right decides.
            (Ok(_), Err(_)) if expression.contains("||") || expression.contains("&&") => absorbed += 1,
            _ => differ.push(format!("{expression}: {:?}, {theirs:?}", ours.map(|o| o.value.notation()))),
        }
    }
    let shown = differ.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differ.is_empty(), "{} of {EXPRESSIONS} differ:\n{shown}", differ.len());
    assert!(values > 1_000 && failures > 100 && absorbed < 50, "{values} values, {failures} and {absorbed} failures");
}
