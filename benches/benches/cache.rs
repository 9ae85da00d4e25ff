//! `cargo bench -p claimant-benches --bench cache`: what a remembered verdict takes, on one thread and on several.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use claimant_benches::measure::{Plan, measure};
use claimant_benches::{Contender, Kind, fixture::Fixture, fixture::Subject};
use claimant_core::{Bearer, Limits, Refusal};
use claimant_k8s::{Authenticated, Authenticator, CachePolicy, Cached, Error, UserInfo};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const NOW: i64 = 1_790_000_000;

/// Gives a user as large as the token's subject would be.
struct Judge(UserInfo);

impl Authenticator for Judge {
    fn judge(&self, bearer: &Bearer<'_>, _: i64) -> Result<Authenticated, Error> {
        match bearer.text().starts_with("ey") {
            true => Ok(Authenticated::of(self.0.clone())),
            false => Err(Error::Refused(claimant_k8s::Refusal::Token(Refusal::Signature))),
        }
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }
}

fn main() {
    // `cargo test` runs benches that have no tests in them.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let mut all = Vec::new();
    for subject in Subject::ALL {
        let fixture = Fixture::all().into_iter().find(|one| one.subject == subject).unwrap();
        let (cached, token) = (cache(user(subject)), fixture.token.clone());
        let name = |what: &str| format!("{}, {} bytes: {what}", subject.name(), token.len());
        let (shared, text) = (Arc::clone(&cached), token.clone());
        all.push(Contender::new(name("hit, shared"), Kind::Ours, None, move || {
            black_box(shared.authenticate_shared(black_box(&text), NOW).unwrap());
        }));
        let (owned, text) = (Arc::clone(&cached), token.clone());
        all.push(Contender::new(name("hit, with a copy of the user"), Kind::Ours, None, move || {
            black_box(owned.authenticate(black_box(&text), NOW).unwrap());
        }));
    }
    println!("| a verdict | minimum, ns | median, ns |\n|---|---:|---:|");
    for outcome in measure(&mut all, Plan::default()) {
        println!("| {} | {:.0} | {:.0} |", outcome.name, outcome.minimum, outcome.median);
    }
    println!("\n| threads | tokens | ns a hit, all together | ratio to one thread |\n|---:|---|---:|---:|");
    for (what, each_its_own) in [("each its own", true), ("all the same", false)] {
        let mut least = [Duration::MAX; 2];
        for _ in 0..ROUNDS {
            for (place, threads) in [1, 2].into_iter().enumerate() {
                least[place] = least[place].min(round(threads, each_its_own));
            }
        }
        let one = least[0].as_secs_f64() * 1e9 / f64::from(HITS);
        for (threads, least) in [1, 2].into_iter().zip(least) {
            let each = least.as_secs_f64() * 1e9 / f64::from(HITS * threads);
            println!("| {threads} | {what} | {each:.0} | {:.2} |", one / each);
        }
    }
}

/// Short enough that two threads run undisturbed now and then on a busy machine: the best round counts.
const HITS: u32 = 400;
const ROUNDS: usize = 3000;

fn cache(user: UserInfo) -> Arc<Cached<Judge>> {
    Arc::new(Cached::with_secret(Judge(user), CachePolicy::default(), &[7; 16]))
}

fn user(subject: Subject) -> UserInfo {
    let text = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    let groups = match subject {
        Subject::ServiceAccount => text(&["system:serviceaccounts", "system:serviceaccounts:web"]),
        Subject::Oidc => (0..200).map(|n| format!("team-{n:04}-engineering")).collect(),
    };
    let extra = |name: &str| (format!("authentication.kubernetes.io/{name}"), vec!["0874f9c8-0444-4398".to_owned()]);
    UserInfo {
        username: "system:serviceaccount:web:frontend".to_owned(),
        uid: "f2390958-56af-43ed-8f7a-7d188e0fe8a1".to_owned(),
        groups,
        extra: ["credential-id", "node-name", "node-uid", "pod-name", "pod-uid"].map(extra).into(),
    }
}

/// How long it takes until each thread has had its hits, over eight tokens of the size of a service account's.
fn round(threads: usize, each_its_own: bool) -> Duration {
    let cached = cache(user(Subject::ServiceAccount));
    let ready = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let tokens: Vec<String> =
                    (0..8).map(|n| format!("ey{:0>1248}", if each_its_own { thread * 8 + n } else { n })).collect();
                tokens.iter().for_each(|token| drop(cached.authenticate_shared(token, NOW)));
                let (cached, ready) = (&cached, &ready);
                scope.spawn(move || {
                    ready.fetch_add(1, Ordering::AcqRel);
                    while ready.load(Ordering::Acquire) < threads {
                        std::hint::spin_loop();
                    }
                    let began = Instant::now();
                    for token in tokens.iter().cycle().zip(0..HITS).map(|(token, _)| token) {
                        black_box(cached.authenticate_shared(black_box(token), NOW).unwrap());
                    }
                    (began, Instant::now())
                })
            })
            .collect();
        let times: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        let (began, ended) = (times.iter().map(|(began, _)| began).min(), times.iter().map(|(_, ended)| ended).max());
        *ended.unwrap() - *began.unwrap()
    })
}
