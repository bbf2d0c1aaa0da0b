//! Points in time as users write them: RFC 3339, or a date alone.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

const DAY_MICROS: i64 = 86_400_000_000;

/// What a message says is expected.
pub(crate) const TIME_RULE: &str = "a time such as `2026-01-31T08:00:00Z`, or a date";

/// A point in time: microseconds since 1970-01-01T00:00:00Z, from year 1 to year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime {
    micros: i64,
}

/// A text that is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid time {}; expected {TIME_RULE}", crate::show::quoted(.0))]
pub struct InvalidTime(String);

impl UtcTime {
    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.micros
    }
}

impl FromStr for UtcTime {
    type Err = InvalidTime;

    /// `2026-01-31` (midnight UTC), or `2026-01-31T08:00[:00[.123456]]` followed by `Z` or an offset such as `+02:00`.
    /// Digits behind the microsecond are refused, so that a text and what is kept of it are the same instant.
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        Reader { rest: text.as_bytes() }
            .time()
            .map(|micros| Self { micros })
            .ok_or_else(|| InvalidTime(text.to_owned()))
    }
}

impl fmt::Display for UtcTime {
    /// RFC 3339 with `Z`; a fraction only if there is one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.micros.div_euclid(DAY_MICROS));
        let micros = self.micros.rem_euclid(DAY_MICROS);
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if fraction > 0 {
            write!(formatter, ".{}", format!("{fraction:06}").trim_end_matches('0'))?;
        }
        formatter.write_str("Z")
    }
}

impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn time(mut self) -> Option<i64> {
        let (year, _, month, _, day) =
            (self.digits(4)?, self.byte(b"-")?, self.digits(2)?, self.byte(b"-")?, self.digits(2)?);
        if year < 1 || !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
            return None;
        }
        let midnight = days(year, month, day) * DAY_MICROS;
        if self.rest.is_empty() {
            return Some(midnight);
        }
        self.byte(b"Tt ")?;
        let (hour, _, minute) = (self.digits(2)?, self.byte(b":")?, self.digits(2)?);
        let second = if self.byte(b":").is_some() { self.digits(2)? } else { 0 };
        let fraction = if self.byte(b".").is_some() { self.fraction()? } else { 0 };
        let offset = self.offset()?;
        if hour > 23 || minute > 59 || second > 59 || !self.rest.is_empty() {
            return None;
        }
        Some(midnight + ((hour * 60 + minute - offset) * 60 + second) * 1_000_000 + fraction)
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    }

    fn byte(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        if !allowed.contains(first) {
            return None;
        }
        self.rest = rest;
        Some(*first)
    }

    fn fraction(&mut self) -> Option<i64> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let missing = u32::try_from(6_usize.checked_sub(count)?).ok()?;
        if count == 0 { None } else { Some(self.digits(count)? * 10_i64.pow(missing)) }
    }

    /// Minutes east of Greenwich.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.byte(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let (hours, _, minutes) = (self.digits(2)?, self.byte(b":")?, self.digits(2)?);
        if hours > 23 || minutes > 59 { None } else { Some(sign * (hours * 60 + minutes)) }
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar. The year begins in March, so that the leap day is its last one.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year, month and day of a number of days since 1970-01-01: the inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{UtcTime, civil, days};

    #[test]
    fn reads_and_writes() {
        for (text, micros, shown) in [
            ("1970-01-01", 0, "1970-01-01T00:00:00Z"),
            ("2013-12-31T23:59:59.5Z", 1_388_534_399_500_000, "2013-12-31T23:59:59.5Z"),
            ("2024-02-29T00:00Z", 1_709_164_800_000_000, "2024-02-29T00:00:00Z"),
            ("2026-01-01T01:30:00+02:00", 1_767_223_800_000_000, "2025-12-31T23:30:00Z"),
            ("2026-01-01t00:00:00.000001-00:30", 1_767_227_400_000_001, "2026-01-01T00:30:00.000001Z"),
            ("1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"),
            ("0001-01-01", -62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
        ] {
            let time: UtcTime = text.parse().unwrap();
            assert_eq!((time.micros(), time.to_string().as_str()), (micros, shown), "{text}");
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn refuses() {
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2023-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-04-31",
            "2026-01-01T",
            "2026-01-01T24:00Z",
            "2026-01-01T00:60Z",
            "2026-01-01T00:00:60Z",
            "2026-01-01T00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.1234567Z",
            "2026-01-01T00:00Z ",
            "2026-01-01T00:00+2:00",
            "2026-01-01T00:00+24:00",
            "+026-01-01",
            "1900-02-29",
            "0000-01-01",
            "2026-01-01é",
        ] {
            assert!(text.parse::<UtcTime>().is_err(), "{text}");
        }
        assert!("2000-02-29".parse::<UtcTime>().is_ok());
    }

    #[test]
    fn days_and_dates_are_inverse() {
        for day in (-719_162..2_932_896).step_by(37) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
    }
}
