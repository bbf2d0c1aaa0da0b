//! Work that is known beforehand.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use watchkeeper_spec::{Cron, Matcher};

use super::recurring::{UnknownZone, last_before, zone};
use crate::evaluation::Labels;
use crate::time::{self, DAY};

/// One maintenance is no longer than this, µs: 31 days.
pub const MAINTENANCE_MAX: i64 = 31 * DAY;

/// When it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Once, from `from` until before `to`, µs UTC.
    Once {
        /// Beginning.
        from: i64,
        /// End.
        to: i64,
    },
    /// Again and again.
    Cron {
        /// When it begins.
        #[serde(with = "crate::saved::cron")]
        schedule: Cron,
        /// How long it takes, µs.
        duration: i64,
        /// In which time zone, such as `Europe/Berlin`.
        time_zone: String,
    },
}

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Rules are evaluated, and nobody is told.
    Suppress,
    /// The same, and the time counts in no error budget.
    Exclude,
}

/// Work that is known beforehand. An alert that ends in it is told as ended all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Its name.
    pub name: String,
    /// Which alerts: all of these match.
    #[serde(with = "crate::saved::matchers")]
    pub matchers: Vec<Matcher>,
    /// When.
    pub when: When,
    /// What it does.
    pub effect: Effect,
    /// Why.
    pub reason: String,
}

/// Why a maintenance cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidMaintenance {
    /// It never is, or for too long.
    #[error("maintenance `{name}` takes {}; expected more than nothing and at most 31 days", time::show_span(*length))]
    Length {
        /// Which one.
        name: String,
        /// How long, µs.
        length: i64,
    },
    /// Nobody knows where.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
}

impl Maintenance {
    /// The same maintenance, if it can be.
    ///
    /// # Errors
    /// [`InvalidMaintenance`] unless it takes more than 0 and at most [`MAINTENANCE_MAX`], in a known time zone.
    pub fn checked(self) -> Result<Self, InvalidMaintenance> {
        let length = match &self.when {
            When::Once { from, to } => to.saturating_sub(*from),
            When::Cron { duration, time_zone, .. } => {
                zone(time_zone)?;
                *duration
            }
        };
        if (1..=MAINTENANCE_MAX).contains(&length) {
            Ok(self)
        } else {
            Err(InvalidMaintenance::Length { name: self.name, length })
        }
    }

    /// Whether it is going on at `at` (µs UTC). In a time zone that is not known it never is.
    #[must_use]
    pub fn is_on(&self, at: i64) -> bool {
        match &self.when {
            When::Once { from, to } => (*from..*to).contains(&at),
            When::Cron { schedule, duration, time_zone } => {
                let days = u32::try_from(duration.div_euclid(DAY)).unwrap_or(0).min(31) + 2;
                let began = zone(time_zone).ok().and_then(|zone| last_before(schedule, at, &zone, days));
                began.is_some_and(|began| at.saturating_sub(began) < *duration)
            }
        }
    }

    /// Whether it keeps an alert with these labels from being told at `at`.
    #[must_use]
    pub fn applies(&self, labels: &Labels, at: i64) -> bool {
        Matcher::all_match(&self.matchers, labels) && self.is_on(at)
    }

    /// Whether the slice from `from` until before `to` counts in no error budget: it has a part in a maintenance that
    /// excludes, as seen at its beginning, its middle and its end.
    #[must_use]
    pub fn excludes(&self, labels: &Labels, from: i64, to: i64) -> bool {
        let middle = from.midpoint(to);
        self.effect == Effect::Exclude
            && Matcher::all_match(&self.matchers, labels)
            && [from, middle, to.saturating_sub(1)].into_iter().any(|at| self.is_on(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
    }

    fn nightly(effect: Effect) -> Maintenance {
        let when = When::Cron {
            schedule: "0 22 * * 5".parse().unwrap(),
            duration: 6 * HOUR,
            time_zone: "Europe/Berlin".into(),
        };
        let matchers = vec!["model = m".parse().unwrap()];
        Maintenance { name: "friday".into(), matchers, when, effect, reason: "migration".into() }
    }

    #[test]
    fn across_midnight_in_its_own_time_zone() {
        // Friday 9 January 2026, 22:00 in Berlin is 21:00 UTC.
        let window = nightly(Effect::Suppress);
        let on = ["2026-01-09T20:59:59Z", "2026-01-09T21:00:00Z", "2026-01-10T02:59:59Z", "2026-01-10T03:00:00Z"]
            .map(|time| window.is_on(at(time)));
        assert_eq!(on, [false, true, true, false]);
        // In summer 22:00 is 20:00 UTC.
        assert!(window.is_on(at("2026-07-10T20:00:00Z")));
    }

    #[test]
    fn only_exclusions_take_slices_out_of_budgets() {
        let labels = Labels::from([("model".to_owned(), "m".to_owned())]);
        let (from, to) = (at("2026-01-09T20:00:00Z"), at("2026-01-09T22:00:00Z"));
        assert!(nightly(Effect::Exclude).excludes(&labels, from, to));
        assert!(!nightly(Effect::Suppress).excludes(&labels, from, to));
        assert!(!nightly(Effect::Exclude).excludes(&Labels::new(), from, to));
        assert!(!nightly(Effect::Exclude).excludes(&labels, to - 30 * HOUR, from));
    }

    #[test]
    fn what_cannot_be() {
        let mut window = nightly(Effect::Suppress);
        window.when = When::Once { from: 5, to: 5 };
        assert_eq!(
            window.checked().unwrap_err().to_string(),
            "maintenance `friday` takes 0 s; expected more than nothing and at most 31 days"
        );
    }
}
