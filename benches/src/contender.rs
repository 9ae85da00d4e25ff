//! One way to do the work.

use std::time::{Duration, Instant};

/// What a contender does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The signature alone, over a signing input that is cut and a signature that is decoded.
    Bare,
    /// All but the signature.
    Rest,
    /// The whole verification by this workspace.
    Ours,
    /// The whole verification by another library.
    Peer,
}

/// A named piece of work that can be done any number of times.
pub struct Contender {
    /// Unique within a table.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// The bare contender with the same signature code, if there is one.
    pub base: Option<String>,
    work: Work,
}

enum Work {
    Here(Box<dyn FnMut()>),
    /// Does the work so many times elsewhere and says how long that took.
    Elsewhere(Box<dyn FnMut(u32) -> Duration>),
}

impl Contender {
    /// Work in this process. It is done once, so that one that fails does so before anything is measured.
    pub fn new(name: impl Into<String>, kind: Kind, base: Option<&str>, mut work: impl FnMut() + 'static) -> Self {
        work();
        Self { name: name.into(), kind, base: base.map(bare_name), work: Work::Here(Box::new(work)) }
    }

    /// Work in another process, which measures itself.
    pub fn elsewhere(name: impl Into<String>, work: impl FnMut(u32) -> Duration + 'static) -> Self {
        Self { name: name.into(), kind: Kind::Peer, base: None, work: Work::Elsewhere(Box::new(work)) }
    }

    /// Does the work so many times and says how long all took.
    pub fn time(&mut self, times: u32) -> Duration {
        match &mut self.work {
            Work::Here(work) => {
                let start = Instant::now();
                for _ in 0..times {
                    work();
                }
                start.elapsed()
            }
            Work::Elsewhere(work) => work(times),
        }
    }

    /// Does the work once, under a name that callgrind can be told to count.
    pub fn counted_once(&mut self) {
        if let Work::Here(work) = &mut self.work {
            claimant_counted(work);
        }
    }
}

/// The name of the bare contender of a provider.
pub fn bare_name(provider: &str) -> String {
    format!("bare signature: {provider}")
}

#[inline(never)]
fn claimant_counted(work: &mut dyn FnMut()) {
    work();
}
