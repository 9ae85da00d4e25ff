//! Connections: accepted up to a number, ended in good order.

use crate::args::Args;
use crate::numbers;
use crate::tls::{AllowedNames, Tls};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// All is served.
    Serving,
    /// All is served, and `/readyz` says no.
    Draining,
    /// No connection is taken, those that there are end after the requests in flight.
    Closing,
}

/// What connections are bound by.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    most: usize,
    handshake: Duration,
    age: Duration,
    /// How long a connection that is to end may go on.
    end: Duration,
}

impl Bounds {
    pub(crate) fn of(args: &Args) -> Self {
        Self {
            most: args.max_connections,
            handshake: args.handshake_timeout,
            age: args.max_connection_age,
            end: args.body_timeout.saturating_add(args.verdict_timeout).saturating_add(args.handshake_timeout),
        }
    }
}

/// One address that is listened on.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) router: Router,
    pub(crate) tls: Option<(Arc<Tls>, AllowedNames)>,
    pub(crate) bounds: Bounds,
    pub(crate) open: Arc<AtomicUsize>,
}

/// Counts a connection while it is there.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Door {
    /// Takes connections until the phase says not to. Each holds a clone of `phase`.
    pub(crate) async fn keep(self, listener: TcpListener, mut phase: watch::Receiver<Phase>) {
        let is_over = phase.clone();
        // An error says that the sender is gone, and the program with it.
        let mut over = pin!(async move { phase.wait_for(|now| *now >= Phase::Closing).await.map(|_| ()) });
        loop {
            let accepted = tokio::select! {
                _ = &mut over => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => self.take(stream, is_over.clone()),
                Err(why) => rest(&why).await,
            }
        }
    }

    fn take(&self, stream: TcpStream, phase: watch::Receiver<Phase>) {
        let before = self.open.fetch_add(1, Ordering::AcqRel);
        let open = Open(Arc::clone(&self.open));
        if before >= self.bounds.most {
            numbers::connection_refused();
            return;
        }
        // An answer is one small piece: it is not to wait for more.
        let _ = stream.set_nodelay(true);
        let door = self.clone();
        tokio::spawn(async move {
            let _open = open;
            match &door.tls {
                None => door.serve(stream, door.router.clone(), phase).await,
                Some((tls, allowed)) => {
                    let acceptor = TlsAcceptor::from(tls.config());
                    match timeout(door.bounds.handshake, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) if allowed.allow(stream.get_ref().1.peer_certificates()) => {
                            door.serve(stream, door.router.clone(), phase).await;
                        }
                        Ok(Ok(_)) => {
                            numbers::handshake_failed();
                            tracing::warn!("a client certificate whose common name is not allowed");
                        }
                        Ok(Err(why)) => {
                            numbers::handshake_failed();
                            tracing::debug!(error = %why, "TLS handshake failed");
                        }
                        Err(_) => {
                            numbers::handshake_failed();
                            tracing::debug!("TLS handshake took too long");
                        }
                    }
                }
            }
        });
    }

    async fn serve<S>(&self, stream: S, router: Router, mut phase: watch::Receiver<Phase>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.bounds.handshake).max_buf_size(HEAD_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(16 * 1024)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PONG);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
        let mut age = pin!(sleep(spread(self.bounds.age)));
        tokio::select! {
            result = connection.as_mut() => return told(result),
            () = &mut age => {}
            // The sender is gone with the program.
            _ = phase.wait_for(|now| *now >= Phase::Closing) => {}
        }
        connection.as_mut().graceful_shutdown();
        if let Ok(result) = timeout(self.bounds.end, connection).await {
            told(result);
        }
    }
}

fn told(result: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(why) = result {
        tracing::debug!(error = %why, "a connection ended badly");
    }
}

/// Connections that came together are not to end together: up to a fifth less.
fn spread(age: Duration) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    // Each `RandomState` has keys of its own.
    let random = u32::try_from(RandomState::new().hash_one(0) % 256).unwrap_or_default();
    age.saturating_sub(age / 5 * random / 256)
}

/// What concerns one connection is over with it; where descriptors ran out, accepting at once would only spin.
async fn rest(why: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(why.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(error = %why, "no connection can be accepted");
        sleep(Duration::from_millis(100)).await;
    }
}

/// The longest head of an HTTP/1 request, in bytes: no token stands there.
const HEAD_BYTES: usize = 16 * 1024;
/// Requests at once on a connection of HTTP/2.
const STREAMS: u32 = 32;
/// Bytes of one request that may be on their way before they are read: a TokenReview has some 2 KiB.
const STREAM_WINDOW: u32 = 16 * 1024;
/// The same of all requests of a connection; HTTP/2 knows no less.
const WINDOW: u32 = 64 * 1024;
const PING: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);
