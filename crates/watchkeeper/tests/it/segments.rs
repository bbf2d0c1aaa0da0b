//! Segments and periods at their edges: new, missing, very many, both at once.

use serde_json::Value;

use crate::data::{HOUR, YEAR_2013, batch, normals, texts, times, write};
use crate::support::Dir;

fn side(seed: u64, rows: usize, name: impl Fn(usize) -> String, step: i64) -> arrow_array::RecordBatch {
    let ts = times((0..rows as i64).map(|i| YEAR_2013 + i * step));
    batch(vec![("ts", ts), ("store", texts((0..rows).map(name))), ("x", normals(seed, rows, 0.0))])
}

fn rows_of(groups: &Value) -> u64 {
    groups.as_array().unwrap().iter().map(|group| group["rows"].as_u64().unwrap()).sum()
}

#[test]
fn a_segment_that_the_reference_lacks_cannot_be_judged() {
    let dir = Dir::new("new-segment");
    write(&dir.file("r.parquet"), &side(1, 2000, |_| "old".into(), HOUR));
    write(&dir.file("c.parquet"), &side(2, 2000, |i| if i % 2 == 0 { "old" } else { "new" }.into(), HOUR));
    for (r, c) in [("r.parquet", "c.parquet"), ("c.parquet", "r.parquet")] {
        let result = dir.check(r, c, "--segment store --html page.html").json();
        for segment in result["segments"].as_array().unwrap() {
            let expected = if segment["key"] == "new" { "unknown" } else { "ok" };
            assert_eq!(segment["verdict"], expected, "{segment:#}");
        }
    }
    dir.write("no-store.csv", "x\n1\n2\n");
    dir.check("no-store.csv", "c.parquet", "--segment store").refused(&["--segment", "no column `store`"]);
    dir.check("c.parquet", "no-store.csv", "--segment store").refused(&["--segment", "no column `store`"]);
}

#[test]
fn of_very_many_segments_the_largest_are_checked() {
    let dir = Dir::new("many-segments");
    // Store n has n + 1 rows.
    let store = |row: usize| format!("s{:03}", (((8 * row + 1) as f64).sqrt() as usize - 1) / 2);
    let rows = 120 * 121 / 2;
    for suffix in ["parquet", "csv"] {
        let file = format!("c.{suffix}");
        write(&dir.file(&file), &side(1, rows, store, HOUR / 60));
        let result = dir.check(&file, &file, "--segment store").code(0).json();
        let segments = result["segments"].as_array().unwrap();
        assert_eq!(segments.len(), 50, "{suffix}");
        assert_eq!((&segments[0]["key"], &segments[49]["key"]), (&"s119".into(), &"s070".into()));
        assert_eq!(rows_of(&result["segments"]), (71..=120).sum::<u64>());
        assert!(result["notes"].to_string().contains("`store` has 120 values; the 50 with most rows"), "{suffix}");
    }
}

#[test]
fn more_values_than_can_be_told_apart_do_no_harm() {
    let dir = Dir::new("too-many-segments");
    write(&dir.file("c.parquet"), &side(1, 70_000, |i| format!("v{i}"), HOUR / 60));
    let result = dir.check("c.parquet", "c.parquet", "--segment store --columns x").code(0).json();
    assert_eq!(result["segments"].as_array().unwrap().len(), 50);
    assert_eq!(rows_of(&result["segments"]), 50);
}

/// Periods and segments at once are the same as each alone.
#[test]
fn periods_and_segments_do_not_disturb_each_other() {
    let dir = Dir::new("both");
    let store = |i: usize| ["a", "b", "c"][i % 3].to_owned();
    write(&dir.file("r.parquet"), &side(1, 3000, store, HOUR));
    write(&dir.file("c.parquet"), &side(2, 3000, store, HOUR));
    for (r, c) in [("r.parquet", "c.parquet"), ("c.parquet", "r.parquet")] {
        let both = dir.check(r, c, "--by ts:month --segment store").json();
        let periods = dir.check(r, c, "--by ts:month").json();
        let segments = dir.check(r, c, "--segment store").json();
        assert_eq!(both["periods"], periods["periods"]);
        assert_eq!(both["segments"], segments["segments"]);
        assert_eq!((rows_of(&both["periods"]), rows_of(&both["segments"])), (3000, 3000));
    }
}

/// Without a unit: the shortest period of which the data spans at most 60.
#[test]
fn the_period_fits_the_span() {
    let dir = Dir::new("auto");
    for (step, unit) in [(HOUR / 60, "hour"), (HOUR, "day"), (8 * HOUR, "week"), (60 * HOUR, "month")] {
        write(&dir.file("c.parquet"), &side(1, 1200, |_| "a".into(), step));
        let result = dir.check("c.parquet", "c.parquet", "--by ts").code(0).json();
        assert_eq!(result["settings"]["by"], format!("ts:{unit}"), "a row every {} hours", step / HOUR);
        assert_eq!(rows_of(&result["periods"]), 1200);
    }
}
