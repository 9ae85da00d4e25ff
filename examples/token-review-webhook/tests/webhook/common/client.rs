//! A client: one connection, HTTP/2 over TLS as kube-apiserver has it, or plain HTTP/1.

use super::pki::{Pair, Pki};
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
pub struct Client {
    sender: http2::SendRequest<Full<Bytes>>,
    /// What the server showed.
    pub certificate: Vec<u8>,
}

pub struct Plain(http1::SendRequest<Full<Bytes>>);

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The status of a TokenReview.
    pub fn verdict(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["status"].clone()
    }
}

/// A connection over TLS.
pub async fn tls(
    address: SocketAddr,
    pki: &Pki,
    own: Option<&Pair>,
    protocol: &[u8],
) -> Result<TlsStream<TcpStream>, Failure> {
    let stream = TcpStream::connect(address).await?;
    let connector = TlsConnector::from(pki.client_config(own, protocol));
    Ok(connector.connect("localhost".try_into()?, stream).await?)
}

impl Client {
    pub async fn connect(address: SocketAddr, pki: &Pki, own: Option<&Pair>) -> Result<Self, Failure> {
        let stream = tls(address, pki, own, b"h2").await?;
        let certificate = stream.get_ref().1.peer_certificates().and_then(|all| all.first()).map(|one| one.to_vec());
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, certificate: certificate.unwrap_or_default() })
    }

    pub async fn plain(address: SocketAddr) -> Plain {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Plain(sender)
    }

    pub async fn try_post(&self, path: &str, kind: &str, body: impl Into<Bytes>) -> Result<Answer, Failure> {
        let request = Request::post(format!("https://localhost{path}"))
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(body.into()))?;
        let mut sender = self.sender.clone();
        sender.ready().await?;
        answer(sender.send_request(request).await?).await
    }

    pub async fn post(&self, body: impl Into<Bytes>) -> Answer {
        self.try_post("/", "application/json", body).await.unwrap()
    }

    pub async fn ask(&self, question: &Value) -> Answer {
        self.post(question.to_string()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(format!("https://localhost{path}")).body(Full::default()).unwrap();
        answer(self.sender.clone().send_request(request).await.unwrap()).await.unwrap()
    }
}

impl Plain {
    pub async fn get(mut self, path: &str) -> Answer {
        let request = Request::get(path).header(header::HOST, "localhost").body(Full::default()).unwrap();
        answer(self.0.send_request(request).await.unwrap()).await.unwrap()
    }
}

async fn answer(response: http::Response<hyper::body::Incoming>) -> Result<Answer, Failure> {
    let (head, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await?.to_bytes().to_vec())?;
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, text })
}
