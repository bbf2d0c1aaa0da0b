//! When alerts are kept but nobody is told: maintenance windows and silences.

use schemars::JsonSchema;
use serde::Serialize;

use crate::watch_words::MaintenanceEffect;
use crate::{Cron, Document, Matcher, Span, UtcTime};

/// A maintenance window.
pub type MaintenanceWindow = Document<MaintenanceWindowSpec>;

/// A silence.
pub type Silence = Document<SilenceSpec>;

/// When something is worked on, and what is not told meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "MaintenanceWindowSpec")]
#[non_exhaustive]
pub struct MaintenanceWindowSpec {
    /// When: exactly one of `once` and `recurring`.
    pub schedule: MaintenanceSchedule,
    /// Which alerts: conditions that all must hold, at least one.
    pub matchers: Vec<Matcher>,
    /// What it does. Default: `suppress`.
    #[schemars(with = "Option<MaintenanceEffect>")]
    pub effect: MaintenanceEffect,
    /// Why, for the record.
    pub reason: String,
}

/// When a maintenance window is open.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MaintenanceSchedule {
    /// Once.
    Once(TimeRange),
    /// Again and again.
    Recurring(Recurring),
}

/// `from` ≤ time < `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, rename = "TimeRange")]
#[non_exhaustive]
pub struct TimeRange {
    /// Beginning: RFC 3339, or a date in UTC. Before `to`.
    pub from: UtcTime,
    /// End: RFC 3339, or a date in UTC.
    pub to: UtcTime,
}

/// Beginnings in local time, each with the same length.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "Recurring")]
#[non_exhaustive]
pub struct Recurring {
    /// When it begins: `minute hour day-of-month month day-of-week`. Example: `0 2 * * sun`.
    pub cron: Cron,
    /// How long it is, 1 minute to 31 days.
    pub duration: Span,
    /// Time zone of `cron` in the IANA database, such as `Europe/Berlin`. Default: `UTC`.
    #[schemars(with = "Option<String>")]
    pub time_zone: String,
}

/// What is not told for a while, by whom and why.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields, rename = "SilenceSpec")]
#[non_exhaustive]
pub struct SilenceSpec {
    /// Which alerts: conditions that all must hold, at least one.
    pub matchers: Vec<Matcher>,
    /// Who silences.
    pub author: String,
    /// Why, for the record.
    pub reason: String,
    /// Beginning: RFC 3339, or a date in UTC. Before `endsAt`.
    pub starts_at: UtcTime,
    /// End, at most 30 days after the beginning: RFC 3339, or a date in UTC.
    pub ends_at: UtcTime,
}

impl SilenceSpec {
    /// Whether it holds at this time, microseconds since 1970 UTC.
    #[must_use]
    pub const fn is_open_at(&self, micros: i64) -> bool {
        self.starts_at.micros() <= micros && micros < self.ends_at.micros()
    }
}
