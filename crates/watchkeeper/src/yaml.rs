//! YAML text to values with positions, for the configuration. The only module here that names the YAML library;
//! resources are read by `watchkeeper-spec`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Options, Spanned, alias_limits, budget, options};
use thiserror::Error as ThisError;

/// Bytes of one text at most: 4 MiB.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Values, lists and mappings inside each other at most.
const DEPTH_MAX: usize = 32;
/// Values of a document at most.
const NODES_MAX: usize = 500_000;
/// Values that aliases may repeat at most.
const ALIASED_MAX: usize = 10_000;

/// A text that is not YAML, or is larger than it may be.
#[derive(Debug, ThisError)]
#[error("{}{text}", position.map(|(line, column)| format!("{line}:{column}: ")).unwrap_or_default())]
pub(crate) struct YamlError {
    /// Line and column from 1, when they are known.
    pub(crate) position: Option<(u64, u64)>,
    /// What is wrong.
    pub(crate) text: String,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    /// Line and column from 1.
    pub(crate) position: Option<(u64, u64)>,
}

/// The shapes of a value; mappings keep order and repeated keys.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

impl Node {
    /// What a message says was found.
    pub(crate) fn describe(&self) -> &'static str {
        match self.value {
            Value::Null => "empty",
            Value::Boolean(_) => "a boolean",
            Value::Whole(_) | Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The text of a single value as it would be written; `None` for empty ones, lists and mappings.
    pub(crate) fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Boolean(value) => Some(value.to_string()),
            Value::Whole(value) => Some(value.to_string()),
            Value::Number(value) => Some(value.to_string()),
            Value::Text(text) => Some(text.clone()),
            Value::Null | Value::List(_) | Value::Mapping(_) => None,
        }
    }
}

/// Reads the one document of a text; `Null` for an empty one.
pub(crate) fn read(text: &str) -> Result<Node, YamlError> {
    let at_most = |what: String| YamlError { position: None, text: what };
    if text.len() > TEXT_BYTES_MAX {
        return Err(at_most(format!("the text has {} bytes; expected at most {TEXT_BYTES_MAX}", text.len())));
    }
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#') || line.trim_end() == "---")
    {
        return Ok(Node { value: Value::Null, position: None });
    }
    serde_saphyr::from_str_with_options::<Node>(text, limits()).map_err(|error| {
        let error = error.without_snippet();
        let at = error.location().filter(|location| location.line() > 0);
        let position = at.map(|location| (location.line(), location.column()));
        let text = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        // The library ends its messages with the place; ours begin with it.
        let place = position.map(|(line, column)| format!(" at line {line}, column {column}"));
        let text = place.and_then(|place| text.strip_suffix(&place)).unwrap_or(&text).to_owned();
        YamlError { position, text }
    })
}

fn limits() -> Options {
    options! {
        budget: budget! {
            max_depth: DEPTH_MAX,
            flow_nesting_limit: DEPTH_MAX,
            max_nodes: NODES_MAX,
            max_events: 4 * NODES_MAX,
            max_anchors: ALIASED_MAX,
            max_aliases: ALIASED_MAX,
            max_total_scalar_bytes: TEXT_BYTES_MAX,
        },
        alias_limits: alias_limits! {
            max_total_replayed_events: ALIASED_MAX,
            max_replay_stack_depth: DEPTH_MAX,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        reject_unsupported_tags: true,
        emit_comments: false,
        with_snippet: false,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned { value, defined, .. } = Spanned::<Value>::deserialize(deserializer)?;
        // The library counts lines from 1 and says 0 for "unknown".
        Ok(Self { value, position: (defined.line() > 0).then(|| (defined.line(), defined.column())) })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Whole(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Number(value as f64), Value::Whole))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut mapping = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            mapping.push(entry);
        }
        Ok(Value::Mapping(mapping))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_kind_and_place() {
        let node = read("a: { b: [1, 2.5, yes, true, ~, '007'] }\na: 2\n").unwrap();
        let Value::Mapping(entries) = &node.value else { panic!("{node:?}") };
        assert_eq!(entries.len(), 2, "repeated keys stay");
        let Value::Mapping(inner) = &entries[0].1.value else { panic!("{node:?}") };
        let (name, list) = &inner[0];
        assert_eq!((name.scalar().as_deref(), list.position), (Some("b"), Some((1, 9))));
        let Value::List(items) = &list.value else { panic!("{list:?}") };
        let texts: Vec<Option<String>> = items.iter().map(Node::scalar).collect();
        let expected = [Some("1"), Some("2.5"), Some("yes"), Some("true"), None, Some("007")];
        assert_eq!(texts, expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_place() {
        let error = read("a: [1\nb: 2").unwrap_err();
        assert!(error.position.is_some(), "{error}");
        assert!(read("a: &x [*x]").is_err() && read("a: 1\n---\nb: 2\n").is_err());
        assert!(read(&"[".repeat(100)).is_err());
        assert!(read(&" ".repeat(TEXT_BYTES_MAX + 1)).unwrap_err().to_string().contains("expected at most 4194304"));
        for blank in ["", "# nothing\n", "---\n"] {
            assert!(matches!(read(blank).unwrap().value, Value::Null), "{blank:?}");
        }
    }
}
