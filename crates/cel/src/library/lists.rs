//! Lists: version 3 of the extension, version 1 of the Kubernetes library.

use std::cmp::Ordering;

use super::function::ListFunction;
use super::operators::same;
use super::{Arguments, Outcome, invalid};
use crate::error::EvalError;
use crate::eval::{Arithmetic, List, Meter, Value, arithmetic, compare, is_comparable};

pub(super) fn call<'a>(function: ListFunction, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    match function {
        ListFunction::Range => return range(arguments.int(0)?, meter),
        ListFunction::Includes => return includes(arguments, meter),
        _ => {}
    }
    let list = arguments.list(0).map_err(|_| arguments.no_overload(name(function)))?;
    meter.work(list.len())?;
    match function {
        ListFunction::Distinct => distinct(list, meter),
        ListFunction::Flatten => {
            let depth = if arguments.len() == 2 { arguments.int(1)? } else { 1 };
            flatten(list, depth, meter)
        }
        ListFunction::Slice => slice(list, arguments.int(1)?, arguments.int(2)?, meter),
        ListFunction::Sort => sort(list, list, meter),
        ListFunction::SortByKeys => sort(list, arguments.list(1)?, meter),
        ListFunction::Reverse => {
            let mut values = collect(list, meter)?;
            values.reverse();
            Ok(Value::list(values))
        }
        ListFunction::First => element(list, Some(0)),
        ListFunction::Last => element(list, list.len().checked_sub(1)),
        ListFunction::IsSorted => is_sorted(list).map(Value::Bool),
        ListFunction::Sum => sum(list, meter),
        ListFunction::Max => extreme(list, Ordering::Less, "max"),
        ListFunction::Min => extreme(list, Ordering::Greater, "min"),
        ListFunction::Range | ListFunction::Includes => Err(EvalError::Internal("handled above")),
    }
}

fn name(function: ListFunction) -> &'static str {
    match function {
        ListFunction::Distinct => "distinct",
        ListFunction::Flatten => "flatten",
        ListFunction::Slice => "slice",
        ListFunction::Sort => "sort",
        ListFunction::SortByKeys => "@sortByAssociatedKeys",
        ListFunction::Reverse => "reverse",
        ListFunction::Range => "lists.range",
        ListFunction::First => "first",
        ListFunction::Last => "last",
        ListFunction::IsSorted => "isSorted",
        ListFunction::Sum => "sum",
        ListFunction::Max => "max",
        ListFunction::Min => "min",
        ListFunction::Includes => "includes",
    }
}

fn collect<'a>(list: &List<'a>, meter: &mut Meter) -> Result<Vec<Value<'a>>, EvalError> {
    meter.allocate_values(list.len())?;
    list.iter().collect()
}

fn element<'a>(list: &List<'a>, index: Option<usize>) -> Outcome<'a> {
    match index.and_then(|i| list.get(i)) {
        Some(value) => Ok(value?.some()),
        None => Ok(Value::Optional(None)),
    }
}

fn distinct<'a>(list: &List<'a>, meter: &mut Meter) -> Outcome<'a> {
    if list.is_empty() {
        return Ok(Value::List(list.clone()));
    }
    let mut seen: Vec<Value<'a>> = Vec::new();
    for value in list.iter() {
        let value = value?;
        meter.work(seen.len())?;
        let mut known = false;
        for other in &seen {
            if same(&value, other, meter)? {
                known = true;
                break;
            }
        }
        if !known {
            meter.allocate_values(1)?;
            seen.push(value);
        }
    }
    Ok(Value::list(seen))
}

fn flatten<'a>(list: &List<'a>, depth: i64, meter: &mut Meter) -> Outcome<'a> {
    if depth < 0 {
        return Err(invalid("level must be non-negative"));
    }
    let mut flat = Vec::new();
    let mut open = vec![(list.iter(), depth)];
    while let Some((iter, depth)) = open.last_mut() {
        match iter.next().transpose()? {
            Some(Value::List(inner)) if *depth > 0 => {
                let depth = *depth - 1;
                open.push((inner.iter(), depth));
            }
            Some(value) => {
                meter.work(1)?;
                meter.allocate_values(1)?;
                flat.push(value);
            }
            None => {
                open.pop();
            }
        }
    }
    Ok(Value::list(flat))
}

fn slice<'a>(list: &List<'a>, start: i64, end: i64, meter: &mut Meter) -> Outcome<'a> {
    let call = format!("cannot slice({start}, {end})");
    let (Ok(from), Ok(to)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(invalid(format!("{call}, negative indexes not supported")));
    };
    if start > end {
        return Err(invalid(format!("{call}, start index must be less than or equal to end index")));
    }
    let length = list.len();
    if to > length {
        return Err(invalid(format!("{call}, list is length {length}")));
    }
    meter.allocate_values(to - from)?;
    let part: Result<Vec<_>, _> = list.iter().skip(from).take(to - from).collect();
    Ok(Value::list(part?))
}

/// Sorts a list by keys that are in another.
fn sort<'a>(list: &List<'a>, keys: &List<'a>, meter: &mut Meter) -> Outcome<'a> {
    let values = collect(list, meter)?;
    let keys = collect(keys, meter)?;
    if values.len() != keys.len() {
        return Err(invalid(format!(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys \
             list, but got {} and {} elements respectively",
            values.len(),
            keys.len()
        )));
    }
    let Some(first) = keys.first() else { return Ok(Value::List(list.clone())) };
    if !is_comparable(first) {
        return Err(invalid("list elements must be comparable"));
    }
    if keys.len() > 1 && keys.iter().any(|key| key.type_name() != first.type_name()) {
        return Err(invalid("list elements must have the same type"));
    }
    let mut pairs: Vec<(Value<'a>, Value<'a>)> = keys.into_iter().zip(values).collect();
    // Numbers that are not numbers have no place: they stay where they are.
    pairs.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(Ordering::Equal));
    Ok(Value::list(pairs.into_iter().map(|(_, value)| value).collect()))
}

/// The longest list that `lists.range` gives.
const MAX_RANGE: usize = 1_000_000;

fn range<'a>(count: i64, meter: &mut Meter) -> Outcome<'a> {
    let Ok(size) = usize::try_from(count) else {
        return Err(invalid(format!("lists.range: size must be non-negative, got {count}")));
    };
    if size > MAX_RANGE {
        let message = format!("lists.range: size {size} exceeds maximum allowed ({MAX_RANGE})");
        return Err(invalid(message));
    }
    meter.allocate_values(size)?;
    Ok(Value::list((0..count).map(Value::Int).collect()))
}

fn includes<'a>(arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    let wanted = arguments.value(1)?;
    match arguments.value(0)? {
        Value::List(list) => {
            for value in list.iter() {
                meter.work(1)?;
                if same(&value?, wanted, meter)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        other => Ok(Value::Bool(same(other, wanted, meter)?)),
    }
}

/// `indexOf` and `lastIndexOf` of a list.
pub(super) fn index_of<'a>(list: &List<'a>, wanted: &Value<'a>, last: bool, meter: &mut Meter) -> Outcome<'a> {
    let mut found = -1;
    for (i, value) in list.iter().enumerate() {
        meter.work(1)?;
        if same(&value?, wanted, meter)? {
            found = i64::try_from(i).unwrap_or(i64::MAX);
            if !last {
                break;
            }
        }
    }
    Ok(Value::Int(found))
}

/// The elements, if they are of a type that has an order. The first one decides which function
/// of the library is called, the others are only looked at.
fn ordered<'a>(list: &List<'a>, name: &str) -> Result<Vec<Value<'a>>, EvalError> {
    let values: Vec<Value<'a>> = list.iter().collect::<Result<_, _>>()?;
    match values.first() {
        Some(first) if !is_comparable(first) => Err(EvalError::NoSuchOverload(Some(format!("{name}(list)")))),
        _ if values.iter().all(is_comparable) => Ok(values),
        _ => Err(EvalError::no_overload()),
    }
}

fn is_sorted(list: &List<'_>) -> Result<bool, EvalError> {
    let mut previous: Option<Value<'_>> = None;
    for (i, value) in list.iter().enumerate() {
        let value = value?;
        if !is_comparable(&value) {
            return Err(match i {
                0 => EvalError::NoSuchOverload(Some("isSorted(list)".to_owned())),
                _ => EvalError::no_overload(),
            });
        }
        if let Some(previous) = &previous
            && matches!(compare(previous, &value), Ok(Ordering::Greater))
        {
            return Ok(false);
        }
        previous = Some(value);
    }
    Ok(true)
}

fn sum<'a>(list: &List<'a>, meter: &mut Meter) -> Outcome<'a> {
    let mut total = match list.get(0).transpose()? {
        None | Some(Value::Int(_)) => Value::Int(0),
        Some(Value::Uint(_)) => Value::Uint(0),
        Some(Value::Double(_)) => Value::Double(0.0),
        Some(Value::Duration(_)) => Value::Duration(0),
        Some(_) => return Err(EvalError::NoSuchOverload(Some("sum(list)".to_owned()))),
    };
    for value in list.iter() {
        total = arithmetic(Arithmetic::Add, &total, &value?, meter)?;
    }
    Ok(total)
}

/// The element that no other one beats; `beaten` is how one that is beaten compares.
fn extreme<'a>(list: &List<'a>, beaten: Ordering, name: &str) -> Outcome<'a> {
    let mut best: Option<Value<'a>> = None;
    for value in ordered(list, name)? {
        best = Some(match best {
            Some(best) if compare(&best, &value).ok() != Some(beaten) => best,
            _ => value,
        });
    }
    best.ok_or_else(|| invalid(format!("{name} called on empty list")))
}
