//! Which function a name is.

use std::cmp::Ordering;

use super::named_format::NamedFormat;
use crate::eval::{Arithmetic, Value};

/// A function, by the library that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Operator(Operator),
    Convert(Conversion),
    Time(TimePart),
    Text(TextFunction),
    Format,
    List(ListFunction),
    Set(SetFunction),
    Optional(OptionalFunction),
    Pattern(PatternFunction),
    Url(UrlFunction),
    Ip(IpFunction),
    Cidr(CidrFunction),
    Quantity(QuantityFunction),
    Semver(SemverFunction),
    Compare(Comparison),
    NamedFormat(FormatFunction),
    /// Declared, but without what it works on: those of the authorizer.
    Unavailable(&'static str),
}

/// Makes enums of functions without further data.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? })*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),* })*
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Arithmetic(Arithmetic),
    Negate,
    Not,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Size,
    Type,
    Dyn,
}

functions! {
    /// `int(..)` and its like.
    Conversion { Bool, Bytes, Double, Duration, Int, String, Timestamp, Uint }
    /// `getHours(..)` and its like.
    TimePart {
        FullYear, Month, DayOfYear, DayOfMonth, Date, DayOfWeek, Hours, Minutes, Seconds,
        Milliseconds,
    }
    TextFunction {
        Contains, StartsWith, EndsWith, CharAt, IndexOf, LastIndexOf, LowerAscii, UpperAscii,
        Replace, Split, Substring, Trim, Join, Quote,
    }
    ListFunction {
        Distinct, Flatten, Slice, Sort, SortByKeys, Reverse, Range, First, Last, IsSorted, Sum,
        Max, Min, Includes,
    }
    SetFunction { Contains, Equivalent, Intersects }
    OptionalFunction { None, Of, OfNonZeroValue, Value, HasValue, Unwrap }
    PatternFunction { Matches, Find, FindAll }
    UrlFunction { Url, IsUrl, Scheme, Host, Hostname, Port, EscapedPath, Query }
    IpFunction {
        Parse, IsIp, IsCanonical, Family, IsUnspecified, IsLoopback, IsLinkLocalMulticast,
        IsLinkLocalUnicast, IsGlobalUnicast,
    }
    CidrFunction { Parse, IsCidr, ContainsIp, ContainsCidr, Ip, PrefixLength, Masked }
    QuantityFunction {
        Parse, IsQuantity, Sign, AsApproximateFloat, AsInteger, IsInteger, Add, Sub,
    }
    SemverFunction { Parse, IsSemver, Major, Minor, Patch }
    /// What quantities and versions have both.
    Comparison { IsGreaterThan, IsLessThan, CompareTo }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatFunction {
    Constant(NamedFormat),
    Named,
    Validate,
}

impl Comparison {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::IsGreaterThan => "isGreaterThan",
            Self::IsLessThan => "isLessThan",
            Self::CompareTo => "compareTo",
        }
    }

    pub(super) fn answer<'a>(self, order: Ordering) -> Value<'a> {
        match (self, order) {
            (Self::IsGreaterThan, _) => Value::Bool(order == Ordering::Greater),
            (Self::IsLessThan, _) => Value::Bool(order == Ordering::Less),
            (Self::CompareTo, Ordering::Less) => Value::Int(-1),
            (Self::CompareTo, Ordering::Equal) => Value::Int(0),
            (Self::CompareTo, Ordering::Greater) => Value::Int(1),
        }
    }
}

impl Function {
    /// The function of a name; `member` if it is called on its first argument.
    pub(crate) fn find(name: &str, member: bool) -> Option<Self> {
        if member { Self::member(name) } else { Self::global(name) }
    }

    fn global(name: &str) -> Option<Self> {
        let operator = |o| Self::Operator(o);
        let arithmetic = |a| Self::Operator(Operator::Arithmetic(a));
        Some(match name {
            "_+_" => arithmetic(Arithmetic::Add),
            "_-_" => arithmetic(Arithmetic::Subtract),
            "_*_" => arithmetic(Arithmetic::Multiply),
            "_/_" => arithmetic(Arithmetic::Divide),
            "_%_" => arithmetic(Arithmetic::Remainder),
            "-_" => operator(Operator::Negate),
            "!_" => operator(Operator::Not),
            "_<_" => operator(Operator::Less),
            "_<=_" => operator(Operator::LessEqual),
            "_>_" => operator(Operator::Greater),
            "_>=_" => operator(Operator::GreaterEqual),
            "@in" => operator(Operator::In),
            "size" => operator(Operator::Size),
            "type" => operator(Operator::Type),
            "dyn" => operator(Operator::Dyn),
            "bool" => Self::Convert(Conversion::Bool),
            "bytes" => Self::Convert(Conversion::Bytes),
            "double" => Self::Convert(Conversion::Double),
            "duration" => Self::Convert(Conversion::Duration),
            "int" => Self::Convert(Conversion::Int),
            "string" => Self::Convert(Conversion::String),
            "timestamp" => Self::Convert(Conversion::Timestamp),
            "uint" => Self::Convert(Conversion::Uint),
            "matches" => Self::Pattern(PatternFunction::Matches),
            "strings.quote" => Self::Text(TextFunction::Quote),
            "lists.range" => Self::List(ListFunction::Range),
            "sets.contains" => Self::Set(SetFunction::Contains),
            "sets.equivalent" => Self::Set(SetFunction::Equivalent),
            "sets.intersects" => Self::Set(SetFunction::Intersects),
            "optional.none" => Self::Optional(OptionalFunction::None),
            "optional.of" => Self::Optional(OptionalFunction::Of),
            "optional.ofNonZeroValue" => Self::Optional(OptionalFunction::OfNonZeroValue),
            "optional.unwrap" => Self::Optional(OptionalFunction::Unwrap),
            "url" => Self::Url(UrlFunction::Url),
            "isURL" => Self::Url(UrlFunction::IsUrl),
            "ip" => Self::Ip(IpFunction::Parse),
            "isIP" => Self::Ip(IpFunction::IsIp),
            "ip.isCanonical" => Self::Ip(IpFunction::IsCanonical),
            "cidr" => Self::Cidr(CidrFunction::Parse),
            "isCIDR" => Self::Cidr(CidrFunction::IsCidr),
            "quantity" => Self::Quantity(QuantityFunction::Parse),
            "isQuantity" => Self::Quantity(QuantityFunction::IsQuantity),
            "sign" => Self::Quantity(QuantityFunction::Sign),
            "semver" => Self::Semver(SemverFunction::Parse),
            "isSemver" => Self::Semver(SemverFunction::IsSemver),
            "format.named" => Self::NamedFormat(FormatFunction::Named),
            _ => {
                let format = NamedFormat::named(name.strip_prefix("format.")?)?;
                Self::NamedFormat(FormatFunction::Constant(format))
            }
        })
    }

    fn member(name: &str) -> Option<Self> {
        Some(match name {
            "size" => Self::Operator(Operator::Size),
            "getFullYear" => Self::Time(TimePart::FullYear),
            "getMonth" => Self::Time(TimePart::Month),
            "getDayOfYear" => Self::Time(TimePart::DayOfYear),
            "getDayOfMonth" => Self::Time(TimePart::DayOfMonth),
            "getDate" => Self::Time(TimePart::Date),
            "getDayOfWeek" => Self::Time(TimePart::DayOfWeek),
            "getHours" => Self::Time(TimePart::Hours),
            "getMinutes" => Self::Time(TimePart::Minutes),
            "getSeconds" => Self::Time(TimePart::Seconds),
            "getMilliseconds" => Self::Time(TimePart::Milliseconds),
            "contains" => Self::Text(TextFunction::Contains),
            "startsWith" => Self::Text(TextFunction::StartsWith),
            "endsWith" => Self::Text(TextFunction::EndsWith),
            "charAt" => Self::Text(TextFunction::CharAt),
            "indexOf" => Self::Text(TextFunction::IndexOf),
            "lastIndexOf" => Self::Text(TextFunction::LastIndexOf),
            "lowerAscii" => Self::Text(TextFunction::LowerAscii),
            "upperAscii" => Self::Text(TextFunction::UpperAscii),
            "replace" => Self::Text(TextFunction::Replace),
            "split" => Self::Text(TextFunction::Split),
            "substring" => Self::Text(TextFunction::Substring),
            "trim" => Self::Text(TextFunction::Trim),
            "join" => Self::Text(TextFunction::Join),
            "format" => Self::Format,
            "matches" => Self::Pattern(PatternFunction::Matches),
            "find" => Self::Pattern(PatternFunction::Find),
            "findAll" => Self::Pattern(PatternFunction::FindAll),
            "distinct" => Self::List(ListFunction::Distinct),
            "flatten" => Self::List(ListFunction::Flatten),
            "slice" => Self::List(ListFunction::Slice),
            "sort" => Self::List(ListFunction::Sort),
            "@sortByAssociatedKeys" => Self::List(ListFunction::SortByKeys),
            "reverse" => Self::List(ListFunction::Reverse),
            "first" => Self::List(ListFunction::First),
            "last" => Self::List(ListFunction::Last),
            "isSorted" => Self::List(ListFunction::IsSorted),
            "sum" => Self::List(ListFunction::Sum),
            "max" => Self::List(ListFunction::Max),
            "min" => Self::List(ListFunction::Min),
            "includes" => Self::List(ListFunction::Includes),
            "value" => Self::Optional(OptionalFunction::Value),
            "hasValue" => Self::Optional(OptionalFunction::HasValue),
            "unwrapOpt" => Self::Optional(OptionalFunction::Unwrap),
            "getScheme" => Self::Url(UrlFunction::Scheme),
            "getHost" => Self::Url(UrlFunction::Host),
            "getHostname" => Self::Url(UrlFunction::Hostname),
            "getPort" => Self::Url(UrlFunction::Port),
            "getEscapedPath" => Self::Url(UrlFunction::EscapedPath),
            "getQuery" => Self::Url(UrlFunction::Query),
            "family" => Self::Ip(IpFunction::Family),
            "isUnspecified" => Self::Ip(IpFunction::IsUnspecified),
            "isLoopback" => Self::Ip(IpFunction::IsLoopback),
            "isLinkLocalMulticast" => Self::Ip(IpFunction::IsLinkLocalMulticast),
            "isLinkLocalUnicast" => Self::Ip(IpFunction::IsLinkLocalUnicast),
            "isGlobalUnicast" => Self::Ip(IpFunction::IsGlobalUnicast),
            "containsIP" => Self::Cidr(CidrFunction::ContainsIp),
            "containsCIDR" => Self::Cidr(CidrFunction::ContainsCidr),
            "ip" => Self::Cidr(CidrFunction::Ip),
            "prefixLength" => Self::Cidr(CidrFunction::PrefixLength),
            "masked" => Self::Cidr(CidrFunction::Masked),
            "asApproximateFloat" => Self::Quantity(QuantityFunction::AsApproximateFloat),
            "asInteger" => Self::Quantity(QuantityFunction::AsInteger),
            "isInteger" => Self::Quantity(QuantityFunction::IsInteger),
            "add" => Self::Quantity(QuantityFunction::Add),
            "sub" => Self::Quantity(QuantityFunction::Sub),
            "isGreaterThan" => Self::Compare(Comparison::IsGreaterThan),
            "isLessThan" => Self::Compare(Comparison::IsLessThan),
            "compareTo" => Self::Compare(Comparison::CompareTo),
            "major" => Self::Semver(SemverFunction::Major),
            "minor" => Self::Semver(SemverFunction::Minor),
            "patch" => Self::Semver(SemverFunction::Patch),
            "validate" => Self::NamedFormat(FormatFunction::Validate),
            _ => {
                let name = AUTHORIZER.iter().find(|known| **known == name)?;
                Self::Unavailable(name)
            }
        })
    }
}

/// Functions of the authorizer: declared in every environment, though no variable holds one.
const AUTHORIZER: [&str; 14] = [
    "allowed",
    "check",
    "error",
    "errored",
    "fieldSelector",
    "group",
    "labelSelector",
    "name",
    "namespace",
    "path",
    "reason",
    "resource",
    "serviceAccount",
    "subresource",
];
