//! Times at the edges: out of the calendar, of one moment, missing.

use std::sync::Arc;

use arrow_array::TimestampMicrosecondArray;

use crate::data::{HOUR, YEAR_2013, batch, floats, normals, times, write};
use crate::support::Dir;

#[test]
fn times_beyond_the_calendar_belong_to_no_period() {
    let dir = Dir::new("calendar");
    let edge = 10_000_000_000_000;
    let extremes = [i64::MIN, i64::MIN + edge, i64::MAX - edge, i64::MAX];
    let ts = (0..400).map(|i| if i % 100 == 0 { extremes[i / 100] } else { YEAR_2013 + i as i64 * HOUR });
    write(&dir.file("c.parquet"), &batch(vec![("ts", times(ts)), ("x", normals(1, 400, 0.0))]));
    for by in ["ts", "ts:month", "ts:week", "ts:day"] {
        let run = dir.check("c.parquet", "c.parquet", &format!("--by {by} --html page.html"));
        let result = run.code(0).json();
        let rows: u64 = result["periods"].as_array().unwrap().iter().map(|p| p["rows"].as_u64().unwrap()).sum();
        assert_eq!(rows, 396, "{by}");
        assert_eq!(result["settings"]["by"], if by == "ts" { "ts:day" } else { by });
        assert!(result["notes"].to_string().contains("4 current rows have no time"), "{by}");
    }
}

#[test]
fn one_moment_is_one_period() {
    let dir = Dir::new("moment");
    let table = batch(vec![("ts", times(vec![YEAR_2013; 50])), ("x", normals(1, 50, 0.0))]);
    write(&dir.file("c.parquet"), &table);
    for (by, unit, label) in [
        ("ts", "hour", "2013-01-01 00:00"),
        ("ts:hour", "hour", "2013-01-01 00:00"),
        ("ts:day", "day", "2013-01-01"),
        ("ts:week", "week", "2012-12-31"),
        ("ts:month", "month", "2013-01"),
    ] {
        let result = dir.check("c.parquet", "c.parquet", &format!("--by {by}")).code(0).json();
        let periods = result["periods"].as_array().unwrap();
        assert_eq!((periods.len(), periods[0]["label"].as_str()), (1, Some(label)));
        assert_eq!(result["settings"]["by"], format!("ts:{unit}"));
    }
}

#[test]
fn a_column_without_any_time_is_refused() {
    let dir = Dir::new("timeless");
    let ts = Arc::new(TimestampMicrosecondArray::new_null(50));
    write(&dir.file("c.parquet"), &batch(vec![("ts", ts), ("x", floats(vec![1.0; 50]))]));
    dir.check("c.parquet", "c.parquet", "--by ts").refused(&["--by: column `ts` holds no times"]);
}
