//! The functions that an expression may call.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::declared_extended::EXTENDED;
use super::declared_standard::STANDARD;
use super::types::{Kind, OPTIONAL, Ty, Types};

/// One signature of a function.
#[derive(Clone, Debug)]
pub(crate) struct Overload {
    pub(crate) id: &'static str,
    /// Called on its first argument.
    pub(crate) member: bool,
    pub(crate) arguments: Vec<Ty>,
    pub(crate) result: Ty,
    /// How many type parameters it has; they are numbered from 0.
    pub(crate) parameters: u32,
}

/// All functions, and the types that their signatures mention.
#[derive(Debug)]
pub(crate) struct Declarations {
    pub(crate) types: Types,
    functions: HashMap<&'static str, Vec<Overload>>,
}

impl Declarations {
    pub(crate) fn get() -> &'static Self {
        static DECLARATIONS: LazyLock<Declarations> = LazyLock::new(Declarations::read);
        &DECLARATIONS
    }

    pub(crate) fn overloads(&self, function: &str) -> Option<&[Overload]> {
        self.functions.get(function).map(Vec::as_slice)
    }

    fn read() -> Self {
        let mut types = Types::new();
        let mut functions: HashMap<&'static str, Vec<Overload>> = HashMap::new();
        for line in STANDARD.lines().chain(EXTENDED.lines()) {
            let Some((name, overload)) = read_line(line, &mut types) else { continue };
            functions.entry(name).or_default().push(overload);
        }
        Self { types, functions }
    }
}

fn read_line(line: &'static str, types: &mut Types) -> Option<(&'static str, Overload)> {
    let (name, rest) = line.split_once(' ')?;
    let (id, rest) = rest.split_once(" (")?;
    let mut reader = Reader { text: rest, types, names: Vec::new() };
    let mut list = Vec::new();
    while !reader.text.starts_with(')') {
        list.push(reader.read()?);
        reader.text = reader.text.strip_prefix(", ").unwrap_or(reader.text);
    }
    reader.text = reader.text.strip_prefix(") ")?;
    let result = reader.read()?;
    let parameters = u32::try_from(reader.names.len()).ok()?;
    let overload = Overload { id, member: name.starts_with('.'), arguments: list, result, parameters };
    Some((name.trim_start_matches('.'), overload))
}

/// Reads types from the front of a text.
struct Reader<'t> {
    text: &'static str,
    types: &'t mut Types,
    names: Vec<&'static str>,
}

impl Reader<'_> {
    fn read(&mut self) -> Option<Ty> {
        let end = self.text.find([',', '(', ')']).unwrap_or(self.text.len());
        let (name, rest) = self.text.split_at(end);
        self.text = rest;
        let mut parameters = Vec::new();
        if let Some(inner) = rest.strip_prefix('(') {
            self.text = inner;
            loop {
                parameters.push(self.read()?);
                if let Some(next) = self.text.strip_prefix(", ") {
                    self.text = next;
                } else {
                    self.text = self.text.strip_prefix(')')?;
                    break;
                }
            }
        }
        let kind = match (name, parameters.as_slice()) {
            ("list", [element]) => Kind::List(*element),
            ("map", [key, value]) => Kind::Map(*key, *value),
            ("optional", [inner]) => Kind::Opaque(OPTIONAL, vec![*inner]),
            ("type", [inner]) => Kind::Type(Some(*inner)),
            ("bool", []) => Kind::Bool,
            ("bytes", []) => Kind::Bytes,
            ("double", []) => Kind::Double,
            ("duration", []) => Kind::Duration,
            ("dyn", []) => Kind::Dyn,
            ("int", []) => Kind::Int,
            ("string", []) => Kind::String,
            ("timestamp", []) => Kind::Timestamp,
            ("uint", []) => Kind::Uint,
            ("net.IP" | "net.CIDR", []) => Kind::Opaque(name, Vec::new()),
            (_, []) if name.len() == 1 => {
                let known = self.names.iter().position(|n| *n == name);
                let number = known.unwrap_or_else(|| {
                    self.names.push(name);
                    self.names.len() - 1
                });
                Kind::Parameter(u32::try_from(number).ok()?)
            }
            (_, []) => Kind::Struct(name),
            _ => return None,
        };
        Some(self.types.intern(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let lines = STANDARD.lines().chain(EXTENDED.lines()).filter(|l| !l.is_empty()).count();
        let read: usize = Declarations::get().functions.values().map(Vec::len).sum();
        assert_eq!(read, lines);
    }

    #[test]
    fn parameters_are_shared_within_a_signature() {
        let declarations = Declarations::get();
        let index = &declarations.overloads("_[_]").unwrap()[1];
        assert_eq!(index.parameters, 2);
        assert_eq!(index.arguments[1], declarations.types.parameters(index.arguments[0])[0]);
    }
}
