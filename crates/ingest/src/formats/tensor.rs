//! Tensors of the Open Inference Protocol V2: nested or flat data, or binary after the JSON.

use serde_json::{Map, Value};

use super::cells::too_long;
use super::converted::{Fault, Options, kind_of};
use super::events::Features;
use super::inputs::{CELLS_MAX, check_rows};
use super::outcome::Outcome;
use super::tensor_bytes::{Datatype, take_values};
use super::weight::check_repeated;

/// A tensor as a table: `rows` rows of `width` values, row after row.
#[derive(Debug)]
pub(super) struct Tensor {
    name: String,
    rows: usize,
    width: usize,
    values: Vec<Value>,
}

/// Whether a list is one of tensors, not of rows.
pub(super) fn are_tensors(list: &[Value]) -> bool {
    let is_tensor = |item: &Value| item.get("datatype").is_some() && item.get("shape").is_some();
    !list.is_empty() && list.iter().all(is_tensor)
}

/// Reads `list`; tensors with `binary_data_size` take their values from `binary`, in order, to its last byte.
pub(super) fn read(
    list: Vec<Value>,
    binary: Option<&[u8]>,
    field: &str,
    options: &Options,
) -> Result<Vec<Tensor>, Fault> {
    let mut rest = binary.unwrap_or_default();
    let mut cells: usize = 0;
    let mut tensors = Vec::with_capacity(list.len());
    for item in list {
        let tensor = one(item, &mut rest, field)?;
        cells = cells.saturating_add(tensor.values.len());
        if cells > CELLS_MAX {
            return Err(too_long(field, "values", CELLS_MAX));
        }
        tensors.push(tensor);
    }
    if !rest.is_empty() {
        return Err(Fault::malformed(field, "no bytes after the last tensor").found(rest.len()));
    }
    let rows = tensors.first().map_or(0, |first| first.rows);
    check_rows(rows, options)?;
    if let Some(other) = tensors.iter().find(|tensor| tensor.rows != rows) {
        return Err(Fault::malformed(field, format!("tensors of one batch size: {rows}")).found(other.rows));
    }
    let names = tensors.iter().map(|tensor| tensor.name.len().saturating_mul(tensor.width)).sum();
    check_repeated(rows, names, &format!("{field}.name"), options)?;
    Ok(tensors)
}

fn one(item: Value, rest: &mut &[u8], field: &str) -> Result<Tensor, Fault> {
    let Value::Object(mut members) = item else {
        return Err(Fault::malformed(field, "objects"));
    };
    let Some(Value::String(name)) = members.remove("name") else {
        return Err(Fault::missing(&format!("{field}.name"), "the tensor's name"));
    };
    let word = members.remove("datatype").unwrap_or_default();
    let datatype = word.as_str().and_then(Datatype::from_word).ok_or_else(|| {
        Fault::new(crate::RejectCode::UnknownValue, &format!("{field}.datatype"), Datatype::WORDS)
            .found(word.as_str().unwrap_or_else(|| kind_of(&word)))
    })?;
    let (rows, width) = rows_and_width(members.get("shape").unwrap_or(&Value::Null), &format!("{field}.shape"))?;
    let count = rows
        .checked_mul(width)
        .filter(|count| *count <= CELLS_MAX)
        .ok_or_else(|| too_long(&format!("{field}.shape"), "values", CELLS_MAX))?;
    let values = match members.remove("data") {
        Some(data) => json_values(data, datatype, count, &format!("{field}.data"))?,
        None => binary_values(&members, datatype, count, rest, field)?,
    };
    Ok(Tensor { name, rows, width, values })
}

/// Rows and values a row of a shape: the first dimension is the batch, the rest lie side by side.
pub(super) fn rows_and_width(shape: &Value, field: &str) -> Result<(usize, usize), Fault> {
    let fault = || Fault::malformed(field, "an array of whole numbers from 0");
    let mut dimensions = shape
        .as_array()
        .ok_or_else(fault)?
        .iter()
        .map(|size| size.as_u64().and_then(|size| usize::try_from(size).ok()).ok_or_else(fault));
    let rows = dimensions.next().transpose()?.unwrap_or(1);
    let width = dimensions.try_fold(1_usize, |width, size| {
        width.checked_mul(size?).filter(|width| *width <= CELLS_MAX).ok_or_else(|| too_long(field, "values", CELLS_MAX))
    })?;
    Ok((rows, width))
}

/// The elements of `data`, nested or flat, which have to be `count` of the datatype.
fn json_values(data: Value, datatype: Datatype, count: usize, field: &str) -> Result<Vec<Value>, Fault> {
    let mut values = Vec::with_capacity(count.min(1 << 16));
    flatten(data, &mut values);
    if values.len() != count {
        return Err(Fault::malformed(field, format!("as many values as the shape says: {count}")).found(values.len()));
    }
    match values.iter().find(|value| !datatype.fits(value)) {
        Some(other) => {
            let expected = format!("values of {}", datatype.as_str());
            Err(Fault::new(crate::RejectCode::WrongType, field, expected).found(kind_of(other)))
        }
        None => Ok(values),
    }
}

/// Depth is that of the JSON, which its parser bounds.
fn flatten(data: Value, values: &mut Vec<Value>) {
    match data {
        Value::Array(inner) => inner.into_iter().for_each(|value| flatten(value, values)),
        scalar => values.push(scalar),
    }
}

fn binary_values(
    members: &Map<String, Value>,
    datatype: Datatype,
    count: usize,
    rest: &mut &[u8],
    field: &str,
) -> Result<Vec<Value>, Fault> {
    let size = members.get("parameters").and_then(|parameters| parameters.get("binary_data_size"));
    let size = size.and_then(Value::as_u64).and_then(|size| usize::try_from(size).ok());
    let Some(size) = size else {
        return Err(Fault::missing(&format!("{field}.data"), "`data`, or `parameters.binary_data_size`"));
    };
    let Some((bytes, after)) = rest.split_at_checked(size) else {
        let expected = format!("{size} bytes after the JSON");
        return Err(Fault::malformed(&format!("{field}.data"), expected).found(rest.len()));
    };
    *rest = after;
    take_values(bytes, datatype, count).ok_or_else(|| {
        let expected = format!("{count} values of {}", datatype.as_str());
        Fault::malformed(&format!("{field}.data"), expected).found(format!("{size} bytes"))
    })
}

/// Rows of named inputs. A tensor of one value a row has that column's name; a single wider one is positional; of
/// several the wider ones are `<name>.<position>`.
pub(super) fn feature_rows(tensors: Vec<Tensor>, options: &Options) -> Result<Vec<Features>, Fault> {
    let width = tensors.iter().fold(0_usize, |sum, tensor| sum.saturating_add(tensor.width));
    if width > options.limits.columns {
        return Err(too_long("inputs.shape", "columns", options.limits.columns).found(width));
    }
    let alone = tensors.len() == 1;
    let rows = tensors.first().map_or(0, |tensor| tensor.rows);
    let mut table = vec![Features::new(); rows];
    for tensor in tensors {
        let names: Vec<String> = (0..tensor.width)
            .map(|index| match (tensor.width, alone) {
                (1, true) => options.feature_names.first().cloned().unwrap_or_else(|| tensor.name.clone()),
                (1, false) => tensor.name.clone(),
                (_, true) => options.feature_name(index),
                (_, false) => format!("{}.{index}", tensor.name),
            })
            .collect();
        let mut values = tensor.values.into_iter();
        for row in &mut table {
            row.extend(names.iter().cloned().zip(values.by_ref().take(tensor.width)));
        }
    }
    Ok(table)
}

/// Rows of outputs: a single tensor is read as value or array, several as an object by their names.
pub(super) fn outcome_rows(tensors: Vec<Tensor>, options: &Options) -> Result<Vec<Outcome>, Fault> {
    let alone = tensors.len() == 1;
    let rows = tensors.first().map_or(0, |tensor| tensor.rows);
    let mut table = vec![Map::new(); rows];
    for tensor in tensors {
        let mut values = tensor.values.into_iter();
        for row in &mut table {
            let mut own: Vec<Value> = values.by_ref().take(tensor.width).collect();
            let value = if tensor.width == 1 { own.pop().unwrap_or_default() } else { Value::Array(own) };
            row.insert(tensor.name.clone(), value);
        }
    }
    let read = |row: Map<String, Value>| match row.into_iter().next() {
        Some((_, only)) => Outcome::read(only, &options.output_names),
        None => Outcome::default(),
    };
    Ok(table.into_iter().map(|row| if alone { read(row) } else { Outcome::of_object(row) }).collect())
}

/// Rows of a V2 payload whose tensors may lie in `binary`.
pub(super) fn take_list(payload: &mut Value, key: &str) -> Option<Vec<Value>> {
    match payload.get_mut(key).map(Value::take) {
        Some(Value::Array(list)) if are_tensors(&list) => Some(list),
        Some(other) => {
            // Not tensors: put back what was taken.
            if let Some(place) = payload.get_mut(key) {
                *place = other;
            }
            None
        }
        None => None,
    }
}
