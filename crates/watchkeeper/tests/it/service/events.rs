//! Events over HTTP: what is answered, what lies in the tables, what the profiles say; all three agree.

use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::delta;
use super::process::{JSON, NDJSON, Service, wait_for};
use crate::data;
use crate::support::{Dir, root};

const ARROW: &str = "application/vnd.apache.arrow.stream";
const PARQUET: &str = "application/vnd.apache.parquet";
const PREDICTIONS: &str = "/api/v1/models/m/predictions";
const COMMITTED: &str = "/api/v1/models/m/predictions?ack=commit";

/// A folder for a server's data, and for files beside it.
fn place(name: &str) -> (Dir, PathBuf) {
    let folder = Dir::new(name);
    let data = folder.path().join("data");
    (folder, data)
}

fn table(name: &str) -> PathBuf {
    PathBuf::from("lake/default").join(name)
}

/// NDJSON of rows `from..to` with amounts `from + add` and so on, a minute apart until the start of the tests: the same
/// whenever it is asked for.
fn lines(from: usize, to: usize, add: f64) -> String {
    static START: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second());
    let now = *START;
    let row = |n: usize| {
        let city = ["Oslo", "Bergen", "Hamar"][n % 3];
        json!({"id": format!("e{n}"), "ts": now - n as i64 * 60, "features": {"amount": n as f64 + add, "city": city}})
    };
    (from..to).map(|n| format!("{}\n", row(n))).collect()
}

fn packed(encoding: &str, plain: &[u8]) -> Vec<u8> {
    if encoding == "zstd" {
        return zstd::encode_all(plain, 3).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A model with a frozen baseline of 1000 amounts and three cities.
fn with_baseline(folder: &Dir, service: &Service) {
    let rows = (0..1000).map(|n| {
        let city = ["Oslo", "Bergen", "Hamar"][n % 3];
        json!({"prediction_id": format!("b{n}"), "ts": "2026-01-01T00:00:00Z", "amount": n as f64, "city": city})
    });
    folder.write("reference.ndjson", rows.map(|row| format!("{row}\n")).collect::<String>());
    let reference = folder.path().join("reference.ndjson");
    folder.write(
        "resources.yaml",
        format!(
            "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {{ name: m }}\nspec:\n  task: other\n  columns:\n    - {{ name: amount, role: feature, type: numeric }}\n    - {{ name: city, role: feature, type: categorical }}\n---\napiVersion: watchkeeper/v1\nkind: Baseline\nmetadata: {{ name: first }}\nspec: {{ model: m, source: {{ file: {{ path: \"{}\" }} }} }}\n",
            reference.display()
        ),
    );
    folder.run(&format!("apply -f resources.yaml --server {}", service.url)).code(0);
}

/// Waits until the profiles of `amount` have so many rows, and gives them.
fn profiled(service: &Service, rows: u64) -> Value {
    wait_for(&format!("{rows} profiled rows"), || {
        let answer = service.get("/api/v1/models/m/profiles?column=amount").json(200);
        let profile = answer["profiles"][0].clone();
        let found = profile["rows"].as_u64().unwrap_or(0);
        assert!(found <= rows, "{found} rows are profiled, expected {rows}");
        (found == rows).then_some(profile)
    })
}

#[test]
fn the_flights_model_takes_every_form_of_body() {
    let (folder, data) = place("forms");
    let service = Service::start(&data, &["commit.interval=200ms", "limits.past=36500d"]);
    let model = root().join("examples/flights/model.yaml");
    let applied = folder.run(&format!("apply -f {} --server {}", model.display(), service.url)).code(0).stdout;
    assert_eq!(applied, "model/flights-delay created (revision 1)\n");
    let path = "/api/v1/models/flights-delay/predictions";
    let flight = |id: &str| json!({"prediction_id": id, "ts": "2013-05-01T10:00:00Z", "carrier": "UA", "distance": 1400, "score": 0.25});
    assert_eq!(service.post(path, JSON, flight("a").to_string()).counts(), [1, 0, 0, 0]);
    assert_eq!(service.post(path, JSON, json!([flight("b"), flight("c")]).to_string()).counts(), [2, 0, 0, 0]);
    assert_eq!(service.post(path, JSON, "[]").counts(), [0; 4]);
    assert_eq!(service.post(path, NDJSON, "\n\n").counts(), [0; 4]);

    let mut bad = flight("e");
    bad["distance"] = "far".into();
    let body = format!("{}\n{bad}\n{}\nno JSON\n", flight("d"), flight("f"));
    let answer = service.post(path, NDJSON, body);
    assert_eq!(answer.counts(), [2, 0, 0, 2]);
    let rejects = answer.json(200)["rejects"].clone();
    let bad_type = json!({"row": 1, "field": "distance", "expected": "a number", "code": "wrong_type"});
    for (name, value) in bad_type.as_object().unwrap() {
        assert_eq!(&rejects[0][name], value, "{rejects}");
    }
    assert_eq!((&rejects[1]["row"], &rejects[1]["code"]), (&3.into(), &"malformed".into()), "{rejects}");
    let old = json!({"prediction_id": "old", "ts": "1800-01-01T00:00:00Z"}).to_string();
    let refused = service.post(path, JSON, old).problem(422, "all_rows_rejected");
    assert_eq!(
        (&refused["rejects"][0]["field"], &refused["rejects"][0]["code"]),
        (&"ts".into(), &"out_of_bounds".into())
    );

    let parquet = std::fs::read(root().join("examples/flights/current/2014-01.parquet")).unwrap();
    assert_eq!(service.post(path, PARQUET, parquet.clone()).counts(), [88, 0, 0, 0]);
    assert_eq!(
        service
            .post_with(path, &[("content-type", PARQUET), ("content-encoding", "gzip")], packed("gzip", &parquet))
            .counts(),
        [0, 88, 0, 0]
    );
    let times = (0..50).map(|n| data::YEAR_2013 + n * data::HOUR);
    let batch = data::batch(vec![
        ("prediction_id", data::texts((0..50).map(|n| format!("arrow-{n}")))),
        ("ts", data::times(times)),
        ("carrier", data::texts((0..50).map(|_| "AA"))),
        // Another type than the table's: widened.
        ("distance", data::integers(0..50)),
    ]);
    data::write_ipc_stream(&folder.file("rows.arrow"), &batch);
    let stream = std::fs::read(folder.file("rows.arrow")).unwrap();
    assert_eq!(service.post(path, ARROW, stream).counts(), [50, 0, 0, 0]);
    for encoding in ["gzip", "zstd"] {
        let body = packed(encoding, format!("{}\n", flight(encoding)).as_bytes());
        let headers = [("content-type", NDJSON), ("content-encoding", encoding)];
        assert_eq!(service.post_with(path, &headers, body.clone()).counts(), [1, 0, 0, 0], "{encoding}");
        assert_eq!(service.post_with(path, &headers, body).counts(), [0, 1, 0, 0], "{encoding}");
    }

    service.wait_for_stored("predictions", Some("flights-delay"), 5 + 88 + 50 + 2);
    service.wait_for_stored("rejects", None, 3);
    assert_eq!(delta::count(&data.join(table("models/flights-delay/predictions"))), 145);
    assert_eq!(delta::count(&data.join(table("rejects"))), 3);
    let distances = delta::by_id(&data.join(table("models/flights-delay/predictions")), "distance");
    assert_eq!(distances["a"], (1, Some(1400f64.to_bits())));
    assert_eq!(distances["arrow-49"], (1, Some(49f64.to_bits())));
    assert!(!distances.contains_key("e"));
    assert_eq!(service.get("/api/v1/models/flights-delay").json(200)["predictions"], 145);
    service.stop();
}

#[test]
fn repeated_events_count_once_and_corrected_ones_replace() {
    let (folder, data) = place("repeated");
    let settings = ["commit.interval=200ms"];
    let service = Service::start(&data, &settings);
    with_baseline(&folder, &service);
    let rows = lines(0, 200, 0.0);
    // The same 200 twice in one request, then in another one, before and after they are in the table.
    assert_eq!(service.post(PREDICTIONS, NDJSON, format!("{rows}{rows}")).counts(), [200, 200, 0, 0]);
    assert_eq!(service.post(PREDICTIONS, NDJSON, rows.clone()).counts(), [0, 200, 0, 0]);
    assert_eq!(service.post(COMMITTED, NDJSON, rows.clone()).counts(), [0, 200, 0, 0]);
    let before = profiled(&service, 200);
    assert_eq!(before["summary"]["max"], 199.0);
    service.stop();

    let service = Service::start(&data, &settings);
    assert_eq!(service.post(PREDICTIONS, NDJSON, rows.clone()).counts(), [0, 200, 0, 0]);
    // Ten are corrected, twice in one request: the last one counts. Their times stay.
    let now = |add: f64| -> String {
        let parse = |line: &str| serde_json::from_str::<Value>(line).unwrap();
        let changed = rows.lines().take(10).map(parse).map(|mut row| {
            row["features"]["amount"] = (row["features"]["amount"].as_f64().unwrap() + add).into();
            format!("{row}\n")
        });
        changed.collect()
    };
    let corrections = format!("{}{}", now(1000.0), now(5000.0));
    assert_eq!(service.post(COMMITTED, NDJSON, corrections.clone()).counts(), [20, 0, 20, 0]);
    assert_eq!(service.post(COMMITTED, NDJSON, now(5000.0)).counts(), [0, 10, 0, 0]);
    assert_eq!(service.stored("predictions", Some("m")), 200);
    let amounts = delta::by_id(&data.join(table("models/m/predictions")), "amount");
    assert_eq!(amounts.len(), 200);
    assert_eq!((amounts["e9"], amounts["e10"]), ((1, Some(5009f64.to_bits())), (1, Some(10f64.to_bits()))));
    let profile = wait_for("the corrected profile", || {
        let profile = profiled(&service, 200);
        (profile["summary"]["max"] == 5009.0).then_some(profile)
    });
    let mean = profile["summary"]["mean"].as_f64().unwrap();
    assert!((mean - (99.5 + 10.0 * 5000.0 / 200.0)).abs() < 1e-9, "{mean}");
    service.stop();

    let service = Service::start(&data, &settings);
    assert_eq!(service.post(COMMITTED, NDJSON, now(5000.0)).counts(), [0, 10, 0, 0]);
    assert_eq!(profiled(&service, 200)["summary"], profile["summary"], "the same after a restart");
    service.stop();
}

#[test]
fn an_unknown_model_is_made_where_that_is_allowed() {
    let (_folder, data) = place("unknown");
    let service = Service::start(&data, &[]);
    service.get("/api/v1/models/m").problem(404, "not_found");
    assert_eq!(service.post(COMMITTED, NDJSON, lines(0, 5, 0.0)).counts(), [5, 0, 0, 0]);
    let model = service.get("/api/v1/models/m").json(200);
    assert_eq!((&model["state"], &model["predictions"]), (&"learning".into(), &5.into()));
    service.stop();

    let service = Service::start(&data, &["models.auto_create=false"]);
    assert_eq!(service.post(PREDICTIONS, NDJSON, lines(0, 6, 0.0)).counts(), [1, 5, 0, 0], "it is known now");
    let problem =
        service.post("/api/v1/models/other/predictions", JSON, "{\"id\":\"a\"}").problem(404, "model_not_found");
    assert!(problem["hint"].as_str().unwrap().contains("watchkeeper apply"), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("`other`"), "{problem}");
    service.stop();
}

#[test]
fn labels_kpis_and_changes_have_tables_of_their_own() {
    let (_folder, data) = place("streams");
    let service = Service::start(&data, &["commit.interval=1h"]);
    service.post(PREDICTIONS, NDJSON, lines(0, 3, 0.0));
    let labels = json!([{"id": "e0", "label": 1}, {"id": "e1", "label": 0}, {"id": "later", "label": 1}]).to_string();
    let labels_path = "/api/v1/models/m/labels?ack=commit";
    assert_eq!(service.post(labels_path, JSON, labels.clone()).counts(), [3, 0, 0, 0]);
    assert_eq!(service.post(labels_path, JSON, labels).counts()[0], 0, "known already");
    assert_eq!(service.post(labels_path, JSON, json!({"id": "e0", "label": 0}).to_string()).counts(), [1, 0, 1, 0]);
    assert_eq!(delta::by_id(&data.join(table("models/m/labels")), "label")["e0"], (1, Some(0f64.to_bits())));

    let kpis =
        json!([{"id": "k1", "name": "revenue", "value": 12.5}, {"kpi_id": "k2", "name": "revenue", "value": "x"}]);
    let answer = service.post("/api/v1/kpis?ack=commit", JSON, kpis.to_string());
    assert_eq!(answer.counts(), [1, 0, 0, 1]);
    assert_eq!(answer.json(200)["rejects"][0]["field"], "value");
    let changes = json!([
        {"id": "c1", "kind": "deploy", "model": "m", "version": "2", "summary": "new trees", "detail": {"commit": "abc"}},
        {"id": "c2", "kind": "coffee"}
    ]);
    let answer = service.post("/api/v1/changes?ack=commit", JSON, changes.to_string());
    assert_eq!(answer.counts(), [1, 0, 0, 1]);
    assert!(answer.json(200)["rejects"][0]["expected"].as_str().unwrap().contains("pipeline_run"));

    // The same key with the same rows: a client that did not hear the first answer.
    let sent = |service: &Service| {
        let headers = [("content-type", NDJSON), ("idempotency-key", "batch-7")];
        service.post_with(PREDICTIONS, &headers, lines(100, 110, 0.0))
    };
    assert_eq!(sent(&service).counts(), [10, 0, 0, 0]);
    assert_eq!(sent(&service).counts(), [0, 10, 0, 0]);
    let headers = [("content-type", NDJSON), ("idempotency-key", "")];
    service.post_with(PREDICTIONS, &headers, lines(200, 201, 0.0)).problem(400, "invalid_parameter");

    for (name, model, rows) in [("labels", Some("m"), 3), ("kpis", None, 1), ("changes", None, 1), ("rejects", None, 2)]
    {
        assert_eq!(service.stored(name, model), rows, "{name}");
        let folder = model.map_or_else(|| table(name), |model| table(&format!("models/{model}/{name}")));
        assert_eq!(delta::count(&data.join(folder)), rows, "{name}");
    }
    service.stop();
    assert_eq!(delta::count(&data.join(table("models/m/predictions"))), 13);
}

#[test]
fn an_answer_to_ack_commit_means_rows_in_the_table() {
    let (_folder, data) = place("ack");
    let service = Service::start(&data, &["commit.interval=1h"]);
    let predictions = data.join(table("models/m/predictions"));
    for round in 0..5 {
        let answer = service.post(COMMITTED, NDJSON, lines(round * 10, round * 10 + 10, 0.0));
        // Not a moment later: the files are read before anything else is asked.
        assert_eq!(delta::count(&predictions), (round as u64 + 1) * 10);
        assert_eq!(answer.json(200)["ack"], "commit");
    }
    let answer = service.post(PREDICTIONS, NDJSON, lines(50, 60, 0.0)).json(200);
    assert_eq!((&answer["ack"], delta::count(&predictions)), (&"journal".into(), 50), "the hour is not over");
    service.stop();
    assert_eq!(delta::count(&predictions), 60, "a graceful stop commits");

    let service = Service::start(&data, &["commit.interval=1h"]);
    assert_eq!(service.stored("predictions", Some("m")), 60);
    assert_eq!(service.post(PREDICTIONS, NDJSON, lines(50, 60, 0.0)).counts()[0], 0);
    service.post(PREDICTIONS, NDJSON, lines(60, 70, 0.0));
    service.kill();
    let service = Service::start(&data, &["commit.interval=1h"]);
    assert_eq!(service.stored("predictions", Some("m")), 70, "what a crash left is in the table before it listens");
    service.stop();
    assert_eq!(delta::by_id(&predictions, "amount").len(), 70);
}

#[test]
fn profiles_distributions_and_metrics_tell_what_came() {
    let (folder, data) = place("answers");
    let service = Service::start(&data, &["commit.interval=200ms"]);
    assert_eq!(service.get("/healthz").json(200)["status"], "ok");
    assert_eq!(service.get("/readyz").json(200)["status"], "ok");
    with_baseline(&folder, &service);
    service.post(COMMITTED, NDJSON, lines(0, 300, 0.0));
    let profile = profiled(&service, 300);
    assert_eq!(profile["classes"]["valid"], 300);
    let counts = profile["bins"].as_array().unwrap().iter().map(|bin| bin["count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), 300);
    assert_eq!((&profile["summary"]["mean"], &profile["summary"]["min"]), (&149.5.into(), &0.0.into()));

    let hours = service.get("/api/v1/models/m/profiles?column=amount&by=hour&window=1d").json(200);
    let hours = hours["profiles"][0]["buckets"].as_array().unwrap().clone();
    assert_eq!(hours.iter().map(|hour| hour["rows"].as_u64().unwrap()).sum::<u64>(), 300);
    assert!((5..=7).contains(&hours.iter().filter(|hour| hour["rows"] != 0).count()), "{hours:?}");

    let distribution = service.get("/api/v1/models/m/distribution?column=amount&reference=baseline").json(200);
    assert_eq!((&distribution["reference"]["rows"], &distribution["current"]["rows"]), (&1000.into(), &300.into()));
    let psi = distribution["measurements"].as_array().unwrap().iter().find(|found| found["metric"] == "psi").unwrap();
    assert!(psi["value"].as_f64().unwrap() > 1.0, "the lowest third only: {psi}");
    let city = service.get("/api/v1/models/m/distribution?column=city&reference=baseline").json(200);
    let bins = city["bins"].as_array().unwrap();
    let oslo = bins.iter().find(|bin| bin["label"] == "Oslo").unwrap();
    assert_eq!((&oslo["current_count"], &oslo["reference_count"]), (&100.into(), &334.into()));
    service.get("/api/v1/models/m/distribution?column=nothing").problem(400, "invalid_parameter");
    service.get("/api/v1/models/m/distribution?column=amount&window=soon").problem(400, "invalid_parameter");

    let columns = service.get("/api/v1/models/m/columns").json(200);
    let amount =
        columns["columns"].as_array().unwrap().iter().find(|column| column["name"] == "amount").unwrap().clone();
    assert_eq!((&amount["type"], &amount["state"]), (&"numeric".into(), &"ready".into()), "{amount}");
    assert_eq!((&amount["grid"]["rows"], &amount["privacy"]), (&1000.into(), &"keep".into()), "{amount}");
    let model = service.get("/api/v1/models/m").json(200);
    assert_eq!((&model["state"], &model["predictions"]), (&"ready".into(), &300.into()));

    service.post(PREDICTIONS, NDJSON, lines(0, 300, 0.0));
    let metrics = service.get("/metrics");
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"), "{metrics:?}");
    let text = metrics.text();
    for line in ["watchkeeper_accepted_rows_total 300", "watchkeeper_duplicate_rows_total 300", "# EOF"] {
        assert!(text.lines().any(|found| found == line), "`{line}` is not in {text}");
    }
    service.stop();
}

#[test]
fn with_keys_every_door_needs_one() {
    let (folder, data) = place("doors");
    let key =
        |rights: &str| folder.run(&format!("keys create {rights} --data-dir data")).code(0).stdout.trim().to_owned();
    let (ingest, read) = (key("--ingest --model m"), key("--read"));
    // Keys are in the catalog, so they are demanded on loopback too. Known models only: a key is no licence to make one.
    let service = Service::start(&data, &["models.auto_create=true"]);
    service.get("/healthz").json(200);
    let storage = "/api/v1/storage";
    let refused = service.get(storage);
    refused.problem(401, "key_missing");
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    service.post(PREDICTIONS, NDJSON, lines(0, 1, 0.0)).problem(401, "key_missing");
    let ask = |token: &str, path: &str| {
        service.ask(reqwest::Method::GET, path, &[("authorization", &format!("Bearer {token}"))], []).unwrap()
    };
    let send = |token: &str, path: &str| {
        let bearer = format!("Bearer {token}");
        service.post_with(path, &[("content-type", NDJSON), ("authorization", &bearer)], lines(0, 1, 0.0))
    };
    let mut forged = read.clone();
    forged.truncate(read.len() - 1);
    forged.push(if read.ends_with('a') { 'b' } else { 'a' });
    ask(&forged, storage).problem(401, "key_invalid");
    ask("nonsense", storage).problem(401, "key_invalid");
    ask(&ingest, storage).problem(403, "right_missing");
    send(&read, PREDICTIONS).problem(403, "right_missing");
    send(&ingest, "/api/v1/models/other/predictions").problem(403, "out_of_scope");
    assert_eq!(send(&ingest, COMMITTED).counts(), [1, 0, 0, 0]);
    assert_eq!(ask(&read, "/api/v1/models/m").json(200)["predictions"], 1);
    ask(&read, "/api/v1/models/other").problem(404, "not_found");
    let narrow = folder.run("keys create --read --model other --data-dir data").code(0).stdout.trim().to_owned();
    ask(&narrow, "/api/v1/models/m").problem(404, "not_found");
    assert_eq!(ask(&narrow, storage).json(200)["tables"], json!([]));

    let id = ingest.split('_').nth(2).unwrap();
    folder.run(&format!("keys revoke {id} --data-dir data")).code(0);
    wait_for("the key to be refused", || (send(&ingest, PREDICTIONS).status == 401).then_some(()));
    let log = service.log();
    for token in [&ingest, &read, &narrow] {
        assert!(!log.contains(token.rsplit('_').next().unwrap()), "a secret is in the log");
    }
    service.stop();
}
