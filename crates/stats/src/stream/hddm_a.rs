//! HDDM-A: means before and after the best cut, by Hoeffding's bound.

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// Parameters of [`HddmA`] and [`HddmW`](super::HddmW).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HddmParameters {
    /// Error level of a drift, in `(0, 1)`.
    pub drift_confidence: f64,
    /// Error level of a warning, in `(0, 1)`.
    pub warning_confidence: f64,
    /// Weight of the newest observation; used by HDDM-W only.
    pub lambda: f64,
    /// Whether a falling mean is a drift too.
    pub two_sided: bool,
}

impl Default for HddmParameters {
    fn default() -> Self {
        Self { drift_confidence: 0.001, warning_confidence: 0.005, lambda: 0.05, two_sided: false }
    }
}

impl HddmParameters {
    /// What a test says that is asked at both levels, drift first.
    pub(super) fn status(&self, is_beyond: impl Fn(f64) -> bool) -> Status {
        if is_beyond(self.drift_confidence) {
            Status::Drift
        } else if is_beyond(self.warning_confidence) {
            Status::Warning
        } else {
            Status::Stable
        }
    }
}

/// The graver of two.
pub(super) fn graver(first: Status, second: Status) -> Status {
    match (first, second) {
        (Status::Drift, _) | (_, Status::Drift) => Status::Drift,
        (Status::Warning, _) | (_, Status::Warning) => Status::Warning,
        _ => Status::Stable,
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Mean {
    rows: u64,
    value: f64,
}

/// Drift detection by Hoeffding's bound with means (observations in `[0, 1]`; others are moved into it).
///
/// Keeps the cuts at which the mean was surely smallest and greatest; drift when the mean of all exceeds the former by
/// `√(m/2·ln(2/α))`, `m = (n − n_min)/(n_min·n)`.
///
/// Source: Frías-Blanco et al. 2015, <https://doi.org/10.1109/TKDE.2014.2345382>.
#[derive(Debug, Clone, PartialEq)]
pub struct HddmA {
    parameters: HddmParameters,
    all: Mean,
    least: Mean,
    greatest: Mean,
    status: Status,
}

impl HddmA {
    /// A fresh detector.
    #[must_use]
    pub fn new(parameters: HddmParameters) -> Self {
        let mean = Mean::default();
        Self { parameters, all: mean, least: mean, greatest: mean, status: Status::Stable }
    }

    fn bound(&self, cut: Mean, confidence: f64) -> f64 {
        let (n, before) = (self.all.rows as f64, cut.rows as f64);
        let m = (n - before) / (before * n);
        (m / 2.0 * (2.0 / confidence).ln()).sqrt()
    }
}

impl Detector for HddmA {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        self.all.rows = self.all.rows.saturating_add(1);
        self.all.value += (x.clamp(0.0, 1.0) - self.all.value) / self.all.rows as f64;
        let all = self.all;
        if self.least.rows == 0 {
            self.least = all;
        }
        if self.greatest.rows == 0 {
            self.greatest = all;
        }
        let half = |mean: Mean| ((1.0 / self.parameters.drift_confidence).ln() / (2.0 * mean.rows as f64)).sqrt();
        if self.least.value + half(self.least) >= all.value + half(all) {
            self.least = all;
        }
        if self.greatest.value - half(self.greatest) <= all.value - half(all) {
            self.greatest = all;
        }
        let (least, greatest) = (self.least, self.greatest);
        let rises = |level| least.rows < all.rows && all.value - least.value >= self.bound(least, level);
        let falls = |level| greatest.rows < all.rows && greatest.value - all.value >= self.bound(greatest, level);
        let mut status = self.parameters.status(rises);
        if self.parameters.two_sided {
            status = graver(status, self.parameters.status(falls));
        }
        self.status = status;
    }
}

impl Checkpoint for HddmA {
    fn save(&self) -> Vec<u64> {
        let words = |mean: Mean| [mean.rows, mean.value.to_bits()];
        let means = [self.all, self.least, self.greatest].into_iter().flat_map(words);
        std::iter::once(self.status.word()).chain(means).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("HDDM-A", words);
        let status = Status::read(&mut reader)?;
        let mut mean =
            || -> Result<Mean, CheckpointError> { Ok(Mean { rows: reader.count()?, value: reader.float()? }) };
        let [all, least, greatest] = [mean()?, mean()?, mean()?];
        reader.end()?;
        *self = Self { parameters: self.parameters, all, least, greatest, status };
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
        assert_eq!(detections(&mut HddmA::new(HddmParameters::default()), bits.clone()), [2117]);
        assert_eq!(detections(&mut HddmA::new(two_sided), bits.clone()), [2117, 4209]);
        assert_eq!(warning_starts(&mut HddmA::new(HddmParameters::default()), &bits)[..3], [2072, 2079, 2098]);
    }
}
