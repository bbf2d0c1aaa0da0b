//! When the budget will be spent if things go on as they did lately.

use super::guard::Counts;
use super::{SloError, check_budget};
use crate::interval::wilson;

/// The period of an objective; lengths in any one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Period {
    /// The last `length`, always: bad events leave at its far end, at the pace at which they came on average.
    Rolling {
        /// Length.
        length: f64,
    },
    /// From a beginning to an end; `elapsed` of `length` is over.
    Calendar {
        /// Length.
        length: f64,
        /// What of it is over.
        elapsed: f64,
    },
}

/// Time from now until the budget is spent, in the unit of the period; `None` where it will not be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exhaustion {
    /// At the recent burn rate.
    pub expected: Option<f64>,
    /// At the upper confidence limit of that rate.
    pub earliest: Option<f64>,
    /// At the lower confidence limit; `None` when at that rate it would last.
    pub latest: Option<f64>,
}

/// Forecast from what is `consumed` of the budget so far (a share; 1 or more is spent: 0 from now) and the `recent`
/// counts.
///
/// * Calendar period: the rest lasts `(1 − c)·T/burn`, if that ends before the period does.
/// * Rolling period: what is consumed goes from `c` now to `burn` when the period has passed, in a straight line, so it
///   reaches 1 after `T·(1 − c)/(burn − c)`, and never at a burn rate up to 1.
///
/// The limits of the burn rate are Wilson's at the two-sided `level`. Traffic is taken to be steady.
///
/// # Errors
/// [`SloError`] for a budget or level outside `(0, 1)`, no recent events or more bad than valid ones, a negative share,
/// or a period that is not positive or has elapsed.
pub fn exhaustion(
    consumed: f64,
    recent: Counts,
    budget: f64,
    period: Period,
    level: f64,
) -> Result<Exhaustion, SloError> {
    check_budget(budget)?;
    if !(consumed >= 0.0 && consumed.is_finite()) {
        return Err(SloError { what: "consumed share", found: consumed, expected: "a number ≥ 0" });
    }
    let (length, elapsed) = match period {
        Period::Rolling { length } => (length, 0.0),
        Period::Calendar { length, elapsed } => (length, elapsed),
    };
    if !(length > 0.0 && length.is_finite() && elapsed >= 0.0 && elapsed <= length) {
        return Err(SloError { what: "period", found: length, expected: "a positive length, at most that elapsed" });
    }
    let limits = wilson(recent.bad, recent.valid, level).ok_or(SloError {
        what: "recent events",
        found: recent.valid as f64,
        expected: "at least one, at least the bad ones, at a level in (0, 1)",
    })?;
    let after = |rate: f64| {
        if consumed >= 1.0 {
            return Some(0.0);
        }
        let burn = rate / budget;
        match period {
            Period::Rolling { .. } => (burn > 1.0).then(|| length * (1.0 - consumed) / (burn - consumed)),
            Period::Calendar { .. } => {
                let time = (1.0 - consumed) * length / burn;
                (time <= length - elapsed).then_some(time)
            }
        }
    };
    let rate = recent.bad as f64 / recent.valid as f64;
    Ok(Exhaustion { expected: after(rate), earliest: after(limits.hi), latest: after(limits.lo) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROLLING: Period = Period::Rolling { length: 30.0 };

    fn recent(bad: u64, valid: u64) -> Counts {
        Counts { bad, valid }
    }

    #[test]
    fn rolling() {
        // Burn 2 from half a budget: ½ + 1.5·t/30 = 1 at 10 days.
        let got = exhaustion(0.5, recent(200, 10_000), 0.01, ROLLING, 0.95).unwrap();
        assert!((got.expected.unwrap() - 10.0).abs() < 1e-12, "{got:?}");
        assert!(got.earliest.unwrap() < 10.0 && got.latest.unwrap() > 10.0);
        // Burn 1 lasts, and so does every rate below.
        let got = exhaustion(0.5, recent(100, 10_000), 0.01, ROLLING, 0.95).unwrap();
        assert!(got.expected.is_none() && got.earliest.is_some() && got.latest.is_none());
        let spent = exhaustion(1.5, recent(0, 10), 0.01, ROLLING, 0.95).unwrap();
        assert_eq!(spent, Exhaustion { expected: Some(0.0), earliest: Some(0.0), latest: Some(0.0) });
    }

    #[test]
    fn calendar() {
        let month = |elapsed| Period::Calendar { length: 30.0, elapsed };
        // Half is left, burn 3: 5 days.
        let got = exhaustion(0.5, recent(300, 10_000), 0.01, month(20.0), 0.95).unwrap();
        assert!((got.expected.unwrap() - 5.0).abs() < 1e-12);
        assert_eq!(exhaustion(0.5, recent(300, 10_000), 0.01, month(26.0), 0.95).unwrap().expected, None);
        assert_eq!(exhaustion(0.0, recent(0, 10_000), 0.01, month(0.0), 0.95).unwrap().expected, None);
    }

    #[test]
    fn refused() {
        assert!(exhaustion(0.5, recent(0, 0), 0.01, ROLLING, 0.95).is_err());
        assert!(exhaustion(0.5, recent(2, 1), 0.01, ROLLING, 0.95).is_err());
        assert!(exhaustion(f64::NAN, recent(1, 2), 0.01, ROLLING, 0.95).is_err());
        assert!(exhaustion(0.5, recent(1, 2), 0.01, Period::Rolling { length: 0.0 }, 0.95).is_err());
        assert!(exhaustion(0.5, recent(1, 2), 0.01, Period::Calendar { length: 1.0, elapsed: 2.0 }, 0.95).is_err());
        assert!(exhaustion(0.5, recent(1, 2), 1.0, ROLLING, 0.95).is_err());
    }

    proptest! {
        #[test]
        fn limits_enclose_the_forecast(
            consumed in 0.0..1.2_f64,
            bad in 0u64..500,
            valid in 500u64..9_000,
            elapsed in prop::option::of(0.0..30.0_f64),
        ) {
            let period = elapsed.map_or(ROLLING, |elapsed| Period::Calendar { length: 30.0, elapsed });
            let got = exhaustion(consumed, recent(bad, valid), 0.05, period, 0.9).unwrap();
            let or_never = |time: Option<f64>| time.unwrap_or(f64::INFINITY);
            prop_assert!(or_never(got.earliest) <= or_never(got.expected));
            prop_assert!(or_never(got.expected) <= or_never(got.latest));
            prop_assert!(or_never(got.earliest) >= 0.0);
        }
    }
}
