//! Who asks, and what they may.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a key may do. Rights do not imply one another: a key that writes events cannot read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Append events.
    Ingest,
    /// Read profiles, models, resources.
    Read,
    /// Write resources, make keys.
    Admin,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Admin];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Ingest => 1,
            Self::Read => 2,
            Self::Admin => 4,
        }
    }
}

/// A set of [`Right`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rights(u8);

impl Rights {
    /// Every right.
    pub const ALL: Self = Self(7);

    /// The set of `rights`.
    #[must_use]
    pub fn of(rights: &[Right]) -> Self {
        Self(rights.iter().fold(0, |bits, right| bits | right.bit()))
    }

    /// Whether `right` is in it.
    #[must_use]
    pub const fn contains(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// Its rights in the order of [`Right::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.contains(*right))
    }
}

/// Who asks: the scope and the rights of a key, or everything for an open server.
///
/// The tenant never comes from the request: it is the key's. `environment` and `model` bound what the caller may see
/// and write; `None` means any of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Tenant.
    pub tenant: String,
    /// The only environment of the key.
    pub environment: Option<String>,
    /// The only model of the key.
    pub model: Option<String>,
    /// What it may do.
    pub rights: Rights,
    /// Public part of the key; `None` for an open server. Fit for logs and the ledger.
    pub key_id: Option<String>,
    /// Identity of the request, for logs and the ledger.
    pub request_id: String,
}

impl Caller {
    /// The caller of a server without keys: all rights on the default tenant.
    #[must_use]
    pub fn open(request_id: impl Into<String>) -> Self {
        Self {
            tenant: "default".to_owned(),
            environment: None,
            model: None,
            rights: Rights::ALL,
            key_id: None,
            request_id: request_id.into(),
        }
    }

    /// Whether the key reaches the whole tenant.
    #[must_use]
    pub const fn is_tenant_wide(&self) -> bool {
        self.environment.is_none() && self.model.is_none()
    }

    /// Whether rows and answers of `model` are within the scope.
    #[must_use]
    pub fn sees_model(&self, model: &str) -> bool {
        self.model.as_deref().is_none_or(|own| own == model)
    }

    /// Whether rows and answers of `environment` are within the scope.
    #[must_use]
    pub fn sees_environment(&self, environment: &str) -> bool {
        self.environment.as_deref().is_none_or(|own| own == environment)
    }
}
