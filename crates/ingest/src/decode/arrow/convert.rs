//! An array of any type → the type of its column: as it is when it has it, in one sweep when that loses nothing, else
//! value by value with the bad rows refused.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt64Type,
};
use arrow_array::{Array, ArrayRef, Float64Array, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, TimeUnit};

use super::cells::cell_at;
use super::{Batches, flatten::LeafColumn};
use crate::ColumnType;
use crate::decode::DecodeError;
use crate::decode::cell::{self, Role};
use crate::decode::column::Column;
use crate::decode::rows::{Refusal, known_kind};
use crate::is_name;

/// Integers up to this size are doubles.
const EXACT: i64 = 1 << 53;

/// The array of the column; `None` when no row has a value. Rows whose value the column does not take are refused.
pub(super) fn convert(batches: &mut Batches<'_>, leaf: &LeafColumn) -> Result<Option<ArrayRef>, DecodeError> {
    let array = &leaf.array;
    if array.logical_null_count() == array.len() {
        return Ok(None);
    }
    let Some(kind) = kind(batches, leaf)? else {
        // No column takes the type: each value is refused by name of its type.
        return by_value(batches, leaf, ColumnType::Text);
    };
    let bytes_per_row = match kind {
        ColumnType::Number | ColumnType::Time => 8,
        ColumnType::Text => 4,
        ColumnType::Boolean => 1,
    };
    batches.spend(array.len().saturating_mul(bytes_per_row))?;
    let swept = match kind {
        ColumnType::Number if leaf.role == Role::FiniteNumber => {
            numbers(array).filter(|swept| swept.as_primitive::<Float64Type>().iter().flatten().all(f64::is_finite))
        }
        ColumnType::Number => numbers(array),
        ColumnType::Boolean => matches!(array.data_type(), DataType::Boolean).then(|| Arc::clone(array)),
        ColumnType::Text => texts(batches, array, leaf.role)?,
        ColumnType::Time => times(batches, array, leaf.role),
    };
    match swept {
        Some(array) => Ok(Some(array)),
        None => by_value(batches, leaf, kind),
    }
}

/// The type of the column; `None` when it is new and no column has the type of the array.
fn kind(batches: &mut Batches<'_>, leaf: &LeafColumn) -> Result<Option<ColumnType>, DecodeError> {
    let (limits, shape) = (batches.context.limits, batches.context.shape);
    let known = known_kind(batches.context, &leaf.name, leaf.role);
    let is_new = !shape.columns.contains_key(&leaf.name) && !batches.new_columns.contains_key(&leaf.name);
    let kind =
        known.or_else(|| batches.new_columns.get(&leaf.name).copied()).or_else(|| kind_of(leaf.array.data_type()));
    if let (true, Some(kind)) = (is_new, kind) {
        let columns = shape.columns.len() + batches.new_columns.len() + 1;
        if columns > limits.columns {
            return Err(DecodeError::more_than("columns, with those of the table,", columns, limits.columns));
        }
        batches.new_columns.insert(leaf.name.clone(), kind);
    }
    Ok(kind)
}

/// The type of a new column of arrays of `data_type`.
fn kind_of(data_type: &DataType) -> Option<ColumnType> {
    match data_type {
        DataType::Boolean => Some(ColumnType::Boolean),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(ColumnType::Text),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => Some(ColumnType::Text),
        DataType::Struct(_) | DataType::Map(..) => Some(ColumnType::Text),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Some(ColumnType::Time),
        DataType::Dictionary(_, values) => kind_of(values),
        other => (other.is_integer() || other.is_floating() || other.is_decimal()).then_some(ColumnType::Number),
    }
}

/// Numbers in one sweep, if each is a double.
fn numbers(array: &ArrayRef) -> Option<ArrayRef> {
    let cast = || arrow_cast::cast(array, &DataType::Float64).ok();
    match array.data_type() {
        DataType::Float64 => Some(Arc::clone(array)),
        DataType::Int8 | DataType::Int16 | DataType::Int32 => cast(),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => cast(),
        DataType::Float16 | DataType::Float32 => cast(),
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>().values();
            values.iter().all(|value| (-EXACT..=EXACT).contains(value)).then(cast)?
        }
        DataType::UInt64 => {
            let values = array.as_primitive::<UInt64Type>().values();
            values.iter().all(|value| *value <= EXACT.cast_unsigned()).then(cast)?
        }
        DataType::Decimal128(_, scale @ 0..=22) => {
            let values = array.as_primitive::<Decimal128Type>();
            let bound = i128::from(EXACT);
            if !values.values().iter().all(|value| (-bound..=bound).contains(value)) {
                return None;
            }
            // Both are exact, so that the quotient is the nearest double; powi is exact up to 1e22.
            let unit = format!("1e{scale}").parse::<f64>().ok()?;
            #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
            let floats: Float64Array = values.unary(|value| value as f64 / unit);
            Some(Arc::new(floats))
        }
        _ => None,
    }
}

/// Texts in one sweep, if each is one for the role.
fn texts(batches: &mut Batches<'_>, array: &ArrayRef, role: Role) -> Result<Option<ArrayRef>, DecodeError> {
    let Some(bytes) = text_bytes(array) else { return Ok(None) };
    // Dictionaries and views may say one text a million times.
    batches.spend(bytes)?;
    let utf8 = match array.data_type() {
        DataType::Utf8 => Arc::clone(array),
        _ => match arrow_cast::cast(array, &DataType::Utf8) {
            Ok(utf8) => utf8,
            Err(_) => return Ok(None),
        },
    };
    let texts = utf8.as_string::<i32>();
    let is_good = match role {
        Role::Open | Role::Label => true,
        Role::Id => texts.iter().flatten().all(|text| !text.is_empty()),
        Role::Name => are_names(texts),
        _ => false,
    };
    let longest = texts.offsets().lengths().max().unwrap_or_default();
    Ok((is_good && longest <= batches.bounds.string_bytes).then_some(utf8))
}

/// Bytes that the texts have one by one; `None` when they are none.
fn text_bytes(array: &ArrayRef) -> Option<usize> {
    match array.data_type() {
        // They are there already.
        DataType::Utf8 => Some(0),
        DataType::LargeUtf8 => Some(array.as_string::<i64>().value_data().len()),
        DataType::Utf8View => Some(array.as_string_view().iter().flatten().map(str::len).sum()),
        DataType::Dictionary(_, values) if kind_of(values) == Some(ColumnType::Text) => {
            let dictionary = array.as_any_dictionary();
            let values = dictionary.values();
            let lengths: Vec<usize> = match values.data_type() {
                DataType::Utf8 => values.as_string::<i32>().offsets().lengths().collect(),
                DataType::LargeUtf8 => values.as_string::<i64>().offsets().lengths().collect(),
                DataType::Utf8View => values.as_string_view().iter().map(|text| text.map_or(0, str::len)).collect(),
                _ => return None,
            };
            let keys = dictionary.normalized_keys();
            Some(keys.iter().map(|key| lengths.get(*key).copied().unwrap_or_default()).fold(0, usize::saturating_add))
        }
        _ => None,
    }
}

/// Whether all are names; runs of one name are looked at once.
fn are_names(texts: &StringArray) -> bool {
    let mut last = "";
    texts.iter().flatten().all(|text| {
        let is_good = (text == last && !last.is_empty()) || is_name(text);
        last = text;
        is_good
    })
}

/// Times in one sweep, if microseconds hold them and event times are within the bounds.
fn times(batches: &Batches<'_>, array: &ArrayRef, role: Role) -> Option<ArrayRef> {
    let DataType::Timestamp(unit, _) = array.data_type() else { return None };
    let scaled = |values: &[i64], unit: i64| values.iter().all(|value| value.checked_mul(unit).is_some());
    let micros: TimestampMicrosecondArray = match unit {
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().clone(),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().unary(|value| value.div_euclid(1_000)),
        TimeUnit::Millisecond => {
            let values = array.as_primitive::<TimestampMillisecondType>();
            scaled(values.values(), 1_000).then(|| values.unary(|value| value * 1_000))?
        }
        TimeUnit::Second => {
            let values = array.as_primitive::<TimestampSecondType>();
            scaled(values.values(), 1_000_000).then(|| values.unary(|value| value * 1_000_000))?
        }
    };
    let is_within = role != Role::EventTime || micros.values().iter().all(|value| batches.bounds.has_time(*value));
    is_within.then(|| Arc::new(micros.with_timezone("UTC")) as ArrayRef)
}

/// Value by value; rows whose value the column does not take are refused.
fn by_value(batches: &mut Batches<'_>, leaf: &LeafColumn, kind: ColumnType) -> Result<Option<ArrayRef>, DecodeError> {
    let array = plain(batches, &leaf.array)?;
    let personal = batches.context.shape.columns.get(&leaf.name).is_some_and(|shape| shape.personal);
    let mut column = Column::new(leaf.name.clone(), leaf.role, Some(kind), personal);
    let mut scratch = String::new();
    let string_bytes = batches.bounds.string_bytes;
    for row in 0..array.len() {
        let refusal = match cell_at(array.as_ref(), row, string_bytes, &mut scratch) {
            Ok(None) => continue,
            Ok(Some(value)) => match cell::take(value, leaf.role, kind, &batches.bounds) {
                Ok(taken) => {
                    if let cell::Value::Text(text) = &taken {
                        batches.spend(text.len())?;
                    }
                    if !column.set(row, &taken) {
                        return Err(DecodeError::more_than("bytes of text in a column", 1 << 31, (1 << 31) - 1));
                    }
                    continue;
                }
                Err(problem) => Refusal::value(&leaf.name, value, personal, problem),
            },
            Err(problem) => Refusal::of(leaf.name.clone(), problem),
        };
        batches.refuse(row, refusal);
    }
    Ok(column.finish(array.len()))
}

/// The values of a dictionary, one by one: reading them through their keys costs a pass over all keys each.
fn plain(batches: &mut Batches<'_>, array: &ArrayRef) -> Result<ArrayRef, DecodeError> {
    let DataType::Dictionary(_, values) = array.data_type() else { return Ok(Arc::clone(array)) };
    let bytes = match text_bytes(array) {
        Some(bytes) => bytes,
        None if values.is_primitive() || matches!(**values, DataType::Boolean) => array.len().saturating_mul(32),
        None => {
            return Err(DecodeError::UnsupportedFormat {
                what: "a dictionary of nested values".to_owned(),
                expected: "dictionaries of numbers or texts",
            });
        }
    };
    batches.spend(bytes)?;
    arrow_cast::cast(array, values).map_err(|_| DecodeError::malformed("a dictionary column", "keys within its values"))
}
