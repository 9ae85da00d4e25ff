//! The stack of the machine: small ones need no allocation.

use smallvec::SmallVec;

use super::machine::Cell;
use crate::error::EvalError;

#[derive(Default)]
pub(super) struct Stack<'a> {
    cells: SmallVec<[Cell<'a>; 12]>,
}

impl<'a> Stack<'a> {
    pub(super) fn push(&mut self, cell: Cell<'a>) {
        self.cells.push(cell);
    }

    pub(super) fn pop(&mut self) -> Cell<'a> {
        self.cells.pop().unwrap_or_else(|| Err(EvalError::Internal("the stack is empty").into()))
    }

    pub(super) fn top(&self) -> Option<&Cell<'a>> {
        self.cells.last()
    }

    /// The uppermost cells, lowest first.
    pub(super) fn last(&self, count: usize) -> &[Cell<'a>] {
        self.cells.get(self.cells.len().saturating_sub(count)..).unwrap_or(&[])
    }

    pub(super) fn drop(&mut self, count: usize) {
        self.cells.truncate(self.cells.len().saturating_sub(count));
    }
}
