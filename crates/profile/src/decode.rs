//! From Arrow arrays to value classes and finite numbers.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;

use crate::ValueClasses;

/// Values handed on at once.
const BLOCK: usize = 4096;
/// Texts that stand for "no value" where numbers, booleans or times are expected.
const NULL_WORDS: [&str; 8] = ["", "NA", "N/A", "null", "NULL", "None", "none", "NULL_VALUE"];

/// Counts the classes of a numeric column's values and hands the finite ones to `visit` in blocks.
///
/// Integers, decimals, dates and times are cast to `f64` (integers beyond 2^53 lose their last bits); strings are
/// parsed, and what does not parse is `invalid`.
pub fn finite_numbers(array: &ArrayRef, classes: &mut ValueClasses, visit: &mut dyn FnMut(&[f64])) {
    match array.data_type() {
        DataType::Float64 => floats(array.as_primitive::<Float64Type>(), classes, visit),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
            strings_as_numbers(array, classes, visit);
        }
        DataType::Boolean | DataType::Null => match to_float(array) {
            Some(floats_array) => floats(&floats_array, classes, visit),
            None => classes.null += array.len() as u64,
        },
        _ => match to_float(array) {
            Some(floats_array) => floats(&floats_array, classes, visit),
            None => classes.invalid += array.len() as u64,
        },
    }
}

fn to_float(array: &ArrayRef) -> Option<Float64Array> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    let through = match array.data_type() {
        DataType::Date32 | DataType::Time32(_) => Some(DataType::Int32),
        DataType::Date64 | DataType::Timestamp(..) | DataType::Time64(_) | DataType::Duration(_) => {
            Some(DataType::Int64)
        }
        _ => None,
    };
    let array = match through {
        Some(integer) => cast_with_options(array, &integer, &options).ok()?,
        None => array.clone(),
    };
    let floats = cast_with_options(&array, &DataType::Float64, &options).ok()?;
    floats.as_primitive_opt::<Float64Type>().cloned()
}

fn floats(array: &Float64Array, classes: &mut ValueClasses, visit: &mut dyn FnMut(&[f64])) {
    let mut buffer = Vec::new();
    let values = array.values();
    for (number, block) in values.chunks(BLOCK).enumerate() {
        let nulls = array.nulls().map(|nulls| nulls.slice(number * BLOCK, block.len())).filter(|n| n.null_count() > 0);
        let present: &[f64] = match nulls {
            None => block,
            Some(nulls) => {
                classes.null += nulls.null_count() as u64;
                buffer.resize(BLOCK, 0.0);
                let kept = compact(block, nulls.inner(), &mut buffer);
                buffer.get(..kept).unwrap_or(&[])
            }
        };
        if all_finite(present) {
            classes.value += present.len() as u64;
            visit(present);
        } else {
            let finite: Vec<f64> = present.iter().copied().filter(|&x| classify(x, classes)).collect();
            visit(&finite);
        }
    }
}

/// Moves the valid values to the front of `out`, 64 at a time; returns how many.
fn compact(block: &[f64], valid: &arrow_buffer::BooleanBuffer, out: &mut [f64]) -> usize {
    let bits = valid.bit_chunks();
    let (words, rest) = block.as_chunks::<64>();
    let mut kept = 0;
    for (values, word) in words.iter().zip(bits.iter()) {
        let Some(room) = out.get_mut(kept..).and_then(|room| room.first_chunk_mut::<64>()) else { break };
        if word == u64::MAX {
            *room = *values;
            kept += 64;
        } else {
            kept += compact_word(values, word, room);
        }
    }
    kept + out.get_mut(kept..).map_or(0, |room| compact_word(rest, bits.remainder_bits(), room))
}

/// Writes every value, and steps on only after valid ones: no branch to mispredict.
#[inline]
fn compact_word(values: &[f64], mut word: u64, room: &mut [f64]) -> usize {
    let mut kept = 0;
    for &x in values {
        if let Some(slot) = room.get_mut(kept) {
            *slot = x;
        }
        kept += (word & 1) as usize;
        word >>= 1;
    }
    kept
}

/// `0·x` is 0 for finite values and NaN for all others.
fn all_finite(values: &[f64]) -> bool {
    let mut sums = [0.0f64; 4];
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += x * 0.0);
    }
    sums.into_iter().sum::<f64>() + rest.iter().map(|x| x * 0.0).sum::<f64>() == 0.0
}

/// Counts one present value; whether it is finite.
fn classify(x: f64, classes: &mut ValueClasses) -> bool {
    if x.is_finite() {
        classes.value += 1;
    } else if x.is_nan() {
        classes.nan += 1;
    } else if x > 0.0 {
        classes.pos_inf += 1;
    } else {
        classes.neg_inf += 1;
    }
    x.is_finite()
}

fn strings_as_numbers(array: &ArrayRef, classes: &mut ValueClasses, visit: &mut dyn FnMut(&[f64])) {
    let mut finite = Vec::with_capacity(array.len().min(BLOCK));
    let readable = for_each_string(array, &mut |text, rows| match text {
        None => classes.null += rows,
        Some(text) => {
            let mut one = ValueClasses::default();
            match parse_number(text) {
                Parsed::Null => one.null = 1,
                Parsed::Invalid => one.invalid = 1,
                Parsed::Number(x) => {
                    if classify(x, &mut one) {
                        finite.extend(std::iter::repeat_n(x, rows as usize));
                    }
                }
            }
            let scaled = one.to_array().map(|n| n * rows);
            classes.combine(ValueClasses::from_array(scaled), u64::wrapping_add);
        }
    });
    if !readable {
        classes.invalid += array.len() as u64;
    }
    visit(&finite);
}

enum Parsed {
    Null,
    Invalid,
    Number(f64),
}

fn parse_number(text: &str) -> Parsed {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(x) => Parsed::Number(x),
        Err(_) if is_null_word(text) => Parsed::Null,
        Err(_) => Parsed::Invalid,
    }
}

/// Whether a text stands for "no value" where another type than text is expected.
#[must_use]
pub fn is_null_word(text: &str) -> bool {
    NULL_WORDS.contains(&text)
}

/// Hands each string (or null) of a string or dictionary array to `visit` with a number of rows; values of a
/// dictionary come once with all their rows, so the order of rows is not kept. False when the array has no strings.
pub fn for_each_string(array: &ArrayRef, visit: &mut dyn FnMut(Option<&str>, u64)) -> bool {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(|s| visit(s, 1)),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(|s| visit(s, 1)),
        DataType::Utf8View => array.as_string_view().iter().for_each(|s| visit(s, 1)),
        DataType::Dictionary(..) => return dictionary_strings(array, visit),
        _ => {
            let options = CastOptions { safe: true, ..CastOptions::default() };
            let Ok(strings) = cast_with_options(array, &DataType::Utf8, &options) else { return false };
            strings.as_string::<i32>().iter().for_each(|s| visit(s, 1));
        }
    }
    true
}

fn dictionary_strings(array: &ArrayRef, visit: &mut dyn FnMut(Option<&str>, u64)) -> bool {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return false };
    let mut rows = vec![0u64; dictionary.values().len()];
    let mut nulls = 0;
    if let Some(keys) = dictionary.keys().as_primitive_opt::<arrow_array::types::Int32Type>() {
        count_keys(keys, &mut rows, &mut nulls);
    } else {
        let keys = dictionary.normalized_keys();
        for (row, &key) in keys.iter().enumerate() {
            match rows.get_mut(key) {
                Some(count) if dictionary.keys().is_valid(row) => *count += 1,
                _ => nulls += 1,
            }
        }
    }
    if nulls > 0 {
        visit(None, nulls);
    }
    let mut number = 0;
    for_each_string(dictionary.values(), &mut |text, _| {
        let count = rows.get(number).copied().unwrap_or(0);
        if count > 0 {
            visit(text, count);
        }
        number += 1;
    })
}

fn count_keys(keys: &arrow_array::Int32Array, rows: &mut [u64], nulls: &mut u64) {
    let mut count = |key: i32| {
        if let Some(count) = rows.get_mut(key as usize) {
            *count += 1;
        }
    };
    match keys.nulls().filter(|n| n.null_count() > 0) {
        None => keys.values().iter().for_each(|&key| count(key)),
        Some(valid) => {
            *nulls += valid.null_count() as u64;
            valid.valid_indices().for_each(|row| count(keys.values().get(row).copied().unwrap_or(-1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Decimal128Array, Int64Array, StringArray, TimestampMicrosecondArray, UInt64Array};
    use std::sync::Arc;

    fn read(array: ArrayRef) -> (ValueClasses, Vec<f64>) {
        let (mut classes, mut values) = (ValueClasses::default(), Vec::new());
        finite_numbers(&array, &mut classes, &mut |block| values.extend_from_slice(block));
        (classes, values)
    }

    #[test]
    fn every_row_has_one_class() {
        let array = Float64Array::from(vec![
            Some(1.0),
            None,
            Some(f64::NAN),
            Some(f64::INFINITY),
            Some(f64::NEG_INFINITY),
            Some(-0.0),
        ]);
        let (classes, values) = read(Arc::new(array));
        assert_eq!(classes, ValueClasses { null: 1, nan: 1, pos_inf: 1, neg_inf: 1, value: 2, ..Default::default() });
        assert_eq!(classes.rows(), 6);
        assert_eq!(values, [1.0, 0.0]);
    }

    #[test]
    fn nulls_are_left_out_whatever_the_pattern() {
        let rows: Vec<Option<f64>> = (0..10_000).map(|i| (i % 7 != 3).then_some(f64::from(i))).collect();
        let (classes, values) = read(Arc::new(Float64Array::from(rows.clone())));
        assert_eq!(values, rows.iter().flatten().copied().collect::<Vec<_>>());
        assert_eq!(classes.null + classes.value, 10_000);
    }

    #[test]
    fn integers_decimals_and_times_become_numbers() {
        assert_eq!(read(Arc::new(UInt64Array::from(vec![u64::MAX]))).1, [u64::MAX as f64]);
        assert_eq!(read(Arc::new(Int64Array::from(vec![i64::MIN]))).1, [i64::MIN as f64]);
        let decimal = Decimal128Array::from(vec![12345]).with_precision_and_scale(10, 2).unwrap();
        assert_eq!(read(Arc::new(decimal)).1, [123.45]);
        assert_eq!(read(Arc::new(TimestampMicrosecondArray::from(vec![7]))).1, [7.0]);
    }

    #[test]
    fn strings_parse_or_are_invalid() {
        let texts = vec![Some("1.5"), Some(" 2 "), Some("abc"), Some(""), Some("NA"), Some("NaN"), Some("inf"), None];
        let (classes, values) = read(Arc::new(StringArray::from(texts)));
        assert_eq!(values, [1.5, 2.0]);
        assert_eq!(classes, ValueClasses { value: 2, invalid: 1, null: 3, nan: 1, pos_inf: 1, ..Default::default() });
    }

    #[test]
    fn a_dictionary_is_read_once_per_value() {
        let array: arrow_array::DictionaryArray<arrow_array::types::Int32Type> =
            vec![Some("a"), Some("b"), None, Some("a")].into_iter().collect();
        let mut seen = Vec::new();
        for_each_string(&(Arc::new(array) as ArrayRef), &mut |s, n| seen.push((s.map(str::to_owned), n)));
        assert_eq!(seen, [(None, 1), (Some("a".to_owned()), 2), (Some("b".to_owned()), 1)]);
    }
}
