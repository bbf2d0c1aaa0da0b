//! Plan for a drop in performance: bounded losses of labels as they arrive, against an upper bound of the reference
//! risk.
//!
//! `θ0 = U_R + ε`: `U_R` bounds the reference risk from above with probability `1 − δ_R`, `ε` is the tolerance. A shift
//! that leaves the risk below `θ0` never alarms more often than promised. Feed losses in the order in which labels
//! arrive, and only matured cohorts where the delay of a label depends on its value.
//!
//! Source: Podkopaev & Ramdas 2022, <https://arxiv.org/abs/2110.06177>.

use super::SequentialError;
use super::bets::{Bet, Variance, doubling, upward_grid};
use crate::interval::wilson;

/// Default error `δ_R` of the bound of the reference risk.
pub const DEFAULT_DELTA: f64 = 0.01;

/// A loss `≥ 0` in `[0, 1]`: cut at `ceiling`, the reference's 99.5 % point, and divided by it. NaN stays NaN.
///
/// A mean of cut losses does not see growth beyond the cut. A ceiling that is not positive makes every positive loss 1.
#[must_use]
pub fn scaled(loss: f64, ceiling: f64) -> f64 {
    if loss.is_nan() {
        return loss;
    }
    if ceiling > 0.0 { (loss / ceiling).clamp(0.0, 1.0) } else { f64::from(u8::from(loss > 0.0)) }
}

/// Default tolerance `max(0.01, 0.1·mean)` of a loss in `[0, 1]`.
#[must_use]
pub fn tolerance(mean: f64) -> f64 {
    (0.1 * mean).max(0.01)
}

/// Upper bound of the mean of `rows` losses in `[0, 1]` at error `delta`:
/// `mean + √(2V ln(2/δ)/n) + 7 ln(2/δ)/(3(n−1))`, `V` the sample variance (ddof 1), at most 1.
///
/// # Errors
/// [`SequentialError::EmptyReference`] below two rows, [`SequentialError::Parameter`] for a mean outside `[0, 1]`, a
/// negative variance, or `delta` outside `(0, 1)`.
///
/// Source: Maurer & Pontil 2009, theorem 4, <https://arxiv.org/abs/0907.3740>.
pub fn empirical_bernstein(rows: u64, mean: f64, variance: f64, delta: f64) -> Result<f64, SequentialError> {
    if rows < 2 {
        return Err(SequentialError::EmptyReference);
    }
    check(mean, (0.0..=1.0).contains(&mean), "mean loss", "a number in [0, 1]")?;
    check(variance, variance >= 0.0 && variance.is_finite(), "variance of the loss", "a number ≥ 0")?;
    check(delta, delta > 0.0 && delta < 1.0, "error of the bound", "a number in (0, 1)")?;
    let n = rows as f64;
    let log = (2.0 / delta).ln();
    Ok((mean + (2.0 * variance * log / n).sqrt() + 7.0 * log / (3.0 * (n - 1.0))).min(1.0))
}

fn check(found: f64, good: bool, what: &'static str, expected: &'static str) -> Result<(), SequentialError> {
    if good { Ok(()) } else { Err(SequentialError::Parameter { what, found, expected }) }
}

/// The bound and the bets of one loss.
#[derive(Debug, Clone, PartialEq)]
pub struct LossPlan {
    /// `θ0`.
    pub theta: f64,
    /// `U_R`.
    pub reference_bound: f64,
    /// `ε`.
    pub tolerance: f64,
    /// The bets, all against `θ0`.
    pub bets: Vec<Bet>,
}

impl LossPlan {
    /// Losses of 0 or 1, of which the reference has `errors` in `rows`: Wilson's one-sided bound at `delta`; six bets
    /// from `Δ = ε` on. `tolerance` `None` takes the default.
    ///
    /// # Errors
    /// [`SequentialError::EmptyReference`], [`SequentialError::Counts`], [`SequentialError::Parameter`] for `delta`
    /// outside `(0, 0.5)` or a tolerance that is not positive, [`SequentialError::Theta`] when the bound with its
    /// tolerance reaches 1: nothing is worse.
    pub fn binary(errors: u64, rows: u64, delta: f64, tolerance: Option<f64>) -> Result<Self, SequentialError> {
        if rows == 0 {
            return Err(SequentialError::EmptyReference);
        }
        if errors > rows {
            return Err(SequentialError::Counts { bad: errors, rows });
        }
        check(delta, delta > 0.0 && delta < 0.5, "error of the bound", "a number in (0, 0.5)")?;
        let bound = wilson(errors, rows, 1.0 - 2.0 * delta).map_or(1.0, |interval| interval.hi);
        let epsilon = tolerance.unwrap_or_else(|| self::tolerance(errors as f64 / rows as f64));
        Self::new(bound, epsilon, &doubling(epsilon, 6), Variance::Binary)
    }

    /// Losses in `[0, 1]` whose reference has this mean and variance over `rows`: the empirical Bernstein bound; eight
    /// bets from `Δ = ε/2` on.
    ///
    /// # Errors
    /// As for [`empirical_bernstein`] and [`LossPlan::binary`].
    pub fn bounded(
        rows: u64,
        mean: f64,
        variance: f64,
        delta: f64,
        tolerance: Option<f64>,
    ) -> Result<Self, SequentialError> {
        let bound = empirical_bernstein(rows, mean, variance, delta)?;
        let epsilon = tolerance.unwrap_or_else(|| self::tolerance(mean));
        Self::new(bound, epsilon, &doubling(0.5 * epsilon, 8), Variance::Reference(variance))
    }

    fn new(bound: f64, tolerance: f64, deltas: &[f64], variance: Variance) -> Result<Self, SequentialError> {
        check(tolerance, tolerance > 0.0 && tolerance.is_finite(), "tolerance", "a positive number")?;
        let theta = bound + tolerance;
        Ok(Self { theta, reference_bound: bound, tolerance, bets: upward_grid(theta, deltas, variance)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        // 0.2 + √(0.02·ln 200/10⁴) + 7 ln 200/29997, computed apart.
        let bound = empirical_bernstein(10_000, 0.2, 0.01, 0.01).unwrap();
        assert!((bound - 0.20449164495340122).abs() < 1e-14, "{bound}");
        let plan = LossPlan::binary(1_000, 10_000, 0.01, None).unwrap();
        // Wilson's closed form with z = 2.3263478740408408, computed apart.
        assert!((plan.reference_bound - 0.10719686837227288).abs() < 1e-12, "{}", plan.reference_bound);
        assert!((plan.theta - plan.reference_bound - 0.01).abs() < 1e-15 && plan.bets.len() == 6);
        let plan = LossPlan::bounded(10_000, 0.2, 0.01, 0.01, None).unwrap();
        assert!((plan.tolerance - 0.02).abs() < 1e-15 && plan.bets.len() == 7);
        assert!((plan.bets[0].lambda() - 0.01 / 0.0101).abs() < 1e-12);
    }

    #[test]
    fn losses_are_cut_and_scaled() {
        assert_eq!([scaled(3.0, 6.0), scaled(9.0, 6.0), scaled(-1.0, 6.0), scaled(1.0, 0.0)], [0.5, 1.0, 0.0, 1.0]);
        assert!(scaled(f64::NAN, 1.0).is_nan() && scaled(0.0, 0.0) == 0.0);
    }

    #[test]
    fn refused() {
        assert_eq!(LossPlan::binary(0, 0, 0.01, None), Err(SequentialError::EmptyReference));
        assert!(LossPlan::binary(2, 1, 0.01, None).is_err() && LossPlan::binary(1, 2, 0.5, None).is_err());
        // Everything wrong already: nothing is worse.
        assert!(matches!(LossPlan::binary(9, 9, 0.01, None), Err(SequentialError::Theta(_))));
        assert!(LossPlan::bounded(1, 0.1, 0.1, 0.01, None).is_err());
        assert!(LossPlan::bounded(100, f64::NAN, 0.1, 0.01, None).is_err());
        assert!(LossPlan::bounded(1_000, 0.1, 0.01, 0.01, Some(0.0)).is_err());
    }
}
