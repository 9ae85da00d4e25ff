//! An API server on loopback that lists and watches by script, over plain HTTP/1.1.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What a question for `path` gets.
pub enum Answer {
    /// A page of a list: version, objects, and what the next page is asked for by.
    List(&'static str, Vec<Value>, Option<&'static str>),
    /// A watch, fed from outside; it ends when the sender is dropped.
    Watch(UnboundedReceiver<String>),
    /// A status.
    Status(u16),
    /// The connection ends.
    HangUp,
}

pub struct Server {
    pub url: String,
    script: Arc<Mutex<VecDeque<(&'static str, Answer)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers in turn; after the last one, nothing any more.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (script, asked) = (Arc::new(Mutex::new(VecDeque::new())), Arc::new(Mutex::new(Vec::new())));
        let this = Self { url, script: Arc::clone(&script), asked: Arc::clone(&asked) };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&asked)));
            }
        });
        this
    }

    pub fn then(&self, answer: Answer) {
        self.then_for("", answer);
    }

    /// For the next question with this in its target.
    pub fn then_for(&self, part: &'static str, answer: Answer) {
        self.script.lock().unwrap().push_back((part, answer));
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
        self.asked.lock().unwrap().clone()
    }

    pub fn client(&self) -> kube::Client {
        kube::Client::try_from(kube::Config::new(self.url.parse().unwrap())).unwrap()
    }
}

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

async fn serve(
    mut stream: TcpStream,
    script: Arc<Mutex<VecDeque<(&'static str, Answer)>>>,
    asked: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    loop {
        let target = target(&mut stream).await?;
        asked.lock().unwrap().push(target.clone());
        let answer = loop {
            let next = {
                let mut script = script.lock().unwrap();
                let place = script.iter().position(|(part, _)| target.contains(part));
                place.and_then(|place| script.remove(place)).map(|(_, answer)| answer)
            };
            match next {
                Some(answer) => break answer,
                None => tokio::task::yield_now().await,
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
            Answer::HangUp => return None,
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

async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(head).unwrap();
    Some(text.split(' ').nth(1).unwrap().to_owned())
}

async fn write(stream: &mut TcpStream, code: u16, body: &str) -> Option<()> {
    let head =
        format!("HTTP/1.1 {code} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()
}
