//! Times that come again, in a time zone.

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use thiserror::Error;
use watchkeeper_spec::Cron;

/// A time zone that the time zone database does not know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown time zone `{0}`; expected a name such as `Europe/Berlin` or `UTC`")]
pub struct UnknownZone(pub String);

/// The time zone of this name, from the database that the program brings: the same on every machine.
///
/// # Errors
/// [`UnknownZone`] when it is in no such database.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone(name.to_owned()))
}

/// The last time of `cron` at or before `at` (µs UTC), looking back over at most `days` days.
///
/// A local time that a change of clocks skips is moved forward by the gap; one that comes twice is taken once, the
/// first time.
#[must_use]
pub fn last_before(cron: &Cron, at: i64, zone: &TimeZone, days: u32) -> Option<i64> {
    let now = Timestamp::from_microsecond(at).ok()?.to_zoned(zone.clone());
    let mut date = now.date();
    for _ in 0..=days {
        if is_day(cron, date) {
            let found = times(cron, date, zone).filter(|time| *time <= at).max();
            if found.is_some() {
                return found;
            }
        }
        date = date.checked_sub(1.day()).ok()?;
    }
    None
}

fn is_day(cron: &Cron, date: Date) -> bool {
    let number = |value: i8| u8::try_from(value).unwrap_or(u8::MAX);
    let weekday = date.weekday().to_sunday_zero_offset();
    cron.is_day(number(date.day()), number(date.month()), number(weekday))
}

fn times(cron: &Cron, date: Date, zone: &TimeZone) -> impl Iterator<Item = i64> {
    cron.minutes_of_day().filter_map(move |minute| {
        let hour = i8::try_from(minute / 60).ok()?;
        let local = date.at(hour, i8::try_from(minute % 60).ok()?, 0, 0);
        zone.to_ambiguous_zoned(local).compatible().ok().map(|time| time.timestamp().as_microsecond())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn last(schedule: &str, place: &str, time: &str) -> Option<String> {
        let cron: Cron = schedule.parse().unwrap();
        last_before(&cron, at(time), &zone(place).unwrap(), 40).map(crate::time::show)
    }

    #[test]
    fn fields() {
        let is = |schedule, time, expected: &str| assert_eq!(last(schedule, "UTC", time).as_deref(), Some(expected));
        is("0 2 * * *", "2026-01-07T01:59:00Z", "2026-01-06T02:00:00Z");
        is("0 2 * * *", "2026-01-07T02:00:00Z", "2026-01-07T02:00:00Z");
        is("*/15 * * * *", "2026-01-07T01:59:00Z", "2026-01-07T01:45:00Z");
        // The 7th of January 2026 is a Wednesday.
        is("30 22 * * sat,7", "2026-01-07T01:00:00Z", "2026-01-04T22:30:00Z");
        is("0 0 1 jan-mar *", "2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z");
        is("0 0 1 * mon", "2026-01-07T00:00:00Z", "2026-01-05T00:00:00Z");
        assert_eq!(last("0 0 30 2 *", "UTC", "2026-03-05T00:00:00Z"), None);
    }

    #[test]
    fn changes_of_clocks() {
        // Berlin skips 02:00 to 03:00 on 29 March 2026, and has 02:00 to 03:00 twice on 25 October.
        let spring = last("30 2 * * *", "Europe/Berlin", "2026-03-29T03:00:00Z");
        assert_eq!(spring.as_deref(), Some("2026-03-29T01:30:00Z"));
        let autumn = last("30 2 * * *", "Europe/Berlin", "2026-10-25T05:00:00Z");
        assert_eq!(autumn.as_deref(), Some("2026-10-25T00:30:00Z"));
    }

    #[test]
    fn nowhere() {
        assert!(zone("Mars/Olympus").unwrap_err().to_string().contains("`Mars/Olympus`"));
    }
}
