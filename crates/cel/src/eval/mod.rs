//! Running a checked expression: values, their operations, and what they cost.

mod activation;
mod arithmetic;
mod compare;
mod cost;
mod equal;
mod fold;
mod json;
mod list;
mod machine;
mod map;
mod meter;
mod notation;
mod number;
mod qualify;
mod size;
mod stack;
mod text;
mod timestamp;
mod value;

pub use activation::{Activation, Claims, ClaimsIndex, MalformedClaims, User};
pub use list::List;
pub use map::Map;
pub use meter::COST_LIMIT;
pub use text::Text;
pub use timestamp::Timestamp;
pub(crate) use timestamp::{Civil, days_from_date};
pub use value::{NotStrings, Value};

pub(crate) use arithmetic::{Arithmetic, arithmetic, negate};
pub(crate) use compare::{compare, is_comparable};
pub(crate) use cost::{CostRule, NEW_LIST, NEW_MAP, NEW_MESSAGE};
pub(crate) use equal::{Equality, equal};
pub(crate) use machine::{Cell, run};
pub(crate) use map::ValueMap;
pub(crate) use meter::Meter;
pub(crate) use number::{double_to_int, double_to_uint, format_double, int_to_double, uint_to_double};
pub(crate) use qualify::Key;
