//! What is profiled, and how finely.

use std::collections::{BTreeMap, BTreeSet};

use watchkeeper_profile::Kind;
use watchkeeper_spec::event::names;

use super::Bucket;

/// Seconds of an hour and of a day.
pub(super) const HOUR: u32 = 3600;
pub(super) const DAY: u32 = 86_400;
const MICROS: i64 = 1_000_000;

/// How wide buckets are, by the age of their events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    /// Width of the finest bucket in seconds; divides an hour.
    pub seconds: u32,
    /// Age in seconds from which buckets are an hour wide.
    pub hour_after: i64,
    /// Age in seconds from which buckets are a day wide.
    pub day_after: i64,
    /// Age in seconds from which profiles are deleted.
    pub delete_after: i64,
}

impl Default for Buckets {
    fn default() -> Self {
        let day = i64::from(DAY);
        Self { seconds: 300, hour_after: 2 * day, day_after: 60 * day, delete_after: 761 * day }
    }
}

impl Buckets {
    /// The width in seconds of a bucket of events at `micros` when it is `now`.
    #[must_use]
    pub fn width(&self, micros: i64, now: i64) -> u32 {
        let age = now.saturating_sub(micros) / MICROS;
        if age >= self.day_after {
            DAY
        } else if age >= self.hour_after {
            HOUR
        } else {
            self.seconds.clamp(1, HOUR)
        }
    }

    /// The bucket of an event at `micros` when it is `now`.
    #[must_use]
    pub fn bucket(&self, micros: i64, now: i64) -> Bucket {
        Bucket::at(micros, self.width(micros, now))
    }
}

/// When there are enough events to freeze the grids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learning {
    /// Hours of event time from the first event on that the grids are made of.
    pub hours: u32,
    /// Rows that must be there.
    pub rows: u64,
}

impl Default for Learning {
    fn default() -> Self {
        Self { hours: 24, rows: 1000 }
    }
}

/// How the predictions of a model are profiled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Columns whose values split profiles, at most four.
    pub segments: Vec<String>,
    /// Declared kinds of columns; others are told by their type.
    pub kinds: BTreeMap<String, Kind>,
    /// Columns that are not profiled.
    pub skip: BTreeSet<String>,
    /// Widths of buckets.
    pub buckets: Buckets,
    /// When grids are frozen.
    pub learning: Learning,
}

impl Plan {
    /// How a column is counted; `None`: not at all.
    #[must_use]
    pub fn kind(&self, column: &str, data_type: &arrow_schema::DataType) -> Option<Kind> {
        use arrow_schema::DataType;
        let system = [names::PREDICTION_ID, names::TS, names::RECEIVED_AT, names::TRACE_ID, names::DATE];
        if system.contains(&column) || column == names::VERSION || column == names::ENVIRONMENT {
            return None;
        }
        if self.skip.contains(column) {
            return None;
        }
        if let Some(kind) = self.kinds.get(column) {
            return Some(*kind);
        }
        match data_type {
            DataType::Float64 | DataType::Float32 | DataType::Int64 | DataType::Int32 => Some(Kind::Numeric),
            DataType::Boolean => Some(Kind::Boolean),
            DataType::Utf8 => Some(Kind::Categorical),
            DataType::Timestamp(..) | DataType::Date32 => Some(Kind::Presence),
            _ => None,
        }
    }
}
