//! SAFFRON.

use super::{Step, power_gamma, usable};

const LAMBDA: f64 = 0.5;

/// SAFFRON: `α_t = min{λ, w0 γ_{t−C0+} + ((1−λ)α − w0) γ_{t−τ1−C1+} + (1−λ)α Σ_{j≥2} γ_{t−τj−Cj+}}`.
///
/// A p-value `≤ λ = 0.5` is a candidate; `C_{j+}` counts candidates after rejection `j` (`C_{0+}`: all) and before
/// `t`; `w0 = (1−λ)α/2`, `γ_j = 0.4374901658·j^{−1.6}`. State: one pair per rejection.
///
/// Source: Ramdas et al. 2018, <https://arxiv.org/abs/1802.09098>.
#[derive(Debug, Clone, PartialEq)]
pub struct Saffron {
    alpha: f64,
    tests: u64,
    candidates: u64,
    /// Time of the rejection, and candidates up to and including it.
    rejections: Vec<(u64, u64)>,
}

impl Saffron {
    /// A stream at false discovery rate `alpha` in `(0, 1)`; anything else never rejects.
    #[must_use]
    pub fn new(alpha: f64) -> Self {
        Self { alpha: usable(alpha), tests: 0, candidates: 0, rejections: Vec::new() }
    }

    /// Takes the next p-value.
    pub fn test(&mut self, p: f64) -> Step {
        if p.is_nan() {
            return Step { level: 0.0, reject: false };
        }
        self.tests += 1;
        let budget = (1.0 - LAMBDA) * self.alpha;
        let initial = 0.5 * budget;
        let earned = self.rejections.iter().enumerate().map(|(index, &(time, seen))| {
            let reward = if index == 0 { budget - initial } else { budget };
            reward * power_gamma(self.tests - time - (self.candidates - seen))
        });
        let level = (initial * power_gamma(self.tests - self.candidates) + earned.sum::<f64>()).min(LAMBDA);
        let reject = p <= level;
        self.candidates += u64::from(p <= LAMBDA);
        if reject {
            self.rejections.push((self.tests, self.candidates));
        }
        Step { level, reject }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::online_fdr::EXAMPLE;

    #[test]
    fn example() {
        let mut stream = Saffron::new(0.05);
        let steps: Vec<Step> = EXAMPLE.iter().map(|&p| stream.test(p)).collect();
        for (step, level) in steps.iter().zip([0.005469, 0.010937, 0.010937, 0.021875, 0.021875]) {
            assert!((step.level - level).abs() < 6e-7, "{step:?} {level}");
        }
        let rejected: Vec<bool> = steps.iter().map(|step| step.reject).collect();
        assert_eq!(rejected, [true, false, true, false, true]);
        assert!(!stream.test(f64::NAN).reject);
    }
}
