//! Keys of a real identity provider, end to end: discover, verify every sort of token that it signs, rotate under load,
//! take the provider away, restart it, withdraw the old keys. The scripts in `e2e/` run it; by hand:
//! `e2e-idp KIND ISSUER FOLDER COMMAND...`, where KIND is the provider's name, the command starts it on loopback, and
//! FOLDER holds its `cert.pem`. The provider prints `ready`, takes the orders `rotate` and `withdraw`, says `done`, and
//! ends with its input. In the environment: `E2E_ALGORITHMS`, those that it signs with, if not all; `E2E_SET`, the URL of
//! its key set, if it is not to be discovered; `RECORD=DIR`, where to write what it publishes.

mod client;
mod judge;
mod provider;
mod record;

use claimant_core::{Algorithm, Refusal};
use claimant_jwks::source::Remote;
use claimant_jwks::source::remote::ReqwestClient;
use claimant_jwks::{Answer, KeyPolicy, Keys};
use client::{Client, Kind, Sort};
use judge::{Judge, Load, most_unavailable};
use provider::Provider;
use record::Record;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Tokens = Vec<(Sort, String)>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, issuer, folder, command @ ..] = arguments.as_slice() else {
        return Err("usage: e2e-idp KIND ISSUER FOLDER COMMAND...".into());
    };
    let kind = Kind::of_name(kind)?;
    let set = std::env::var("E2E_SET").ok();
    let ca_pem = std::fs::read_to_string(format!("{folder}/cert.pem"))?;
    let client = Client::new(kind, &ca_pem, issuer, algorithms()?)?;
    let mut provider = Provider::start(command)?;

    let source = set.clone().map_or_else(|| Remote::discover(issuer), Remote::set);
    let source = source.build(ReqwestClient::builder().ca_pem(&ca_pem).build()?)?;
    let keys = claimant_jwks::spawn(source, KeyPolicy::default())?;
    if tokio::time::timeout(PATIENCE, keys.ready()).await? != Answer::Present {
        return Err("no keys".into());
    }
    println!("found: {keys:?}");
    let judge = Judge::new(keys.clone(), issuer, client.audiences())?;
    let mut record = Record::new(issuer, set);

    record.published(&client, "first")?;
    let old = tokens(&client, &judge).await?;
    record_all(&mut record, &judge, "first", &old)?;
    let before = judge.kids();
    // A reader whose key is at hand never waits, so none can come too late.
    judge.settle("each sort of token", old.len(), Some(0))?;

    rotate(kind, &mut provider, &keys, &judge, &client, &old, before).await?;
    let new = tokens(&client, &judge).await?;
    record.published(&client, "rotated")?;
    record_all(&mut record, &judge, "rotated", &old)?;
    record_all(&mut record, &judge, "rotated", &new)?;

    drop(provider);
    for (_, token) in &old {
        judge.judge(token).await?;
    }
    judge.settle("while the provider is down", old.len(), Some(0))?;
    let mut provider = Provider::start(command)?;
    keys.refresh();
    let newest = tokens(&client, &judge).await?;
    for (_, token) in old.iter().chain(&new) {
        judge.judge(token).await?;
    }
    let most = kind.rotates_at_once().then_some(0);
    judge.settle("after a restart", old.len() + new.len() + newest.len(), most)?;

    if kind.withdraws() {
        withdraw(&mut provider, &keys, &judge, &client, &old).await?;
        record.published(&client, "withdrawn")?;
        record_all(&mut record, &judge, "withdrawn", &old)?;
        record_all(&mut record, &judge, "withdrawn", &new)?;
    }
    println!("{:?}", keys.state());
    record.write()
}

/// New keys while tokens are taken and judged, until every new key was seen.
async fn rotate(
    kind: Kind,
    provider: &mut Provider,
    keys: &Keys,
    judge: &Judge,
    client: &Client,
    old: &Tokens,
    before: usize,
) -> Result<(), Failure> {
    let policy = KeyPolicy::default();
    let (stop, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    // Fetches that do not bring the new keys to whoever misses one.
    let others = || keys.state().map_or(0, |state| state.fetches - state.forced + state.failed);
    let before_others = others();
    let load = || Load {
        judge: judge.clone(),
        client: client.clone(),
        old: old.iter().map(|(_, token)| token.clone()).collect(),
        stop: Arc::clone(&stop),
        rounds: Arc::clone(&rounds),
        pause: policy.wait,
    };
    let loads: Vec<_> = (0..LOADS).map(|_| tokio::spawn(load().run())).collect();
    // Longer than the cooldown of the fetch before.
    tokio::time::sleep(policy.cooldown + MARGIN).await;
    tokio::task::block_in_place(|| provider.order("rotate"))?;
    // Two rounds of each load, at least one of which began after the rotation.
    let (start, enough) = (Instant::now(), rounds.load(Ordering::Relaxed) + 2 * LOADS);
    while judge.kids() < 2 * before || rounds.load(Ordering::Relaxed) < enough {
        if start.elapsed() > PATIENCE || loads.iter().any(tokio::task::JoinHandle::is_finished) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for load in loads {
        load.await??;
    }
    let seen = judge.kids();
    let most = kind.rotates_at_once().then(|| most_unavailable(&policy, LOADS, others() - before_others));
    judge.settle("a rotation under load", 2 * LOADS * old.len(), most)?;
    if seen < 2 * before {
        return Err("not every key was seen on both sides of the rotation".into());
    }
    Ok(())
}

/// Old keys are gone: with the next set their tokens are refused, and the new ones are still good.
async fn withdraw(
    provider: &mut Provider,
    keys: &Keys,
    judge: &Judge,
    client: &Client,
    old: &Tokens,
) -> Result<(), Failure> {
    tokio::task::block_in_place(|| provider.order("withdraw"))?;
    keys.refresh();
    let gone = || -> Result<usize, Failure> {
        let looks = old.iter().map(|(_, token)| judge.look(token));
        Ok(looks.filter(|look| matches!(look, Ok((Some(Err(Refusal::UnknownKey)), _)))).count())
    };
    let start = Instant::now();
    while gone()? < old.len() {
        if start.elapsed() > PATIENCE {
            return Err(format!("{} of {} tokens of withdrawn keys are refused", gone()?, old.len()).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("old keys withdrawn: {} of {} old tokens refused", gone()?, old.len());
    let new = tokens(client, judge).await?;
    judge.settle("new tokens after that", new.len(), Some(0))
}

/// One token of each sort, judged.
async fn tokens(client: &Client, judge: &Judge) -> Result<Tokens, Failure> {
    let mut tokens = Vec::new();
    for sort in client.sorts() {
        let token = client.token(sort).await?;
        judge.judge(&token).await?;
        tokens.push((sort, token));
    }
    Ok(tokens)
}

fn record_all(record: &mut Record, judge: &Judge, stage: &str, tokens: &Tokens) -> Result<(), Failure> {
    tokens.iter().try_for_each(|(sort, token)| record.judged(judge, stage, *sort, token))
}

fn algorithms() -> Result<Vec<Algorithm>, Failure> {
    let Ok(names) = std::env::var("E2E_ALGORITHMS") else { return Ok(Algorithm::ALL.to_vec()) };
    let known = |name: &str| Algorithm::from_name(name).ok_or_else(|| format!("no algorithm: {name}").into());
    names.split(',').map(known).collect()
}

/// Tasks that take and judge tokens at the same time.
const LOADS: usize = 2;
const MARGIN: Duration = Duration::from_secs(4);
/// How long anything may take before it counts as never. No promise is read from it.
const PATIENCE: Duration = Duration::from_secs(120);
