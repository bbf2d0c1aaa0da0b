//! Burn rate and what is left of a budget.

/// Burn rate `bad/(valid·β)`: 1 spends exactly the budget over the period, `1/β` is the most there is.
///
/// `budget` is `β = 1 − target`, in `(0, 1)`. Expected numbers of bad events need not be whole. `None` without valid
/// events (volume is another monitor's business), for negative or infinite counts, or a budget out of range.
///
/// Source: *The Site Reliability Workbook* 2018, chapter 5, <https://sre.google/workbook/alerting-on-slos/>.
#[must_use]
pub fn burn_rate(bad: f64, valid: f64, budget: f64) -> Option<f64> {
    let is_sane = bad >= 0.0 && bad.is_finite() && valid > 0.0 && valid.is_finite() && budget > 0.0 && budget < 1.0;
    is_sane.then(|| bad / (valid * budget))
}

/// Share of the budget that is spent in a period with these counts; above 1 when it is exceeded.
///
/// While a period is not full, pass the valid events that it will have: [`projected_valid`]. `None` as for
/// [`burn_rate`].
#[must_use]
pub fn consumed(bad: f64, valid: f64, budget: f64) -> Option<f64> {
    burn_rate(bad, valid, budget)
}

/// What is left of the budget, negative when it is exceeded.
#[must_use]
pub fn remaining(bad: f64, valid: f64, budget: f64) -> Option<f64> {
    consumed(bad, valid, budget).map(|share| 1.0 - share)
}

/// Valid events of the whole period, from those of the share `elapsed` of it (in `(0, 1]`) at the same pace.
#[must_use]
pub fn projected_valid(valid: f64, elapsed: f64) -> Option<f64> {
    (elapsed > 0.0 && elapsed <= 1.0 && valid >= 0.0 && valid.is_finite()).then(|| valid / elapsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rates() {
        assert!((burn_rate(144.0, 10_000.0, 0.001).unwrap() - 14.4).abs() < 1e-12);
        assert_eq!(burn_rate(5.0, 5.0, 0.25), Some(4.0));
        assert_eq!(burn_rate(0.0, 0.0, 0.01), None);
        assert_eq!(burn_rate(1.0, 10.0, 1.0), None);
        assert_eq!(burn_rate(f64::NAN, 10.0, 0.5), None);
        assert_eq!(remaining(3.0, 4.0, 0.5), Some(-0.5));
        assert_eq!((projected_valid(50.0, 0.25), projected_valid(50.0, 0.0)), (Some(200.0), None));
    }

    proptest! {
        #[test]
        fn more_bad_events_leave_less(
            bad in 0u32..1_000,
            more in 1u32..1_000,
            valid in 2_000u32..9_000,
            budget in 0.001..0.5_f64,
        ) {
            let left = |bad: u32| remaining(f64::from(bad), f64::from(valid), budget).unwrap();
            prop_assert!(left(bad + more) < left(bad));
            prop_assert!(burn_rate(f64::from(valid), f64::from(valid), budget).unwrap() <= 1.0 / budget + 1e-9);
        }
    }
}
