//! API keys.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::Time;
use crate::{Caller, Right, Rights};

/// What a valid key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Tenant.
    pub tenant: String,
    /// The only environment; `None` for any.
    pub environment: Option<String>,
    /// The only model; `None` for any.
    pub model: Option<String>,
    /// What it may do.
    pub rights: Rights,
    /// Public part of the key.
    pub key_id: String,
}

/// A key to be made. Its tenant is the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for, in words.
    pub description: Option<String>,
    /// The only environment; any if left out.
    pub environment: Option<String>,
    /// The only model; any if left out.
    pub model: Option<String>,
    /// What it may do: at least one right.
    pub rights: Vec<Right>,
    /// When it ends; never if left out.
    pub expires_at: Option<Time>,
}

/// A new key with its token, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreatedKey {
    /// Public part, for lists and logs.
    pub id: String,
    /// The key itself: `watchkeeper_<env>_<id>_<secret><checksum>`. Only its hash is kept.
    pub token: String,
    /// Tenant.
    pub tenant: String,
    /// The only environment.
    pub environment: Option<String>,
    /// The only model.
    pub model: Option<String>,
    /// What it may do.
    pub rights: Vec<Right>,
    /// When it ends.
    pub expires_at: Option<Time>,
}

impl std::fmt::Debug for CreatedKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CreatedKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a key cannot be checked or made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A field of the new key is wrong.
    #[error("{detail}")]
    Invalid {
        /// Field, value and what was expected.
        detail: String,
    },
    /// The store of keys cannot be reached.
    #[error("{detail}")]
    Unavailable {
        /// What is missing.
        detail: String,
    },
}

/// Checks and makes keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// What `token` stands for at `now`; `None` if it is unknown, expired or mistyped. Compares in constant time.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`]: the request is then answered 503, not 401.
    async fn authenticate(&self, token: &str, now: Timestamp) -> Result<Option<Grant>, KeyError>;

    /// Makes a key in the caller's tenant. The server has checked that its scope lies within the caller's.
    ///
    /// # Errors
    /// [`KeyError`].
    async fn create(&self, caller: &Caller, key: NewKey, now: Timestamp) -> Result<CreatedKey, KeyError>;
}
