//! Whether a configuration could judge: the keys of all its issuers are there.

use crate::config::Assembled;
use claimant_jwks::{Answer, BoxFuture, Runtime};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

/// Waits until the keys of all issuers are there.
///
/// # Errors
/// The issuers that have none when the time is over, or never will.
pub(super) async fn wait(assembled: &Assembled, runtime: &dyn Runtime, timeout: Duration) -> Result<(), Vec<String>> {
    let mut missing: Vec<(&str, BoxFuture<'_, Answer>)> = assembled
        .issuers()
        .filter(|(_, keys)| keys.load().keys().is_none())
        .map(|(issuer, keys)| {
            let ready: BoxFuture<'_, Answer> = Box::pin(keys.ready());
            (issuer.url.as_str(), ready)
        })
        .collect();
    let mut lost = Vec::new();
    let mut over = runtime.sleep_until(runtime.now().steady.saturating_add(timeout));
    poll_fn(move |context| {
        missing.retain_mut(|(issuer, ready)| match ready.as_mut().poll(context) {
            Poll::Ready(Answer::Present) => false,
            Poll::Ready(_) => {
                lost.push((*issuer).to_owned());
                false
            }
            Poll::Pending => true,
        });
        let late = !missing.is_empty() && over.as_mut().poll(context).is_ready();
        if late {
            lost.extend(missing.drain(..).map(|(issuer, _)| issuer.to_owned()));
        }
        match (missing.is_empty(), lost.is_empty()) {
            (true, true) => Poll::Ready(Ok(())),
            (true, false) => Poll::Ready(Err(std::mem::take(&mut lost))),
            (false, _) => Poll::Pending,
        }
    })
    .await
}
