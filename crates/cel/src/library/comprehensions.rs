//! What two-variable comprehensions need: insertion into a map.

use super::invalid;
use crate::error::EvalError;
use crate::eval::{Meter, Value, ValueMap};

/// Inserts a key that must not be there yet.
pub(crate) fn insert<'a>(
    map: &mut ValueMap<'a>,
    key: Value<'a>,
    value: Value<'a>,
    meter: &mut Meter,
) -> Result<(), EvalError> {
    meter.allocate_values(4)?;
    if map.find(&key).is_some() {
        return Err(invalid(format!("insert failed: key {} already exists", key.notation())));
    }
    map.insert(key, value)
}

/// Inserts all entries of another map.
pub(crate) fn insert_all<'a>(map: &mut ValueMap<'a>, entries: &Value<'a>, meter: &mut Meter) -> Result<(), EvalError> {
    let Value::Map(entries) = entries else { return Err(EvalError::no_overload()) };
    for entry in entries.iter() {
        let (key, value) = entry?;
        insert(map, key, value, meter)?;
    }
    Ok(())
}
