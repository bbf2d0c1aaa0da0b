//! Times in data: microseconds since 1970 in UTC, and the periods they fall in.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Length of a period of `--by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From the full hour.
    Hour,
    /// From midnight UTC.
    Day,
    /// From Monday, midnight UTC.
    Week,
    /// From the first of the month, midnight UTC.
    Month,
}

impl Period {
    /// All of them, shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The word on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Start and end of the period that holds a time, in microseconds; `None` outside the years −9999 to 9999.
    #[must_use]
    pub fn around(self, micros: i64) -> Option<(i64, i64)> {
        const HOUR: i64 = 3_600_000_000;
        const DAY: i64 = 24 * HOUR;
        if !is_in_calendar(micros) {
            return None;
        }
        let floor = |length: i64| {
            let start = micros.checked_sub(micros.rem_euclid(length))?;
            Some((start, start.checked_add(length)?))
        };
        match self {
            Self::Hour => floor(HOUR),
            Self::Day => floor(DAY),
            Self::Week => {
                // 1970-01-01 was a Thursday, three days after a Monday.
                let start = micros.checked_sub((micros.checked_add(3 * DAY)?).rem_euclid(7 * DAY))?;
                Some((start, start.checked_add(7 * DAY)?))
            }
            Self::Month => {
                let date = Timestamp::from_microsecond(micros).ok()?.to_zoned(TimeZone::UTC).date().first_of_month();
                let next = date.checked_add(1.month()).ok()?;
                Some((date_micros(date)?, date_micros(next)?))
            }
        }
    }

    /// How a period is written: `2013-03`, `2013-03-04`, `2013-03-04 15:00`.
    #[must_use]
    pub fn label(self, start: i64) -> String {
        let Ok(time) = Timestamp::from_microsecond(start) else { return start.to_string() };
        let format = match self {
            Self::Hour => "%Y-%m-%d %H:00",
            Self::Day | Self::Week => "%Y-%m-%d",
            Self::Month => "%Y-%m",
        };
        time.to_zoned(TimeZone::UTC).strftime(format).to_string()
    }
}

/// Whether a time lies in the years −9999 to 9999.
#[must_use]
pub fn is_in_calendar(micros: i64) -> bool {
    Timestamp::from_microsecond(micros).is_ok()
}

fn date_micros(date: Date) -> Option<i64> {
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// A time as RFC 3339.
#[must_use]
pub fn rfc3339(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |time| time.to_string())
}

/// Reads a date, a date and time (taken as UTC), or a time with an offset.
#[must_use]
pub fn parse_micros(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_microsecond());
    }
    let civil = text.parse::<DateTime>().ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// Whether columns of this type are times.
#[must_use]
pub fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64)
}

/// The times of an array in microseconds; `None` where there is none or it cannot be read.
#[must_use]
pub fn micros_of(array: &ArrayRef) -> Option<Vec<Option<i64>>> {
    match array.data_type() {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None)).ok()?;
            let integers = cast(&micros, &DataType::Int64).ok()?;
            Some(integers.as_primitive::<Int64Type>().iter().collect())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            let texts = cast(array, &DataType::Utf8).ok()?;
            Some(texts.as_string::<i32>().iter().map(|text| text.and_then(parse_micros)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_half_open_and_in_utc() {
        let time = parse_micros("2013-03-31T23:59:59.999999Z").unwrap();
        let spans = Period::ALL.map(|p| p.around(time).map(|(a, b)| (rfc3339(a), rfc3339(b))).unwrap());
        assert_eq!(spans[0], ("2013-03-31T23:00:00Z".into(), "2013-04-01T00:00:00Z".into()));
        assert_eq!(spans[1], ("2013-03-31T00:00:00Z".into(), "2013-04-01T00:00:00Z".into()));
        assert_eq!(spans[2], ("2013-03-25T00:00:00Z".into(), "2013-04-01T00:00:00Z".into()));
        assert_eq!(spans[3], ("2013-03-01T00:00:00Z".into(), "2013-04-01T00:00:00Z".into()));
        assert_eq!(Period::Month.label(parse_micros("2013-03-01").unwrap()), "2013-03");
        assert_eq!(Period::Day.around(-1), Some((-86_400_000_000, 0)));
        for beyond in [i64::MIN, i64::MIN + (1 << 45), i64::MAX - (1 << 45), i64::MAX] {
            assert_eq!(Period::ALL.map(|period| period.around(beyond)), [None; 4]);
        }
    }

    #[test]
    fn times_without_a_zone_are_utc() {
        let zulu = parse_micros("2013-01-02T03:04:05Z");
        assert!(zulu.is_some());
        assert_eq!(parse_micros("2013-01-02 03:04:05"), zulu);
        assert_eq!(parse_micros("2013-01-02T04:04:05+01:00"), zulu);
        assert_eq!(parse_micros("13/01/02"), None);
    }
}
