//! Erasures: rows leave tables, files and profiles, stay away, and a crash in between costs a repetition at most.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use jiff::Timestamp;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reqwest::Method;
use serde_json::{Value, json};
use watchkeeper_catalog::Catalog;

use super::delta;
use super::process::{JSON, NDJSON, Service, ask, wait_for};
use crate::support::Dir;

const PREDICTIONS: &str = "/api/v1/models/m/predictions";
const LABELS: &str = "/api/v1/models/m/labels";
const ERASURES: &str = "/api/v1/models/m/erasures";
const TABLE: &str = "lake/default/models/m/predictions";
const SETTINGS: [&str; 4] =
    ["commit.interval=200ms", "maintenance.vacuum=1s", "maintenance.keep_removed=0s", "maintenance.compact=1s"];

static START: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second());

/// A row: `n` hours ago, of one of ten customers.
fn row(id: &str, n: usize, amount: f64) -> Value {
    let city = ["Oslo", "Bergen", "Hamar"][n % 3];
    let ts = *START - n as i64 * 3600;
    json!({"id": id, "ts": ts, "features": {"amount": amount, "city": city, "customer": format!("c-{}", n % 10)}})
}

fn body(rows: impl IntoIterator<Item = Value>) -> String {
    rows.into_iter().map(|row| format!("{row}\n")).collect()
}

/// Rows that stay.
fn kept() -> String {
    body((0..400).map(|n| row(&format!("kept-{n}"), n % 120, n as f64)))
}

/// Rows that go: among the others in time, one far out of their range.
fn planted() -> String {
    body((0..40).map(|n| row(&format!("planted-{n}"), n * 3, if n == 0 { 4e6 } else { n as f64 / 2.0 })))
}

fn ids() -> Vec<String> {
    (0..40).map(|n| format!("planted-{n}")).collect()
}

/// A model with a frozen baseline; customers are hashed when there is a key.
fn apply(folder: &Dir, service: &Service, privacy: &str) {
    let rows = (0..1000).map(|n| {
        let city = ["Oslo", "Bergen", "Hamar"][n % 3];
        json!({"prediction_id": format!("b{n}"), "amount": n as f64, "city": city, "customer": "c-1"})
    });
    folder.write("reference.ndjson", body(rows));
    let reference = folder.path().join("reference.ndjson");
    folder.write(
        "resources.yaml",
        format!(
            "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: {{ name: m }}\nspec:\n  task: other\n  columns:\n    - {{ name: amount, role: feature, type: numeric }}\n    - {{ name: city, role: feature, type: categorical }}\n    - {{ name: customer, role: feature, type: categorical{privacy} }}\n---\napiVersion: watchkeeper/v1\nkind: Baseline\nmetadata: {{ name: first }}\nspec: {{ model: m, source: {{ file: {{ path: \"{}\" }} }} }}\n",
            reference.display()
        ),
    );
    folder.run(&format!("apply -f resources.yaml --server {}", service.url)).code(0);
}

fn start(folder: &Dir, name: &str) -> (Service, PathBuf) {
    let data = folder.path().join(name);
    let service = Service::start(&data, &SETTINGS);
    apply(folder, &service, "");
    (service, data)
}

/// Asks for an erasure until it is done.
fn erase(service: &Service, what: &Value) -> Value {
    let mut answer: Value = serde_json::from_slice(&service.post(ERASURES, JSON, what.to_string()).body).unwrap();
    let path = format!("{ERASURES}/{}", answer["erasure"].as_str().unwrap_or_else(|| panic!("{answer}")));
    answer = wait_for("the end of an erasure", || {
        let answer = service.get(&path).json(200);
        (answer["state"] != "running").then_some(answer)
    });
    assert_eq!((answer["state"].as_str(), &answer["problem"]), (Some("done"), &Value::Null), "{answer}");
    answer
}

fn erased(answer: &Value, table: &str) -> u64 {
    let tables = answer["tables"].as_array().unwrap();
    tables.iter().find(|found| found["table"] == table).unwrap()["rows"].as_u64().unwrap()
}

/// Profiles of the columns once they have so many rows.
fn profiles(service: &Service, rows: u64) -> Value {
    let day = |days: i64| Timestamp::from_second(*START + days * 86_400).unwrap().strftime("%Y-%m-%d").to_string();
    let window = format!("{}/{}", day(-7), day(2));
    let path = format!("/api/v1/models/m/profiles?column=amount&column=city&by=hour&window={window}");
    wait_for(&format!("profiles of {rows} rows"), || {
        let answer = service.get(&path).json(200);
        let profiles = answer["profiles"].clone();
        (profiles[0]["rows"].as_u64() == Some(rows)).then_some(profiles)
    })
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(path),
        }
    }
}

/// Files of a data folder that hold `text`; of Parquet, in any column of texts.
fn holding(data: &Path, text: &str) -> Vec<PathBuf> {
    let holds = |path: &Path| {
        // A file may go while it is looked at.
        let Ok(bytes) = std::fs::read(path) else { return false };
        if path.extension().is_some_and(|extension| extension == "parquet") {
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap().build().unwrap();
            return reader.map(Result::unwrap).any(|batch| {
                let texts = batch.columns().iter().filter_map(|column| column.as_string_opt::<i32>().cloned());
                texts
                    .flat_map(|texts| {
                        (0..texts.len()).map(move |row| texts.value(row).contains(text)).collect::<Vec<_>>()
                    })
                    .any(|found| found)
            });
        }
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    let mut all = Vec::new();
    files(data, &mut all);
    all.retain(|path| holds(path));
    all
}

#[test]
fn erased_events_leave_tables_files_and_profiles_and_stay_away() {
    let folder = Dir::new("erase");
    let (service, data) = start(&folder, "data");
    let (clean, _) = start(&folder, "clean");
    assert_eq!(clean.post(&format!("{PREDICTIONS}?ack=commit"), NDJSON, kept()).counts(), [400, 0, 0, 0]);
    assert_eq!(service.post(&format!("{PREDICTIONS}?ack=commit"), NDJSON, kept()).counts(), [400, 0, 0, 0]);
    // The last ones are only in the journal when the erasure begins.
    assert_eq!(service.post(PREDICTIONS, NDJSON, planted()).counts(), [40, 0, 0, 0]);
    let labels = |id: &str| json!({"prediction_id": id, "label": "yes", "label_ts": *START});
    let body = body([
        labels("planted-3"),
        labels("kept-3"),
        json!({"prediction_id": "x", "label": "no", "label_ts": "planted-4"}),
    ]);
    assert_eq!(service.post(LABELS, NDJSON, body).counts(), [2, 0, 0, 1]);
    profiles(&service, 440);
    assert!(!holding(&data, "planted-").is_empty());

    let asked = json!({"ids": ids(), "reason": "request 117"});
    let answer = erase(&service, &asked);
    assert_eq!(["predictions", "labels", "rejects"].map(|table| erased(&answer, table)), [40, 1, 1], "{answer}");
    assert!(answer["digest"].as_str().unwrap().starts_with("sha256:") && answer["gone_by"].is_string(), "{answer}");
    assert_eq!((answer["named"].as_u64(), answer["tables"][0]["files"].as_u64() > Some(0)), (Some(40), true));
    let left = delta::by_id(&data.join(TABLE), "amount");
    assert!(left.len() == 400 && left.keys().all(|id| id.starts_with("kept-")), "{left:?}");
    assert_eq!(profiles(&service, 400), profiles(&clean, 400), "as if they had never come");

    // Sent again, as they were and otherwise, they do not come back.
    assert_eq!(service.post(PREDICTIONS, NDJSON, planted()).counts(), [0, 40, 0, 0]);
    let other = row("planted-1", 1, 7.0).to_string();
    assert_eq!(service.post(PREDICTIONS, NDJSON, other.clone()).counts(), [0, 1, 0, 0]);
    let again = erase(&service, &asked);
    assert_eq!(["predictions", "labels", "rejects"].map(|table| erased(&again, table)), [0, 0, 0]);
    assert_eq!(again["digest"], answer["digest"]);
    wait_for("files without the rows", || holding(&data, "planted-").is_empty().then_some(()));
    service.kill();
    let service = Service::start(&data, &SETTINGS);
    assert_eq!(service.post(PREDICTIONS, NDJSON, planted()).counts(), [0, 40, 0, 0]);
    assert_eq!(service.post(PREDICTIONS, NDJSON, other).counts(), [0, 1, 0, 0]);
    profiles(&service, 400);
    service.stop();
    assert!(holding(&data, "planted-").is_empty());
    ledger(&folder, &data);
}

/// Both erasures are in the ledger, before and after; nothing of it names an id.
fn ledger(folder: &Dir, data: &Path) {
    folder.run(&format!("verify ledger --data-dir {}", data.display())).code(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let entries = runtime.block_on(async {
        let catalog = Catalog::open(&format!("sqlite://{}", data.join("catalog.db").display())).await.unwrap();
        catalog.ledger("default", 0, 100).await.unwrap()
    });
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert!(actions.ends_with(&["erase", "erased", "erase", "erased"]), "{actions:?}");
    let done: Value = serde_json::from_str(&entries[entries.len() - 3].detail).unwrap();
    assert_eq!((&done["named"], &done["reason"]), (&json!(40), &json!("request 117")));
    assert_eq!(done["rows_and_version"]["predictions"][0], 40, "{done}");
    assert!(entries.iter().all(|entry| !entry.detail.contains("planted-")));
}

#[test]
fn events_are_found_by_a_column_also_when_it_is_hashed() {
    for (name, privacy, key) in [("plain", "", ""), ("hashed", ", privacy: hash", "privacy.key=file:key")] {
        let folder = Dir::new("column");
        folder.write("key", "0123456789abcdef0123456789abcdef");
        let data = folder.path().join(name);
        let settings: Vec<&str> = SETTINGS.into_iter().chain(Some(key).filter(|key| !key.is_empty())).collect();
        let service = Service::start(&data, &settings);
        apply(&folder, &service, privacy);
        service.post(PREDICTIONS, NDJSON, kept()).counts();
        let labels = (0..20).map(|n| json!({"prediction_id": format!("kept-{n}"), "label": "yes", "label_ts": *START}));
        assert_eq!(service.post(LABELS, NDJSON, body(labels)).counts()[0], 20);
        let answer = erase(&service, &json!({"column": "customer", "values": ["c-7", "c-8", "none"]}));
        assert_eq!(["predictions", "labels", "rejects"].map(|table| erased(&answer, table)), [80, 4, 0], "{name}");
        let digest = answer["digest"].as_str().unwrap();
        assert_eq!(digest.starts_with("hmac-sha256:"), name == "hashed", "{digest}");
        let amounts = erase(&service, &json!({"column": "amount", "values": [1, "2", 7]}));
        assert_eq!(erased(&amounts, "predictions"), 2, "7 went before: {amounts}");
        let left = delta::by_id(&data.join(TABLE), "amount");
        let gone = |n: usize| matches!(n % 120 % 10, 7 | 8) || n == 1 || n == 2;
        let expected: BTreeSet<String> = (0..400).filter(|n| !gone(*n)).map(|n| format!("kept-{n}")).collect();
        assert_eq!(left.into_keys().collect::<BTreeSet<_>>(), expected);
        for (wrong, word) in [("nothing", "there is no column `nothing`"), ("ts", "expected a column of texts")] {
            let refused = service.post(ERASURES, JSON, json!({"column": wrong, "values": ["a"]}).to_string());
            assert!(refused.problem(400, "invalid_parameter")["detail"].as_str().unwrap().contains(word));
        }
        service.stop();
    }
}

#[test]
fn the_command_asks_before_it_erases() {
    let folder = Dir::new("command");
    let (service, data) = start(&folder, "data");
    service.post(PREDICTIONS, NDJSON, kept()).counts();
    let erase = |rest: &str| folder.run(&format!("erase --model m --server {} {rest}", service.url));
    erase("--id kept-1").refused(&["cannot be undone", "--yes"]);
    erase("--yes").refused(&["--id"]);
    erase("--yes --id a --column b --value c").refused(&["cannot be used with"]);
    erase("--yes --ids missing.txt").refused(&["cannot read `missing.txt`"]);
    folder.write("ids.txt", "kept-1\nkept-2\r\n\nunknown\n");
    let said = erase("--yes --ids ids.txt --id kept-3 --reason 117").code(0).stdout;
    assert!(said.starts_with("predictions: 3 rows in "), "{said}");
    assert!(
        said.contains(" files, gone since version ")
            && said.contains("labels: 0 rows in 0 files\n")
            && said.contains("are deleted by "),
        "{said}"
    );
    let json = erase("--yes --column city --value Hamar --output json").json();
    assert_eq!(erased(&json["erasures"][0], "predictions"), 132, "one of 133 went before: {json}");
    let unknown = folder.run(&format!("erase --model other --yes --id a --server {}", service.url));
    unknown.refused(&["404"]);
    service.stop();
    assert_eq!(delta::count(&data.join(TABLE)), 400 - 3 - 132);
}

#[test]
fn a_crash_in_between_leaves_an_erasure_that_can_be_asked_for_again() {
    let folder = Dir::new("between");
    let (mut service, data) = start(&folder, "data");
    let all = || (0..600).map(|n| row(&format!("e-{n}"), n % 120, n as f64));
    assert_eq!(service.post(&format!("{PREDICTIONS}?ack=commit"), NDJSON, body(all())).counts()[0], 600);
    let mut gone = BTreeSet::new();
    for (round, wait) in [0, 20, 60, 120, 250, 400].into_iter().enumerate() {
        let ids: Vec<String> = (0..600).skip(round).step_by(12).map(|n| format!("e-{n}")).collect();
        let asked = json!({ "ids": ids });
        let (client, url, sent) = (service.client(), service.url.clone(), asked.to_string());
        let asking = std::thread::spawn(move || {
            // It may be answered, or the connection may break.
            let _ = ask(&client, &url, Method::POST, ERASURES, &[("content-type", JSON)], sent.into_bytes());
        });
        std::thread::sleep(Duration::from_millis(wait));
        service.kill();
        asking.join().unwrap();
        service = Service::start(&data, &SETTINGS);
        gone.extend(ids);
        erase(&service, &asked);
        let left: BTreeSet<String> = delta::by_id(&data.join(TABLE), "amount").into_keys().collect();
        assert_eq!(left.len(), 600 - gone.len(), "round {round}");
        assert!(left.is_disjoint(&gone), "round {round}");
        profiles(&service, left.len() as u64);
    }
    service.stop();
    let (clean, _) = start(&folder, "clean");
    let stay = all().filter(|row| !gone.contains(row["id"].as_str().unwrap()));
    clean.post(PREDICTIONS, NDJSON, body(stay)).counts();
    let service = Service::start(&data, &SETTINGS);
    let rows = 600 - gone.len() as u64;
    assert_eq!(profiles(&service, rows), profiles(&clean, rows));
}
