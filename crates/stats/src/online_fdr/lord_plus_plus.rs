//! LORD++.

use super::{Step, usable};

/// LORD++: `α_t = γ_t w0 + (α − w0) γ_{t−τ1} + α Σ_{j≥2} γ_{t−τj}`, `τ_j` the time of rejection `j`.
///
/// `γ_j = 0.0722·ln(max(j,2))/(j e^{√ln j})`, `w0 = α/2`. State: the times of rejections.
///
/// Source: Ramdas et al. 2017, <https://arxiv.org/abs/1710.00499>; Javanmard & Montanari 2018 for `γ`.
#[derive(Debug, Clone, PartialEq)]
pub struct LordPlusPlus {
    alpha: f64,
    tests: u64,
    rejections: Vec<u64>,
}

impl LordPlusPlus {
    /// A stream at false discovery rate `alpha` in `(0, 1)`; anything else never rejects.
    #[must_use]
    pub fn new(alpha: f64) -> Self {
        Self { alpha: usable(alpha), tests: 0, rejections: Vec::new() }
    }

    /// Takes the next p-value.
    pub fn test(&mut self, p: f64) -> Step {
        if p.is_nan() {
            return Step { level: 0.0, reject: false };
        }
        self.tests += 1;
        let initial = 0.5 * self.alpha;
        let earned = self.rejections.iter().enumerate().map(|(index, &time)| {
            let reward = if index == 0 { self.alpha - initial } else { self.alpha };
            reward * gamma(self.tests - time)
        });
        let level = gamma(self.tests) * initial + earned.sum::<f64>();
        let reject = p <= level;
        if reject {
            self.rejections.push(self.tests);
        }
        Step { level, reject }
    }
}

fn gamma(j: u64) -> f64 {
    let j = j.max(1) as f64;
    0.0722 * j.max(2.0).ln() / (j * j.ln().sqrt().exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::online_fdr::EXAMPLE;

    #[test]
    fn example() {
        let mut stream = LordPlusPlus::new(0.05);
        let steps: Vec<Step> = EXAMPLE.iter().map(|&p| stream.test(p)).collect();
        for (step, level) in steps.iter().zip([0.001251, 0.001523, 0.000504, 0.002927, 0.000900]) {
            assert!((step.level - level).abs() < 6e-7, "{step:?} {level}");
        }
        let rejected: Vec<bool> = steps.iter().map(|step| step.reject).collect();
        assert_eq!(rejected, [true, false, true, false, false]);
        assert!(!stream.test(f64::NAN).reject);
        assert!(!LordPlusPlus::new(f64::NAN).test(1e-12).reject);
    }
}
