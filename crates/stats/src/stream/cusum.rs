//! CUSUM charts against a known mean, and how often they are wrong.

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// Two-sided CUSUM of `z = (x − μ0)/σ0`: `g⁺ = max(0, g⁺ + z − k)`, `g⁻ = max(0, g⁻ − z − k)`, drift at `max > h`.
///
/// `k` is half of the change to be found, in deviations; `h` sets the rate of false alarms ([`siegmund_two_sided`]).
/// `k = 0.5`, `h = 5` are usual: one false alarm in 465 for a normal.
///
/// Source: Page 1954, <https://doi.org/10.1093/biomet/41.1-2.100>.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianCusum {
    mean: f64,
    deviation: f64,
    allowance: f64,
    limit: f64,
    up: f64,
    down: f64,
    status: Status,
}

impl GaussianCusum {
    /// A fresh chart against `mean` (`μ0`) and `deviation` (`σ0 > 0`; otherwise it never alarms), with allowance `k`
    /// and limit `h`.
    #[must_use]
    pub fn new(mean: f64, deviation: f64, allowance: f64, limit: f64) -> Self {
        Self { mean, deviation, allowance, limit, up: 0.0, down: 0.0, status: Status::Stable }
    }
}

impl Detector for GaussianCusum {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.mean, self.deviation, self.allowance, self.limit);
    }

    fn observe(&mut self, x: f64) {
        let z = (x - self.mean) / self.deviation;
        if self.deviation > 0.0 && !z.is_nan() {
            // Bounded, so that two infinities never meet.
            let add = |sum: f64, z: f64| (sum + z - self.allowance).clamp(0.0, f64::MAX);
            (self.up, self.down) = (add(self.up, z), add(self.down, -z));
        }
        self.status = if self.up.max(self.down) > self.limit { Status::Drift } else { Status::Stable };
    }
}

impl Checkpoint for GaussianCusum {
    fn save(&self) -> Vec<u64> {
        vec![self.status.word(), self.up.to_bits(), self.down.to_bits()]
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("CUSUM", words);
        let status = Status::read(&mut reader)?;
        let (up, down) = (reader.float()?, reader.float()?);
        reader.end()?;
        (self.up, self.down, self.status) = (up, down, status);
        Ok(())
    }
}

/// CUSUM of log likelihood ratios of 0 or 1: `g = max(0, g + x ln(p1/p0) + (1−x) ln((1−p1)/(1−p0)))`, drift at `g > h`.
#[derive(Debug, Clone, PartialEq)]
pub struct BernoulliCusum {
    one: f64,
    zero: f64,
    limit: f64,
    sum: f64,
    status: Status,
}

impl BernoulliCusum {
    /// A fresh chart for a rate that changes from `before` to `after`; `None` unless both lie in `(0, 1)`.
    #[must_use]
    pub fn new(before: f64, after: f64, limit: f64) -> Option<Self> {
        let is_rate = |p: f64| p > 0.0 && p < 1.0;
        let (one, zero) = ((after / before).ln(), ((1.0 - after) / (1.0 - before)).ln());
        (is_rate(before) && is_rate(after)).then_some(Self { one, zero, limit, sum: 0.0, status: Status::Stable })
    }
}

impl Detector for BernoulliCusum {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        (self.sum, self.status) = (0.0, Status::Stable);
    }

    fn observe(&mut self, x: f64) {
        let x = x.clamp(0.0, 1.0);
        self.sum = (self.sum + x * self.one + (1.0 - x) * self.zero).max(0.0);
        self.status = if self.sum > self.limit { Status::Drift } else { Status::Stable };
    }
}

impl Checkpoint for BernoulliCusum {
    fn save(&self) -> Vec<u64> {
        vec![self.status.word(), self.sum.to_bits()]
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("CUSUM of a rate", words);
        let (status, sum) = (Status::read(&mut reader)?, reader.float()?);
        reader.end()?;
        (self.sum, self.status) = (sum, status);
        Ok(())
    }
}

/// Siegmund's approximation of the average run length of a one-sided CUSUM to a false alarm:
/// `(e^{2kb} − 2kb − 1)/(2k²)`, `b = h + 1.166`, in observations. `allowance` `k > 0`; at `k = 0` its limit `b²`.
///
/// Source: Siegmund 1985, *Sequential Analysis*, 2.56.
#[must_use]
pub fn siegmund(allowance: f64, limit: f64) -> f64 {
    let b = limit + 1.166;
    let drift = 2.0 * allowance * b;
    // Below that the difference loses its digits to the limit.
    if drift.abs() < 1e-4 { b * b } else { (drift.exp_m1() - drift) / (2.0 * allowance * allowance) }
}

/// The same for a two-sided chart, whose sides alarm alike: half of [`siegmund`].
#[must_use]
pub fn siegmund_two_sided(allowance: f64, limit: f64) -> f64 {
    0.5 * siegmund(allowance, limit)
}

/// The limit `h ≥ 0` at which a one-sided chart's average run length is `run_length`, by [`siegmund`]. `None` unless
/// `allowance > 0` and the run length exceeds that of `h = 0`.
#[must_use]
pub fn limit_for(allowance: f64, run_length: f64) -> Option<f64> {
    if !(allowance > 0.0 && run_length.is_finite() && run_length > siegmund(allowance, 0.0)) {
        return None;
    }
    let (mut below, mut above) = (0.0, 1.0);
    while siegmund(allowance, above) < run_length {
        above *= 2.0;
    }
    for _ in 0..100 {
        let middle = 0.5 * (below + above);
        if siegmund(allowance, middle) < run_length { below = middle } else { above = middle }
    }
    Some(above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;
    use crate::stream::detections;

    #[test]
    fn increments_of_the_specification() {
        let chart = BernoulliCusum::new(0.1, 0.15, 5.08).unwrap();
        assert!((chart.one - 0.405465).abs() < 1e-6 && (chart.zero + 0.057158).abs() < 1e-6);
        assert!(BernoulliCusum::new(0.0, 0.1, 5.0).is_none() && BernoulliCusum::new(0.1, f64::NAN, 5.0).is_none());
    }

    #[test]
    fn run_lengths() {
        // Montgomery's tables: 465 for k = 0.5, h = 5; 368 for k = 0.25, h = 8; the approximation is good to 2 %.
        assert!((siegmund_two_sided(0.5, 5.0) / 465.0 - 1.0).abs() < 0.02, "{}", siegmund_two_sided(0.5, 5.0));
        assert!((siegmund_two_sided(0.25, 8.0) / 368.0 - 1.0).abs() < 0.02, "{}", siegmund_two_sided(0.25, 8.0));
        assert!((siegmund(1e-9, 5.0) / siegmund(1e-4, 5.0) - 1.0).abs() < 1e-3);
        let h = limit_for(0.5, 938.2).unwrap();
        assert!((siegmund(0.5, h) - 938.2).abs() < 1e-6 && (h - 5.0).abs() < 0.01, "{h}");
        assert_eq!((limit_for(0.5, 1.0), limit_for(0.0, 100.0)), (None, None));
    }

    #[test]
    fn simulated_run_length() {
        let mut generator = Xoshiro256::new(31);
        let stream = (0..400_000).map(|_| generator.normal());
        let alarms = detections(&mut GaussianCusum::new(0.0, 1.0, 0.5, 5.0), stream).len() as f64;
        // Poisson: 860 alarms ± 29; four of those.
        assert!((400_000.0 / alarms / 465.0 - 1.0).abs() < 4.0 / 860_f64.sqrt(), "{alarms}");
        // A constant reference has no z.
        assert!(detections(&mut GaussianCusum::new(0.0, 0.0, 0.5, 5.0), vec![9.0; 50]).is_empty());
    }
}
