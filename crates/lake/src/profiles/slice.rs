//! What a profile row is a profile of: a bucket of time in one environment, version and combination of segment values.

use std::collections::BTreeMap;

use super::plan::DAY;

const MICROS: i64 = 1_000_000;

/// A half-open stretch of event time, aligned to its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// Start, µs since 1970, UTC.
    pub start: i64,
    /// Width in seconds.
    pub seconds: u32,
}

impl Bucket {
    /// The bucket of `seconds` that holds `micros`.
    #[must_use]
    pub fn at(micros: i64, seconds: u32) -> Self {
        let width = i64::from(seconds.max(1)) * MICROS;
        Self { start: micros.div_euclid(width).saturating_mul(width), seconds: seconds.max(1) }
    }

    /// End (exclusive), µs since 1970.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.start.saturating_add(i64::from(self.seconds) * MICROS)
    }

    /// The days of `from..to`, as starts.
    pub(super) fn days(from: i64, to: i64) -> impl Iterator<Item = i64> {
        let day = i64::from(DAY) * MICROS;
        (from.div_euclid(day)..=to.saturating_sub(1).div_euclid(day)).map(move |n| n.saturating_mul(day))
    }

    /// Whether `other` lies inside.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.start <= other.start && other.end() <= self.end()
    }
}

/// One environment, version and combination of segment values. Empty texts stand for missing values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Slice {
    /// The environment.
    pub environment: String,
    /// The version of the model.
    pub version: String,
    /// Segment column to value.
    pub segments: BTreeMap<String, String>,
}

impl Slice {
    /// The segments as stored: a JSON object with sorted keys, empty text for none.
    pub(super) fn segment_text(&self) -> String {
        if self.segments.is_empty() {
            return String::new();
        }
        serde_json::to_string(&self.segments).unwrap_or_default()
    }

    pub(super) fn parse_segments(text: &str) -> BTreeMap<String, String> {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// What a profile row is a profile of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// When.
    pub bucket: Bucket,
    /// Of what.
    pub slice: Slice,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_half_open_and_aligned() {
        assert_eq!(Bucket::at(-1, 300).start, -300 * MICROS);
        assert_eq!(Bucket::at(0, 300).start, 0);
        assert_eq!(Bucket::at(300 * MICROS, 300).start, 300 * MICROS);
        assert!(Bucket::at(0, DAY).covers(&Bucket::at(86_399 * MICROS, 300)));
        assert!(!Bucket::at(0, DAY).covers(&Bucket::at(86_400 * MICROS, 300)));
        assert_eq!(Bucket::days(-1, 1).collect::<Vec<_>>(), [-86_400 * MICROS, 0]);
    }
}
