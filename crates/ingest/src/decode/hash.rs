//! What a row says, as 64 bits: two events with one id and one hash are the same event sent twice.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch, TimestampMicrosecondArray};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::{ColumnType, Stream, names};

/// Key in the metadata of a batch's schema: the time in microseconds that the rows without a time of their own got.
///
/// A row has its time from the server when its time column holds exactly this. There is no key when every row brought
/// its time.
pub const ASSIGNED_TIME_KEY: &str = "watchkeeper.assigned_time";

/// The content of each row as a hash.
///
/// Equal for equal content: the order of columns does not count, a missing column is one of nulls, all NaN are one
/// value. Left out are `received_at` and `date`, which are ours, and the event time of rows whose time the server
/// assigned ([`ASSIGNED_TIME_KEY`] of the schema's metadata): the same event sent again has another one. Call it before
/// anything drops that metadata. Columns of types that no table has do not count either.
#[must_use]
pub fn content_hashes(stream: Stream, batch: &RecordBatch) -> Vec<u64> {
    let schema = batch.schema();
    let assigned = schema.metadata().get(ASSIGNED_TIME_KEY).and_then(|micros| micros.parse().ok());
    seeded(stream, batch, assigned, 0)
}

/// The content of each row as it is stored, behind the gate and with its `received_at`.
///
/// The same for a row read back from its table and for the same event when it comes again, as long as the gate does the
/// same to both. A time that is the time of receipt was assigned, and is left out.
#[must_use]
pub fn stored_hashes(stream: Stream, batch: &RecordBatch) -> Vec<u64> {
    let times = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>();
    let (Some(own), Some(received)) = (times(stream.time_column()), times(names::RECEIVED_AT)) else {
        return seeded(stream, batch, None, 0);
    };
    let brought: TimestampMicrosecondArray =
        own.iter().zip(received).map(|(own, received)| own.filter(|own| Some(*own) != received)).collect();
    let brought: ArrayRef = Arc::new(brought.with_data_type(own.data_type().clone()));
    let columns = batch.schema_ref().fields().iter().zip(batch.columns()).map(|(field, array)| {
        (field.name().as_str(), if field.name() == stream.time_column() { &brought } else { array })
    });
    sums(stream, columns, batch.num_rows(), None, 0)
}

/// [`content_hashes`] with a seed; times equal to `assigned` are left out.
pub(super) fn seeded(stream: Stream, batch: &RecordBatch, assigned: Option<i64>, seed: u64) -> Vec<u64> {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, array)| (field.name().as_str(), array));
    sums(stream, columns, batch.num_rows(), assigned, seed)
}

fn sums<'a>(
    stream: Stream,
    columns: impl Iterator<Item = (&'a str, &'a ArrayRef)>,
    rows: usize,
    assigned: Option<i64>,
    seed: u64,
) -> Vec<u64> {
    let mut sums = vec![seed; rows];
    for (name, array) in columns {
        if matches!(name, names::RECEIVED_AT | names::DATE) {
            continue;
        }
        let skipped = assigned.filter(|_| name == stream.time_column());
        add_column(&mut sums, array.as_ref(), xxh3_64_with_seed(name.as_bytes(), seed), skipped);
    }
    for sum in &mut sums {
        *sum = mixed(*sum);
    }
    sums
}

/// Adds the hash of each value of a column; addition does not know an order.
fn add_column(sums: &mut [u64], array: &dyn Array, column: u64, skipped: Option<i64>) {
    let Some(kind) = ColumnType::of(array.data_type()) else { return };
    // The type is part of the content: the number 1 is not the text "1".
    let column = mixed(column.wrapping_add(kind as u64 + 1));
    match kind {
        ColumnType::Number => add(sums, array, array.as_primitive::<Float64Type>().values().iter(), |number| {
            Some(mixed(column ^ if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() }))
        }),
        ColumnType::Time => {
            add(sums, array, array.as_primitive::<TimestampMicrosecondType>().values().iter(), |micros| {
                (skipped != Some(*micros)).then(|| mixed(column ^ micros.cast_unsigned()))
            });
        }
        ColumnType::Boolean => {
            add(sums, array, array.as_boolean().values().iter(), |value| Some(mixed(column ^ u64::from(value))));
        }
        ColumnType::Text => {
            let texts = array.as_string::<i32>();
            add(sums, array, texts.iter().map(Option::unwrap_or_default), |text| {
                Some(mixed(column ^ xxh3_64(text.as_bytes())))
            });
        }
    }
}

fn add<T>(sums: &mut [u64], array: &dyn Array, values: impl Iterator<Item = T>, hash: impl Fn(T) -> Option<u64>) {
    let rows = sums.iter_mut().zip(values);
    match array.nulls() {
        None => {
            for (sum, value) in rows {
                *sum = sum.wrapping_add(hash(value).unwrap_or_default());
            }
        }
        Some(nulls) => {
            for ((sum, value), is_valid) in rows.zip(nulls.iter()) {
                if is_valid {
                    *sum = sum.wrapping_add(hash(value).unwrap_or_default());
                }
            }
        }
    }
}

/// The finaliser of SplitMix64: every bit of the input changes about half of the output's.
const fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
