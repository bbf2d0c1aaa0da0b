//! The kinds of `openslo/v1`, field by field as that specification has them, so that a file of another tool reads and
//! is written with equal content. What Watchkeeper adds stands in `metricSource.spec` and in annotations.
//!
//! Source: <https://github.com/OpenSLO/OpenSLO>, version 1.

mod alert;
mod duration;
mod sli;
mod slo;
mod source;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use alert::{
    AlertConditionSpec, AlertNotificationTargetSpec, AlertPolicySpec, BurnRateCondition, ConditionChoice,
    InlineCondition, InlinePolicy, InlineTarget, PolicyChoice, TargetChoice,
};
pub(crate) use duration::DURATION_RULE;
pub use duration::{DurationUnit, InvalidSloDuration, SloDuration};
pub use sli::{
    DataSourceSpec, InlineSli, MetricHolder, MetricSource, MetricSpec, RatioMetric, RawType, ServiceSpec, SliSpec,
};
pub use slo::{BudgetingMethod, Calendar, Objective, SloSpec, TimeSliceWindow, TimeWindow};
pub use source::{Maturity, WatchkeeperSource};

use crate::Document;

/// An SLO.
pub type Slo = Document<SloSpec, OpenSloMetadata>;

/// An SLI.
pub type Sli = Document<SliSpec, OpenSloMetadata>;

/// A service: what SLOs are of. Of Watchkeeper's own SLOs it is a model.
pub type Service = Document<ServiceSpec, OpenSloMetadata>;

/// Where metrics of other systems are.
pub type DataSource = Document<DataSourceSpec, OpenSloMetadata>;

/// When an SLO alerts, and whom.
pub type AlertPolicy = Document<AlertPolicySpec, OpenSloMetadata>;

/// When an SLO alerts.
pub type AlertCondition = Document<AlertConditionSpec, OpenSloMetadata>;

/// Whom an SLO alerts.
pub type AlertNotificationTarget = Document<AlertNotificationTargetSpec, OpenSloMetadata>;

/// The annotation of an SLO that names its burn policy: a `BurnPolicy`, or one of the words of
/// [`crate::BurnFamily`].
pub const ANNOTATION_BURN_POLICY: &str = "watchkeeper.dev/burn-policy";

/// The annotation of an SLO with its tier, from 1, the most important.
pub const ANNOTATION_TIER: &str = "watchkeeper.dev/tier";

/// The type of metric sources that Watchkeeper computes itself, in any case.
pub const WATCHKEEPER_SOURCE: &str = "Watchkeeper";

/// Name, labels and annotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "OpenSloMetadata")]
#[non_exhaustive]
pub struct OpenSloMetadata {
    /// Name: letters, digits, `-` and `.`, at most 63 characters.
    pub name: String,
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Free labels; a value is a text or a list of texts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "Option<BTreeMap<String, LabelValue>>")]
    pub labels: BTreeMap<String, LabelValue>,
    /// Free annotations. Own ones: `watchkeeper.dev/burn-policy`, `watchkeeper.dev/tier`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub annotations: BTreeMap<String, String>,
}

/// The value of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelValue {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// The rule for names of `openslo/v1`: that of this program, and upper-case letters, which examples of OpenSLO have.
pub(crate) const OPENSLO_NAME_RULE: &str = "1 to 63 letters, digits, `-` or `.`, with a letter or digit at both ends";

/// Whether `name` follows [`OPENSLO_NAME_RULE`].
pub(crate) fn is_openslo_name(name: &str) -> bool {
    crate::is_name(&name.to_ascii_lowercase())
}
