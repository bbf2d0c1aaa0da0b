//! One number of a series, with all that a rule needs to judge it.

use serde::{Deserialize, Serialize};
use watchkeeper_profile::measure::{Measurement, Status};

use super::Law;

/// The measurement of one window. Times are µs since 1970, windows half-open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Start of the window.
    pub start: i64,
    /// End of the window.
    pub end: i64,
    /// When it was known: a later number of the same window takes its place from then on.
    pub known_at: i64,
    /// The value; `None` with a status that says why.
    pub value: Option<f64>,
    /// Why there is, or is not, a value.
    #[serde(with = "status")]
    pub status: Status,
    /// Rows of the reference it rests on.
    #[serde(default)]
    pub n_reference: u64,
    /// Rows of the window it rests on.
    #[serde(default)]
    pub n_current: u64,
    /// The reference's own number, where the value is a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<f64>,
    /// The window's own number, where the value is a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<f64>,
    /// 95 % confidence interval of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// p-value against no change at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Law of the sampling noise.
    #[serde(default, skip_serializing_if = "Law::is_unknown")]
    pub law: Law,
    /// Rows that are bad, and all rows that count, where the value is a share of rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<(u64, u64)>,
    /// Rows of the reference and of the window in the coarse bins, for evidence that adds up over windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<(Vec<u64>, Vec<u64>)>,
}

impl Point {
    /// A point of a window without a value.
    #[must_use]
    pub fn without(window: (i64, i64), known_at: i64, status: Status) -> Self {
        Self {
            start: window.0,
            end: window.1,
            known_at,
            value: None,
            status,
            n_reference: 0,
            n_current: 0,
            reference: None,
            current: None,
            interval: None,
            p_value: None,
            law: Law::Unknown,
            counts: None,
            bins: None,
        }
    }

    /// A point with a value that rests on `rows` rows; one that is not finite becomes `undefined`.
    #[must_use]
    pub fn with(window: (i64, i64), known_at: i64, value: f64, rows: u64) -> Self {
        let status = if value.is_finite() { Status::Ok } else { Status::Undefined };
        let value = value.is_finite().then_some(value);
        Self { value, n_current: rows, ..Self::without(window, known_at, status) }
    }

    /// The point of a measurement.
    #[must_use]
    pub fn of(window: (i64, i64), known_at: i64, measured: &Measurement) -> Self {
        Self {
            value: measured.value,
            n_reference: measured.n_reference,
            n_current: measured.n_current,
            reference: measured.reference,
            current: measured.current,
            interval: measured.interval.map(|interval| (interval.lo, interval.hi)),
            p_value: measured.p_value,
            law: Law::of(&measured.noise),
            ..Self::without(window, known_at, measured.status)
        }
    }
}

mod status {
    //! The status by its word.

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use watchkeeper_profile::measure::Status;

    pub(super) fn serialize<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(status.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
        let word = String::deserialize(deserializer)?;
        super::status_of(&word).ok_or_else(|| D::Error::custom(format!("unknown status `{word}`")))
    }
}

/// The status of a word.
#[must_use]
pub fn status_of(word: &str) -> Option<Status> {
    let all =
        [Status::Ok, Status::InsufficientData, Status::Undefined, Status::DegenerateReference, Status::NotApplicable];
    all.into_iter().find(|status| status.as_str() == word)
}
