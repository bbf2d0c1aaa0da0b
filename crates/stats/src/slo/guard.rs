//! Guards of burn-rate alerts at low traffic, where one bad event can be a high burn rate.

use super::{SloError, Tier, burn_rate, check_budget};
use crate::special::beta_reg;

/// Bad and valid events of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bad events.
    pub bad: u64,
    /// Valid events.
    pub valid: u64,
}

/// `P(Bin(valid, budget) ≥ bad)`: how likely so many bad events are when the objective is just met.
///
/// # Errors
/// [`SloError`] when `bad > valid` or the budget is not in `(0, 1)`.
pub fn binomial_tail(counts: Counts, budget: f64) -> Result<f64, SloError> {
    check(counts, budget)?;
    if counts.bad == 0 {
        return Ok(1.0);
    }
    Ok(beta_reg(counts.bad as f64, (counts.valid - counts.bad) as f64 + 1.0, budget))
}

fn check(counts: Counts, budget: f64) -> Result<(), SloError> {
    check_budget(budget)?;
    if counts.bad > counts.valid {
        return Err(SloError { what: "bad events", found: counts.bad as f64, expected: "at most the valid events" });
    }
    Ok(())
}

/// The least number of bad events among `valid` whose [`binomial_tail`] is at most `level`; `None` when not even all
/// of them would do.
///
/// # Errors
/// [`SloError`] when the budget is not in `(0, 1)`.
pub fn least_bad(valid: u64, budget: f64, level: f64) -> Result<Option<u64>, SloError> {
    let passes = |bad: u64| binomial_tail(Counts { bad, valid }, budget).map(|tail| tail <= level);
    if !passes(valid)? {
        return Ok(None);
    }
    let (mut fails, mut good) = (0, valid);
    while good > fails + 1 {
        let middle = fails + (good - fails) / 2;
        if passes(middle)? { good = middle } else { fails = middle }
    }
    Ok(Some(good))
}

/// What must hold besides the burn rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guard {
    /// Level of the exact binomial test over the long window; 1 turns it off.
    pub level: f64,
    /// Bad events that the long window must have.
    pub min_bad: u64,
    /// With fewer valid events than this the short window is not asked.
    pub min_short: u64,
}

impl Default for Guard {
    fn default() -> Self {
        Self { level: 1e-3, min_bad: 0, min_short: 5 }
    }
}

impl Guard {
    /// No guard at all.
    pub const NONE: Self = Self { level: 1.0, min_bad: 0, min_short: 0 };

    /// Whether a tier fires on the counts of its two windows. Without valid events in the long window it never does.
    ///
    /// # Errors
    /// As for [`binomial_tail`].
    pub fn fires(&self, tier: &Tier, long: Counts, short: Counts, budget: f64) -> Result<bool, SloError> {
        check(long, budget)?;
        check(short, budget)?;
        let is_above = |counts: Counts| {
            burn_rate(counts.bad as f64, counts.valid as f64, budget).is_some_and(|burn| burn > tier.factor)
        };
        let is_waived = short.valid < self.min_short;
        let burns = is_above(long) && (is_waived || is_above(short)) && long.bad >= self.min_bad;
        // The tail is dear, and most evaluations do not need it.
        Ok(burns && (self.level >= 1.0 || binomial_tail(long, budget)? <= self.level))
    }
}

/// Whether traffic is so low that the sequential test of the bad rate, not the burn rate, is the main alarm: fewer than
/// `10/β` valid events an hour.
#[must_use]
pub fn is_low_traffic(valid_per_hour: f64, budget: f64) -> bool {
    valid_per_hour * budget < 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::tiers::{STANDARD_TIERS, tiers};

    #[test]
    fn table_of_the_specification() {
        let least = |valid, budget| least_bad(valid, budget, 1e-3).unwrap();
        assert_eq!([least(50, 0.01), least(200, 0.01), least(1_000, 0.01)], [Some(5), Some(9), Some(22)]);
        assert_eq!([least(50, 0.001), least(200, 0.001), least(1_000, 0.001)], [Some(3), Some(4), Some(6)]);
        assert_eq!([least(1, 0.01), least(0, 0.01)], [None, None]);
        let tail = |bad| binomial_tail(Counts { bad, valid: 100 }, 0.001).unwrap();
        assert!((tail(2) - 0.004638).abs() < 5e-7 && (tail(3) - 0.000150).abs() < 5e-7);
        assert_eq!((tail(0), tail(100) > 0.0), (1.0, true));
    }

    #[test]
    fn one_bad_event_is_no_page() {
        let tier = tiers(&STANDARD_TIERS, 30 * 86_400_000_000, 0.01, 60_000_000).unwrap().tiers[0];
        let fires = |guard: Guard, long, short| guard.fires(&tier, long, short, 0.01).unwrap();
        let (long, short) = (Counts { bad: 1, valid: 6 }, Counts { bad: 1, valid: 5 });
        assert!(fires(Guard::NONE, long, short) && !fires(Guard::default(), long, short));
        let (long, quiet) = (Counts { bad: 30, valid: 60 }, Counts { bad: 0, valid: 5 });
        assert!(!fires(Guard::default(), long, quiet));
        // Too few valid events in the short window: the long one decides.
        assert!(fires(Guard::default(), long, Counts { bad: 0, valid: 4 }));
        assert!(!fires(Guard { min_bad: 31, ..Guard::default() }, long, Counts { bad: 0, valid: 4 }));
        assert!(!fires(Guard::NONE, Counts::default(), Counts::default()));
        assert!(Guard::NONE.fires(&tier, Counts { bad: 2, valid: 1 }, short, 0.01).is_err());
        assert!(is_low_traffic(600.0, 0.01) && !is_low_traffic(2_000.0, 0.01));
    }
}
