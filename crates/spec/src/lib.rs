//! The resources that users write: parse, lint, resolve, JSON Schema.
//!
//! A text becomes a [`Model`] or another [`Resource`] in three steps, and each of them reports everything that it finds:
//!
//! 1. `yaml`: text → tree of values with positions, bounded in size, depth and alias expansion;
//! 2. `decode`: tree → text types (`text`): known fields, value types, required fields;
//! 3. `resolve`: text types → resource: defaults, ranges, relations between fields.
//!
//! Documents of the watch (monitors, SLOs, routes, …) take the last two steps at once: what their fields mean hardly depends on
//! other fields. What does depend on other documents, columns or traffic is found by [`lint`] and by methods such as
//! [`Monitor::lint_against`] and [`Monitor::lint_traffic`], with the same positions.
//!
//! What does NOT belong here: files and environment (callers bring text and a name for it), data, statistics.
//!
//! A resource goes to a catalog and back as canonical JSON ([`Resource::to_json`]), and two of them compare by field
//! ([`diff`]).
//!
//! Invariants: a [`Model`] is only made by step 3, so each one passed every lint; no input makes this crate panic.
//!
//! ```
//! let text = "
//! apiVersion: watchkeeper/v1
//! kind: Model
//! metadata: { name: flights-delay }
//! spec:
//!   task: regression
//!   colums: []
//! ";
//! let error = watchkeeper_spec::Model::from_yaml(text, "model.yaml").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "model.yaml:7:3: unknown field `colums` in `spec`; did you mean `columns`? \
//!      expected one of `task`, `columns`, `undeclared`, `check`, `ingest`, `segments`, `profiles`, `learning`, \
//!      `retention`",
//! );
//! ```

mod against;
mod burn;
mod cron;
mod decode;
mod delivery;
mod detector;
mod document;
pub mod event;
mod inferred;
mod lint;
mod matcher;
mod measure;
mod metric;
mod model;
mod monitor;
mod name;
mod openslo;
mod places;
mod privacy;
mod problem;
mod quiet;
mod resolve;
mod resource;
mod schema;
mod secret;
mod settings;
mod shapes;
mod show;
mod span;
mod suggest;
mod text;
mod thresholds;
mod utc;
mod watch_words;
mod word;
mod words;
mod write;
pub mod yaml;

pub use burn::{BudgetAction, BurnCondition, BurnPolicy, BurnPolicySpec, BurnTier, FACTOR_SHARE_MAX};
pub use cron::{Cron, InvalidCron};
pub use delivery::{
    AlertBudget, InhibitRule, InhibitRuleSpec, NotificationTarget, NotificationTargetSpec, Repeat, Route, RouteSpec,
};
pub use detector::{
    AbsenceDetector, BandDetector, CompositeDetector, Detector, SequentialDetector, StreamDetector, TestDetector,
    ThresholdDetector,
};
pub use document::Document;
pub use inferred::{InferredColumn, InferredModel};
pub use lint::{Lint, Traffic, lint, psi_rows_min};
pub use matcher::{InvalidMatcher, MatchOp, Matcher};
pub use measure::{ColumnMeasure, ColumnQuantile, Measure, ModelMeasure, Quality};
pub use metric::Metric;
pub use model::{CheckSettings, Column, MetricSelection, Model};
pub use monitor::{
    BaselineTimes, Enter, Family, Leave, Monitor, MonitorBaseline, MonitorSpec, MonitorWindow, Pick, SeasonWeeks,
    SegmentPick, Select, Trailing,
};
pub use name::{NAME_RULE, is_name, model_name_from};
pub use openslo::{
    ANNOTATION_BURN_POLICY, ANNOTATION_TIER, AlertCondition, AlertConditionSpec, AlertNotificationTarget,
    AlertNotificationTargetSpec, AlertPolicy, AlertPolicySpec, BudgetingMethod, BurnRateCondition, Calendar,
    ConditionChoice, DataSource, DataSourceSpec, DurationUnit, InlineCondition, InlinePolicy, InlineSli, InlineTarget,
    InvalidSloDuration, LabelValue, Maturity, MetricHolder, MetricSource, MetricSpec, Objective, OpenSloMetadata,
    PolicyChoice, RatioMetric, RawType, Service, ServiceSpec, Sli, SliSpec, Slo, SloDuration, SloSpec, TargetChoice,
    TimeSliceWindow, TimeWindow, WATCHKEEPER_SOURCE, WatchkeeperSource,
};
pub use privacy::{Generalise, Privacy};
pub use problem::{Position, Problem, SpecError};
pub use quiet::{
    MaintenanceSchedule, MaintenanceWindow, MaintenanceWindowSpec, Recurring, Silence, SilenceSpec, TimeRange,
};
pub use resource::{
    ApiKey, Baseline, BaselineFile, BaselineRange, BaselineSource, Environment, FieldChange, Metadata, Resource,
    Tenant, diff,
};
pub use schema::{
    api_key_json_schema, baseline_json_schema, environment_json_schema, model_json_schema, resource_json_schema,
    tenant_json_schema,
};
pub use secret::{InvalidSecretReference, SecretReference, TextOrSecret};
pub use settings::{EventMapping, IngestSettings, LearningSettings, ProfileSettings, RetentionSettings, SEGMENTS_MAX};
pub use span::{InvalidSpan, Span};
pub use thresholds::{ThresholdOverrides, Thresholds};
pub use utc::{InvalidTime, UtcTime};
pub use watch_words::{
    AlertLabel, BudgetDeed, BurnFamily, Comparison, Decide, DetectorType, Direction, FamilyProcedure, FamilyWeights,
    MaintenanceEffect, Season, SequentialMethod, SequentialStatistic, Severity, SliKind, StreamAlgorithm, TargetKind,
    ThresholdOf, Transform, UnknownSlices,
};
pub use word::UnknownWord;
pub use words::{FailOn, Kind, PrivacyAction, ResourceKind, Right, Role, Task, TimeStep, Undeclared};
pub use yaml::{DEPTH_MAX, NODES_MAX, SCALAR_BYTES_MAX, TEXT_BYTES_MAX};

/// The `apiVersion` of every resource of this version.
pub const API_VERSION: &str = "watchkeeper/v1";

/// The `apiVersion` of the kinds of OpenSLO.
pub const OPENSLO_VERSION: &str = "openslo/v1";

/// The `kind` of a model.
pub const KIND_MODEL: &str = "Model";

/// The `kind` of a baseline.
pub const KIND_BASELINE: &str = "Baseline";

/// The `kind` of a tenant.
pub const KIND_TENANT: &str = "Tenant";

/// The `kind` of an environment.
pub const KIND_ENVIRONMENT: &str = "Environment";

/// The `kind` of an API key.
pub const KIND_API_KEY: &str = "ApiKey";
