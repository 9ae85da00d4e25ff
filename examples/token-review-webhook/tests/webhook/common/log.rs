//! What a test logs. One subscriber for all threads: callsites ask whoever is there first, and remember.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;
use tracing_subscriber::EnvFilter;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of its thread.
struct Here;

impl Write for Here {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From here on all that a thread logs is kept.
pub fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = EnvFilter::new("debug,token_review_webhook=trace,claimant_jwks=trace,claimant_k8s=trace");
        tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(|| Here).init();
    });
}

/// What this thread logged so far.
pub fn text() -> String {
    LINES.with_borrow(|lines| String::from_utf8(lines.clone()).unwrap())
}
