//! Columns → columns without what must not be stored. Every array made here has buffers of its own, and nothing but zero
//! bytes under its nulls.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, StringArray, TimestampMicrosecondArray, UInt32Array};
use arrow_schema::ArrowError;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use watchkeeper_spec::{Generalise, TimeStep};

use super::hash::Hasher;
use super::number::{bin, level, push_number};

/// A column in one of the four types that events have.
pub(super) enum Values<'a> {
    Number(&'a Float64Array),
    Boolean(&'a BooleanArray),
    Text(&'a StringArray),
    Time(&'a TimestampMicrosecondArray),
}

impl<'a> Values<'a> {
    /// `None` for any other type.
    pub(super) fn of(array: &'a ArrayRef) -> Option<Self> {
        let number = || array.as_primitive_opt::<Float64Type>().map(Self::Number);
        let boolean = || array.as_boolean_opt().map(Self::Boolean);
        let time = || array.as_primitive_opt::<TimestampMicrosecondType>().map(Self::Time);
        array.as_string_opt::<i32>().map(Self::Text).or_else(number).or_else(boolean).or_else(time)
    }

    /// Hands every value to `take` as the text that it would have in a column of texts.
    fn each_text(&self, mut take: impl FnMut(Option<&str>)) {
        let mut text = String::new();
        match self {
            Self::Text(array) => array.iter().for_each(take),
            Self::Boolean(array) => {
                array.iter().for_each(|value| take(value.map(|value| if value { "true" } else { "false" })));
            }
            Self::Number(array) => array.iter().for_each(|value| {
                text.clear();
                take(value.map(|value| {
                    push_number(&mut text, value);
                    text.as_str()
                }));
            }),
            Self::Time(array) => array.iter().for_each(|value| {
                let time = value.and_then(|micros| Timestamp::from_microsecond(micros).ok());
                text = time.map_or_else(String::new, |time| time.to_string());
                take(time.map(|_| text.as_str()));
            }),
        }
    }
}

/// Keyed hashes of all values, as texts.
pub(super) fn hash(values: &Values<'_>, rows: usize, hasher: &Hasher) -> ArrayRef {
    const DIGITS: usize = 32;
    let mut hashes = StringBuilder::with_capacity(rows, rows * DIGITS);
    let mut hash = String::with_capacity(DIGITS);
    values.each_text(|value| match value {
        Some(value) => {
            hash.clear();
            hasher.write(value, &mut hash);
            hashes.append_value(&hash);
        }
        None => hashes.append_null(),
    });
    Arc::new(hashes.finish())
}

/// `***` and the last characters of the values that have at least twice as many.
pub(super) fn mask(values: &Values<'_>, last: u8) -> ArrayRef {
    let last = usize::from(last);
    let mut masked = StringBuilder::new();
    values.each_text(|value| match value {
        Some(value) => {
            let count = value.chars().count();
            let kept = if count >= 2 * last { value.chars().skip(count - last).collect() } else { String::new() };
            masked.append_value(format!("***{kept}"));
        }
        None => masked.append_null(),
    });
    Arc::new(masked.finish())
}

/// Coarser values, `None` if the type of the column has none of this way. A value that cannot be read in it becomes null.
pub(super) fn generalise(values: &Values<'_>, way: &Generalise) -> Option<ArrayRef> {
    Some(match (values, way) {
        (Values::Number(array), Generalise::Number { width, cap }) => {
            Arc::new(array.unary::<_, Float64Type>(|value| bin(value, *width, *cap)))
        }
        (Values::Text(_), Generalise::Number { width, cap }) => texts(values, |value| {
            let number = value.trim().parse().ok()?;
            let mut text = String::new();
            push_number(&mut text, bin(number, *width, *cap));
            Some(text)
        }),
        (Values::Time(array), Generalise::Time { step }) => times(array, *step),
        (Values::Text(_), Generalise::Time { step }) => texts(values, |value| {
            let time: watchkeeper_spec::UtcTime = value.trim().parse().ok()?;
            start_of(time.micros(), *step)
                .and_then(|micros| Timestamp::from_microsecond(micros).ok())
                .map(|t| t.to_string())
        }),
        (Values::Text(_) | Values::Number(_), Generalise::Text { prefix }) => {
            texts(values, |value| Some(value.chars().take(usize::from(*prefix)).collect()))
        }
        _ => return None,
    })
}

/// What is stored of a profile-only column: suffix of its name (empty: the name itself) and values.
pub(super) fn profile_only(values: &Values<'_>, range: Option<(f64, f64)>) -> Vec<(&'static str, ArrayRef)> {
    match values {
        Values::Number(array) => {
            vec![("", Arc::new(array.unary::<_, Float64Type>(|value| level(value, range))) as ArrayRef)]
        }
        Values::Boolean(array) => vec![("", Arc::new(array.iter().collect::<BooleanArray>()) as ArrayRef)],
        Values::Time(array) => vec![("", times(array, TimeStep::Month))],
        Values::Text(array) => {
            let count = |measure: fn(&str) -> usize| -> ArrayRef {
                let mut counts = Float64Builder::with_capacity(array.len());
                array.iter().for_each(|text| counts.append_option(text.map(|text| measure(text) as f64)));
                Arc::new(counts.finish())
            };
            vec![(LENGTH, count(|text| text.chars().count())), (TOKENS, count(|text| text.split_whitespace().count()))]
        }
    }
}

/// Suffix of the column with the characters of each text.
pub(super) const LENGTH: &str = ".length";

/// Suffix of the column with the words of each text.
pub(super) const TOKENS: &str = ".tokens";

/// The values that `is_kept` says, the others null.
pub(super) fn screen_texts(array: &StringArray, is_kept: impl Fn(&str) -> bool) -> ArrayRef {
    Arc::new(array.iter().map(|value| value.filter(|text| is_kept(text))).collect::<StringArray>())
}

/// The values that `is_kept` says, the others null.
pub(super) fn screen_numbers(array: &Float64Array, is_kept: impl Fn(f64) -> bool) -> ArrayRef {
    Arc::new(array.iter().map(|value| value.filter(|number| is_kept(*number))).collect::<Float64Array>())
}

/// The same values in buffers of their own.
pub(super) fn detached(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let rows = u32::try_from(array.len()).map_err(|_| ArrowError::ComputeError("too many rows".to_owned()))?;
    arrow_select::take::take(array, &UInt32Array::from_iter_values(0..rows), None)
}

fn texts(values: &Values<'_>, change: impl Fn(&str) -> Option<String>) -> ArrayRef {
    let mut changed = StringBuilder::new();
    values.each_text(|value| changed.append_option(value.and_then(&change)));
    Arc::new(changed.finish())
}

fn times(array: &TimestampMicrosecondArray, step: TimeStep) -> ArrayRef {
    let starts: TimestampMicrosecondArray =
        array.iter().map(|value| value.and_then(|micros| start_of(micros, step))).collect();
    Arc::new(starts.with_data_type(array.data_type().clone()))
}

/// The start of the step in UTC that holds the time; `None` outside of years -9999 to 9999.
fn start_of(micros: i64, step: TimeStep) -> Option<i64> {
    let time = Timestamp::from_microsecond(micros).ok()?.to_zoned(TimeZone::UTC).datetime();
    let date = time.date();
    let start = match step {
        TimeStep::Hour => DateTime::new(date.year(), date.month(), date.day(), time.hour(), 0, 0, 0).ok()?,
        TimeStep::Day => date.to_datetime(jiff::civil::Time::midnight()),
        TimeStep::Month => date.first_of_month().to_datetime(jiff::civil::Time::midnight()),
        TimeStep::Year => date.first_of_year().to_datetime(jiff::civil::Time::midnight()),
    };
    Some(start.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}
