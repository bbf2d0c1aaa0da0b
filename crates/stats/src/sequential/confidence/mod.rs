//! Confidence sequences: intervals of a mean that hold at all times at once, with probability `1 − α`.
//!
//! They are for the running mean since an epoch began (deployment, change of baseline, last alarm), never across a
//! known change. Two streams: take each at `α/2` and subtract ([`difference`]).

mod asymptotic;
mod beta_binomial;
mod hedged;

pub use asymptotic::{asymptotic, asymptotic_tuned};
pub use beta_binomial::beta_binomial;
pub use hedged::HedgedCapital;

use crate::interval::Interval;

/// Interval of `first − second` from one of each at half the error.
#[must_use]
pub fn difference(first: Interval, second: Interval) -> Interval {
    Interval { lo: first.lo - second.hi, hi: first.hi - second.lo }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences() {
        let of = |lo, hi| Interval { lo, hi };
        assert_eq!(difference(of(0.5, 0.75), of(0.25, 0.5)), of(0.0, 0.5));
    }
}
