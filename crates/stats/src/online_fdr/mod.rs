//! False discovery rate over an endless stream of tests, decided one by one with no look ahead.
//!
//! One p-value per monitor and window, independent across time (windows must not overlap). A NaN p-value is a test
//! that did not happen: it changes nothing and rejects nothing.

pub mod addis;
pub mod lord_plus_plus;
pub mod saffron;

pub use addis::Addis;
pub use lord_plus_plus::LordPlusPlus;
pub use saffron::Saffron;

/// The level one test was given, and whether it was rejected (`p ≤ level`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Level `α_t`.
    pub level: f64,
    /// Whether the null hypothesis was rejected.
    pub reject: bool,
}

/// An error level that makes no sense becomes 0: nothing is ever rejected.
fn usable(alpha: f64) -> f64 {
    if alpha > 0.0 && alpha < 1.0 { alpha } else { 0.0 }
}

/// `γ_j = 0.4374901658·j^{−1.6}`, summing to 1 over `j ≥ 1`; 0 at `j = 0`.
fn power_gamma(j: u64) -> f64 {
    if j == 0 { 0.0 } else { 0.437_490_165_8 * (j as f64).powf(-1.6) }
}

#[cfg(test)]
pub(crate) const EXAMPLE: [f64; 5] = [0.0001, 0.2, 0.0003, 0.5, 0.001];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    #[test]
    fn gamma_sums_to_one() {
        let head: f64 = (1..=100_000).map(power_gamma).sum();
        // The rest, ∫ x^-1.6.
        let tail = 0.437_490_165_8 / 0.6 * 100_000.5_f64.powf(-0.6);
        assert!((head + tail - 1.0).abs() < 1e-9);
    }

    #[test]
    fn uniform_p_values_are_rarely_rejected() {
        let mut generator = SplitMix64::new(5);
        let (mut lord, mut saffron, mut addis) = (LordPlusPlus::new(0.05), Saffron::new(0.05), Addis::new(0.05));
        let mut rejections = 0;
        for _ in 0..2_000 {
            let p = generator.uniform();
            for step in [lord.test(p), saffron.test(p), addis.test(p)] {
                assert!((0.0..=1.0).contains(&step.level));
                rejections += u32::from(step.reject);
            }
        }
        assert!(rejections <= 3, "{rejections}");
    }
}
