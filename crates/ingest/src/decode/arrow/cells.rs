//! One value of an array of any type.

use arrow_array::cast::AsArray;
use arrow_array::{Array, types as t};
use arrow_schema::{DataType, TimeUnit};

use crate::RejectCode;
use crate::decode::cell::{Cell, Problem};
use crate::decode::text::{push_float, push_json_string};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The value of `row`, its text in `scratch` when the array does not hold it as one; `None` for null.
///
/// Lists, structs and maps are the JSON text of their values, of at most `string_bytes`.
pub(super) fn cell_at<'a>(
    array: &'a dyn Array,
    row: usize,
    string_bytes: usize,
    scratch: &'a mut String,
) -> Result<Option<Cell<'a>>, Problem> {
    if array.is_null(row) {
        return Ok(None);
    }
    macro_rules! value {
        ($type:ty) => {
            array.as_primitive::<$type>().value(row)
        };
    }
    let cell = match array.data_type() {
        DataType::Null => return Ok(None),
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Int8 => Cell::Int(value!(t::Int8Type).into()),
        DataType::Int16 => Cell::Int(value!(t::Int16Type).into()),
        DataType::Int32 => Cell::Int(value!(t::Int32Type).into()),
        DataType::Int64 => Cell::Int(value!(t::Int64Type)),
        DataType::UInt8 => Cell::Int(value!(t::UInt8Type).into()),
        DataType::UInt16 => Cell::Int(value!(t::UInt16Type).into()),
        DataType::UInt32 => Cell::Int(value!(t::UInt32Type).into()),
        DataType::UInt64 => integer(value!(t::UInt64Type).to_string(), scratch),
        DataType::Float16 => Cell::Float(value!(t::Float16Type).to_f64()),
        DataType::Float32 => Cell::Float(value!(t::Float32Type).into()),
        DataType::Float64 => Cell::Float(value!(t::Float64Type)),
        DataType::Decimal32(..) => decimal(array.as_primitive::<t::Decimal32Type>().value_as_string(row), scratch),
        DataType::Decimal64(..) => decimal(array.as_primitive::<t::Decimal64Type>().value_as_string(row), scratch),
        DataType::Decimal128(..) => decimal(array.as_primitive::<t::Decimal128Type>().value_as_string(row), scratch),
        DataType::Decimal256(..) => decimal(array.as_primitive::<t::Decimal256Type>().value_as_string(row), scratch),
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(row)),
        DataType::Timestamp(unit, _) => Cell::Time(match unit {
            TimeUnit::Second => micros(value!(t::TimestampSecondType), 1_000_000)?,
            TimeUnit::Millisecond => micros(value!(t::TimestampMillisecondType), 1_000)?,
            TimeUnit::Microsecond => value!(t::TimestampMicrosecondType),
            TimeUnit::Nanosecond => value!(t::TimestampNanosecondType).div_euclid(1_000),
        }),
        DataType::Date32 => Cell::Time(micros(value!(t::Date32Type).into(), MICROS_PER_DAY)?),
        DataType::Date64 => Cell::Time(micros(value!(t::Date64Type), 1_000)?),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            // Of the one row: the keys of all rows would be a pass over the array for each.
            let one = array.slice(row, 1);
            let key = one.as_any_dictionary().normalized_keys().first().copied();
            let values = dictionary.values().as_ref();
            return match key.filter(|key| *key < values.len()) {
                Some(key) => cell_at(values, key, string_bytes, scratch),
                None => Ok(None),
            };
        }
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::Struct(_)
        | DataType::Map(..) => {
            scratch.clear();
            push_json(array, row, string_bytes, scratch)?;
            Cell::Json(scratch)
        }
        _ => return Err(Problem::new(RejectCode::WrongType, "a number, a text, true or false, a time, or a list")),
    };
    Ok(Some(cell))
}

fn micros(value: i64, unit: i64) -> Result<i64, Problem> {
    value
        .checked_mul(unit)
        .ok_or_else(|| Problem::new(RejectCode::OutOfBounds, "a time that microseconds in 64 bits hold"))
}

fn integer(digits: String, scratch: &mut String) -> Cell<'_> {
    *scratch = digits;
    scratch.parse().map_or(Cell::Big(scratch), Cell::Int)
}

/// A decimal is an integer when it has no fraction digits, else the nearest double.
fn decimal(text: String, scratch: &mut String) -> Cell<'_> {
    if text.contains('.') {
        return Cell::Float(text.parse().unwrap_or(f64::NAN));
    }
    integer(text, scratch)
}

/// Appends a value as JSON. Infinite numbers and NaN, which JSON does not have, are null.
fn push_json(array: &dyn Array, row: usize, bytes: usize, out: &mut String) -> Result<(), Problem> {
    if out.len() > bytes {
        return Err(Problem::new(RejectCode::TooLarge, format!("at most {bytes} bytes of text")));
    }
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    let list = match array.data_type() {
        DataType::List(_) => Some(array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => Some(array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => Some(array.as_fixed_size_list().value(row)),
        _ => None,
    };
    if let Some(list) = list {
        out.push('[');
        for at in 0..list.len() {
            if at > 0 {
                out.push(',');
            }
            push_json(list.as_ref(), at, bytes, out)?;
        }
        out.push(']');
        return check(bytes, out);
    }
    if let Some(members) = array.as_struct_opt() {
        let names = members.fields().iter().map(|field| field.name().as_str());
        return push_members(
            names.zip(members.columns()).map(|(name, column)| (name, column.as_ref(), row)),
            bytes,
            out,
        );
    }
    if let Some(map) = array.as_map_opt() {
        let entries = map.value(row);
        let (Some(keys), Some(values)) = (entries.column(0).as_string_opt::<i32>(), entries.columns().get(1)) else {
            return Err(Problem::new(RejectCode::WrongType, "a map of texts to values"));
        };
        return push_members((0..keys.len()).map(|at| (keys.value(at), values.as_ref(), at)), bytes, out);
    }
    let mut scratch = String::new();
    match cell_at(array, row, bytes, &mut scratch)? {
        Some(Cell::Bool(value)) => out.push_str(if value { "true" } else { "false" }),
        Some(Cell::Int(integer)) => out.push_str(&integer.to_string()),
        Some(Cell::Float(number)) if number.is_finite() => push_float(out, number),
        Some(Cell::Big(text) | Cell::Json(text)) => out.push_str(text),
        Some(Cell::Text(text)) => push_json_string(out, text),
        Some(Cell::Time(micros)) => {
            let time = jiff::Timestamp::from_microsecond(micros);
            push_json_string(out, &time.map_or_else(|_| micros.to_string(), |time| time.to_string()));
        }
        Some(Cell::Float(_)) | None => out.push_str("null"),
    }
    check(bytes, out)
}

/// Appends an object; members of null are left out, as a client that writes JSON may.
fn push_members<'a>(
    members: impl Iterator<Item = (&'a str, &'a dyn Array, usize)>,
    bytes: usize,
    out: &mut String,
) -> Result<(), Problem> {
    out.push('{');
    let mut is_first = true;
    for (name, array, row) in members {
        if array.is_null(row) {
            continue;
        }
        if !is_first {
            out.push(',');
        }
        is_first = false;
        push_json_string(out, name);
        out.push(':');
        push_json(array, row, bytes, out)?;
    }
    out.push('}');
    check(bytes, out)
}

fn check(bytes: usize, out: &str) -> Result<(), Problem> {
    if out.len() > bytes {
        return Err(Problem::new(RejectCode::TooLarge, format!("at most {bytes} bytes of text")));
    }
    Ok(())
}
