//! The same rows as JSON, NDJSON, JSON values, Arrow and Parquet are the same batch.

use super::columnar::{batch, parquet, stream};
use super::*;
use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use watchkeeper_ingest::decode::{content_hashes, decode_values};

#[derive(Debug, Clone)]
struct Row {
    id: Option<String>,
    ts: Option<f64>,
    number: Option<f64>,
    flag: Option<bool>,
    text: Option<String>,
    nested: Option<f64>,
    wrong: Option<String>,
}

fn row() -> impl Strategy<Value = Row> {
    let float = prop_oneof![any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()), -9.0..9.0_f64];
    let ts = prop_oneof![(1_767_000_000..1_767_200_000_i32).prop_map(f64::from), 0.0..1e19_f64];
    let id = proptest::option::weighted(0.9, "[a-zé\"\\\\ ]{0,12}");
    let wrong = proptest::option::weighted(0.1, "[a-z]{1,3}");
    let option = proptest::option::of(float.clone());
    (
        id,
        proptest::option::of(ts),
        option,
        any::<Option<bool>>(),
        any::<Option<String>>(),
        proptest::option::of(float),
        wrong,
    )
        .prop_map(|(id, ts, number, flag, text, nested, wrong)| Row { id, ts, number, flag, text, nested, wrong })
}

impl Row {
    fn json(&self) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Option<Value>| value.map(|value| members.insert(name.to_owned(), value));
        put("id", self.id.clone().map(Value::from));
        put("ts", self.ts.map(Value::from));
        put("number", self.number.map(Value::from));
        put("flag", self.flag.map(Value::from));
        put("text", self.text.clone().map(Value::from));
        put("known", self.wrong.clone().map(Value::from));
        put("features", self.nested.map(|nested| json!({ "in": { "nested": nested } })));
        Value::Object(members)
    }
}

fn columnar(rows: &[Row]) -> RecordBatch {
    let texts = |of: fn(&Row) -> Option<&str>| Arc::new(rows.iter().map(of).collect::<StringArray>()) as ArrayRef;
    let numbers = |of: fn(&Row) -> Option<f64>| Arc::new(rows.iter().map(of).collect::<Float64Array>()) as ArrayRef;
    let nested = batch(vec![("nested", numbers(|row| row.nested))]);
    let inner: ArrayRef = Arc::new(arrow_array::StructArray::from(nested));
    let features: ArrayRef = Arc::new(arrow_array::StructArray::from(batch(vec![("in", inner)])));
    batch(vec![
        ("id", texts(|row| row.id.as_deref())),
        ("ts", numbers(|row| row.ts)),
        ("number", numbers(|row| row.number)),
        ("flag", Arc::new(rows.iter().map(|row| row.flag).collect::<BooleanArray>())),
        ("text", texts(|row| row.text.as_deref())),
        ("known", texts(|row| row.wrong.as_deref())),
        ("features", features),
    ])
}

proptest! {
    #[test]
    fn the_format_does_not_change_what_a_body_says(rows in proptest::collection::vec(row(), 0..40)) {
        let case = predictions().column("known", ColumnType::Number, false).limit(|limits| limits.string_bytes = 40);
        let values: Vec<Value> = rows.iter().map(Row::json).collect();
        let lines: String = values.iter().map(|value| format!("{value}\n")).collect();
        let columns = columnar(&rows);
        let first = case.json(Value::Array(values.clone()).to_string());
        let others = [
            case.ndjson(lines),
            decode_values(&values, &case.context()).unwrap(),
            case.read(BodyFormat::ArrowStream, stream(std::slice::from_ref(&columns), None)).unwrap(),
            case.read(BodyFormat::Parquet, parquet(&columns)).unwrap(),
        ];
        for other in others {
            prop_assert_eq!(&first.batch, &other.batch);
            prop_assert_eq!(
                first.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>(),
                other.rejects.iter().map(|reject| reject.row).collect::<Vec<_>>()
            );
            prop_assert_eq!(
                content_hashes(Stream::Predictions, &first.batch),
                content_hashes(Stream::Predictions, &other.batch)
            );
        }
    }
}
