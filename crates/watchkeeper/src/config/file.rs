//! The settings of a `watchkeeper.yaml`.

use std::collections::BTreeMap;

use watchkeeper_spec::Position;
use watchkeeper_spec::yaml::{self, Node, Value as Written};

use super::keys::{self, Form, KEYS, Key};
use super::raw::{Fault, Layer, Origin, Raw, Value};
use super::read;
use super::suggest::{did_you_mean, one_of, quoted};

/// Reads the text of a file; what is wrong is added to `faults` with its place, and the rest is taken.
pub(super) fn layer(text: &str, path: &str, faults: &mut Vec<Fault>) -> Layer {
    let mut reader = Reader { path, faults, layer: Layer::new() };
    match yaml::document(text) {
        Ok(root) => root.iter().for_each(|root| reader.section("", root)),
        Err(problem) => {
            let expected = problem.expected.map_or_else(String::new, |expected| format!("; expected {expected}"));
            reader.fault(problem.position, problem.what + &expected);
        }
    }
    reader.layer
}

struct Reader<'a> {
    path: &'a str,
    faults: &'a mut Vec<Fault>,
    layer: Layer,
}

impl Reader<'_> {
    fn origin(&self, position: Option<Position>) -> Origin {
        let position = position.map(|at| (at.line, at.column));
        Origin::File { path: self.path.to_owned(), position }
    }

    fn fault(&mut self, position: Option<Position>, text: String) {
        let origin = self.origin(position);
        self.faults.push(Fault { origin, text });
    }

    /// The keys of one mapping: the top level, or a section of it.
    fn section(&mut self, section: &str, node: &Node) {
        let entries = match &node.value {
            Written::Mapping(entries) => entries,
            Written::Null => return,
            _ => {
                let what = if section.is_empty() { "the file".to_owned() } else { format!("`{section}`") };
                self.fault(node.position, format!("{what} is {}; expected a mapping of keys", shape(node)));
                return;
            }
        };
        let mut seen = std::collections::BTreeSet::new();
        for (name_node, value) in entries {
            let name = scalar(name_node).unwrap_or_default();
            if !seen.insert(name.clone()) {
                self.fault(name_node.position, format!("repeated key {}", quoted(&name)));
            } else if section.is_empty() && names_in(&name).next().is_some() {
                self.section(&name, value);
            } else if let Some(key) = keys::find(&full(section, &name)) {
                self.setting(key, value);
            } else {
                self.unknown(section, &name, name_node.position);
            }
        }
    }

    fn setting(&mut self, key: &'static Key, node: &Node) {
        let value = match (key.form, &node.value) {
            // An empty value is the default.
            (_, Written::Null) => return,
            (form, Written::Mapping(entries)) if form.is_named() => self.names(key, entries),
            (form, _) if form.is_named() => Err("a mapping of names to values"),
            (Form::Addresses, Written::List(items)) => match items.iter().map(scalar).collect() {
                Some(texts) => Ok(Value::Many(texts)),
                None => Err("a list of addresses"),
            },
            _ => scalar(node).map(Value::One).ok_or("a single value"),
        };
        match value {
            Ok(value) => {
                let origin = self.origin(node.position);
                self.layer.insert(key.path, Raw { value, origin });
            }
            Err(expected) => {
                self.fault(node.position, format!("`{}` is {}; expected {expected}", key.path, shape(node)));
            }
        }
    }

    fn names(&mut self, key: &Key, entries: &[(Node, Node)]) -> Result<Value, &'static str> {
        let mut names = BTreeMap::new();
        for (name_node, value) in entries {
            let name = read::name(key, &scalar(name_node).unwrap_or_default());
            let (text, expected) = match (key.form, &value.value) {
                (Form::Lists, Written::List(items)) => (list(items), "a list of single values"),
                (Form::Lists, _) => (scalar(value), "a list"),
                _ => (scalar(value), "a single value"),
            };
            let Some(text) = text else {
                let what = format!("`{}.{name}` is {}; expected {expected}", key.path, shape(value));
                self.fault(value.position, what);
                continue;
            };
            if names.insert(name.clone(), (text, self.origin(value.position))).is_some() {
                self.fault(name_node.position, format!("repeated name {} in `{}`", quoted(&name), key.path));
            }
        }
        Ok(Value::Named(names))
    }

    fn unknown(&mut self, section: &str, name: &str, position: Option<Position>) {
        let known: Vec<&str> = if section.is_empty() { top_level() } else { names_in(section).collect() };
        let near = did_you_mean(name, known.iter().copied());
        let mut place = if section.is_empty() { String::new() } else { format!(" in `{section}`") };
        if near.is_empty()
            && let Some(key) = KEYS.iter().find(|key| keys::split(key.path).1 == name)
        {
            place.push_str(&format!("; there is a `{}`", key.path));
        }
        let separator = if near.is_empty() { ";" } else { "" };
        let expected = one_of(known);
        self.fault(position, format!("unknown key {}{place}{near}{separator} expected {expected}", quoted(name)));
    }
}

/// The items of a list as one text, with blanks between them.
fn list(items: &[Node]) -> Option<String> {
    let items: Option<Vec<String>> = items.iter().map(scalar).collect();
    items.map(|items| items.join(" "))
}

/// What a message says was found; never the value itself, which may be a secret.
const fn shape(node: &Node) -> &'static str {
    match node.value {
        Written::Null => "empty",
        Written::Boolean(_) => "a boolean",
        Written::Whole(_) | Written::Number(_) => "a number",
        Written::Text(_) => "a text",
        Written::List(_) => "a list",
        Written::Mapping(_) => "a mapping",
    }
}

/// The text of a single value as it would be written; `None` for empty ones, lists and mappings.
fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Written::Boolean(value) => Some(value.to_string()),
        Written::Whole(value) => Some(value.to_string()),
        Written::Number(value) => Some(value.to_string()),
        Written::Text(text) => Some(text.clone()),
        Written::Null | Written::List(_) | Written::Mapping(_) => None,
    }
}

fn full(section: &str, name: &str) -> String {
    if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") }
}

/// The keys of a section.
fn names_in(section: &str) -> impl Iterator<Item = &'static str> {
    let pairs = KEYS.iter().map(|key| keys::split(key.path));
    pairs.filter(move |(of, _)| !of.is_empty() && *of == section).map(|(_, name)| name)
}

/// Keys and sections of the top level, each once.
fn top_level() -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for (section, name) in KEYS.iter().map(|key| keys::split(key.path)) {
        let name = if section.is_empty() { name } else { section };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
