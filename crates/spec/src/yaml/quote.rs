//! Writing single values so that they read back as the same text or number.

use crate::show;

/// Plain words that some reader of YAML takes for something else than text.
const RESERVED: &[&str] = &["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", "infinity"];

/// `text` as one value on one line: plain if no reader can take it for anything else, double-quoted if not.
pub(crate) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { double_quoted(text) }
}

/// A number as short as it can be: whole numbers up to 1e15 without a point. It reads back as the same number.
pub(crate) fn number(value: f64) -> String {
    const WHOLE_MAX: f64 = 1e15;
    if value.is_nan() {
        ".nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { ".inf".to_owned() } else { "-.inf".to_owned() }
    } else if value.fract() == 0.0 && value.abs() < WHOLE_MAX {
        // Adding zero turns -0.0 into 0.0.
        format!("{:.0}", value + 0.0)
    } else {
        format!("{value:?}")
    }
}

fn is_plain(text: &str) -> bool {
    let starts_with_letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    starts_with_letter
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str())
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            hidden if show::is_invisible(hidden) => quoted.push_str(&escape(hidden)),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(character: char) -> String {
    let code = character as u32;
    if code <= 0xffff { format!("\\u{code:04X}") } else { format!("\\U{code:08X}") }
}
