//! The vocabulary of events: which streams there are, and the columns that their tables have.

use serde::{Deserialize, Serialize};

/// The four kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// What a model answered, with its inputs.
    Predictions,
    /// What turned out to be true.
    Labels,
    /// What the business counted.
    Kpis,
    /// Deploys, baseline and configuration changes, pipeline runs.
    Changes,
}

impl Stream {
    /// The word on the wire and in paths.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Predictions => "predictions",
            Self::Labels => "labels",
            Self::Kpis => "kpis",
            Self::Changes => "changes",
        }
    }

    /// The column that identifies an event of the stream.
    #[must_use]
    pub const fn id_column(self) -> &'static str {
        match self {
            Self::Predictions | Self::Labels => names::PREDICTION_ID,
            Self::Kpis => names::KPI_ID,
            Self::Changes => names::CHANGE_ID,
        }
    }

    /// The column of the event's own time.
    #[must_use]
    pub const fn time_column(self) -> &'static str {
        match self {
            Self::Labels => names::LABEL_TS,
            _ => names::TS,
        }
    }
}

/// Names of the columns that every table of a stream has.
pub mod names {
    /// Identity of a prediction, and of the label that belongs to it.
    pub const PREDICTION_ID: &str = "prediction_id";
    /// Identity of a KPI value.
    pub const KPI_ID: &str = "kpi_id";
    /// Identity of a change event.
    pub const CHANGE_ID: &str = "change_id";
    /// Event time (of the prediction).
    pub const TS: &str = "ts";
    /// When the label became known.
    pub const LABEL_TS: &str = "label_ts";
    /// When the event arrived; added when it is appended.
    pub const RECEIVED_AT: &str = "received_at";
    /// Version of the model.
    pub const VERSION: &str = "version";
    /// Environment, such as `production`.
    pub const ENVIRONMENT: &str = "environment";
    /// Trace that the prediction belongs to.
    pub const TRACE_ID: &str = "trace_id";
    /// Time that the prediction took, in milliseconds.
    pub const LATENCY_MS: &str = "latency_ms";
    /// What the model answered.
    pub const PREDICTION: &str = "prediction";
    /// Score of the (positive) class; several are `score.<class>`.
    pub const SCORE: &str = "score";
    /// The truth.
    pub const LABEL: &str = "label";
    /// UTC day of the event time: the partition, added when it is written.
    pub const DATE: &str = "date";
    /// Prefix of the columns of segment tags.
    pub const SEGMENT_PREFIX: &str = "segment.";
    /// Prefix of a feature whose own name is one of these.
    pub const FEATURE_PREFIX: &str = "feature.";
    /// All system columns of predictions, but the segments.
    pub const PREDICTION_COLUMNS: [&str; 10] =
        [PREDICTION_ID, TS, RECEIVED_AT, VERSION, ENVIRONMENT, TRACE_ID, LATENCY_MS, PREDICTION, SCORE, DATE];
}
