//! Plan for a share of bad rows: SLIs with a target, missing and invalid rates, conversions, coverage.

use super::SequentialError;
use super::bets::{Bet, Variance};

/// Changes that are bet on, as multiples of `θ0`.
const FACTORS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// The largest share that is bet on.
const LARGEST: f64 = 0.95;

/// Bets on a bad share above `theta`, which is 1 minus the target of an SLO or a baseline plus its tolerance.
///
/// `Δ = θ0·{0.25, 0.5, 1, 2, 4, 8}`, cut so that `θ0 + Δ ≤ 0.95`, without repeats; `λ = Δ/(θ0(1−θ0))`. From
/// `θ0 = 0.95` on, one bet for half of the way to 1. Use with
/// [`log_wealth_of_counts`](super::bets::log_wealth_of_counts). For a share that must not fall, count the complement as
/// bad.
///
/// # Errors
/// [`SequentialError::Theta`] unless `0 < theta < 1`.
pub fn bets(theta: f64) -> Result<Vec<Bet>, SequentialError> {
    if !(theta > 0.0 && theta < 1.0) {
        return Err(SequentialError::Theta(theta));
    }
    if theta >= LARGEST {
        return Ok(vec![Bet::upward(theta, 0.5 * (1.0 - theta), Variance::Binary)?]);
    }
    let mut deltas: Vec<f64> = FACTORS.iter().map(|factor| (factor * theta).min(LARGEST - theta)).collect();
    deltas.dedup();
    deltas.into_iter().map(|delta| Bet::upward(theta, delta, Variance::Binary)).collect()
}

/// Bad share of a quantile that moves: `x > q_p` happens in `1 − p` of the reference; with a tolerance this is `θ0`.
///
/// # Errors
/// [`SequentialError::Theta`] unless the sum lies in `(0, 1)`.
pub fn bets_above_quantile(p: f64, tolerance: f64) -> Result<Vec<Bet>, SequentialError> {
    bets(1.0 - p + tolerance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;
    use crate::sequential::bets::log_wealth_of_counts;
    use crate::sequential::{EDetector, Recursion};

    #[test]
    fn grid() {
        let lambdas: Vec<f64> = bets(0.01).unwrap().iter().map(|bet| bet.lambda() * 0.01 * 0.99).collect();
        for (lambda, delta) in lambdas.iter().zip([0.0025, 0.005, 0.01, 0.02, 0.04, 0.08]) {
            assert!((lambda - delta).abs() < 1e-15, "{lambdas:?}");
        }
        assert_eq!((bets(0.2).unwrap().len(), bets(0.9).unwrap().len(), bets(0.97).unwrap().len()), (5, 1, 1));
        assert!(bets(0.0).is_err() && bets(1.0).is_err() && bets(f64::NAN).is_err());
        assert_eq!(bets_above_quantile(0.95, 0.02).unwrap()[0].theta(), 1.0 - 0.95 + 0.02);
    }

    /// 600 rows an hour, target 99 %, c of one year: a jump to 5 % is seen in the first hour, 1.5 % within a day.
    #[test]
    fn finds_a_breach_at_low_traffic() {
        let bets = bets(0.01).unwrap();
        let mut generator = Xoshiro256::new(21);
        let mut delay = |rate: f64| {
            let mut detector = EDetector::new(Recursion::ShiryaevRoberts, bets.len()).unwrap();
            let mut hour = |rate: f64, at: i64| {
                let bad = (0..600).filter(|_| generator.uniform() < rate).count() as u64;
                detector.update(at, &log_wealth_of_counts(&bets, bad, 600).unwrap()).unwrap() >= 8_760_f64.ln()
            };
            assert!(!(0..200).any(|at| hour(0.005, at)));
            (1..500).find(|&at| hour(rate, at)).unwrap()
        };
        let mut large: Vec<i64> = (0..21).map(|_| delay(0.05)).collect();
        let mut small: Vec<i64> = (0..21).map(|_| delay(0.015)).collect();
        large.sort_unstable();
        small.sort_unstable();
        assert!(large[10] == 1 && (8..=26).contains(&small[10]), "{large:?} {small:?}");
    }
}
