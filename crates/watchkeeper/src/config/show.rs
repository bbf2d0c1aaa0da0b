//! The settings as they may be shown.

use super::keys;
use super::raw::Origin;

/// One setting: its path, its text without secrets, where it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) path: String,
    pub(super) text: Text,
    pub(super) origin: Origin,
}

/// The text of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// There is none.
    Nothing,
    /// A single value.
    One(String),
    /// A list.
    Many(Vec<String>),
    /// Names with values.
    Named(Vec<(String, String, Origin)>),
}

/// The settings as a file that could be read again, with comments that say where each was given.
pub(super) fn yaml(settings: &[Shown]) -> String {
    let mut out = String::new();
    let mut section = "";
    for Shown { path, text, origin } in settings {
        let (of, name) = keys::split(path);
        if of != section {
            out.push_str(&format!("{of}:\n"));
            section = of;
        }
        let indent = if of.is_empty() { "" } else { "  " };
        match text {
            Text::Nothing => out.push_str(&format!("{indent}# {name}:  # not set\n")),
            Text::One(value) => out.push_str(&format!("{indent}{name}: {}  # {origin}\n", scalar(value))),
            Text::Many(values) => {
                let values: Vec<String> = values.iter().map(|value| scalar(value)).collect();
                out.push_str(&format!("{indent}{name}: [{}]  # {origin}\n", values.join(", ")));
            }
            Text::Named(entries) => {
                out.push_str(&format!("{indent}{name}:\n"));
                for (option, value, origin) in entries {
                    out.push_str(&format!("{indent}  {}: {}  # {origin}\n", scalar(option), scalar(value)));
                }
            }
        }
    }
    out
}

/// A text as one value of YAML: plain when nothing in it has a meaning, else in double quotes.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = text == "true" || text == "false" || !reserved.contains(&text.to_ascii_lowercase().as_str());
    if begins && is_word && text.chars().all(plain) {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}
