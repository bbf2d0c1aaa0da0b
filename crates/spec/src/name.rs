//! Names of resources: `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`, at most 63 characters.

/// Characters of a name at most (the limit of a DNS label, so that names fit hosts and labels of other systems).
pub(crate) const NAME_CHARS_MAX: usize = 63;

/// The rule as a pattern of JSON Schema.
pub(crate) const NAME_PATTERN: &str = "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

/// The rule in words, for messages.
pub const NAME_RULE: &str = "1 to 63 lower-case letters, digits, `-` or `.`, with a letter or digit at both ends";

/// Whether `name` follows [`NAME_RULE`].
#[must_use]
pub fn is_name(name: &str) -> bool {
    let end = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    bytes.len() <= NAME_CHARS_MAX
        && end(bytes.first())
        && end(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
}

/// A valid model name made from any text, such as the stem of a file: `Flights Delay` gives `flights-delay`.
///
/// Letters are lowered, runs of other characters become one `-`, the rest is cut at 63 characters; `model` if nothing
/// is left.
#[must_use]
pub fn model_name_from(text: &str) -> String {
    name_from(text, "model")
}

/// As [`model_name_from`], with `fallback` if nothing is left.
pub(crate) fn name_from(text: &str, fallback: &str) -> String {
    let mut name = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        if name.len() >= NAME_CHARS_MAX {
            break;
        }
        if character.is_ascii_lowercase() || character.is_ascii_digit() {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with(['-', '.']) {
            name.push(if character == '.' { '.' } else { '-' });
        }
    }
    let kept = name.trim_end_matches(['-', '.']).len();
    name.truncate(kept);
    if name.is_empty() { fallback.to_owned() } else { name }
}
