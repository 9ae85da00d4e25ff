//! An issuer for a development machine: tokens of a person and of a service account, keys by discovery over TLS on
//! loopback. Prints what a verifier needs, then takes orders from standard input.

use claimant_testkit::{Fault, Issuer, KeyKind, TestkitError};
use std::io::BufRead;
use std::process::ExitCode;

const USAGE: &str = "usage: dev-issuer [ALGORITHM [CA_FILE]]
orders: person NAME AUDIENCE [GROUP...] | pod NAMESPACE ACCOUNT AUDIENCE | refresh NAME AUDIENCE
        rotate | withdraw KID | down | up | requests | quit";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("ES256", String::as_str);
    let Some(kind) = KeyKind::ALL.iter().copied().find(|kind| kind.name() == name) else {
        let names: Vec<_> = KeyKind::ALL.iter().map(|kind| kind.name()).collect();
        eprintln!("{USAGE}\nalgorithms: {}", names.join(" "));
        return ExitCode::from(2);
    };
    match run(kind, arguments.get(1).map(String::as_str)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("dev-issuer: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(kind: KeyKind, ca_file: Option<&str>) -> Result<(), TestkitError> {
    let issuer = Issuer::start_with(kind)?;
    println!("issuer: {}", issuer.url());
    match ca_file {
        Some(path) => {
            std::fs::write(path, issuer.ca_pem())?;
            println!("certificate authority: {path}");
        }
        None => println!("{}", issuer.ca_pem()),
    }
    println!("{USAGE}");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["person", name, audience, groups @ ..] => {
                println!("{}", issuer.id_token(name, groups, &issuer.options(*audience))?);
            }
            ["pod", namespace, account, audience] => {
                let pod = format!("{account}-0");
                println!("{}", issuer.service_account_token(namespace, account, &pod, &issuer.options(*audience))?);
            }
            ["refresh", name, audience] => println!("{}", issuer.refresh_token(name, &[], audience)),
            ["rotate"] => {
                issuer.rotate()?;
                println!("signs with {}", issuer.kid());
            }
            ["withdraw", kid] => issuer.withdraw(kid),
            ["down"] => issuer.fail(Fault::Status(503)),
            ["up"] => issuer.heal(),
            ["requests"] => println!("{:?}", issuer.requests()),
            ["quit"] => break,
            _ => println!("{USAGE}"),
        }
    }
    Ok(())
}
