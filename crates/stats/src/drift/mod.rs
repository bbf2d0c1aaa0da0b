//! Drift metrics and two-sample tests, one file each.
//!
//! On counts over common bins: [`psi`], [`kl`], [`js`], [`hellinger`], [`tvd`], [`linf`], [`chi2`], [`g_test`],
//! [`fisher`], [`cramers_v`]. On sorted samples: [`ks`], [`wasserstein`], [`energy`], [`cramer_von_mises`],
//! [`anderson_darling`], [`mann_whitney`]; most of these also have a bracket from bins.
//! On moments and totals: [`means`], [`proportions`].

pub mod anderson_darling;
pub mod binned;
pub mod chi2;
pub mod cramer_von_mises;
pub mod cramers_v;
pub mod energy;
pub mod fisher;
pub mod g_test;
pub mod hellinger;
pub mod js;
pub mod kl;
pub mod ks;
pub mod linf;
pub mod mann_whitney;
pub mod means;
mod merge;
pub mod proportions;
pub mod psi;
pub mod ranks;
pub mod tvd;
pub mod wasserstein;

/// A value known only between limits, because it was computed from bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    /// The value to report.
    pub value: f64,
    /// The sample value is at least this, up to rounding.
    pub lo: f64,
    /// The sample value is at most this, up to rounding.
    pub hi: f64,
}

/// A test statistic with its degrees of freedom and p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestResult {
    /// The statistic.
    pub statistic: f64,
    /// Degrees of freedom of the reference law; 0 when it has none.
    pub df: f64,
    /// The p-value, in `[0, 1]`.
    pub p_value: f64,
}

#[cfg(test)]
pub(crate) mod example {
    //! The shared example of the specification, section B.3.
    pub(crate) const R: [u64; 5] = [50, 30, 15, 5, 0];
    pub(crate) const C: [u64; 5] = [30, 35, 20, 10, 5];
    /// Sections B.7 to B.13.
    pub(crate) const X: [f64; 5] = [0.1, 0.4, 0.7, 1.2, 2.0];
    pub(crate) const Y: [f64; 6] = [0.5, 0.9, 1.5, 2.5, 3.0, 3.5];

    pub(crate) fn near(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance, "{got} is not {expected} within {tolerance}");
    }
}
