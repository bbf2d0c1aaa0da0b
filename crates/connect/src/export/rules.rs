//! Recording and alerting rules for Prometheus from an SLO, in Sloth's manner: the same series, labels and windows, so that
//! its dashboards read them.
//!
//! Several windows and burn rates: an alert fires when the error rate is above `factor · (1 − objective)` in a long and in a
//! short window. Source: Google, The Site Reliability Workbook, chapter 5, <https://sre.google/workbook/alerting-on-slos/>;
//! the names of series are those of <https://sloth.dev>.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::promql::selector;

/// An SLO as rules need it.
#[derive(Debug, Clone, PartialEq)]
pub struct SloInput {
    /// Its name.
    pub name: String,
    /// The service, here the model.
    pub service: String,
    /// Further labels of all its series: tenant, environment.
    pub labels: BTreeMap<String, String>,
    /// Share of good events that is wanted, in (0, 1).
    pub objective: f64,
    /// The period of the error budget, in days.
    pub period_days: u32,
    /// PromQL of bad events a second over `{{.window}}`.
    pub bad: String,
    /// PromQL of all events a second over `{{.window}}`.
    pub total: String,
    /// When to alert.
    pub burns: Vec<Burn>,
    /// Annotations of the alerts: runbook, page.
    pub annotations: BTreeMap<String, String>,
}

/// A pair of windows and its factor.
#[derive(Debug, Clone, PartialEq)]
pub struct Burn {
    /// `page` or `ticket`.
    pub severity: String,
    /// The long window, in minutes.
    pub long_minutes: u32,
    /// The short window, in minutes.
    pub short_minutes: u32,
    /// The burn rate above which it fires.
    pub factor: f64,
    /// Bad events in the long window below which it does not: few events are no evidence.
    pub bad_min: u32,
}

/// An SLO that no rules can be made from.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RulesError {
    /// The objective.
    #[error("the objective of SLO `{slo}` is {objective}; expected a share between 0 and 1, both excluded")]
    Objective {
        /// Which.
        slo: String,
        /// What it is.
        objective: f64,
    },
    /// A query without a window.
    #[error(
        "the query of SLO `{0}` has no `{{{{.window}}}}`; expected one such as `sum(rate(errors_total[{{{{.window}}}}]))`"
    )]
    Window(String),
    /// A burn rate that cannot be reached.
    #[error("the burn rate {factor} of SLO `{slo}` is above {most:.3}, which all events being bad gives")]
    Unreachable {
        /// Which.
        slo: String,
        /// The factor.
        factor: f64,
        /// The largest that can be.
        most: f64,
    },
    /// A window or a period of no length.
    #[error(
        "a window of SLO `{0}` has no length; expected windows of at least a minute and a period of at least a day"
    )]
    Length(String),
    /// The text could not be written.
    #[error("the rules cannot be written: {0}")]
    Write(String),
}

/// The queries for an SLO whose events Watchkeeper exports itself: bad, then all.
#[must_use]
pub fn own_queries(labels: &[(&str, &str)]) -> [String; 2] {
    let selector = selector(labels);
    ["watchkeeper_slo_bad_events_total", "watchkeeper_slo_events_total"]
        .map(|metric| format!("sum(rate({metric}{selector}[{WINDOW}]))"))
}

const WINDOW: &str = "{{.window}}";

#[derive(Debug, Serialize)]
struct File {
    groups: Vec<Group>,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize)]
struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<String>,
    expr: String,
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

/// The rule file (YAML) of some SLOs: for each a group of error rates, one of what the SLO is and how its budget stands,
/// and one of alerts.
///
/// # Errors
/// [`RulesError`], for the first SLO that has one.
pub fn render(slos: &[SloInput]) -> Result<String, RulesError> {
    let mut groups = Vec::new();
    for slo in slos {
        check(slo)?;
        let id = id(slo);
        groups.push(Group { name: format!("sloth-slo-sli-recordings-{id}"), rules: error_rates(slo) });
        groups.push(Group { name: format!("sloth-slo-meta-recordings-{id}"), rules: about(slo) });
        if !slo.burns.is_empty() {
            groups.push(Group { name: format!("sloth-slo-alerts-{id}"), rules: alerts(slo) });
        }
    }
    serde_saphyr::to_string(&File { groups }).map_err(|error| RulesError::Write(error.to_string()))
}

fn check(slo: &SloInput) -> Result<(), RulesError> {
    let named = || slo.name.clone();
    if !(slo.objective > 0.0 && slo.objective < 1.0) {
        return Err(RulesError::Objective { slo: named(), objective: slo.objective });
    }
    if !slo.bad.contains(WINDOW) || !slo.total.contains(WINDOW) {
        return Err(RulesError::Window(named()));
    }
    if slo.period_days == 0 || slo.burns.iter().any(|burn| burn.long_minutes == 0 || burn.short_minutes == 0) {
        return Err(RulesError::Length(named()));
    }
    let most = 1.0 / budget(slo);
    match slo.burns.iter().find(|burn| burn.factor >= most) {
        Some(burn) => Err(RulesError::Unreachable { slo: named(), factor: burn.factor, most }),
        None => Ok(()),
    }
}

/// One text for an SLO among all; the labels keep those of several tenants apart.
fn id(slo: &SloInput) -> String {
    let scope: String = slo.labels.values().map(|value| format!("{value}-")).collect();
    format!("{scope}{}-{}", slo.service, slo.name)
}

/// `1 − objective` without the digits that the subtraction adds: 0.001, not 0.0010000000000000009.
fn budget(slo: &SloInput) -> f64 {
    let scale = 1e12;
    ((1.0 - slo.objective) * scale).round() / scale
}

fn labels(slo: &SloInput) -> BTreeMap<String, String> {
    let mut labels = slo.labels.clone();
    labels.insert("sloth_id".to_owned(), id(slo));
    labels.insert("sloth_service".to_owned(), slo.service.clone());
    labels.insert("sloth_slo".to_owned(), slo.name.clone());
    labels
}

/// `{sloth_id="…", …}` of an SLO's own series.
fn own(slo: &SloInput) -> String {
    let id = id(slo);
    selector(&[("sloth_id", &id), ("sloth_service", &slo.service), ("sloth_slo", &slo.name)])
}

/// A duration as Prometheus writes it: the largest unit that fits.
fn window(minutes: u32) -> String {
    match minutes {
        minutes if minutes % 1_440 == 0 => format!("{}d", minutes / 1_440),
        minutes if minutes % 60 == 0 => format!("{}h", minutes / 60),
        minutes => format!("{minutes}m"),
    }
}

fn ratio(window: &str) -> String {
    format!("slo:sli_error:ratio_rate{window}")
}

fn record(name: impl Into<String>, expr: String, labels: BTreeMap<String, String>) -> Rule {
    Rule { record: Some(name.into()), alert: None, expr, labels, annotations: BTreeMap::new() }
}

/// Windows of error rates in minutes: those of Sloth, and those of the alerts.
fn windows(slo: &SloInput) -> BTreeSet<u32> {
    let of_burns = slo.burns.iter().flat_map(|burn| [burn.short_minutes, burn.long_minutes]);
    [5, 30, 60, 120, 360, 1_440, 4_320].into_iter().chain(of_burns).collect()
}

fn error_rates(slo: &SloInput) -> Vec<Rule> {
    let with_window = |window: &str| {
        let mut labels = labels(slo);
        labels.insert("sloth_window".to_owned(), window.to_owned());
        labels
    };
    let mut rules: Vec<Rule> = windows(slo)
        .into_iter()
        .map(|minutes| {
            let window = window(minutes);
            let query = format!("({})\n/\n({})\n", slo.bad, slo.total).replace(WINDOW, &window);
            record(ratio(&window), query, with_window(&window))
        })
        .collect();
    // A rate over the whole period would read all of it each time; the mean of five-minute rates reads one series.
    let period = format!("{}d", slo.period_days);
    let own = own(slo);
    let five = ratio("5m");
    let query = format!(
        "sum_over_time({five}{own}[{period}])\n/ ignoring (sloth_window)\ncount_over_time({five}{own}[{period}])\n"
    );
    rules.push(record(ratio(&period), query, with_window(&period)));
    rules
}

fn about(slo: &SloInput) -> Vec<Rule> {
    const ON: &str = "on(sloth_id, sloth_slo, sloth_service)";
    let own = own(slo);
    let labels = labels(slo);
    let burn = |window: &str| {
        let rate = ratio(window);
        format!("{rate}{own}\n/ {ON} group_left\nslo:error_budget:ratio{own}\n")
    };
    let mut info = labels.clone();
    info.insert("sloth_mode".to_owned(), "watchkeeper".to_owned());
    info.insert("sloth_objective".to_owned(), percent(slo.objective));
    info.insert("sloth_version".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    info.insert("sloth_spec".to_owned(), "openslo/v1".to_owned());
    vec![
        record("slo:objective:ratio", format!("vector({})", slo.objective), labels.clone()),
        record("slo:error_budget:ratio", format!("vector({})", budget(slo)), labels.clone()),
        record("slo:time_period:days", format!("vector({})", slo.period_days), labels.clone()),
        record("slo:current_burn_rate:ratio", burn("5m"), labels.clone()),
        record("slo:period_burn_rate:ratio", burn(&format!("{}d", slo.period_days)), labels.clone()),
        record("slo:period_error_budget_remaining:ratio", format!("1 - slo:period_burn_rate:ratio{own}"), labels),
        record("sloth_slo_info", "vector(1)".to_owned(), info),
    ]
}

fn percent(ratio: f64) -> String {
    let scale = 1e10;
    ((ratio * 100.0 * scale).round() / scale).to_string()
}

fn alerts(slo: &SloInput) -> Vec<Rule> {
    let mut severities: Vec<&str> = slo.burns.iter().map(|burn| burn.severity.as_str()).collect();
    severities.sort_unstable();
    severities.dedup();
    severities.into_iter().map(|severity| alert(slo, severity)).collect()
}

/// One alert a severity: any of its pairs of windows.
fn alert(slo: &SloInput, severity: &str) -> Rule {
    let pairs: Vec<String> =
        slo.burns.iter().filter(|burn| burn.severity == severity).map(|burn| condition(slo, burn)).collect();
    let mut labels = slo.labels.clone();
    labels.insert("sloth_severity".to_owned(), severity.to_owned());
    labels.insert("severity".to_owned(), severity.to_owned());
    labels.insert("model".to_owned(), slo.service.clone());
    labels.insert("slo".to_owned(), slo.name.clone());
    let mut annotations = slo.annotations.clone();
    annotations.insert(
        "title".to_owned(),
        format!("({severity}) {} {} SLO error budget burn rate is over expected", slo.service, slo.name),
    );
    annotations.insert(
        "summary".to_owned(),
        format!(
            "{} spends the error budget of `{}` {{{{$value | printf \"%.4g\"}}}} times as fast as it may.",
            slo.service, slo.name
        ),
    );
    Rule { record: None, alert: Some("SLOErrorBudgetBurn".to_owned()), expr: pairs.join("or\n"), labels, annotations }
}

/// Its value is the burn rate of the long window.
fn condition(slo: &SloInput, burn: &Burn) -> String {
    let own = own(slo);
    let (long, short) = (window(burn.long_minutes), window(burn.short_minutes));
    let burn_of = |window: &str| {
        let (rate, budget, factor) = (ratio(window), budget(slo), burn.factor);
        format!("max({rate}{own}) without (sloth_window) / {budget} > {factor}")
    };
    let mut text = format!("(\n    ({})\n    and\n    ({})\n", burn_of(&long), burn_of(&short));
    if burn.bad_min > 0 {
        let bad = slo.bad.replace(WINDOW, &long);
        let seconds = u64::from(burn.long_minutes) * 60;
        text.push_str(&format!("    and on()\n    (sum({bad}) * {seconds} >= {})\n", burn.bad_min));
    }
    text.push_str(")\n");
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Burn, RulesError, SloInput, own_queries, render, window};

    fn slo() -> SloInput {
        let [bad, total] = own_queries(&[("tenant", "default"), ("slo", "availability")]);
        SloInput {
            name: "availability".to_owned(),
            service: "credit-risk".to_owned(),
            labels: BTreeMap::from([("tenant".to_owned(), "default".to_owned())]),
            objective: 0.999,
            period_days: 28,
            bad,
            total,
            burns: vec![Burn {
                severity: "page".to_owned(),
                long_minutes: 60,
                short_minutes: 5,
                factor: 13.44,
                bad_min: 5,
            }],
            annotations: BTreeMap::new(),
        }
    }

    #[test]
    fn the_series_are_those_of_sloth() {
        let text = render(&[slo()]).unwrap();
        for name in [
            "slo:sli_error:ratio_rate5m",
            "slo:sli_error:ratio_rate30m",
            "slo:sli_error:ratio_rate1h",
            "slo:sli_error:ratio_rate2h",
            "slo:sli_error:ratio_rate6h",
            "slo:sli_error:ratio_rate1d",
            "slo:sli_error:ratio_rate3d",
            "slo:sli_error:ratio_rate28d",
            "slo:objective:ratio",
            "slo:error_budget:ratio",
            "slo:time_period:days",
            "slo:current_burn_rate:ratio",
            "slo:period_burn_rate:ratio",
            "slo:period_error_budget_remaining:ratio",
            "sloth_slo_info",
        ] {
            assert!(
                text.contains(&format!("record: {name}\n")) || text.contains(&format!("record: \"{name}\"\n")),
                "{name} in {text}"
            );
        }
        assert!(text.contains("vector(0.001)"), "no digits of binary fractions: {text}");
        assert!(text.contains("sloth_id: default-credit-risk-availability"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let error = |change: fn(&mut SloInput)| {
            let mut slo = slo();
            change(&mut slo);
            render(&[slo]).unwrap_err().to_string()
        };
        assert_eq!(
            error(|slo| slo.objective = 1.0),
            "the objective of SLO `availability` is 1; expected a share between 0 and 1, both excluded"
        );
        assert!(error(|slo| slo.objective = f64::NAN).contains("NaN"));
        assert!(
            error(|slo| slo.bad = "up".to_owned()).starts_with("the query of SLO `availability` has no `{{.window}}`")
        );
        assert!(error(|slo| slo.burns[0].short_minutes = 0).contains("no length"));
        let mut low = slo();
        low.objective = 0.9;
        assert_eq!(
            render(&[low]).unwrap_err(),
            RulesError::Unreachable { slo: "availability".to_owned(), factor: 13.44, most: 10.0 }
        );
    }

    #[test]
    fn windows_are_written_in_their_largest_unit() {
        assert_eq!([5, 60, 90, 1_440, 4_320].map(window), ["5m", "1h", "90m", "1d", "3d"]);
    }
}
