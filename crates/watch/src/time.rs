//! Times and lengths of time in whole microseconds, as the watch keeps them. Nothing here reads a clock.

use jiff::Timestamp;

/// A second in µs.
pub const SECOND: i64 = 1_000_000;
/// A minute in µs.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in µs.
pub const HOUR: i64 = 60 * MINUTE;
/// A day of 24 hours in µs.
pub const DAY: i64 = 24 * HOUR;
/// Seven such days in µs.
pub const WEEK: i64 = 7 * DAY;

/// A time in µs UTC as people read it, to the second: `2026-01-05T00:00:00Z`. Times that no calendar holds are written
/// as their number.
#[must_use]
pub fn show(at: i64) -> String {
    let whole = at.div_euclid(SECOND);
    Timestamp::from_second(whole).map_or_else(|_| format!("{at} µs"), |time| time.to_string())
}

/// A length of time as people read it, in its two largest units: `2 h 30 min`, `45 s`; `0 s` for less than a second.
#[must_use]
pub fn show_span(micros: i64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")];
    let mut rest = micros.unsigned_abs();
    let mut parts = Vec::new();
    for (unit, name) in units {
        let unit = unit.unsigned_abs();
        let whole = rest / unit;
        if whole > 0 {
            parts.push(format!("{whole} {name}"));
            rest %= unit;
        }
        if parts.len() == 2 {
            break;
        }
    }
    match (parts.is_empty(), micros < 0) {
        (true, _) => "0 s".to_owned(),
        (false, true) => format!("-{}", parts.join(" ")),
        (false, false) => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_people() {
        assert_eq!(show(1_767_571_200 * SECOND), "2026-01-05T00:00:00Z");
        assert_eq!(show(i64::MAX), "9223372036854775807 µs");
        assert_eq!(show_span(2 * HOUR + 30 * MINUTE + 5 * SECOND), "2 h 30 min");
        assert_eq!((show_span(0).as_str(), show_span(-DAY).as_str()), ("0 s", "-1 d"));
    }
}
