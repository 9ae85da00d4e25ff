//! Selections from variables and values.

use super::super::json;
use super::super::list::List;
use super::super::map::Map;
use super::super::qualify::{Key, Want, qualify, qualify_by};
use super::super::value::Value;
use super::{Cell, Machine, Run, soften};
use crate::error::EvalError;
use crate::plan::Path;

impl<'a> Machine<'a, '_> {
    /// The value of a path, and its cost.
    pub(super) fn path_value(&mut self, path: &'a Path) -> Result<Cell<'a>, EvalError> {
        if let (Some(name), Some(claims)) = (&path.claim, self.activation.claims)
            && let Some(raw) = claims.get(name)
        {
            self.meter.charge(2)?;
            return match json::value(raw, true) {
                Ok(value) => {
                    self.meter.work(unread(&value) / READ_AT_ONCE)?;
                    Ok(Ok(value))
                }
                Err(error) => soften(error),
            };
        }
        if path.keys.is_empty() {
            self.meter.charge(1)?;
            return Ok(self.base(&path.base));
        }
        let (object, progress) = self.path(path)?;
        let cell = self.finish(object, progress, path.presence)?;
        self.meter.charge(1)?;
        if path.presence {
            self.meter.refund(1);
        }
        Ok(cell)
    }

    /// A variable with keys that are all known beforehand.
    pub(super) fn path(&mut self, path: &'a Path) -> Result<(Cell<'a>, Progress), EvalError> {
        let (mut object, mut progress) = begin(self.base(&path.base));
        let last = path.keys.len().saturating_sub(1);
        for (i, (key, optional)) in path.keys.iter().enumerate() {
            if progress == Progress::Done {
                break;
            }
            (object, progress) = if path.presence && i == last {
                self.present(object, progress, key)?
            } else {
                self.select(object, progress, key, *optional)?
            };
        }
        Ok((object, progress))
    }

    pub(super) fn select(
        &mut self,
        object: Cell<'a>,
        progress: Progress,
        key: &Key,
        optional: bool,
    ) -> Result<(Cell<'a>, Progress), EvalError> {
        let (Ok(value), true) = (&object, progress != Progress::Done) else {
            return Ok((object, Progress::Done));
        };
        let optional = optional || progress == Progress::Optional;
        let want = if optional { Want::ValueIfPresent } else { Want::Value };
        let found = qualify(value, key, want);
        self.selected(found, optional)
    }

    /// Counts a selection, and puts what it found in the place of the object.
    fn selected(
        &mut self,
        found: Result<Option<Value<'a>>, EvalError>,
        optional: bool,
    ) -> Result<(Cell<'a>, Progress), EvalError> {
        // An optional selection counts only if it finds something.
        let counts = !optional || matches!(found, Ok(Some(_)));
        self.meter.charge(u64::from(counts))?;
        if let Ok(Some(value)) = &found {
            self.meter.work(unread(value) / READ_AT_ONCE)?;
        }
        let progress = if optional { Progress::Optional } else { Progress::Plain };
        Ok(match found {
            Ok(Some(value)) => (Ok(value), progress),
            Ok(None) => (Ok(Value::Optional(None)), Progress::Done),
            Err(error) => (soften(error)?, Progress::Done),
        })
    }

    /// The last selection in `has(..)`.
    pub(super) fn present(
        &mut self,
        object: Cell<'a>,
        progress: Progress,
        key: &Key,
    ) -> Result<(Cell<'a>, Progress), EvalError> {
        let (Ok(value), true) = (&object, progress != Progress::Done) else {
            return Ok((object, Progress::Done));
        };
        let found = qualify(value, key, Want::ValueIfPresent);
        if progress == Progress::Optional {
            let found = found.map(|found| found.map(|_| Value::Null));
            return self.selected(found, true);
        }
        self.meter.charge(1)?;
        Ok(match found {
            Ok(found) => (Ok(Value::Bool(found.is_some())), Progress::Plain),
            Err(error) => (soften(error)?, Progress::Done),
        })
    }

    pub(super) fn qualify_by(&mut self, optional: bool) -> Run {
        let key = self.stack.pop();
        let (object, progress) = self.pop_object();
        let optional = optional || progress == Progress::Optional;
        let want = if optional { Want::ValueIfPresent } else { Want::Value };
        let found = match (&object, &key) {
            (Ok(object), Ok(key)) => match key {
                Value::String(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Bool(_) => {
                    qualify_by(object, key, want)
                }
                other => Err(EvalError::InvalidArgument(format!("invalid qualifier type: {}", other.type_name()))),
            },
            (_, Err(error)) | (Err(error), _) => Err((**error).clone()),
        };
        let (object, progress) = self.selected(found, optional)?;
        self.push_object(object, progress);
        Ok(())
    }

    /// The value of an attribute once all is selected.
    pub(super) fn finish(
        &mut self,
        object: Cell<'a>,
        progress: Progress,
        presence: bool,
    ) -> Result<Cell<'a>, EvalError> {
        let cell = match (object, progress) {
            (Ok(value), Progress::Optional) => {
                self.meter.allocate_values(1)?;
                Ok(value.some())
            }
            (object, _) => object,
        };
        Ok(match cell {
            Ok(Value::Optional(inner)) if presence => Ok(Value::Bool(inner.is_some())),
            cell => cell,
        })
    }

    pub(super) fn push_object(&mut self, object: Cell<'a>, progress: Progress) {
        self.stack.push(object);
        self.stack.push(progress.cell());
    }

    pub(super) fn pop_object(&mut self) -> (Cell<'a>, Progress) {
        let progress = Progress::of(&self.stack.pop());
        (self.stack.pop(), progress)
    }
}

/// How far the selections of an attribute have come. It stands on the stack above the object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Plain,
    /// An optional selection was made, or the object was optional: the result will be.
    Optional,
    /// Nothing more is selected: there is no value, or an error.
    Done,
}

impl Progress {
    fn cell<'a>(self) -> Cell<'a> {
        Ok(Value::Int(match self {
            Self::Plain => 0,
            Self::Optional => 1,
            Self::Done => 2,
        }))
    }

    pub(super) fn of(cell: &Cell<'_>) -> Self {
        match cell {
            Ok(Value::Int(0)) => Self::Plain,
            Ok(Value::Int(1)) => Self::Optional,
            _ => Self::Done,
        }
    }
}

/// How many bytes of JSON are read in the time of one step.
const READ_AT_ONCE: usize = 64;

/// The bytes of JSON that using a value may have to read again.
fn unread(value: &Value<'_>) -> usize {
    match value {
        Value::List(List::Json(array)) => array.raw.len(),
        Value::Map(Map::Json(object)) => object.raw.len(),
        _ => 0,
    }
}

/// The object that selections start from.
pub(super) fn begin(cell: Cell<'_>) -> (Cell<'_>, Progress) {
    match cell {
        Ok(Value::Optional(Some(inner))) => (Ok((*inner).clone()), Progress::Optional),
        Ok(Value::Optional(None)) => (Ok(Value::Optional(None)), Progress::Done),
        Ok(value) => (Ok(value), Progress::Plain),
        Err(error) => (Err(error), Progress::Done),
    }
}
