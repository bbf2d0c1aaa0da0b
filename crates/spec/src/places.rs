//! Where the fields of a document stand, for messages of checks that come after reading.

use std::collections::BTreeMap;

use crate::decode::join;
use crate::problem::{Position, Problem};
use crate::yaml::{Node, Value};

/// The text of a document and the position of each of its fields. All are equal: where something is written does not
/// make it another thing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    source: String,
    by_path: BTreeMap<String, Position>,
}

impl Places {
    /// The places of the values of a document, the first 5,000 of them.
    pub(crate) fn of(node: &Node, source: &str) -> Self {
        let mut by_path = BTreeMap::new();
        // A document that was read as JSON has no positions.
        if node.position.is_some() {
            collect(String::new(), node, &mut by_path);
        }
        Self { source: source.to_owned(), by_path }
    }

    /// Where the field at `path` stands, or the nearest one around it.
    pub(crate) fn at(&self, path: &str) -> Option<Position> {
        let mut rest = path;
        loop {
            if let Some(position) = self.by_path.get(rest) {
                return Some(*position);
            }
            rest = rest.rfind(['.', '[']).and_then(|end| rest.get(..end))?;
        }
    }

    /// A problem at `path`, with its source and position.
    pub(crate) fn problem(&self, path: impl Into<String>, what: impl Into<String>) -> Problem {
        let path = path.into();
        let position = self.at(&path);
        let mut problem = Problem::new(path, position, what);
        problem.source.clone_from(&self.source);
        problem
    }
}

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Places that are kept at most, and the bytes of a path: a path repeats the names around it.
const PLACES_MAX: usize = 5_000;
const PATH_BYTES_MAX: usize = 200;

fn collect(path: String, node: &Node, by_path: &mut BTreeMap<String, Position>) {
    if path.len() > PATH_BYTES_MAX || by_path.len() >= PLACES_MAX {
        return;
    }
    if let Some(position) = node.position {
        by_path.insert(path.clone(), position);
    }
    match &node.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(format!("{path}[{index}]"), item, by_path);
            }
        }
        Value::Mapping(entries) => {
            for (key, value) in entries {
                if let Value::Text(name) = &key.value {
                    collect(join(&path, name), value, by_path);
                }
            }
        }
        _ => {}
    }
}
