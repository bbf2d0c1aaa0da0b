//! HDDM-W: exponentially weighted means before and after the best cut, by McDiarmid's bound.

use super::hddm_a::{HddmParameters, graver};
use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// An exponentially weighted mean and the sum of its squared weights.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    rows: u64,
    mean: f64,
    squared_weights: f64,
}

impl Sample {
    const EMPTY: Self = Self { rows: 0, mean: 0.0, squared_weights: 1.0 };

    fn add(&mut self, x: f64, lambda: f64) {
        self.mean = if self.rows == 0 { x } else { lambda * x + (1.0 - lambda) * self.mean };
        self.squared_weights = lambda * lambda + (1.0 - lambda) * (1.0 - lambda) * self.squared_weights;
        self.rows = self.rows.saturating_add(1);
    }
}

fn bound(squared_weights: f64, confidence: f64) -> f64 {
    (squared_weights * (1.0 / confidence).ln() / 2.0).sqrt()
}

/// The cut of one side, and the samples before and after it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cut {
    level: f64,
    before: Sample,
    after: Sample,
}

impl Cut {
    fn new(level: f64) -> Self {
        Self { level, before: Sample::EMPTY, after: Sample::EMPTY }
    }

    /// Moves the cut to now when `moves`, else adds to the sample after it.
    fn take(&mut self, moves: Option<f64>, total: Sample, x: f64, lambda: f64) {
        if let Some(level) = moves {
            *self = Self { level, before: total, after: Sample::EMPTY };
        } else {
            self.after.add(x, lambda);
        }
    }

    /// Whether the mean after the cut exceeds the one before (`sign` 1), or the other way round (−1).
    fn differs(&self, sign: f64, confidence: f64) -> bool {
        let has_both = self.before.rows > 0 && self.after.rows > 0;
        let weights = self.before.squared_weights + self.after.squared_weights;
        has_both && sign * (self.after.mean - self.before.mean) > bound(weights, confidence)
    }
}

/// Drift detection by McDiarmid's bound with exponentially weighted means (observations in `[0, 1]`; others are moved
/// into it). Weights newer observations more than [`HddmA`](super::HddmA) does.
///
/// Source: Frías-Blanco et al. 2015, <https://doi.org/10.1109/TKDE.2014.2345382>.
#[derive(Debug, Clone, PartialEq)]
pub struct HddmW {
    parameters: HddmParameters,
    total: Sample,
    rising: Cut,
    falling: Cut,
    status: Status,
}

impl HddmW {
    /// A fresh detector.
    #[must_use]
    pub fn new(parameters: HddmParameters) -> Self {
        let (rising, falling) = (Cut::new(f64::INFINITY), Cut::new(f64::NEG_INFINITY));
        Self { parameters, total: Sample::EMPTY, rising, falling, status: Status::Stable }
    }
}

impl Detector for HddmW {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        let (x, lambda) = (x.clamp(0.0, 1.0), self.parameters.lambda);
        self.total.add(x, lambda);
        let total = self.total;
        let half = bound(total.squared_weights, self.parameters.drift_confidence);
        let (upper, lower) = (total.mean + half, total.mean - half);
        self.rising.take((upper < self.rising.level).then_some(upper), total, x, lambda);
        self.falling.take((lower > self.falling.level).then_some(lower), total, x, lambda);
        let mut status = self.parameters.status(|level| self.rising.differs(1.0, level));
        if self.parameters.two_sided {
            status = graver(status, self.parameters.status(|level| self.falling.differs(-1.0, level)));
        }
        self.status = status;
    }
}

impl Checkpoint for HddmW {
    fn save(&self) -> Vec<u64> {
        let mut words = vec![self.status.word(), self.rising.level.to_bits(), self.falling.level.to_bits()];
        let samples = [self.total, self.rising.before, self.rising.after, self.falling.before, self.falling.after];
        words.extend(samples.iter().flat_map(|s| [s.rows, s.mean.to_bits(), s.squared_weights.to_bits()]));
        words
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("HDDM-W", words);
        let status = Status::read(&mut reader)?;
        let (up, down) = (reader.float()?, reader.float()?);
        let mut sample = || -> Result<Sample, CheckpointError> {
            Ok(Sample { rows: reader.count()?, mean: reader.float()?, squared_weights: reader.float()? })
        };
        let total = sample()?;
        let rising = Cut { level: up, before: sample()?, after: sample()? };
        let falling = Cut { level: down, before: sample()?, after: sample()? };
        reader.end()?;
        *self = Self { parameters: self.parameters, total, rising, falling, status };
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
        let two_sided = HddmParameters { two_sided: true, ..Default::default() };
        assert_eq!(detections(&mut HddmW::new(HddmParameters::default()), bits.clone()), [2124, 3001]);
        assert_eq!(detections(&mut HddmW::new(two_sided), bits.clone()), [2124, 3001, 4046]);
        assert_eq!(warning_starts(&mut HddmW::new(HddmParameters::default()), &bits)[..3], [2122, 2562, 2764]);
    }
}
