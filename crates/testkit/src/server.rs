//! A small HTTPS server on loopback: one thread, one request a connection.

use crate::TestkitError;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) struct Server {
    url: String,
    ca_pem: String,
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `answer` gets the server's URL and a path, and gives the document there.
    pub(crate) fn start(answer: impl Fn(&str, &str) -> Option<Value> + Send + 'static) -> Result<Self, TestkitError> {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["localhost".to_owned()])?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let url = format!("https://localhost:{port}");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let (log, stop, own_url, config) =
            (Arc::clone(&requests), Arc::clone(&stopping), url.clone(), Arc::new(config));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                // A client that goes away or speaks nonsense is its own problem.
                let _ = serve(stream, &config, |path| {
                    log.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
                    answer(&own_url, path)
                });
            }
        });
        Ok(Self { url, ca_pem: cert.pem(), port, requests, stopping, thread: Some(thread) })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    answer: impl FnOnce(&str) -> Option<Value>,
) -> Result<(), TestkitError> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(config))?, stream);
    let mut request = Vec::new();
    let path = loop {
        let mut piece = [0; 1024];
        let length = tls.read(&mut piece)?;
        request.extend_from_slice(piece.get(..length).unwrap_or_default());
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(&request) {
            Ok(httparse::Status::Complete(_)) => break parsed.path.unwrap_or_default().to_owned(),
            Ok(httparse::Status::Partial) if length > 0 && request.len() < MOST => {}
            _ => return Ok(()),
        }
    };
    let (status, body) = match answer(&path) {
        Some(document) => ("200 OK", document.to_string()),
        None => ("404 Not Found", "{}".to_owned()),
    };
    write!(
        tls,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    tls.conn.send_close_notify();
    tls.flush()?;
    Ok(())
}

/// How long a client may take between two pieces of its request.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest request, in bytes.
const MOST: usize = 16 * 1024;
