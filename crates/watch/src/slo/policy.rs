//! How fast a budget may be used up before somebody is told.

use serde::{Deserialize, Serialize};

use super::maths;
use crate::Severity;
use crate::time::{DAY, HOUR};

/// The period at which the usual windows are right.
const USUAL: i64 = 30 * DAY;
/// Shorter periods get shorter windows.
const SHORT: i64 = 14 * DAY;
/// A burn rate is out of reach when nearly every event would have to be bad.
const REACH: f64 = 0.9;

/// How often an objective is looked at, which decides how fast anything can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Events, looked at every five minutes or more often.
    Stream,
    /// Slices of an hour.
    Hourly,
    /// Slices of a day.
    Daily,
    /// Cohorts whose labels come together, once a week or a month.
    Cohort,
}

impl Family {
    /// The family that suits slices of `width` µs.
    #[must_use]
    pub const fn of_slices(width: i64) -> Self {
        if width <= HOUR / 2 {
            Self::Stream
        } else if width <= DAY / 2 {
            Self::Hourly
        } else if width <= 7 * DAY / 2 {
            Self::Daily
        } else {
            Self::Cohort
        }
    }
}

/// What makes it worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The budget is used up faster than `factor` times the allowed rate, over the long window and over the short one.
    Burn {
        /// The long window, µs.
        long: i64,
        /// The short window, µs: it ends the alert soon after the harm has ended.
        short: i64,
        /// The burn rate.
        factor: f64,
    },
    /// Of the last `of` known slices, at least `bad` are bad.
    Slices {
        /// How many bad ones.
        bad: u32,
        /// Of how many.
        of: u32,
    },
}

/// One step of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tier {
    /// What it is worth.
    pub severity: Severity,
    /// What makes it so.
    pub test: Test,
}

/// What must be there before a burn rate means anything.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guards {
    /// Bad events in the long window at least. Slices are not events: there only `chance` counts.
    pub min_bad: u64,
    /// Valid events in the long window at least; not for slices either.
    pub min_total: u64,
    /// So many bad ones must be less likely than this when the target is just met; `None`: not tested.
    pub chance: Option<f64>,
    /// With fewer valid ones in the short window, the long one decides alone.
    pub min_short: u64,
}

impl Default for Guards {
    fn default() -> Self {
        Self { min_bad: 5, min_total: 30, chance: Some(1e-3), min_short: 5 }
    }
}

/// When the use of a budget is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// What is looked at, the worst first.
    pub tiers: Vec<Tier>,
    /// What must be there.
    pub guards: Guards,
}

/// A step as people think of it: this share of the budget in this long.
pub(super) struct Share {
    pub(super) severity: Severity,
    /// Share of the budget, above 0.
    pub(super) share: f64,
    /// The long window, µs.
    pub(super) long: i64,
    /// The short window as a part of the long one.
    pub(super) part: f64,
}

const fn share(severity: Severity, share: f64, long: i64) -> Share {
    Share { severity, share, long, part: 1.0 / 12.0 }
}

const STREAM: [Share; 4] = [
    share(Severity::Page, 0.02, HOUR),
    share(Severity::Page, 0.05, 6 * HOUR),
    share(Severity::Ticket, 0.10, DAY),
    share(Severity::Ticket, 0.10, 3 * DAY),
];
const HOURLY: [Share; 3] =
    [share(Severity::Page, 0.05, 6 * HOUR), share(Severity::Ticket, 0.10, DAY), share(Severity::Ticket, 0.20, 3 * DAY)];

impl Policy {
    /// The usual policy of a family, for a period of `period` µs and a target with the bad share `beta`, looked at every
    /// `step` µs.
    ///
    /// * Burn rates follow from shares of the budget: `share · period / window`; the short window is a twelfth.
    /// * Below 14 days the rates of 30 days are kept and windows shrink with the period, to whole steps.
    /// * A rate below 1 becomes 1, or its step is left out where that changes the share by more than a quarter.
    /// * A rate that can hardly be reached (above `0.9 / beta`) becomes `0.9 / beta` over the window in which the share is
    ///   then used up; its step is left out if the next one is as sharp.
    ///
    /// Source: *The Site Reliability Workbook*, ch. 5, <https://sre.google/workbook/alerting-on-slos/>.
    #[must_use]
    pub fn of(family: Family, period: i64, beta: f64, step: i64) -> Self {
        let slices = |severity, bad, of| Tier { severity, test: Test::Slices { bad, of } };
        let tiers = match family {
            Family::Stream => burns(&STREAM, period, beta, step),
            Family::Hourly => burns(&HOURLY, period, beta, step),
            Family::Daily => vec![slices(Severity::Page, 4, 7), slices(Severity::Ticket, 2, 3)],
            Family::Cohort => vec![slices(Severity::Page, 2, 2), slices(Severity::Ticket, 1, 1)],
        };
        Self { tiers, guards: Guards::default() }
    }

    /// A policy of steps that users wrote, by the rules of [`Policy::of`].
    pub(super) fn of_shares(
        shares: &[Share],
        slices: &[(Severity, u64, u64)],
        period: i64,
        beta: f64,
        step: i64,
    ) -> Self {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let mut tiers = burns(shares, period, beta, step);
        tiers.extend(
            slices
                .iter()
                .map(|&(severity, bad, of)| Tier { severity, test: Test::Slices { bad: count(bad), of: count(of) } }),
        );
        Self { tiers, guards: Guards::default() }
    }

    /// The longest time that it looks back over, µs, with slices of `width`.
    #[must_use]
    pub fn looks_back(&self, width: i64) -> i64 {
        let of = |tier: &Tier| match tier.test {
            Test::Burn { long, .. } => long,
            Test::Slices { of, .. } => width.saturating_mul(i64::from(of)),
        };
        self.tiers.iter().map(of).max().unwrap_or(0)
    }
}

fn burns(shares: &[Share], period: i64, beta: f64, step: i64) -> Vec<Tier> {
    let step = step.max(1);
    let up = |span: i64| ((span.max(1) - 1) / step + 1).saturating_mul(step);
    let mut steps: Vec<(Severity, i64, f64, f64)> = Vec::new();
    for Share { severity, share, long, part } in shares {
        let (long, factor) = if period < SHORT {
            let scaled = (*long as f64 * period as f64 / USUAL as f64) as i64;
            (up(scaled), maths::factor(*share, USUAL, *long))
        } else {
            (*long, maths::factor(*share, period, *long))
        };
        if factor < 1.0 {
            // 0.933 may become 1; 0.467 would be another rule.
            if 1.0 / factor <= 1.25 {
                steps.push((*severity, long, 1.0, *part));
            }
        } else if factor * beta > REACH {
            let reached = REACH / beta;
            steps.push((*severity, up((factor * long as f64 / reached) as i64), reached, *part));
        } else {
            steps.push((*severity, long, factor, *part));
        }
    }
    // A step that is no sharper than the next one of the same severity or worse says nothing.
    let sharper = |index: usize, factor: f64| steps.get(index + 1).is_none_or(|(_, _, next, _)| factor > *next);
    let kept = steps.iter().enumerate().filter(|(index, (_, _, factor, _))| sharper(*index, *factor));
    kept.map(|(_, &(severity, long, factor, part))| {
        let short = up((long as f64 * part).round() as i64);
        Tier { severity, test: Test::Burn { long, short, factor } }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::MINUTE;

    fn factors(period: i64, beta: f64) -> Vec<(i64, f64)> {
        let policy = Policy::of(Family::Stream, period, beta, MINUTE);
        let of = |tier: &Tier| match tier.test {
            Test::Burn { long, factor, .. } => (long / MINUTE, (factor * 1e4).round() / 1e4),
            Test::Slices { .. } => (0, 0.0),
        };
        policy.tiers.iter().map(of).collect()
    }

    /// The table of methods.md K.2.
    #[test]
    fn factors_follow_the_period() {
        assert_eq!(factors(30 * DAY, 0.001), [(60, 14.4), (360, 6.0), (1440, 3.0), (4320, 1.0)]);
        assert_eq!(factors(28 * DAY, 0.001), [(60, 13.44), (360, 5.6), (1440, 2.8), (4320, 1.0)]);
        assert_eq!(factors(14 * DAY, 0.001), [(60, 6.72), (360, 2.8), (1440, 1.4)]);
        assert_eq!(factors(90 * DAY, 0.001), [(60, 43.2), (360, 18.0), (1440, 9.0), (4320, 3.0)]);
        assert_eq!(factors(7 * DAY, 0.001), [(14, 14.4), (84, 6.0), (336, 3.0), (1008, 1.0)]);
    }

    #[test]
    fn what_cannot_be_reached_is_made_reachable() {
        // Target 90 %: 14.4 cannot be reached; 9 over 1.6 h spends the same 2 %.
        assert_eq!(factors(30 * DAY, 0.1), [(96, 9.0), (360, 6.0), (1440, 3.0), (4320, 1.0)]);
        // Target 80 %: both pages become 4.5, and the first says nothing more than the second.
        assert_eq!(factors(30 * DAY, 0.2), [(480, 4.5), (1440, 3.0), (4320, 1.0)]);
    }

    #[test]
    fn slices_and_short_windows() {
        let daily = Policy::of(Family::Daily, 28 * DAY, 0.1, DAY);
        assert_eq!(daily.tiers.first().map(|tier| tier.test), Some(Test::Slices { bad: 4, of: 7 }));
        assert_eq!(daily.looks_back(DAY), 7 * DAY);
        let stream = Policy::of(Family::Stream, 30 * DAY, 0.01, 5 * MINUTE);
        let first = stream.tiers.first().map(|tier| tier.test);
        assert!(matches!(first, Some(Test::Burn { short, .. }) if short == 5 * MINUTE));
    }
}
