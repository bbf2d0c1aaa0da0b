//! Columns that a text file holds as text, as the values that they are.
//!
//! A CSV column that looks like numbers is sent as numbers. A value in it that is none must not vanish: then the rows go
//! as JSON, value by value, so that the server rejects that row alone and says why.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use serde_json::{Map, Value};
use watchkeeper_ingest::names;
use watchkeeper_profile::is_null_word;

use crate::table::TableColumn;
use crate::time::{parse_micros, rfc3339};

/// Rows as they can be sent.
#[derive(Debug)]
pub(super) enum Rows {
    /// Typed columns.
    Columns(RecordBatch),
    /// One object a row, because a value does not fit its column.
    Objects(Vec<Map<String, Value>>),
}

/// Types the text columns of a batch whose `columns` were inferred; other columns stay as they are, but for times,
/// which become microseconds in UTC.
pub(super) fn typed(batch: &RecordBatch, columns: &[TableColumn]) -> Result<Rows, ArrowError> {
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for (array, column) in batch.columns().iter().zip(columns) {
        match as_values(array, column)? {
            Some(values) => arrays.push(values),
            None => return Ok(Rows::Objects(objects(batch, columns)?)),
        }
    }
    let field = |(column, array): (&TableColumn, &ArrayRef)| Field::new(&column.name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().zip(&arrays).map(field).collect::<Vec<_>>());
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options).map(Rows::Columns)
}

/// Whether values of a column are texts whatever they look like: `007` is no number.
fn is_name(column: &str) -> bool {
    const NAMES: [&str; 7] = [
        names::PREDICTION_ID,
        names::KPI_ID,
        names::CHANGE_ID,
        "id",
        names::VERSION,
        names::ENVIRONMENT,
        names::TRACE_ID,
    ];
    NAMES.contains(&column) || column.starts_with(names::SEGMENT_PREFIX)
}

/// The values of a column; `None` when a text in it is not of the column's type.
fn as_values(array: &ArrayRef, column: &TableColumn) -> Result<Option<ArrayRef>, ArrowError> {
    let Some(texts) = array.as_string_opt::<i32>() else {
        let time = matches!(array.data_type(), DataType::Timestamp(..));
        return if time { in_utc(array).map(Some) } else { Ok(Some(array.clone())) };
    };
    // A text column of a typed format says what it is.
    let target = if is_name(&column.name) { &DataType::Utf8 } else { &column.data_type };
    Ok(match target {
        DataType::Boolean => whole(texts, boolean).map(|v| Arc::new(BooleanArray::from(v)) as ArrayRef),
        DataType::Int64 => match whole(texts, |text| text.parse::<i64>().ok()) {
            Some(values) => Some(Arc::new(Int64Array::from(values))),
            None => whole(texts, number).map(|v| Arc::new(Float64Array::from(v)) as ArrayRef),
        },
        DataType::Float64 => whole(texts, number).map(|v| Arc::new(Float64Array::from(v)) as ArrayRef),
        DataType::Timestamp(..) | DataType::Date32 => whole(texts, parse_micros)
            .map(|v| Arc::new(TimestampMicrosecondArray::from(v).with_timezone("UTC")) as ArrayRef),
        _ => Some(Arc::new(texts.iter().map(|text| text.filter(|text| !text.is_empty())).collect::<StringArray>())),
    })
}

/// Every text parsed, words for "missing" as null; `None` when one cannot be.
fn whole<T>(texts: &StringArray, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
    let one = |text: Option<&str>| match text.map(str::trim) {
        None => Some(None),
        Some(text) if is_null_word(text) => Some(None),
        Some(text) => parse(text).map(Some),
    };
    texts.iter().map(one).collect()
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Times without a zone are UTC.
fn in_utc(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let target = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    if let DataType::Timestamp(unit, None) = array.data_type() {
        let utc = DataType::Timestamp(*unit, Some("UTC".into()));
        // From no zone to a zone changes the meaning, not the number, when the zone is UTC.
        return cast(&cast(array, &utc)?, &target);
    }
    cast(array, &target)
}

/// The rows as objects: each text as what it can be read as, else as it is.
fn objects(batch: &RecordBatch, columns: &[TableColumn]) -> Result<Vec<Map<String, Value>>, ArrowError> {
    let mut rows = vec![Map::new(); batch.num_rows()];
    for (array, column) in batch.columns().iter().zip(columns) {
        let texts = cast(array, &DataType::Utf8)?;
        for (row, text) in rows.iter_mut().zip(texts.as_string::<i32>()) {
            let value = text.map(str::trim).filter(|text| !is_null_word(text)).map(|text| value(text, column));
            if let Some(value) = value {
                row.insert(column.name.clone(), value);
            }
        }
    }
    Ok(rows)
}

fn value(text: &str, column: &TableColumn) -> Value {
    let read = match &column.data_type {
        _ if is_name(&column.name) => None,
        DataType::Boolean => boolean(text).map(Value::from),
        DataType::Int64 => text.parse::<i64>().ok().map(Value::from).or_else(|| number(text).map(Value::from)),
        DataType::Float64 => number(text).map(Value::from),
        DataType::Timestamp(..) | DataType::Date32 => parse_micros(text).map(|micros| rfc3339(micros).into()),
        _ => None,
    };
    read.unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(types: &[(&str, DataType)]) -> Vec<TableColumn> {
        let column =
            |(name, data_type): &(&str, DataType)| TableColumn { name: (*name).into(), data_type: data_type.clone() };
        types.iter().map(column).collect()
    }

    fn texts(rows: &[(&str, &[Option<&str>])]) -> RecordBatch {
        let array = |values: &[Option<&str>]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
        RecordBatch::try_from_iter_with_nullable(rows.iter().map(|(name, values)| (*name, array(values), true)))
            .unwrap()
    }

    #[test]
    fn texts_become_what_their_column_is() {
        let batch = texts(&[
            ("prediction_id", &[Some("007"), Some("8")]),
            ("n", &[Some(" 1 "), Some("NA")]),
            ("x", &[Some("1.5"), None]),
            ("whole_then_not", &[Some("1"), Some("2.5")]),
            ("b", &[Some("True"), Some("")]),
            ("t", &[Some("2013-01-01"), Some("2013-01-01T01:00:00+01:00")]),
            ("s", &[Some("a"), Some("")]),
        ]);
        let types = columns(&[
            ("prediction_id", DataType::Int64),
            ("n", DataType::Int64),
            ("x", DataType::Float64),
            ("whole_then_not", DataType::Int64),
            ("b", DataType::Boolean),
            ("t", DataType::Date32),
            ("s", DataType::Utf8),
        ]);
        let Rows::Columns(typed) = typed(&batch, &types).unwrap() else { panic!("expected columns") };
        let shown: Vec<String> =
            (0..7).map(|c| format!("{:?}", typed.column(c).slice(0, 2).to_data().data_type())).collect();
        assert_eq!(shown[..5], ["Utf8", "Int64", "Float64", "Float64", "Boolean"]);
        assert_eq!(typed.column(0).as_string::<i32>().value(0), "007");
        let nulls: Vec<bool> = [1, 2, 4, 6].iter().map(|&c: &usize| typed.column(c).is_null(1)).collect();
        assert_eq!(nulls, [true; 4]);
        let times = typed.column(5).as_primitive::<arrow_array::types::TimestampMicrosecondType>();
        assert_eq!(times.value(0), times.value(1));
    }

    #[test]
    fn a_value_that_does_not_fit_makes_objects_and_stays() {
        let batch = texts(&[
            ("prediction_id", &[Some("1"), Some("2"), Some("3")]),
            ("x", &[Some("1.5"), Some("abc"), Some("null")]),
        ]);
        let types = columns(&[("prediction_id", DataType::Int64), ("x", DataType::Float64)]);
        let Rows::Objects(rows) = typed(&batch, &types).unwrap() else { panic!("expected objects") };
        let rows: Vec<String> = rows.into_iter().map(|row| Value::Object(row).to_string()).collect();
        assert_eq!(
            rows,
            [r#"{"prediction_id":"1","x":1.5}"#, r#"{"prediction_id":"2","x":"abc"}"#, r#"{"prediction_id":"3"}"#]
        );
    }

    #[test]
    fn times_without_a_zone_are_utc_in_any_unit() {
        let array: ArrayRef = Arc::new(arrow_array::TimestampNanosecondArray::from(vec![1_357_000_000_123_456_789]));
        let batch = RecordBatch::try_from_iter([("ts", array)]).unwrap();
        let types = columns(&[("ts", batch.column(0).data_type().clone())]);
        let Rows::Columns(typed) = typed(&batch, &types).unwrap() else { panic!("expected columns") };
        assert_eq!(typed.column(0).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        assert_eq!(
            typed.column(0).as_primitive::<arrow_array::types::TimestampMicrosecondType>().value(0),
            1_357_000_000_123_456
        );
    }
}
