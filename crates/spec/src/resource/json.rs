//! Canonical JSON: keys in order, no blanks, shortest numbers; the same resource gives the same bytes everywhere.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::Resource;
use crate::problem::{Problem, Problems};
use crate::yaml::{Node, SCALAR_BYTES_MAX, TEXT_BYTES_MAX, Value as Tree};

impl Resource {
    /// The resource as a document in canonical JSON: keys sorted, no blanks. What equals its default is left out.
    ///
    /// Equal resources give equal texts, and [`Resource::from_json`] gives an equal resource back.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        write(&self.to_value(), &mut text);
        text
    }
}

/// Maps are sorted here: whether `serde_json` sorts them depends on the features that other crates ask for.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// JSON text → tree of values without positions.
pub(super) fn read(text: &str, problems: &mut Problems) -> Option<Node> {
    if text.len() > TEXT_BYTES_MAX {
        let problem = Problem::new("", None, "the text is too large").found(format!("{} bytes", text.len()));
        problems.add(problem.expected(format!("at most {TEXT_BYTES_MAX} bytes")));
        return None;
    }
    match serde_json::from_str::<Json>(text) {
        Ok(Json(value)) => {
            let mut node = Node { value, position: None };
            exact(&mut node, &mut numbers(text));
            Some(node)
        }
        Err(error) => {
            // The library's text would repeat parts of the document.
            let what = format!("invalid JSON at line {}, column {}", error.line(), error.column());
            let too_long = error.is_data().then(|| format!("texts of at most {SCALAR_BYTES_MAX} bytes"));
            let problem = Problem::new("", None, what);
            problems.add(match too_long {
                Some(expected) => problem.expected(expected),
                None => problem,
            });
            None
        }
    }
}

/// The tokens of the numbers of a valid JSON text, in its order.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
    outside_texts(text)
        .flat_map(move |piece| piece.split(move |c: char| !is_part(c)))
        .filter(|token| token.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
}

/// The pieces of a valid JSON text that stand outside of quotes.
fn outside_texts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (piece, behind) = match rest?.split_once('"') {
            Some((piece, behind)) => (piece, behind),
            None => return rest.take(),
        };
        let mut is_escaped = false;
        let end = behind.find(|c: char| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        });
        rest = end.and_then(|end| behind.get(end + 1..));
        Some(piece)
    })
}

/// Puts the exact numbers in: without a feature that costs every other reader speed, `serde_json` may miss the last
/// bit, and a catalog that changes a threshold by a bit would report a change that nobody made.
fn exact<'t>(node: &mut Node, tokens: &mut impl Iterator<Item = &'t str>) {
    match &mut node.value {
        Tree::Whole(_) => {
            tokens.next();
        }
        Tree::Number(value) => {
            if let Some(number) = tokens.next().and_then(|token| token.parse().ok()) {
                *value = number;
            }
        }
        Tree::List(items) => {
            for item in items {
                exact(item, tokens);
            }
        }
        Tree::Mapping(entries) => {
            for (_, value) in entries {
                exact(value, tokens);
            }
        }
        Tree::Null | Tree::Boolean(_) | Tree::Text(_) => {}
    }
}

/// A value of the text, in its order; repeated keys stay, the decoder reports them.
struct Json(Tree);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json(Tree::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json(Tree::Boolean(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json(Tree::Whole(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json(u64::try_from(value).map_or(Tree::Number(value as f64), Tree::Whole)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json(Tree::Number(value)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        if text.len() > SCALAR_BYTES_MAX {
            return Err(E::custom("too long"));
        }
        Ok(Json(Tree::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(value)) = items.next_element()? {
            list.push(Node { value, position: None });
        }
        Ok(Json(Tree::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut mapping = Vec::new();
        while let Some((Json(key), Json(value))) = entries.next_entry()? {
            mapping.push((Node { value: key, position: None }, Node { value, position: None }));
        }
        Ok(Json(Tree::Mapping(mapping)))
    }
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn numbers_stand_outside_of_texts() {
        let text = r#"{"a\\":-1.5e-3,"1":[2,"3\"4",5E+1,true,null,"","\\\"6"],"":0.1}"#;
        assert_eq!(numbers(text).collect::<Vec<_>>(), ["-1.5e-3", "2", "5E+1", "0.1"]);
        assert_eq!(numbers("7").collect::<Vec<_>>(), ["7"]);
        assert_eq!(numbers("\"7").count(), 0);
    }
}
