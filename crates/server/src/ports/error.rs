//! Why something cannot be read.

use thiserror::Error;

/// Why something cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// Nothing of that name within the caller's scope.
    #[error("there is no {what}")]
    NotFound {
        /// Kind and name, such as "model `churn`".
        what: String,
    },
    /// A parameter that fits no data, such as a segment that the model does not have.
    #[error("{detail}")]
    Invalid {
        /// Parameter of the query.
        parameter: String,
        /// Name, value and what was expected.
        detail: String,
    },
    /// Cannot be answered at the moment.
    #[error("{detail}")]
    Unavailable {
        /// What is missing.
        detail: String,
    },
    /// A bug; logged, not shown.
    #[error("{detail}")]
    Internal {
        /// For the log.
        detail: String,
    },
}
