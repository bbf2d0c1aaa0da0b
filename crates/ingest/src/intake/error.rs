//! Why a request was not taken in.

use crate::decode::DecodeError;
use crate::privacy::GateError;

/// Why a request as a whole was not taken in. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// There is no such model, and none may be made.
    #[error("model `{model}` does not exist in tenant `{tenant}`")]
    UnknownModel {
        /// The tenant.
        tenant: String,
        /// The model.
        model: String,
    },
    /// A name is not allowed.
    #[error("{what} `{name}` is not a name; expected lower-case letters, digits, `-` and `.`, at most 63")]
    Name {
        /// Tenant, model or environment.
        what: &'static str,
        /// As given.
        name: String,
    },
    /// The body cannot be taken.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The privacy gate refuses it.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// Other requests in the meantime brought the same new column with other types, again and again.
    #[error("column `{0}` keeps changing its type; declare it in the model")]
    Unsettled(String),
    /// There is more than the machine can take now.
    #[error("too much at once; try again in {retry_after_s} s")]
    Overloaded {
        /// When to try again.
        retry_after_s: u64,
    },
    /// The journal or its disk is full: nothing can be made durable.
    #[error("no room to make events durable: {0}")]
    NoRoom(String),
    /// What an earlier run left is not in the tables yet; what the columns are is not known before.
    #[error("events of an earlier run are on their way from the journal to the tables")]
    CatchingUp,
    /// The journal cannot be written: nothing can be made durable.
    #[error("events cannot be made durable now: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
        /// When to try again.
        retry_after_s: u64,
    },
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopped,
    /// A mistake of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl IntakeError {
    /// The same error for another request of the group that failed.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Unavailable { reason, retry_after_s } => {
                Self::Unavailable { reason: reason.clone(), retry_after_s: *retry_after_s }
            }
            Self::NoRoom(reason) => Self::NoRoom(reason.clone()),
            other => Self::Internal(other.to_string()),
        }
    }
}
