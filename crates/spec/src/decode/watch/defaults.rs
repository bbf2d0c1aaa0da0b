//! Defaults that the reader of a document and its writer share.

use crate::{Detector, Measure, ModelMeasure, Span};

/// Rows of a window below which a monitor is `unknown`.
pub(crate) const MIN_SAMPLES: u64 = 30;

/// How long the answer of a target is waited for.
pub(crate) const TIMEOUT: Span = Span::from_seconds(10);

/// The place of a route.
pub(crate) const ORDER: u64 = 100;

/// How long further alerts are waited for.
pub(crate) const GROUP_WAIT: Span = Span::minutes(2);

/// How long between two notices of an incident.
pub(crate) const GROUP_INTERVAL: Span = Span::minutes(5);

/// What a detector looks at if nothing is said.
pub(crate) const fn default_measure(detector: &Detector) -> Option<Measure> {
    match detector {
        Detector::Test(_) | Detector::Sequential(_) => Some(Measure::DRIFT),
        Detector::Absence(_) => Some(Measure::Model(ModelMeasure::Volume)),
        _ => None,
    }
}
