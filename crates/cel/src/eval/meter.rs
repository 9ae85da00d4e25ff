//! What an evaluation may use.

use crate::error::EvalError;

/// The most that one evaluation may cost, in the units of the API server
/// (`PerCallLimit` of k8s.io/apiserver/pkg/apis/cel).
pub const COST_LIMIT: u64 = 1_000_000;

/// The same as a count: no walk over more elements can end within the limit.
pub(super) const COST_LIMIT_USIZE: usize = 1_000_001;

/// The most bytes that one evaluation may build.
const MEMORY_LIMIT: usize = 64 << 20;

/// The most elements that operations may walk over whose cost does not grow with them.
const WORK_LIMIT: usize = 5_000_000;

#[derive(Debug, Default)]
pub(crate) struct Meter {
    cost: u64,
    memory: usize,
    work: usize,
}

impl Meter {
    pub(crate) fn cost(&self) -> u64 {
        self.cost
    }

    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), EvalError> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > COST_LIMIT { Err(EvalError::CostLimitExceeded) } else { Ok(()) }
    }

    /// Gives back what a presence test was charged too much.
    pub(crate) fn refund(&mut self, cost: u64) {
        self.cost = self.cost.saturating_sub(cost);
    }

    /// Notes that so many bytes are about to be built.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<(), EvalError> {
        self.memory = self.memory.saturating_add(bytes);
        if self.memory > MEMORY_LIMIT { Err(EvalError::MemoryLimitExceeded) } else { Ok(()) }
    }

    /// Notes that so many values are about to be built.
    pub(crate) fn allocate_values(&mut self, count: usize) -> Result<(), EvalError> {
        self.allocate(count.saturating_mul(size_of::<super::Value<'_>>()))
    }

    /// Notes a walk over so many elements.
    pub(crate) fn work(&mut self, steps: usize) -> Result<(), EvalError> {
        self.work = self.work.saturating_add(steps);
        if self.work > WORK_LIMIT { Err(EvalError::CostLimitExceeded) } else { Ok(()) }
    }
}
