//! A TokenReview webhook for kube-apiserver (`--authentication-token-webhook-config-file`) that runs as many replicas.
//! Its program is in `main.rs`; here is what it is made of, so that tests can run it in their process.
#![forbid(unsafe_code)]

mod args;
mod audit;
mod body;
mod error;
mod judge;
mod numbers;
mod review;
mod routes;
mod serve;
mod state;
mod status;
mod tls;
mod webhook;
mod world;

pub use args::Args;
pub use error::StartError;
pub use numbers::recorder;
pub use tls::TlsError;
pub use webhook::{Drained, Webhook};
pub use world::{Clock, World};
