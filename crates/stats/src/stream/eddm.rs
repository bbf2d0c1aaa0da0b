//! EDDM: the distance between errors against its longest so far.

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// Parameters of [`Eddm`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EddmParameters {
    /// Observations, and errors, before anything is said.
    pub warm_start: u64,
    /// Below this share of the longest distance it warns.
    pub alpha: f64,
    /// Below this share it is drift.
    pub beta: f64,
}

impl Default for EddmParameters {
    fn default() -> Self {
        Self { warm_start: 30, alpha: 0.95, beta: 0.9 }
    }
}

/// Early drift detection method for errors (1, or at least ½; anything less is none).
///
/// With mean `μ` and deviation `σ` of the distance between errors, drift when `(μ + 2σ)/max(μ + 2σ) < β`. Judged at
/// errors only; a warning stays until the next error. Raises false alarms often.
///
/// Source: Baena-García et al. 2006, <https://www.cs.upc.edu/~abifet/EDDM.pdf>.
#[derive(Debug, Clone, PartialEq)]
pub struct Eddm {
    parameters: EddmParameters,
    rows: u64,
    errors: u64,
    last_error: u64,
    mean: f64,
    squares: f64,
    longest: f64,
    status: Status,
}

impl Eddm {
    /// A fresh detector.
    #[must_use]
    pub fn new(parameters: EddmParameters) -> Self {
        let (mean, squares, longest, status) = (0.0, 0.0, -1.0, Status::Stable);
        Self { parameters, rows: 0, errors: 0, last_error: 0, mean, squares, longest, status }
    }

    /// Mean plus two deviations of the distances, after one more.
    fn reach(&mut self, distance: f64) -> f64 {
        let before = self.mean;
        self.mean += (distance - before) / self.errors as f64;
        self.squares += (distance - before) * (distance - self.mean);
        let variance = if self.errors > 1 { self.squares / (self.errors - 1) as f64 } else { 0.0 };
        self.mean + 2.0 * variance.sqrt()
    }
}

impl Detector for Eddm {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        self.rows = self.rows.saturating_add(1);
        if x < 0.5 {
            return;
        }
        self.errors = self.errors.saturating_add(1);
        let reach = self.reach((self.rows - self.last_error) as f64);
        self.last_error = self.rows;
        if self.rows <= self.parameters.warm_start {
            return;
        }
        if reach > self.longest {
            self.longest = reach;
        } else if self.errors > self.parameters.warm_start {
            let level = reach / self.longest;
            self.status = if level < self.parameters.beta {
                Status::Drift
            } else if level < self.parameters.alpha {
                Status::Warning
            } else {
                Status::Stable
            };
        }
    }
}

impl Checkpoint for Eddm {
    fn save(&self) -> Vec<u64> {
        let floats = [self.mean, self.squares, self.longest].map(f64::to_bits);
        [self.status.word(), self.rows, self.errors, self.last_error].into_iter().chain(floats).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("EDDM", words);
        let status = Status::read(&mut reader)?;
        let [rows, errors, last_error] = [reader.count()?, reader.count()?, reader.count()?];
        let [mean, squares, longest] = [reader.float()?, reader.float()?, reader.float()?];
        if errors > rows || last_error > rows {
            return Err(reader.error("at most as many errors as rows"));
        }
        reader.end()?;
        *self = Self { parameters: self.parameters, rows, errors, last_error, mean, squares, longest, status };
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
        let found = detections(&mut Eddm::new(EddmParameters::default()), bits.clone());
        assert_eq!(found[..8], [594, 825, 1082, 1430, 1837, 2046, 2147, 2288]);
        assert_eq!(found.len(), 30);
        assert_eq!(warning_starts(&mut Eddm::new(EddmParameters::default()), &bits)[..3], [406, 502, 532]);
    }
}
