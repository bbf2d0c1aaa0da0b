//! What must hold after any trouble: every acknowledged row once, as it was sent last, and profiles equal to a rebuild.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use watchkeeper_stats::random::Xoshiro256;

use super::load::Written;
use super::{DAY, MODEL, amount};
use crate::service::delta;
use crate::service::process::{Service, Setup, wait_for};
use crate::support::Dir;

/// Applies a model and its frozen baseline.
pub(super) fn apply(folder: &Dir, service: &Service) {
    let mut random = Xoshiro256::new(1);
    let row = |n: i32| {
        format!(
            "{{\"prediction_id\":\"b{n}\",\"amount\":{},\"city\":\"{}\"}}\n",
            amount(&mut random),
            ["Oslo", "Bergen", "Hamar"][n as usize % 3]
        )
    };
    folder.write("reference.ndjson", (0..3000).map(row).collect::<String>());
    folder.write("model.yaml", "apiVersion: watchkeeper/v1\nkind: Model\nmetadata: { name: m }\nspec:\n  task: other\n  columns:\n    - { name: amount, role: feature, type: numeric }\n    - { name: city, role: feature, type: categorical }\n");
    let path = folder.path().join("reference.ndjson");
    folder.write("baseline.yaml", format!("apiVersion: watchkeeper/v1\nkind: Baseline\nmetadata: {{ name: first }}\nspec: {{ model: m, source: {{ file: {{ path: \"{}\" }} }} }}\n", path.display()));
    folder.run(&format!("apply -f model.yaml -f baseline.yaml --server {}", service.url)).code(0);
}

/// Looks at the tables in `lake` and at the profiles of a server started as `setup` says, which is not running. The
/// rebuild happens in another folder. Returns how many rows there are.
pub(super) fn verify(folder: &Dir, setup: &Setup, lake: &Path, base: i64, written: &Written, seed: u64) -> u64 {
    let rows = stored_once(&lake.join(MODEL).join("predictions"), &written.rows, seed);
    let service = setup.start();
    service.wait_for_stored("predictions", Some("m"), rows);
    let followed = profiles(&service, base, rows);
    service.stop();
    let counted = rebuilt(folder, setup, lake, base, rows);
    for (followed, counted) in followed.iter().zip(&counted) {
        assert_eq!(followed, counted, "seed {seed}: profiles differ from those of a rebuild");
    }
    rows
}

/// Every row of `expected` is in the table once, as it was sent last, and no other is.
fn stored_once(table: &Path, expected: &BTreeMap<String, f64>, seed: u64) -> u64 {
    let found = delta::by_id(table, "amount");
    let lost: Vec<_> = expected.keys().filter(|id| !found.contains_key(*id)).collect();
    let some: Vec<_> = lost.iter().take(5).collect();
    assert!(lost.is_empty(), "seed {seed}: {} acknowledged and lost, such as {some:?}", lost.len());
    let twice: Vec<_> = found.iter().filter(|(_, (times, _))| *times != 1).take(5).collect();
    assert!(twice.is_empty(), "seed {seed}: stored more than once: {twice:?}");
    assert_eq!(found.len(), expected.len(), "seed {seed}: rows that nobody sent");
    let other: Vec<_> = expected.iter().filter(|(id, amount)| found[*id].1 != Some(amount.to_bits())).take(5).collect();
    assert!(other.is_empty(), "seed {seed}: stored with another content than the last: {other:?}");
    found.len() as u64
}

/// The profiles over all events, once they have `rows`: the whole window, its days and its hours.
pub(super) fn profiles(service: &Service, base: i64, rows: u64) -> Vec<String> {
    let time = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    let (start, end) = (time(base - 80 * DAY), time(base + DAY));
    let near = time(base - 5 * DAY);
    let path = |from: Timestamp, more: &str| format!("/api/v1/models/m/profiles?window={from}/{end}{more}");
    wait_for(&format!("profiles of {rows} rows"), || {
        let found = service.get(&path(start, "&column=amount")).json(200)["profiles"][0]["rows"].as_u64();
        assert!(found <= Some(rows), "{found:?} rows are profiled of {rows}");
        (found == Some(rows)).then_some(())
    });
    [path(start, ""), path(start, "&by=day"), path(near, "&by=hour")]
        .iter()
        .map(|path| service.get(path).text())
        .collect()
}

/// The profiles of a server that has the events but not their profiles.
fn rebuilt(folder: &Dir, setup: &Setup, lake: &Path, base: i64, rows: u64) -> Vec<String> {
    let other = folder.path().join("other");
    copy(&setup.data, &other);
    copy(lake, &other.join("lake"));
    std::fs::remove_dir_all(other.join("lake").join(MODEL).join("profiles")).unwrap();
    // Wherever the lake is, its copy is a folder.
    let service = Service::start(&other, &["commit.interval=1s"]);
    // The grids went with the profiles: the same baseline brings them back, and all events are counted over them.
    folder.run(&format!("delete baseline first --server {}", service.url)).code(0);
    folder.run(&format!("apply -f baseline.yaml --server {}", service.url)).code(0);
    let profiles = profiles(&service, base, rows);
    service.stop();
    profiles
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// How often files were merged and checkpoints written in all tables below `lake`.
pub(super) fn upkeep(lake: &Path) -> (u64, u64) {
    let log = |table: &str| {
        let entries = std::fs::read_dir(lake.join(MODEL).join(table).join("_delta_log")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let (mut merges, mut checkpoints) = (0, 0);
    for path in ["predictions", "profiles"].into_iter().flat_map(log) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        checkpoints += u64::from(name.contains(".checkpoint"));
        if name.ends_with(".json") {
            // What changes no row took files away to put fewer in their place.
            let text = std::fs::read_to_string(path).unwrap();
            let moved = text.lines().any(|line| line.contains("\"remove\"") && line.contains("\"dataChange\":false"));
            merges += u64::from(moved);
        }
    }
    (merges, checkpoints)
}
