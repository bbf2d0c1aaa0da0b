//! EWMA chart against a known mean.

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// Parameters of [`EwmaChart`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EwmaParameters {
    /// Mean `μ0` of the reference.
    pub mean: f64,
    /// Deviation `σ > 0` of the reference; otherwise it never alarms.
    pub deviation: f64,
    /// Weight `λ` of the newest observation, in `(0, 1]`.
    pub lambda: f64,
    /// Limit `L`, in deviations of the chart.
    pub limit: f64,
}

impl Default for EwmaParameters {
    fn default() -> Self {
        Self { mean: 0.0, deviation: 1.0, lambda: 0.2, limit: 2.962 }
    }
}

/// `z = λx + (1−λ)z` from `μ0` on; drift outside `μ0 ± Lσ√(λ/(2−λ)·(1−(1−λ)^{2t}))`. With the defaults one false alarm
/// in 500 for a normal.
///
/// Source: Roberts 1959, <https://doi.org/10.1080/00401706.1959.10489860>; Lucas & Saccucci 1990,
/// <https://doi.org/10.1080/00401706.1990.10484583>.
#[derive(Debug, Clone, PartialEq)]
pub struct EwmaChart {
    parameters: EwmaParameters,
    rows: u64,
    value: f64,
    status: Status,
}

impl EwmaChart {
    /// A fresh chart.
    #[must_use]
    pub fn new(parameters: EwmaParameters) -> Self {
        Self { parameters, rows: 0, value: parameters.mean, status: Status::Stable }
    }

    /// The weighted mean.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.value
    }
}

impl Detector for EwmaChart {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        let EwmaParameters { mean, deviation, lambda, limit } = self.parameters;
        self.rows = self.rows.saturating_add(1);
        self.value = lambda * x + (1.0 - lambda) * self.value;
        let settled = 1.0 - (1.0 - lambda).powf(2.0 * self.rows as f64);
        let half = limit * deviation * (lambda / (2.0 - lambda) * settled).sqrt();
        let is_out = deviation > 0.0 && (self.value - mean).abs() > half;
        self.status = if is_out { Status::Drift } else { Status::Stable };
    }
}

impl Checkpoint for EwmaChart {
    fn save(&self) -> Vec<u64> {
        vec![self.status.word(), self.rows, self.value.to_bits()]
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("EWMA chart", words);
        let (status, rows, value) = (Status::read(&mut reader)?, reader.count()?, reader.float()?);
        reader.end()?;
        (self.rows, self.value, self.status) = (rows, value, status);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Xoshiro256;
    use crate::stream::detections;

    #[test]
    fn first_limit_and_run_length() {
        // After one observation the limit is L·λ: x must exceed L.
        let mut chart = EwmaChart::new(EwmaParameters::default());
        assert_eq!(chart.update(2.961), Status::Stable);
        chart.reset();
        assert_eq!(chart.update(2.963), Status::Drift);
        let mut generator = Xoshiro256::new(32);
        let stream = (0..400_000).map(|_| generator.normal());
        let alarms = detections(&mut EwmaChart::new(EwmaParameters::default()), stream).len() as f64;
        assert!((400_000.0 / alarms / 500.0 - 1.0).abs() < 4.0 / 800_f64.sqrt(), "{alarms}");
    }
}
