//! Multi-window, multi-burn-rate alerts: factors from budget shares, for any period and objective.

use super::{SloError, check_budget};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// The period for which the windows were chosen.
const STANDARD: i64 = 30 * DAY;
/// Below this period windows shrink with it; from it on the factor grows with it.
const SHORT_PERIOD: i64 = 14 * DAY;
/// The greatest share of the highest possible burn rate that a factor may ask for.
const REACHABLE: f64 = 0.9;
/// By how much the budget share of a tier may change when its factor is raised to 1.
const MOST_RAISED: f64 = 1.25;

/// What a tier calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Look at it in working hours.
    Ticket,
    /// Look at it now.
    Page,
}

/// One tier: alert when the burn rate exceeds the factor over both windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    /// What it calls for.
    pub severity: Severity,
    /// Share of the period's budget that burning at the factor spends in the long window.
    pub share: f64,
    /// Burn rate that must be exceeded.
    pub factor: f64,
    /// Long window, µs.
    pub long: i64,
    /// Short window, µs: a twelfth of the long one, so that the alert ends soon after its cause.
    pub short: i64,
}

/// Why a tier is not there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dropped {
    /// Its factor would be below 1, and raising it would change its budget share by more than a quarter.
    BelowOne {
        /// The tier as it would have been.
        tier: Tier,
    },
    /// The greatest factor that the objective allows is not above the next tier's.
    Unreachable {
        /// The tier as it would have been, with the factor that cannot be reached.
        tier: Tier,
    },
}

/// The tiers of an objective, fastest first, and those that were left out.
#[derive(Debug, Clone, PartialEq)]
pub struct TierPlan {
    /// Usable tiers.
    pub tiers: Vec<Tier>,
    /// The others.
    pub dropped: Vec<Dropped>,
}

/// The four tiers of the Site Reliability Workbook: severity, budget share, long window.
pub const STANDARD_TIERS: [(Severity, f64, i64); 4] = [
    (Severity::Page, 0.02, HOUR),
    (Severity::Page, 0.05, 6 * HOUR),
    (Severity::Ticket, 0.10, DAY),
    (Severity::Ticket, 0.10, 3 * DAY),
];

/// The tiers for a period of `period` µs, a budget `β = 1 − target`, evaluated every `step` µs.
///
/// `rules` are severity, budget share `x` and long window `w` as they are for 30 days, fastest first, such as
/// [`STANDARD_TIERS`].
/// * From 14 days on windows and shares stay and the factor is `x·T/w`. A factor below 1 is raised to 1, or the tier is
///   dropped when that changes its share by more than a quarter.
/// * Below 14 days the factor is that of 30 days and the window shrinks by `T/30 d`.
/// * Burn rates end at `1/β`. A factor `f` with `f·β > 0.9` becomes `0.9/β` over the window `x·T/f`, and the tier is
///   dropped when that is not above the next one's.
/// * Windows are whole steps, the short one at least one step and a twelfth of the long one.
///
/// # Errors
/// [`SloError`] unless the budget lies in `(0, 1)`, shares in `(0, 1]`, `0 < step ≤ period` and windows are positive.
///
/// Source: *The Site Reliability Workbook* 2018, chapter 5, <https://sre.google/workbook/alerting-on-slos/>.
pub fn tiers(rules: &[(Severity, f64, i64)], period: i64, budget: f64, step: i64) -> Result<TierPlan, SloError> {
    check_budget(budget)?;
    if period <= 0 || step <= 0 || step > period {
        return Err(SloError {
            what: "evaluation step",
            found: step as f64,
            expected: "more than 0, at most the period",
        });
    }
    let mut plan = TierPlan { tiers: Vec::new(), dropped: Vec::new() };
    // From the slowest on, since a tier is compared with the next one.
    for &(severity, share, window) in rules.iter().rev() {
        if !(share > 0.0 && share <= 1.0 && window > 0) {
            return Err(SloError {
                what: "budget share",
                found: share,
                expected: "a number in (0, 1] of a positive window",
            });
        }
        match fitted(severity, share, window, period, budget, plan.tiers.last().map(|next| next.factor)) {
            Ok(tier) => plan.tiers.push(in_steps(tier, step)),
            Err(dropped) => plan.dropped.push(dropped),
        }
    }
    plan.tiers.reverse();
    plan.dropped.reverse();
    Ok(plan)
}

fn fitted(
    severity: Severity,
    share: f64,
    window: i64,
    period: i64,
    budget: f64,
    next: Option<f64>,
) -> Result<Tier, Dropped> {
    let length = period as f64;
    let (mut factor, mut long) = if period < SHORT_PERIOD {
        (share * STANDARD as f64 / window as f64, window as f64 * length / STANDARD as f64)
    } else {
        (share * length / window as f64, window as f64)
    };
    let tier = |share, factor: f64, long: f64| Tier { severity, share, factor, long: long.ceil() as i64, short: 0 };
    let mut share = share;
    if factor < 1.0 {
        if 1.0 / factor > MOST_RAISED {
            return Err(Dropped::BelowOne { tier: tier(share, factor, long) });
        }
        share /= factor;
        factor = 1.0;
    }
    if factor * budget > REACHABLE {
        let asked = tier(share, factor, long);
        factor = REACHABLE / budget;
        long = share * length / factor;
        if factor < 1.0 || next.is_some_and(|next| factor <= next) {
            return Err(Dropped::Unreachable { tier: asked });
        }
    }
    Ok(tier(share, factor, long))
}

fn in_steps(tier: Tier, step: i64) -> Tier {
    // The slack keeps 0.02·30 d/14.4 from becoming an hour and a step.
    let whole = |window: f64| ((window / step as f64 - 1e-9).ceil() as i64).max(1).saturating_mul(step);
    let long = whole(tier.long as f64);
    Tier { long, short: whole(long as f64 / 12.0).min(long), ..tier }
}

/// When a fired tier ends and may fire again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reset {
    /// May fire.
    #[default]
    Armed,
    /// Fires; `quiet_since` is when the burn rate over the short window fell below the factor.
    Firing {
        /// When it became quiet, µs; `None` while it is not.
        quiet_since: Option<i64>,
    },
    /// Has ended, and fires again no sooner than at `armed_at`.
    Ended {
        /// µs.
        armed_at: i64,
    },
}

impl Reset {
    /// The state after an evaluation at `at` µs (ascending): `fires` as decided from counts and guards, `short_burn`
    /// over the short window.
    ///
    /// Ends when the burn rate stayed below the factor for one short window, and is armed again half a long window
    /// later, so that it does not flap. No valid events are no burn rate: nothing changes.
    #[must_use]
    pub fn next(self, tier: &Tier, at: i64, fires: bool, short_burn: Option<f64>) -> Self {
        match self {
            Self::Armed if fires => Self::Firing { quiet_since: None },
            Self::Ended { armed_at } if at >= armed_at => Self::Armed.next(tier, at, fires, short_burn),
            Self::Firing { quiet_since } => match short_burn {
                None => self,
                Some(burn) if burn >= tier.factor => Self::Firing { quiet_since: None },
                Some(_) => {
                    let since = quiet_since.unwrap_or(at);
                    let is_over = at.saturating_sub(since) >= tier.short;
                    let armed_at = at.saturating_add(tier.long / 2);
                    if is_over { Self::Ended { armed_at } } else { Self::Firing { quiet_since: Some(since) } }
                }
            },
            Self::Armed | Self::Ended { .. } => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn plan(days: i64, target: f64) -> TierPlan {
        tiers(&STANDARD_TIERS, days * DAY, 1.0 - target, MINUTE).unwrap()
    }

    fn factors(days: i64, target: f64) -> Vec<f64> {
        plan(days, target).tiers.iter().map(|tier| tier.factor).collect()
    }

    fn near(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len(), "{got:?}");
        assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?}");
    }

    #[test]
    fn table_of_factors() {
        near(&factors(30, 0.999), &[14.4, 6.0, 3.0, 1.0]);
        near(&factors(28, 0.999), &[13.44, 5.6, 2.8, 1.0]);
        near(&factors(14, 0.999), &[6.72, 2.8, 1.4]);
        near(&factors(90, 0.999), &[43.2, 18.0, 9.0, 3.0]);
        near(&factors(7, 0.999), &[14.4, 6.0, 3.0, 1.0]);
        let standard = plan(30, 0.999).tiers;
        let windows: Vec<(i64, i64)> = standard.iter().map(|tier| (tier.long, tier.short)).collect();
        assert_eq!(windows, [(HOUR, HOUR / 12), (6 * HOUR, HOUR / 2), (DAY, 2 * HOUR), (3 * DAY, 6 * HOUR)]);
        let week: Vec<(i64, i64)> = plan(7, 0.999).tiers.iter().map(|t| (t.long / MINUTE, t.short / MINUTE)).collect();
        assert_eq!(week, [(14, 2), (84, 7), (336, 28), (1_008, 84)]);
        assert!(matches!(plan(14, 0.999).dropped[..], [Dropped::BelowOne { .. }]));
        let raised = plan(28, 0.999).tiers[3];
        assert!((raised.share - 3.0 / 28.0).abs() < 1e-12);
    }

    #[test]
    fn unreachable_factors() {
        let ninety = plan(30, 0.9);
        near(&ninety.tiers.iter().map(|tier| tier.factor).collect::<Vec<_>>(), &[9.0, 6.0, 3.0, 1.0]);
        assert_eq!(ninety.tiers[0].long, 96 * MINUTE);
        // 80 %: the second tier gets 4.5 over 8 h, and the first would get no more.
        let eighty = plan(30, 0.8);
        near(&eighty.tiers.iter().map(|tier| tier.factor).collect::<Vec<_>>(), &[4.5, 3.0, 1.0]);
        assert_eq!(eighty.tiers[0].long, 8 * HOUR);
        assert!(matches!(eighty.dropped[..], [Dropped::Unreachable { tier }] if (tier.factor - 14.4).abs() < 1e-9));
        // 5 %: nothing can burn faster than 1/0.95.
        assert!(plan(30, 0.05).tiers.is_empty() && plan(30, 0.05).dropped.len() == 4);
    }

    #[test]
    fn a_coarse_step_widens_the_windows() {
        let daily = tiers(&STANDARD_TIERS, 30 * DAY, 0.05, DAY).unwrap();
        assert!(daily.tiers.iter().all(|tier| tier.short >= DAY && tier.long % DAY == 0));
        assert!(tiers(&STANDARD_TIERS, DAY, 0.05, 2 * DAY).is_err());
        assert!(
            tiers(&STANDARD_TIERS, DAY, 0.0, HOUR).is_err() && tiers(&STANDARD_TIERS, DAY, f64::NAN, HOUR).is_err()
        );
        assert!(tiers(&[(Severity::Page, 0.0, HOUR)], DAY, 0.1, HOUR).is_err());
    }

    #[test]
    fn ends_after_a_quiet_short_window_and_rests() {
        let tier = plan(30, 0.99).tiers[0];
        let mut state = Reset::default();
        let mut seen = Vec::new();
        for minute in 0..60 {
            let burn = if (5..10).contains(&minute) || minute >= 18 { 20.0 } else { 0.0 };
            state = state.next(&tier, minute * MINUTE, burn > tier.factor, Some(burn));
            seen.push(matches!(state, Reset::Firing { .. }));
        }
        let firing: Vec<usize> = seen.iter().enumerate().filter_map(|(minute, &is)| is.then_some(minute)).collect();
        // Fires at 5, is quiet from 10 to 15, rests for half an hour, fires again at 45.
        assert_eq!(firing, (5..15).chain(45..60).collect::<Vec<usize>>());
        let firing = Reset::Firing { quiet_since: Some(0) };
        assert_eq!(firing.next(&tier, 99 * HOUR, false, None), firing);
    }
}
