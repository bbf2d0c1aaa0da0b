//! FHDDM: the share of correct answers in a sliding window against its best so far.

use std::collections::VecDeque;

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// The longest window.
const LONGEST: usize = 10_000;

/// Parameters of [`Fhddm`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FhddmParameters {
    /// Observations in the window, 1 to 10 000.
    pub window_size: usize,
    /// Error level of a test, in `(0, 1)`.
    pub confidence_level: f64,
    /// Size of a second, shorter window inside the first, for sudden changes.
    pub short: Option<usize>,
}

impl Default for FhddmParameters {
    fn default() -> Self {
        Self { window_size: 100, confidence_level: 1e-6, short: None }
    }
}

/// Fast Hoeffding drift detection (observations in `[0, 1]`, **1 is a correct answer**; others are moved into it).
///
/// Drift when the mean of the window lies more than `√(ln(1/δ)/(2·size))` below the best it ever was.
///
/// Source: Pesaranghader & Viktor 2016, <https://doi.org/10.1007/978-3-319-46227-1_7>.
#[derive(Debug, Clone, PartialEq)]
pub struct Fhddm {
    parameters: FhddmParameters,
    window: VecDeque<f64>,
    best: f64,
    best_short: f64,
    status: Status,
}

impl Fhddm {
    /// A fresh detector. Sizes out of range are moved to its border.
    #[must_use]
    pub fn new(parameters: FhddmParameters) -> Self {
        let window_size = parameters.window_size.clamp(1, LONGEST);
        let short = parameters.short.map(|size| size.clamp(1, window_size));
        let parameters = FhddmParameters { window_size, short, ..parameters };
        Self { parameters, window: VecDeque::new(), best: 0.0, best_short: 0.0, status: Status::Stable }
    }

    /// Mean of the newest `size`.
    fn mean(&self, size: usize) -> f64 {
        self.window.iter().skip(self.window.len() - size).sum::<f64>() / size as f64
    }

    fn falls(&self, best: f64, mean: f64, size: usize) -> bool {
        best - mean > ((1.0 / self.parameters.confidence_level).ln() / (2.0 * size as f64)).sqrt()
    }
}

impl Detector for Fhddm {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        *self = Self::new(self.parameters);
    }

    fn observe(&mut self, x: f64) {
        let size = self.parameters.window_size;
        if self.window.len() == size {
            self.window.pop_front();
        }
        self.window.push_back(x.clamp(0.0, 1.0));
        if self.window.len() < size {
            return;
        }
        let mean = self.mean(size);
        self.best = self.best.max(mean);
        let mut falls = self.falls(self.best, mean, size);
        if let Some(size) = self.parameters.short {
            let mean = self.mean(size);
            self.best_short = self.best_short.max(mean);
            falls |= self.falls(self.best_short, mean, size);
        }
        self.status = if falls { Status::Drift } else { Status::Stable };
    }
}

impl Checkpoint for Fhddm {
    fn save(&self) -> Vec<u64> {
        let head = [self.status.word(), self.best.to_bits(), self.best_short.to_bits(), self.window.len() as u64];
        head.into_iter().chain(self.window.iter().map(|x| x.to_bits())).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("FHDDM", words);
        let status = Status::read(&mut reader)?;
        let (best, best_short) = (reader.float()?, reader.float()?);
        let length = reader.length(self.parameters.window_size)?;
        let mut window = VecDeque::with_capacity(length.min(words.len()));
        for _ in 0..length {
            window.push_back(reader.float()?);
        }
        reader.end()?;
        *self = Self { parameters: self.parameters, window, best, best_short, status };
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
        let (bits, _) = vectors();
        let correct: Vec<f64> = bits.iter().map(|error| 1.0 - error).collect();
        assert_eq!(detections(&mut Fhddm::new(FhddmParameters::default()), correct), [2128]);
    }

    #[test]
    fn the_short_window_is_quicker() {
        let stream = |index| f64::from(u8::from(index < 500));
        let long = detections(&mut Fhddm::new(FhddmParameters::default()), (0..600).map(stream));
        let short = FhddmParameters { short: Some(25), ..Default::default() };
        let short = detections(&mut Fhddm::new(short), (0..600).map(stream));
        // √(ln 10⁶/200) = 0.2628: 27 wrong of 100; √(ln 10⁶/50) = 0.5257: 14 wrong of 25.
        assert_eq!((long[0], short[0]), (526, 513));
    }
}
