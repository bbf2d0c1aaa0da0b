//! What can go wrong with profiles.

use thiserror::Error;

/// An operation on profiles that has no meaning.
#[derive(Debug, Error, PartialEq)]
pub enum ProfileError {
    /// Profiles of different grids do not add.
    #[error("the two profiles were counted on different grids")]
    GridMismatch,
    /// More rows to take away than there are.
    #[error("cannot subtract a profile that is not contained in the other")]
    NotContained,
    /// The bytes are not a profile.
    #[error("not a profile: {0}")]
    Encoding(String),
}
