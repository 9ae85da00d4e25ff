//! TokenReview: asking an API server whose token that is, without the ways to get it wrong.
//!
//! The types serve both sides. The client, `TokenReviewer` (feature `tokio`), works over a [`Transport`] of
//! one's own, or over a `kube::Client` (feature `kube`): it cannot be built without audiences, checks those of
//! the answer, takes an error beside `authenticated: true` for a refusal, asks nobody about what fails locally,
//! and bounds its questions.
//!
//! A token of a pod that was deleted is refused by the API server at once, offline only where the objects are
//! watched (see [`crate::service_account`]); that is what to ask for.

mod answer;
#[cfg(feature = "tokio")]
mod client;
#[cfg(feature = "kube")]
mod kube_transport;
#[cfg(feature = "tokio")]
mod local;
#[cfg_attr(not(feature = "tokio"), allow(dead_code))]
mod reply;
#[cfg_attr(not(feature = "tokio"), allow(dead_code))]
mod retry;
mod transport;
mod types;

pub use answer::{Answerer, Unanswered};
#[cfg(feature = "tokio")]
pub use client::TokenReviewer;
#[cfg(feature = "kube")]
pub use kube_transport::KubeTransport;
pub use reply::{MAX_REPLY, Unreadable};
pub use retry::Retry;
pub use transport::{Posting, Reply, ReviewFailure, Transport, TransportError};
pub use types::{TokenReview, TokenReviewSpec, TokenReviewStatus, Version};
