//! Batches of any size to batches of one size.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;

/// Collects batches and gives them back with `rows` rows each; the last one, and the last one of a schema, are shorter.
#[derive(Debug)]
pub(super) struct Regroup {
    rows: usize,
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
}

impl Regroup {
    pub(super) fn new(rows: usize) -> Self {
        Self { rows: rows.max(1), waiting: Vec::new(), waiting_rows: 0 }
    }

    /// Takes a batch; what is complete comes out.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<Vec<RecordBatch>, ArrowError> {
        let mut complete = Vec::new();
        // Files of one table may differ in the types of a column.
        if self.waiting.last().is_some_and(|last| last.schema_ref() != batch.schema_ref()) {
            complete.extend(self.finish()?);
        }
        let mut from = 0;
        while from < batch.num_rows() {
            let length = (self.rows - self.waiting_rows).min(batch.num_rows() - from);
            self.waiting.push(batch.slice(from, length));
            self.waiting_rows += length;
            from += length;
            if self.waiting_rows == self.rows {
                complete.extend(self.finish()?);
            }
        }
        Ok(complete)
    }

    /// What is left; `None` when nothing is.
    pub(super) fn finish(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_rows = 0;
        match waiting.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            [first, ..] => concat_batches(first.schema_ref(), &waiting).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{ArrayRef, Int64Array, StringArray};

    use super::*;

    fn batch(values: std::ops::Range<i64>) -> RecordBatch {
        let array: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
        RecordBatch::try_from_iter([("a", array)]).unwrap()
    }

    #[test]
    fn rows_come_out_once_in_order_and_in_equal_parts() {
        for size in [1, 2, 3, 7, 10, 11] {
            let mut regroup = Regroup::new(size);
            let mut out = Vec::new();
            for range in [0..3, 3..3, 3..4, 4..10] {
                out.extend(regroup.push(&batch(range)).unwrap());
            }
            assert!(out.iter().all(|batch| batch.num_rows() == size), "{size}");
            out.extend(regroup.finish().unwrap());
            assert!(regroup.finish().unwrap().is_none());
            let values: Vec<i64> =
                out.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
            assert_eq!(values, (0..10).collect::<Vec<_>>(), "{size}");
        }
    }

    #[test]
    fn another_schema_begins_another_batch() {
        let text: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let other = RecordBatch::try_from_iter([("a", text)]).unwrap();
        let mut regroup = Regroup::new(5);
        assert!(regroup.push(&batch(0..2)).unwrap().is_empty());
        let out = regroup.push(&other).unwrap();
        assert_eq!(out.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [2]);
        assert_eq!(regroup.finish().unwrap().map(|batch| batch.num_rows()), Some(1));
    }
}
