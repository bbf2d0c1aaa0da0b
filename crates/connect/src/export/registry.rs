//! The one list of exported metrics: `watchkeeper_<noun>_<unit>`.

/// What a value does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only grows; its name ends in `_total`.
    Counter,
}

impl Kind {
    /// The word of the exposition formats.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name, as samples carry it.
    pub name: &'static str,
    /// What it does over time.
    pub kind: Kind,
    /// One sentence for those who see it in a list.
    pub help: &'static str,
    /// Its labels. Those that do not apply to a series are absent from it.
    pub labels: &'static [&'static str],
}

const SCOPE: &[&str] = &["tenant", "environment"];
const SLICE: &[&str] = &["tenant", "environment", "model", "version", "segment"];
const COLUMN: &[&str] = &["tenant", "environment", "model", "version", "segment", "column", "measure"];
const MEASURE: &[&str] = &["tenant", "environment", "model", "version", "segment", "measure"];
const SLO: &[&str] = &["tenant", "environment", "model", "slo"];

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, help, labels }
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, help, labels }
}

/// What counts the samples that were not exported because there were too many series.
pub const DROPPED: Metric = counter(
    "watchkeeper_export_dropped_samples_total",
    &["metric"],
    "Samples that were not exported because their metric has too many series.",
);

/// All exported metrics of models, SLOs, alerts and incidents, by name.
pub const METRICS: &[Metric] = &[
    gauge("watchkeeper_alerts_firing", &["tenant", "environment", "model", "rule", "severity"], "Alerts that fire."),
    counter(
        "watchkeeper_alerts_suppressed_total",
        &["tenant", "environment", "reason"],
        "Alerts that were not told, by the reason.",
    ),
    gauge(
        "watchkeeper_column_drift_limit",
        COLUMN,
        "What the drift of the column must exceed to alarm, noise included.",
    ),
    gauge(
        "watchkeeper_column_drift_score",
        COLUMN,
        "Drift of the column from its baseline in the last window, by measure.",
    ),
    gauge(
        "watchkeeper_column_quality_ratio",
        COLUMN,
        "Share of rows of the last window that the measure counts, such as missing_rate.",
    ),
    gauge(
        "watchkeeper_evaluation_timestamp_seconds",
        SLICE,
        "When the model was last evaluated, in seconds since 1970.",
    ),
    gauge("watchkeeper_event_age_seconds", SLICE, "Age of the newest event at the last evaluation."),
    DROPPED,
    gauge(
        "watchkeeper_incident_detect_seconds",
        SCOPE,
        "Median time from the onset of incidents to the first notice delivered.",
    ),
    gauge("watchkeeper_incident_recover_seconds", SCOPE, "Median time from the onset of incidents to recovery."),
    gauge("watchkeeper_incidents_open", &["tenant", "environment", "model", "severity"], "Incidents that are open."),
    gauge(
        "watchkeeper_kpi_value",
        &["tenant", "environment", "model", "segment", "kpi"],
        "Business KPI in the last window.",
    ),
    gauge("watchkeeper_label_coverage_ratio", SLICE, "Share of mature predictions that have a label."),
    gauge(
        "watchkeeper_model_performance_value",
        MEASURE,
        "Performance of the model in the last mature window, by measure.",
    ),
    counter(
        "watchkeeper_notices_total",
        &["tenant", "target", "outcome"],
        "Notices by target and by what became of them.",
    ),
    gauge(
        "watchkeeper_prediction_error_ratio",
        SLICE,
        "Share of predictions of the last window that ended in an error.",
    ),
    gauge(
        "watchkeeper_prediction_latency_seconds",
        MEASURE,
        "Latency of predictions in the last window, by quantile: latency_p50 to latency_p99_9.",
    ),
    counter("watchkeeper_predictions_total", SLICE, "Predictions that were taken in."),
    counter("watchkeeper_slo_bad_events_total", SLO, "Events of the SLO that were not good."),
    gauge(
        "watchkeeper_slo_burn_rate_ratio",
        &["tenant", "environment", "model", "slo", "window"],
        "Error rate of the window over the error rate that the objective allows.",
    ),
    gauge(
        "watchkeeper_slo_error_budget_remaining_ratio",
        SLO,
        "Share of the error budget that is left; below 0 when overspent.",
    ),
    counter("watchkeeper_slo_events_total", SLO, "Events of the SLO, good or bad."),
    gauge("watchkeeper_slo_objective_ratio", SLO, "Share of events that the SLO wants to be good."),
    gauge(
        "watchkeeper_verdict_state",
        &["tenant", "environment", "model", "version", "segment", "column", "rule"],
        "Last verdict of the rule: 0 ok, 1 unknown, 2 breach.",
    ),
];

/// The metric of that name.
#[must_use]
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.binary_search_by(|metric| metric.name.cmp(name)).ok().and_then(|index| METRICS.get(index))
}

#[cfg(test)]
mod tests {
    use super::{DROPPED, Kind, METRICS, metric};

    #[test]
    fn names_follow_the_rules_of_the_field() {
        for metric in METRICS {
            let name = metric.name;
            assert!(name.starts_with("watchkeeper_"), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
            assert!(metric.help.ends_with('.'), "{name}");
            assert!(metric.labels.iter().all(|label| !label.is_empty() && !name.contains("__")), "{name}");
        }
    }

    #[test]
    fn the_list_is_in_order_and_found_by_name() {
        assert!(METRICS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(METRICS.iter().all(|known| metric(known.name) == Some(known)));
        assert_eq!(metric(DROPPED.name), Some(&DROPPED));
        assert_eq!(metric("watchkeeper_x"), None);
    }
}
