//! Names in events → columns, remembered: rows of one request have nearly always the same names in the same order.
//!
//! After a name the one that followed it last time is expected: then comparing a few bytes of the text finds the
//! column, without reading the name. What a row that is not taken has added is undone.

use std::collections::HashMap;

use super::scan::{Fault, Scanner};
use crate::decode::place::Place;

/// Where a scalar goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Column(usize),
    Ignored,
}

/// Where an object goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum InnerTarget {
    Node(usize),
    /// Its text goes to a column.
    Text(usize),
    Ignored,
}

/// A name in a place.
#[derive(Debug)]
pub(super) struct Key {
    /// As it stands in the text, from its quote to its colon.
    raw: Box<[u8]>,
    pub(super) name: Box<str>,
    /// The last row (counted from 1) that had it.
    seen: u64,
    pub(super) leaf: Option<Target>,
    pub(super) inner: Option<InnerTarget>,
    /// The key that followed it last time.
    next: usize,
}

#[derive(Debug)]
struct Node {
    place: Place,
    keys: Vec<Key>,
    by_name: HashMap<Box<str>, usize>,
    /// The key that came first last time.
    first: usize,
}

/// A change that a row made.
#[derive(Debug)]
enum Change {
    Key(usize),
    Leaf(usize, usize),
    Inner(usize, usize),
}

/// What [`Keys::find`] finds.
pub(super) enum Found {
    Key(usize),
    /// A name that the row has had in this object.
    Twice(usize),
    /// A new name, but no room to remember it.
    Full(String),
}

/// Names of all places of a request.
#[derive(Debug)]
pub(super) struct Keys {
    nodes: Vec<Node>,
    changes: Vec<Change>,
    nodes_before: usize,
    count: usize,
    limit: usize,
    row: u64,
}

impl Keys {
    /// The node of the event itself.
    pub(super) const ROOT: usize = 0;

    /// At most `limit` names are remembered.
    pub(super) fn new(limit: usize) -> Self {
        let mut keys = Self { nodes: Vec::new(), changes: Vec::new(), nodes_before: 1, count: 0, limit, row: 0 };
        keys.nodes.push(Node::new(Place::root()));
        keys
    }

    pub(super) fn begin(&mut self) {
        self.row += 1;
        self.changes.clear();
        self.nodes_before = self.nodes.len();
    }

    /// Undoes what the row in work has added.
    pub(super) fn undo(&mut self) {
        while let Some(change) = self.changes.pop() {
            match change {
                Change::Key(node) => {
                    if let Some(node) = self.nodes.get_mut(node)
                        && let Some(key) = node.keys.pop()
                    {
                        node.by_name.remove(&key.name);
                    }
                    self.count -= 1;
                }
                Change::Leaf(node, key) => {
                    if let Some(key) = self.key_mut(node, key) {
                        key.leaf = None;
                    }
                }
                Change::Inner(node, key) => {
                    if let Some(key) = self.key_mut(node, key) {
                        key.inner = None;
                    }
                }
            }
        }
        self.nodes.truncate(self.nodes_before);
    }

    /// Reads the next name of an object, `previous` being the key before it.
    #[inline]
    pub(super) fn find(
        &mut self,
        node: usize,
        previous: Option<usize>,
        scanner: &mut Scanner<'_>,
        scratch: &mut String,
    ) -> Result<Found, Fault> {
        let row = self.row;
        let at = node;
        if scanner.peek() != Some(b'"') {
            return Err(scanner.fault("a name in `\"`"));
        }
        let Some(node) = self.nodes.get_mut(at) else { return Err(scanner.fault("a known object")) };
        let expected = previous.map_or(node.first, |key| node.keys.get(key).map_or(0, |key| key.next));
        if let Some(key) = node.keys.get_mut(expected)
            && scanner.take_raw(&key.raw)
        {
            return Ok(key.visit(expected, row));
        }
        let start = scanner.at;
        let name = scanner.key(scratch)?;
        let found = node.by_name.get(name).copied();
        let key = match found {
            Some(key) => key,
            None if self.count >= self.limit => return Ok(Found::Full(name.to_owned())),
            None => {
                self.count += 1;
                self.changes.push(Change::Key(at));
                node.add(name, scanner.since(start))
            }
        };
        match previous.and_then(|previous| node.keys.get_mut(previous)) {
            Some(previous) => previous.next = key,
            None => node.first = key,
        }
        Ok(node.keys.get_mut(key).map_or(Found::Twice(key), |entry| entry.visit(key, row)))
    }

    #[inline]
    pub(super) fn key(&self, node: usize, key: usize) -> Option<&Key> {
        self.nodes.get(node)?.keys.get(key)
    }

    fn key_mut(&mut self, node: usize, key: usize) -> Option<&mut Key> {
        self.nodes.get_mut(node)?.keys.get_mut(key)
    }

    /// The place and name of a key.
    pub(super) fn place(&self, node: usize, key: usize) -> Option<(&Place, &str)> {
        let node = self.nodes.get(node)?;
        Some((&node.place, &node.keys.get(key)?.name))
    }

    /// The place of a node.
    pub(super) fn node_place(&self, node: usize) -> Option<&Place> {
        self.nodes.get(node).map(|node| &node.place)
    }

    pub(super) fn set_leaf(&mut self, node: usize, key: usize, target: Target) {
        if let Some(entry) = self.key_mut(node, key) {
            entry.leaf = Some(target);
            self.changes.push(Change::Leaf(node, key));
        }
    }

    pub(super) fn set_inner(&mut self, node: usize, key: usize, target: InnerTarget) {
        if let Some(entry) = self.key_mut(node, key) {
            entry.inner = Some(target);
            self.changes.push(Change::Inner(node, key));
        }
    }

    /// A node for the members of an object.
    pub(super) fn add_node(&mut self, place: Place) -> usize {
        self.nodes.push(Node::new(place));
        self.nodes.len() - 1
    }
}

impl Node {
    fn new(place: Place) -> Self {
        Self { place, keys: Vec::new(), by_name: HashMap::new(), first: 0 }
    }

    fn add(&mut self, name: &str, raw: &str) -> usize {
        let key = self.keys.len();
        self.by_name.insert(name.into(), key);
        let raw = raw.as_bytes().into();
        // The next key of a row seen once is the one that is added after it.
        self.keys.push(Key { raw, name: name.into(), seen: 0, leaf: None, inner: None, next: key + 1 });
        key
    }
}

impl Key {
    #[inline]
    fn visit(&mut self, at: usize, row: u64) -> Found {
        if self.seen == row {
            return Found::Twice(at);
        }
        self.seen = row;
        Found::Key(at)
    }
}
