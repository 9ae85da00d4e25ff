//! The program as a whole: started, drained.

use crate::args::Args;
use crate::audit::Audit;
use crate::body::Budget;
use crate::error::StartError;
use crate::judge::{self, Judge};
use crate::review::RequestLimits;
use crate::serve::{Bounds, Door, Phase};
use crate::state::State;
use crate::tls::{AllowedNames, Tls};
use crate::world::World;
use crate::{numbers, routes};
use claimant::jwks::Runtime;
use claimant::k8s::audit::{ChannelSink, JsonLines};
use claimant::k8s::token_review::Answerer;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// A webhook that runs, in tasks of the current tokio runtime.
pub struct Webhook {
    address: SocketAddr,
    ops_address: SocketAddr,
    phase: watch::Sender<Phase>,
    doors: Vec<JoinHandle<()>>,
    /// The port of probes stays open to the end.
    ops: Vec<JoinHandle<()>>,
    keepers: Vec<JoinHandle<()>>,
    writer: Option<JsonLines>,
    delay: Duration,
    timeout: Duration,
}

/// How the end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All requests that had begun were answered.
    Whole,
    /// Some took longer than `--drain-timeout`, and were cut off.
    CutOff,
}

impl Webhook {
    /// Reads all files, opens the ports, and begins to fetch keys.
    ///
    /// # Errors
    /// Whatever keeps it from serving. Issuers that are out of reach do not: `/readyz` tells of them.
    pub async fn start(args: &Args, world: World) -> Result<Self, StartError> {
        numbers::describe();
        if args.max_body_memory < args.max_body_bytes {
            return Err(StartError::Usage("--max-body-memory is less than --max-body-bytes"));
        }
        let tls = Arc::new(Tls::start(args, (world.now)())?);
        let audit = Audit::start(args)?;
        let Judge { live, cached, accounts } = judge::build(args, world.keys, &world.clock)?;
        let (phase, serving) = watch::channel(Phase::Serving);
        let listener = listen(args.listen).await?;
        let ops_listener = listen(args.ops_listen).await?;
        let (address, ops_address) = (address(&listener, args.listen)?, address(&ops_listener, args.ops_listen)?);

        let answerer =
            Answerer::new(Arc::clone(&cached), args.audiences()).with_audit(Arc::clone(&audit.sink), audit.key.clone());
        let open = Arc::new(AtomicUsize::new(0));
        let state = Arc::new(State {
            answerer,
            accounts,
            own_issuers: args.service_account_issuer.clone(),
            live,
            cached,
            sink: Arc::clone(&audit.sink),
            key: audit.key.clone(),
            lines: audit.lines.clone(),
            tls: Arc::clone(&tls),
            limits: RequestLimits {
                body_bytes: args.max_body_bytes,
                body: args.body_timeout,
                verdict: args.verdict_timeout,
            },
            bodies: Budget::new(args.max_body_memory),
            places: Semaphore::new(args.max_in_flight.min(Semaphore::MAX_PERMITS)),
            most_places: args.max_in_flight.min(Semaphore::MAX_PERMITS),
            open: Arc::clone(&open),
            phase: serving.clone(),
            now: Arc::clone(&world.now),
            metrics: world.metrics,
            was_ready: AtomicBool::new(false),
            lenient_from: world.clock.now().steady.saturating_add(args.ready_grace),
            clock: world.clock.clone(),
        });
        let bounds = Bounds::of(args);
        let allowed = AllowedNames(args.client_allowed_name.clone());
        let questions = Door {
            router: routes::questions(&state),
            tls: Some((Arc::clone(&tls), allowed)),
            bounds: bounds.clone(),
            open,
        };
        let operations =
            Door { router: routes::operations(&state), tls: None, bounds, open: Arc::new(AtomicUsize::new(0)) };
        let (ops_phase, ops_serving) = watch::channel(Phase::Serving);
        let keepers = vec![
            tokio::spawn(tls.watch(world.clock, args.reload_interval, world.now)),
            tokio::spawn(upkeep(Arc::clone(&state), ops_phase)),
        ];
        tracing::info!(%address, %ops_address, "listening");
        Ok(Self {
            address,
            ops_address,
            phase,
            doors: vec![tokio::spawn(questions.keep(listener, serving))],
            ops: vec![tokio::spawn(operations.keep(ops_listener, ops_serving))],
            keepers,
            writer: audit.into_writer(),
            delay: args.drain_delay,
            timeout: args.drain_timeout,
        })
    }

    /// Where TokenReviews are answered.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where probes and metrics are answered.
    pub fn ops_address(&self) -> SocketAddr {
        self.ops_address
    }

    /// Ends: says "not ready" for a while and serves on, then takes no more connections, lets requests in flight end,
    /// and writes what is left of the audit log.
    pub async fn drain(self) -> Drained {
        tracing::info!("not ready any more");
        self.phase.send_replace(Phase::Draining);
        sleep(self.delay).await;
        self.phase.send_replace(Phase::Closing);
        tracing::info!("closing");
        let closed = async {
            for door in self.doors {
                // A door does not panic, and nobody aborts it.
                let _ = door.await;
            }
            // Each connection has a receiver, and the state has one.
            while self.phase.receiver_count() > 1 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        let drained = match timeout(self.timeout, closed).await {
            Ok(()) => Drained::Whole,
            Err(_) => Drained::CutOff,
        };
        for task in self.ops.into_iter().chain(self.keepers) {
            task.abort();
            let _ = task.await;
        }
        if let Some(writer) = self.writer {
            finish(writer).await;
        }
        drained
    }
}

/// Waits for the writer, which ends when the last event is written; not for ever, since a connection that was cut off
/// may hold its other end.
async fn finish(writer: JsonLines) {
    let failed = writer.failed();
    if failed > 0 {
        tracing::error!(all = failed, "events are missing in the audit log");
    }
    let written = tokio::task::spawn_blocking(move || writer.join());
    match timeout(WRITE, written).await {
        Ok(Ok(Ok(lines))) => tracing::info!(lines, "the audit log is written"),
        Ok(Ok(Err(why))) => tracing::error!(error = %why, "the audit log could not be written"),
        _ => tracing::error!("the audit log could not be written to the end"),
    }
}

/// What has to be done now and then, whether or not somebody asks for numbers.
async fn upkeep(state: Arc<State>, _open: watch::Sender<Phase>) {
    let mut ticks = interval(Duration::from_secs(5));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failed = 0;
    loop {
        ticks.tick().await;
        let now = state.lines.as_ref().map_or(0, ChannelSink::failed);
        if now > failed {
            tracing::error!(since_last = now.saturating_sub(failed), all = now, "the audit log cannot be written");
            failed = now;
        }
        state.metrics.run_upkeep();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|why| StartError::Listen { address, why })
}

fn address(listener: &TcpListener, wanted: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|why| StartError::Listen { address: wanted, why })
}

const WRITE: Duration = Duration::from_secs(5);
