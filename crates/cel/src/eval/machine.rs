//! The machine that runs a plan. It has its own stack: no expression can exhaust that of the
//! thread.

use std::sync::Arc;

use super::activation::Activation;
use super::cost::NEW_LIST;
use super::equal::{Equality, equal};
use super::fold::{Fold, Step};
use super::json;
use super::list::List;
use super::map::{Map, ValueMap};
use super::meter::Meter;
use super::qualify::{Key, Want, qualify, qualify_by};
use super::stack::Stack;
use super::text::Text;
use super::value::Value;
use crate::error::EvalError;
use crate::library::{self, Arguments};
use crate::plan::{Base, Op, Path, Plan, Slot};

/// A value, or the error that stands in its place: operators may absorb it.
pub(crate) type Cell<'a> = Result<Value<'a>, Box<EvalError>>;

/// Runs a plan; gives its value and what it cost.
pub(crate) fn run<'a>(plan: &'a Plan, activation: &Activation<'a>) -> (Result<Value<'a>, EvalError>, u64) {
    let mut machine = Machine {
        plan,
        activation,
        stack: Stack::default(),
        locals: Vec::new(),
        folds: Vec::new(),
        returns: Vec::new(),
        muted: Vec::new(),
        meter: Meter::default(),
        at: 0,
    };
    let outcome = machine.run();
    let value = match outcome {
        Ok(()) => machine.stack.pop().map_err(|e| *e),
        Err(fatal) => Err(fatal),
    };
    (value, machine.meter.cost())
}

/// How far the selections of an attribute have come. It stands on the stack above the object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
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

    fn of(cell: &Cell<'_>) -> Self {
        match cell {
            Ok(Value::Int(0)) => Self::Plain,
            Ok(Value::Int(1)) => Self::Optional,
            _ => Self::Done,
        }
    }
}

struct Machine<'a, 'v> {
    plan: &'a Plan,
    activation: &'v Activation<'a>,
    stack: Stack<'a>,
    locals: Vec<Option<Cell<'a>>>,
    folds: Vec<Fold<'a>>,
    returns: Vec<usize>,
    /// What the evaluation had cost when counting was turned off.
    muted: Vec<u64>,
    meter: Meter,
    at: usize,
}

type Run = Result<(), EvalError>;

impl<'a> Machine<'a, '_> {
    fn run(&mut self) -> Run {
        while let Some(op) = self.plan.ops.get(self.at) {
            self.at += 1;
            self.step(op)?;
        }
        Ok(())
    }

    fn step(&mut self, op: &'a Op) -> Run {
        match op {
            Op::Constant(index) => {
                let value = self.constant(*index);
                self.stack.push(Ok(value));
            }
            Op::Bool(value) => self.stack.push(Ok(Value::Bool(*value))),
            Op::Path(path) => {
                let cell = self.path_value(path)?;
                self.stack.push(cell);
            }
            Op::BarePath(path) => {
                let (object, progress) = self.path(path)?;
                self.push_object(object, progress);
            }
            Op::LoadLazy { slot, init } => match self.local(*slot) {
                Some(cell) => {
                    let cell = cell.clone();
                    self.stack.push(cell);
                }
                None => {
                    self.returns.push(self.at - 1);
                    self.at = *init;
                }
            },
            Op::StoreAndReturn(slot) => {
                let cell = self.stack.pop();
                self.set_local(*slot, Some(cell));
                self.at = self.returns.pop().ok_or(EvalError::Internal("no return"))?;
            }
            Op::Begin => {
                let (object, progress) = begin(self.stack.pop());
                self.push_object(object, progress);
            }
            Op::Qualify { key, optional } => {
                let (object, progress) = self.pop_object();
                let (object, progress) = self.select(object, progress, key, *optional)?;
                self.push_object(object, progress);
            }
            Op::SkipIfDone(target) => {
                if self.stack.top().map(Progress::of) == Some(Progress::Done) {
                    self.at = *target;
                }
            }
            Op::QualifyBy { optional } => self.qualify_by(*optional)?,
            Op::Presence(key) => {
                let (object, progress) = self.pop_object();
                let (object, progress) = self.present(object, progress, key)?;
                self.push_object(object, progress);
            }
            Op::End { charge, presence } => {
                let (object, progress) = self.pop_object();
                let cell = self.finish(object, progress, *presence)?;
                self.meter.charge(u64::from(*charge))?;
                if *presence {
                    self.meter.refund(1);
                }
                self.stack.push(cell);
            }
            Op::Jump(target) => self.at = *target,
            Op::Condition { otherwise, end } => match self.stack.pop() {
                Ok(Value::Bool(true)) => {}
                Ok(Value::Bool(false)) => self.at = *otherwise,
                cell => {
                    let error = cell.err().unwrap_or_else(|| EvalError::no_overload().into());
                    self.push_object(Err(error), Progress::Done);
                    self.at = *end;
                }
            },
            Op::Logic { decided, end } => self.logic(*decided, *end),
            Op::NotStrictlyFalse => {
                self.meter.charge(1)?;
                let holds = !matches!(self.stack.pop(), Ok(Value::Bool(false)));
                self.stack.push(Ok(Value::Bool(holds)));
            }
            Op::Equal { negated, cost } => {
                let cell = equals(self.stack.last(2), *negated, *cost, &mut self.meter)?;
                self.stack.drop(2);
                self.stack.push(cell);
            }
            Op::PathEqual { path, constant, negated, cost } => {
                let operands = [self.path_value(path)?, Ok(self.constant(*constant))];
                let cell = equals(&operands, *negated, *cost, &mut self.meter)?;
                self.stack.push(cell);
            }
            Op::Call { function, count, cost } => self.call(*function, *count, *cost)?,
            Op::SkipOnError { drop, target } => {
                if matches!(self.stack.top(), Some(Err(_))) {
                    let error = self.stack.pop();
                    self.stack.drop(*drop);
                    self.stack.push(error);
                    self.at = *target;
                }
            }
            Op::SkipOnLocalError { slot, target } => {
                if let Some(Err(error)) = self.local(*slot) {
                    let error = error.clone();
                    self.stack.push(Err(error));
                    self.at = *target;
                }
            }
            Op::Matches { regex, cost } => {
                let Some(regex) = self.plan.regexes.get(*regex) else {
                    return Err(EvalError::Internal("no regex"));
                };
                let arguments = self.stack.last(2);
                self.meter.charge(cost.cost(arguments, None)?)?;
                let cell = match arguments.first() {
                    Some(Ok(Value::String(text))) => Ok(Value::Bool(regex.is_match(text.as_bytes()))),
                    Some(Err(error)) => Err(error.clone()),
                    _ => Err(EvalError::no_overload().into()),
                };
                self.stack.drop(2);
                self.stack.push(cell);
            }
            Op::Find { regex, all, count, cost } => {
                let Some(regex) = self.plan.regexes.get(*regex) else {
                    return Err(EvalError::Internal("no regex"));
                };
                let arguments = self.stack.last(*count);
                self.meter.charge(cost.cost(arguments, None)?)?;
                let cell = match first_error(arguments) {
                    Some(error) => Err(error),
                    None => match library::find(regex, Arguments(arguments), *all, &mut self.meter) {
                        Ok(value) => Ok(value),
                        Err(error) => soften(error)?,
                    },
                };
                self.stack.drop(*count);
                self.stack.push(cell);
            }
            Op::RequireKey => {
                if let [Ok(key), _] = self.stack.last(2) {
                    super::map::require_key(key)?;
                }
            }
            Op::RequireOptional => {
                if let Some(Ok(value)) = self.stack.top()
                    && !matches!(value, Value::Optional(_))
                {
                    let message =
                        format!("cannot initialize optional element from non-optional value {}", value.notation());
                    self.stack.pop().ok();
                    self.stack.push(Err(EvalError::InvalidArgument(message).into()));
                }
            }
            Op::MakeList { optional, count } => self.make_list(*count, optional)?,
            Op::MakeMap { optional, count } => self.make_map(*count, optional)?,
            Op::MakeMessage { message, fields } => {
                self.meter.charge(super::cost::NEW_MESSAGE)?;
                let count = fields.len();
                let cells = self.stack.last(count);
                let result = library::build_message(*message, fields, Arguments(cells));
                self.stack.drop(count);
                self.stack.push(result.map_err(Box::new));
            }
            Op::Charge(cost) => self.meter.charge(*cost)?,
            Op::Mute => self.muted.push(self.meter.cost()),
            Op::Unmute => {
                let before = self.muted.pop().unwrap_or_default();
                self.meter.refund(self.meter.cost().saturating_sub(before));
            }
            Op::OrElse { end, unwrap } => self.or_else(*end, *unwrap),
            Op::Contained(set) => {
                let cell = match (self.stack.pop(), self.plan.sets.get(*set)) {
                    (Ok(value), Some(set)) => match set.contains_exactly(&value) {
                        Ok(found) => Ok(Value::Bool(found)),
                        Err(error) => return Err(error),
                    },
                    (cell, _) => cell,
                };
                self.stack.push(cell);
            }
            Op::Fold { accumulator, pairs, init, end } => {
                self.fold(*accumulator, *pairs, *init, *end)?;
            }
            Op::Next { first, second, exit } => self.next(*first, *second, *exit)?,
            Op::While(exit) => {
                if matches!(self.stack.pop(), Ok(Value::Bool(false))) {
                    self.at = *exit;
                }
            }
            Op::Store(slot) => {
                let cell = self.stack.pop();
                self.set_local(*slot, Some(cell));
            }
            Op::EndFold => {
                self.folds.pop();
            }
            Op::Append(slot) => self.append(*slot, false)?,
            Op::AppendElement(slot) => self.append(*slot, true)?,
            Op::Insert { slot, keyed } => self.insert(*slot, *keyed)?,
        }
        Ok(())
    }

    fn constant(&self, index: usize) -> Value<'a> {
        match self.plan.constants.get(index) {
            Some(Value::String(text)) => Value::String(Text::Borrowed(text)),
            Some(value) => value.clone(),
            None => Value::Null,
        }
    }

    fn base(&self, base: &Base) -> Cell<'a> {
        match base {
            Base::Claims => match self.activation.claims {
                Some(claims) => Ok(Value::Claims(claims)),
                None => Err(EvalError::MissingVariable("claims".to_owned()).into()),
            },
            Base::User => match self.activation.user {
                Some(user) => Ok(Value::User(user)),
                None => Err(EvalError::MissingVariable("user".to_owned()).into()),
            },
            Base::Local(slot) => match self.local(*slot) {
                Some(cell) => cell.clone(),
                None => Err(EvalError::Internal("a variable is not set").into()),
            },
            Base::Unseen(name) => Err(EvalError::MissingVariable(name.to_string()).into()),
        }
    }

    fn local(&self, slot: Slot) -> Option<&Cell<'a>> {
        self.locals.get(slot.0).and_then(Option::as_ref)
    }

    fn set_local(&mut self, slot: Slot, cell: Option<Cell<'a>>) {
        if self.locals.len() <= slot.0 {
            self.locals.resize_with(slot.0 + 1, || None);
        }
        if let Some(place) = self.locals.get_mut(slot.0) {
            *place = cell;
        }
    }

    /// The value of a path, and its cost.
    fn path_value(&mut self, path: &'a Path) -> Result<Cell<'a>, EvalError> {
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
    fn path(&mut self, path: &'a Path) -> Result<(Cell<'a>, Progress), EvalError> {
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

    fn select(
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
    fn present(&mut self, object: Cell<'a>, progress: Progress, key: &Key) -> Result<(Cell<'a>, Progress), EvalError> {
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

    fn qualify_by(&mut self, optional: bool) -> Run {
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
    fn finish(&mut self, object: Cell<'a>, progress: Progress, presence: bool) -> Result<Cell<'a>, EvalError> {
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

    fn push_object(&mut self, object: Cell<'a>, progress: Progress) {
        self.stack.push(object);
        self.stack.push(progress.cell());
    }

    fn pop_object(&mut self) -> (Cell<'a>, Progress) {
        let progress = Progress::of(&self.stack.pop());
        (self.stack.pop(), progress)
    }

    /// One more term of `||` or `&&`: below it lies what the terms before it came to.
    fn logic(&mut self, decided: bool, end: usize) {
        let term = self.stack.pop();
        match term {
            Ok(Value::Bool(value)) if value == decided => {
                self.stack.pop().ok();
                self.stack.push(Ok(Value::Bool(decided)));
                self.at = end;
            }
            Ok(Value::Bool(_)) => {}
            other => {
                if matches!(self.stack.top(), Some(Ok(_))) {
                    self.stack.pop().ok();
                    let error = other.err().unwrap_or_else(|| EvalError::no_overload().into());
                    self.stack.push(Err(error));
                }
            }
        }
    }

    fn call(&mut self, function: library::Function, count: usize, cost: super::cost::CostRule) -> Run {
        let arguments = self.stack.last(count);
        let known = if cost.needs_result() { 0 } else { cost.cost(arguments, None)? };
        self.meter.charge(known)?;
        let cell = match first_error(arguments) {
            Some(error) => Err(error),
            None => match library::call(function, Arguments(arguments), &mut self.meter) {
                Ok(value) => Ok(value),
                Err(error) => {
                    if matches!(error, EvalError::UnhashableKey(_)) {
                        self.meter.refund(known);
                    }
                    soften(error)?
                }
            },
        };
        if cost.needs_result() {
            self.meter.charge(cost.cost(arguments, Some(&cell))?)?;
        }
        self.stack.drop(count);
        self.stack.push(cell);
        Ok(())
    }

    fn make_list(&mut self, count: usize, optional: &[bool]) -> Run {
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

    fn make_map(&mut self, count: usize, optional: &[bool]) -> Run {
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
        self.meter.charge(super::cost::NEW_MAP)?;
        self.stack.drop(count * 2);
        self.stack.push(match error {
            Some(error) => Err(error),
            None => Ok(Value::Map(Map::Values(Arc::new(map)))),
        });
        Ok(())
    }

    /// `or` and `orValue`: the second operand is evaluated only if the first has no value.
    fn or_else(&mut self, end: usize, unwrap: bool) {
        match self.stack.top() {
            Some(Ok(Value::Optional(None))) => {
                self.stack.pop().ok();
                return;
            }
            Some(Ok(Value::Optional(Some(inner)))) => {
                if unwrap {
                    let inner = (**inner).clone();
                    self.stack.pop().ok();
                    self.stack.push(Ok(inner));
                }
            }
            Some(Err(_)) => {}
            _ => {
                self.stack.pop().ok();
                self.stack.push(Err(EvalError::no_overload().into()));
            }
        }
        self.at = end;
    }

    fn fold(&mut self, accumulator: Slot, pairs: bool, init: Option<usize>, end: usize) -> Run {
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

    fn next(&mut self, first: Slot, second: Option<Slot>, exit: usize) -> Run {
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
    fn append(&mut self, slot: Slot, element: bool) -> Run {
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
    fn insert(&mut self, slot: Slot, keyed: bool) -> Run {
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

/// What `==` or `!=` of two cells gives.
fn equals<'a>(
    operands: &[Cell<'a>],
    negated: bool,
    cost: super::cost::CostRule,
    meter: &mut Meter,
) -> Result<Cell<'a>, EvalError> {
    meter.charge(cost.cost(operands, None)?)?;
    Ok(match operands {
        [Ok(a), Ok(b)] => match equal(a, b, meter) {
            Ok(answer) if negated => Ok(Value::Bool(answer != Equality::Equal)),
            Ok(Equality::Refused) => Err(EvalError::no_overload().into()),
            Ok(answer) => Ok(Value::Bool(answer == Equality::Equal)),
            Err(error) => soften(error)?,
        },
        [Err(error), _] | [_, Err(error)] => Err(error.clone()),
        _ => return Err(EvalError::Internal("operands are missing")),
    })
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

/// An error that operators may absorb stands in the place of the value; others end the run.
fn soften<'a>(error: EvalError) -> Result<Cell<'a>, EvalError> {
    if error.is_fatal() { Err(error) } else { Ok(Err(error.into())) }
}

fn first_error(cells: &[Cell<'_>]) -> Option<Box<EvalError>> {
    cells.iter().find_map(|cell| cell.as_ref().err().cloned())
}

/// The object that selections start from.
fn begin(cell: Cell<'_>) -> (Cell<'_>, Progress) {
    match cell {
        Ok(Value::Optional(Some(inner))) => (Ok((*inner).clone()), Progress::Optional),
        Ok(Value::Optional(None)) => (Ok(Value::Optional(None)), Progress::Done),
        Ok(value) => (Ok(value), Progress::Plain),
        Err(error) => (Err(error), Progress::Done),
    }
}
