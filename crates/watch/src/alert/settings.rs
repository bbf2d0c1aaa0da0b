//! When an alert begins and ends.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::time::HOUR;

/// When an alert of a rule begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertSettings {
    /// Breaches that make it fire, 1 to `of`.
    pub breaches: u32,
    /// Among this many known windows in a row, 1 to 100.
    pub of: u32,
    /// Clear windows in a row that end it, at least 1.
    pub keep_firing: u32,
    /// Without a known window for this long, µs, the series has no data; `None`: never.
    pub no_data_after: Option<i64>,
}

impl Default for AlertSettings {
    /// 2 of 3 windows to begin, 3 clear ones to end.
    fn default() -> Self {
        Self { breaches: 2, of: 3, keep_firing: 3, no_data_after: None }
    }
}

/// Why settings cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "{breaches} breaches of {of} windows and {keep_firing} clear ones; expected 1 ≤ breaches ≤ windows ≤ 100 and at \
         least 1 clear one"
)]
pub struct InvalidSettings {
    /// Breaches asked for.
    pub breaches: u32,
    /// Windows asked for.
    pub of: u32,
    /// Clear windows asked for.
    pub keep_firing: u32,
}

impl AlertSettings {
    /// One breach begins it, one clear window ends it: for rules that look at several windows themselves.
    #[must_use]
    pub const fn immediate() -> Self {
        Self { breaches: 1, of: 1, keep_firing: 1, no_data_after: None }
    }

    /// The same settings, if they can be.
    ///
    /// # Errors
    /// [`InvalidSettings`] unless 1 ≤ `breaches` ≤ `of` ≤ 100 and `keep_firing` ≥ 1.
    pub const fn checked(self) -> Result<Self, InvalidSettings> {
        let Self { breaches, of, keep_firing, .. } = self;
        if breaches >= 1 && breaches <= of && of <= 100 && keep_firing >= 1 {
            Ok(self)
        } else {
            Err(InvalidSettings { breaches, of, keep_firing })
        }
    }

    /// The last `of` windows as a mask.
    pub(super) fn mask(&self, windows: u32) -> u128 {
        1_u128.checked_shl(windows.min(self.of)).map_or(u128::MAX, |bit| bit - 1)
    }

    /// How long a flapping alert is held at first: as long as counting flaps takes, within an hour and a day.
    pub(super) fn first_hold(window: i64) -> i64 {
        window.saturating_mul(i64::from(super::state::FLAP_WINDOWS)).clamp(HOUR, super::state::HOLD_MAX)
    }
}
