//! A small HTTPS server on loopback: a thread for each connection, one request a connection.

use crate::TestkitError;
use crate::http::{self, Answer, PATIENCE, Recorded};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) struct Server {
    url: String,
    ca_pem: String,
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the threads share.
struct Shared {
    requests: Mutex<Vec<Recorded>>,
    stopping: AtomicBool,
    stopped: (Mutex<()>, Condvar),
    config: Arc<ServerConfig>,
}

impl Server {
    /// `answer` gets the server's URL and a request, and gives an answer and how long to wait before it.
    pub(crate) fn start(
        answer: impl Fn(&str, &Recorded) -> (Duration, Answer) + Send + Sync + 'static,
    ) -> Result<Self, TestkitError> {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let url = format!("https://localhost:{port}");
        let shared = Arc::new(Shared {
            requests: Mutex::new(Vec::new()),
            stopping: AtomicBool::new(false),
            stopped: (Mutex::new(()), Condvar::new()),
            config: Arc::new(config),
        });
        let (acceptor, own_url, answer) = (Arc::clone(&shared), url.clone(), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if acceptor.is_stopping() {
                    return;
                }
                let (shared, url, answer) = (Arc::clone(&acceptor), own_url.clone(), Arc::clone(&answer));
                std::thread::spawn(move || {
                    // A client that goes away or speaks nonsense is its own problem.
                    let _ = shared.serve(stream, |request| answer(&url, request));
                });
            }
        });
        Ok(Self { url, ca_pem: cert.pem(), port, shared, thread: Some(thread) })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        lock(&self.shared.requests).clone()
    }
}

impl Shared {
    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Waits, but no longer than the server lives.
    fn wait(&self, delay: Duration) {
        let (lock_of, condition) = &self.stopped;
        let guard = lock(lock_of);
        // The result tells which of both it was; either way the wait is over.
        let _ = condition.wait_timeout_while(guard, delay, |()| !self.is_stopping());
    }

    fn serve(
        &self,
        stream: TcpStream,
        answer: impl FnOnce(&Recorded) -> (Duration, Answer),
    ) -> Result<(), TestkitError> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&self.config))?, stream);
        let Some(request) = http::read(&mut tls)? else { return Ok(()) };
        lock(&self.requests).push(request.clone());
        let (delay, answer) = answer(&request);
        if !delay.is_zero() {
            self.wait(delay);
        }
        answer.write(&mut tls, || self.is_stopping())?;
        if answer.hangs() {
            self.wait(Duration::MAX);
        }
        tls.conn.send_close_notify();
        // Sends what is still in the session.
        tls.conn.write_tls(&mut tls.sock)?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        drop(lock(&self.shared.stopped.0));
        self.shared.stopped.1.notify_all();
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
