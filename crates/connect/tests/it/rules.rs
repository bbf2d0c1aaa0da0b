//! Rule files at promtool: they are valid, and the alerts fire when they should.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use watchkeeper_connect::export::rules::{Burn, SloInput, own_queries, render};

use crate::support::labels;
use crate::support::peers::{promtool, skipped};

/// An objective of 0.99 over 30 days, with the burn rates of the Workbook.
fn slo() -> SloInput {
    let [bad, total] = own_queries(&[("tenant", "default"), ("slo", "availability")]);
    let burn = |severity: &str, long_minutes, short_minutes, factor, bad_min| Burn {
        severity: severity.to_owned(),
        long_minutes,
        short_minutes,
        factor,
        bad_min,
    };
    SloInput {
        name: "availability".to_owned(),
        service: "credit-risk".to_owned(),
        labels: labels(&[("tenant", "default"), ("environment", "production")]),
        objective: 0.99,
        period_days: 30,
        bad,
        total,
        burns: vec![
            burn("page", 60, 5, 14.4, 5),
            burn("page", 360, 30, 6.0, 5),
            burn("ticket", 1_440, 120, 3.0, 0),
            burn("ticket", 4_320, 360, 1.0, 0),
        ],
        annotations: BTreeMap::from([("runbook".to_owned(), "https://example.com/runbook".to_owned())]),
    }
}

#[test]
fn the_rules_are_valid() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut other = slo();
    other.name = "a \"quoted\" name: {{ $value }}".to_owned();
    std::fs::write(folder.path().join("rules.yml"), render(&[slo(), other]).unwrap()).unwrap();
    let checked = promtool(folder.path(), &["check", "rules", "rules.yml"]);
    let told = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{told}{}", String::from_utf8_lossy(&checked.stderr));
    assert!(told.contains("SUCCESS: 34 rules found"), "{told}");
}

/// With these counters, a value a minute in promtool's notation, these alerts fire at the end: severity and burn rate.
fn fires(total: &str, bad: &str, minutes: u32, expected: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yml"), render(&[slo()]).unwrap()).unwrap();
    let mut test = format!(
        "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n  \
         - {{series: 'watchkeeper_slo_events_total{{tenant=\"default\",slo=\"availability\"}}', values: '{total}'}}\n  \
         - {{series: 'watchkeeper_slo_bad_events_total{{tenant=\"default\",slo=\"availability\"}}', values: '{bad}'}}\n  \
         alert_rule_test:\n  - eval_time: {minutes}m\n    alertname: SLOErrorBudgetBurn\n    exp_alerts:\n"
    );
    for (severity, burn) in expected {
        let _ = write!(
            test,
            "    - exp_labels: {{severity: {severity}, sloth_severity: {severity}, tenant: default, environment: production, \
             model: credit-risk, slo: availability, sloth_id: production-default-credit-risk-availability, \
             sloth_service: credit-risk, sloth_slo: availability}}\n      \
             exp_annotations: {{runbook: https://example.com/runbook, title: '({severity}) credit-risk availability SLO error budget burn rate is over expected', \
             summary: 'credit-risk spends the error budget of `availability` {burn} times as fast as it may.'}}\n"
        );
    }
    std::fs::write(folder.path().join("test.yml"), &test).unwrap();
    let tested = promtool(folder.path(), &["test", "rules", "test.yml"]);
    let told = format!("{}{}", String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success(), "{told}\n{test}");
}

#[test]
fn alerts_fire_above_their_burn_rate_only() {
    if skipped() {
        return;
    }
    // 20 % bad is 20 times what 0.99 allows: page (14.4), and ticket.
    fires("0+60x90", "0+12x90", 90, &[("page", "20"), ("ticket", "20")]);
    // 2 % bad: twice, so the slowest ticket only.
    fires("0+100x90", "0+2x90", 90, &[("ticket", "2")]);
    // Exactly what the objective allows.
    fires("0+100x90", "0+1x90", 90, &[]);
    fires("0+60x90", "0+0x90", 90, &[]);
}

/// Whether a page and a ticket fire at the end, with these counters.
fn page_and_ticket(slo: SloInput, total: &str, bad: &str, minutes: u32, expected: [bool; 2]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yml"), render(&[slo]).unwrap()).unwrap();
    let mut test = format!(
        "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n  \
         - {{series: 'watchkeeper_slo_events_total{{tenant=\"default\",slo=\"availability\"}}', values: '{total}'}}\n  \
         - {{series: 'watchkeeper_slo_bad_events_total{{tenant=\"default\",slo=\"availability\"}}', values: '{bad}'}}\n  \
         promql_expr_test:\n"
    );
    for (severity, fires) in ["page", "ticket"].into_iter().zip(expected) {
        let samples = if fires { "[{labels: '{}', value: 1}]" } else { "[]" };
        let query = format!("count(ALERTS{{severity=\"{severity}\"}})");
        let _ = writeln!(test, "  - {{expr: '{query}', eval_time: {minutes}m, exp_samples: {samples}}}");
    }
    std::fs::write(folder.path().join("test.yml"), &test).unwrap();
    let tested = promtool(folder.path(), &["test", "rules", "test.yml"]);
    let told = format!("{}{}", String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
    assert!(tested.status.success(), "{told}\n{test}");
}

#[test]
fn few_events_page_nobody() {
    if skipped() {
        return;
    }
    // Half of the events are bad, but they are three in an hour: with a floor of five no page, with none there is one.
    for (bad_min, page) in [(5, false), (0, true)] {
        let mut slo = slo();
        slo.burns.retain(|burn| burn.severity == "page");
        slo.burns.iter_mut().for_each(|burn| burn.bad_min = bad_min);
        page_and_ticket(slo, "0+0.1x60", "0+0.05x60", 60, [page, false]);
    }
}

#[test]
fn the_short_window_ends_an_alert() {
    if skipped() {
        return;
    }
    // Nine of ten were bad for an hour, then none: in the long windows of the page that is still too much for a while.
    page_and_ticket(slo(), "0+60x100", "0+54x60 3240+0x1", 62, [true, true]);
    page_and_ticket(slo(), "0+60x100", "0+54x60 3240+0x39", 100, [false, true]);
}
