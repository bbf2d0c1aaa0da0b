//! Stream detectors: one observation at a time, in order. Defaults and answers are those of River 0.26.1.
//!
//! They learn what is normal from the stream itself, and most promise nothing about false alarms; where there is a
//! baseline, [`crate::sequential`] is the better choice. They are here for users who know them.
//!
//! None can be merged: order matters, and state must be kept ([`Checkpoint`]). Reset between versions of a model.
//! In the detectors for errors 1 is an error, except in [`Fhddm`], where 1 is a correct answer.

pub mod adwin;
pub mod cusum;
pub mod ddm;
pub mod eddm;
pub mod ewma;
pub mod fhddm;
pub mod hddm_a;
pub mod hddm_w;
pub mod kswin;
pub mod page_hinkley;

pub use adwin::{Adwin, AdwinParameters};
pub use cusum::{BernoulliCusum, GaussianCusum};
pub use ddm::{Ddm, DdmParameters};
pub use eddm::{Eddm, EddmParameters};
pub use ewma::{EwmaChart, EwmaParameters};
pub use fhddm::{Fhddm, FhddmParameters};
pub use hddm_a::{HddmA, HddmParameters};
pub use hddm_w::HddmW;
pub use kswin::{IndexSampler, Kswin, KswinParameters, SeededSampler};
pub use page_hinkley::{Direction, PageHinkley, PageHinkleyParameters};

use crate::checkpoint::{Checkpoint, CheckpointError, Reader};

/// What a detector says after an update.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing to report.
    #[default]
    Stable,
    /// A change may be on its way. Only some detectors warn.
    Warning,
    /// A change was found; the next update begins with a fresh state.
    Drift,
}

/// Observations count up to this size, so that sums of their squares stay finite.
const LARGEST: f64 = 1e140;

/// A detector that takes one observation at a time.
pub trait Detector: Checkpoint {
    /// What the last update said.
    fn status(&self) -> Status;

    /// Back to the initial state, as at the start of a new version of a model.
    fn reset(&mut self);

    /// Takes a finite observation, without the reset that a drift is followed by. Callers use [`Detector::update`].
    fn observe(&mut self, x: f64);

    /// Takes the next observation and says what it made of it.
    ///
    /// After a drift the detector is first reset, then the observation counts as the first of the new state (River's
    /// lazy reset). A value that is not finite is no observation: nothing changes, and the answer is
    /// [`Status::Stable`]. Values beyond ±10¹⁴⁰ count as that.
    fn update(&mut self, x: f64) -> Status {
        if !x.is_finite() {
            return Status::Stable;
        }
        if self.status() == Status::Drift {
            self.reset();
        }
        self.observe(x.clamp(-LARGEST, LARGEST));
        self.status()
    }
}

/// Indices of the observations that set [`Status::Drift`].
pub fn detections(detector: &mut impl Detector, stream: impl IntoIterator<Item = f64>) -> Vec<usize> {
    let set = |(index, x): (usize, f64)| (detector.update(x) == Status::Drift).then_some(index);
    stream.into_iter().enumerate().filter_map(set).collect()
}

/// Indices at which runs of warnings begin.
#[cfg(test)]
pub(crate) fn warning_starts(detector: &mut impl Detector, stream: &[f64]) -> Vec<usize> {
    let mut before = Status::Stable;
    let mut begins = |(index, &x): (usize, &f64)| {
        let status = detector.update(x);
        let is_new = status == Status::Warning && before != Status::Warning;
        before = status;
        is_new.then_some(index)
    };
    stream.iter().enumerate().filter_map(&mut begins).collect()
}

impl Status {
    fn word(self) -> u64 {
        self as u64
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CheckpointError> {
        match reader.count()? {
            0 => Ok(Self::Stable),
            1 => Ok(Self::Warning),
            2 => Ok(Self::Drift),
            _ => Err(reader.error("a status of 0, 1 or 2")),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use proptest::prelude::*;

    /// The specification's streams: 6 000 uniforms of seed 42; rates 0.1, 0.3, 0.15, shifts 0, 0.3, 0.1.
    pub(crate) fn vectors() -> (Vec<f64>, Vec<f64>) {
        let mut generator = SplitMix64::new(42);
        let draw = |index: usize| (index / 2_000, generator.uniform());
        let draws: Vec<(usize, f64)> = (0..6_000).map(draw).collect();
        let bits = draws.iter().map(|&(third, u)| f64::from(u8::from(u < [0.1, 0.3, 0.15][third]))).collect();
        (bits, draws.iter().map(|&(third, u)| u + [0.0, 0.3, 0.1][third]).collect())
    }

    fn all() -> Vec<Box<dyn Detector>> {
        vec![
            Box::new(Adwin::new(AdwinParameters { clock: 1, ..Default::default() })),
            Box::new(Ddm::new(DdmParameters::default())),
            Box::new(Eddm::new(EddmParameters::default())),
            Box::new(HddmA::new(HddmParameters { two_sided: true, ..Default::default() })),
            Box::new(HddmW::new(HddmParameters { two_sided: true, ..Default::default() })),
            Box::new(PageHinkley::new(PageHinkleyParameters { threshold: 5.0, ..Default::default() })),
            Box::new(Kswin::new(KswinParameters::default(), SeededSampler::new(1)).unwrap()),
            Box::new(Fhddm::new(FhddmParameters { short: Some(20), ..Default::default() })),
            Box::new(GaussianCusum::new(0.1, 0.3, 0.5, 5.0)),
            Box::new(BernoulliCusum::new(0.1, 0.15, 5.0).unwrap()),
            Box::new(EwmaChart::new(EwmaParameters { mean: 0.1, deviation: 0.3, ..Default::default() })),
        ]
    }

    #[test]
    fn the_streams_are_those_of_the_specification() {
        let (bits, _) = vectors();
        let ones: Vec<f64> = bits.chunks(2_000).map(|third| third.iter().sum()).collect();
        assert_eq!(ones, [196.0, 598.0, 275.0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn go_on_after_a_restart(cut in 0usize..1_200, seed: u64) {
            let mut generator = SplitMix64::new(seed);
            let mut draw = |index| f64::from(u8::from(generator.uniform() < if index < 600 { 0.1 } else { 0.5 }));
            let stream: Vec<f64> = (0..1_200).map(&mut draw).collect();
            for (mut whole, mut part) in all().into_iter().zip(all()) {
                for (index, &x) in stream.iter().enumerate() {
                    if index == cut {
                        let words = whole.save();
                        part.load(&words).unwrap();
                        prop_assert!(part.load(&words[..words.len() - 1]).is_err());
                        prop_assert!(part.load(&[words.clone(), vec![0]].concat()).is_err());
                        prop_assert_eq!(part.save(), words);
                    }
                    let status = whole.update(x);
                    if index >= cut {
                        prop_assert_eq!(part.update(x), status);
                    }
                }
                prop_assert_eq!(part.save(), whole.save());
            }
        }

        #[test]
        fn survive_anything(
            values in prop::collection::vec(any::<f64>(), 0..400),
            words in prop::collection::vec(any::<u64>(), 0..30),
        ) {
            for mut detector in all() {
                for &x in &values {
                    let before = detector.save();
                    let status = detector.update(x);
                    if !x.is_finite() {
                        prop_assert_eq!(status, Status::Stable);
                        prop_assert_eq!(detector.save(), before);
                    }
                }
                // Whatever came, the state is one of numbers.
                let state = detector.save();
                prop_assert!(detector.load(&state).is_ok());
                if detector.load(&words).is_ok() {
                    detector.update(0.0);
                }
                detector.reset();
                prop_assert_eq!(detector.status(), Status::Stable);
            }
        }
    }
}
