//! Keys of a real identity provider, end to end: discover, verify every algorithm that it signs with, rotate under
//! load, restart. `e2e/oidc-provider.sh` and `e2e/keycloak.sh` run it; by hand: `e2e-idp ISSUER FOLDER COMMAND...`,
//! where the command starts the provider on loopback and FOLDER holds its `cert.pem`. The provider prints `ready`, takes
//! the order `rotate`, says `done`, and ends with its input. With `RECORD=DIR` in the environment, what the provider publishes is written there.

use claimant_core::{Algorithm, Audience, Buffer, Limits, Policy, Refusal, UnverifiedToken};
use claimant_jwks::source::Remote;
use claimant_jwks::source::remote::ReqwestClient;
use claimant_jwks::{Answer, KeyPolicy, Keys, Miss};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The provider's process. It ends with this value.
struct Provider {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    fn start(command: &[String]) -> Result<Self, Failure> {
        let (program, arguments) = command.split_first().ok_or("no command")?;
        let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let mut provider = Self { child, lines };
        provider.expect("ready")?;
        Ok(provider)
    }

    fn order(&mut self, order: &str) -> Result<(), Failure> {
        let input = self.child.stdin.as_mut().ok_or("no input")?;
        writeln!(input, "{order}")?;
        input.flush()?;
        self.expect("done")
    }

    fn expect(&mut self, expected: &str) -> Result<(), Failure> {
        for line in &mut self.lines {
            if line? == expected {
                return Ok(());
            }
        }
        Err(format!("the provider ended before it said {expected:?}").into())
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // The end of its input tells it to end; it may have a process of its own to take along.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What the provider gives out, asked by a client of its own.
#[derive(Clone)]
struct Client {
    agent: ureq::Agent,
    issuer: String,
}

impl Client {
    fn new(ca_pem: &str, issuer: &str) -> Result<Self, Failure> {
        let roots = RootCerts::new_with_certs(&[Certificate::from_pem(ca_pem.as_bytes())?]);
        let tls = TlsConfig::builder().root_certs(roots).build();
        Ok(Self { agent: ureq::Agent::config_builder().tls_config(tls).build().into(), issuer: issuer.to_owned() })
    }

    fn get(&self, url: &str) -> Result<serde_json::Value, Failure> {
        let text = self.agent.get(url).call()?.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }

    async fn token(&self, algorithm: Algorithm) -> Result<String, Failure> {
        let this = self.clone();
        let ask = move || -> Result<String, Failure> {
            let algorithm = algorithm.name();
            // Keycloak has a client for each algorithm, oidc-provider a resource.
            let (path, form) = if this.issuer.contains("/realms/") {
                ("/protocol/openid-connect/token", format!("client_id=e2e-{algorithm}&client_secret=not-a-secret"))
            } else {
                let form = format!("client_id=e2e&client_secret=not-a-secret&scope=api&resource=urn:e2e:{algorithm}");
                ("/token", form)
            };
            let mut answer = this
                .agent
                .post(format!("{}{path}", this.issuer))
                .header("content-type", "application/x-www-form-urlencoded")
                .send(format!("grant_type=client_credentials&{form}"))?;
            let answer: serde_json::Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
            Ok(answer.get("access_token").and_then(|token| token.as_str()).ok_or("no token")?.to_owned())
        };
        tokio::task::spawn_blocking(ask).await?
    }
}

/// What became of tokens that are all good.
#[derive(Default)]
struct Count {
    good: usize,
    waited: usize,
    unavailable: usize,
    refused: Vec<Refusal>,
    kids: BTreeSet<String>,
}

enum Verdict {
    Good(String),
    Refused(Refusal),
    Unavailable,
}

#[derive(Clone)]
struct Judge {
    keys: Keys,
    issuer: String,
    count: Arc<Mutex<Count>>,
}

impl Judge {
    async fn judge(&self, token: &str) -> Result<(), Failure> {
        let verdict = self.verdict(token).await?;
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        match verdict {
            Verdict::Good(kid) => {
                count.good += 1;
                count.kids.insert(kid);
            }
            Verdict::Refused(why) => count.refused.push(why),
            Verdict::Unavailable => count.unavailable += 1,
        }
        Ok(())
    }

    /// The whole way of a token; a missed key is waited for once.
    async fn verdict(&self, token: &str) -> Result<Verdict, Failure> {
        for _ in 0..2 {
            let (outcome, kid) = self.look(token)?;
            match outcome {
                None => return Ok(Verdict::Unavailable),
                Some(Ok(())) => return Ok(Verdict::Good(kid)),
                Some(Err(Refusal::UnknownKey)) => {}
                Some(Err(why)) => return Ok(Verdict::Refused(why)),
            }
            let answer = match self.keys.miss(&kid) {
                Miss::Present => Answer::Present,
                Miss::Absent => Answer::Absent,
                Miss::Unavailable => Answer::Unavailable,
                Miss::Wait(waiter) => {
                    self.count.lock().unwrap_or_else(PoisonError::into_inner).waited += 1;
                    waiter.wait().await
                }
            };
            match answer {
                Answer::Present => {}
                Answer::Absent => return Ok(Verdict::Refused(Refusal::UnknownKey)),
                Answer::Unavailable => return Ok(Verdict::Unavailable),
            }
        }
        Ok(Verdict::Unavailable)
    }

    fn look(&self, token: &str) -> Result<(Option<Result<(), Refusal>>, String), Failure> {
        let policy = Policy::new(&*self.issuer, Audience::any_of(["e2e-audience"])?);
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let loaded = self.keys.load();
        let Some(set) = loaded.keys() else { return Ok((None, String::new())) };
        let mut buffer = Buffer::new();
        let token = UnverifiedToken::parse(token, &mut buffer, &Limits::default())?;
        let kid = token.header().kid.as_deref().unwrap_or_default().to_owned();
        let outcome = token.verify(set, &Algorithm::ALL).and_then(|signed| signed.check(&policy, now).map(|_| ()));
        Ok((Some(outcome), kid))
    }

    fn kids(&self) -> usize {
        self.count.lock().unwrap_or_else(PoisonError::into_inner).kids.len()
    }

    /// No good token was refused, and there were enough of them. Where a provider takes its time to publish one new
    /// key after the other, some may come within the cooldown; they are told to come again.
    fn settle(&self, what: &str, least: usize) -> Result<(), Failure> {
        let count = std::mem::take(&mut *self.count.lock().unwrap_or_else(PoisonError::into_inner));
        let Count { good, waited, unavailable, refused, kids } = count;
        let (refusals, kids) = (refused.len(), kids.len());
        println!(
            "{what}: {good} verified with {kids} keys, {waited} waited, {unavailable} not in time, {refusals} refused"
        );
        if refused.is_empty() && good >= least {
            Ok(())
        } else {
            Err(format!("{what}: good tokens were not accepted, or too few came: {refused:?}").into())
        }
    }
}

/// Tokens of every algorithm, taken and judged until told to stop; those of the beginning are judged again and again.
async fn load(judge: Judge, client: Client, stop: Arc<AtomicBool>, old: Vec<String>) -> Result<(), Failure> {
    while !stop.load(Ordering::Relaxed) {
        for algorithm in Algorithm::ALL {
            judge.judge(&client.token(algorithm).await?).await?;
            for token in &old {
                judge.judge(token).await?;
            }
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, folder, command @ ..] = arguments.as_slice() else {
        return Err("usage: e2e-idp ISSUER FOLDER COMMAND...".into());
    };
    let ca_pem = std::fs::read_to_string(format!("{folder}/cert.pem"))?;
    let client = Client::new(&ca_pem, issuer)?;
    let mut provider = Provider::start(command)?;

    let source = Remote::discover(issuer).build(ReqwestClient::builder().ca_pem(&ca_pem).build()?)?;
    let keys = claimant_jwks::spawn(source, KeyPolicy::default())?;
    if tokio::time::timeout(PATIENCE, keys.ready()).await? != Answer::Present {
        return Err("no keys".into());
    }
    println!("discovered: {keys:?}");
    record(&client)?;
    let judge = Judge { keys: keys.clone(), issuer: issuer.clone(), count: Arc::default() };

    let mut old = Vec::new();
    for algorithm in Algorithm::ALL {
        let token = client.token(algorithm).await?;
        judge.judge(&token).await?;
        old.push(token);
    }
    let before = judge.kids();
    judge.settle("each algorithm", Algorithm::ALL.len())?;

    let stop = Arc::new(AtomicBool::new(false));
    let loads: Vec<_> =
        (0..2).map(|_| tokio::spawn(load(judge.clone(), client.clone(), Arc::clone(&stop), old.clone()))).collect();
    tokio::time::sleep(LOAD).await;
    tokio::task::block_in_place(|| provider.order("rotate"))?;
    tokio::time::sleep(LOAD).await;
    stop.store(true, Ordering::Relaxed);
    for load in loads {
        load.await??;
    }
    if judge.kids() != 2 * before {
        return Err("not every key was seen on both sides of the rotation".into());
    }
    judge.settle("a rotation under load", 100)?;

    drop(provider);
    for token in &old {
        judge.judge(token).await?;
    }
    judge.settle("while the provider is down", old.len())?;
    let _provider = Provider::start(command)?;
    keys.refresh();
    for algorithm in Algorithm::ALL {
        judge.judge(&client.token(algorithm).await?).await?;
    }
    for token in &old {
        judge.judge(token).await?;
    }
    judge.settle("after a restart", 2 * old.len())?;
    println!("{:?}", keys.state());
    Ok(())
}

fn record(client: &Client) -> Result<(), Failure> {
    let Ok(folder) = std::env::var("RECORD") else { return Ok(()) };
    let discovery = client.get(&format!("{}/.well-known/openid-configuration", client.issuer))?;
    let keys = client.get(discovery.get("jwks_uri").and_then(|url| url.as_str()).ok_or("no jwks_uri")?)?;
    for (document, name) in [(discovery, "discovery"), (keys, "jwks")] {
        std::fs::write(format!("{folder}/{name}.json"), serde_json::to_string_pretty(&document)? + "\n")?;
    }
    Ok(())
}

/// Before the rotation and after it, so that the cooldown of the fetch before is over.
const LOAD: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(20);
