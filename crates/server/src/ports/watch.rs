//! What the watch found: measurements, alerts, incidents.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Page, ReadError, Time, Window};
use crate::Caller;

/// An alert: one rule and one series.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AlertInfo {
    /// Identity of rule and series, 16 hexadecimal digits.
    pub fingerprint: String,
    /// Name of the rule.
    pub rule: String,
    /// `monitor` or `slo`.
    pub kind: String,
    /// `inactive`, `pending`, `firing`, `recovering` or `resolved`.
    pub state: String,
    /// `ok`, `no_data` or `error`: whether the rule can be judged at all.
    pub health: String,
    /// `page`, `ticket` or `info`.
    pub severity: String,
    /// What it is about: `model`, `environment`, `version`, `segment`, `column`, `measure`.
    pub labels: BTreeMap<String, String>,
    /// What the last breach says.
    pub sentence: Option<String>,
    /// The last value in breach.
    pub value: Option<f64>,
    /// What it was held against.
    pub limit: Option<f64>,
    /// When it began to fire.
    pub fired_at: Option<Time>,
    /// Its incident, while it fires.
    pub incident: Option<String>,
}

/// Alerts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AlertsAnswer {
    /// The alerts, those that fire first.
    pub alerts: Vec<AlertInfo>,
    /// How many there are beyond those that are shown.
    pub more: u64,
}

/// Something that happened to an incident.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// When.
    pub at: Time,
    /// What kind of event: `breach`, `fired`, `notified`, `acknowledged`, `comment`, `resolved` …
    pub what: String,
    /// What, for people.
    pub text: String,
}

/// An incident: alerts with one cause.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct IncidentInfo {
    /// Its id.
    pub id: String,
    /// `open`, `resolved` or `merged`.
    pub status: String,
    /// `page`, `ticket` or `info`: the worst so far.
    pub severity: String,
    /// One line.
    pub title: String,
    /// The model, where all alerts are about one.
    pub model: Option<String>,
    /// The environment, where all alerts are of one.
    pub environment: Option<String>,
    /// When it was opened.
    pub opened_at: Time,
    /// When it was over.
    pub closed_at: Option<Time>,
    /// Alerts that it holds.
    pub alerts_total: u64,
    /// What may be behind it, sentences, the strongest first.
    pub suspects: Vec<String>,
    /// Who has taken it.
    pub acknowledged_by: Option<String>,
    /// Who is to deal with it.
    pub assignee: Option<String>,
}

/// Incidents, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct IncidentsPage {
    /// The incidents.
    pub incidents: Vec<IncidentInfo>,
    /// Cursor of the next page; none on the last.
    pub next: Option<String>,
}

/// All of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct IncidentAnswer {
    /// The incident.
    pub incident: IncidentInfo,
    /// Its alerts, at most 1,000.
    pub alerts: Vec<AlertInfo>,
    /// What happened, the oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// When its steps were reached: `onset`, `first_breach`, `fired`, `notified`, `delivered`, `acked`, `mitigated`,
    /// `recovered`, `resolved`.
    pub times: BTreeMap<String, Time>,
    /// Seconds between them: `detect`, `acknowledge`, `mitigate`, `recover`, `open`.
    pub durations: BTreeMap<String, f64>,
    /// What to do, Markdown.
    pub runbook: String,
}

/// What somebody wants done with an incident.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub enum IncidentCommand {
    /// I take it.
    Acknowledge {
        /// Until when it need not be said again; absent: to the end.
        #[serde(default)]
        until: Option<Time>,
    },
    /// It is somebody's.
    Assign {
        /// Whose.
        to: String,
    },
    /// Something to remember.
    Comment {
        /// What.
        text: String,
    },
    /// Why it may have happened.
    Hypothesis {
        /// Why.
        text: String,
    },
    /// The harm is stopped.
    Mitigate {
        /// How.
        text: String,
    },
    /// Was it worth it?
    Review {
        /// `useful`, `noise` or `expected`.
        verdict: String,
    },
}

/// Which incidents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncidentsQuery {
    /// Only of this model.
    pub model: Option<String>,
    /// Only open (`true`) or closed ones.
    pub open: Option<bool>,
}

/// Which measurements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasurementsQuery {
    /// The model.
    pub model: String,
    /// Windows that end in here.
    pub window: Window,
    /// Only of this column.
    pub column: Option<String>,
    /// Only this measure.
    pub measure: Option<String>,
    /// As it was known then; `None`: now.
    pub known_at: Option<Time>,
}

/// A measurement of one window.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MeasurementPoint {
    /// Start of the window.
    pub start: Time,
    /// End of the window.
    pub end: Time,
    /// When it was known.
    pub known_at: Time,
    /// The value; none with a status that says why.
    pub value: Option<f64>,
    /// `ok`, `insufficient_data`, `undefined`, `degenerate_reference` or `not_applicable`.
    pub status: String,
    /// Rows of the window.
    pub rows: u64,
    /// Lower end of its 95 % interval.
    pub lo: Option<f64>,
    /// Upper end of its 95 % interval.
    pub hi: Option<f64>,
}

/// A series of measurements.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MeasurementSeries {
    /// What it is of: `model`, `environment`, `version`, `segment`, `column`, `measure`.
    pub labels: BTreeMap<String, String>,
    /// Length of a window in seconds.
    pub window_seconds: u32,
    /// What it is compared with; empty where nothing is.
    pub baseline: String,
    /// The points, ascending.
    pub points: Vec<MeasurementPoint>,
}

/// Measurements.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MeasurementsAnswer {
    /// The series, at most 1,000.
    pub series: Vec<MeasurementSeries>,
    /// Whether there were more points than are shown: 100,000.
    pub truncated: bool,
}

/// What was measured, what it means, and what is done about it.
#[async_trait]
pub trait Watch: Send + Sync {
    /// Alerts that are not inactive.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn alerts(&self, caller: &Caller, model: Option<&str>) -> Result<AlertsAnswer, ReadError>;

    /// Incidents, the newest first.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn incidents(&self, caller: &Caller, query: &IncidentsQuery, page: &Page)
    -> Result<IncidentsPage, ReadError>;

    /// All of an incident.
    ///
    /// # Errors
    /// [`ReadError::NotFound`] when there is none that the caller may see.
    async fn incident(&self, caller: &Caller, incident: &str) -> Result<IncidentAnswer, ReadError>;

    /// Does something with an incident; what it is after that.
    ///
    /// # Errors
    /// [`ReadError::NotFound`], [`ReadError::Invalid`] for what cannot be done with it.
    async fn command(
        &self,
        caller: &Caller,
        incident: &str,
        command: IncidentCommand,
    ) -> Result<IncidentAnswer, ReadError>;

    /// Measurements as they were known at a time.
    ///
    /// # Errors
    /// [`ReadError`].
    async fn measurements(&self, caller: &Caller, query: &MeasurementsQuery) -> Result<MeasurementsAnswer, ReadError>;
}
