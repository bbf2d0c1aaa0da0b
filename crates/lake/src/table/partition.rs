//! Rows by the UTC day of their time.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch, UInt32Array};
use arrow_select::take::take_record_batch;

use crate::LakeError;

const DAY_MICROS: i64 = 86_400_000_000;

/// Days since 1970 of a time in microseconds.
pub(crate) fn day_of(micros: i64) -> i32 {
    i32::try_from(micros.div_euclid(DAY_MICROS)).unwrap_or(i32::MAX)
}

/// `YYYY-MM-DD` of a number of days since 1970, as partitions are named.
pub(crate) fn day_text(day: i32) -> String {
    jiff::civil::date(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(day).unwrap_or_default())
        .map_or_else(|_| "9999-12-31".to_owned(), |date| date.to_string())
}

/// The inverse of [`day_text`].
pub(crate) fn parse_day(text: &str) -> Option<i32> {
    let date: jiff::civil::Date = text.parse().ok()?;
    let days = (date - jiff::civil::date(1970, 1, 1)).get_days();
    Some(days)
}

/// Splits `batches` by the day of `column`; a row without a time is an error, since it could not be found again.
pub(super) fn by_day(
    table: &str,
    column: &str,
    batches: &[RecordBatch],
) -> Result<BTreeMap<i32, Vec<RecordBatch>>, LakeError> {
    let mut days: BTreeMap<i32, Vec<RecordBatch>> = BTreeMap::new();
    let missing = || LakeError::MissingColumn { table: table.to_owned(), column: column.to_owned() };
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        let times = batch.column_by_name(column).ok_or_else(missing)?;
        let times = times.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(missing)?;
        if times.null_count() > 0 {
            return Err(missing());
        }
        let rows: Vec<i32> = times.values().iter().map(|&micros| day_of(micros)).collect();
        let first = rows.first().copied().unwrap_or(0);
        if rows.iter().all(|&day| day == first) {
            days.entry(first).or_default().push(batch.clone());
            continue;
        }
        let mut indices: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for (row, &day) in (0_u32..).zip(&rows) {
            indices.entry(day).or_default().push(row);
        }
        for (day, rows) in indices {
            days.entry(day).or_default().push(take_record_batch(batch, &UInt32Array::from(rows))?);
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_and_read_back() {
        for (micros, text) in [(0, "1970-01-01"), (-1, "1969-12-31"), (1_763_769_600_000_000, "2025-11-22")] {
            assert_eq!(day_text(day_of(micros)), text);
            assert_eq!(parse_day(text), Some(day_of(micros)));
        }
        assert_eq!(parse_day("yesterday"), None);
    }
}
