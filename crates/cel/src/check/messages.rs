//! Names that mean the same in every expression: types as values, and protobuf's well-known
//! messages.

use super::checker::Reference;
use super::types::{Kind, OPTIONAL, Ty, Types};

/// A message type that an expression can build: `google.protobuf.Duration{seconds: 1}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    Any,
    Bool,
    Bytes,
    Double,
    Float,
    Int32,
    Int64,
    String,
    Uint32,
    Uint64,
    Duration,
    Timestamp,
    Empty,
    List,
    Struct,
    Value,
}

impl Message {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("google.protobuf.")? {
            "Any" => Self::Any,
            "BoolValue" => Self::Bool,
            "BytesValue" => Self::Bytes,
            "DoubleValue" => Self::Double,
            "FloatValue" => Self::Float,
            "Int32Value" => Self::Int32,
            "Int64Value" => Self::Int64,
            "StringValue" => Self::String,
            "UInt32Value" => Self::Uint32,
            "UInt64Value" => Self::Uint64,
            "Duration" => Self::Duration,
            "Timestamp" => Self::Timestamp,
            "Empty" => Self::Empty,
            "ListValue" => Self::List,
            "Struct" => Self::Struct,
            "Value" => Self::Value,
            _ => return None,
        })
    }

    /// The type of the value that building the message gives.
    pub(crate) fn result_type(self, types: &mut Types) -> Ty {
        let primitive = match self {
            Self::Any => return Types::ANY,
            Self::Duration => return Types::DURATION,
            Self::Timestamp => return Types::TIMESTAMP,
            Self::Empty => return types.intern(Kind::Struct(EMPTY)),
            Self::List => return types.list(Types::DYN),
            Self::Struct => return types.map(Types::STRING, Types::DYN),
            Self::Value => return Types::DYN,
            Self::Bool => Types::BOOL,
            Self::Bytes => Types::BYTES,
            Self::Double | Self::Float => Types::DOUBLE,
            Self::Int32 | Self::Int64 => Types::INT,
            Self::String => Types::STRING,
            Self::Uint32 | Self::Uint64 => Types::UINT,
        };
        types.intern(Kind::Wrapper(primitive))
    }

    /// The type of a field.
    pub(crate) fn field(self, field: &str, types: &mut Types) -> Option<Ty> {
        Some(match (self, field) {
            (Self::Any, "type_url") => Types::STRING,
            (Self::Any, "value") => Types::BYTES,
            (Self::Bool, "value") => Types::BOOL,
            (Self::Bytes, "value") => Types::BYTES,
            (Self::Double | Self::Float, "value") => Types::DOUBLE,
            (Self::Int32 | Self::Int64, "value") => Types::INT,
            (Self::String, "value") => Types::STRING,
            (Self::Uint32 | Self::Uint64, "value") => Types::UINT,
            (Self::Duration | Self::Timestamp, "seconds" | "nanos") => Types::INT,
            (Self::List, "values") => types.list(Types::DYN),
            (Self::Struct, "fields") => types.map(Types::STRING, Types::DYN),
            (Self::Value, "null_value") => Types::INT,
            (Self::Value, "number_value") => Types::DOUBLE,
            (Self::Value, "string_value") => Types::STRING,
            (Self::Value, "bool_value") => Types::BOOL,
            (Self::Value, "struct_value") => types.map(Types::STRING, Types::DYN),
            (Self::Value, "list_value") => types.list(Types::DYN),
            _ => return None,
        })
    }
}

pub(crate) const EMPTY: &str = "google.protobuf.Empty";

/// What a name means that is neither a variable nor a function.
pub(crate) fn global_ident(name: &str, types: &mut Types) -> Option<(Reference, Ty)> {
    let (name, ty) = match name {
        "bool" => ("bool", Types::BOOL),
        "bytes" => ("bytes", Types::BYTES),
        "double" => ("double", Types::DOUBLE),
        "int" => ("int", Types::INT),
        "null_type" => ("null_type", Types::NULL),
        "string" => ("string", Types::STRING),
        "uint" => ("uint", Types::UINT),
        "google.protobuf.Duration" => ("google.protobuf.Duration", Types::DURATION),
        "google.protobuf.Timestamp" => ("google.protobuf.Timestamp", Types::TIMESTAMP),
        "list" => ("list", types.list(Types::DYN)),
        "map" => ("map", types.map(Types::DYN, Types::DYN)),
        "type" => ("type", types.intern(Kind::Type(None))),
        "optional_type" => (OPTIONAL, types.optional(Types::DYN)),
        "net.IP" => ("net.IP", types.intern(Kind::Opaque("net.IP", Vec::new()))),
        "net.CIDR" => ("net.CIDR", types.intern(Kind::Opaque("net.CIDR", Vec::new()))),
        EMPTY => (EMPTY, types.intern(Kind::Struct(EMPTY))),
        "google.protobuf.NullValue.NULL_VALUE" => {
            return Some((Reference::Constant(0), Types::INT));
        }
        _ => return None,
    };
    let ty = types.type_of(ty);
    Some((Reference::Type(name), ty))
}
