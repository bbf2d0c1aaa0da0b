//! Samples at a real Prometheus: written, scraped, and asked for by each dashboard.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use watchkeeper_connect::delivery::Outcome;
use watchkeeper_connect::export::grafana::{Scope, dashboard, queries};
use watchkeeper_connect::export::openmetrics::{Format, render};
use watchkeeper_connect::export::remote_write::{Protocol, RemoteWriter};
use watchkeeper_connect::export::{Kind, METRICS, Sample};

use crate::support::peers::{Peer, eventually, program, prometheus, skipped};
use crate::support::recorder::{Recorder, Reply};
use crate::support::{SECOND, local_egress, now, sample};

const NOTHING: &str = "scrape_configs: []\n";

fn writer(peer: &Peer, protocol: Protocol) -> RemoteWriter {
    let url = format!("{}/api/v1/write", peer.url).parse().unwrap();
    RemoteWriter::new(url, Vec::new(), Duration::from_secs(10), protocol)
}

/// A value for each label of a metric.
fn label_value(label: &str) -> &'static str {
    match label {
        "tenant" => "default",
        "environment" => "production",
        "model" => "credit-risk",
        "window" => "1h",
        _ => "x",
    }
}

/// Each metric of the list, some minutes of it up to now.
fn every_metric(now: i64) -> Vec<Sample> {
    let mut all = Vec::new();
    for step in 0..20_i32 {
        let at = now - i64::from(19 - step) * 15 * SECOND;
        for metric in METRICS {
            let pairs: Vec<(&str, &str)> = metric.labels.iter().map(|label| (*label, label_value(label))).collect();
            let value = match (metric.kind, metric.name) {
                (Kind::Counter, _) => f64::from(step) * 10.0,
                (_, "watchkeeper_evaluation_timestamp_seconds") => (at / SECOND - 7_200) as f64,
                (_, "watchkeeper_column_drift_limit") => 0.1,
                _ => 0.5,
            };
            all.push(sample(metric.name, &pairs, value, at));
        }
    }
    all
}

#[tokio::test]
async fn both_versions_of_remote_write_arrive() {
    if skipped() {
        return;
    }
    let peer = prometheus(NOTHING).await;
    let version = peer.get("/api/v1/status/buildinfo").await["data"]["version"].as_str().unwrap().to_owned();
    let at = now() / 1_000 * 1_000;
    for (protocol, name) in [(Protocol::V1, "one"), (Protocol::V2, "two")] {
        let mut writer = writer(&peer, protocol);
        let samples: Vec<Sample> = (0..3_000)
            .map(|n| {
                sample(
                    "watchkeeper_kpi_value",
                    &[("kpi", &format!("{name}-{n}")), ("odd", "ä\"\\\n")],
                    f64::from(n),
                    at,
                )
            })
            .collect();
        let written = writer.write(&local_egress(), &samples, at).await;
        assert_eq!((written.samples, written.outcome), (3_000, Outcome::Delivered), "{name}");
        // Version 2 stores nothing for 2.0 and does not say so: the writer must have noticed.
        let knows_2 = !version.starts_with("2.");
        let expected = if knows_2 { protocol } else { Protocol::V1 };
        assert_eq!(writer.protocol(), expected, "Prometheus {version}");
        let count = peer.query(&format!("count(watchkeeper_kpi_value{{kpi=~\"{name}-.*\"}})")).await;
        assert_eq!(count[0]["value"][1], "3000", "{name}");
        let one = peer.query(&format!("watchkeeper_kpi_value{{kpi=\"{name}-2999\"}}")).await;
        assert_eq!((one[0]["value"][1].as_str(), one[0]["metric"]["odd"].as_str()), (Some("2999"), Some("ä\"\\\n")));
    }
    // What it refuses is told, and not tried again: samples out of order.
    let mut writer = writer(&peer, Protocol::V1);
    let old = [sample("watchkeeper_kpi_value", &[("kpi", "one-1"), ("odd", "ä\"\\\n")], 1.0, at - 3_600 * SECOND)];
    let written = writer.write(&local_egress(), &old, at).await;
    assert!(
        matches!(&written.outcome, Outcome::Rejected { why } if why.starts_with("status 400: out of ")),
        "{written:?}"
    );
    assert_eq!(written.samples, 0);
}

#[tokio::test]
async fn the_text_is_scraped() {
    if skipped() {
        return;
    }
    let at = now();
    let text = render(&every_metric(at), Format::OpenMetrics, false).into_bytes();
    let receiver = Recorder::start(move |_| {
        Some(Reply::status(200).with_header("Content-Type", Format::OpenMetrics.media_type()).with_body(&text))
    });
    let configuration = format!(
        "scrape_configs: [{{job_name: wk, scrape_interval: 1s, static_configs: [{{targets: ['{}']}}]}}]\n",
        receiver.address
    );
    let peer = prometheus(&configuration).await;
    let asked = receiver.next();
    assert!(asked.header("accept").unwrap().contains("application/openmetrics-text"));
    eventually("a scrape", async || (!peer.query("watchkeeper_predictions_total").await.is_empty()).then_some(()))
        .await;
    for metric in METRICS {
        let found = peer.query(metric.name).await;
        assert_eq!(found.len(), 1, "{}", metric.name);
        for label in metric.labels {
            assert_eq!(found[0]["metric"][*label], label_value(label), "{}", metric.name);
        }
    }
    let about = peer.get("/api/v1/metadata?metric=watchkeeper_predictions_total").await;
    let about = if about["data"].as_object().is_some_and(|found| found.is_empty()) {
        // OpenMetrics names the family of a counter without its suffix.
        peer.get("/api/v1/metadata?metric=watchkeeper_predictions").await["data"]["watchkeeper_predictions"][0].clone()
    } else {
        about["data"]["watchkeeper_predictions_total"][0].clone()
    };
    assert_eq!(
        (about["type"].as_str(), about["help"].as_str()),
        (Some("counter"), Some("Predictions that were taken in."))
    );
}

#[test]
fn promtool_has_nothing_to_say_about_the_text() {
    if skipped() {
        return;
    }
    let text = render(&every_metric(now()), Format::Text, false);
    let mut process = Command::new(program("promtool"))
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut process.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.trim().is_empty(), "{told}");
}

#[tokio::test]
async fn each_query_of_each_dashboard_finds_something() {
    if skipped() {
        return;
    }
    let peer = prometheus(NOTHING).await;
    let at = now();
    let written = writer(&peer, Protocol::V1).write(&local_egress(), &every_metric(at), at).await;
    assert_eq!(written.outcome, Outcome::Delivered);
    let scopes = [
        Scope::Model { tenant: "default", environment: "production", model: "credit-risk" },
        Scope::Environment { tenant: "default", environment: "production" },
        Scope::Tenant { tenant: "default" },
    ];
    let mut asked = 0;
    for scope in scopes {
        let dashboard = dashboard(&scope);
        for query in queries(&dashboard) {
            let found = peer.query(&query).await;
            assert!(!found.is_empty(), "nothing for {query}");
            let value = found[0]["value"][1].as_str().unwrap();
            assert!(value.parse::<f64>().unwrap().is_finite(), "{query} is {value}");
            asked += 1;
        }
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            let Some(query) = variable["query"]["query"].as_str() else { continue };
            assert_eq!(values(&peer, query).await, ["x"], "{query}");
        }
    }
    // Of another scope nothing is shown.
    let other = dashboard(&Scope::Model { tenant: "other", environment: "production", model: "credit-risk" });
    for query in queries(&other).iter().filter(|query| !query.contains("vector(0)")) {
        assert!(peer.query(query).await.is_empty(), "{query}");
    }
    assert!(asked >= 38, "{asked}");
}

/// What Grafana asks for a variable `label_values(selector, label)`.
async fn values(peer: &Peer, query: &str) -> Vec<String> {
    let inside = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).unwrap();
    let (selector, label) = inside.rsplit_once(", ").unwrap();
    let url =
        url::Url::parse_with_params(&format!("{}/api/v1/label/{label}/values", peer.url), [("match[]", selector)]);
    let text = reqwest::get(url.unwrap()).await.unwrap().text().await.unwrap();
    serde_json::from_value(serde_json::from_str::<Value>(&text).unwrap()["data"].clone()).unwrap()
}
