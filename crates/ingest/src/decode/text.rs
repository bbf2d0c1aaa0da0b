//! Numbers as their shortest text, names by the rule, values for messages.

use std::fmt::Write as _;

/// Characters of a value that a reject shows.
const SHOWN_CHARS: usize = 64;

/// Appends the shortest text that reads back as `number`: no `.0`, an exponent outside 1e-5 ≤ |x| < 1e17.
pub(super) fn push_float(out: &mut String, number: f64) {
    let size = number.abs();
    // Writing to a String cannot fail.
    let _ = if number == 0.0 || (1e-5..1e17).contains(&size) || !number.is_finite() {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    };
}

/// Appends `text` as a JSON string.
pub(super) fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(other) => {
                let _ = write!(out, "\\u{:04x}", u32::from(other));
            }
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// A value for a message: at most 64 characters, the last of them `…` when there were more.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= SHOWN_CHARS || text.chars().nth(SHOWN_CHARS).is_none() {
        return text.to_owned();
    }
    text.chars().take(SHOWN_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_short_and_read_back() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e16, "10000000000000000"),
            (1e17, "1e17"),
            (1.5e-7, "1.5e-7"),
            (f64::MAX, "1.7976931348623157e308"),
        ] {
            let mut out = String::new();
            push_float(&mut out, number);
            assert_eq!(out, text);
            assert_eq!(out.parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }

    #[test]
    fn json_strings_read_back() {
        let text = "a\"b\\c\n\r\t\u{1}é😀";
        let mut out = String::new();
        push_json_string(&mut out, text);
        assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }

    #[test]
    fn values_of_messages_have_64_characters_at_most() {
        assert_eq!(shortened(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(shortened(&"é".repeat(65)), format!("{}…", "é".repeat(63)));
    }
}
