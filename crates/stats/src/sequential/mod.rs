//! Monitoring that may look after every window, for ever: evidence against "the mean is at most θ0".
//!
//! A test of fixed size that is read again and again raises an alarm sooner or later. What is here keeps its promise
//! however often it is read:
//! * [`detector`]: e-detectors. The average number of windows to a false alarm is at least `c`, whatever the
//!   dependence between rows, as long as no window's mean is expected beyond `θ0` given the past.
//! * [`horizon`]: e-processes, for comparisons that end. The probability of any false alarm, ever, is at most `α`.
//! * [`confidence`]: confidence sequences, intervals that hold at all times at once.
//!
//! A *plan* turns a window into one number a bet, the log wealth `Σ ln(1 + λ(x − θ0))`: [`bets`] for values, counts
//! and bins, [`proportion`], [`loss`] and [`pit`] for what is monitored, [`seasonal`] where `θ0` depends on the hour.
//! A *state* ([`EDetector`], [`EProcess`], [`Episode`]) adds windows up. Plans are never saved, states are.
//!
//! Expected seasons break the hypothesis: a flat `θ0` below the mean of every night is false every night. Use windows
//! of a whole season, [`seasonal`], or a tolerance above the peak.
//!
//! Source: Shin, Ramdas & Rinaldo 2022, <https://arxiv.org/abs/2203.03532>; Waudby-Smith & Ramdas 2024,
//! <https://doi.org/10.1093/jrsssb/qkad009>.

pub mod bets;
pub mod block;
pub mod budget;
pub mod confidence;
pub mod detector;
pub mod episode;
pub mod horizon;
pub mod loss;
pub mod pairs;
pub mod pit;
pub mod proportion;
pub mod seasonal;
pub mod shares;

pub use bets::{Bet, LogTable, Variance};
pub use block::Block;
pub use detector::{EDetector, Recursion};
pub use episode::{Episode, Totals, Transition};
pub use horizon::EProcess;

use thiserror::Error;

/// Why a sequential method has no value.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SequentialError {
    /// A mean outside the open unit interval cannot be bet against.
    #[error("bound {0} of the mean cannot be bet against, expected a number in (0, 1)")]
    Theta(f64),
    /// A bet that could lose more than everything, or is not a number.
    #[error("bet {lambda} against the bound {theta} can lose more than everything")]
    Lambda {
        /// The bet.
        lambda: f64,
        /// The bound of the mean.
        theta: f64,
    },
    /// A parameter out of range.
    #[error("{what} is {found}, expected {expected}")]
    Parameter {
        /// Which one.
        what: &'static str,
        /// What was given.
        found: f64,
        /// Its range.
        expected: &'static str,
    },
    /// An observation that is no number in the unit interval.
    #[error("observation {0} is outside [0, 1]")]
    Value(f64),
    /// More bad rows than rows.
    #[error("{bad} bad of {rows} rows")]
    Counts {
        /// Bad rows.
        bad: u64,
        /// All rows.
        rows: u64,
    },
    /// Two lists that belong together have different lengths.
    #[error("{what}: {found} given, expected {expected}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// How many were given.
        found: usize,
        /// How many were expected.
        expected: usize,
    },
    /// The reference holds no rows.
    #[error("the reference holds no rows")]
    EmptyReference,
}

/// `ln(e^a + e^b)`; −∞ stands for 0.
pub(crate) fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// `ln Σ e^{x}`; −∞ for none.
pub(crate) fn log_sum(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY { top } else { top + terms.map(|term| (term - top).exp()).sum::<f64>().ln() }
}

/// Logs of the weights that `weights` become when they are made to sum to 1.
pub(crate) fn log_weights(weights: &[f64]) -> Result<Vec<f64>, SequentialError> {
    let sum: f64 = weights.iter().sum();
    if let Some(&bad) = weights.iter().find(|w| !(w.is_finite() && **w > 0.0)) {
        return Err(SequentialError::Parameter { what: "weight", found: bad, expected: "a positive number" });
    }
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(SequentialError::Parameter { what: "sum of weights", found: sum, expected: "a positive number" });
    }
    Ok(weights.iter().map(|weight| (weight / sum).ln()).collect())
}
