//! Bets against "the mean is at most `θ0`" (or at least), and what a window of rows wins.
//!
//! For `x` in `[0, 1]` the factor `1 + λ(x − θ0)` is never negative and has expectation at most 1 while the mean of `x`
//! is at most `θ0` (`λ ≥ 0`) or at least `θ0` (`λ ≤ 0`). Bets are a fixed grid, so the log wealth of a window is a sum
//! over rows: it merges in any order, and for bins it is a function of counts.

use super::SequentialError;
use crate::sum::Neumaier;

/// Bets never stake more than this share of what a single row could cost.
const STAKE: f64 = 0.9;
/// The largest mean an upward bet is meant for; the smallest is 1 minus this.
const FARTHEST: f64 = 0.95;

/// What the size of a bet is chosen by. Any choice is valid; a good one is quick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Variance {
    /// Observations are 0 or 1: `λ = Δ/(θ0(1−θ0))`, the likelihood ratio of `θ0 + Δ` to `θ0`.
    Binary,
    /// Observations in `[0, 1]` with this variance `σ0²` in the reference: `λ = Δ/(σ0² + Δ²)`.
    Reference(f64),
}

/// One bet: a bound `θ0` in `(0, 1)` and a stake `λ`; positive bets on a greater mean, negative on a smaller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bet {
    theta: f64,
    lambda: f64,
}

impl Bet {
    /// A bet of stake `lambda`, strictly between `−1/(1−θ0)` and `1/θ0`.
    ///
    /// # Errors
    /// [`SequentialError::Theta`] or [`SequentialError::Lambda`].
    pub fn new(theta: f64, lambda: f64) -> Result<Self, SequentialError> {
        if !(theta > 0.0 && theta < 1.0) {
            return Err(SequentialError::Theta(theta));
        }
        // Asked of the factors themselves: at least a millionth must remain, so that logs stay finite.
        let is_safe = 1.0 - lambda * theta >= 1e-6 && 1.0 + lambda * (1.0 - theta) >= 1e-6;
        if lambda.is_finite() && is_safe {
            Ok(Self { theta, lambda })
        } else {
            Err(SequentialError::Lambda { lambda, theta })
        }
    }

    /// The bet on a mean of `theta + delta`, staking at most `0.9/θ0`.
    ///
    /// # Errors
    /// [`SequentialError::Theta`], or [`SequentialError::Parameter`] unless `delta > 0` and the variance is `≥ 0`.
    pub fn upward(theta: f64, delta: f64, variance: Variance) -> Result<Self, SequentialError> {
        Self::new(theta, size(theta, delta, variance)?.min(STAKE / theta))
    }

    /// The bet on a mean of `theta − delta`, staking at most `0.9/(1−θ0)`.
    ///
    /// # Errors
    /// As for [`Bet::upward`].
    pub fn downward(theta: f64, delta: f64, variance: Variance) -> Result<Self, SequentialError> {
        Self::new(theta, -size(theta, delta, variance)?.min(STAKE / (1.0 - theta)))
    }

    /// The bound `θ0`.
    #[must_use]
    pub fn theta(self) -> f64 {
        self.theta
    }

    /// The stake `λ`, negative for a bet on a smaller mean.
    #[must_use]
    pub fn lambda(self) -> f64 {
        self.lambda
    }

    /// `ln(1 + λ(x − θ0))` of one observation in `[0, 1]`.
    #[must_use]
    pub fn log_factor(self, x: f64) -> f64 {
        (self.lambda * (x - self.theta)).ln_1p()
    }
}

fn size(theta: f64, delta: f64, variance: Variance) -> Result<f64, SequentialError> {
    if !(theta > 0.0 && theta < 1.0) {
        return Err(SequentialError::Theta(theta));
    }
    if !(delta > 0.0 && delta.is_finite()) {
        return Err(SequentialError::Parameter {
            what: "change to bet on",
            found: delta,
            expected: "a positive number",
        });
    }
    match variance {
        Variance::Binary => Ok(delta / (theta * (1.0 - theta))),
        Variance::Reference(square) if square >= 0.0 && square.is_finite() => Ok(delta / (square + delta * delta)),
        Variance::Reference(square) => {
            Err(SequentialError::Parameter { what: "reference variance", found: square, expected: "a number ≥ 0" })
        }
    }
}

/// `Δ_min·2^k` for `k < count`.
#[must_use]
pub fn doubling(delta_min: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| delta_min * (k as f64).exp2()).collect()
}

/// Upward bets for those `deltas` with `θ0 + Δ ≤ 0.95`; if there is none, one for half of the way to 1 at most.
///
/// # Errors
/// As for [`Bet::upward`], and [`SequentialError::Length`] without deltas.
pub fn upward_grid(theta: f64, deltas: &[f64], variance: Variance) -> Result<Vec<Bet>, SequentialError> {
    let reachable = within(deltas, FARTHEST - theta, 0.5 * (1.0 - theta))?;
    reachable.iter().map(|&delta| Bet::upward(theta, delta, variance)).collect()
}

/// Downward bets for those `deltas` with `θ0 − Δ ≥ 0.05`; if there is none, one for half of the way to 0 at most.
///
/// # Errors
/// As for [`upward_grid`].
pub fn downward_grid(theta: f64, deltas: &[f64], variance: Variance) -> Result<Vec<Bet>, SequentialError> {
    let reachable = within(deltas, theta - (1.0 - FARTHEST), 0.5 * theta)?;
    reachable.iter().map(|&delta| Bet::downward(theta, delta, variance)).collect()
}

/// The deltas up to `room`, or else the first, cut to `spare`.
fn within(deltas: &[f64], room: f64, spare: f64) -> Result<Vec<f64>, SequentialError> {
    let first = *deltas.first().ok_or(SequentialError::Length { what: "changes to bet on", found: 0, expected: 1 })?;
    // The slack keeps 0.15 + 0.8 from failing 0.95.
    let kept: Vec<f64> = deltas.iter().copied().filter(|&delta| delta <= room + 1e-12).collect();
    Ok(if kept.is_empty() { vec![first.min(spare)] } else { kept })
}

/// Log wealth of a window with `bad` ones among `rows` observations of 0 or 1, one number a bet.
///
/// # Errors
/// [`SequentialError::Counts`] when `bad > rows`.
pub fn log_wealth_of_counts(bets: &[Bet], bad: u64, rows: u64) -> Result<Vec<f64>, SequentialError> {
    if bad > rows {
        return Err(SequentialError::Counts { bad, rows });
    }
    let (bad, good) = (bad as f64, (rows - bad) as f64);
    Ok(bets.iter().map(|bet| bad * bet.log_factor(1.0) + good * bet.log_factor(0.0)).collect())
}

/// Log wealth of a window of observations in `[0, 1]`, one number a bet.
///
/// # Errors
/// [`SequentialError::Value`] for an observation outside `[0, 1]` or NaN.
pub fn log_wealth_of_values(bets: &[Bet], values: &[f64]) -> Result<Vec<f64>, SequentialError> {
    if let Some(&bad) = values.iter().find(|x| !(0.0..=1.0).contains(*x)) {
        return Err(SequentialError::Value(bad));
    }
    let total = |bet: &Bet| {
        let mut sum = Neumaier::default();
        values.iter().for_each(|&x| sum.add(bet.log_factor(x)));
        sum.total()
    };
    Ok(bets.iter().map(total).collect())
}

/// Log factors of every bin under every bet, so that a window costs a multiplication a bin and bet.
#[derive(Debug, Clone, PartialEq)]
pub struct LogTable {
    bins: usize,
    /// Bins of the first bet, of the second, ….
    factors: Vec<f64>,
}

impl LogTable {
    /// A table for bins that stand for the values `representatives`, each in `[0, 1]`.
    ///
    /// For bets on a greater mean of a variable that is itself binned, the lower edge of a bin keeps the promise
    /// wherever the rows lie inside it; for bets on a smaller mean the upper edge.
    ///
    /// # Errors
    /// [`SequentialError::Value`] for a representative outside `[0, 1]`.
    pub fn new(bets: &[Bet], representatives: &[f64]) -> Result<Self, SequentialError> {
        if let Some(&bad) = representatives.iter().find(|x| !(0.0..=1.0).contains(*x)) {
            return Err(SequentialError::Value(bad));
        }
        let factors = bets.iter().flat_map(|bet| representatives.iter().map(|&x| bet.log_factor(x))).collect();
        Ok(Self { bins: representatives.len(), factors })
    }

    /// Log wealth of a window with these counts a bin.
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of bins.
    pub fn log_wealth(&self, counts: &[u64]) -> Result<Vec<f64>, SequentialError> {
        if counts.len() != self.bins || self.bins == 0 {
            return Err(SequentialError::Length { what: "bins", found: counts.len(), expected: self.bins.max(1) });
        }
        let dot = |row: &[f64]| row.iter().zip(counts).map(|(factor, &count)| factor * count as f64).sum();
        Ok(self.factors.chunks_exact(self.bins).map(dot).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stakes() {
        let grid = upward_grid(0.11, &[0.02, 0.08], Variance::Binary).unwrap();
        assert!((grid[0].lambda() - 0.204290).abs() < 1e-6 && (grid[1].lambda() - 0.817160).abs() < 1e-6);
        assert_eq!(upward_grid(0.5, &doubling(0.1, 8), Variance::Binary).unwrap().len(), 3);
        // No room up to 0.95: half of the way to 1.
        let high = upward_grid(0.97, &[0.1], Variance::Binary).unwrap();
        assert!(high.len() == 1 && (high[0].lambda() - 0.5 / 0.97).abs() < 1e-12);
        assert_eq!(downward_grid(0.03, &[0.02], Variance::Binary).unwrap().len(), 1);
        let capped = Bet::upward(0.5, 0.4, Variance::Reference(0.0)).unwrap();
        assert_eq!(capped.lambda(), 1.8);
    }

    #[test]
    fn refused() {
        assert_eq!(Bet::new(0.0, 0.1), Err(SequentialError::Theta(0.0)));
        assert_eq!(Bet::new(0.5, 2.0), Err(SequentialError::Lambda { lambda: 2.0, theta: 0.5 }));
        assert!(Bet::new(0.5, f64::NAN).is_err() && Bet::upward(f64::NAN, 0.1, Variance::Binary).is_err());
        assert!(Bet::upward(0.5, 0.0, Variance::Binary).is_err());
        assert!(Bet::upward(0.5, 0.1, Variance::Reference(-1.0)).is_err());
        assert!(upward_grid(0.5, &[], Variance::Binary).is_err());
        let bets = [Bet::new(0.5, 1.0).unwrap()];
        assert_eq!(log_wealth_of_counts(&bets, 3, 2), Err(SequentialError::Counts { bad: 3, rows: 2 }));
        assert!(log_wealth_of_values(&bets, &[0.5, 1.5]).is_err() && LogTable::new(&bets, &[f64::NAN]).is_err());
        assert!(LogTable::new(&bets, &[0.1, 0.2]).unwrap().log_wealth(&[1]).is_err());
    }

    proptest! {
        /// The factor of a two-point law with mean θ0 has expectation exactly 1, of a smaller mean less.
        #[test]
        fn is_an_e_value(theta in 0.001..0.999_f64, delta in 0.001..0.9_f64, lower in 0.0..1.0_f64, binary: bool) {
            let variance = if binary { Variance::Binary } else { Variance::Reference(0.1) };
            let bet = Bet::upward(theta, delta, variance).unwrap();
            let expectation = |bet: Bet, mean: f64| {
                mean * bet.log_factor(1.0).exp() + (1.0 - mean) * bet.log_factor(0.0).exp()
            };
            prop_assert!((expectation(bet, theta) - 1.0).abs() < 1e-12);
            prop_assert!(expectation(bet, theta * lower) <= 1.0 + 1e-12);
            let bet = Bet::downward(theta, delta, variance).unwrap();
            prop_assert!((expectation(bet, theta) - 1.0).abs() < 1e-12);
            prop_assert!(expectation(bet, theta + (1.0 - theta) * lower) <= 1.0 + 1e-12);
        }

        #[test]
        fn counts_values_and_bins_agree(theta in 0.01..0.99_f64, bits in prop::collection::vec(any::<bool>(), 0..60)) {
            let bets = upward_grid(theta, &doubling(0.02, 5), Variance::Binary).unwrap();
            let bad = bits.iter().filter(|&&bit| bit).count() as u64;
            let counted = log_wealth_of_counts(&bets, bad, bits.len() as u64).unwrap();
            let values: Vec<f64> = bits.iter().map(|&bit| f64::from(u8::from(bit))).collect();
            let valued = log_wealth_of_values(&bets, &values).unwrap();
            let table = LogTable::new(&bets, &[0.0, 1.0]).unwrap();
            let binned = table.log_wealth(&[bits.len() as u64 - bad, bad]).unwrap();
            for k in 0..bets.len() {
                prop_assert!((counted[k] - valued[k]).abs() < 1e-9 && (counted[k] - binned[k]).abs() < 1e-9);
            }
        }
    }
}
