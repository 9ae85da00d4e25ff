//! When one type may stand for another, and what that says about type parameters.

use std::collections::HashMap;

use super::types::{Kind, Ty, Types};

/// What is known about type parameters so far.
#[derive(Debug, Default)]
pub(crate) struct Substitution {
    bound: HashMap<u32, Ty>,
    /// What a trial changed, to be undone if it fails.
    trail: Vec<(u32, Option<Ty>)>,
    steps: usize,
}

/// Comparing types took too many steps; only a type of absurd size does that.
const MAX_STEPS: usize = 5_000_000;

impl Substitution {
    /// Whether comparing types was given up.
    pub(crate) fn exhausted(&self) -> bool {
        self.steps > MAX_STEPS
    }

    /// Whether each of `from` may be used where the one of `to` is wanted. What this needs to be
    /// true of type parameters is kept only if it holds.
    pub(crate) fn assignable(&mut self, types: &mut Types, pairs: &[(Ty, Ty)]) -> bool {
        let mark = self.trail.len();
        let ok = pairs.iter().all(|(a, b)| self.unify(types, *a, *b));
        if ok {
            self.trail.clear();
        } else {
            for (parameter, old) in self.trail.drain(mark..).rev() {
                match old {
                    Some(ty) => self.bound.insert(parameter, ty),
                    None => self.bound.remove(&parameter),
                };
            }
        }
        ok
    }

    /// The type with all known parameters filled in; with `close`, the unknown ones become `dyn`.
    pub(crate) fn apply(&self, types: &mut Types, ty: Ty, close: bool) -> Ty {
        types.replace(ty, &mut |types, parameter, number| match self.bound.get(&number) {
            Some(bound) => self.apply(types, *bound, close),
            None if close => Types::DYN,
            None => parameter,
        })
    }

    fn bind(&mut self, parameter: u32, ty: Ty) {
        let old = self.bound.insert(parameter, ty);
        self.trail.push((parameter, old));
    }

    fn unify(&mut self, types: &mut Types, a: Ty, b: Ty) -> bool {
        self.steps += 1;
        if self.exhausted() {
            return false;
        }
        if a == b && !types.is_open(a) {
            return true;
        }
        if let Kind::Parameter(number) = *types.kind(b) {
            match self.try_parameter(types, a, b, number) {
                Tried::Yes => return true,
                Tried::NoButBound => return false,
                Tried::No => {}
            }
        }
        if let Kind::Parameter(number) = *types.kind(a) {
            return matches!(self.try_parameter(types, b, a, number), Tried::Yes);
        }
        if types.is_dyn_or_error(a) || types.is_dyn_or_error(b) {
            return true;
        }
        match (types.kind(a).clone(), types.kind(b).clone()) {
            (Kind::Null, other) | (other, Kind::Null) => matches!(
                other,
                Kind::Null | Kind::Opaque(..) | Kind::Struct(_) | Kind::Duration | Kind::Timestamp | Kind::Wrapper(_)
            ),
            (Kind::Wrapper(a), Kind::Wrapper(b)) => a == b,
            (Kind::Wrapper(inner), _) => inner == b,
            (_, Kind::Wrapper(inner)) => inner == a,
            (Kind::Type(_), Kind::Type(_)) => true,
            (Kind::List(a), Kind::List(b)) => self.unify(types, a, b),
            (Kind::Map(k1, v1), Kind::Map(k2, v2)) => self.unify(types, k1, k2) && self.unify(types, v1, v2),
            (Kind::Opaque(n1, p1), Kind::Opaque(n2, p2)) => {
                n1 == n2 && p1.len() == p2.len() && p1.into_iter().zip(p2).all(|(a, b)| self.unify(types, a, b))
            }
            (a, b) => a == b,
        }
    }

    /// Whether `parameter` can be `ty`, or is something that `ty` goes with.
    fn try_parameter(&mut self, types: &mut Types, ty: Ty, parameter: Ty, number: u32) -> Tried {
        if ty == parameter {
            return Tried::Yes;
        }
        if let Some(bound) = self.bound.get(&number).copied() {
            if same(types, ty, bound) {
                return Tried::Yes;
            }
            if self.unify(types, ty, bound) {
                let general = most_general(types, ty, bound);
                if self.absent(types, number, general, &mut Vec::new()) {
                    self.bind(number, general);
                }
                return Tried::Yes;
            }
            return Tried::NoButBound;
        }
        if self.absent(types, number, ty, &mut Vec::new()) {
            self.bind(number, ty);
            return Tried::Yes;
        }
        Tried::No
    }

    /// Whether the parameter occurs nowhere within `ty`.
    fn absent(&self, types: &Types, parameter: u32, ty: Ty, seen: &mut Vec<Ty>) -> bool {
        if !types.is_open(ty) || seen.contains(&ty) {
            return true;
        }
        seen.push(ty);
        match types.kind(ty) {
            Kind::Parameter(number) if *number == parameter => false,
            Kind::Parameter(number) => match self.bound.get(number) {
                Some(bound) => self.absent(types, parameter, *bound, seen),
                None => true,
            },
            _ => types.parameters(ty).into_iter().all(|p| self.absent(types, parameter, p, seen)),
        }
    }
}

enum Tried {
    Yes,
    No,
    /// No, and the parameter already stands for something else.
    NoButBound,
}

/// The more general of two types that go together.
pub(crate) fn most_general(types: &Types, a: Ty, b: Ty) -> Ty {
    if less_specific(types, a, b) { a } else { b }
}

fn less_specific(types: &Types, a: Ty, b: Ty) -> bool {
    if types.is_dyn(a) || matches!(types.kind(a), Kind::Parameter(_)) {
        return true;
    }
    if types.is_dyn(b) || matches!(types.kind(b), Kind::Parameter(_)) {
        return false;
    }
    if a == b {
        return true;
    }
    match (types.kind(a), types.kind(b)) {
        (Kind::List(a), Kind::List(b)) => less_specific(types, *a, *b),
        (Kind::Map(k1, v1), Kind::Map(k2, v2)) => less_specific(types, *k1, *k2) && less_specific(types, *v1, *v2),
        (Kind::Opaque(n1, p1), Kind::Opaque(n2, p2)) => {
            n1 == n2 && p1.len() == p2.len() && p1.iter().zip(p2).all(|(a, b)| less_specific(types, *a, *b))
        }
        (Kind::Type(_), Kind::Type(_)) => true,
        _ => same(types, a, b),
    }
}

/// Whether two types are one, a wrapper counting as what it wraps.
pub(crate) fn same(types: &Types, a: Ty, b: Ty) -> bool {
    if a == b {
        return true;
    }
    let bare = |ty: Ty| match types.kind(ty) {
        Kind::Wrapper(inner) => *inner,
        _ => ty,
    };
    bare(a) == bare(b)
}

/// Whether two types are one, up to the names of parameters.
pub(crate) fn equivalent(types: &Types, a: Ty, b: Ty) -> bool {
    if same(types, a, b) {
        return true;
    }
    match (types.kind(a), types.kind(b)) {
        (Kind::Parameter(_), Kind::Parameter(_)) => true,
        (Kind::List(_), Kind::List(_))
        | (Kind::Map(..), Kind::Map(..))
        | (Kind::Type(Some(_)), Kind::Type(Some(_))) => parameters_equivalent(types, a, b),
        (Kind::Opaque(n1, _), Kind::Opaque(n2, _)) => n1 == n2 && parameters_equivalent(types, a, b),
        _ => false,
    }
}

fn parameters_equivalent(types: &Types, a: Ty, b: Ty) -> bool {
    let (a, b) = (types.parameters(a), types.parameters(b));
    a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| equivalent(types, a, b))
}
