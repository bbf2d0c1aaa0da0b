//! Over how long a budget is.

use jiff::civil::DateTime;
use jiff::{Span, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use crate::suppress::recurring::{UnknownZone, zone};
use crate::time::DAY;

/// A length of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A day of the calendar: 23 to 25 h.
    Day,
    /// Seven of them.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// Twelve months.
    Year,
}

/// Over how long a budget is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The time before now.
    Rolling {
        /// How long, µs.
        length: i64,
    },
    /// From one date to the next; each one has a budget of its own.
    Calendar {
        /// Beginning of one of them, in local time: `2026-01-01T00:00:00`.
        start: DateTime,
        /// Of which length.
        unit: Unit,
        /// How many of these.
        count: u32,
        /// In which time zone, such as `Europe/Berlin`.
        time_zone: String,
    },
}

impl Period {
    /// From when until before when the budget at `at` counts, µs UTC: a rolling period ends at `at`, one of the calendar
    /// has `at` inside. `None` in times that no calendar has.
    ///
    /// # Errors
    /// [`UnknownZone`] for a time zone that is in no database.
    pub fn range(&self, at: i64) -> Result<Option<(i64, i64)>, UnknownZone> {
        match self {
            Self::Rolling { length } => Ok(Some((at.saturating_sub(*length), at))),
            Self::Calendar { start, unit, count, time_zone } => {
                let zone = zone(time_zone)?;
                let start = zone.to_ambiguous_zoned(*start).compatible().ok();
                Ok(start.and_then(|start| around(&start, *unit, *count, at)))
            }
        }
    }

    /// How long it is, µs; of the calendar, about.
    #[must_use]
    pub fn length(&self) -> i64 {
        match self {
            Self::Rolling { length } => *length,
            Self::Calendar { unit, count, .. } => about(*unit).saturating_mul(i64::from(*count)),
        }
    }
}

const fn about(unit: Unit) -> i64 {
    match unit {
        Unit::Day => DAY,
        Unit::Week => 7 * DAY,
        Unit::Month => 30 * DAY,
        Unit::Quarter => 91 * DAY,
        Unit::Year => 365 * DAY,
    }
}

fn around(start: &Zoned, unit: Unit, count: u32, at: i64) -> Option<(i64, i64)> {
    Timestamp::from_microsecond(at).ok()?;
    let count = i64::from(count.max(1));
    let begin = |index: i64| -> Option<i64> {
        let units = index.checked_mul(count)?;
        let span = match unit {
            Unit::Day => Span::new().try_days(units),
            Unit::Week => Span::new().try_weeks(units),
            Unit::Month => Span::new().try_months(units),
            Unit::Quarter => Span::new().try_months(units.checked_mul(3)?),
            Unit::Year => Span::new().try_years(units),
        };
        Some(start.checked_add(span.ok()?).ok()?.timestamp().as_microsecond())
    };
    // Lengths vary by a few per cent: the guess is near, and is moved until it fits.
    let mut index = at.saturating_sub(start.timestamp().as_microsecond()).div_euclid(about(unit).saturating_mul(count));
    while begin(index)? > at {
        index -= 1;
    }
    while begin(index + 1)? <= at {
        index += 1;
    }
    Some((begin(index)?, begin(index + 1)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{HOUR, show};

    fn range(unit: Unit, start: &str, place: &str, at: &str) -> (String, String) {
        let period = Period::Calendar { start: start.parse().unwrap(), unit, count: 1, time_zone: place.to_owned() };
        let at = at.parse::<Timestamp>().unwrap().as_microsecond();
        let (from, to) = period.range(at).unwrap().unwrap();
        (show(from), show(to))
    }

    #[test]
    fn months_of_a_time_zone() {
        let berlin = range(Unit::Month, "2024-01-01T00:00:00", "Europe/Berlin", "2026-03-31T22:30:00Z");
        assert_eq!(berlin, ("2026-03-31T22:00:00Z".to_owned(), "2026-04-30T22:00:00Z".to_owned()));
        let before = range(Unit::Quarter, "2026-01-01T00:00:00", "UTC", "2020-05-05T00:00:00Z");
        assert_eq!(before, ("2020-04-01T00:00:00Z".to_owned(), "2020-07-01T00:00:00Z".to_owned()));
        let far = range(Unit::Year, "1970-01-01T00:00:00", "UTC", "2500-12-31T23:59:59Z");
        assert_eq!(far.0, "2500-01-01T00:00:00Z");
    }

    #[test]
    fn a_day_of_25_hours() {
        let (from, to) = range(Unit::Day, "2026-01-01T00:00:00", "Europe/Berlin", "2026-10-25T12:00:00Z");
        assert_eq!((from.as_str(), to.as_str()), ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"));
    }

    #[test]
    fn rolling_and_unknown_zones() {
        assert_eq!(Period::Rolling { length: HOUR }.range(3 * HOUR), Ok(Some((2 * HOUR, 3 * HOUR))));
        let zone = Period::Calendar {
            start: "2026-01-01T00:00:00".parse().unwrap(),
            unit: Unit::Week,
            count: 2,
            time_zone: "Nowhere".into(),
        };
        assert!(zone.range(0).is_err());
        assert_eq!(zone.length(), 14 * DAY);
    }
}
