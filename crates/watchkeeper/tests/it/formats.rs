//! The same rows give the same numbers in every format, however they are split over files, groups and threads.

use serde_json::Value;

use crate::data::{rows, write, write_parquet};
use crate::support::Dir;

const COLUMNS: [&str; 6] = ["amount", "count", "city", "flag", "note", "id"];

fn values(result: &Value) -> Vec<(String, String, Option<f64>, String)> {
    let mut all = Vec::new();
    for column in result["columns"].as_array().unwrap() {
        let name = column["name"].as_str().unwrap();
        if COLUMNS.contains(&name) {
            for row in column["measurements"].as_array().unwrap() {
                let metric = row["metric"].as_str().unwrap().to_owned();
                all.push((name.to_owned(), metric, row["value"].as_f64(), column["verdict"].to_string()));
            }
        }
    }
    all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    all
}

fn alike(a: &Value, b: &Value, what: &str) {
    let (a, b) = (values(a), values(b));
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(&b) {
        assert_eq!((&a.0, &a.1, &a.3), (&b.0, &b.1, &b.3), "{what}");
        match (a.2, b.2) {
            (Some(x), Some(y)) => assert!((x - y).abs() <= 1e-9 * x.abs().max(1e-9), "{what}: {a:?} {b:?}"),
            (x, y) => assert_eq!(x, y, "{what}: {a:?}"),
        }
    }
}

/// Without what differs by nature: when, where and how large.
fn text(mut result: Value) -> String {
    for key in ["generated_at", "reference", "current", "model"] {
        result.as_object_mut().unwrap().remove(key);
    }
    result.to_string()
}

#[test]
fn every_format_gives_the_same_values() {
    let folder = Dir::new("formats");
    let (reference, current) = (rows(1, 4000, 0.0), rows(2, 3000, 1.0));
    for suffix in ["parquet", "csv", "ndjson", "arrow", "arrows"] {
        write(&folder.file(&format!("r.{suffix}")), &reference);
        write(&folder.file(&format!("c.{suffix}")), &current);
    }
    let parquet = folder.check("r.parquet", "c.parquet", "--metrics all").json();
    assert_eq!(parquet["verdict"], "critical");
    for (r, c) in [
        ("csv", "csv"),
        ("ndjson", "ndjson"),
        ("arrow", "arrow"),
        ("arrows", "arrows"),
        ("parquet", "csv"),
        ("ndjson", "parquet"),
        ("csv", "arrow"),
    ] {
        let other = folder.check(&format!("r.{r}"), &format!("c.{c}"), "--metrics all").json();
        alike(&parquet, &other, &format!("{r} against {c}"));
    }
}

#[test]
fn files_groups_and_threads_do_not_matter() {
    let folder = Dir::new("splits");
    let (reference, current) = (rows(1, 6000, 0.0), rows(2, 5000, 0.2));
    write_parquet(&folder.file("r.parquet"), &reference, 1 << 20);
    write_parquet(&folder.file("c.parquet"), &current, 1 << 20);
    write_parquet(&folder.file("r-small.parquet"), &reference, 700);
    write_parquet(&folder.file("c-small.parquet"), &current, 333);
    for (part, rows) in [(0, 2000), (1, 1), (2, 2999)] {
        let start = [0, 2000, 2001][part];
        write_parquet(&folder.file(&format!("parts/{part}.parquet")), &current.slice(start, rows), 1 << 20);
    }
    // Exact statistics, and those from bins.
    for rows in ["all", "100"] {
        let check = |r: &str, c: &str, threads: u32| {
            let more = format!("--metrics all --exact-rows {rows} --threads {threads} --by ts:day --segment city");
            text(folder.check(r, c, &more).json())
        };
        let one = check("r.parquet", "c.parquet", 1);
        assert!(one == check("r.parquet", "c.parquet", 2), "threads");
        assert!(one == check("r-small.parquet", "c-small.parquet", 2), "row groups");
        assert!(one == check("r.parquet", "parts", 2), "a folder");
        assert!(one == check("r.parquet", "parts/*.parquet", 1), "a pattern");
    }
}
