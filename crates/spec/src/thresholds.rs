//! Thresholds of severity.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Metric;

/// A reference rate above this is common enough that a change of a hundredth means little (methods B.14).
const COMMON_RATE: f64 = 0.2;

/// Effect sizes from which a finding is a warning or critical.
///
/// Resolved values are finite, `0 ≤ warning ≤ critical`. They are compared with [`Metric::effect`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Thresholds {
    /// Effect from which a finding is a warning.
    pub warning: f64,
    /// Effect from which a finding is critical.
    pub critical: f64,
}

/// Thresholds by metric, where the user set them.
pub type ThresholdOverrides = BTreeMap<Metric, Thresholds>;

impl Thresholds {
    /// The default thresholds of a rate, absolute: 0.01 and 0.05, or 0.05 and 0.25 when `reference_rate` > 0.2.
    ///
    /// A NaN rate (no rows) counts as low, so that the stricter pair holds.
    #[must_use]
    pub const fn for_rate(reference_rate: f64) -> Self {
        if reference_rate > COMMON_RATE {
            Self { warning: 0.05, critical: 0.25 }
        } else {
            Self { warning: 0.01, critical: 0.05 }
        }
    }
}
