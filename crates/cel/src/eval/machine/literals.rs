//! Lists and maps that the expression makes.

use std::sync::Arc;

use super::super::cost::{NEW_LIST, NEW_MAP};
use super::super::map::{Map, ValueMap};
use super::super::value::Value;
use super::{Machine, Run};

impl<'a> Machine<'a, '_> {
    pub(super) fn make_list(&mut self, count: usize, optional: &[bool]) -> Run {
        self.meter.charge(NEW_LIST)?;
        self.meter.allocate_values(count)?;
        let mut elements = Vec::with_capacity(count);
        let mut error = None;
        for (i, cell) in self.stack.last(count).iter().enumerate() {
            let optional = optional.get(i).copied().unwrap_or(false);
            match cell {
                Ok(Value::Optional(inner)) if optional => {
                    elements.extend(inner.as_deref().cloned());
                }
                Ok(value) => elements.push(value.clone()),
                Err(e) => error = error.or_else(|| Some(e.clone())),
            }
        }
        self.stack.drop(count);
        self.stack.push(match error {
            Some(error) => Err(error),
            None => Ok(Value::list(elements)),
        });
        Ok(())
    }

    pub(super) fn make_map(&mut self, count: usize, optional: &[bool]) -> Run {
        self.meter.allocate_values(count.saturating_mul(4))?;
        let mut map = ValueMap::default();
        let mut error = None;
        for (i, entry) in self.stack.last(count * 2).chunks(2).enumerate() {
            let optional = optional.get(i).copied().unwrap_or(false);
            match entry {
                [Ok(key), Ok(Value::Optional(None))] if optional => map.remove(key)?,
                [Ok(key), Ok(value)] => {
                    let value = match value {
                        Value::Optional(Some(inner)) if optional => (**inner).clone(),
                        value => value.clone(),
                    };
                    map.insert(key.clone(), value)?;
                }
                [Err(e), _] | [_, Err(e)] => error = error.or_else(|| Some(e.clone())),
                _ => {}
            }
        }
        self.meter.charge(NEW_MAP)?;
        self.stack.drop(count * 2);
        self.stack.push(match error {
            Some(error) => Err(error),
            None => Ok(Value::Map(Map::Values(Arc::new(map)))),
        });
        Ok(())
    }
}
