//! Lengths of time as users write them: `5m`, `48h`, `60d`, `25 months`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
/// A twelfth of 365.25 days: lengths of keeping do not follow the calendar.
const MONTH: u64 = 2_629_800;
const YEAR: u64 = 12 * MONTH;
const SECONDS_MAX: u64 = 1000 * YEAR;

/// Words of a unit; the first one is written.
const UNITS: &[(&[&str], u64)] = &[
    (&["s", "sec", "second", "seconds"], 1),
    (&["m", "min", "minute", "minutes"], MINUTE),
    (&["h", "hour", "hours"], HOUR),
    (&["d", "day", "days"], DAY),
    (&["w", "week", "weeks"], WEEK),
    (&["months", "month"], MONTH),
    (&["years", "year", "y"], YEAR),
];

/// What a message says is expected.
pub(crate) const SPAN_RULE: &str = "a length of time such as `5m`, `48h`, `60d` or `25 months`";

/// The rule as a pattern of JSON Schema.
pub(crate) const SPAN_PATTERN: &str =
    "^[0-9]+ ?(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?|months?|y|years?)$";

/// A length of time in whole seconds, up to 1,000 years. A month is a twelfth of 365.25 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    seconds: u64,
}

/// A text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid length of time {}; expected {SPAN_RULE}", crate::show::quoted(.0))]
pub struct InvalidSpan(String);

impl Span {
    /// A span of this many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    /// A span of this many minutes.
    #[must_use]
    pub const fn minutes(count: u32) -> Self {
        Self { seconds: count as u64 * MINUTE }
    }

    /// A span of this many hours.
    #[must_use]
    pub const fn hours(count: u32) -> Self {
        Self { seconds: count as u64 * HOUR }
    }

    /// A span of this many days.
    #[must_use]
    pub const fn days(count: u32) -> Self {
        Self { seconds: count as u64 * DAY }
    }

    /// A span of this many twelfths of 365.25 days.
    #[must_use]
    pub const fn months(count: u32) -> Self {
        Self { seconds: count as u64 * MONTH }
    }

    /// So many times as long, 1,000 years at most.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        let seconds = self.seconds.saturating_mul(count as u64);
        Self { seconds: if seconds > SECONDS_MAX { SECONDS_MAX } else { seconds } }
    }

    /// The length in seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.seconds
    }

    /// The length in microseconds: lengths are bounded, so it is exact.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.seconds.saturating_mul(1_000_000).cast_signed()
    }
}

impl FromStr for Span {
    type Err = InvalidSpan;

    /// A whole number and a unit, with at most one space between.
    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let invalid = || InvalidSpan(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, unit) = text.split_at_checked(digits).ok_or_else(invalid)?;
        let unit = unit.strip_prefix(' ').unwrap_or(unit);
        let (_, seconds) = UNITS.iter().find(|(words, _)| words.contains(&unit)).ok_or_else(invalid)?;
        let count: u64 = count.parse().map_err(|_| invalid())?;
        let seconds = count.checked_mul(*seconds).filter(|seconds| *seconds <= SECONDS_MAX).ok_or_else(invalid)?;
        Ok(Self { seconds })
    }
}

impl fmt::Display for Span {
    /// The largest of months, days, hours, minutes and seconds that gives a whole number.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |unit: u64| self.seconds > 0 && self.seconds.is_multiple_of(unit);
        let (count, unit) = match self.seconds {
            seconds if whole(MONTH) => (seconds / MONTH, if seconds == MONTH { " month" } else { " months" }),
            seconds if whole(DAY) => (seconds / DAY, "d"),
            seconds if whole(HOUR) => (seconds / HOUR, "h"),
            seconds if whole(MINUTE) => (seconds / MINUTE, "m"),
            seconds => (seconds, "s"),
        };
        write!(formatter, "{count}{unit}")
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn reads_and_writes() {
        for (text, seconds, shown) in [
            ("5m", 300, "5m"),
            ("300s", 300, "5m"),
            ("48h", 172_800, "2d"),
            ("60d", 5_184_000, "60d"),
            ("2 weeks", 1_209_600, "14d"),
            ("25 months", 65_745_000, "25 months"),
            ("1 month", 2_629_800, "1 month"),
            ("1y", 31_557_600, "12 months"),
            ("0s", 0, "0s"),
            ("90s", 90, "90s"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.seconds(), span.to_string().as_str()), (seconds, shown), "{text}");
            assert_eq!(span.to_string().parse(), Ok(span));
        }
    }

    #[test]
    fn refuses() {
        for text in ["", "5", "m", "-5m", "5  m", " 5m", "5m ", "1.5h", "5M", "5 fortnights", "99999999999999999999s"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        // A product beyond u64, and one beyond a thousand years.
        assert!("18446744073709551615y".parse::<Span>().is_err());
        assert!("1001y".parse::<Span>().is_err());
        assert!("1000y".parse::<Span>().is_ok());
    }
}
