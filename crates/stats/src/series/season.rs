//! Season slots of a time: hour of the week, or hour of the day apart for weekdays and weekends.

/// One hour, µs.
pub const HOUR: i64 = 3_600_000_000;
/// One week, µs.
pub const WEEK: i64 = 168 * HOUR;

/// How a series repeats itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// 168 slots, from Monday 00:00 on.
    HourOfWeek,
    /// 48 slots: 24 hours of weekdays, then 24 of Saturdays and Sundays.
    HourOfDay,
    /// One slot.
    None,
}

/// Hour of the week in UTC, 0 (Monday 00:00) to 167.
#[must_use]
pub fn hour_of_week(at: i64) -> usize {
    // 1970-01-01 was a Thursday: three days after Monday.
    ((at.div_euclid(HOUR) + 72).rem_euclid(168)) as usize
}

impl Season {
    /// The finest season that a history of this length (µs) allows: hour of the week from four weeks on, hour of the
    /// day from one, else none.
    #[must_use]
    pub fn for_history(length: i64) -> Self {
        if length >= 4 * WEEK {
            Self::HourOfWeek
        } else if length >= WEEK {
            Self::HourOfDay
        } else {
            Self::None
        }
    }

    /// Number of slots.
    #[must_use]
    pub fn slots(self) -> usize {
        match self {
            Self::HourOfWeek => 168,
            Self::HourOfDay => 48,
            Self::None => 1,
        }
    }

    /// Slot of a time, below [`Season::slots`].
    #[must_use]
    pub fn slot(self, at: i64) -> usize {
        let hour = hour_of_week(at);
        match self {
            Self::HourOfWeek => hour,
            Self::HourOfDay => hour % 24 + if hour < 120 { 0 } else { 24 },
            Self::None => 0,
        }
    }

    /// A slot with the ones before and after it, in a circle; with one slot only itself.
    #[must_use]
    pub fn with_neighbours(self, slot: usize) -> Vec<usize> {
        match self {
            Self::HourOfWeek => vec![(slot + 167) % 168, slot % 168, (slot + 1) % 168],
            Self::HourOfDay => {
                let (kind, hour) = (slot / 24 % 2 * 24, slot % 24);
                vec![kind + (hour + 23) % 24, kind + hour, kind + (hour + 1) % 24]
            }
            Self::None => vec![0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots() {
        // 1970-01-01T00:00Z, a Thursday; 2013-01-06T23:30Z, a Sunday; the microsecond before 1970.
        assert_eq!(hour_of_week(0), 72);
        let sunday = 1_357_515_000_000_000;
        assert_eq!((hour_of_week(sunday), Season::HourOfDay.slot(sunday)), (167, 47));
        assert_eq!((hour_of_week(-1), hour_of_week(i64::MIN) < 168, hour_of_week(i64::MAX) < 168), (71, true, true));
        assert_eq!((Season::HourOfDay.slot(0), Season::None.slot(sunday)), (0, 0));
        assert_eq!(Season::HourOfWeek.with_neighbours(0), [167, 0, 1]);
        assert_eq!(Season::HourOfDay.with_neighbours(24), [47, 24, 25]);
        assert_eq!(Season::HourOfDay.with_neighbours(23), [22, 23, 0]);
    }

    #[test]
    fn by_history() {
        let seasons = [4 * WEEK, 4 * WEEK - 1, WEEK, WEEK - 1].map(Season::for_history);
        assert_eq!(seasons, [Season::HourOfWeek, Season::HourOfDay, Season::HourOfDay, Season::None]);
    }
}
