//! Resources: JSON documents with a name, a history and optimistic concurrency.

mod read;
mod write;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::CatalogError;
use crate::limits::{ACTOR_BYTES_MAX, NAME_BYTES_MAX, check_detail, check_name};

/// The kinds of resources. In storage a kind is its name, so a later program may add kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// What is monitored: columns, mapping, privacy.
    Model,
    /// Which data a model's events are compared with.
    Baseline,
    /// Who may send and read; see [`crate::keys`].
    ApiKey,
    /// Who owns models.
    Tenant,
    /// Where a model runs: `production`, `staging`.
    Environment,
    /// A rule over measurements of a model.
    Monitor,
    /// How fast an error budget may be spent.
    BurnPolicy,
    /// Where notices go.
    NotificationTarget,
    /// Which incidents go to which targets.
    Route,
    /// Which alerts speak for others.
    InhibitRule,
    /// When something is worked on.
    MaintenanceWindow,
    /// What is not told for a while.
    Silence,
    /// What SLOs are of (OpenSLO).
    Service,
    /// Where metrics of other systems are (OpenSLO).
    DataSource,
    /// A target for an SLI over a time (OpenSLO).
    Slo,
    /// What is measured (OpenSLO).
    Sli,
    /// When an SLO alerts, and whom (OpenSLO).
    AlertPolicy,
    /// A burn rate above which an SLO alerts (OpenSLO).
    AlertCondition,
    /// Whom an SLO alerts (OpenSLO).
    AlertNotificationTarget,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 19] = [
        Self::Model,
        Self::Baseline,
        Self::ApiKey,
        Self::Tenant,
        Self::Environment,
        Self::Monitor,
        Self::BurnPolicy,
        Self::NotificationTarget,
        Self::Route,
        Self::InhibitRule,
        Self::MaintenanceWindow,
        Self::Silence,
        Self::Service,
        Self::DataSource,
        Self::Slo,
        Self::Sli,
        Self::AlertPolicy,
        Self::AlertCondition,
        Self::AlertNotificationTarget,
    ];

    /// The name of the kind, as in the `kind:` of a resource's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "Model",
            Self::Baseline => "Baseline",
            Self::ApiKey => "ApiKey",
            Self::Tenant => "Tenant",
            Self::Environment => "Environment",
            Self::Monitor => "Monitor",
            Self::BurnPolicy => "BurnPolicy",
            Self::NotificationTarget => "NotificationTarget",
            Self::Route => "Route",
            Self::InhibitRule => "InhibitRule",
            Self::MaintenanceWindow => "MaintenanceWindow",
            Self::Silence => "Silence",
            Self::Service => "Service",
            Self::DataSource => "DataSource",
            Self::Slo => "SLO",
            Self::Sli => "SLI",
            Self::AlertPolicy => "AlertPolicy",
            Self::AlertCondition => "AlertCondition",
            Self::AlertNotificationTarget => "AlertNotificationTarget",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = CatalogError;

    fn from_str(text: &str) -> Result<Self, CatalogError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let names: Vec<String> = Self::ALL.iter().map(|kind| format!("`{kind}`")).collect();
            let value = text.chars().take(64).collect();
            CatalogError::Invalid { field: "kind", value, expected: format!("one of {}", names.join(", ")) }
        })
    }
}

/// Which resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ResourceKey {
    /// Whose it is, 1 to [`NAME_BYTES_MAX`] bytes.
    pub tenant: String,
    /// Its kind.
    pub kind: Kind,
    /// Its name within tenant and kind, 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: String,
}

impl ResourceKey {
    /// A key of these parts; they are checked when it is used.
    #[must_use]
    pub fn new(tenant: impl Into<String>, kind: Kind, name: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), kind, name: name.into() }
    }

    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        check_name("tenant", &self.tenant, NAME_BYTES_MAX)?;
        check_name("name", &self.name, NAME_BYTES_MAX)
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}` of tenant `{}`", self.kind, self.name, self.tenant)
    }
}

/// A resource's new content.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which resource.
    pub key: ResourceKey,
    /// Its whole content, at most [`BODY_BYTES_MAX`](crate::BODY_BYTES_MAX) bytes as canonical JSON.
    pub body: Value,
    /// The revision that the caller saw: 0 if it saw none, `None` to write over whatever is there.
    pub expected_revision: Option<i64>,
    /// Who changes it, for the ledger: `key:4k2j…`, `local:cli`.
    pub actor: String,
    /// Why, for the ledger; may be empty.
    pub detail: String,
}

/// A resource to be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Which resource.
    pub key: ResourceKey,
    /// The revision that the caller saw; `None` to delete whatever is there.
    pub expected_revision: Option<i64>,
    /// Who deletes it, for the ledger.
    pub actor: String,
    /// Why, for the ledger; may be empty.
    pub detail: String,
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There was no such resource, or it had been deleted.
    Created,
    /// It has other content now.
    Updated,
    /// It had that content already: nothing was written.
    Unchanged,
}

/// The answer to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Put {
    /// The resource's revision now, from 1.
    pub revision: i64,
    /// What happened.
    pub outcome: Outcome,
}

/// A resource as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Which one.
    pub key: ResourceKey,
    /// Its content.
    pub body: Value,
    /// Its revision and who made it.
    pub revision: RevisionInfo,
}

/// One entry of a resource's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevisionInfo {
    /// From 1, without gaps.
    pub revision: i64,
    /// SHA-256 of the canonical JSON text; empty for a deletion.
    pub digest: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
    /// `create`, `update` or `delete`.
    pub action: String,
    /// Why; may be empty.
    pub detail: String,
    /// The entry of the tenant's ledger.
    pub seq: i64,
}

/// A former (or the current) content of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Which revision.
    pub info: RevisionInfo,
    /// The content; `None` for a deletion.
    pub body: Option<Value>,
}

pub(crate) fn check_origin(actor: &str, detail: &str) -> Result<(), CatalogError> {
    check_name("actor", actor, ACTOR_BYTES_MAX)?;
    check_detail(detail)
}
