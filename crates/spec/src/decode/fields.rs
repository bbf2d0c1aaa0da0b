//! The fields of a mapping: which are asked for, which are missing, which are unknown.

use super::Slot;
use crate::problem::{Position, Problem, Problems};
use crate::yaml::{Node, Value};
use crate::{show, suggest};

/// A mapping whose fields are taken by name. The list of known fields is the list of the names that were asked for.
pub(super) struct Fields<'n, 'p> {
    path: String,
    position: Option<Position>,
    entries: Vec<Entry<'n>>,
    known: Vec<&'static str>,
    synonyms: Vec<(&'static str, &'static str)>,
    problems: &'p mut Problems,
}

/// One key with its value.
pub(super) struct Entry<'n> {
    pub(super) key: &'n str,
    pub(super) key_position: Option<Position>,
    pub(super) value: &'n Node,
}

impl<'n, 'p> Fields<'n, 'p> {
    /// Opens a mapping; reports anything else.
    pub(super) fn open(slot: &Slot<'n>, problems: &'p mut Problems) -> Option<Self> {
        let entries = entries(slot, problems)?;
        let (path, position) = (slot.path.clone(), slot.node.position);
        Some(Self { path, position, entries, known: Vec::new(), synonyms: Vec::new(), problems })
    }

    /// The field `name`, read by `read`; `None` if it is absent or null.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Slot<'n>, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        self.known.push(name);
        let node = self.entries.iter().find(|entry| entry.key == name)?.value;
        if matches!(node.value, Value::Null) {
            return None;
        }
        read(&Slot { path: join(&self.path, name), node }, self.problems)
    }

    /// The field `name`, read by `read`; absent or null is a problem that says what is `expected`.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&Slot<'n>, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        let entry = self.entries.iter().find(|entry| entry.key == name);
        let (position, what) = match entry {
            Some(entry) if matches!(entry.value.value, Value::Null) => (entry.value.position, "empty field"),
            Some(_) => return self.optional(name, read),
            None => (self.position, "missing field"),
        };
        self.known.push(name);
        let what = format!("{what} `{name}` {}", inside(&self.path));
        self.problems.add(Problem::new(join(&self.path, name), position, what).expected(expected));
        None
    }

    /// Whether the field is there and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == name && !matches!(entry.value.value, Value::Null))
    }

    /// A problem of the field `name`: where its value stands, or the mapping if it is absent.
    pub(super) fn problem(&self, name: &str, what: impl Into<String>) -> Problem {
        let entry = self.entries.iter().find(|entry| entry.key == name);
        let position = entry.map_or(self.position, |entry| entry.value.position);
        Problem::new(join(&self.path, name), position, what)
    }

    /// A problem of the mapping itself.
    pub(super) fn whole_problem(&self, what: impl Into<String>) -> Problem {
        Problem::new(self.path.clone(), self.position, what)
    }

    /// A problem of an item of the list `name`: where the item stands.
    pub(super) fn item_problem(&self, name: &str, index: usize, what: impl Into<String>) -> Problem {
        let entry = self.entries.iter().find(|entry| entry.key == name);
        let item = entry.and_then(|entry| match &entry.value.value {
            Value::List(items) => items.get(index),
            _ => None,
        });
        let position = item.map_or(self.position, |item| item.position);
        Problem::new(format!("{}[{index}]", join(&self.path, name)), position, what)
    }

    /// The name of the text.
    pub(super) fn source(&self) -> &str {
        self.problems.source()
    }

    /// Reports a problem.
    pub(super) fn add(&mut self, problem: Problem) {
        self.problems.add(problem);
    }

    /// The path of a field.
    pub(super) fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// Reports an absent field.
    pub(super) fn missing(&mut self, name: &str, expected: &str) {
        let what = format!("missing field `{name}` {}", inside(&self.path));
        let problem = Problem::new(join(&self.path, name), self.position, what);
        self.add(problem.expected(expected));
    }

    /// Says that `name` is what users of other tools write for the known field `meant`.
    pub(super) fn synonym(&mut self, name: &'static str, meant: &'static str) {
        self.synonyms.push((name, meant));
    }

    /// Reports every field that nobody asked for.
    pub(super) fn finish(self) {
        for entry in &self.entries {
            if !self.known.contains(&entry.key) {
                let meant = self.synonyms.iter().find(|(other, _)| *other == entry.key).map(|(_, known)| *known);
                let suggestion = if self.problems.is_full() {
                    None
                } else {
                    meant.or_else(|| suggest::nearest(entry.key, self.known.iter().copied()))
                };
                let what = format!("unknown field {} {}", show::quoted(entry.key), inside(&self.path));
                let problem = Problem::new(join(&self.path, entry.key), entry.key_position, what)
                    .found(entry.key)
                    .suggestion(suggestion);
                self.problems.add(problem.expected(show::one_of(&self.known)));
            }
        }
    }
}

/// The entries of a mapping in their order. Reports a value that is no mapping, keys that are no text, repeated keys.
pub(super) fn entries<'n>(slot: &Slot<'n>, problems: &mut Problems) -> Option<Vec<Entry<'n>>> {
    let Value::Mapping(mapping) = &slot.node.value else {
        problems.add(super::scalar::mismatch(slot, "a mapping of fields"));
        return None;
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut entries = Vec::with_capacity(mapping.len());
    for (key, value) in mapping {
        let Value::Text(name) = &key.value else {
            let found = key.describe();
            let what = format!("a field name {} is {found}", inside(&slot.path));
            let problem = Problem::new(slot.path.clone(), key.position, what).found(found).expected("text");
            problems.add(problem.hint("put it in quotes"));
            continue;
        };
        if seen.insert(name.as_str()) {
            entries.push(Entry { key: name, key_position: key.position, value });
        } else {
            let what = format!("repeated field {} {}", show::quoted(name), inside(&slot.path));
            let problem = Problem::new(join(&slot.path, name), key.position, what).found(name.as_str());
            problems.add(problem.expected("each field once"));
        }
    }
    Some(entries)
}

/// `path.name`; a name that would be ambiguous stands in brackets.
pub(crate) fn join(path: &str, name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match (path.is_empty(), !name.is_empty() && name.chars().all(is_word)) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{name:?}]"),
    }
}

fn inside(path: &str) -> String {
    if path.is_empty() { "at the top level".to_owned() } else { format!("in `{path}`") }
}
