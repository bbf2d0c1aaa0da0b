//! SLO: a target for an SLI over a time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{ANNOTATION_BURN_POLICY, ANNOTATION_TIER, InlineSli, PolicyChoice, Slo, SloDuration};
use crate::word::words;
use crate::{Comparison, Span};

/// A target for an SLI over a time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "SloSpec")]
#[non_exhaustive]
pub struct SloSpec {
    /// What it is, for people; at most 1,050 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Name of the service.
    pub service: String,
    /// The SLI; exactly one of `indicator` and `indicatorRef`, unless each objective of a composite has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<InlineSli>,
    /// Name of the SLI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator_ref: Option<String>,
    /// The time that the budget is for: at most one. Without one it is a rolling one of 28 days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1))]
    #[schemars(with = "Option<Vec<TimeWindow>>")]
    pub time_window: Vec<TimeWindow>,
    /// Whether events or slices of time are counted.
    pub budgeting_method: BudgetingMethod,
    /// The targets, at least one; exactly one for a `thresholdMetric`.
    #[schemars(length(min = 1))]
    pub objectives: Vec<Objective>,
    /// When it alerts, and whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Option<Vec<PolicyChoice>>")]
    pub alert_policies: Vec<PolicyChoice>,
}

impl SloSpec {
    /// The length of the period: that of the time window, 28 days without one. Of months, quarters and years it is the
    /// mean one.
    #[must_use]
    pub fn period(&self) -> Span {
        self.time_window.first().map_or(Span::days(28), |window| window.duration.span())
    }

    /// Whether the period goes with the calendar; else it rolls.
    #[must_use]
    pub fn is_calendar(&self) -> bool {
        self.time_window.first().is_some_and(|window| window.calendar.is_some())
    }
}

impl Slo {
    /// The name of its burn policy: a [`crate::BurnPolicy`], or one of the words of [`crate::BurnFamily`].
    #[must_use]
    pub fn burn_policy(&self) -> Option<&str> {
        self.metadata.annotations.get(ANNOTATION_BURN_POLICY).map(String::as_str)
    }

    /// Its tier, 1 (the most important) to 100.
    #[must_use]
    pub fn tier(&self) -> Option<u64> {
        self.metadata.annotations.get(ANNOTATION_TIER)?.parse().ok()
    }
}

/// The time that a budget is for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "TimeWindow")]
#[non_exhaustive]
pub struct TimeWindow {
    /// Its length.
    pub duration: SloDuration,
    /// Whether it ends now at any time. Default: true without `calendar`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_rolling: Option<bool>,
    /// Where it begins, for one that goes with the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
}

/// Where a period of the calendar begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Calendar")]
#[non_exhaustive]
pub struct Calendar {
    /// A beginning in local time: `2026-01-31 08:00:00`.
    pub start_time: String,
    /// Time zone in the IANA database, such as `Europe/Berlin`.
    pub time_zone: String,
}

words! {
    /// What a budget counts.
    pub enum BudgetingMethod named "budgeting method" {
        /// Good events among all events.
        Occurrences = "Occurrences",
        /// Good slices of time among all slices.
        Timeslices = "Timeslices",
        /// The mean of the ratios of all slices of time.
        RatioTimeslices = "RatioTimeslices",
    }
    synonyms { "events" => "Occurrences", "requests" => "Occurrences", "slices" => "Timeslices", "windows" => "Timeslices" }
}

/// A target.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Objective")]
#[non_exhaustive]
pub struct Objective {
    /// Name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The relation to `value` that is good, for a `thresholdMetric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<Comparison>,
    /// The limit, for a `thresholdMetric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Share that must be good, from 0 and below 1; exactly one of `target` and `targetPercent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 1))]
    pub target: Option<f64>,
    /// Percent that must be good, from 0 and below 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "exclusiveMaximum" = 100))]
    pub target_percent: Option<f64>,
    /// Share of a slice that must be good, above 0 and at most 1; needed for `Timeslices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub time_slice_target: Option<f64>,
    /// Length of a slice; needed for `Timeslices` and `RatioTimeslices`. A bare number is in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_slice_window: Option<TimeSliceWindow>,
    /// The SLI of this part of a composite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<InlineSli>,
    /// Name of the SLI of this part of a composite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator_ref: Option<String>,
    /// Weight of this part of a composite, above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub composite_weight: Option<f64>,
}

impl Objective {
    /// The share that must be good: `target`, or `targetPercent` / 100.
    #[must_use]
    pub fn target_ratio(&self) -> f64 {
        self.target.or(self.target_percent.map(|percent| percent / 100.0)).unwrap_or(0.0)
    }

    /// The share that may be bad: 1 − target.
    #[must_use]
    pub fn budget_ratio(&self) -> f64 {
        // From the percent itself, so that 99.9 % leaves 0.1 % and not 0.0999….
        self.target.map(|target| 1.0 - target).or(self.target_percent.map(|p| (100.0 - p) / 100.0)).unwrap_or(1.0)
    }
}

/// Length of a slice: a duration, or minutes as a bare number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeSliceWindow {
    /// Minutes.
    Minutes(u32),
    /// With its unit.
    Duration(SloDuration),
}

impl TimeSliceWindow {
    /// The length.
    #[must_use]
    pub const fn span(self) -> Span {
        match self {
            Self::Minutes(count) => Span::minutes(count),
            Self::Duration(duration) => duration.span(),
        }
    }
}

impl Serialize for TimeSliceWindow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Minutes(count) => serializer.serialize_u32(*count),
            Self::Duration(duration) => duration.serialize(serializer),
        }
    }
}

impl JsonSchema for TimeSliceWindow {
    fn schema_name() -> Cow<'static, str> {
        "TimeSliceWindow".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let duration = generator.subschema_for::<SloDuration>();
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 1, "description": "Minutes." }, duration] })
    }
}
