//! Edges of the interface: early answers, rates, what is known of a model's times, what a baseline is made of.

use std::io::{Read, Write};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::process::{JSON, NDJSON, Service, wait_for};
use crate::support::Dir;

const PREDICTIONS: &str = "/api/v1/models/m/predictions";
const COMMITTED: &str = "/api/v1/models/m/predictions?ack=commit";
/// Bytes that no socket takes before somebody reads them.
const LARGE: usize = 64 << 20;
const MEMORY_KIB: u64 = 512 * 1024;

/// Sends a head and all of a body before it reads, as many clients do.
fn send_all_then_read(service: &Service, head: &str, bytes: usize) -> String {
    let mut stream = service.connect();
    stream.write_all(format!("{head}content-length: {bytes}\r\n\r\n").as_bytes()).unwrap();
    let part = vec![b'x'; 1 << 20];
    for _ in 0..bytes / part.len() {
        stream.write_all(&part).unwrap_or_else(|error| panic!("{error} while sending after {head}"));
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{error} while reading after {head}"));
    answer
}

#[test]
fn early_answers_reach_clients_that_send_everything_first() {
    let folder = Dir::new("early");
    let service = Service::start(&folder.path().join("data"), &[]);
    let head = |path: &str, content_type: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\n")
    };
    for (head, status, code) in [
        (head(PREDICTIONS, JSON), 413, "too_large"),
        (head(PREDICTIONS, "text/plain"), 415, "unsupported_media_type"),
        (head("/api/v1/nothing", JSON), 404, "not_found"),
        (head("/api/v1/models", JSON), 405, "method_not_allowed"),
        (head(PREDICTIONS, JSON).replace("localhost", "evil.example"), 421, "host_not_allowed"),
    ] {
        let answer = send_all_then_read(&service, &head, LARGE);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(code), "{answer}");
    }
    // A client that looks while it sends.
    service.post(PREDICTIONS, JSON, vec![b'x'; LARGE]).problem(413, "too_large");
    let (_, most) = service.memory_kib();
    assert!(most < MEMORY_KIB, "{most} KiB");
    service.stop();

    folder.run("keys create --ingest --data-dir keys").code(0);
    let service = Service::start(&folder.path().join("keys"), &["auth.require_keys=always"]);
    let answer = send_all_then_read(&service, &head(PREDICTIONS, JSON), LARGE);
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("key_missing"), "{answer}");
    service.stop();
}

#[test]
fn a_rate_is_kept_and_told() {
    let folder = Dir::new("rate");
    let settings = ["limits.requests_per_second=1", "limits.requests_burst=3"];
    let service = Service::start(&folder.path().join("data"), &settings);
    let (mut taken, mut refused) = (0, None);
    for _ in 0..20 {
        let answer = service.get("/api/v1/models");
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        taken += 1;
    }
    let refused = refused.expect("twenty requests within less than a second each");
    assert!(taken >= 3, "{taken}");
    refused.problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "1");
    service.get("/healthz").json(200);
    assert!(service.get("/metrics").text().contains("watchkeeper_http_shed_requests_total{reason=\"rate\"} 1"));
    service.stop();
}

/// NDJSON of `rows` rows of one version and environment, a minute apart from `start`, with values from `first`.
fn lines(version: &str, environment: &str, rows: usize, start: Timestamp, first: usize) -> String {
    let row = |n: usize| {
        let ts = Timestamp::from_microsecond(start.as_microsecond() + n as i64 * 60_000_000).unwrap();
        json!({
            "id": format!("{version}-{environment}-{n}"), "ts": ts.to_string(), "version": version,
            "environment": environment, "features": {"x": (first + n) as f64},
        })
    };
    (0..rows).map(|n| format!("{}\n", row(n))).collect()
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap_or_else(|| panic!("no time: {value}")).parse().unwrap()
}

#[test]
fn the_times_of_a_model_are_told_to_the_microsecond() {
    let folder = Dir::new("times");
    let service = Service::start(&folder.path().join("data"), &["limits.past=36500d"]);
    let model = || service.get("/api/v1/models/m").json(200);
    let first: Timestamp = "2026-01-05T10:00:00.123457Z".parse().unwrap();
    let begin = Timestamp::now();
    assert_eq!(service.post(COMMITTED, NDJSON, lines("1", "production", 200, first, 0)).counts(), [200, 0, 0, 0]);
    let told = wait_for("profiles", || Some(model()).filter(|told| told["profiled_to"].is_string()));
    assert_eq!(told["first_event"], "2026-01-05T10:00:00.123457Z", "{told}");
    assert_eq!(told["last_event"], "2026-01-05T13:19:00.123457Z", "{told}");
    let profiled_to = time(&told["profiled_to"]);
    // The log of the table tells milliseconds.
    let begin = Timestamp::from_millisecond(begin.as_millisecond()).unwrap();
    assert!(begin <= profiled_to && profiled_to <= Timestamp::now(), "{told}");

    // A row that is older than all others, in a commit that is newer.
    let older = json!({"id": "older", "ts": "2025-12-31T23:59:59.999999Z", "features": {"x": 1.0}}).to_string();
    assert_eq!(service.post(COMMITTED, JSON, older).counts(), [1, 0, 0, 0]);
    let told = wait_for("the newer commit", || Some(model()).filter(|told| time(&told["profiled_to"]) > profiled_to));
    assert_eq!((&told["first_event"], &told["predictions"]), (&"2025-12-31T23:59:59.999999Z".into(), &201.into()));
    let answer = service.get("/api/v1/models/m/profiles?column=x&window=2025-12-31").json(200);
    assert_eq!(answer["profiles"][0]["rows"], 1, "what `profiled_to` says is so: {answer}");
    let listed = service.get("/api/v1/models").json(200);
    assert_eq!(listed["models"][0]["last_event"], told["last_event"]);

    let storage = service.get("/api/v1/storage").json(200);
    let table = |name: &str| storage["tables"].as_array().unwrap().iter().find(|table| table["table"] == name).unwrap();
    assert_eq!(table("predictions")["first_event"], told["first_event"], "{storage}");
    assert_eq!(table("profiles")["first_event"], Value::Null, "{storage}");
    service.stop();
}

fn baseline(source: &str) -> String {
    format!(
        "apiVersion: watchkeeper/v1\nkind: Baseline\nmetadata: {{ name: b }}\nspec: {{ model: m, source: {source} }}\n"
    )
}

#[test]
fn a_baseline_of_events_is_of_its_version_and_environment() {
    let folder = Dir::new("range");
    let service = Service::start(&folder.path().join("data"), &["limits.past=36500d"]);
    let start: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
    for (version, environment, rows, first) in
        [("1", "production", 200, 0), ("2", "production", 150, 1000), ("2", "staging", 120, 5000)]
    {
        let body = lines(version, environment, rows, start, first);
        assert_eq!(service.post(COMMITTED, NDJSON, body).counts()[0], rows as u64);
    }
    let apply = |source: &str| {
        folder.write("baseline.yaml", baseline(source));
        folder.run(&format!("apply -f baseline.yaml --server {}", service.url))
    };
    let reference = || {
        let path = "/api/v1/models/m/distribution?column=x&window=2026-01-05&reference=baseline";
        let answer = service.get(path).json(200);
        let side = &answer["reference"];
        (side["rows"].as_u64().unwrap(), side["summary"]["min"].as_f64().unwrap())
    };
    let range = |more: &str| format!("{{ range: {{ from: 2026-01-05, to: 2026-01-06{more} }} }}");
    apply(&range(", version: '2', environment: production")).code(0);
    assert_eq!(reference(), (150, 1000.0));
    apply(&range(", version: '1'")).code(0);
    assert_eq!(reference(), (200, 0.0));
    apply(&range(", environment: staging")).code(0);
    assert_eq!(reference(), (120, 5000.0));
    apply(&range("")).code(0);
    assert_eq!(reference(), (470, 0.0));

    for (source, expected) in [
        (range(", version: '3'"), "has no stored events of version `3` in it"),
        (range(", version: '1', environment: staging"), "of version `1` of environment `staging`"),
        ("{ range: { from: 2025-01-05, to: 2025-01-06 } }".into(), "model `m` has no stored events in it"),
        ("{ file: { url: 's3://bucket/reference.parquet?X-Signature=hunter2' } }".into(), "from `s3://`"),
    ] {
        let refused = apply(&source);
        let said = format!("{}{}", refused.stdout, refused.stderr);
        assert!(said.contains(expected) && !said.contains("hunter2"), "{said}");
    }
    assert_eq!(reference(), (470, 0.0), "what is refused changes nothing");
    service.stop();
}
