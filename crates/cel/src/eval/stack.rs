//! The stack of the machine: small ones need no allocation.

use super::machine::Cell;
use super::value::Value;
use crate::error::EvalError;

const INLINE: usize = 12;

pub(super) struct Stack<'a> {
    inline: [Cell<'a>; INLINE],
    /// How many of `inline` are in use; not used once the stack has moved to `spilled`.
    length: usize,
    spilled: Option<Vec<Cell<'a>>>,
}

impl<'a> Stack<'a> {
    pub(super) fn new() -> Self {
        Self { inline: [const { Ok(Value::Null) }; INLINE], length: 0, spilled: None }
    }

    pub(super) fn push(&mut self, cell: Cell<'a>) {
        if let Some(spilled) = &mut self.spilled {
            spilled.push(cell);
            return;
        }
        match self.inline.get_mut(self.length) {
            Some(place) => {
                *place = cell;
                self.length += 1;
            }
            None => {
                let mut spilled = Vec::with_capacity(4 * INLINE);
                spilled.extend(self.inline.iter_mut().map(|c| std::mem::replace(c, EMPTY)));
                spilled.push(cell);
                self.spilled = Some(spilled);
            }
        }
    }

    pub(super) fn pop(&mut self) -> Cell<'a> {
        if let Some(spilled) = &mut self.spilled {
            return spilled.pop().unwrap_or_else(underflow);
        }
        self.length = self.length.wrapping_sub(1);
        match self.inline.get_mut(self.length) {
            Some(place) => std::mem::replace(place, EMPTY),
            None => {
                self.length = 0;
                underflow()
            }
        }
    }

    pub(super) fn top(&self) -> Option<&Cell<'a>> {
        self.last(1).last()
    }

    /// The uppermost cells, lowest first.
    pub(super) fn last(&self, count: usize) -> &[Cell<'a>] {
        let cells = match &self.spilled {
            Some(spilled) => spilled.as_slice(),
            None => self.inline.get(..self.length).unwrap_or(&[]),
        };
        cells.get(cells.len().saturating_sub(count)..).unwrap_or(&[])
    }

    pub(super) fn drop(&mut self, count: usize) {
        for _ in 0..count {
            self.pop().ok();
        }
    }
}

const EMPTY: Cell<'static> = Ok(Value::Null);

fn underflow<'a>() -> Cell<'a> {
    Err(EvalError::Internal("the stack is empty").into())
}
