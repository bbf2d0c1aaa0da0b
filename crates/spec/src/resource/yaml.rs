//! Resources as YAML, for people and for files.

use serde_json::Value;

use super::Resource;
use crate::yaml::{number, scalar};

/// Fields that stand first, in this order; the others follow by name.
const FIRST: &[&str] = &["apiVersion", "kind", "metadata", "spec", "name", "role", "type", "task", "columns"];

impl Resource {
    /// The resource as one YAML document without comments. What equals its default is left out; it reads back as an
    /// equal resource.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        write(&self.to_value(), 0, &mut text);
        text
    }
}

/// Writes the fields of a mapping, or the items of a list, each on lines of their own.
fn write(value: &Value, indent: usize, text: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
            entries.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
            for (key, value) in entries {
                let key = scalar(key);
                match inline(value) {
                    Some(value) => text.push_str(&format!("{margin}{key}: {value}\n")),
                    None => {
                        text.push_str(&format!("{margin}{key}:\n"));
                        write(value, indent + 2, text);
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut lines = String::new();
                match inline(item) {
                    Some(value) => lines.push_str(&format!("{}{value}\n", " ".repeat(indent + 2))),
                    None => write(item, indent + 2, &mut lines),
                }
                // The first line of the item carries the dash.
                text.push_str(&format!("{margin}- {}", lines.trim_start_matches(' ')));
            }
        }
        other => text.push_str(&format!("{margin}{}\n", inline(other).unwrap_or_default())),
    }
}

/// A value that stands on the line of its key.
fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => match value.as_u64() {
            Some(whole) => whole.to_string(),
            None => number(value.as_f64()?),
        },
        Value::String(text) => scalar(text),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Option<Vec<String>> = items.iter().map(inline).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        _ => return None,
    })
}
