//! Alerts that somebody does not want to hear of for a while.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::evaluation::Labels;
use crate::time::{self, DAY};
use watchkeeper_spec::Matcher;

/// A silence is no longer than this, µs: 30 days. What is to be silent for ever is a rule to delete.
pub const SILENCE_MAX: i64 = 30 * DAY;

/// Alerts that are not told from `starts_at` up to `ends_at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Its name.
    pub name: String,
    /// Which alerts: all of these match, at least one.
    #[serde(with = "crate::saved::matchers")]
    pub matchers: Vec<Matcher>,
    /// Who asked for it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// From when, µs UTC.
    pub starts_at: i64,
    /// Until before when, µs UTC.
    pub ends_at: i64,
}

/// Why a silence cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidSilence {
    /// It would hide everything.
    #[error("silence `{0}` has no matcher; expected at least one")]
    Everything(String),
    /// It ends too late or too early.
    #[error("silence `{name}` from {} to {}; expected an end after the start, at most 30 days later",
        time::show(*starts_at), time::show(*ends_at))]
    Length {
        /// Which one.
        name: String,
        /// From when.
        starts_at: i64,
        /// Until when.
        ends_at: i64,
    },
}

impl Silence {
    /// The same silence, if it can be.
    ///
    /// # Errors
    /// [`InvalidSilence`] without a matcher, or unless it lasts more than 0 and at most [`SILENCE_MAX`].
    pub fn checked(self) -> Result<Self, InvalidSilence> {
        let Self { starts_at, ends_at, .. } = self;
        if self.matchers.is_empty() {
            return Err(InvalidSilence::Everything(self.name));
        }
        let length = ends_at.checked_sub(starts_at);
        if !length.is_some_and(|length| (1..=SILENCE_MAX).contains(&length)) {
            return Err(InvalidSilence::Length { name: self.name, starts_at, ends_at });
        }
        Ok(self)
    }

    /// Whether it hides an alert with these labels at `at`.
    #[must_use]
    pub fn applies(&self, labels: &Labels, at: i64) -> bool {
        (self.starts_at..self.ends_at).contains(&at) && Matcher::all_match(&self.matchers, labels)
    }
}
