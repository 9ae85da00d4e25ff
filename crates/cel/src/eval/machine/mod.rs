//! The machine that runs a plan. It has its own stack: no expression can exhaust that of the
//! thread.

mod attributes;
mod comprehensions;
mod literals;

use self::attributes::{Progress, begin};
use super::activation::Activation;
use super::equal::{Equality, equal};
use super::fold::Fold;
use super::meter::Meter;
use super::stack::Stack;
use super::text::Text;
use super::value::Value;
use crate::error::EvalError;
use crate::library::{self, Arguments};
use crate::plan::{Base, Op, Plan, Slot};

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

/// An error that operators may absorb stands in the place of the value; others end the run.
fn soften<'a>(error: EvalError) -> Result<Cell<'a>, EvalError> {
    if error.is_fatal() { Err(error) } else { Ok(Err(error.into())) }
}

fn first_error(cells: &[Cell<'_>]) -> Option<Box<EvalError>> {
    cells.iter().find_map(|cell| cell.as_ref().err().cloned())
}
