//! KSWIN: the newest part of a window against a random sample of the rest.

use std::collections::VecDeque;

use thiserror::Error;

use super::{Detector, Status};
use crate::checkpoint::{Checkpoint, CheckpointError, Reader};
use crate::drift::ks::{ks, p_value};
use crate::random::Xoshiro256;

/// The longest window.
const LONGEST: usize = 10_000;

/// Parameters of [`Kswin`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KswinParameters {
    /// Level of each test, in `(0, 1)`.
    pub alpha: f64,
    /// Observations in the window, at most 10 000.
    pub window_size: usize,
    /// Observations of the newest part and of the sample; at most half of the window.
    pub stat_size: usize,
}

impl Default for KswinParameters {
    fn default() -> Self {
        Self { alpha: 0.005, window_size: 100, stat_size: 30 }
    }
}

/// Sizes that do not fit each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "window of {window} with samples of {sample}, expected at most {LONGEST} and samples of 1 to half of that window"
)]
pub struct KswinError {
    window: usize,
    sample: usize,
}

/// Draws indices without replacement.
pub trait IndexSampler {
    /// `count` different indices below `population`.
    fn sample(&mut self, population: usize, count: usize) -> Vec<usize>;

    /// How many samples were drawn.
    fn position(&self) -> u64;

    /// Goes to where `position` samples were drawn.
    fn seek(&mut self, position: u64);
}

/// The default sampler: sample number `i` depends on the seed and `i` alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeededSampler {
    seed: u64,
    position: u64,
}

impl SeededSampler {
    /// A sampler at its beginning.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, position: 0 }
    }
}

impl IndexSampler for SeededSampler {
    fn sample(&mut self, population: usize, count: usize) -> Vec<usize> {
        let mut generator = Xoshiro256::new(self.seed ^ self.position.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.position = self.position.wrapping_add(1);
        let mut pool: Vec<usize> = (0..population).collect();
        let take = |_| {
            let index = generator.below(pool.len() as u64) as usize;
            pool.swap_remove(index)
        };
        (0..count.min(population)).map(take).collect()
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn seek(&mut self, position: u64) {
        self.position = position;
    }
}

/// Kolmogorov–Smirnov windowing: drift when the newest `stat_size` observations differ from as many drawn from the
/// older ones, `p ≤ α` and `D > 0.1`.
///
/// Tests at every observation, with no correction for that: many false alarms. Each draw is random; River's
/// answers need River's generator.
///
/// Source: Raab, Heusinger & Schleif 2020, <https://doi.org/10.1016/j.neucom.2019.11.111>.
#[derive(Debug, Clone, PartialEq)]
pub struct Kswin<S> {
    parameters: KswinParameters,
    sampler: S,
    window: VecDeque<f64>,
    status: Status,
}

impl<S: IndexSampler> Kswin<S> {
    /// A fresh detector.
    ///
    /// # Errors
    /// [`KswinError`] unless `1 ≤ stat_size ≤ window_size/2` and the window is at most 10 000.
    pub fn new(parameters: KswinParameters, sampler: S) -> Result<Self, KswinError> {
        let KswinParameters { window_size: window, stat_size: sample, .. } = parameters;
        if sample == 0 || sample > window / 2 || window > LONGEST {
            return Err(KswinError { window, sample });
        }
        Ok(Self { parameters, sampler, window: VecDeque::new(), status: Status::Stable })
    }

    fn differs(&mut self) -> bool {
        let KswinParameters { alpha, window_size, stat_size } = self.parameters;
        let older = window_size - stat_size;
        let drawn = self.sampler.sample(older, stat_size);
        let mut sample: Vec<f64> = drawn.iter().filter_map(|&index| self.window.get(index).copied()).collect();
        let mut newest: Vec<f64> = self.window.iter().skip(older).copied().collect();
        sample.sort_unstable_by(f64::total_cmp);
        newest.sort_unstable_by(f64::total_cmp);
        let distance = ks(&sample, &newest);
        distance > 0.1 && p_value(distance, sample.len() as u64, newest.len() as u64) <= alpha
    }
}

impl<S: IndexSampler> Detector for Kswin<S> {
    fn status(&self) -> Status {
        self.status
    }

    fn reset(&mut self) {
        self.window.clear();
        self.status = Status::Stable;
        self.sampler.seek(0);
    }

    fn observe(&mut self, x: f64) {
        let KswinParameters { window_size, stat_size, .. } = self.parameters;
        if self.window.len() == window_size {
            self.window.pop_front();
        }
        // +0 and -0 are one value.
        self.window.push_back(x + 0.0);
        self.status = Status::Stable;
        if self.window.len() == window_size && self.differs() {
            self.status = Status::Drift;
            self.window.drain(..window_size - stat_size);
        }
    }
}

impl<S: IndexSampler> Checkpoint for Kswin<S> {
    fn save(&self) -> Vec<u64> {
        let head = [self.status.word(), self.sampler.position(), self.window.len() as u64];
        head.into_iter().chain(self.window.iter().map(|x| x.to_bits())).collect()
    }

    fn load(&mut self, words: &[u64]) -> Result<(), CheckpointError> {
        let mut reader = Reader::new("KSWIN", words);
        let status = Status::read(&mut reader)?;
        let position = reader.count()?;
        let length = reader.length(self.parameters.window_size)?;
        let mut window = VecDeque::with_capacity(length.min(words.len()));
        for _ in 0..length {
            window.push_back(reader.float()?);
        }
        reader.end()?;
        self.sampler.seek(position);
        (self.window, self.status) = (window, status);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_at_fourteen_of_thirty() {
        assert!((p_value(14.0 / 30.0, 30, 30) - 0.002530).abs() < 1e-6);
        assert!((p_value(13.0 / 30.0, 30, 30) - 0.006548).abs() < 1e-6);
        let parameters = KswinParameters { window_size: 60, ..Default::default() };
        // 30 zeros, then `ones` ones: the newest 30 hold all of them.
        let run = |ones: usize| {
            let mut detector = Kswin::new(parameters, SeededSampler::new(1)).unwrap();
            let stream = (0..60).map(|index| f64::from(u8::from(index >= 60 - ones)));
            super::super::detections(&mut detector, stream)
        };
        assert_eq!(run(14), [59]);
        assert!(run(13).is_empty());
    }

    #[test]
    fn samples_are_without_replacement_and_can_be_sought() {
        let mut sampler = SeededSampler::new(7);
        let first = sampler.sample(70, 30);
        let second = sampler.sample(70, 30);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert!(sorted.len() == 30 && sorted.iter().all(|&index| index < 70) && first != second);
        sampler.seek(0);
        assert_eq!((sampler.sample(70, 30), sampler.position()), (first, 1));
        assert_eq!(sampler.sample(3, 9).len(), 3);
    }

    #[test]
    fn sizes_must_fit() {
        let of = |window_size, stat_size| {
            Kswin::new(KswinParameters { window_size, stat_size, ..Default::default() }, SeededSampler::new(1)).is_ok()
        };
        assert_eq!([of(60, 30), of(59, 30), of(100, 0), of(10_001, 30)], [true, false, false, false]);
    }
}
