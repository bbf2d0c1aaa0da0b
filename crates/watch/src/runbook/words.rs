//! Texts of users, names and times, made safe for Markdown, for a shell, for URLs and for YAML.

use crate::text::number;
pub(super) use crate::time::{DAY, show as utc};

/// Characters of a user's text that are shown.
const TEXT_MAX: usize = 300;

/// A user's text on one line, shortened.
pub(super) fn line(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_MAX + 1).collect();
    let short = flat.chars().count() > TEXT_MAX;
    let kept: String = flat.chars().take(TEXT_MAX).collect();
    let safe = kept.replace('<', "‹").replace('>', "›");
    if short { format!("{safe}…") } else { safe }
}

/// A name that stands between backticks.
pub(super) fn name(text: &str) -> String {
    line(text).replace('`', "'")
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// One word of a POSIX shell.
pub(super) fn shell(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let plain = !flat.is_empty() && !flat.starts_with('-') && flat.chars().all(|c| is_plain(c) || c == '=');
    if plain { flat } else { format!("'{}'", flat.replace('\'', "'\\''")) }
}

/// One segment of a path in a URL.
pub(super) fn path(text: &str) -> String {
    let byte = |b: u8| if is_plain(char::from(b)) { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}

/// A double-quoted YAML scalar.
pub(super) fn yaml(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{}\"", flat.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn matcher(label: &str, value: &str) -> String {
    let plain = !value.is_empty() && value.chars().all(is_plain);
    let value = if plain { value.to_owned() } else { yaml(value) };
    yaml(&format!("{label} = {value}"))
}

pub(super) fn resource_name(text: &str) -> String {
    text.to_lowercase().chars().map(|c| if is_plain(c) && c != '_' { c } else { '-' }).take(50).collect()
}

/// A length of time in its largest unit.
pub(super) fn span(micros: i64) -> String {
    let minutes = micros / 60_000_000;
    match minutes {
        0 => format!("{} s", micros / 1_000_000),
        1..=119 => format!("{minutes} min"),
        120..=2879 => format!("{} h", number((minutes as f64 / 6.0).round() / 10.0)),
        _ => format!("{} d", number((minutes as f64 / 144.0).round() / 10.0)),
    }
}

/// The day of a time.
pub(super) fn date(micros: i64) -> String {
    utc(micros).chars().take_while(|&c| c != 'T').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_quotes() {
        assert_eq!(utc(1_362_873_600_000_000), "2013-03-10T00:00:00Z");
        assert_eq!(utc(951_782_399_000_000), "2000-02-28T23:59:59Z");
        assert_eq!(utc(951_782_400_000_000), "2000-02-29T00:00:00Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
        assert_eq!([span(30_000_000), span(5_400_000_000), span(90 * 3_600_000_000)], ["30 s", "90 min", "3.8 d"]);
        assert_eq!([shell("a-b"), shell("it's"), shell("-x"), shell("")], ["a-b", "'it'\\''s'", "'-x'", "''"]);
        assert_eq!(path("a b/é"), "a%20b%2F%C3%A9");
        assert_eq!(matcher("model", "a b"), "\"model = \\\"a b\\\"\"");
        assert_eq!(line("a\n# b <script>"), "a # b ‹script›");
        assert_eq!(line(&"x".repeat(400)).chars().count(), 301);
    }
}
