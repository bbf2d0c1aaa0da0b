//! Plan for slow or small changes of the shares of categories: one mixture over all of them, one alarm.

use super::SequentialError;
use super::bets::{Bet, Variance, doubling, downward_grid, log_wealth_of_counts, upward_grid};

const DELTA_MIN: f64 = 0.02;
const BETS: usize = 4;
/// The least weight of a category, so that rare and unseen ones are not silenced.
const LEAST_WEIGHT: f64 = 0.01;

/// The plan of one categorical column: for each category bets on a greater and on a smaller share.
#[derive(Debug, Clone, PartialEq)]
pub struct CategoryShares {
    /// Category of each bet.
    categories: Vec<usize>,
    bets: Vec<Bet>,
    weights: Vec<f64>,
    count: usize,
}

impl CategoryShares {
    /// A plan for the reference's `counts`, one a category (with `other` and `unseen` as categories of their own).
    ///
    /// Category `b` with share `p` may lie within `p ± (tolerance + 3√(p(1−p)/n))`; its weight is proportional to
    /// `max(p, 0.01)`, divided among its bets. Smaller shares are bet on only where the band ends above 0.
    ///
    /// # Errors
    /// [`SequentialError::EmptyReference`] without rows; [`SequentialError::Parameter`] unless `0 < tolerance < 1`;
    /// [`SequentialError::Theta`] when no share can leave its band.
    pub fn new(counts: &[u64], tolerance: f64) -> Result<Self, SequentialError> {
        let rows = total(counts);
        if rows == 0 {
            return Err(SequentialError::EmptyReference);
        }
        if !(tolerance > 0.0 && tolerance < 1.0) {
            return Err(SequentialError::Parameter {
                what: "tolerance",
                found: tolerance,
                expected: "a number in (0, 1)",
            });
        }
        let mut plan = Self { categories: Vec::new(), bets: Vec::new(), weights: Vec::new(), count: counts.len() };
        let deltas = doubling(DELTA_MIN, BETS);
        for (category, &count) in counts.iter().enumerate() {
            let share = count as f64 / rows as f64;
            let room = tolerance + 3.0 * (share * (1.0 - share) / rows as f64).sqrt();
            let mut bets = Vec::new();
            if share + room < 1.0 {
                bets.extend(upward_grid(share + room, &deltas, Variance::Binary)?);
            }
            if share > room {
                bets.extend(downward_grid(share - room, &deltas, Variance::Binary)?);
            }
            let weight = share.max(LEAST_WEIGHT) / bets.len().max(1) as f64;
            plan.categories.extend(std::iter::repeat_n(category, bets.len()));
            plan.weights.extend(std::iter::repeat_n(weight, bets.len()));
            plan.bets.extend(bets);
        }
        if plan.bets.is_empty() { Err(SequentialError::Theta(tolerance)) } else { Ok(plan) }
    }

    /// Log wealth of a window with these counts a category, one number a bet.
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of categories.
    pub fn log_wealth(&self, counts: &[u64]) -> Result<Vec<f64>, SequentialError> {
        if counts.len() != self.count {
            return Err(SequentialError::Length { what: "categories", found: counts.len(), expected: self.count });
        }
        let rows = total(counts);
        let mut all = Vec::with_capacity(self.bets.len());
        for (bet, &category) in self.bets.iter().zip(&self.categories) {
            all.extend(log_wealth_of_counts(std::slice::from_ref(bet), counts[category], rows)?);
        }
        Ok(all)
    }

    /// Weights of the bets, for [`EDetector::with_weights`](super::EDetector::with_weights).
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Category of a bet, and whether it is on a greater share.
    #[must_use]
    pub fn meaning(&self, bet: usize) -> Option<(usize, bool)> {
        Some((*self.categories.get(bet)?, self.bets.get(bet)?.lambda() > 0.0))
    }
}

fn total(counts: &[u64]) -> u64 {
    counts.iter().fold(0, |sum, &count| sum.saturating_add(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequential::{EDetector, Recursion};

    #[test]
    fn finds_the_category_that_grows() {
        let plan = CategoryShares::new(&[5_000, 3_000, 2_000, 0], 0.02).unwrap();
        let mut detector = EDetector::with_weights(Recursion::ShiryaevRoberts, plan.weights()).unwrap();
        for at in 0..100 {
            let evidence = detector.update(at, &plan.log_wealth(&[50, 30, 20, 0]).unwrap()).unwrap();
            assert!(evidence < 10_f64.ln(), "{evidence}");
        }
        let found = (100..120)
            .find(|&at| detector.update(at, &plan.log_wealth(&[47, 28, 15, 10]).unwrap()).unwrap() >= 10_000_f64.ln());
        assert!(found.is_some_and(|at| at < 103), "{found:?}");
        assert_eq!(plan.meaning(detector.leading_bet().unwrap()), Some((3, true)));
        assert_eq!(plan.meaning(plan.weights().len()), None);
        // The unseen category cannot shrink.
        assert!(!(0..plan.weights().len()).any(|bet| plan.meaning(bet) == Some((3, false))));
    }

    #[test]
    fn refused() {
        assert_eq!(CategoryShares::new(&[0], 0.02), Err(SequentialError::EmptyReference));
        assert!(CategoryShares::new(&[1, 1], 0.0).is_err() && CategoryShares::new(&[1, 1], f64::NAN).is_err());
        assert!(CategoryShares::new(&[500, 500], 0.02).unwrap().log_wealth(&[1]).is_err());
        // One category: it can only shrink, which needs another one to exist.
        assert_eq!(CategoryShares::new(&[100], 0.02).unwrap().meaning(0), Some((0, false)));
    }
}
