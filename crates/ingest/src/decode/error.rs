//! Why a whole body is refused.

use thiserror::Error;

/// Why a whole body is refused. A row that cannot be taken is no error: it is a [`crate::Reject`].
///
/// No variant holds a value of the body: texts may be logged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A limit of the request is passed.
    #[error("{what} must be at most {limit}, found {}{found}", if *.exact { "" } else { "at least " })]
    TooLarge {
        /// What is too large, such as `rows`.
        what: &'static str,
        /// How much there is; a lower bound unless `exact`.
        found: u64,
        /// How much there may be.
        limit: u64,
        /// Whether `found` is the whole of it, or where counting stopped.
        exact: bool,
    },
    /// The body uses a format, codec or part of a format that is not read.
    #[error("{what} cannot be read, expected {expected}")]
    UnsupportedFormat {
        /// What is not read.
        what: String,
        /// What is.
        expected: &'static str,
    },
    /// The body is not what its content type says.
    #[error("body is broken at {at}, expected {expected}")]
    Malformed {
        /// Where: a byte, a line, a message.
        at: String,
        /// What should be there.
        expected: String,
    },
}

/// What kind of refusal a [`DecodeError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// HTTP 413.
    TooLarge,
    /// HTTP 415.
    UnsupportedFormat,
    /// HTTP 422.
    Malformed,
}

impl DecodeError {
    /// The kind, for the answer's status.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        match self {
            Self::TooLarge { .. } => DecodeErrorKind::TooLarge,
            Self::UnsupportedFormat { .. } => DecodeErrorKind::UnsupportedFormat,
            Self::Malformed { .. } => DecodeErrorKind::Malformed,
        }
    }

    pub(super) fn too_large(what: &'static str, found: usize, limit: usize) -> Self {
        Self::TooLarge { what, found: found as u64, limit: limit as u64, exact: true }
    }

    pub(super) fn more_than(what: &'static str, found: usize, limit: usize) -> Self {
        Self::TooLarge { what, found: found as u64, limit: limit as u64, exact: false }
    }

    pub(super) fn malformed(at: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Malformed { at: at.into(), expected: expected.into() }
    }
}
