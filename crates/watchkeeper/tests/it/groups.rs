//! Periods and segments.

use serde_json::Value;

use crate::data::{HOUR, YEAR_2013, batch, floats, normals, rows, texts, times, write};
use crate::support::Dir;

fn folder() -> Dir {
    let folder = Dir::new("groups");
    write(&folder.file("r.parquet"), &rows(1, 4000, 0.0));
    write(&folder.file("c.parquet"), &rows(2, 3000, 0.3));
    folder
}

fn rows_of(groups: &Value) -> u64 {
    groups.as_array().unwrap().iter().map(|group| group["rows"].as_u64().unwrap()).sum()
}

#[test]
fn periods_are_calendar_periods_and_hold_all_rows() {
    let folder = folder();
    // 3,000 half hours from 2013-01-01: 62.5 days.
    for (period, groups, first, last) in [
        ("day", 63, "2013-01-01T00:00:00Z", "2013-03-05T00:00:00Z"),
        ("week", 10, "2012-12-31T00:00:00Z", "2013-03-11T00:00:00Z"),
        ("month", 3, "2013-01-01T00:00:00Z", "2013-04-01T00:00:00Z"),
    ] {
        let result = folder.check("r.parquet", "c.parquet", &format!("--by ts:{period}")).json();
        let periods = result["periods"].as_array().unwrap();
        assert_eq!(periods.len(), groups, "{period}");
        assert_eq!((&periods[0]["start"], &periods[groups - 1]["end"]), (&first.into(), &last.into()));
        assert_eq!(rows_of(&result["periods"]), 3000);
        assert_eq!(result["settings"]["by"], format!("ts:{period}"));
    }
    let auto = folder.check("r.parquet", "c.parquet", "--by ts").json();
    assert_eq!(auto["settings"]["by"], "ts:week");
}

#[test]
fn too_many_periods_are_refused_with_a_way_out() {
    folder().check("r.parquet", "c.parquet", "--by ts:hour").refused(&["more than 1000 periods", ":day"]);
}

#[test]
fn rows_without_a_time_belong_to_no_period() {
    let folder = Dir::new("no-time");
    folder.write("r.csv", "ts,x\n2013-01-01,1\n2013-01-02,2\n");
    folder.write("c.csv", "ts,x\n2013-01-01T10:00:00Z,1\n,2\nlater,3\n2013-01-03,4\n");
    let result = folder.check("r.csv", "c.csv", "--by ts:day").json();
    assert_eq!(rows_of(&result["periods"]), 2);
    assert!(result["notes"].to_string().contains("2 current rows have no time in `ts`"), "{}", result["notes"]);
}

#[test]
fn a_segment_is_compared_with_the_same_segment() {
    let folder = Dir::new("segments");
    // Two stores with different levels that do not change; their mix does.
    let side = |small: usize, seed| {
        let n = 4000;
        let name = move |i: usize| if i < small { "small" } else { "large" };
        let noise = normals(seed, n, 0.0);
        let noise = noise.as_any().downcast_ref::<arrow_array::Float64Array>().unwrap().clone();
        let level = (0..n).map(move |i| noise.value(i) + if i < small { 0.0 } else { 50.0 });
        batch(vec![
            ("ts", times((0..n as i64).map(|i| YEAR_2013 + i * HOUR))),
            ("store", texts((0..n).map(name))),
            ("sales", floats(level.collect::<Vec<_>>())),
        ])
    };
    write(&folder.file("r.parquet"), &side(3000, 1));
    write(&folder.file("c.parquet"), &side(1000, 2));
    let result = folder.check("r.parquet", "c.parquet", "--segment store").json();
    assert_eq!(result["verdict"], "critical", "the mix changed");
    let segments = result["segments"].as_array().unwrap();
    let names: Vec<&str> = segments.iter().map(|s| s["key"].as_str().unwrap()).collect();
    assert_eq!(names, ["large", "small"], "largest first");
    for segment in segments {
        assert_eq!(segment["verdict"], "ok", "{segment:#}");
        assert!(segment["columns"].as_array().unwrap().iter().all(|column| column["name"] != "store"));
    }
}
