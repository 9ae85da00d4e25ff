//! `cargo bench -p claimant-benches --bench keys`: reading the keys of an issuer while they are refreshed, and what
//! many issuers in one process take. Printed as Markdown.

use claimant_core::{JwkRules, Limits, provider};
use claimant_jwks::lifecycle::Fetched;
use claimant_jwks::source::Remote;
use claimant_jwks::source::remote::{HttpClient, HttpRequest, HttpResponse};
use claimant_jwks::{Answer, BoxFuture, FetchError, FetchRequest, KeyPolicy, KeySource, Keys, Outcome};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    if !std::env::args().any(|word| word == "--bench") {
        return Ok(());
    }
    println!("| reading a snapshot, key of 5 present | ns of processor a read | reads/s |");
    println!("|---|--:|--:|");
    let keys = Keys::spawn_thread(Alternating(0), busy())?;
    let stop = Arc::new(AtomicBool::new(false));
    let refresher = {
        let (keys, stop) = (keys.clone(), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                keys.refresh();
                std::thread::sleep(Duration::from_millis(1));
            }
        })
    };
    while keys.load().keys().is_none() {
        std::thread::yield_now();
    }
    let mut best = [Round::default(), Round::default()];
    // In turns, so that both see the same machine; the best of each counts.
    for _ in 0..ROUNDS {
        for (threads, best) in [1usize, 2].into_iter().zip(&mut best) {
            let round = read(&keys, threads)?;
            best.a_second = f64::max(best.a_second, round.a_second);
            best.cost = f64::min(best.cost, round.cost);
        }
    }
    stop.store(true, Ordering::Relaxed);
    let _ = refresher.join();
    for (threads, round) in [1, 2].into_iter().zip(&best) {
        println!("| {threads} thread(s) | {:.1} | {:.0} |", round.cost, round.a_second);
    }
    let fetches = keys.state().map_or(0, |state| state.fetches);
    let [one, two] = best;
    println!(
        "\n1 to 2 threads: {:.2} × by the processor time that a read takes, {:.2} × by the wall clock, which other work \
         on the machine slows; {fetches} refreshes meanwhile\n",
        2.0 * one.cost / two.cost,
        two.a_second / one.a_second,
    );
    drop(keys);
    many_issuers()
}

/// What one round showed.
struct Round {
    /// Reads a second, of all threads.
    a_second: f64,
    /// Nanoseconds of processor time that a read takes.
    cost: f64,
}

impl Default for Round {
    fn default() -> Self {
        Self { a_second: 0.0, cost: f64::MAX }
    }
}

fn read(keys: &Keys, threads: usize) -> Result<Round, Failure> {
    let (reads, spent, start) = (AtomicU64::new(0), AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = 0u64;
                let before = on_processor();
                while start.elapsed() < ROUND {
                    for _ in 0..1000 {
                        let loaded = keys.load();
                        black_box(loaded.key(black_box("key-3")).is_some());
                    }
                    own += 1000;
                }
                spent.fetch_add(on_processor().saturating_sub(before), Ordering::Relaxed);
                reads.fetch_add(own, Ordering::Relaxed);
            });
        }
    });
    let (reads, spent) = (reads.into_inner() as f64, spent.into_inner() as f64);
    if spent == 0.0 {
        return Err("no /proc/thread-self/schedstat".into());
    }
    Ok(Round { a_second: reads / start.elapsed().as_secs_f64(), cost: spent / reads })
}

/// Nanoseconds that this thread was on a processor. Linux.
fn on_processor() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

/// Issuers with discovery, five keys each, all of them kept fresh by tasks of one runtime.
fn many_issuers() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let before = (resident()?, cpu()?);
    let start = Instant::now();
    let all = runtime.block_on(async {
        let mut all = Vec::with_capacity(ISSUERS);
        for n in 0..ISSUERS {
            let issuer = format!("https://issuer-{n}.example/realms/tenant");
            let source = Remote::discover(issuer).build(InMemory)?;
            all.push(claimant_jwks::spawn(source, KeyPolicy::default())?);
        }
        for keys in &all {
            if keys.ready().await != Answer::Present {
                return Err("keys are missing".into());
            }
        }
        Ok::<_, Failure>(all)
    })?;
    let (took, after) = (start.elapsed(), resident()?);
    let idle = cpu()?;
    std::thread::sleep(IDLE);
    let (idle, started) = ((cpu()? - idle) / IDLE.as_secs_f64() * 100.0, idle - before.1);
    println!("| {ISSUERS} issuers, 5 keys each, fetched by discovery from memory | |");
    println!("|---|--:|");
    println!("| resident, an issuer | {:.1} KiB |", (after - before.0) as f64 / ISSUERS as f64 / 1024.0);
    println!("| until all had keys | {:.2} s, {started:.2} s of processor |", took.as_secs_f64());
    println!("| processor while idle | {idle:.2} % of a core |");
    drop(all);
    Ok(())
}

/// Two sets in turn, so that each fetch is news.
struct Alternating(u64);

impl KeySource for Alternating {
    fn fetch(&mut self, _: FetchRequest) -> BoxFuture<'_, Result<Outcome, FetchError>> {
        self.0 += 1;
        let text = format!("{}{}", jwks(), " ".repeat(self.0 as usize % 1000));
        let fetched = Fetched::from_jwks(text.as_bytes(), JwkRules::Bind, &provider::Default, &Limits::default());
        Box::pin(std::future::ready(fetched.map(Outcome::Fetched)))
    }
}

fn busy() -> KeyPolicy {
    KeyPolicy { cooldown: Duration::from_millis(10), fetches_per_minute: 1_000_000, ..KeyPolicy::default() }
}

/// Answers for any issuer.
struct InMemory;

impl HttpClient for InMemory {
    fn get<'a>(&'a self, request: HttpRequest<'a>) -> BoxFuture<'a, Result<HttpResponse, FetchError>> {
        let url = request.url.as_str();
        let body = match url.strip_suffix("/.well-known/openid-configuration") {
            Some(issuer) => format!(r#"{{"issuer": "{issuer}", "jwks_uri": "{issuer}/keys"}}"#),
            None => jwks(),
        };
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Box::pin(std::future::ready(Ok(HttpResponse { status: 200, headers, body: body.into_bytes() })))
    }
}

fn jwks() -> String {
    let key = |n: usize| {
        format!(
            r#"{{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"key-{n}","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#
        )
    };
    format!(r#"{{"keys":[{}]}}"#, (1..=5).map(key).collect::<Vec<_>>().join(","))
}

/// Resident memory of this process, in bytes. Linux.
fn resident() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

/// Processor time of this process, in seconds. Linux, with its 100 ticks a second.
fn cpu() -> Result<f64, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).ok_or("short stat")?.parse::<f64>().map_err(Failure::from);
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(250);
const ISSUERS: usize = 10_000;
const IDLE: Duration = Duration::from_secs(10);
