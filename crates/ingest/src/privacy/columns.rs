//! The columns that pass the gate, put together into a batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, Field, FieldRef, Schema};

use super::transform;

/// The columns that pass, in the making.
pub(super) struct Columns {
    rows: usize,
    /// Names of the request: a derived column does not take the place of one of them.
    names: BTreeSet<String>,
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
    /// Which of the arrays are those of the request.
    kept: Vec<usize>,
    /// Memory that holds values which do not pass.
    protected: BTreeSet<usize>,
    pub(super) withheld: Vec<String>,
}

impl Columns {
    pub(super) fn new(batch: &RecordBatch) -> Self {
        let names = batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        let (fields, arrays, kept) = (Vec::new(), Vec::new(), Vec::new());
        Self { rows: batch.num_rows(), names, fields, arrays, kept, protected: BTreeSet::new(), withheld: Vec::new() }
    }

    pub(super) fn keep(&mut self, field: &FieldRef, array: &ArrayRef) {
        self.kept.push(self.arrays.len());
        self.fields.push(Field::new(field.name(), field.data_type().clone(), field.is_nullable()));
        self.arrays.push(Arc::clone(array));
    }

    pub(super) fn put(&mut self, name: &str, array: ArrayRef) {
        self.fields.push(Field::new(name, array.data_type().clone(), true));
        self.arrays.push(array);
    }

    pub(super) fn put_derived(&mut self, name: &str, suffix: &str, array: ArrayRef) {
        let derived = format!("{name}{suffix}");
        if suffix.is_empty() || !self.names.contains(&derived) {
            self.put(&derived, array);
        }
    }

    pub(super) fn protect(&mut self, array: &ArrayRef) {
        self.protected.extend(allocations(array));
    }

    /// The batch. A kept array in the same memory as one that does not pass, as in a decoded Arrow message, is copied, so
    /// that nobody who holds the batch holds the other values.
    pub(super) fn finish(mut self) -> Result<RecordBatch, ArrowError> {
        let kept = if self.protected.is_empty() { &[] } else { self.kept.as_slice() };
        for index in kept {
            if let Some(array) = self.arrays.get_mut(*index)
                && allocations(array).iter().any(|memory| self.protected.contains(memory))
            {
                *array = transform::detached(array)?;
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(self.fields)), self.arrays, &options)
    }
}

/// The addresses of the memory that an array keeps alive.
fn allocations(array: &ArrayRef) -> Vec<usize> {
    let data = array.to_data();
    let nulls = data.nulls().map(|nulls| nulls.buffer().data_ptr().as_ptr() as usize);
    data.buffers().iter().map(|buffer| buffer.data_ptr().as_ptr() as usize).chain(nulls).collect()
}
