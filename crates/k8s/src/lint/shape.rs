//! Members that an object does not have, twins, and values of another type, all of them; and the name that was
//! meant.

use super::Problem;
use crate::config::yaml::member_path;
use crate::yaml::{Document, NodeType, Place};
use std::collections::HashSet;

/// What a member holds.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Bool,
    Number,
    Object(&'static [Member]),
    Texts,
    /// Names of any kind, and text for each.
    TextMap,
    Objects(&'static [Member]),
    /// Not looked at.
    Any,
}

/// A name and what it holds.
pub(crate) type Member = (&'static str, Shape);

/// What is known of the names in a kind of file.
pub(crate) struct Words {
    /// Names that people write for another, in small letters without dashes.
    pub(crate) meant: &'static [(&'static str, &'static str)],
    /// Every object, by the name that it goes by.
    pub(crate) objects: &'static [(&'static str, &'static [Member])],
}

impl Words {
    /// The member that was most likely meant.
    pub(crate) fn meant(&self, name: &str, known: &[&'static str]) -> Option<&'static str> {
        let plain = |text: &str| text.replace(['_', '-'], "").to_ascii_lowercase();
        let written = plain(name);
        let same = known.iter().find(|one| plain(one) == written).copied();
        let habit = || {
            let mut meant = self.meant.iter().filter(|(wrong, _)| *wrong == written).map(|(_, meant)| *meant);
            meant.find(|meant| known.contains(meant))
        };
        same.or_else(habit).or_else(|| nearest(&written, known))
    }
}

/// The word that was likely meant: the one that differs in the fewest letters, if these are few; case does not count.
pub fn nearest(written: &str, known: &[&'static str]) -> Option<&'static str> {
    let written = written.to_ascii_lowercase();
    let near = known.iter().map(|one| (distance(&one.to_ascii_lowercase(), &written), *one));
    let near = near.filter(|(distance, one)| *distance <= 2 && *distance * 3 <= one.len()).min_by_key(|(d, _)| *d);
    near.map(|(_, one)| one)
}

/// Goes through a document by the shape that it should have.
pub(crate) struct Checker<'a> {
    document: &'a Document,
    words: &'a Words,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(document: &'a Document, words: &'a Words, problems: &'a mut Vec<Problem>) -> Self {
        Self { document, words, problems }
    }

    pub(crate) fn object(&mut self, path: &str, members: &'static [Member]) {
        match self.document.node_type(path) {
            None | Some(NodeType::Null) => return,
            Some(NodeType::Mapping) => {}
            Some(other) => return self.no_object(path, other, members),
        }
        let mut seen = HashSet::new();
        for (name, place) in self.document.members(path) {
            let inner = member_path(path, name);
            if !seen.insert(name) {
                let message = "is there twice; the API server takes neither, so keep one".to_owned();
                self.problems.push(Problem::error("duplicate_member", place, inner, message));
                continue;
            }
            match members.iter().find(|(known, _)| *known == name) {
                Some((_, shape)) => self.value(&inner, *shape),
                None => {
                    let unknown = self.unknown(name, place, inner, members);
                    self.problems.push(unknown);
                }
            }
        }
    }

    fn value(&mut self, path: &str, shape: Shape) {
        let found = self.document.node_type(path).unwrap_or(NodeType::Null);
        match (shape, found) {
            (Shape::Object(members), _) => self.object(path, members),
            (Shape::Text, NodeType::Text | NodeType::Null) => self.tag(path),
            (Shape::Any, _) | (_, NodeType::Null) => {}
            (Shape::Bool, NodeType::Bool) | (Shape::Number, NodeType::Number) => {}
            (Shape::Texts, NodeType::List) => {
                self.elements(path).for_each(|path| self.value(&path, Shape::Text));
            }
            (Shape::Objects(members), NodeType::List) => {
                self.elements(path).for_each(|path| self.object(&path, members));
            }
            (Shape::TextMap, NodeType::Mapping) => self.texts_by_name(path),
            (Shape::Text, found) => self.wrong_type(path, found, "text"),
            (Shape::Bool, found) => self.wrong_type(path, found, "true or false"),
            (Shape::Number, found) => self.wrong_type(path, found, "a number"),
            (Shape::TextMap, found) => self.wrong_type(path, found, "an object"),
            (Shape::Texts | Shape::Objects(_), found) => self.wrong_type(path, found, "a list"),
        }
    }

    fn texts_by_name(&mut self, path: &str) {
        let mut seen = HashSet::new();
        for (name, place) in self.document.members(path) {
            let inner = member_path(path, name);
            if seen.insert(name) {
                self.value(&inner, Shape::Text);
            } else {
                let message = "is there twice, so keep one".to_owned();
                self.problems.push(Problem::error("duplicate_member", place, inner, message));
            }
        }
    }

    fn elements(&self, path: &str) -> impl Iterator<Item = String> + use<> {
        let path = path.to_owned();
        (0..self.document.len(&path)).map(move |at| format!("{path}[{at}]"))
    }

    /// A value where an object is wanted: most often the one member that counts.
    fn no_object(&mut self, path: &str, found: NodeType, members: &'static [Member]) {
        let written = self.document.text(path).unwrap_or_default();
        let is_member = |name: &str| members.iter().any(|(known, _)| *known == name);
        if let Some((name, value)) = written.split_once(':').filter(|(name, _)| is_member(name)) {
            let message = format!(
                "must be an object, and is text; a blank is missing behind the colon: {name}: {}",
                value.trim()
            );
            return self.problems.push(Problem::error(
                "wrong_type",
                self.document.place(path),
                path.to_owned(),
                message,
            ));
        }
        let is_code = !written.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/'));
        let name = match members.first() {
            _ if is_code && is_member("expression") => "expression",
            Some((first, _)) => first,
            None => return self.wrong_type(path, found, "an object"),
        };
        let (what, value) = match found {
            NodeType::Text => ("text", format!("{written:?}")),
            NodeType::Bool => ("a boolean", written.to_owned()),
            _ => return self.wrong_type(path, found, "an object"),
        };
        let message = format!("must be an object, and is {what}; perhaps {{{name}: {value}}} is meant");
        self.problems.push(Problem::error("wrong_type", self.document.place(path), path.to_owned(), message));
    }

    fn wrong_type(&mut self, path: &str, found: NodeType, wanted: &str) {
        let written = self.document.text(path).unwrap_or_default();
        let found = match found {
            NodeType::Bool if wanted == "text" => format!("a boolean; put it in quotes: {written:?}"),
            NodeType::Number if wanted == "text" => format!("a number; put it in quotes: {written:?}"),
            NodeType::Bool => "a boolean".to_owned(),
            NodeType::Number => "a number".to_owned(),
            NodeType::List if wanted == "an object" => "a list; take the dash in front away".to_owned(),
            NodeType::List => "a list".to_owned(),
            NodeType::Mapping if wanted == "a list" => "an object; put a dash in front of it: - name: value".to_owned(),
            NodeType::Mapping => "an object".to_owned(),
            _ if wanted == "a list" => format!("text; write it as an element: [{written:?}]"),
            _ if matches!(written, "true" | "false") && wanted == "true or false" => {
                format!("text; take the quotes away: {written}")
            }
            _ => "text".to_owned(),
        };
        let message = format!("must be {wanted}, and is {found}");
        self.problems.push(Problem::error("wrong_type", self.document.place(path), path.to_owned(), message));
    }

    /// `!name` in front of a value is a tag to YAML, and falls away.
    fn tag(&mut self, path: &str) {
        if self.document.text(path).is_some_and(|text| text.starts_with(['“', '”', '„', '‘', '’', '«', '»']))
        {
            let message = "the quotes are typographic ones, which YAML takes for letters of the value: write \" or '";
            let place = self.document.place(path);
            self.problems.push(Problem::warning("typographic_quotes", place, path.to_owned(), message.to_owned()));
        }
        let Some(tag) = self.document.own_tag(path) else { return };
        let left = self.document.text(path).unwrap_or_default();
        let whole = format!("{tag} {left}");
        let message = format!(
            "YAML takes {tag} for a tag and drops it, so that {left:?} is left; put the whole value in quotes: {:?}",
            whole.trim_end(),
        );
        self.problems.push(Problem::warning("tag", self.document.place(path), path.to_owned(), message));
    }

    fn unknown(&self, name: &str, place: Place, path: String, members: &'static [Member]) -> Problem {
        let known: Vec<&'static str> = members.iter().map(|(name, _)| *name).collect();
        let message = match self.words.meant(name, &known) {
            Some(meant) => format!("there is no such member; perhaps {meant} is meant"),
            None => {
                let has = |members: &[Member]| members.iter().any(|(known, _)| *known == name);
                match self.words.objects.iter().find(|(_, members)| has(members)) {
                    Some((place, _)) => format!("there is no such member here; it belongs to {place}"),
                    None => format!("there is no such member; known are {}", known.join(", ")),
                }
            }
        };
        Problem::error("unknown_member", place, path, message)
    }
}

/// How many letters must be put in, taken away or changed.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let best = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        assert_eq!((distance("kitten", "sitting"), distance("", "ab"), distance("abc", "abc")), (3, 2, 0));
        assert_eq!(nearest("Clusterrole", &["Role", "ClusterRole"]), Some("ClusterRole"));
        assert_eq!(nearest("Pod", &["Role"]), None);
    }
}
