//! What a run of windows does to an e-detector, as one value that composes in time order.
//!
//! A run acts on the sum of e-processes as the affine map `M → P·M + S` with `P = e^{Σ ell}` and
//! `S = Σ_j e^{Σ_{w ≥ j} ell_w}`, and on their maximum as `M → max(P·M, B)` with `B` the greatest of those terms. So
//! history can be read in pieces, and a display restated, without the rows.

use super::{SequentialError, log_add};

/// The suffix sums of one bet's log wealth: of all windows, of the best suffix, and where that begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suffixes {
    /// `ln Σ_j e^{Σ_{w ≥ j} ell_w}`, the Shiryaev–Roberts statistic; −∞ without windows.
    pub log_sum: f64,
    /// `max_j Σ_{w ≥ j} ell_w`, the CUSUM statistic; −∞ without windows.
    pub best: f64,
    /// Label of the window at which the best suffix begins; 0 without windows.
    pub since: i64,
}

impl Suffixes {
    /// No windows.
    pub const EMPTY: Self = Self { log_sum: f64::NEG_INFINITY, best: f64::NEG_INFINITY, since: 0 };

    /// These suffixes followed by a run with total log wealth `total` and suffixes `later`.
    pub(crate) fn then(self, total: f64, later: Self) -> Self {
        let log_sum = log_add(self.log_sum + total, later.log_sum);
        // On a tie the shorter suffix is named: what adds no evidence is no part of the change.
        let (best, since) =
            if self.best + total > later.best { (self.best + total, self.since) } else { (later.best, later.since) };
        Self { log_sum, best, since }
    }
}

/// One run of windows, one entry a bet.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    windows: u64,
    totals: Vec<f64>,
    suffixes: Vec<Suffixes>,
}

impl Block {
    /// No windows, for `bets` bets.
    #[must_use]
    pub fn empty(bets: usize) -> Self {
        Self { windows: 0, totals: vec![0.0; bets], suffixes: vec![Suffixes::EMPTY; bets] }
    }

    /// One window labelled `at` (its start or number; ascending) with its log wealth.
    ///
    /// # Errors
    /// [`SequentialError::Parameter`] for a log wealth that is NaN or +∞.
    pub fn window(at: i64, log_wealth: &[f64]) -> Result<Self, SequentialError> {
        if let Some(&bad) = log_wealth.iter().find(|ell| ell.is_nan() || **ell == f64::INFINITY) {
            return Err(SequentialError::Parameter { what: "log wealth", found: bad, expected: "a number below ∞" });
        }
        let suffixes = log_wealth.iter().map(|&ell| Suffixes { log_sum: ell, best: ell, since: at }).collect();
        Ok(Self { windows: 1, totals: log_wealth.to_vec(), suffixes })
    }

    /// This run followed by `later`. Associative, with [`Block::empty`] as neutral element; not commutative.
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of bets.
    pub fn then(&self, later: &Self) -> Result<Self, SequentialError> {
        let (found, expected) = (later.totals.len(), self.totals.len());
        if found != expected {
            return Err(SequentialError::Length { what: "bets", found, expected });
        }
        let pairs = self.suffixes.iter().zip(&later.suffixes).zip(&later.totals);
        Ok(Self {
            windows: self.windows.saturating_add(later.windows),
            totals: self.totals.iter().zip(&later.totals).map(|(a, b)| a + b).collect(),
            suffixes: pairs.map(|((first, second), &total)| first.then(total, *second)).collect(),
        })
    }

    /// Number of windows.
    #[must_use]
    pub fn windows(&self) -> u64 {
        self.windows
    }

    /// `ln P`, the log wealth of the whole run, one a bet.
    #[must_use]
    pub fn totals(&self) -> &[f64] {
        &self.totals
    }

    /// `ln S` and `ln B`, one a bet.
    #[must_use]
    pub fn suffixes(&self) -> &[Suffixes] {
        &self.suffixes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn example_of_the_specification() {
        let ell = [-1.729950448837, 6.599551529724];
        let block = Block::window(1, &ell[..1]).unwrap().then(&Block::window(2, &ell[1..]).unwrap()).unwrap();
        assert!((block.totals()[0].exp() / 130.268939759952 - 1.0).abs() < 1e-11);
        assert!((block.suffixes()[0].log_sum.exp() / 865.034534571819 - 1.0).abs() < 1e-11);
        assert_eq!((block.windows(), block.suffixes()[0].since), (2, 2));
    }

    #[test]
    fn refused() {
        assert!(Block::window(0, &[f64::NAN]).is_err() && Block::window(0, &[f64::INFINITY]).is_err());
        assert!(Block::empty(2).then(&Block::empty(3)).is_err());
        // A bet that lost everything is legal and stays at nothing.
        let lost = Block::window(0, &[f64::NEG_INFINITY]).unwrap();
        assert_eq!(lost.then(&lost).unwrap().suffixes()[0].log_sum, f64::NEG_INFINITY);
    }

    fn run(ells: &[f64], from: i64) -> Block {
        ells.iter().enumerate().fold(Block::empty(1), |block, (index, &ell)| {
            block.then(&Block::window(from + index as i64, &[ell]).unwrap()).unwrap()
        })
    }

    proptest! {
        #[test]
        fn composes(ells in prop::collection::vec(-20.0..20.0_f64, 1..40), cut in 0usize..40) {
            let cut = cut.min(ells.len());
            let (whole, left, right) = (run(&ells, 0), run(&ells[..cut], 0), run(&ells[cut..], cut as i64));
            let joined = left.then(&right).unwrap();
            let (a, b) = (whole.suffixes()[0], joined.suffixes()[0]);
            prop_assert!((a.log_sum - b.log_sum).abs() < 1e-9 && (a.best - b.best).abs() < 1e-9);
            prop_assert_eq!(whole.windows(), joined.windows());
            let direct = (0..ells.len()).map(|j| ells[j..].iter().sum::<f64>());
            prop_assert!((a.best - direct.clone().fold(f64::NEG_INFINITY, f64::max)).abs() < 1e-9);
            prop_assert!((a.log_sum - crate::sequential::log_sum(direct)).abs() < 1e-9);
            prop_assert_eq!(&Block::empty(1).then(&whole).unwrap(), &whole);
        }
    }
}
