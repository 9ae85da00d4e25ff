//! Objects in objects, noted in the one pass over the payload, so that nobody reads them a second time.

use super::{Member, cut, find, index, name_of, refuse_twins, scan, short};
use crate::Refusal;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// How deep objects are noted below the payload: `kubernetes.io`, the references in it, and one more.
pub(super) const DEPTH: u32 = 3;

/// An object that stands in another one, or in one that does. A name may stand in it twice, and then the first counts:
/// see [`Nested::refuse_twins`].
#[derive(Clone, Copy)]
pub struct Nested<'a> {
    text: &'a str,
    /// All that are nested in the payload.
    all: &'a [Member],
    /// Which of them belong to this object or to those in it; each stands before those in it.
    own: (u32, u32),
}

impl<'a> Nested<'a> {
    pub(super) fn of(text: &'a str, member: &Member, all: &'a [Member]) -> Option<Self> {
        let raw = cut(text, &member.value);
        let own = (member.inside.start, member.inside.end);
        // What is an object and has no places is too deep, or empty.
        let noted = own.0 < own.1 || raw.get(1..).is_some_and(|rest| rest.trim_start().starts_with('}'));
        (raw.starts_with('{') && noted).then_some(Self { text, all, own })
    }

    /// The raw text of the member of exactly this name.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        find(self.text, self.members(), name).map(|member| cut(self.text, &member.value))
    }

    /// The object that stands under this name; `None` where something else does, or nothing, or where it is more than
    /// three objects deep.
    pub fn object(&self, name: &str) -> Option<Nested<'a>> {
        Self::of(self.text, find(self.text, self.members(), name)?, self.all)
    }

    /// Name and raw value of each member, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
        self.members().map(|member| (name_of(self.text, member), cut(self.text, &member.value)))
    }

    /// The members whose values are objects.
    pub fn objects(&self) -> impl Iterator<Item = Nested<'a>> {
        self.members().filter_map(|member| Self::of(self.text, member, self.all))
    }

    /// Checks that no name stands in this object twice; those in it are not looked at. `part` names it in the error.
    ///
    /// # Errors
    /// A name twice, or one that is not Unicode.
    pub fn refuse_twins(&self, part: &'static str) -> Result<(), Refusal> {
        refuse_twins(self.text, self.members(), part).map(|_| ())
    }

    fn members(&self) -> impl Iterator<Item = &'a Member> + Clone {
        let all = self.all;
        let (mut at, end) = self.own;
        std::iter::from_fn(move || {
            let member = (at < end).then(|| all.get(index(at))).flatten()?;
            // Past those that are inside of it.
            at = member.inside.end.max(at + 1);
            Some(member)
        })
    }
}

/// The content may be a token's.
impl fmt::Debug for Nested<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object of {} members", self.members().count())
    }
}

/// Where a value ends, and where the members that are inside of it stand in `nested`, where it is an object no deeper
/// than that.
#[inline]
pub(super) fn value(bytes: &[u8], at: usize, nested: &mut Vec<Member>, depth: u32) -> Option<(usize, Range<u32>)> {
    match depth.checked_sub(1) {
        Some(depth) if bytes.get(at) == Some(&b'{') => object(bytes, at, nested, depth),
        _ => Some((scan::value(bytes, at)?, 0..0)),
    }
}

fn object(bytes: &[u8], at: usize, nested: &mut Vec<Member>, depth: u32) -> Option<(usize, Range<u32>)> {
    let start = short(nested.len())?;
    let behind = scan::object(bytes, at, |at| {
        let member = Member::named(bytes, at)?;
        let (place, begin) = (nested.len(), index(member.value.start));
        nested.push(member);
        let (end, inside) = value(bytes, begin, nested, depth)?;
        let member = nested.get_mut(place)?;
        (member.value.end, member.inside) = (short(end)?, inside);
        Some(end)
    })?;
    Some((behind, start..short(nested.len())?))
}

#[cfg(test)]
mod tests {
    use super::super::{Payload, Places};

    #[test]
    fn objects_are_found_as_deep_as_they_are_noted() {
        let text = r#"{"a":{"b":{"c":{"d":{"e":1}},"x":[{"c":0}]},"n":null,"o":{ }},"c":5,"z":{"b":7}}"#;
        let mut places = Places::default();
        let payload = Payload::parse_into(text, &mut places, "x").unwrap();
        let a = payload.object("a").unwrap();
        assert_eq!(a.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["b", "n", "o"]);
        let b = a.object("b").unwrap();
        assert_eq!((b.get("x"), b.get("n")), (Some(r#"[{"c":0}]"#), None));
        assert_eq!(a.get("b"), Some(r#"{"c":{"d":{"e":1}},"x":[{"c":0}]}"#));
        let c = b.object("c").unwrap();
        assert_eq!(c.get("d"), Some(r#"{"e":1}"#));
        assert!(c.object("d").is_none() && b.object("x").is_none() && a.object("n").is_none());
        assert_eq!(a.object("o").unwrap().iter().count(), 0);
        assert_eq!(payload.object("z").unwrap().get("b"), Some("7"));
        assert_eq!(a.objects().count(), 2);
        assert!(payload.object("c").is_none());
    }

    #[test]
    fn a15_twins_are_found_where_they_are_looked_for() {
        let text = r#"{"a":{"b":1,"c":{"d":1,"\u0064":2},"b":2},"e":{"b":{"x":0},"x":{"b":1}}}"#;
        let mut places = Places::default();
        let payload = Payload::parse_into(text, &mut places, "x").unwrap();
        let a = payload.object("a").unwrap();
        assert!(a.refuse_twins("x").is_err() && a.object("c").unwrap().refuse_twins("x").is_err());
        let e = payload.object("e").unwrap();
        assert!(e.refuse_twins("x").is_ok() && e.objects().all(|inner| inner.refuse_twins("x").is_ok()));
    }

    #[test]
    fn what_is_no_json_is_none_at_any_depth() {
        let good = r#"{"a":{"b":{"c":{"d":{"e":[1,{}]}}}}}"#;
        let mut places = Places::default();
        assert!(Payload::parse_into(good, &mut places, "x").is_ok());
        for at in 0..good.len() {
            for byte in ["", ",", "}", "{", "\"", ":"] {
                let bad = format!("{}{byte}{}", &good[..at], &good[at + 1..]);
                let valid = serde_json::from_str::<serde::de::IgnoredAny>(&bad).is_ok();
                assert_eq!(Payload::parse_into(&bad, &mut places, "x").is_ok(), valid, "{bad}");
            }
        }
    }
}
