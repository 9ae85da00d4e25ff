//! Lists as sets.

use super::function::SetFunction;
use super::operators::same;
use super::{Arguments, Outcome};
use crate::error::EvalError;
use crate::eval::{List, Meter, Value};

pub(super) fn call<'a>(function: SetFunction, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let (Ok(a), Ok(b)) = (arguments.list(0), arguments.list(1)) else {
        return Err(arguments.no_overload(name(function)));
    };
    Ok(Value::Bool(match function {
        SetFunction::Contains => all_in(b, a, meter)?,
        SetFunction::Equivalent => all_in(b, a, meter)? && all_in(a, b, meter)?,
        SetFunction::Intersects => {
            for value in a.iter() {
                if is_in(&value?, b, meter)? {
                    return Ok(Value::Bool(true));
                }
            }
            false
        }
    }))
}

fn name(function: SetFunction) -> &'static str {
    match function {
        SetFunction::Contains => "sets.contains",
        SetFunction::Equivalent => "sets.equivalent",
        SetFunction::Intersects => "sets.intersects",
    }
}

fn all_in(part: &List<'_>, whole: &List<'_>, meter: &mut Meter) -> Result<bool, EvalError> {
    for value in part.iter() {
        if !is_in(&value?, whole, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_in(value: &Value<'_>, list: &List<'_>, meter: &mut Meter) -> Result<bool, EvalError> {
    for other in list.iter() {
        meter.work(1)?;
        if same(value, &other?, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}
