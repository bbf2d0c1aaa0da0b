//! ADDIS.

use super::{Step, power_gamma, usable};

const LAMBDA: f64 = 0.25;
const TAU: f64 = 0.5;

/// ADDIS: SAFFRON that also discards large p-values, which helps when nulls are conservative.
///
/// `α_t = min{λ, (τ−λ)·[w0 γ_{S−C0+} + (α−w0) γ_{S−κ1−C1+} + α Σ_{j≥2} γ_{S−κj−Cj+}]}`, `λ = 0.25`, `τ = 0.5`;
/// `p > τ` is discarded, `p ≤ λ` is a candidate; `S = 1 + #{i < t: p_i ≤ τ}`, `κ_j` counts tests not discarded up to
/// rejection `j`, `C_{j+}` candidates after it; `w0 = α/2`, `γ_j = 0.4374901658·j^{−1.6}`.
///
/// Source: Tian & Ramdas 2019, <https://arxiv.org/abs/1905.11465>.
#[derive(Debug, Clone, PartialEq)]
pub struct Addis {
    alpha: f64,
    kept: u64,
    candidates: u64,
    /// Tests kept up to and including the rejection, and candidates likewise.
    rejections: Vec<(u64, u64)>,
}

impl Addis {
    /// A stream at false discovery rate `alpha` in `(0, 1)`; anything else never rejects.
    #[must_use]
    pub fn new(alpha: f64) -> Self {
        Self { alpha: usable(alpha), kept: 0, candidates: 0, rejections: Vec::new() }
    }

    /// Takes the next p-value.
    pub fn test(&mut self, p: f64) -> Step {
        if p.is_nan() {
            return Step { level: 0.0, reject: false };
        }
        let time = self.kept + 1;
        let initial = 0.5 * self.alpha;
        let earned = self.rejections.iter().enumerate().map(|(index, &(kept, seen))| {
            let reward = if index == 0 { self.alpha - initial } else { self.alpha };
            reward * power_gamma(time - kept - (self.candidates - seen))
        });
        let wealth = initial * power_gamma(time - self.candidates) + earned.sum::<f64>();
        let level = ((TAU - LAMBDA) * wealth).min(LAMBDA);
        let reject = p <= level;
        self.kept += u64::from(p <= TAU);
        self.candidates += u64::from(p <= LAMBDA);
        if reject {
            self.rejections.push((self.kept, self.candidates));
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
        let mut stream = Addis::new(0.05);
        let steps: Vec<Step> = EXAMPLE.iter().map(|&p| stream.test(p)).collect();
        let levels: Vec<f64> = steps.iter().map(|step| step.level).collect();
        for (step, level) in steps.iter().zip([0.002734, 0.005469, 0.005469, 0.010937, 0.003608]) {
            assert!((step.level - level).abs() < 6e-7, "{levels:?}");
        }
        let rejected: Vec<bool> = steps.iter().map(|step| step.reject).collect();
        assert_eq!(rejected, [true, false, true, false, true]);
        assert!(!stream.test(f64::NAN).reject);
    }
}
