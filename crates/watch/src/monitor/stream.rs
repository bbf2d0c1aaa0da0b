//! Detectors of other tools, value by value.

use watchkeeper_spec::{StreamAlgorithm, StreamDetector};
use watchkeeper_stats::stream::{self, Detector, Status};

use super::{Finding, Memory};
use crate::evaluation::Outcome;
use crate::measured::Point;
use crate::reason::number;

pub(super) fn judge(rule: &StreamDetector, point: &Point, memory: &mut Memory) -> Finding {
    let Some(value) = point.value else { return Finding::unknown("no value") };
    let Some(mut detector) = detector(rule) else {
        return Finding::unknown(format!("the parameters of `{}` do not fit together", rule.algorithm));
    };
    let of = format!("stream.{}", rule.algorithm);
    if let Some(words) = memory.words(&of) {
        // One that does not fit is of other parameters: the detector begins anew.
        let _ = detector.load(words);
    }
    let status = if memory.is_new(point) {
        let status = detector.update(value);
        memory.keep(point, &of, detector.save(), code(status));
        status
    } else {
        status_of(memory.said().unwrap_or_default())
    };
    let (outcome, score, what) = match status {
        Status::Drift => (Outcome::Breach, 2.0, "sees a change"),
        Status::Warning => (Outcome::Near, 0.9, "warns of a change"),
        Status::Stable => (Outcome::Clear, 0.0, "sees no change"),
    };
    Finding {
        outcome,
        limit: None,
        score: Some(score),
        p_value: None,
        onset: None,
        evidence: Vec::new(),
        sentence: format!("{}: {} {what}", number(value), rule.algorithm),
    }
}

const fn code(status: Status) -> u64 {
    match status {
        Status::Stable => 0,
        Status::Warning => 1,
        Status::Drift => 2,
    }
}

const fn status_of(code: u64) -> Status {
    match code {
        0 => Status::Stable,
        1 => Status::Warning,
        _ => Status::Drift,
    }
}

/// The detector of a rule, fresh. `None` for parameters that contradict each other.
fn detector(rule: &StreamDetector) -> Option<Box<dyn Detector>> {
    let number = |name: &str, otherwise: f64| rule.parameter(name).unwrap_or(otherwise);
    let count = |name: &str, otherwise: u64| rule.parameter(name).map_or(otherwise, |value| value.max(0.0) as u64);
    let size = |name: &str, otherwise: usize| usize::try_from(count(name, otherwise as u64)).unwrap_or(otherwise);
    Some(match rule.algorithm {
        StreamAlgorithm::Adwin => {
            let d = stream::AdwinParameters::default();
            Box::new(stream::Adwin::new(stream::AdwinParameters {
                delta: number("delta", d.delta),
                clock: count("clock", d.clock),
                max_buckets: size("max_buckets", d.max_buckets),
                min_window_length: count("min_window_length", d.min_window_length),
                grace_period: count("grace_period", d.grace_period),
            }))
        }
        StreamAlgorithm::Ddm => {
            let d = stream::DdmParameters::default();
            Box::new(stream::Ddm::new(stream::DdmParameters {
                warm_start: count("warm_start", d.warm_start),
                warning_threshold: number("warning_threshold", d.warning_threshold),
                drift_threshold: number("drift_threshold", d.drift_threshold),
            }))
        }
        StreamAlgorithm::Eddm => {
            let d = stream::EddmParameters::default();
            Box::new(stream::Eddm::new(stream::EddmParameters {
                warm_start: count("warm_start", d.warm_start),
                alpha: number("alpha", d.alpha),
                beta: number("beta", d.beta),
            }))
        }
        StreamAlgorithm::HddmA | StreamAlgorithm::HddmW => {
            let d = stream::HddmParameters::default();
            let parameters = stream::HddmParameters {
                drift_confidence: number("drift_confidence", d.drift_confidence),
                warning_confidence: number("warning_confidence", d.warning_confidence),
                lambda: number("lambda_val", d.lambda),
                two_sided: number("two_sided_test", 0.0) > 0.0,
            };
            match rule.algorithm {
                StreamAlgorithm::HddmA => Box::new(stream::HddmA::new(parameters)),
                _ => Box::new(stream::HddmW::new(parameters)),
            }
        }
        StreamAlgorithm::PageHinkley => {
            let d = stream::PageHinkleyParameters::default();
            Box::new(stream::PageHinkley::new(stream::PageHinkleyParameters {
                min_instances: count("min_instances", d.min_instances),
                delta: number("delta", d.delta),
                threshold: number("threshold", d.threshold),
                alpha: number("alpha", d.alpha),
                ..d
            }))
        }
        StreamAlgorithm::Kswin => {
            let d = stream::KswinParameters::default();
            let parameters = stream::KswinParameters {
                alpha: number("alpha", d.alpha),
                window_size: size("window_size", d.window_size),
                stat_size: size("stat_size", d.stat_size),
            };
            Box::new(stream::Kswin::new(parameters, stream::SeededSampler::new(1)).ok()?)
        }
        StreamAlgorithm::Fhddm => {
            let d = stream::FhddmParameters::default();
            Box::new(stream::Fhddm::new(stream::FhddmParameters {
                window_size: size("sliding_window_size", d.window_size),
                confidence_level: number("confidence_level", d.confidence_level),
                short: d.short,
            }))
        }
        // Of a value that its user has standardised.
        StreamAlgorithm::Cusum => Box::new(stream::GaussianCusum::new(0.0, 1.0, number("k", 0.5), number("h", 5.0))),
    })
}
