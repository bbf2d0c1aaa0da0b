//! The e-detector: evidence that the mean has risen above its bound at some unknown time.

use super::block::{Block, Suffixes};
use super::{SequentialError, log_sum, log_weights};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// How e-processes that start at every window are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recursion {
    /// Their sum, `M ← (M + 1)·e^{ell}`. Uses its budget of false alarms nearly up, so it is quicker.
    ShiryaevRoberts,
    /// Their maximum, `M ← max(M, 1)·e^{ell}`. Never above the sum, so the same promise holds.
    Cusum,
}

/// State of a mixture of `K` bets: `ln M = ln Σ_k ω_k M_k`.
///
/// Guarantee: with an alarm at `M ≥ c` the expected number of windows to a false alarm is at least `c`, for any weights
/// and any dependence. Memory and work are `O(K)` a window. A window without rows is not an evaluation: leave it out.
/// Rows that come late belong to the window in which they arrive.
///
/// Source: Shin, Ramdas & Rinaldo 2022, <https://arxiv.org/abs/2203.03532>.
#[derive(Debug, Clone, PartialEq)]
pub struct EDetector {
    recursion: Recursion,
    log_weights: Vec<f64>,
    windows: u64,
    suffixes: Vec<Suffixes>,
}

impl EDetector {
    /// A fresh state for `bets` bets of equal weight.
    ///
    /// # Errors
    /// [`SequentialError::Length`] without bets.
    pub fn new(recursion: Recursion, bets: usize) -> Result<Self, SequentialError> {
        Self::with_weights(recursion, &vec![1.0; bets])
    }

    /// A fresh state with positive weights, which are scaled to sum to 1.
    ///
    /// # Errors
    /// [`SequentialError::Length`] without bets, [`SequentialError::Parameter`] for a weight that is not positive.
    pub fn with_weights(recursion: Recursion, weights: &[f64]) -> Result<Self, SequentialError> {
        if weights.is_empty() {
            return Err(SequentialError::Length { what: "bets", found: 0, expected: 1 });
        }
        let log_weights = log_weights(weights)?;
        Ok(Self { recursion, windows: 0, suffixes: vec![Suffixes::EMPTY; log_weights.len()], log_weights })
    }

    /// A state as [`EDetector::windows`] and [`EDetector::suffixes`] gave it, for the same recursion and weights.
    ///
    /// # Errors
    /// As for [`EDetector::with_weights`], and for suffixes of another number or with NaN.
    pub fn from_parts(
        recursion: Recursion,
        weights: &[f64],
        windows: u64,
        suffixes: Vec<Suffixes>,
    ) -> Result<Self, SequentialError> {
        let mut detector = Self::with_weights(recursion, weights)?;
        if suffixes.len() != weights.len() {
            return Err(SequentialError::Length { what: "bets", found: suffixes.len(), expected: weights.len() });
        }
        let is_number = |value: f64| !value.is_nan() && value < f64::INFINITY;
        if let Some(bad) = suffixes.iter().find(|s| !is_number(s.log_sum) || !is_number(s.best)) {
            return Err(SequentialError::Parameter {
                what: "evidence",
                found: bad.log_sum,
                expected: "a number below ∞",
            });
        }
        (detector.windows, detector.suffixes) = (windows, suffixes);
        Ok(detector)
    }

    /// Takes one window, labelled `at` (its start or number; ascending), and returns [`EDetector::log_evidence`].
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of bets, [`SequentialError::Parameter`] for NaN or +∞; the state
    /// is then unchanged.
    pub fn update(&mut self, at: i64, log_wealth: &[f64]) -> Result<f64, SequentialError> {
        self.apply(&Block::window(at, log_wealth)?)
    }

    /// Takes a run of windows at once. An alarm inside the run that has gone by its end is not seen.
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of bets.
    pub fn apply(&mut self, block: &Block) -> Result<f64, SequentialError> {
        let (found, expected) = (block.totals().len(), self.suffixes.len());
        if found != expected {
            return Err(SequentialError::Length { what: "bets", found, expected });
        }
        for (state, (&total, &later)) in self.suffixes.iter_mut().zip(block.totals().iter().zip(block.suffixes())) {
            *state = state.then(total, later);
        }
        self.windows = self.windows.saturating_add(block.windows());
        Ok(self.log_evidence())
    }

    /// `ln M`; −∞ before the first window. An alarm is due when it reaches `ln c`
    /// ([`EDetector::is_alarm`]).
    #[must_use]
    pub fn log_evidence(&self) -> f64 {
        log_sum(self.contributions())
    }

    /// Whether the evidence has reached the threshold `c`; never for a threshold that is not positive.
    #[must_use]
    pub fn is_alarm(&self, c: f64) -> bool {
        c > 0.0 && self.log_evidence() >= c.ln()
    }

    /// `ln(ω_k M_k)`, one a bet.
    pub fn contributions(&self) -> impl Iterator<Item = f64> + Clone + '_ {
        let of = |s: &Suffixes| match self.recursion {
            Recursion::ShiryaevRoberts => s.log_sum,
            Recursion::Cusum => s.best,
        };
        self.suffixes.iter().zip(&self.log_weights).map(move |(suffixes, weight)| weight + of(suffixes))
    }

    /// Index of the bet with the greatest contribution; the first of equals, `None` before the first window.
    #[must_use]
    pub fn leading_bet(&self) -> Option<usize> {
        let mut leader = None;
        let mut top = f64::NEG_INFINITY;
        for (index, contribution) in self.contributions().enumerate() {
            if contribution > top {
                (leader, top) = (Some(index), contribution);
            }
        }
        leader
    }

    /// Label of the window at which the change most likely began: where the best suffix of the bet with the greatest
    /// one begins (the CUSUM's maximum-likelihood estimate). `None` while no suffix speaks for a change.
    #[must_use]
    pub fn change_time(&self) -> Option<i64> {
        let mut leader: Option<&Suffixes> = None;
        for suffixes in &self.suffixes {
            if suffixes.best > leader.map_or(0.0, |leader| leader.best) {
                leader = Some(suffixes);
            }
        }
        leader.map(|suffixes| suffixes.since)
    }

    /// Forgets all evidence, as after an alarm or a change of baseline. The number of windows starts again too.
    pub fn restart(&mut self) {
        self.windows = 0;
        self.suffixes.fill(Suffixes::EMPTY);
    }

    /// Windows since the start.
    #[must_use]
    pub fn windows(&self) -> u64 {
        self.windows
    }

    /// State, one entry a bet.
    #[must_use]
    pub fn suffixes(&self) -> &[Suffixes] {
        &self.suffixes
    }
}

impl Checkpoint for EDetector {
    fn save(&self) -> Vec<u64> {
        let words = |s: &Suffixes| [s.log_sum.to_bits(), s.best.to_bits(), s.since.cast_unsigned()];
        std::iter::once(self.windows).chain(self.suffixes.iter().flat_map(words)).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("e-detector", words);
        let windows = reader.count()?;
        let mut suffixes = Vec::with_capacity(self.suffixes.len());
        for _ in &self.suffixes {
            let (log_sum, best) = (reader.float()?, reader.float()?);
            if log_sum == f64::INFINITY || best == f64::INFINITY {
                return Err(reader.error("evidence below ∞"));
            }
            suffixes.push(Suffixes { log_sum, best, since: reader.count()?.cast_signed() });
        }
        reader.end()?;
        (self.windows, self.suffixes) = (windows, suffixes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequential::bets::{Variance, log_wealth_of_counts, upward_grid};
    use proptest::prelude::*;

    const WINDOWS: [(u64, u64); 3] = [(12, 100), (25, 100), (28, 100)];

    fn window((bad, rows): (u64, u64)) -> Vec<f64> {
        let bets = upward_grid(0.11, &[0.02, 0.08], Variance::Binary).unwrap();
        log_wealth_of_counts(&bets, bad, rows).unwrap()
    }

    #[test]
    fn example_of_the_specification() {
        let mut detector = EDetector::new(Recursion::ShiryaevRoberts, 2).unwrap();
        let expected = [
            (1.004573, 0.177293, 0.590933),
            (23.740075, 865.034535, 444.387305),
            (517.756303, 4_349_924.645, 2_175_221.2),
        ];
        for (index, (first, second, mix)) in expected.into_iter().enumerate() {
            let evidence = detector.update(index as i64, &window(WINDOWS[index])).unwrap();
            let m: Vec<f64> = detector.suffixes().iter().map(|s| s.log_sum.exp()).collect();
            assert!((m[0] / first - 1.0).abs() < 1e-6 && (m[1] / second - 1.0).abs() < 3e-6, "{m:?}");
            assert!((evidence.exp() / mix - 1.0).abs() < 1e-6, "{}", evidence.exp());
        }
        assert!(detector.is_alarm(8_760.0) && !detector.is_alarm(3e6) && !detector.is_alarm(0.0));
        // Both bets lose in the first window or win next to nothing; the change began with the second.
        assert_eq!((detector.change_time(), detector.leading_bet(), detector.windows()), (Some(1), Some(1), 3));
        detector.restart();
        assert_eq!((detector.log_evidence(), detector.change_time()), (f64::NEG_INFINITY, None));
    }

    #[test]
    fn cusum_by_its_recursion() {
        let mut detector = EDetector::with_weights(Recursion::Cusum, &[1.0, 3.0]).unwrap();
        let mut m = [f64::NEG_INFINITY; 2];
        for (index, counts) in WINDOWS.into_iter().enumerate() {
            let ell = window(counts);
            detector.update(index as i64, &ell).unwrap();
            m = [m[0].max(0.0) + ell[0], m[1].max(0.0) + ell[1]];
        }
        let expected = (0.25 * m[0].exp() + 0.75 * m[1].exp()).ln();
        assert!((detector.log_evidence() - expected).abs() < 1e-12);
    }

    #[test]
    fn refused() {
        assert!(EDetector::new(Recursion::Cusum, 0).is_err());
        assert!(EDetector::with_weights(Recursion::Cusum, &[1.0, 0.0]).is_err());
        let mut detector = EDetector::new(Recursion::Cusum, 1).unwrap();
        let before = detector.clone();
        assert!(detector.update(0, &[0.0, 1.0]).is_err() && detector.update(0, &[f64::NAN]).is_err());
        assert!(detector.load(&[1, 2]).is_err() && detector.load(&[0; 5]).is_err());
        assert!(detector.load(&[0, f64::NAN.to_bits(), 0, 0]).is_err());
        assert_eq!(detector, before);
        let nan = Suffixes { log_sum: f64::NAN, ..Suffixes::EMPTY };
        assert!(EDetector::from_parts(Recursion::Cusum, &[1.0], 1, vec![nan]).is_err());
    }

    proptest! {
        #[test]
        fn goes_on_after_a_restart_and_in_blocks(
            ells in prop::collection::vec((-9.0..9.0_f64, -9.0..9.0_f64), 1..30),
            cut in 0usize..30,
        ) {
            let cut = cut.min(ells.len());
            let mut whole = EDetector::with_weights(Recursion::ShiryaevRoberts, &[2.0, 1.0]).unwrap();
            let mut first = whole.clone();
            let mut block = Block::empty(2);
            for (index, &(a, b)) in ells.iter().enumerate() {
                whole.update(index as i64, &[a, b]).unwrap();
                if index < cut {
                    first.update(index as i64, &[a, b]).unwrap();
                } else {
                    block = block.then(&Block::window(index as i64, &[a, b]).unwrap()).unwrap();
                }
            }
            let mut second = EDetector::with_weights(Recursion::ShiryaevRoberts, &[2.0, 1.0]).unwrap();
            second.load(&first.save()).unwrap();
            prop_assert_eq!(&second, &first);
            let parts = EDetector::from_parts(
                Recursion::ShiryaevRoberts, &[2.0, 1.0], first.windows(), first.suffixes().to_vec(),
            ).unwrap();
            prop_assert_eq!(&parts, &first);
            second.apply(&block).unwrap();
            prop_assert!((second.log_evidence() - whole.log_evidence()).abs() < 1e-9);
            prop_assert_eq!(second.windows(), whole.windows());
        }
    }
}
