//! A side of several files: columns that only some files have, types that differ, odd names of folders.

use serde_json::Value;

use crate::data::{HOUR, YEAR_2013};
use crate::data::{batch, integers, normals, rows, texts, times, write};
use crate::support::{Dir, measurement, value};

fn rows_of(groups: &Value) -> Vec<(String, u64)> {
    let one = |group: &Value| (group["label"].as_str().unwrap().to_owned(), group["rows"].as_u64().unwrap());
    groups.as_array().unwrap().iter().map(one).collect()
}

/// A column that a file lacks is missing in its rows, and periods and segments stay with their rows.
#[test]
fn a_column_that_one_file_lacks_is_missing_there() {
    let dir = Dir::new("lacks");
    for suffix in ["parquet", "csv", "ndjson", "arrow", "arrows"] {
        let city = |n: usize| texts((0..n).map(|i| ["Oslo", "Bergen"][i % 2]));
        let ts = |n: i64| times((0..n).map(|i| YEAR_2013 + i * HOUR));
        let first = batch(vec![("x", normals(1, 400, 0.0)), ("city", city(400)), ("ts", ts(400))]);
        let second = batch(vec![("x", normals(2, 100, 0.0))]);
        let third = batch(vec![("late", integers(0..500)), ("city", city(500)), ("x", normals(3, 500, 0.0))]);
        let folder = format!("in-{suffix}");
        for (number, part) in [first, second, third].iter().enumerate() {
            write(&dir.file(&format!("{folder}/{number}.{suffix}")), part);
        }
        let result = dir.check(&folder, &folder, "--by ts:month --segment city").code(0).json();
        assert_eq!(result["current"]["rows"], 1000, "{suffix}");
        for (name, missing) in [("x", 0.0), ("city", 0.1), ("ts", 0.6), ("late", 0.5)] {
            let row = measurement(&result, name, "missing_rate");
            assert_eq!(row["current"].as_f64(), Some(missing), "{suffix} {name}");
        }
        assert_eq!(rows_of(&result["periods"]), [("2013-01".to_owned(), 400)], "{suffix}");
        assert_eq!(rows_of(&result["segments"]), [("Bergen".to_owned(), 450), ("Oslo".to_owned(), 450)], "{suffix}");
        let notes = result["notes"].to_string();
        assert!(notes.contains("600 current rows have no time in `ts`"), "{suffix}: {notes}");
    }
}

/// The first file gives the type; what later files hold is read as it.
#[test]
fn files_of_a_side_may_differ_in_type() {
    let dir = Dir::new("differ");
    for suffix in ["parquet", "arrow"] {
        let folder = format!("in-{suffix}");
        write(&dir.file(&format!("{folder}/1.{suffix}")), &batch(vec![("x", integers(0..500))]));
        write(&dir.file(&format!("{folder}/2.{suffix}")), &batch(vec![("x", normals(1, 400, 250.0))]));
        let mixed = (0..100).map(|i| if i < 40 { "not a number".to_owned() } else { i.to_string() });
        write(&dir.file(&format!("{folder}/3.{suffix}")), &batch(vec![("x", texts(mixed))]));
        let result = dir.check(&folder, &folder, "--metrics all").code(0).json();
        let invalid = measurement(&result, "x", "invalid_rate");
        assert_eq!((invalid["reference"].as_f64(), invalid["current"].as_f64()), (Some(0.04), Some(0.04)), "{suffix}");
        assert_eq!(value(&result, "x", "ks"), 0.0, "{suffix}");
    }
}

/// Times that a later file holds as numbers are no times; its rows are counted as such.
#[test]
fn a_time_column_may_change_its_type() {
    let dir = Dir::new("time-type");
    let first = batch(vec![("ts", times((0..400).map(|i| YEAR_2013 + i * HOUR))), ("x", normals(1, 400, 0.0))]);
    write(&dir.file("side/1.parquet"), &first);
    write(&dir.file("side/2.parquet"), &batch(vec![("ts", integers(0..100)), ("x", normals(2, 100, 0.0))]));
    write(&dir.file("side/3.parquet"), &first);
    for by in ["ts", "ts:month"] {
        let result = dir.check("side", "side", &format!("--by {by}")).code(0).json();
        assert_eq!(rows_of(&result["periods"]).iter().map(|p| p.1).sum::<u64>(), 800, "{by}");
        assert!(result["notes"].to_string().contains("100 current rows have no time in `ts`"), "{by}");
    }
}

#[test]
fn characters_of_patterns_may_stand_in_names() {
    let dir = Dir::new("signs");
    write(&dir.file("run [1]/part*.parquet"), &rows(1, 300, 0.0));
    write(&dir.file("run 1/part.parquet"), &rows(1, 30, 0.0));
    for path in ["run [1]", "run [1]/", "run [1]/part*.parquet"] {
        let words = ["check", "-r", path, "-c", path, "--output", "json"];
        let result = dir.run_words(&words, &[]).code(0).json();
        assert_eq!(result["reference"]["rows"], 300, "{path}");
    }
}

#[test]
fn a_file_without_columns_is_told() {
    let dir = Dir::new("no-columns");
    write(&dir.file("good.parquet"), &rows(1, 30, 0.0));
    for file in ["none.parquet", "none.arrow", "none.arrows"] {
        let schema = std::sync::Arc::new(arrow_schema::Schema::empty());
        write(&dir.file(file), &arrow_array::RecordBatch::new_empty(schema));
        for (r, c) in [(file, "good.parquet"), ("good.parquet", file)] {
            dir.check(r, c, "").refused(&[&format!("`{file}` has no columns")]);
        }
        dir.run(&format!("init {file}")).refused(&[&format!("`{file}` has no columns")]);
    }
}

/// Nested values and new names below the lines that names and types are taken from.
#[test]
fn objects_far_down_may_surprise() {
    let dir = Dir::new("surprise");
    let good: String = (0..5000).map(|i| format!("{{\"a\": {i}, \"b\": \"x\"}}\n")).collect();
    dir.write("good.ndjson", &good);
    dir.write("more.ndjson", format!("{good}{{\"a\": 1, \"c\": 2}}\n"));
    let result = dir.check("good.ndjson", "more.ndjson", "").code(0).json();
    assert_eq!(result["current"]["rows"], 5001);
    dir.write("nested.ndjson", format!("{good}{{\"a\": {{\"deep\": 1}}}}\n"));
    dir.check("good.ndjson", "nested.ndjson", "").refused(&["`nested.ndjson`", "line 5001", "`a`"]);
}
