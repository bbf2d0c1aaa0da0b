//! Times and windows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A moment: RFC 3339 in JSON, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let expected = "a time as RFC 3339, such as `2026-03-01T00:00:00Z`";
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &expected))
    }
}

/// A half-open stretch of event time, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Window {
    /// First moment in it.
    pub start: Time,
    /// First moment after it.
    pub end: Time,
}
