//! The functions that an expression can call, one file for each library.

mod cidr;
mod comprehensions;
mod conversions;
mod decimal;
mod format;
mod function;
mod go_float;
mod ip;
mod lists;
mod messages;
mod named_format;
mod operators;
mod optionals;
mod pattern;
mod quantity;
mod regex;
mod semver;
mod sets;
mod strings;
mod time;
mod url;
mod url_escape;
mod zone;

pub use cidr::Cidr;
pub use named_format::NamedFormat;
pub use quantity::Quantity;
pub use semver::Semver;
pub use url::Url;

pub(crate) use self::regex::{compile as compile_regex, find};
pub(crate) use comprehensions::{insert, insert_all};
pub(crate) use format::{Clause, Piece, read as read_format};
pub(crate) use function::Function;
pub(crate) use messages::build as build_message;
pub(crate) use time::{parse_duration, parse_timestamp};

use crate::error::EvalError;
use crate::eval::{Cell, Meter, Text, Value};

/// The arguments of a call; none of them is an error.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'s, 'a>(pub(crate) &'s [Cell<'a>]);

impl<'s, 'a> Arguments<'s, 'a> {
    pub(crate) fn get(self, index: usize) -> Option<&'s Value<'a>> {
        self.0.get(index).and_then(|cell| cell.as_ref().ok())
    }

    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    fn value(self, index: usize) -> Result<&'s Value<'a>, EvalError> {
        self.get(index).ok_or(EvalError::Internal("an argument is missing"))
    }

    fn text(self, index: usize) -> Result<&'s Text<'a>, EvalError> {
        match self.get(index) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(EvalError::no_overload()),
        }
    }

    fn int(self, index: usize) -> Result<i64, EvalError> {
        match self.get(index) {
            Some(Value::Int(i)) => Ok(*i),
            _ => Err(EvalError::no_overload()),
        }
    }

    fn list(self, index: usize) -> Result<&'s crate::eval::List<'a>, EvalError> {
        match self.get(index) {
            Some(Value::List(list)) => Ok(list),
            _ => Err(EvalError::no_overload()),
        }
    }

    /// `no such overload: name(type, type)`
    fn no_overload(self, name: &str) -> EvalError {
        let types: Vec<&str> = self.0.iter().flatten().map(|value| value.type_name()).collect();
        EvalError::NoSuchOverload(Some(format!("{name}({})", types.join(", "))))
    }
}

/// What a function gives.
type Outcome<'a> = Result<Value<'a>, EvalError>;

fn invalid(message: impl Into<String>) -> EvalError {
    EvalError::InvalidArgument(message.into())
}

/// Calls a function.
pub(crate) fn call<'a>(function: Function, arguments: Arguments<'_, 'a>, meter: &mut Meter) -> Outcome<'a> {
    match function {
        Function::Operator(operator) => operators::call(operator, arguments, meter),
        Function::Convert(to) => conversions::convert(to, arguments),
        Function::Time(part) => time::part(part, arguments),
        Function::Text(function) => strings::call(function, arguments, meter),
        Function::Format => format::call(arguments, meter),
        Function::List(function) => lists::call(function, arguments, meter),
        Function::Set(function) => sets::call(function, arguments, meter),
        Function::Optional(function) => optionals::call(function, arguments, meter),
        Function::Pattern(function) => regex::call(function, arguments, meter),
        Function::Url(function) => url::call(function, arguments),
        Function::Ip(function) => ip::call(function, arguments),
        Function::Cidr(function) => cidr::call(function, arguments),
        Function::Quantity(function) => quantity::call(function, arguments),
        Function::Semver(function) => semver::call(function, arguments),
        Function::Compare(function) => match arguments.get(0) {
            Some(Value::Semver(_)) => semver::compare(function, arguments),
            _ => quantity::compare(function, arguments),
        },
        Function::NamedFormat(function) => named_format::call(function, arguments),
        Function::Unavailable(name) => Err(arguments.no_overload(name)),
    }
}
