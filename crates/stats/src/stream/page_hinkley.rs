//! Page–Hinkley: cumulated deviations from the running mean.

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// Which way a mean may not move.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Either way.
    #[default]
    Both,
}

/// Parameters of [`PageHinkley`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageHinkleyParameters {
    /// Observations before anything is said.
    pub min_instances: u64,
    /// Deviation that is tolerated, in units of the observations.
    pub delta: f64,
    /// Cumulated deviation that is drift, in units of the observations.
    pub threshold: f64,
    /// Factor by which the past fades, in `(0, 1]`.
    pub alpha: f64,
    /// Which way is watched.
    pub direction: Direction,
}

impl Default for PageHinkleyParameters {
    fn default() -> Self {
        Self { min_instances: 30, delta: 0.005, threshold: 50.0, alpha: 0.9999, direction: Direction::Both }
    }
}

/// Page–Hinkley test. Its parameters have the unit of the observations: standardise these first, or set the threshold.
///
/// Source: Page 1954, <https://doi.org/10.1093/biomet/41.1-2.100>; Gama et al. 2014,
/// <https://doi.org/10.1145/2523813>.
#[derive(Debug, Clone, PartialEq)]
pub struct PageHinkley {
    parameters: PageHinkleyParameters,
    rows: u64,
    mean: f64,
    rise: f64,
    least_rise: f64,
    fall: f64,
    greatest_fall: f64,
    status: Status,
}

impl PageHinkley {
    /// A fresh detector.
    #[must_use]
    pub fn new(parameters: PageHinkleyParameters) -> Self {
        let (rise, least_rise, fall, greatest_fall) = (0.0, f64::INFINITY, 0.0, -1.0);
        Self { parameters, rows: 0, mean: 0.0, rise, least_rise, fall, greatest_fall, status: Status::Stable }
    }
}

impl Detector for PageHinkley {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        let PageHinkleyParameters { min_instances, delta, threshold, alpha, direction } = self.parameters;
        self.rows = self.rows.saturating_add(1);
        self.mean += (x - self.mean) / self.rows as f64;
        let deviation = x - self.mean;
        self.rise = alpha * self.rise + deviation - delta;
        self.fall = alpha * self.fall + deviation + delta;
        self.least_rise = self.least_rise.min(self.rise);
        self.greatest_fall = self.greatest_fall.max(self.fall);
        if self.rows < min_instances {
            return;
        }
        let rises = direction != Direction::Down && self.rise - self.least_rise > threshold;
        let falls = direction != Direction::Up && self.greatest_fall - self.fall > threshold;
        self.status = if rises || falls { Status::Drift } else { Status::Stable };
    }
}

impl Checkpoint for PageHinkley {
    fn save(&self) -> Vec<u64> {
        let floats = [self.mean, self.rise, self.least_rise, self.fall, self.greatest_fall].map(f64::to_bits);
        [self.status.word(), self.rows].into_iter().chain(floats).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("Page-Hinkley", words);
        let status = Status::read(&mut reader)?;
        let rows = reader.count()?;
        let [mean, rise, least_rise, fall, greatest_fall] =
            [reader.float()?, reader.float()?, reader.float()?, reader.float()?, reader.float()?];
        reader.end()?;
        *self = Self { parameters: self.parameters, rows, mean, rise, least_rise, fall, greatest_fall, status };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::detections;
    use crate::stream::tests::vectors;

    #[test]
    fn vectors_of_the_specification() {
        let (bits, real) = vectors();
        let test = |parameters| PageHinkley::new(parameters);
        assert_eq!(detections(&mut test(PageHinkleyParameters::default()), bits), [2316, 4304]);
        assert_eq!(detections(&mut test(PageHinkleyParameters::default()), real.clone()), [2138, 4266]);
        let up = PageHinkleyParameters { threshold: 20.0, direction: Direction::Up, ..Default::default() };
        assert_eq!(detections(&mut test(up), real.clone()), [2027]);
        let down = PageHinkleyParameters { direction: Direction::Down, ..Default::default() };
        assert!(!detections(&mut test(down), real).contains(&2138));
    }
}
