//! What the rows of one stream of one model look like.

use std::collections::BTreeMap;

use arrow_schema::{DataType, TimeUnit};

/// How values of a column are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Double precision.
    Number,
    /// `false` and `true`.
    Boolean,
    /// UTF-8.
    Text,
    /// Microseconds since 1970, UTC.
    Time,
}

impl ColumnType {
    /// The Arrow type of the column.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Number => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Text => DataType::Utf8,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    /// The type stored as `data_type`; `None` for types that no column has.
    #[must_use]
    pub fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Float64 => Some(Self::Number),
            DataType::Boolean => Some(Self::Boolean),
            DataType::Utf8 => Some(Self::Text),
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Some(Self::Time),
            _ => None,
        }
    }

    /// The word for people: `a number`, `true or false`, `a text`, `a time`.
    #[must_use]
    pub const fn as_expected(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Text => "a text",
            Self::Time => "a time: RFC 3339 or epoch seconds",
        }
    }
}

/// A column that is known before a request comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnShape {
    /// How it is stored: values of another type are converted if nothing is lost, else their row is rejected.
    pub kind: ColumnType,
    /// Whether values may be personal: messages then do not show them.
    pub personal: bool,
}

/// Where the parts of an event lie in objects of another shape: dotted paths such as `request.inputs`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// System field (`id`, `ts`, `version`, `environment`, `features`, `prediction`, `score`, `latency_ms`, `trace_id`,
    /// `label`, `label_ts`) to the path of its value; `features` names an object whose members are features.
    pub fields: BTreeMap<String, String>,
    /// Column to the path of its value.
    pub columns: BTreeMap<String, String>,
    /// Segment tag to the path of its value.
    pub segments: BTreeMap<String, String>,
}

/// What the rows of one stream of one model look like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Columns of the table so far, by name; others are taken with the type of their first value.
    pub columns: BTreeMap<String, ColumnShape>,
    /// For bodies of another shape than the canonical one.
    pub mapping: Mapping,
}
