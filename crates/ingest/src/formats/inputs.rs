//! JSON payloads of calls: which rows of inputs and outputs they hold.

use serde_json::{Map, Value};

use super::cells::too_long;
use super::converted::{Fault, Options, kind_of};
use super::events::Features;
use super::outcome::Outcome;
use super::tensor;
use super::weight::check_repeated;

/// Values of one payload: 200,000 rows of 20 columns. A value costs up to 100 bytes of memory however few it has on
/// the wire, so bytes alone bound nothing.
pub(super) const CELLS_MAX: usize = 4_000_000;

/// JSON of bounded size: the number of its values is bounded before it is parsed. Depth is bounded by the parser.
pub(crate) fn parse_json(bytes: &[u8], field: &str) -> Result<Value, Fault> {
    let marks = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if marks > CELLS_MAX {
        return Err(too_long(field, "values", CELLS_MAX));
    }
    serde_json::from_slice(bytes).map_err(|_| Fault::malformed(field, "JSON"))
}

/// Rows of inputs of a request of any of the known shapes.
pub(crate) fn feature_rows(payload: Value, options: &Options) -> Result<Vec<Features>, Fault> {
    let rows = match payload {
        Value::Object(members) => return features_of_object(members, options),
        Value::Array(values) if values.iter().any(|value| value.is_array() || value.is_object()) => values,
        // Scalars side by side are the columns of one row.
        other => vec![other],
    };
    named_rows(rows, options)
}

fn features_of_object(mut members: Map<String, Value>, options: &Options) -> Result<Vec<Features>, Fault> {
    for key in ["dataframe_records", "instances"] {
        if let Some(rows) = members.remove(key) {
            return named_rows(array(rows, key)?, options);
        }
    }
    if let Some(split) = members.remove("dataframe_split") {
        return split_rows(split, "dataframe_split", options);
    }
    if let Some(inputs) = members.remove("inputs") {
        return inputs_rows(inputs, options);
    }
    for wrapper in ["input_data", "jsonData"] {
        if let Some(inner) = members.remove(wrapper) {
            // JSON itself is at most 128 deep, and so is this.
            return feature_rows(inner, options);
        }
    }
    match members.get("data") {
        Some(Value::Object(data)) if is_seldon(data) => {
            let (names, rows) = seldon_rows(members.remove("data").unwrap_or_default(), options)?;
            return rows.into_iter().map(|row| named_row(row, &names, options)).collect();
        }
        Some(Value::Array(_)) if members.contains_key("columns") => {
            return split_rows(members.into(), "data", options);
        }
        Some(Value::Array(_)) if members.len() == 1 => {
            return named_rows(array(members.remove("data").unwrap_or_default(), "data")?, options);
        }
        _ => {}
    }
    Ok(vec![named_row(members.into(), &[], options)?])
}

/// `inputs`: tensors, rows, or an object of columns.
fn inputs_rows(inputs: Value, options: &Options) -> Result<Vec<Features>, Fault> {
    match inputs {
        Value::Array(list) if tensor::are_tensors(&list) => {
            tensor::feature_rows(tensor::read(list, None, "inputs", options)?, options)
        }
        Value::Array(rows) => named_rows(rows, options),
        Value::Object(columns) => column_rows(columns, options),
        other => named_rows(vec![other], options),
    }
}

/// Rows of outputs of a response of any of the known shapes.
pub(crate) fn outcome_rows(payload: Value, options: &Options) -> Result<Vec<Outcome>, Fault> {
    let names = &options.output_names;
    let mut members = match payload {
        Value::Array(rows) => return outcomes(rows, names, options),
        Value::Object(members) => members,
        scalar => return outcomes(vec![scalar], names, options),
    };
    for key in ["predictions", "outputs"] {
        match members.remove(key) {
            Some(Value::Array(list)) if tensor::are_tensors(&list) => {
                return tensor::outcome_rows(tensor::read(list, None, key, options)?, options);
            }
            Some(Value::Array(rows)) => return outcomes(rows, names, options),
            Some(other) => return outcomes(vec![other], names, options),
            None => {}
        }
    }
    if let Some(inner) = members.remove("jsonData") {
        return outcome_rows(inner, options);
    }
    if members.get("data").and_then(Value::as_object).is_some_and(is_seldon) {
        let (classes, rows) = seldon_rows(members.remove("data").unwrap_or_default(), options)?;
        let names = if names.is_empty() { &classes } else { names };
        return outcomes(rows, names, options);
    }
    outcomes(vec![members.into()], names, options)
}

fn outcomes(rows: Vec<Value>, names: &[String], options: &Options) -> Result<Vec<Outcome>, Fault> {
    check_rows(rows.len(), options)?;
    Ok(rows.into_iter().map(|row| Outcome::read(row, names)).collect())
}

fn named_rows(rows: Vec<Value>, options: &Options) -> Result<Vec<Features>, Fault> {
    check_rows(rows.len(), options)?;
    rows.into_iter().map(|row| named_row(row, &[], options)).collect()
}

/// Names the values of one row: by `names` where they are, else by the options, else by position.
pub(super) fn named_row(row: Value, names: &[String], options: &Options) -> Result<Features, Fault> {
    let named = |values: Vec<Value>| -> Features {
        let name = |index: usize| names.get(index).cloned().unwrap_or_else(|| options.feature_name(index));
        values.into_iter().enumerate().map(|(index, value)| (name(index), value)).collect()
    };
    let width = match &row {
        Value::Array(values) => values.len(),
        Value::Object(members) => members.len(),
        _ => 1,
    };
    if width > options.limits.columns {
        return Err(too_long("features", "columns", options.limits.columns).found(width));
    }
    Ok(match row {
        Value::Array(values) => named(values),
        // `{"features": [..]}` is how some containers wrap a row.
        Value::Object(mut members) if members.len() == 1 => match members.remove("features") {
            Some(inner @ (Value::Array(_) | Value::Object(_))) => {
                return named_row(inner, names, options);
            }
            Some(other) => Features::from_iter([("features".to_owned(), other)]),
            None => members,
        },
        Value::Object(members) => members,
        scalar => named(vec![scalar]),
    })
}

/// `{"columns": [..], "data": [[..], ..]}`, as pandas writes frames with `orient="split"`.
fn split_rows(split: Value, field: &str, options: &Options) -> Result<Vec<Features>, Fault> {
    let Value::Object(mut members) = split else {
        return Err(Fault::malformed(field, "an object with `columns` and `data`").found(kind_of(&split)));
    };
    let columns = array(members.remove("columns").unwrap_or_default(), "columns")?;
    let rows = array(members.remove("data").unwrap_or_default(), "data")?;
    check_rows(rows.len(), options)?;
    let columns: Vec<String> = columns
        .into_iter()
        .map(|column| match column {
            Value::String(name) => name,
            other => other.to_string(),
        })
        .collect();
    check_repeated(rows.len(), columns.iter().map(String::len).sum(), field, options)?;
    rows.into_iter()
        .map(|row| {
            let width = row.as_array().map_or(1, Vec::len);
            if width != columns.len() {
                let expected = format!("as many values as columns: {}", columns.len());
                return Err(Fault::malformed(field, expected).found(width));
            }
            named_row(row, &columns, options)
        })
        .collect()
}

/// `{"age": [41, 20], "job": ["b", "c"]}`: columns side by side.
fn column_rows(columns: Map<String, Value>, options: &Options) -> Result<Vec<Features>, Fault> {
    if columns.len() > options.limits.columns {
        return Err(too_long("inputs", "columns", options.limits.columns).found(columns.len()));
    }
    if !columns.values().all(Value::is_array) {
        return Ok(vec![columns]);
    }
    let rows = columns.values().next().and_then(Value::as_array).map_or(0, Vec::len);
    check_rows(rows, options)?;
    check_repeated(rows, columns.keys().map(String::len).sum(), "inputs", options)?;
    let mut table = vec![Features::new(); rows];
    for (name, values) in columns {
        let values = array(values, "inputs")?;
        if values.len() != rows {
            return Err(Fault::malformed("inputs", format!("columns of one length: {rows}")).found(values.len()));
        }
        for (row, value) in table.iter_mut().zip(values) {
            // A column of one-element arrays is a tensor of shape [n, 1].
            let value = match value {
                Value::Array(mut only) if only.len() == 1 => only.pop().unwrap_or_default(),
                other => other,
            };
            row.insert(name.clone(), value);
        }
    }
    Ok(table)
}

fn is_seldon(data: &Map<String, Value>) -> bool {
    data.contains_key("ndarray") || data.contains_key("tensor")
}

/// Seldon's `data`: names and rows, as nested array or as flat tensor with a shape.
fn seldon_rows(data: Value, options: &Options) -> Result<(Vec<String>, Vec<Value>), Fault> {
    let Value::Object(mut data) = data else {
        return Err(Fault::malformed("data", "an object"));
    };
    let names = data.remove("names").unwrap_or_default();
    let names = names.as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> = names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let name_bytes = names.iter().map(String::len).sum();
    if let Some(rows) = data.remove("ndarray") {
        let rows = array(rows, "data.ndarray")?;
        check_rows(rows.len(), options)?;
        check_repeated(rows.len(), name_bytes, "data.names", options)?;
        return Ok((names, rows));
    }
    let Some(Value::Object(mut tensor)) = data.remove("tensor") else {
        return Err(Fault::malformed("data.tensor", "an object with `shape` and `values`"));
    };
    let shape = tensor.remove("shape").unwrap_or_default();
    let values = array(tensor.remove("values").unwrap_or_default(), "data.tensor.values")?;
    let (rows, width) = tensor::rows_and_width(&shape, "data.tensor.shape")?;
    if rows.checked_mul(width) != Some(values.len()) {
        let expected = format!("as many values as the shape says: {rows} × {width}");
        return Err(Fault::malformed("data.tensor.values", expected).found(values.len()));
    }
    check_rows(rows, options)?;
    check_repeated(rows, name_bytes, "data.names", options)?;
    let mut values = values.into_iter();
    Ok((names, (0..rows).map(|_| Value::Array(values.by_ref().take(width).collect())).collect()))
}

fn array(value: Value, field: &str) -> Result<Vec<Value>, Fault> {
    match value {
        Value::Array(values) => Ok(values),
        other => Err(Fault::malformed(field, "an array").found(kind_of(&other))),
    }
}

/// Refuses more rows than a request may have.
pub(super) fn check_rows(rows: usize, options: &Options) -> Result<(), Fault> {
    let limit = options.limits.rows;
    if rows > limit { Err(too_long("rows", "rows", limit).found(rows)) } else { Ok(()) }
}
