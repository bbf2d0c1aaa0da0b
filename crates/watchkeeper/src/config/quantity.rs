//! Durations and sizes as people write them: `10s`, `400d`, `64MiB`.

use std::time::Duration;

/// Units of a duration, in milliseconds, largest first.
const DURATION_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Units of a size, in bytes; the first fitting one of the binary units is the one that is written.
const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// What a duration looks like, for messages.
pub(super) const DURATION_FORM: &str = "a whole number with a unit: `250ms`, `10s`, `5m`, `48h` or `400d`";

/// What a size looks like, for messages.
pub(super) const SIZE_FORM: &str = "a whole number of bytes, or one with a unit: `64KiB`, `64MiB`, `2GiB`, `64MB`";

/// Reads `250ms`, `10s`, `5m`, `48h`, `400d`; `None` for anything else, a number without unit and overflow included.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let (_, milliseconds) = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*milliseconds).map(Duration::from_millis)
}

/// A duration in its largest whole unit; fractions of a millisecond are left out.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if milliseconds == 0 {
        return "0s".into();
    }
    let unit = DURATION_UNITS.iter().find(|(_, size)| milliseconds.is_multiple_of(*size));
    unit.map_or_else(|| format!("{milliseconds}ms"), |(name, size)| format!("{}{name}", milliseconds / size))
}

/// Reads `123` (bytes), `64KiB`, `64MiB`, `2GiB`, `1TiB`, `64kB`, `64MB`, `2GB`; `None` for anything else.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    if unit.is_empty() {
        return Some(number);
    }
    let (_, bytes) = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.checked_mul(*bytes)
}

/// A size in its largest whole binary unit.
#[must_use]
pub fn show_size(bytes: u64) -> String {
    let binary = SIZE_UNITS.iter().take(4).find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size));
    binary.map_or_else(|| format!("{bytes}B"), |(name, size)| format!("{}{name}", bytes / size))
}

/// Reads a whole number, `_` allowed between digits.
pub(super) fn parse_count(text: &str) -> Option<u64> {
    let digits = text.trim();
    let outer = digits.starts_with('_') || digits.ends_with('_');
    if outer || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    digits.replace('_', "").parse().ok()
}

/// The number in front and the unit behind it, spaces between them allowed.
fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((parse_count(number)?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_whole_numbers() {
        let seconds = |text| parse_duration(text).map(|d| d.as_secs_f64());
        for (text, expected) in
            [("250ms", 0.25), ("10s", 10.0), ("5m", 300.0), ("48h", 172_800.0), ("400d", 34_560_000.0), (" 1 s ", 1.0)]
        {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        assert_eq!(seconds("0s"), Some(0.0));
        for text in
            ["", "10", "s", "-1s", "1.5h", "1h30m", "10 seconds", "10S", "5M", "1e3s", "_1s", "99999999999999999d"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_binary_or_decimal_by_their_unit() {
        for (text, expected) in [
            ("0", 0),
            ("1_000", 1000),
            ("64KiB", 65_536),
            ("64mib", 64 << 20),
            ("2 GiB", 2 << 30),
            ("1TiB", 1 << 40),
            ("64MB", 64_000_000),
            ("7kB", 7000),
            ("7B", 7),
        ] {
            assert_eq!(parse_size(text), Some(expected), "{text}");
        }
        for text in ["", "MiB", "1.5GiB", "-1", "64 M", "64mb/s", "99999999999TiB", "1__"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["0s", "250ms", "90s", "5m", "48h", "400d"] {
            let duration = parse_duration(text).unwrap();
            assert_eq!(parse_duration(&show_duration(duration)), Some(duration), "{text}");
        }
        assert_eq!(show_duration(Duration::from_secs(172_800)), "2d");
        assert_eq!(show_duration(Duration::from_secs(90)), "90s");
        for bytes in [0, 1, 1023, 1024, 65_536, 64 << 20, 3 << 30, u64::MAX] {
            assert_eq!(parse_size(&show_size(bytes)), Some(bytes));
        }
        assert_eq!(show_size(64 << 20), "64MiB");
        assert_eq!(show_size(1_000_000), "1000000B");
    }
}
