//! DDM: the error rate against its best so far.

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// Parameters of [`Ddm`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DdmParameters {
    /// Observations before anything is said.
    pub warm_start: u64,
    /// Deviations above the best rate that warn.
    pub warning_threshold: f64,
    /// Deviations above the best rate that are drift.
    pub drift_threshold: f64,
}

impl Default for DdmParameters {
    fn default() -> Self {
        Self { warm_start: 30, warning_threshold: 2.0, drift_threshold: 3.0 }
    }
}

/// Drift detection method for errors (0 or 1; other values are moved into `[0, 1]`).
///
/// With error rate `p` and `s = √(p(1−p)/n)`, keeps the pair with the least `p + s`; drift when `p + s` exceeds
/// `p_min + 3 s_min`. Without an error so far that pair is 0, and the first error after the warm-up is a drift.
///
/// Source: Gama et al. 2004, <https://doi.org/10.1007/978-3-540-28645-5_29>.
#[derive(Debug, Clone, PartialEq)]
pub struct Ddm {
    parameters: DdmParameters,
    rows: u64,
    rate: f64,
    least_rate: f64,
    least_deviation: f64,
    least_sum: f64,
    status: Status,
}

impl Ddm {
    /// A fresh detector.
    #[must_use]
    pub fn new(parameters: DdmParameters) -> Self {
        let least = f64::INFINITY;
        let status = Status::Stable;
        Self { parameters, rows: 0, rate: 0.0, least_rate: least, least_deviation: least, least_sum: least, status }
    }
}

impl Detector for Ddm {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        self.rows = self.rows.saturating_add(1);
        let n = self.rows as f64;
        self.rate += (x.clamp(0.0, 1.0) - self.rate) / n;
        let deviation = (self.rate * (1.0 - self.rate) / n).sqrt();
        if self.rows <= self.parameters.warm_start {
            return;
        }
        let sum = self.rate + deviation;
        if sum <= self.least_sum {
            (self.least_rate, self.least_deviation, self.least_sum) = (self.rate, deviation, sum);
        }
        let is_above = |threshold: f64| sum > self.least_rate + threshold * self.least_deviation;
        self.status = if is_above(self.parameters.drift_threshold) {
            Status::Drift
        } else if is_above(self.parameters.warning_threshold) {
            Status::Warning
        } else {
            Status::Stable
        };
    }
}

impl Checkpoint for Ddm {
    fn save(&self) -> Vec<u64> {
        let floats = [self.rate, self.least_rate, self.least_deviation, self.least_sum].map(f64::to_bits);
        [self.status.word(), self.rows].into_iter().chain(floats).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("DDM", words);
        let status = Status::read(&mut reader)?;
        let rows = reader.count()?;
        let [rate, least_rate, least_deviation, least_sum] =
            [reader.float()?, reader.float()?, reader.float()?, reader.float()?];
        reader.end()?;
        *self = Self { parameters: self.parameters, rows, rate, least_rate, least_deviation, least_sum, status };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::tests::vectors;
    use crate::stream::{detections, warning_starts};

    #[test]
    fn vectors_of_the_specification() {
        let (bits, _) = vectors();
        assert_eq!(detections(&mut Ddm::new(DdmParameters::default()), bits.clone()), [2282]);
        let starts = warning_starts(&mut Ddm::new(DdmParameters::default()), &bits);
        assert_eq!(starts[..3], [647, 658, 1306]);
        let one = (0..100).map(|index| f64::from(u8::from(index == 45)));
        assert_eq!(detections(&mut Ddm::new(DdmParameters::default()), one), [45]);
    }
}
