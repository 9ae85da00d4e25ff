//! Names that stand twice in one object, and what the search for them tells of the others.

use super::{Member, cut, unescape};
use crate::Refusal;
use std::borrow::Cow;

/// What is known of the names of an object's members.
#[derive(Clone, Copy)]
pub(super) enum Seen {
    /// A bit for each key: a name whose bit is missing is not there.
    Keys(u64),
    /// Nothing: some may have escapes.
    Escapes,
}

impl Default for Seen {
    fn default() -> Self {
        Self::Keys(0)
    }
}

/// The bit of a key.
#[inline]
pub(super) fn bit(key: u64) -> u64 {
    1 << (key.wrapping_mul(SPREAD) >> 58)
}

/// An error where two of these have the same name; else what is known of their names.
pub(super) fn refuse_twins<'m>(
    text: &str,
    members: impl Iterator<Item = &'m Member> + Clone,
    part: &'static str,
) -> Result<Seen, Refusal> {
    let simple = members.clone().enumerate().all(|(at, member)| at < FEW && !member.escaped);
    if simple {
        // One bit a name: only where it is set already can there be a twin among those before.
        let mut seen = 0u64;
        let twins = members.clone().enumerate().any(|(at, member)| {
            let bit = bit(member.key);
            let maybe = seen & bit != 0;
            seen |= bit;
            let same = |other: &Member| other.key == member.key && cut(text, &other.name) == cut(text, &member.name);
            maybe && members.clone().take(at).any(same)
        });
        return if twins { Err(Refusal::DuplicateMember(part)) } else { Ok(Seen::Keys(seen)) };
    }
    let mut names = Vec::new();
    for member in members {
        let raw = cut(text, &member.name);
        names.push(if member.escaped {
            Cow::Owned(unescape(raw).ok_or(Refusal::NotUnicode(part))?)
        } else {
            Cow::Borrowed(raw)
        });
    }
    names.sort_unstable();
    let twins = names.windows(2).any(|pair| matches!(pair, [a, b] if a == b));
    if twins { Err(Refusal::DuplicateMember(part)) } else { Ok(Seen::Escapes) }
}

/// Up to so many members each is compared with those before; beyond, they are sorted.
const FEW: usize = 32;

/// An odd number whose product spreads keys over the upper bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::super::{Object, Payload, Places};

    #[test]
    fn every_name_is_found_and_no_other_however_many_there_are() {
        for count in 0..80 {
            for escaped in [false, true] {
                let more = if escaped { r#", "\u0065scaped": true"# } else { "" };
                let names: Vec<String> = (0..count).map(|at| format!("{}-{at}", "name".repeat(at % 4))).collect();
                let members: Vec<String> = names.iter().map(|name| format!("{name:?}: {name:?}")).collect();
                let text = format!("{{\"first\": 1{more}{}{}}}", if count > 0 { "," } else { "" }, members.join(","));
                let (object, mut places) = (Object::parse(&text, "x").unwrap(), Places::default());
                let payload = Payload::parse_into(&text, &mut places, "x").unwrap();
                for name in &names {
                    let value = format!("{name:?}");
                    assert_eq!((object.get(name), payload.get(name)), (Some(&*value), Some(&*value)));
                }
                assert_eq!(payload.get("escaped"), escaped.then_some("true"));
                for at in 0..200 {
                    let other = format!("other-{at}");
                    assert_eq!((object.get(&other), payload.get(&other)), (None, None));
                }
            }
        }
        assert_eq!(Object::<smallvec::SmallVec<[super::Member; 8]>>::default().get("a"), None);
    }
}
