//! What a rule remembers of a series from window to window.

use serde::{Deserialize, Serialize};

use crate::measured::Point;

/// What a rule remembers of a series. A rule that looks at single windows remembers nothing but the last one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// End of the last window that was taken, µs since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
    /// Which detector the state is of: a rule that was changed begins anew.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    of: String,
    /// State of the detector, as words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    words: Vec<u64>,
    /// What it said last, for a window that is judged again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<u64>,
}

impl Memory {
    /// Whether a window may change the state: each does so once, in the order of time.
    pub(super) fn is_new(&self, point: &Point) -> bool {
        self.last.is_none_or(|last| point.end > last)
    }

    /// Notes that a window was seen which says nothing.
    pub(super) fn skip(&mut self, point: &Point) {
        if self.is_new(point) {
            self.last = Some(point.end);
        }
    }

    /// Whether anything is lost without it: rules that look at single windows remember nothing that matters.
    #[must_use]
    pub fn is_worth_keeping(&self) -> bool {
        !self.words.is_empty()
    }

    /// The state of the detector `of`, if there is one.
    pub(super) fn words(&self, of: &str) -> Option<&[u64]> {
        (self.of == of && !self.words.is_empty()).then_some(self.words.as_slice())
    }

    /// What the detector said last.
    pub(super) const fn said(&self) -> Option<u64> {
        self.said
    }

    /// Takes the state over after a window.
    pub(super) fn keep(&mut self, point: &Point, of: &str, words: Vec<u64>, said: u64) {
        *self = Self { last: Some(point.end), of: of.to_owned(), words, said: Some(said) };
    }
}
