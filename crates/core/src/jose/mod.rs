//! JOSE (RFC 7515, 7518): the algorithm names and the protected header.

mod algorithm;
mod header;

pub use algorithm::Algorithm;
pub use header::Header;
