//! The e-process: evidence from a fixed start, for comparisons that end.

use super::{SequentialError, log_sum, log_weights};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// `E = Σ_k ω_k Π e^{ell_k}`, started at 1. The probability that it ever reaches `1/α` under the hypothesis is at most
/// `α` (Ville's inequality), however often and whenever it is read. For canaries, shadows and audits.
///
/// Source: Ville 1939; Ramdas et al. 2023, <https://doi.org/10.1214/23-STS894>.
#[derive(Debug, Clone, PartialEq)]
pub struct EProcess {
    log_weights: Vec<f64>,
    log_wealth: Vec<f64>,
    highest: f64,
}

impl EProcess {
    /// A fresh state for `bets` bets of equal weight.
    ///
    /// # Errors
    /// [`SequentialError::Length`] without bets.
    pub fn new(bets: usize) -> Result<Self, SequentialError> {
        if bets == 0 {
            return Err(SequentialError::Length { what: "bets", found: 0, expected: 1 });
        }
        Ok(Self { log_weights: log_weights(&vec![1.0; bets])?, log_wealth: vec![0.0; bets], highest: 0.0 })
    }

    /// Takes one window's log wealth, one number a bet, and returns [`EProcess::log_evidence`].
    ///
    /// # Errors
    /// [`SequentialError::Length`] for another number of bets, [`SequentialError::Parameter`] for NaN or +∞; the state
    /// is then unchanged.
    pub fn update(&mut self, log_wealth: &[f64]) -> Result<f64, SequentialError> {
        let (found, expected) = (log_wealth.len(), self.log_wealth.len());
        if found != expected {
            return Err(SequentialError::Length { what: "bets", found, expected });
        }
        if let Some(&bad) = log_wealth.iter().find(|ell| ell.is_nan() || **ell == f64::INFINITY) {
            return Err(SequentialError::Parameter { what: "log wealth", found: bad, expected: "a number below ∞" });
        }
        self.log_wealth.iter_mut().zip(log_wealth).for_each(|(total, ell)| *total += ell);
        self.highest = self.highest.max(self.log_evidence());
        Ok(self.log_evidence())
    }

    /// `ln E`, 0 at the start.
    #[must_use]
    pub fn log_evidence(&self) -> f64 {
        log_sum(self.log_wealth.iter().zip(&self.log_weights).map(|(wealth, weight)| wealth + weight))
    }

    /// Whether the evidence has ever reached `1/alpha`; never for an `alpha` that is not in `(0, 1)`.
    #[must_use]
    pub fn is_alarm(&self, alpha: f64) -> bool {
        alpha > 0.0 && alpha < 1.0 && self.highest >= -alpha.ln()
    }

    /// The p-value that may be read at any time: `min(1, 1/max E)`.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        (-self.highest).exp().min(1.0)
    }
}

impl Checkpoint for EProcess {
    fn save(&self) -> Vec<u64> {
        self.log_wealth.iter().chain([&self.highest]).map(|value| value.to_bits()).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("e-process", words);
        let log_wealth = self.log_wealth.iter().map(|_| reader.float()).collect::<Result<Vec<f64>, _>>()?;
        let highest = reader.float()?;
        if log_wealth.contains(&f64::INFINITY) || highest == f64::INFINITY {
            return Err(reader.error("evidence below ∞"));
        }
        reader.end()?;
        (self.log_wealth, self.highest) = (log_wealth, highest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;
    use crate::sequential::bets::{Variance, doubling, log_wealth_of_counts, upward_grid};

    #[test]
    fn rarely_alarms_under_the_hypothesis_and_soon_after_a_change() {
        let bets = upward_grid(0.1, &doubling(0.01, 6), Variance::Binary).unwrap();
        let mut generator = Xoshiro256::new(3);
        let mut run = |rate: f64| {
            let mut process = EProcess::new(bets.len()).unwrap();
            for _ in 0..400 {
                let bad = (0..50).filter(|_| generator.uniform() < rate).count() as u64;
                process.update(&log_wealth_of_counts(&bets, bad, 50).unwrap()).unwrap();
            }
            process.is_alarm(0.05)
        };
        let false_alarms = (0..200).filter(|_| run(0.1)).count();
        let alarms = (0..20).filter(|_| run(0.13)).count();
        // At most 10 expected of 200; four standard deviations above that is 22.
        assert!(false_alarms <= 22 && alarms == 20, "{false_alarms} {alarms}");
    }

    #[test]
    fn keeps_its_highest_value() {
        let mut process = EProcess::new(1).unwrap();
        assert_eq!(process.p_value(), 1.0);
        process.update(&[4.0]).unwrap();
        process.update(&[-9.0]).unwrap();
        assert!(process.is_alarm(0.05) && !process.is_alarm(0.001) && !process.is_alarm(2.0));
        assert!((process.p_value() - (-4.0_f64).exp()).abs() < 1e-15 && process.log_evidence() == -5.0);
        let mut copy = EProcess::new(1).unwrap();
        copy.load(&process.save()).unwrap();
        assert_eq!(copy, process);
        assert!(copy.load(&[0]).is_err() && copy.update(&[]).is_err() && copy.update(&[f64::NAN]).is_err());
        assert!(EProcess::new(0).is_err());
    }
}
