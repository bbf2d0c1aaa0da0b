use std::collections::BTreeSet;

use serde_json::Value;

use super::{Scope, WIDTH, dashboard, queries};
use crate::export::METRICS;

const MODEL: Scope<'_> = Scope::Model { tenant: "default", environment: "production", model: "credit-risk" };
const ALL: [Scope<'_>; 3] =
    [MODEL, Scope::Environment { tenant: "default", environment: "production" }, Scope::Tenant { tenant: "default" }];

/// The metrics of a query: what begins with our prefix.
fn metrics(query: &str) -> Vec<&str> {
    query
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with("watchkeeper_"))
        .collect()
}

/// The labels of each `by (…)`.
fn grouped(query: &str) -> Vec<&str> {
    query
        .split("by (")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .flat_map(|labels| labels.split(", "))
        .collect()
}

#[test]
fn each_query_asks_for_what_is_exported() {
    for scope in ALL {
        let dashboard = dashboard(&scope);
        for query in queries(&dashboard) {
            let names = metrics(&query);
            assert!(!names.is_empty(), "{query}");
            for name in names {
                let known =
                    METRICS.iter().find(|metric| metric.name == name).unwrap_or_else(|| panic!("{name} in {query}"));
                for label in grouped(&query) {
                    assert!(known.labels.contains(&label), "{name} has no label {label}: {query}");
                }
                let matched = if query.contains("segment=~") { vec!["version", "segment"] } else { Vec::new() };
                assert!(matched.iter().all(|label| known.labels.contains(label)), "{name} has no slices: {query}");
            }
            assert!(!query.contains("SCOPE") && !query.contains("SLICE") && !query.contains('$'), "{query}");
        }
    }
}

#[test]
fn each_metric_is_on_a_dashboard_or_serves_rules() {
    let shown: BTreeSet<String> = ALL
        .iter()
        .flat_map(|scope| queries(&dashboard(scope)))
        .flat_map(|query| metrics(&query).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let hidden: Vec<&str> = METRICS.iter().map(|metric| metric.name).filter(|name| !shown.contains(*name)).collect();
    assert_eq!(
        hidden,
        ["watchkeeper_slo_bad_events_total", "watchkeeper_slo_events_total", "watchkeeper_slo_objective_ratio"]
    );
}

#[test]
fn a_dashboard_keeps_its_uid() {
    assert_eq!(MODEL.uid(), MODEL.uid());
    let uids: BTreeSet<String> = ALL.iter().map(Scope::uid).collect();
    assert_eq!(uids.len(), 3);
    assert!(uids.iter().all(|uid| uid.len() == 31 && uid.starts_with("wk-")));
    let shifted = Scope::Model { tenant: "default", environment: "productio", model: "ncredit-risk" };
    assert_ne!(shifted.uid(), MODEL.uid());
}

#[test]
fn panels_fill_the_grid_without_overlap() {
    for scope in ALL {
        let dashboard = dashboard(&scope);
        assert_eq!(dashboard["schemaVersion"], 39);
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let place = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            assert!(place("x") + place("w") <= u64::from(WIDTH), "{panel}");
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(taken.insert((x, y)), "{panel}");
                }
            }
        }
    }
}

#[test]
fn names_cannot_change_a_query() {
    let scope = Scope::Tenant { tenant: "a\"} or up{x=\"" };
    let dashboard = dashboard(&scope);
    let query = queries(&dashboard).into_iter().next().unwrap();
    assert_eq!(query, "sum(watchkeeper_alerts_firing{tenant=\"a\\\"} or up{x=\\\"\"}) or vector(0)");
    assert_eq!(dashboard["templating"]["list"].as_array().map(Vec::len), Some(1));
    let Value::Array(variables) = &super::dashboard(&MODEL)["templating"]["list"] else { panic!("no variables") };
    assert_eq!(variables.len(), 3);
}
