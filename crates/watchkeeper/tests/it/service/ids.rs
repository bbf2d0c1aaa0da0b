//! A damaged index of ids is made again from the tables: nothing counts twice, corrections still count.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::delta;
use super::process::{Answer, NDJSON, Service, wait_for};
use crate::support::Dir;

const PREDICTIONS: &str = "/api/v1/models/m/predictions";
const LABELS: &str = "/api/v1/models/m/labels";
const KPIS: &str = "/api/v1/kpis";
const TABLE: &str = "lake/default/models/m/predictions";
const SETTINGS: [&str; 2] = ["commit.interval=200ms", "privacy.key=file:key"];
const MODEL: &str = "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: { name: m }\nspec:\n  task: other\n  columns:\n    - { name: amount, role: feature, type: numeric }\n    - { name: customer, role: feature, type: categorical, privacy: hash }\n    - { name: note, role: feature, type: text, privacy: drop }\n";
const ROWS: usize = 300;

/// Rows with and without a time of their own, with columns that are hashed or dropped. `changed` says something else.
fn predictions(start: i64, rows: impl IntoIterator<Item = usize>, changed: f64) -> String {
    let row = |n: usize| {
        let features = json!({"amount": n as f64 + changed, "customer": format!("c-{n}"), "note": format!("note {n}")});
        let mut row = json!({"id": format!("p-{n}"), "features": features});
        if !n.is_multiple_of(3) {
            row["ts"] = (start - n as i64 * 3600).into();
        }
        format!("{row}\n")
    };
    rows.into_iter().map(row).collect()
}

fn others(start: i64) -> [(&'static str, String); 2] {
    let label = |n: i64| json!({"prediction_id": format!("p-{n}"), "label": "yes", "label_ts": start - n * 60});
    let kpi = |n: i64| json!({"name": "revenue", "value": n as f64, "ts": start - n * 60});
    let lines = |row: &dyn Fn(i64) -> Value| (0..50).map(|n| format!("{}\n", row(n))).collect::<String>();
    [(LABELS, lines(&label)), (KPIS, lines(&kpi))]
}

/// Sends until the server takes it.
fn send(service: &Service, path: &str, body: &str) -> Answer {
    wait_for("an answer other than `later`", || {
        let answer = service.post(path, NDJSON, body);
        (answer.status != 503).then_some(answer)
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// Ways to damage a file.
const WAYS: [&str; 5] = ["first", "middle", "last", "truncate", "delete"];

fn damage(path: &Path, way: &str) {
    let mut bytes = std::fs::read(path).unwrap();
    let (middle, last) = (bytes.len() / 2, bytes.len() - 9);
    match way {
        "first" => bytes[10] ^= 1,
        "middle" => bytes[middle] ^= 1,
        "last" => bytes[last] ^= 1,
        "truncate" => bytes.truncate(middle),
        _ => return std::fs::remove_file(path).unwrap(),
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn whatever_is_damaged_repetitions_are_recognised_and_corrections_count() {
    let folder = Dir::new("ids");
    folder.write("key", "0123456789abcdef0123456789abcdef");
    folder.write("model.yaml", MODEL);
    let data = folder.path().join("data");
    let start = Timestamp::now().as_second();
    let service = Service::start(&data, &SETTINGS);
    folder.run(&format!("apply -f model.yaml --server {}", service.url)).code(0);
    assert_eq!(send(&service, PREDICTIONS, &predictions(start, 0..ROWS, 0.0)).counts(), [300, 0, 0, 0]);
    for (path, body) in others(start) {
        assert_eq!(send(&service, path, &body).counts(), [50, 0, 0, 0]);
    }
    service.stop();
    let mut corrected = 0.0;
    for name in ["runs", ".run"] {
        for way in WAYS {
            let damaged: Vec<_> =
                files(&data.join("ids")).into_iter().filter(|path| path.to_string_lossy().ends_with(name)).collect();
            assert!(!damaged.is_empty(), "{name}");
            damaged.iter().for_each(|path| damage(path, way));
            let place = format!("{name} {way}");
            let service = Service::start(&data, &SETTINGS);
            let rest = predictions(start, 1..ROWS, 0.0);
            assert_eq!(send(&service, PREDICTIONS, &rest).counts(), [0, 299, 0, 0], "{place}");
            for (path, body) in others(start) {
                assert_eq!(send(&service, path, &body).counts(), [0, 50, 0, 0], "{place}");
            }
            // What only the gate kept out of the table is no other content of it.
            let other_note = predictions(start, 1..2, 0.0).replace("note 1", "another note");
            let seen = send(&service, PREDICTIONS, &other_note).counts();
            assert!(matches!(seen, [0, 1, 0, 0] | [1, 0, 1, 0]), "{place}: {seen:?}");
            corrected += 1000.0;
            assert_eq!(
                send(&service, PREDICTIONS, &predictions(start, 0..1, corrected)).counts(),
                [1, 0, 1, 0],
                "{place}"
            );
            wait_for("readiness", || (service.get("/readyz").status == 200).then_some(()));
            service.stop();
            let found = delta::by_id(&data.join(TABLE), "amount");
            assert_eq!((found.len(), found.values().all(|(times, _)| *times == 1)), (ROWS, true), "{place}");
            assert_eq!(found["p-0"].1, Some(corrected.to_bits()), "{place}");
        }
    }
    let log = std::fs::read_to_string(data.with_extension("log")).unwrap();
    assert!(log.contains("ids of events are complete again"), "{log}");
}

#[test]
fn an_index_that_is_gone_with_its_folder_is_made_again_beside_the_journal() {
    let folder = Dir::new("folder");
    folder.write("key", "0123456789abcdef0123456789abcdef");
    let data = folder.path().join("data");
    let start = Timestamp::now().as_second();
    let service = Service::start(&data, &SETTINGS);
    let committed = format!("{PREDICTIONS}?ack=commit");
    assert_eq!(send(&service, &committed, &predictions(start, 0..100, 0.0)).counts(), [100, 0, 0, 0]);
    service.stop();
    let slow = ["commit.interval=1h", "privacy.key=file:key"];
    let service = Service::start(&data, &slow);
    // Of these the journal alone knows.
    assert_eq!(send(&service, PREDICTIONS, &predictions(start, 50..150, 0.5)).counts(), [100, 0, 50, 0]);
    service.kill();
    std::fs::remove_dir_all(data.join("ids")).unwrap();
    let service = Service::start(&data, &slow);
    assert_eq!(send(&service, PREDICTIONS, &predictions(start, 50..150, 0.5)).counts(), [0, 100, 0, 0]);
    assert_eq!(send(&service, PREDICTIONS, &predictions(start, 0..50, 0.0)).counts(), [0, 50, 0, 0]);
    assert_eq!(send(&service, PREDICTIONS, &predictions(start, 150..160, 0.0)).counts(), [10, 0, 0, 0]);
    service.stop();
    let found = delta::by_id(&data.join(TABLE), "amount");
    assert_eq!((found.len(), found.values().all(|(times, _)| *times == 1)), (160, true));
}
