//! The resources beside the model, and all of them as one type: read from files, kept as canonical JSON, compared.

mod diff;
mod document;
mod json;
mod read;
mod watched;
mod yaml;

use std::collections::BTreeMap;

use serde::Serialize;

pub use diff::{FieldChange, diff};

use crate::settings::LearningSettings;
use crate::{
    AlertCondition, AlertNotificationTarget, AlertPolicy, BurnPolicy, DataSource, InhibitRule, MaintenanceWindow,
    Model, Monitor, NotificationTarget, ResourceKind, Right, Route, Service, Silence, Sli, Slo, UtcTime,
};

/// A resource after every lint, with defaults filled in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Resource {
    /// A model and how it is watched.
    Model(Box<Model>),
    /// Which data is the reference of a model.
    Baseline(Baseline),
    /// A group of people whose data nobody else sees.
    Tenant(Tenant),
    /// Where models run.
    Environment(Environment),
    /// What a program may do.
    ApiKey(ApiKey),
    /// A rule over measurements of a model.
    Monitor(Box<Monitor>),
    /// How fast an error budget may be spent.
    BurnPolicy(Box<BurnPolicy>),
    /// Where notices go.
    NotificationTarget(Box<NotificationTarget>),
    /// Which incidents go to which targets.
    Route(Box<Route>),
    /// Which alerts speak for others.
    InhibitRule(Box<InhibitRule>),
    /// When something is worked on.
    MaintenanceWindow(Box<MaintenanceWindow>),
    /// What is not told for a while.
    Silence(Box<Silence>),
    /// What SLOs are of.
    Service(Box<Service>),
    /// Where metrics of other systems are.
    DataSource(Box<DataSource>),
    /// A target for an SLI over a time.
    Slo(Box<Slo>),
    /// What is measured.
    Sli(Box<Sli>),
    /// When an SLO alerts, and whom.
    AlertPolicy(Box<AlertPolicy>),
    /// A burn rate above which an SLO alerts.
    AlertCondition(Box<AlertCondition>),
    /// Whom an SLO alerts.
    AlertNotificationTarget(Box<AlertNotificationTarget>),
}

/// Runs the same code on the document of any kind of the watch, `$other` for the kinds that are no [`crate::Document`].
macro_rules! on_document {
    ($resource:expr, $document:ident => $code:expr, $($other:pat => $otherwise:expr),+ $(,)?) => {
        match $resource {
            $($other => $otherwise,)+
            $crate::Resource::Monitor($document) => $code,
            $crate::Resource::BurnPolicy($document) => $code,
            $crate::Resource::NotificationTarget($document) => $code,
            $crate::Resource::Route($document) => $code,
            $crate::Resource::InhibitRule($document) => $code,
            $crate::Resource::MaintenanceWindow($document) => $code,
            $crate::Resource::Silence($document) => $code,
            $crate::Resource::Service($document) => $code,
            $crate::Resource::DataSource($document) => $code,
            $crate::Resource::Slo($document) => $code,
            $crate::Resource::Sli($document) => $code,
            $crate::Resource::AlertPolicy($document) => $code,
            $crate::Resource::AlertCondition($document) => $code,
            $crate::Resource::AlertNotificationTarget($document) => $code,
        }
    };
}

pub(crate) use on_document;

impl Resource {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> ResourceKind {
        match self {
            Self::Model(_) => ResourceKind::Model,
            Self::Baseline(_) => ResourceKind::Baseline,
            Self::Tenant(_) => ResourceKind::Tenant,
            Self::Environment(_) => ResourceKind::Environment,
            Self::ApiKey(_) => ResourceKind::ApiKey,
            Self::Monitor(_) => ResourceKind::Monitor,
            Self::BurnPolicy(_) => ResourceKind::BurnPolicy,
            Self::NotificationTarget(_) => ResourceKind::NotificationTarget,
            Self::Route(_) => ResourceKind::Route,
            Self::InhibitRule(_) => ResourceKind::InhibitRule,
            Self::MaintenanceWindow(_) => ResourceKind::MaintenanceWindow,
            Self::Silence(_) => ResourceKind::Silence,
            Self::Service(_) => ResourceKind::Service,
            Self::DataSource(_) => ResourceKind::DataSource,
            Self::Slo(_) => ResourceKind::Slo,
            Self::Sli(_) => ResourceKind::Sli,
            Self::AlertPolicy(_) => ResourceKind::AlertPolicy,
            Self::AlertCondition(_) => ResourceKind::AlertCondition,
            Self::AlertNotificationTarget(_) => ResourceKind::AlertNotificationTarget,
        }
    }

    /// Its name; unique in its tenant for its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        on_document!(
            self,
            document => &document.metadata.name,
            Self::Model(model) => &model.name,
            Self::Baseline(Baseline { metadata, .. })
            | Self::Tenant(Tenant { metadata })
            | Self::Environment(Environment { metadata })
            | Self::ApiKey(ApiKey { metadata, .. }) => &metadata.name,
        )
    }
}

/// Name, description and labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Metadata {
    /// Name: `[a-z0-9]([a-z0-9.-]*[a-z0-9])?`, at most 63 characters.
    pub name: String,
    /// What it is, for people.
    pub description: Option<String>,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
}

/// Which data is the reference of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Baseline {
    /// Name, description (why this data) and labels.
    pub metadata: Metadata,
    /// Name of the model.
    pub model: String,
    /// Where the reference data is.
    pub source: BaselineSource,
}

/// Where reference data is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BaselineSource {
    /// Files.
    File(BaselineFile),
    /// Events that are stored already.
    Range(BaselineRange),
    /// The first events of the model.
    Learning(LearningSettings),
}

/// Files with reference data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BaselineFile {
    /// A file, a folder or a glob on the machine of the server; not empty.
    Path(String),
    /// A file or folder in an object store, with its scheme.
    Url(String),
}

/// Stored events with `from` ≤ event time < `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BaselineRange {
    /// First event time; before `to`.
    pub from: UtcTime,
    /// Event time at which the range ends.
    pub to: UtcTime,
    /// Only this version of the model.
    pub version: Option<String>,
    /// Only this environment.
    pub environment: Option<String>,
}

/// A group of people whose data nobody else sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Tenant {
    /// Name, description and labels.
    pub metadata: Metadata,
}

/// Where models run, such as `production`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Environment {
    /// Name, description and labels.
    pub metadata: Metadata,
}

/// What a program may do. The secret is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ApiKey {
    /// Name, description and labels.
    pub metadata: Metadata,
    /// The only environment; `None`: every one of the tenant.
    pub environment: Option<String>,
    /// The only model; `None`: every one of the tenant.
    pub model: Option<String>,
    /// What the key may do: at least one, each once, in the order of the declaration.
    pub rights: Vec<Right>,
    /// When the key ends; `None`: never.
    pub expires: Option<UtcTime>,
}
