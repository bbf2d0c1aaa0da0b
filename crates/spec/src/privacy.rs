//! What happens with the values of a column before anything is stored.

use serde::Serialize;

use crate::words::TimeStep;

/// What happens with the values of a column before anything is stored or logged.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Privacy {
    /// Stored as they are.
    Keep,
    /// Not stored at all.
    Drop,
    /// Replaced by a keyed hash of 128 bits.
    Hash {
        /// Columns with the same domain have the same hash for the same value; `None`: the name of the column.
        domain: Option<String>,
    },
    /// Replaced by `***` and the last characters.
    Mask {
        /// How many characters at the end are kept, 0 to 8; none of them if the text is shorter than twice as many.
        last: u8,
    },
    /// Made coarser.
    Generalise(Generalise),
    /// Only what a distribution needs is stored: length and number of words of a text, a coarse value of a number.
    ProfileOnly,
}

/// How values are made coarser.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Generalise {
    /// Numbers: at least one of the two.
    Number {
        /// Width of the bins; a value becomes the lower edge of its bin. Finite, > 0.
        width: Option<f64>,
        /// Values above become this one, before they are put into bins. Finite.
        cap: Option<f64>,
    },
    /// Times: the start of the hour, day, month or year in UTC.
    Time {
        /// The step.
        step: TimeStep,
    },
    /// Texts: the first characters.
    Text {
        /// How many characters are kept, 1 to 64.
        prefix: u8,
    },
}
