//! Nothing that an expression or a token holds exhausts the stack, the memory or the time.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use claimant_cel::{Activation, COST_LIMIT, ClaimsIndex, Env, EvalError, Program};

/// Runs on a thread with little stack.
fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(512 * 1024)
        .spawn(run)
        .expect("a thread starts")
        .join()
        .expect("the thread ends well");
}

const CLAIMS: &str = r#"{"sub": "248289761001", "groups": ["dev", "ops", "admins"],
    "nested": {"a": {"b": 1}}, "text": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

/// Compiles and evaluates; says which of the two failed.
fn outcome(expression: &str) -> Result<u64, String> {
    let claims = ClaimsIndex::from_json(CLAIMS).unwrap();
    let program = Program::compile(&Env::claims(), expression).map_err(|error| format!("load: {}", error.message()))?;
    match program.eval(&Activation::claims(&claims)) {
        Ok(output) => {
            // Dropping and writing out values must bear their depth, too.
            let _ = output.value.notation();
            Ok(output.cost)
        }
        Err(failure) => {
            assert!(failure.cost <= COST_LIMIT + 1_100_000, "{}", failure.cost);
            Err(format!("run: {}", failure.error))
        }
    }
}

#[test]
fn chains_of_1500_end_in_an_error() {
    on_small_stack(|| {
        let n = 1_500;
        for expression in [
            format!("1{}", "+1".repeat(n)),
            format!("{}1{}", "(".repeat(n), ")".repeat(n)),
            format!("{}{}", "[".repeat(n), "]".repeat(n)),
            format!("{}1{}", "{1:".repeat(n), "}".repeat(n)),
            format!("claims{}", ".a".repeat(n)),
            format!("claims{}", "[0]".repeat(n)),
            format!("'a'{}", ".trim()".repeat(n)),
            format!("{}1{}", "dyn(".repeat(n), ")".repeat(n)),
            format!("{}2", "true ? 1 : ".repeat(n)),
            format!("{}1{}", "[1].map(x, ".repeat(n), ")".repeat(n)),
            format!("{}1{}", "1+(".repeat(n), ")".repeat(n)),
            format!("1{}", " == 1".repeat(n)),
        ] {
            let error = outcome(&expression).expect_err("too deep");
            assert!(error.starts_with("load: "), "{error}");
        }
    });
}

#[test]
fn what_does_not_nest_may_be_long() {
    on_small_stack(|| {
        let n = 1_500;
        assert!(outcome(&format!("true{}", " && true".repeat(n))).is_ok());
        assert!(outcome(&format!("{}true", "!".repeat(n))).is_ok());
        assert!(outcome(&format!("[{}1]", "1, ".repeat(n))).is_ok());
        assert!(outcome(&format!("{}(1)", "-".repeat(n))).is_ok());
    });
}

#[test]
fn the_limit_of_nesting_is_250() {
    on_small_stack(|| {
        let brackets = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
        assert!(outcome(&brackets(249)).is_ok());
        assert!(outcome(&brackets(250)).is_err());
        let sum = |n: usize| format!("1{}", "+1".repeat(n));
        assert!(outcome(&sum(250)).is_ok());
        assert!(outcome(&sum(251)).is_err());
        let maps = |n: usize| format!("{}1{}", "[1].map(x, ".repeat(n), ")".repeat(n));
        assert!(outcome(&maps(120)).is_ok());
    });
}

#[test]
fn the_limit_of_code_points_is_100_000() {
    on_small_stack(|| {
        let text = |n: usize| format!("'{}'", "é".repeat(n - 2));
        assert!(outcome(&text(100_000)).is_ok());
        let error = outcome(&text(100_001)).expect_err("too long");
        assert!(error.contains("limit 100000"), "{error}");
    });
}

#[test]
fn comprehensions_that_explode_are_stopped() {
    on_small_stack(|| {
        let list = "[1,1,1,1,1,1,1,1,1,1]";
        let mut expression = "true".to_owned();
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            expression = format!("{list}.all({name}, {expression})");
        }
        assert_eq!(outcome(&expression).expect_err("too costly"), format!("run: {}", EvalError::CostLimitExceeded));
    });
}

#[test]
fn doubling_is_stopped() {
    on_small_stack(|| {
        for (start, step) in [
            ("['aaaaaaaaaa']", ".map(x, x + x)"),
            ("[[1, 2, 3]]", ".map(x, x + x)"),
            ("[claims.text]", ".map(x, string(x) + string(x))"),
            ("[[1]]", ".map(x, [x, x])"),
            ("[{'a': 1}]", ".map(x, {'a': x, 'b': x})"),
            ("['a']", ".map(x, x.replace('a', 'aaaaaaaaaa'))"),
            ("['a']", ".map(x, [x, x, x, x].join(x))"),
        ] {
            for rest in ["", " == [dyn(1)]", "[0] in [[1]]", ".size() == 1"] {
                let expression = format!("dyn({start}{}){rest}", step.repeat(60));
                // The value may be there, shared and small; walking over it must end.
                let _ = run_bounded(&expression);
            }
        }
    });
}

/// Evaluates without writing the value out: it may be astronomically large.
fn run_bounded(expression: &str) -> Option<u64> {
    let claims = ClaimsIndex::from_json(CLAIMS).unwrap();
    let program = Program::compile(&Env::claims(), expression).ok()?;
    match program.eval(&Activation::claims(&claims)) {
        Ok(output) => Some(output.cost),
        Err(failure) => Some(failure.cost),
    }
}

#[test]
fn operations_on_large_shared_values_are_stopped() {
    on_small_stack(|| {
        let doubled = format!("[[1, 2, 3]]{}[0]", ".map(x, x + x)".repeat(60));
        for operation in [
            "dyn($) == dyn($)",
            "7 in dyn($)",
            "dyn($).sum() == 0",
            "dyn($).distinct() == []",
            "sets.contains(dyn($), [7])",
            "dyn($).sort() == []",
            "dyn($).all(x, true)",
            "'%s'.format([dyn($)]) == ''",
            "dyn($).reverse() == []",
            "dyn($).isSorted()",
            "dyn($).includes(7)",
            "dyn($).indexOf(7) == 0",
        ] {
            let expression = operation.replace('$', &doubled);
            let claims = ClaimsIndex::from_json(CLAIMS).unwrap();
            let program = Program::compile(&Env::claims(), &expression).expect(operation);
            let failure = program.eval(&Activation::claims(&claims)).expect_err(operation);
            assert!(
                matches!(failure.error, EvalError::CostLimitExceeded | EvalError::MemoryLimitExceeded),
                "{operation}: {}",
                failure.error
            );
        }
    });
}

#[test]
fn chained_macros_that_copy_their_target_are_refused() {
    on_small_stack(|| {
        let expression = format!("optional.of(1){}", ".optMap(x, x)".repeat(100));
        let error = outcome(&expression).expect_err("too large");
        assert!(error.starts_with("load: "), "{error}");
    });
}

#[test]
fn types_that_double_are_bounded() {
    on_small_stack(|| {
        let expression = format!("[1]{}", ".map(x, {x: x})".repeat(60));
        let _ = run_bounded(&expression);
    });
}

#[test]
fn deep_and_broken_json_is_borne() {
    on_small_stack(|| {
        let nested = |n: usize| format!("{{\"deep\": {}1{}}}", "[".repeat(n), "]".repeat(n));
        assert!(ClaimsIndex::from_json(&nested(100_000)).is_err());
        let deep = nested(5_000);
        let claims = ClaimsIndex::from_json(&deep).unwrap();
        for expression in [
            "claims.deep == claims.deep",
            "claims.deep[0][0][0] == []",
            "size(claims.deep) == 1",
            "dyn(claims.deep).all(x, x == 1)",
            "dyn(claims.deep).isSorted()",
            "'%s'.format(dyn([claims.deep])) == ''",
        ] {
            let program = Program::compile(&Env::claims(), expression).expect(expression);
            let _ = program.eval(&Activation::claims(&claims));
        }
        for raw in ["{", "[1, 2", "\"a", "tru", "1e999", "{\"a\" 1}", "[1 2]", "\"\\u12\"", ""] {
            let members = [("broken", raw)];
            for expression in [
                "claims.broken == 1",
                "size(claims.broken) == 1",
                "claims.broken.a == 1",
                "claims.broken[0] == 1",
                "dyn(claims.broken).all(x, x == 1)",
            ] {
                let program = Program::compile(&Env::claims(), expression).expect(expression);
                let claims: &[(&str, &str)] = &members;
                let _ = program.eval(&Activation::claims(&Members(claims)));
            }
        }
    });
}

/// Members of a payload, as a caller may hold them.
struct Members<'a>(&'a [(&'a str, &'a str)]);

impl claimant_cel::Claims for Members<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, raw)| *raw)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn member(&self, index: usize) -> Option<(&str, &str)> {
        self.0.get(index).copied()
    }
}
