//! Windows of event time as people write them.

use jiff::civil::{Date, Time as CivilTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use crate::params::refusal;
use crate::ports::{Time, Window};
use crate::problem::Problem;

const EXPECTED: &str = "a length up to now such as `30d` (`m`, `h`, `d`, `w`), a day `2026-03-01`, a month `2026-03`, or \
                        `from/to` with two days or RFC 3339 times, `to` not included";
/// Ten years: longer than any retention.
const MINUTES_MAX: i64 = 10 * 366 * 24 * 60;

/// The window that `text` names at `now`.
pub(crate) fn parse(parameter: &str, text: &str, now: Timestamp) -> Result<Window, Problem> {
    window(text, now).ok_or_else(|| refusal(parameter, text, EXPECTED))
}

fn window(text: &str, now: Timestamp) -> Option<Window> {
    let (start, end) = if let Some((from, to)) = text.split_once('/') {
        (moment(from)?, moment(to)?)
    } else if let Some(minutes) = length(text) {
        (now.checked_sub(minutes.minutes()).ok()?, now)
    } else if text.len() == 7 {
        let first: Date = format!("{text}-01").parse().ok()?;
        (midnight(first)?, midnight(first.checked_add(1.month()).ok()?)?)
    } else {
        let day = day(text)?;
        (midnight(day)?, midnight(day.checked_add(Span::new().days(1)).ok()?)?)
    };
    (start < end).then_some(Window { start: Time(start), end: Time(end) })
}

/// `30d` in minutes.
fn length(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = match text.strip_prefix(digits)? {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        "w" => 7 * 24 * 60,
        _ => return None,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let minutes = digits.parse::<i64>().ok().filter(|_| plain)?.checked_mul(unit)?;
    (1..=MINUTES_MAX).contains(&minutes).then_some(minutes)
}

fn moment(text: &str) -> Option<Timestamp> {
    match day(text) {
        Some(day) => midnight(day),
        None => text.parse().ok(),
    }
}

fn day(text: &str) -> Option<Date> {
    // Jiff reads more forms than are promised, such as `20260301`.
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn midnight(day: Date) -> Option<Timestamp> {
    day.to_datetime(CivilTime::midnight()).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        let now = "2026-03-31T12:30:00Z".parse().unwrap();
        window(text, now).map(|Window { start, end }| format!("{} {}", start.0, end.0))
    }

    #[test]
    fn the_promised_forms() {
        for (text, expected) in [
            ("30d", "2026-03-01T12:30:00Z 2026-03-31T12:30:00Z"),
            ("1h", "2026-03-31T11:30:00Z 2026-03-31T12:30:00Z"),
            ("90m", "2026-03-31T11:00:00Z 2026-03-31T12:30:00Z"),
            ("2w", "2026-03-17T12:30:00Z 2026-03-31T12:30:00Z"),
            ("2024-02", "2024-02-01T00:00:00Z 2024-03-01T00:00:00Z"),
            ("2025-12", "2025-12-01T00:00:00Z 2026-01-01T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z 2024-03-01T00:00:00Z"),
            ("2026-01-01/2026-02-01", "2026-01-01T00:00:00Z 2026-02-01T00:00:00Z"),
            ("2026-01-01T00:00:00+02:00/2026-01-01", "2025-12-31T22:00:00Z 2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1y",
            "1.5h",
            "99999999999999999999d",
            "9223372036854775807w",
            "4000d",
            "2026",
            "2026-13",
            "2023-02-29",
            "20260301",
            "2026-02-01/2026-01-01",
            "2026-01-01/2026-01-01",
            "/",
            "2026-01-01/",
            "2026-01-01/now",
            "9999-12-31",
            "2026-1-1",
            "30 d",
            "٣d",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
