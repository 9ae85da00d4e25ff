//! What macros run: turns over a range, and what they gather.

use std::sync::Arc;

use super::super::fold::{Fold, Step};
use super::super::list::List;
use super::super::map::Map;
use super::super::value::Value;
use super::{Machine, Run, soften};
use crate::error::EvalError;
use crate::library;
use crate::plan::Slot;

impl<'a> Machine<'a, '_> {
    pub(super) fn fold(&mut self, accumulator: Slot, pairs: bool, init: Option<usize>, end: usize) -> Run {
        let range = match self.stack.pop() {
            Ok(range) => range,
            error => {
                self.stack.push(error);
                self.at = end;
                return Ok(());
            }
        };
        match Fold::new(&range, pairs) {
            Ok(fold) => {
                let init = init.map(|index| Ok(self.constant(index)));
                self.set_local(accumulator, init);
                self.folds.push(fold);
            }
            Err(error) => {
                self.stack.push(Err(error.into()));
                self.at = end;
            }
        }
        Ok(())
    }

    pub(super) fn next(&mut self, first: Slot, second: Option<Slot>, exit: usize) -> Run {
        self.meter.work(1)?;
        match (self.folds.last_mut().map(Fold::next), second) {
            (Some(Step::One(value)), _) => self.set_local(first, Some(value)),
            (Some(Step::Two(key, value)), Some(second)) => {
                self.set_local(first, Some(key));
                self.set_local(second, Some(value));
            }
            _ => self.at = exit,
        }
        Ok(())
    }

    /// Adds a list or an element to the accumulator, in place where nobody else holds it.
    pub(super) fn append(&mut self, slot: Slot, element: bool) -> Run {
        let added = self.stack.pop();
        let held = self.locals.get_mut(slot.0).and_then(Option::take);
        let cell = match (held, added) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(Value::List(List::Values(mut held)))), Ok(added)) if element => {
                self.meter.allocate_values(1)?;
                Arc::make_mut(&mut held).push(added);
                Ok(Value::List(List::Values(held)))
            }
            (Some(Ok(Value::List(List::Values(mut held)))), Ok(Value::List(added))) => {
                self.meter.allocate_values(added.len())?;
                let list = Arc::make_mut(&mut held);
                for element in added.iter() {
                    list.push(element?);
                }
                Ok(Value::List(List::Values(held)))
            }
            _ => Err(EvalError::no_overload().into()),
        };
        self.stack.push(cell);
        Ok(())
    }

    /// Adds entries to the accumulator, in place where nobody else holds it.
    pub(super) fn insert(&mut self, slot: Slot, keyed: bool) -> Run {
        let value = self.stack.pop();
        let key = if keyed { self.stack.pop() } else { Ok(Value::Null) };
        let held = self.locals.get_mut(slot.0).and_then(Option::take);
        let cell = match (held, key, value) {
            (Some(Err(error)), ..) | (_, Err(error), _) | (.., Err(error)) => Err(error),
            (Some(Ok(Value::Map(Map::Values(held)))), Ok(key), Ok(value)) => {
                let mut held = held;
                let map = Arc::make_mut(&mut held);
                let result = if keyed {
                    library::insert(map, key, value, &mut self.meter)
                } else {
                    library::insert_all(map, &value, &mut self.meter)
                };
                match result {
                    Ok(()) => Ok(Value::Map(Map::Values(held))),
                    Err(error) => soften(error)?,
                }
            }
            _ => Err(EvalError::no_overload().into()),
        };
        self.stack.push(cell);
        Ok(())
    }
}
