//! Columns that do not fit together: none in common, other types, names twice, nested values.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, ListArray, RecordBatch, StructArray, types::Int64Type};
use arrow_schema::{DataType, Field, Schema};

use crate::data::{batch, floats, integers, normals, rows, texts, write};
use crate::support::{Dir, column, measurement, value};

#[test]
fn sides_without_a_common_column_are_refused_with_both_lists() {
    let dir = Dir::new("common");
    write(&dir.file("r.parquet"), &batch(vec![("a", integers(0..50)), ("b", integers(0..50))]));
    dir.write("c.csv", "p,q,r,s,t,u\n1,2,3,4,5,6\n");
    dir.check("r.parquet", "c.csv", "").refused(&["no column in common", "`a`, `b`", "`p`, `q`, `r`, `s`, `t`, …"]);
}

/// A column stored as another type: told as `retyped`; what can be read as the reference's type is compared.
#[test]
fn a_column_of_another_type_is_compared_as_far_as_it_can_be_read() {
    let dir = Dir::new("retyped");
    let numbers: Vec<f64> = (0..1000).map(|i| f64::from(i % 100) / 4.0).collect();
    let written = |bad: usize| -> ArrayRef {
        texts(numbers.iter().enumerate().map(|(i, x)| if i < bad { "n. a. ?".to_owned() } else { x.to_string() }))
    };
    write(&dir.file("numbers.parquet"), &batch(vec![("x", floats(numbers.clone())), ("y", normals(1, 1000, 0.0))]));
    for (bad, rate) in [(0, 0.0), (30, 0.03), (1000, 1.0)] {
        write(&dir.file("texts.parquet"), &batch(vec![("x", written(bad)), ("y", normals(2, 1000, 0.0))]));
        let result = dir.check("numbers.parquet", "texts.parquet", "--fail-on warning").code(1).json();
        let change = &result["schema_changes"][0];
        assert_eq!((&change["column"], &change["change"]), (&"x".into(), &"retyped".into()));
        assert_eq!((&change["reference_type"], &change["current_type"]), (&"float64".into(), &"string".into()));
        assert_eq!(change["verdict"], "warning");
        let measured = measurement(&result, "x", "invalid_rate");
        assert_eq!((measured["value"].as_f64(), measured["n_current"].as_u64()), (Some(rate), Some(1000)));
        match bad {
            0 => assert!(value(&result, "x", "psi") < 1e-9),
            1000 => assert_eq!(measurement(&result, "x", "psi")["status"], "insufficient_data"),
            _ => assert!(value(&result, "x", "psi") < 0.02),
        }
        let expected = if bad == 0 { "warning" } else { "critical" };
        assert_eq!(result["verdict"], expected, "{bad} bad values: {}", result["reason"]);
    }
}

/// Every pair of types: finishes, tells the change unless both are numbers, and never panics.
#[test]
fn all_pairs_of_types_are_compared_or_told() {
    let dir = Dir::new("pairs");
    let kinds = ["ts", "amount", "count", "city", "flag", "note", "id"];
    let all = rows(5, 400, 0.0);
    for kind in kinds {
        let array = all.column_by_name(kind).unwrap().clone();
        write(&dir.file(&format!("{kind}.parquet")), &batch(vec![("x", array)]));
    }
    let is_number = |kind| matches!(kind, "amount" | "count");
    let is_text = |kind| matches!(kind, "city" | "note" | "id");
    for r in kinds {
        for c in kinds {
            let run = dir.check(&format!("{r}.parquet"), &format!("{c}.parquet"), "--metrics all");
            let result = run.json();
            let same = r == c || (is_number(r) && is_number(c)) || (is_text(r) && is_text(c));
            assert_eq!(result["schema_changes"].as_array().unwrap().is_empty(), same, "{r} {c}");
        }
    }
}

#[test]
fn columns_that_came_and_went_are_told() {
    let dir = Dir::new("came-and-went");
    let table = |names: [&str; 2]| batch(names.map(|name| (name, normals(1, 300, 0.0))).to_vec());
    write(&dir.file("r.parquet"), &table(["kept", "gone"]));
    write(&dir.file("c.parquet"), &table(["kept", "new"]));
    let result = dir.check("r.parquet", "c.parquet", "").code(1).json();
    let changes: Vec<_> = result["schema_changes"].as_array().unwrap().iter().collect();
    let told: Vec<_> =
        changes.iter().map(|c| (c["column"].as_str(), c["change"].as_str(), c["verdict"].as_str())).collect();
    assert_eq!(told, [(Some("gone"), Some("removed"), Some("critical")), (Some("new"), Some("added"), Some("ok"))]);
    assert_eq!(result["verdict"], "critical");
}

#[test]
fn names_twice_are_refused() {
    let dir = Dir::new("twice");
    let twice = Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("a", DataType::Float64, true)]);
    let arrays: Vec<ArrayRef> = vec![integers(0..10), floats((0..10).map(f64::from))];
    let table = RecordBatch::try_new(Arc::new(twice), arrays).unwrap();
    dir.write("good.csv", "a\n1\n");
    for name in ["twice.parquet", "twice.arrow", "twice.arrows"] {
        write(&dir.file(name), &table);
        let message = format!("`{name}` has two columns named `a`; names must be unique");
        dir.check(name, "good.csv", "").refused(&[&message]);
        dir.check("good.csv", name, "").refused(&[&message]);
    }
}

#[test]
fn nested_columns_are_named_and_the_rest_goes_on() {
    let dir = Dir::new("nested");
    let list: ArrayRef =
        Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>((0..300).map(|i| Some(vec![Some(i), None]))));
    let inner: Vec<(Arc<Field>, ArrayRef)> = vec![
        (Arc::new(Field::new("p", DataType::Int64, true)), Arc::new(Int64Array::from_iter_values(0..300))),
        (Arc::new(Field::new("q", DataType::Float64, true)), Arc::new(Float64Array::from(vec![0.5; 300]))),
    ];
    let table = batch(vec![
        ("before", normals(1, 300, 0.0)),
        ("list", list),
        ("struct", Arc::new(StructArray::from(inner))),
        ("after", normals(2, 300, 0.0)),
    ]);
    for name in ["n.parquet", "n.ndjson", "n.arrow"] {
        write(&dir.file(name), &table);
        let result = dir.check(name, name, "--metrics all").code(0).json();
        for nested in ["list", "struct"] {
            let row = column(&result, nested);
            assert_eq!(row["verdict"], "ok", "{name}");
            assert!(row["reason"].as_str().unwrap().contains("nested"), "{name}: {row:#}");
        }
        assert_eq!(result["summary"]["not_judged"], 2, "{name}");
        assert_eq!(value(&result, "after", "psi"), 0.0, "{name}");
        // Nested on one side only.
        write(&dir.file("flat.parquet"), &batch(vec![("list", integers(0..300)), ("after", normals(2, 300, 0.0))]));
        for (r, c) in [(name, "flat.parquet"), ("flat.parquet", name)] {
            let result = dir.check(r, c, "--metrics all").json();
            let changes = result["schema_changes"].as_array().unwrap();
            assert!(changes.iter().any(|c| c["column"] == "list" && c["change"] == "retyped"), "{r} {c}");
        }
    }
}
