//! What each dashboard shows: a table of panels. `SCOPE` stands for the matchers of the scope, `SLICE` for those with the
//! chosen versions and segments.

use serde_json::{Value, json};

/// How a panel looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Row,
    Stat,
    Lines,
    Table,
    Timeline,
}

/// A panel.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) shape: Shape,
    pub(super) width: u32,
    /// Grafana's id of a unit.
    pub(super) unit: &'static str,
    pub(super) red_above: Option<f64>,
    /// Query and legend.
    pub(super) queries: &'static [(&'static str, &'static str)],
}

impl Shape {
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Stat => "stat",
            Self::Lines => "timeseries",
            Self::Table => "table",
            Self::Timeline => "state-timeline",
        }
    }

    pub(super) fn options(self) -> Value {
        match self {
            Self::Stat => {
                json!({"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false}, "colorMode": "value"})
            }
            Self::Lines => {
                json!({"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}})
            }
            Self::Timeline => {
                json!({"mergeValues": true, "showValue": "never", "legend": {"displayMode": "list", "placement": "bottom"}})
            }
            Self::Row | Self::Table => json!({}),
        }
    }
}

const fn row(title: &'static str) -> Panel {
    Panel { title, description: "", shape: Shape::Row, width: 24, unit: "none", red_above: None, queries: &[] }
}

const fn stat(
    title: &'static str,
    unit: &'static str,
    red_above: Option<f64>,
    queries: &'static [(&'static str, &'static str)],
) -> Panel {
    Panel { title, description: "", shape: Shape::Stat, width: 6, unit, red_above, queries }
}

const fn lines(
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    queries: &'static [(&'static str, &'static str)],
) -> Panel {
    Panel { title, description, shape: Shape::Lines, width: 12, unit, red_above: None, queries }
}

pub(super) const MODEL: &[Panel] = &[
    row("State"),
    stat("Alerts that fire", "none", Some(1.0), &[("sum(watchkeeper_alerts_firing{SCOPE}) or vector(0)", "")]),
    stat("Open incidents", "none", Some(1.0), &[("sum(watchkeeper_incidents_open{SCOPE}) or vector(0)", "")]),
    stat(
        "Last evaluated",
        "s",
        Some(3_600.0),
        &[("time() - max(watchkeeper_evaluation_timestamp_seconds{SCOPE})", "ago")],
    ),
    stat(
        "Least error budget left",
        "percentunit",
        None,
        &[("min(watchkeeper_slo_error_budget_remaining_ratio{SCOPE})", "")],
    ),
    Panel {
        title: "Verdicts",
        description: "The last verdict of each rule: the worst of its columns, versions and segments.",
        shape: Shape::Timeline,
        width: 24,
        unit: "none",
        red_above: None,
        queries: &[("max by (rule) (watchkeeper_verdict_state{SLICE})", "{{rule}}")],
    },
    row("Objectives"),
    lines(
        "Error budget left",
        "Share of the error budget that is left in the period; below 0 it is overspent.",
        "percentunit",
        &[("min by (slo) (watchkeeper_slo_error_budget_remaining_ratio{SCOPE})", "{{slo}}")],
    ),
    lines(
        "Burn rate",
        "1 spends the whole error budget in exactly the period.",
        "none",
        &[("max by (slo, window) (watchkeeper_slo_burn_rate_ratio{SCOPE})", "{{slo}} {{window}}")],
    ),
    row("Drift"),
    Panel {
        title: "Drift over its limit, ten worst columns",
        description: "Above 1 the drift is more than the threshold and the noise of that many rows together.",
        shape: Shape::Lines,
        width: 24,
        unit: "none",
        red_above: Some(1.0),
        queries: &[(
            "topk(10, max by (column, measure) (watchkeeper_column_drift_score{SLICE} / (watchkeeper_column_drift_limit{SLICE} > 0)))",
            "{{column}} {{measure}}",
        )],
    },
    Panel {
        title: "Drift now",
        description: "",
        shape: Shape::Table,
        width: 24,
        unit: "none",
        red_above: None,
        queries: &[("sort_desc(max by (column, measure, segment) (watchkeeper_column_drift_score{SLICE}))", "")],
    },
    row("Data quality"),
    lines(
        "Rows that a measure counts, ten worst columns",
        "Such as missing or invalid values.",
        "percentunit",
        &[("topk(10, max by (column, measure) (watchkeeper_column_quality_ratio{SLICE}))", "{{column}} {{measure}}")],
    ),
    lines(
        "Age of the newest event",
        "",
        "s",
        &[("max by (version) (watchkeeper_event_age_seconds{SLICE})", "{{version}}")],
    ),
    row("Serving"),
    lines(
        "Predictions a second",
        "",
        "reqps",
        &[("sum by (version) (rate(watchkeeper_predictions_total{SLICE}[$__rate_interval]))", "{{version}}")],
    ),
    lines("Latency", "", "s", &[("max by (measure) (watchkeeper_prediction_latency_seconds{SLICE})", "{{measure}}")]),
    lines(
        "Errors",
        "",
        "percentunit",
        &[("max by (version) (watchkeeper_prediction_error_ratio{SLICE})", "{{version}}")],
    ),
    row("Quality and business"),
    lines(
        "Performance",
        "In mature windows: those whose labels have come.",
        "none",
        &[("avg by (measure, version) (watchkeeper_model_performance_value{SLICE})", "{{measure}} {{version}}")],
    ),
    lines(
        "Predictions with a label",
        "",
        "percentunit",
        &[("avg by (version) (watchkeeper_label_coverage_ratio{SLICE})", "{{version}}")],
    ),
    lines("KPIs", "", "none", &[("avg by (kpi) (watchkeeper_kpi_value{SCOPE})", "{{kpi}}")]),
];

pub(super) const ENVIRONMENT: &[Panel] = &[
    row("State"),
    stat("Alerts that fire", "none", Some(1.0), &[("sum(watchkeeper_alerts_firing{SCOPE}) or vector(0)", "")]),
    stat("Open incidents", "none", Some(1.0), &[("sum(watchkeeper_incidents_open{SCOPE}) or vector(0)", "")]),
    stat(
        "Models",
        "none",
        None,
        &[("count(count by (model) (watchkeeper_evaluation_timestamp_seconds{SCOPE})) or vector(0)", "")],
    ),
    stat(
        "Longest without evaluation",
        "s",
        Some(3_600.0),
        &[("time() - min(max by (model) (watchkeeper_evaluation_timestamp_seconds{SCOPE}))", "ago")],
    ),
    Panel {
        title: "Models",
        description: "The worst verdict of each model.",
        shape: Shape::Timeline,
        width: 24,
        unit: "none",
        red_above: None,
        queries: &[("max by (model) (watchkeeper_verdict_state{SCOPE})", "{{model}}")],
    },
    row("Objectives"),
    lines(
        "Error budget left, ten worst",
        "",
        "percentunit",
        &[(
            "bottomk(10, min by (model, slo) (watchkeeper_slo_error_budget_remaining_ratio{SCOPE}))",
            "{{model}} {{slo}}",
        )],
    ),
    lines(
        "Burn rate, ten worst",
        "",
        "none",
        &[("topk(10, max by (model, slo) (watchkeeper_slo_burn_rate_ratio{SCOPE}))", "{{model}} {{slo}}")],
    ),
    row("Models"),
    lines(
        "Columns beyond their limit",
        "",
        "none",
        &[(
            "count by (model) (max by (model, column) (watchkeeper_column_drift_score{SCOPE} / (watchkeeper_column_drift_limit{SCOPE} > 0)) > 1)",
            "{{model}}",
        )],
    ),
    lines(
        "Alerts that fire",
        "",
        "none",
        &[("sum by (model, severity) (watchkeeper_alerts_firing{SCOPE})", "{{model}} {{severity}}")],
    ),
    lines(
        "Predictions a second",
        "",
        "reqps",
        &[("sum by (model) (rate(watchkeeper_predictions_total{SCOPE}[$__rate_interval]))", "{{model}}")],
    ),
    lines(
        "Age of the newest event",
        "",
        "s",
        &[("max by (model) (watchkeeper_event_age_seconds{SCOPE})", "{{model}}")],
    ),
];

pub(super) const TENANT: &[Panel] = &[
    row("State"),
    stat("Alerts that fire", "none", Some(1.0), &[("sum(watchkeeper_alerts_firing{SCOPE}) or vector(0)", "")]),
    stat("Open incidents", "none", Some(1.0), &[("sum(watchkeeper_incidents_open{SCOPE}) or vector(0)", "")]),
    stat("Onset to notice", "s", None, &[("max(watchkeeper_incident_detect_seconds{SCOPE})", "")]),
    stat("Onset to recovery", "s", None, &[("max(watchkeeper_incident_recover_seconds{SCOPE})", "")]),
    row("Environments"),
    lines(
        "Open incidents",
        "",
        "none",
        &[("sum by (environment, severity) (watchkeeper_incidents_open{SCOPE})", "{{environment}} {{severity}}")],
    ),
    lines(
        "Least error budget left",
        "",
        "percentunit",
        &[("min by (environment) (watchkeeper_slo_error_budget_remaining_ratio{SCOPE})", "{{environment}}")],
    ),
    lines(
        "Predictions a second",
        "",
        "reqps",
        &[("sum by (environment) (rate(watchkeeper_predictions_total{SCOPE}[$__rate_interval]))", "{{environment}}")],
    ),
    lines(
        "Models without evaluation for an hour",
        "",
        "none",
        &[(
            "count by (environment) (time() - max by (environment, model) (watchkeeper_evaluation_timestamp_seconds{SCOPE}) > 3600)",
            "{{environment}}",
        )],
    ),
    row("The watch itself"),
    lines(
        "Notices",
        "By target and by what became of them.",
        "none",
        &[(
            "sum by (target, outcome) (increase(watchkeeper_notices_total{SCOPE}[$__rate_interval]))",
            "{{target}} {{outcome}}",
        )],
    ),
    lines(
        "Alerts that were not told",
        "By the reason.",
        "none",
        &[("sum by (reason) (increase(watchkeeper_alerts_suppressed_total{SCOPE}[$__rate_interval]))", "{{reason}}")],
    ),
    lines(
        "Samples that were not exported",
        "A metric has more series than may be exported. All tenants together.",
        "none",
        &[("sum by (metric) (increase(watchkeeper_export_dropped_samples_total[$__rate_interval]))", "{{metric}}")],
    ),
];
