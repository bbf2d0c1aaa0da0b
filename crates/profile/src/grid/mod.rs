//! Grids: the bins of a column, fixed once from the reference so that every later count can be added.

mod categories;
mod coarse;
mod lookup;
mod numeric;

pub(crate) use categories::label_of;
pub use categories::{CATEGORIES_KEPT, CATEGORIES_KNOWN_MAX, CategoryGrid};
pub use coarse::{BY_VALUE_MAX, COARSE_BINS, coarse_groups};
pub use lookup::Lookup;
pub(crate) use numeric::CellUnit;
pub use numeric::{EDGE_SAMPLE, FINE_BINS, NumericGrid, Support};

use thiserror::Error;

/// Why a grid could not be made.
#[derive(Debug, Error, PartialEq)]
pub enum GridError {
    /// The reference holds no finite value.
    #[error("the reference has no finite value to place bins by")]
    Empty,
    /// Edges given by the user are not usable.
    #[error("bin edges must be finite and strictly increasing; edge {index} is {value}")]
    Edges {
        /// Zero-based position of the first bad edge.
        index: usize,
        /// Its value.
        value: f64,
    },
}
