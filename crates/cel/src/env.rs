//! What an expression can see.

use crate::check::{Kind, Ty, Types};

/// The variable that expressions of one kind see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Env {
    pub(crate) variable: Variable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Variable {
    Claims,
    User,
}

impl Env {
    /// Claim mappings and claim validation rules: `claims`, an object whose members have the
    /// type `any`.
    #[must_use]
    pub const fn claims() -> Self {
        Self { variable: Variable::Claims }
    }

    /// User validation rules: `user`, of type `kubernetes.UserInfo`.
    #[must_use]
    pub const fn user() -> Self {
        Self { variable: Variable::User }
    }

    /// The name of the variable and its type.
    pub(crate) fn declare(self, types: &mut Types) -> (&'static str, Ty) {
        match self.variable {
            Variable::Claims => ("claims", types.map(Types::STRING, Types::ANY)),
            Variable::User => ("user", types.intern(Kind::Struct(USER_INFO))),
        }
    }

    /// The type of a field of a type with fields.
    pub(crate) fn field(of: &str, field: &str, types: &mut Types) -> Option<Ty> {
        if of != USER_INFO {
            return None;
        }
        let strings = types.list(Types::STRING);
        match field {
            "username" | "uid" => Some(Types::STRING),
            "groups" => Some(strings),
            "extra" => Some(types.map(Types::STRING, strings)),
            _ => None,
        }
    }
}

/// Name of the type of the variable `user`.
pub(crate) const USER_INFO: &str = "kubernetes.UserInfo";
