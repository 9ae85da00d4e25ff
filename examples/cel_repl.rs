//! `cel-repl CLAIMS.json [EXPRESSION..]`: evaluates expressions over the claims in a file and
//! shows static type, value and cost. Without expressions it reads them from standard input, one
//! a line.

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;

use claimant_cel::{Activation, COST_LIMIT, ClaimsIndex, Env, Program};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        eprintln!("usage: cel-repl CLAIMS.json [EXPRESSION..]");
        return ExitCode::FAILURE;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let claims = match ClaimsIndex::from_json(&text) {
        Ok(claims) => claims,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let given: Vec<String> = arguments.collect();
    let mut failed = false;
    if given.is_empty() {
        print!("> ");
        let _ = stdout().flush();
        for line in stdin().lock().lines().map_while(Result::ok) {
            show(&line, &claims);
            print!("> ");
            let _ = stdout().flush();
        }
        println!();
    }
    for expression in given {
        failed |= !show(&expression, &claims);
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints what an expression gives; says whether it gave a value.
fn show(expression: &str, claims: &ClaimsIndex<'_>) -> bool {
    let program = match Program::compile(&Env::claims(), expression) {
        Ok(program) => program,
        Err(error) => {
            println!("refused at load\n{error}");
            return false;
        }
    };
    println!("type   {}", program.result_type());
    match program.eval(&Activation::claims(claims)) {
        Ok(output) => {
            println!("value  {}", output.value.notation());
            println!("cost   {} of {COST_LIMIT}", output.cost);
            true
        }
        Err(failure) => {
            println!("error  {} ({})", failure.error, failure.error.code());
            println!("cost   {} of {COST_LIMIT}", failure.cost);
            false
        }
    }
}
