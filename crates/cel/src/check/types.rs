//! Static types, kept once each, so that comparing them is comparing indexes.

use std::collections::HashMap;

/// Index of a type in its [`Types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ty(u32);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Any,
    Bool,
    Bytes,
    Double,
    Duration,
    Dyn,
    Error,
    Int,
    Null,
    String,
    Timestamp,
    Uint,
    List(Ty),
    Map(Ty, Ty),
    /// A type with parameters but without fields: `optional_type(int)`.
    Opaque(&'static str, Vec<Ty>),
    /// A type with fields.
    Struct(&'static str),
    /// The type of a type.
    Type(Option<Ty>),
    /// A type that is still to be found.
    Parameter(u32),
    /// A protobuf wrapper of a primitive: that primitive, or null.
    Wrapper(Ty),
}

/// All types of one compilation.
#[derive(Clone, Debug)]
pub(crate) struct Types {
    kinds: Vec<Kind>,
    /// Whether the type at this index mentions a parameter.
    open: Vec<bool>,
    index: HashMap<Kind, Ty>,
}

/// The types without parameters, in the order of [`Types::new`].
macro_rules! simple {
    ($($name:ident = $index:literal $kind:ident;)*) => {
        impl Types {
            $(pub(crate) const $name: Ty = Ty($index);)*

            pub(crate) fn new() -> Self {
                let mut types =
                    Self { kinds: Vec::new(), open: Vec::new(), index: HashMap::new() };
                $(types.intern(Kind::$kind);)*
                types
            }
        }
    };
}

simple! {
    ANY = 0 Any;
    BOOL = 1 Bool;
    BYTES = 2 Bytes;
    DOUBLE = 3 Double;
    DURATION = 4 Duration;
    DYN = 5 Dyn;
    ERROR = 6 Error;
    INT = 7 Int;
    NULL = 8 Null;
    STRING = 9 String;
    TIMESTAMP = 10 Timestamp;
    UINT = 11 Uint;
}

impl Types {
    pub(crate) fn intern(&mut self, kind: Kind) -> Ty {
        if let Some(ty) = self.index.get(&kind) {
            return *ty;
        }
        let ty = Ty(u32::try_from(self.kinds.len()).unwrap_or(u32::MAX));
        self.open.push(match &kind {
            Kind::Parameter(_) => true,
            Kind::List(t) | Kind::Type(Some(t)) => self.is_open(*t),
            Kind::Map(k, v) => self.is_open(*k) || self.is_open(*v),
            Kind::Opaque(_, parameters) => parameters.iter().any(|p| self.is_open(*p)),
            _ => false,
        });
        self.kinds.push(kind.clone());
        self.index.insert(kind, ty);
        ty
    }

    pub(crate) fn kind(&self, ty: Ty) -> &Kind {
        usize::try_from(ty.0).ok().and_then(|i| self.kinds.get(i)).unwrap_or(&Kind::Error)
    }

    /// Whether the type mentions a parameter.
    pub(crate) fn is_open(&self, ty: Ty) -> bool {
        usize::try_from(ty.0).ok().and_then(|i| self.open.get(i)).copied().unwrap_or(false)
    }

    pub(crate) fn list(&mut self, element: Ty) -> Ty {
        self.intern(Kind::List(element))
    }

    pub(crate) fn map(&mut self, key: Ty, value: Ty) -> Ty {
        self.intern(Kind::Map(key, value))
    }

    pub(crate) fn optional(&mut self, inner: Ty) -> Ty {
        self.intern(Kind::Opaque(OPTIONAL, vec![inner]))
    }

    pub(crate) fn type_of(&mut self, inner: Ty) -> Ty {
        self.intern(Kind::Type(Some(inner)))
    }

    /// The type in an optional one.
    pub(crate) fn unwrap_optional(&self, ty: Ty) -> Option<Ty> {
        match self.kind(ty) {
            Kind::Opaque(OPTIONAL, parameters) => parameters.first().copied(),
            _ => None,
        }
    }

    pub(crate) fn is_dyn(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), Kind::Dyn | Kind::Any)
    }

    pub(crate) fn is_dyn_or_error(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), Kind::Dyn | Kind::Any | Kind::Error)
    }

    /// The parameters of a type with parameters.
    pub(crate) fn parameters(&self, ty: Ty) -> Vec<Ty> {
        match self.kind(ty) {
            Kind::List(t) | Kind::Type(Some(t)) => vec![*t],
            Kind::Map(k, v) => vec![*k, *v],
            Kind::Opaque(_, parameters) => parameters.clone(),
            _ => Vec::new(),
        }
    }

    /// The type with each parameter replaced by what `of` gives for it.
    pub(crate) fn replace(&mut self, ty: Ty, of: &mut dyn FnMut(&mut Self, Ty, u32) -> Ty) -> Ty {
        let mut known = HashMap::new();
        self.replace_in(ty, of, &mut known)
    }

    fn replace_in(&mut self, ty: Ty, of: &mut dyn FnMut(&mut Self, Ty, u32) -> Ty, known: &mut HashMap<Ty, Ty>) -> Ty {
        if !self.is_open(ty) {
            return ty;
        }
        if let Some(done) = known.get(&ty) {
            return *done;
        }
        let replaced = match self.kind(ty).clone() {
            Kind::Parameter(number) => of(self, ty, number),
            Kind::List(t) => {
                let t = self.replace_in(t, of, known);
                self.intern(Kind::List(t))
            }
            Kind::Map(k, v) => {
                let k = self.replace_in(k, of, known);
                let v = self.replace_in(v, of, known);
                self.intern(Kind::Map(k, v))
            }
            Kind::Opaque(name, parameters) => {
                let parameters = parameters.into_iter().map(|p| self.replace_in(p, of, known)).collect();
                self.intern(Kind::Opaque(name, parameters))
            }
            Kind::Type(Some(t)) => {
                let t = self.replace_in(t, of, known);
                self.intern(Kind::Type(Some(t)))
            }
            _ => ty,
        };
        known.insert(ty, replaced);
        replaced
    }

    /// The name as error messages spell it: `any`, `duration`, `list(int)`.
    pub(crate) fn short_name(&self, ty: Ty) -> String {
        self.name(ty, true)
    }

    /// The name as the API server reports a result type: `google.protobuf.Any`, `list(int)`.
    pub(crate) fn full_name(&self, ty: Ty) -> String {
        self.name(ty, false)
    }

    fn name(&self, ty: Ty, short: bool) -> String {
        let mut out = String::new();
        self.write_name(ty, short, &mut out);
        out
    }

    fn write_name(&self, ty: Ty, short: bool, out: &mut String) {
        /// Macros can build types that are small in memory and huge when written out.
        const LONGEST: usize = 2_000;
        if out.len() > LONGEST {
            if !out.ends_with('…') {
                out.push('…');
            }
            return;
        }
        let pick = |a: &'static str, b: &'static str| if short { a } else { b };
        out.push_str(match self.kind(ty) {
            Kind::Any => pick("any", "google.protobuf.Any"),
            Kind::Bool => "bool",
            Kind::Bytes => "bytes",
            Kind::Double => "double",
            Kind::Duration => pick("duration", "google.protobuf.Duration"),
            Kind::Dyn => "dyn",
            Kind::Error => pick("!error!", "error"),
            Kind::Int => "int",
            Kind::Null => pick("null", "null_type"),
            Kind::String => "string",
            Kind::Timestamp => pick("timestamp", "google.protobuf.Timestamp"),
            Kind::Uint => "uint",
            Kind::List(_) => "list",
            Kind::Map(..) => "map",
            Kind::Opaque(name, _) | Kind::Struct(name) => name,
            Kind::Type(_) => "type",
            Kind::Parameter(number) => {
                out.push_str(&format!("_var{number}"));
                return;
            }
            Kind::Wrapper(_) => "wrapper",
        });
        let parameters = match self.kind(ty) {
            Kind::Wrapper(inner) => vec![*inner],
            _ => self.parameters(ty),
        };
        if parameters.is_empty() {
            return;
        }
        out.push('(');
        for (i, parameter) in parameters.into_iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_name(parameter, short, out);
        }
        out.push(')');
    }
}

/// Name of the type of optional values.
pub(crate) const OPTIONAL: &str = "optional_type";
