//! An API server in memory that lists, watches and gives tokens by script, over HTTP/1.1. It has no socket, so that
//! paused time stands still while anybody has anything to do.
#![allow(dead_code)] // Each test takes its part.

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};
use tower::{ServiceExt, service_fn};

/// What a question for `path` gets.
pub enum Answer {
    /// A page of a list: version, objects, and what the next page is asked for by.
    List(&'static str, Vec<Value>, Option<&'static str>),
    /// A watch, fed from outside; it ends when the sender is dropped.
    Watch(UnboundedReceiver<String>),
    /// A status.
    Status(u16),
    /// This body, with 201.
    Created(String),
    /// The connection ends.
    HangUp,
    /// Nothing, for ever.
    Silence,
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub target: String,
    pub body: String,
    /// Since the server started.
    pub at: Duration,
}

struct Script {
    answers: Mutex<VecDeque<(&'static str, Answer)>>,
    asked: Mutex<Vec<Question>>,
    start: Instant,
}

pub struct Server(Arc<Script>);

impl Server {
    /// Answers in turn; after the last one, nothing any more.
    pub fn start() -> Self {
        Self(Arc::new(Script { answers: Mutex::default(), asked: Mutex::default(), start: Instant::now() }))
    }

    pub fn then(&self, answer: Answer) {
        self.then_for("", answer);
    }

    /// For the next question with this in its target.
    pub fn then_for(&self, part: &'static str, answer: Answer) {
        self.0.answers.lock().unwrap().push_back((part, answer));
    }

    /// A watch by script, and what feeds it.
    pub fn then_watch(&self) -> Feed {
        self.then_watch_for("")
    }

    pub fn then_watch_for(&self, part: &'static str) -> Feed {
        let (sender, receiver) = unbounded_channel();
        self.then_for(part, Answer::Watch(receiver));
        Feed(sender)
    }

    /// The targets of the questions so far.
    pub fn asked(&self) -> Vec<String> {
        self.questions().into_iter().map(|question| question.target).collect()
    }

    pub fn questions(&self) -> Vec<Question> {
        self.0.asked.lock().unwrap().clone()
    }

    pub fn client(&self) -> kube::Client {
        let script = Arc::clone(&self.0);
        let connect = service_fn(move |_: http::Uri| {
            let (ours, theirs) = duplex(1 << 16);
            tokio::spawn(serve(theirs, Arc::clone(&script)));
            std::future::ready(Ok::<_, io::Error>(TokioIo::new(Pipe(ours))))
        });
        let client = Client::builder(TokioExecutor::new()).build::<_, kube::client::Body>(connect);
        let client = client.map_request(|mut request: http::Request<kube::client::Body>| {
            *request.uri_mut() = format!("http://server{}", request.uri()).parse().unwrap();
            request
        });
        kube::Client::new(client, "default")
    }
}

/// Waits until it is so, in virtual time: what is on its way arrives before any of that passes.
pub async fn until(so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(600);
    while !so() {
        assert!(Instant::now() < end, "it never was so");
        sleep(STEP).await;
    }
}

/// Between two looks, in virtual time.
const STEP: Duration = Duration::from_millis(25);

/// Dropping it ends the watch.
pub struct Feed(UnboundedSender<String>);

impl Feed {
    pub fn tell(&self, kind: &str, object: &Value) {
        self.raw(&json!({"type": kind, "object": object}).to_string());
    }

    pub fn bookmark(&self, version: &str) {
        let meta = json!({"resourceVersion": version, "creationTimestamp": null});
        self.tell("BOOKMARK", &json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta}));
    }

    pub fn raw(&self, line: &str) {
        let _ = self.0.send(format!("{line}\n"));
    }
}

pub fn pod(name: &str, uid: &str, version: &str) -> Value {
    json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
        "metadata": {"name": name, "namespace": "n", "uid": uid, "resourceVersion": version}})
}

async fn serve(mut stream: DuplexStream, script: Arc<Script>) -> Option<()> {
    loop {
        let (target, body) = question(&mut stream).await?;
        let question = Question { target: target.clone(), body, at: script.start.elapsed() };
        script.asked.lock().unwrap().push(question);
        let answer = loop {
            let next = {
                let mut answers = script.answers.lock().unwrap();
                let place = answers.iter().position(|(part, _)| target.contains(part));
                place.and_then(|place| answers.remove(place)).map(|(_, answer)| answer)
            };
            match next {
                Some(answer) => break answer,
                None => sleep(STEP).await,
            }
        };
        match answer {
            Answer::List(version, items, next) => {
                let body = json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList",
                    "metadata": {"resourceVersion": version, "continue": next}, "items": items});
                write(&mut stream, 200, &body.to_string()).await?;
            }
            Answer::Status(code) => {
                let body = json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code,
                    "reason": "Expired", "message": "by script"});
                write(&mut stream, code, &body.to_string()).await?;
            }
            Answer::Created(body) => write(&mut stream, 201, &body).await?,
            Answer::HangUp => return None,
            Answer::Silence => std::future::pending().await,
            Answer::Watch(mut lines) => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
                stream.write_all(head.as_bytes()).await.ok()?;
                while let Some(line) = lines.recv().await {
                    stream.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes()).await.ok()?;
                }
                stream.write_all(b"0\r\n\r\n").await.ok()?;
            }
        }
    }
}

/// Target and body.
async fn question(stream: &mut DuplexStream) -> Option<(String, String)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(head).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some((text.split(' ').nth(1).unwrap().to_owned(), String::from_utf8(body).unwrap()))
}

async fn write(stream: &mut DuplexStream, code: u16, body: &str) -> Option<()> {
    let head =
        format!("HTTP/1.1 {code} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()
}

/// One end of a connection in memory.
struct Pipe(DuplexStream);

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
