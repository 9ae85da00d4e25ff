//! `cargo bench -p claimant-benches --bench union`: what it takes to pick one of many issuers.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_benches::measure::{Plan, measure};
use claimant_benches::{Contender, Kind};
use claimant_core::{Bearer, Buffer, Limits};
use claimant_k8s::{Authenticated, Authenticator, Error, Union};
use claimant_testkit::{KeyKind, SigningKey};
use serde_json::json;
use std::hint::black_box;

/// Says no at once, so that what is measured is the way to it.
struct Nobody(String);

impl Authenticator for Nobody {
    fn judge(&self, _: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
        Err(Error::Unrecognized)
    }

    fn issuers(&self) -> Option<Vec<String>> {
        Some(vec![self.0.clone()])
    }
}

fn main() {
    // `cargo test` runs benches that have no tests in them.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let mut all = Vec::new();
    for count in [1, 10, 1000, 100_000] {
        for (what, number) in [("the last of", count - 1), ("none of", count)] {
            let name = format!("{what} {count} issuers");
            all.push(Contender::new(name, Kind::Rest, None, picks(count, &url(number))));
        }
    }
    println!("| picking | minimum, ns | median, ns |\n|---|---:|---:|");
    for outcome in measure(&mut all, Plan::default()) {
        println!("| {} | {:.1} | {:.1} |", outcome.name, outcome.minimum, outcome.median);
    }
}

fn url(number: usize) -> String {
    format!("https://login.example.com/realms/tenant-{number:06}")
}

/// Lets a union of so many pick for one token, which has been read before.
fn picks(count: usize, issuer: &str) -> impl FnMut() + 'static {
    let union = (0..count).fold(Union::new(), |union, number| union.with(Nobody(url(number))));
    let token = SigningKey::generate("k", KeyKind::EdDsa).unwrap().sign(&json!({"iss": issuer})).unwrap();
    // The bench ends with the process; so may what it reads.
    let (token, buffer) = (Box::leak(token.into_boxed_str()), Box::leak(Box::new(Buffer::new())));
    let bearer = Bearer::read(token, buffer, &Limits::default()).unwrap();
    assert_eq!(bearer.claimed_issuer(), Some(issuer));
    move || {
        let _ = black_box(union.judge(black_box(&bearer), 0));
    }
}
