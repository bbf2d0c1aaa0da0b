//! Values at the edges of what numbers, texts and times can be.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Decimal256Array, Float32Array, Float64Array, NullArray, StringArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_buffer::i256;

use crate::data::{HOUR, YEAR_2013, batch, floats, integers, normals, texts, times, write};
use crate::support::{Dir, column, measurement, value};

/// Every number of a result is finite or `null`; every `null` value has a status that says why.
fn is_sound(result: &serde_json::Value) {
    for column in result["columns"].as_array().unwrap() {
        for row in column["measurements"].as_array().unwrap() {
            match row["value"].as_f64() {
                Some(value) => assert!(value.is_finite() && row["status"] == "ok", "{column:#}"),
                None => {
                    assert!(row["value"].is_null() && row["status"] != "ok" && row["detail"].is_string(), "{row:#}")
                }
            }
        }
    }
}

fn edge_columns() -> Vec<(&'static str, ArrayRef)> {
    let cycle = |values: &[f64]| -> ArrayRef { floats(values.iter().copied().cycle().take(600).collect::<Vec<_>>()) };
    let nan = f64::NAN;
    let inf = f64::INFINITY;
    vec![
        ("ordinary", normals(1, 600, 0.0)),
        ("all_null", Arc::new(Float64Array::new_null(600))),
        ("null_type", Arc::new(NullArray::new(600))),
        ("null_text", Arc::new(StringArray::new_null(600))),
        ("constant", cycle(&[7.5])),
        ("constant_text", texts(vec!["same"; 600])),
        ("empty_text", texts(vec![""; 600])),
        ("all_nan", cycle(&[nan])),
        ("some_nan", cycle(&[1.0, nan, 2.0, 3.0])),
        ("infinite", cycle(&[1.0, inf, 2.0, -inf, 3.0])),
        ("only_infinite", cycle(&[inf, -inf])),
        ("huge", cycle(&[1e308, -1e308, 0.0, 1.7e308])),
        ("max", cycle(&[f64::MAX, f64::MIN])),
        ("tiny", cycle(&[5e-324, 1e-310, 2.3e-308, 0.0])),
        ("zeros", cycle(&[0.0, -0.0])),
        ("minus_zero", cycle(&[-0.0])),
        ("neighbours", cycle(&[1.0, 1.0 + f64::EPSILON])),
        ("wide", cycle(&[-1e300, 1e-300, 1e300, 42.0, 42.5])),
        ("u64", Arc::new(UInt64Array::from_iter_values((0..600).map(|i| if i % 2 == 0 { u64::MAX - i } else { i })))),
        ("i64", integers((0..600).map(|i| if i % 2 == 0 { i64::MIN + i } else { i64::MAX - i }))),
        ("f32", Arc::new(Float32Array::from_iter_values((0..600).map(|i| if i % 2 == 0 { f32::MAX } else { 0.1 })))),
        ("decimal", decimals(38, 10)),
        ("decimal256", Arc::new(decimal256())),
        ("date", Arc::new(Date32Array::from_iter_values((0..600).map(|i| i * 100 - 30_000)))),
        (
            "date_extreme",
            Arc::new(Date32Array::from_iter_values((0..600).map(|i| if i % 2 == 0 { i32::MIN } else { i32::MAX }))),
        ),
        ("time_extreme", times((0..600).map(|i| if i % 2 == 0 { i64::MIN } else { i64::MAX }))),
        ("seconds", Arc::new(TimestampSecondArray::from_iter_values((0..600).map(|i| i64::MAX - i)))),
    ]
}

fn decimals(precision: u8, scale: i8) -> ArrayRef {
    let values = (0..600i128).map(|i| i * 1_000_003 - 300_000_000);
    Arc::new(Decimal128Array::from_iter_values(values).with_precision_and_scale(precision, scale).unwrap())
}

fn decimal256() -> Decimal256Array {
    let values = (0..600).map(|i| i256::from_i128(i128::MAX / 3).wrapping_mul(i256::from_i128(i)));
    Decimal256Array::from_iter_values(values).with_precision_and_scale(76, 2).unwrap()
}

#[test]
fn a_table_of_edges_is_like_itself() {
    let dir = Dir::new("edges");
    write(&dir.file("e.parquet"), &batch(edge_columns()));
    let mut edges = edge_columns();
    // Parquet has no negative scale.
    edges.push(("decimal_negative_scale", decimals(20, -5)));
    write(&dir.file("e.arrow"), &batch(edges));
    for (r, c) in [("e.parquet", "e.parquet"), ("e.arrow", "e.arrow"), ("e.parquet", "e.arrow")] {
        let run = dir.check(r, c, "--metrics all --exact-rows all").code(0);
        let result = run.json();
        is_sound(&result);
        assert_eq!(result["summary"]["critical"], 0, "{}", result["reason"]);
        assert_eq!(value(&result, "ordinary", "psi"), 0.0);
        for name in ["constant", "huge", "tiny", "zeros", "u64", "i64", "decimal", "wide", "neighbours"] {
            assert_eq!(value(&result, name, "ks"), 0.0, "{name}");
        }
        let binned = dir.check(r, c, "--metrics all --exact-rows 10").code(0).json();
        is_sound(&binned);
    }
}

/// Every edge against ordinary values, both ways: an answer or a status, never a panic or a NaN.
#[test]
fn edges_against_ordinary_values() {
    let dir = Dir::new("against");
    let edges = edge_columns();
    let names: Vec<&str> = edges.iter().map(|(name, _)| *name).collect();
    write(&dir.file("edges.parquet"), &batch(edges));
    let ordinary = names.iter().map(|name| (*name, normals(3, 500, 0.0))).collect();
    write(&dir.file("ordinary.parquet"), &batch(ordinary));
    for exact in ["all", "10"] {
        let more = format!("--metrics all --exact-rows {exact} --html page.html --markdown page.md --junit page.xml");
        is_sound(&dir.check("edges.parquet", "ordinary.parquet", &more).code(1).json());
        is_sound(&dir.check("ordinary.parquet", "edges.parquet", &more).code(1).json());
        let page = dir.read("page.html");
        let data = page.split("id=\"wk-data\">").nth(1).unwrap().split("</script>").next().unwrap();
        serde_json::from_str::<serde_json::Value>(data).unwrap();
    }
    let result = dir.check("ordinary.parquet", "edges.parquet", "--metrics all").json();
    assert_eq!(value(&result, "all_null", "missing_rate"), 1.0);
    assert_eq!(value(&result, "all_nan", "missing_rate"), 1.0);
    assert_eq!(value(&result, "some_nan", "missing_rate"), 0.25);
    assert_eq!(column(&result, "all_null")["verdict"], "critical");
    assert_eq!(measurement(&result, "all_null", "psi")["status"], "insufficient_data");
    assert!(column(&result, "constant")["reason"].as_str().unwrap().contains("constant"));
    assert_eq!(column(&result, "infinite")["verdict"], "critical");
}

/// The sign of zero is no drift.
#[test]
fn minus_zero_is_zero() {
    let dir = Dir::new("zero");
    write(&dir.file("r.parquet"), &batch(vec![("x", floats(vec![0.0; 500]))]));
    write(&dir.file("c.parquet"), &batch(vec![("x", floats(vec![-0.0; 500]))]));
    for exact in ["all", "10"] {
        let result = dir.check("r.parquet", "c.parquet", &format!("--metrics all --exact-rows {exact}")).code(0).json();
        for metric in ["psi", "ks", "wasserstein", "energy", "mean_difference"] {
            assert_eq!(value(&result, "x", metric), 0.0, "{metric}");
        }
    }
}

/// Times without a zone are UTC, whatever the unit; periods by them are the same.
#[test]
fn times_without_a_zone_are_utc() {
    let dir = Dir::new("zone");
    let micros: Vec<i64> = (0..500).map(|i| YEAR_2013 + i * HOUR).collect();
    let iso = micros.iter().map(|&t| watchkeeper::time::rfc3339(t));
    let seconds = Arc::new(TimestampSecondArray::from_iter_values(micros.iter().map(|t| t / 1_000_000)));
    let nanos = TimestampNanosecondArray::from_iter_values(micros.iter().map(|t| t * 1000));
    let kinds: Vec<(&str, ArrayRef)> = vec![
        ("micros", times(micros.clone())),
        ("seconds", seconds),
        ("nanos", Arc::new(nanos.clone())),
        ("utc", Arc::new(nanos.clone().with_timezone("UTC"))),
        ("oslo", Arc::new(nanos.with_timezone("+01:00"))),
        ("iso", texts(iso.clone())),
        ("iso_no_zone", texts(iso.map(|text| text.trim_end_matches('Z').replace('T', " ")))),
    ];
    let mut periods = Vec::new();
    for (name, array) in kinds {
        let file = format!("{name}.parquet");
        write(&dir.file(&file), &batch(vec![("t", array), ("x", normals(1, 500, 0.0))]));
        let result = dir.check(&file, &file, "--by t:day").code(0).json();
        let rows: Vec<(String, u64)> = result["periods"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p["label"].as_str().unwrap().to_owned(), p["rows"].as_u64().unwrap()))
            .collect();
        periods.push((name, rows));
    }
    assert_eq!(periods[0].1.len(), 21);
    assert_eq!(periods[0].1[0], ("2013-01-01".to_owned(), 24));
    for (name, rows) in &periods {
        assert_eq!(rows, &periods[0].1, "{name}");
    }
}
