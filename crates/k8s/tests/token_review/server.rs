//! A server by script, which counts.

use claimant_k8s::token_review::{Posting, Reply, Transport, TransportError};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

pub struct Server {
    reply: Result<Reply, TransportError>,
    /// Said once, before the reply.
    first: Option<Reply>,
    delay: Duration,
    asked: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    fn new(reply: Result<Reply, TransportError>, first: Option<Reply>, delay: Duration) -> Arc<Self> {
        let zero = AtomicUsize::default;
        Arc::new(Self { reply, first, delay, asked: zero(), now: zero(), most: zero() })
    }

    pub fn answering(code: u16, body: &Value) -> Arc<Self> {
        Self::answering_text(code, &body.to_string())
    }

    pub fn answering_text(code: u16, body: &str) -> Arc<Self> {
        Self::new(Ok(Reply { code, retry_after: None, body: body.into() }), None, Duration::ZERO)
    }

    pub fn slow(delay: Duration, body: &Value) -> Arc<Self> {
        Self::new(Ok(Reply { code: 200, retry_after: None, body: body.to_string().into() }), None, delay)
    }

    pub fn busy(retry_after: &str, body: &Value) -> Arc<Self> {
        let first = Reply { code: 503, retry_after: Some(retry_after.to_owned()), body: Vec::new() };
        let reply = Reply { code: 200, retry_after: None, body: body.to_string().into() };
        Self::new(Ok(reply), Some(first), Duration::ZERO)
    }

    pub fn failing(error: TransportError) -> Arc<Self> {
        Self::new(Err(error), None, Duration::ZERO)
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

impl Transport for Server {
    fn post<'a>(&'a self, _body: &'a [u8]) -> Posting<'a> {
        Box::pin(async move {
            let before = self.asked.fetch_add(1, Ordering::Relaxed);
            self.most.fetch_max(self.now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            tokio::time::sleep(self.delay).await;
            self.now.fetch_sub(1, Ordering::Relaxed);
            match &self.first {
                Some(first) if before == 0 => Ok(first.clone()),
                _ => self.reply.clone(),
            }
        })
    }
}
