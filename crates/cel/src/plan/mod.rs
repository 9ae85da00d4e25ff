//! The program that the machine runs, made from a checked expression.

mod build;
mod constants;

pub(crate) use build::build;

use regex::bytes::Regex;

use crate::check::Message;
use crate::eval::{CostRule, Key, Value, ValueMap};
use crate::library::Function;

/// A compiled expression.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) ops: Vec<Op>,
    pub(crate) constants: Vec<Value<'static>>,
    pub(crate) regexes: Vec<Regex>,
    /// Constant lists that something is looked up in.
    pub(crate) sets: Vec<ValueMap<'static>>,
}

/// Where the variable of a macro is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) usize);

/// Where an attribute starts.
#[derive(Clone, Debug)]
pub(crate) enum Base {
    Claims,
    User,
    Local(Slot),
    /// A variable of a macro that cannot be seen where it is named.
    Unseen(Box<str>),
}

/// A variable and keys that are all constants.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) base: Base,
    /// Keys, each with whether it was written `.?key`.
    pub(crate) keys: Vec<(Key, bool)>,
    /// `has(..)` of the last key.
    pub(crate) presence: bool,
    /// The name of the claim, if the path is `claims.name`.
    pub(crate) claim: Option<Box<str>>,
}

/// One step of the machine. Where a step says `object`, two cells of the stack are meant: the
/// value and how far its selections have come.
#[derive(Debug)]
pub(crate) enum Op {
    /// Pushes a constant.
    Constant(usize),
    /// Pushes a boolean.
    Bool(bool),
    /// Pushes the value of a path.
    Path(Path),
    /// Pushes a path as an object that more may be selected of.
    BarePath(Path),
    /// Pushes an accumulator, after running the code at `init` if it has no value yet.
    LoadLazy {
        slot: Slot,
        init: usize,
    },
    /// Ends the code that gives an accumulator its first value.
    StoreAndReturn(Slot),
    /// Makes the value on the stack an object.
    Begin,
    /// Selects from the object.
    Qualify {
        key: Key,
        optional: bool,
    },
    /// Passes over the evaluation of a key that will not be used.
    SkipIfDone(usize),
    /// Selects from the object by the key on the stack.
    QualifyBy {
        optional: bool,
    },
    /// Tests for presence of the last key.
    Presence(Key),
    /// Makes the object a value.
    End {
        charge: bool,
        presence: bool,
    },
    Jump(usize),
    /// Goes on if the condition holds; an error becomes the object.
    Condition {
        otherwise: usize,
        end: usize,
    },
    /// Joins a term to those before it; `decided` is the value that decides.
    Logic {
        decided: bool,
        end: usize,
    },
    /// Makes everything but `false` true, errors included.
    NotStrictlyFalse,
    Equal {
        negated: bool,
        cost: CostRule,
    },
    /// Compares a path with a constant.
    PathEqual {
        path: Path,
        constant: usize,
        negated: bool,
        cost: CostRule,
    },
    Call {
        function: Function,
        count: usize,
        cost: CostRule,
    },
    /// If there is an error on the stack, drops what lies below and goes to `target` with it.
    SkipOnError {
        drop: usize,
        target: usize,
    },
    /// If the variable holds an error, goes to `target` with it.
    SkipOnLocalError {
        slot: Slot,
        target: usize,
    },
    /// `matches` with a constant pattern.
    Matches {
        regex: usize,
        cost: CostRule,
    },
    /// `find` or `findAll` with a constant pattern.
    Find {
        regex: usize,
        all: bool,
        count: usize,
        cost: CostRule,
    },
    /// Ends the evaluation if the key below the value on the stack cannot be one.
    RequireKey,
    /// An element that is written `?element` has to be optional.
    RequireOptional,
    MakeList {
        optional: Box<[bool]>,
        count: usize,
    },
    MakeMap {
        optional: Box<[bool]>,
        count: usize,
    },
    MakeMessage {
        message: Message,
        fields: Box<[(Box<str>, bool)]>,
    },
    Charge(u64),
    /// What follows is not counted, up to [`Op::Unmute`].
    Mute,
    Unmute,
    /// `or` and `orValue`.
    OrElse {
        end: usize,
        unwrap: bool,
    },
    /// `in` a constant list.
    Contained(usize),
    /// Begins a comprehension over the value on the stack.
    Fold {
        accumulator: Slot,
        pairs: bool,
        init: Option<usize>,
        end: usize,
    },
    /// Sets the variables to the next element, or leaves.
    Next {
        first: Slot,
        second: Option<Slot>,
        exit: usize,
    },
    /// Leaves if the condition is false.
    While(usize),
    Store(Slot),
    EndFold,
    /// Appends the list on the stack to the accumulator and pushes it.
    Append(Slot),
    /// Appends the value on the stack to the accumulator and pushes it.
    AppendElement(Slot),
    /// Inserts into the accumulator and pushes it.
    Insert {
        slot: Slot,
        keyed: bool,
    },
}
