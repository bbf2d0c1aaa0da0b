//! Arrow IPC streams, and what Parquet shares with them: record batches → columns of the stream.

mod cells;
mod convert;
mod flatten;
mod ipc;
mod lz4;

use std::collections::{BTreeMap, HashMap};

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_ipc::reader::StreamDecoder;
use bytes::Bytes;

use super::cell::Bounds;
use super::place::{Place, Places};
use super::rows::{GROWTH, Refusal, missing, required};
use super::{Context, DecodeError, finish};
use crate::{ColumnType, Decoded, Reject};

/// Reads an Arrow IPC stream. An empty body has no rows.
pub(super) fn decode_stream(body: &Bytes, context: &Context<'_>) -> Result<Decoded, DecodeError> {
    let mut batches = Batches::new(context);
    if body.is_empty() {
        return batches.finish();
    }
    let mut buffer = ipc::checked(body, context.limits)?;
    let mut decoder = StreamDecoder::new();
    loop {
        // The library's texts may hold what the body holds.
        let next = decoder.decode(&mut buffer).map_err(|_| broken(&batches))?;
        match next {
            Some(batch) => batches.add(&batch)?,
            None => break,
        }
    }
    decoder.finish().map_err(|_| broken(&batches))?;
    batches.finish()
}

fn broken(batches: &Batches<'_>) -> DecodeError {
    DecodeError::malformed(format!("the record batch at row {}", batches.seen), "a valid Arrow IPC stream")
}

/// A column of the stream, typed.
struct Column {
    name: String,
    array: ArrayRef,
}

/// What the rows of one record batch have become.
struct Part {
    columns: Vec<Column>,
    rows: usize,
}

/// Record batches of one request in the making.
pub(super) struct Batches<'c> {
    context: &'c Context<'c>,
    places: Places,
    bounds: Bounds,
    parts: Vec<Part>,
    /// Types of columns that the table does not have yet.
    new_columns: HashMap<String, ColumnType>,
    rejects: Vec<Reject>,
    seen: usize,
    /// Bytes of the columns so far, as an estimate from above.
    spent: usize,
    /// Why rows of the batch in work are not taken.
    refusals: BTreeMap<usize, Refusal>,
}

impl<'c> Batches<'c> {
    pub(super) fn new(context: &'c Context<'c>) -> Self {
        Self {
            context,
            places: Places::new(context),
            bounds: Bounds::new(context),
            parts: Vec::new(),
            new_columns: HashMap::new(),
            rejects: Vec::new(),
            seen: 0,
            spent: 0,
            refusals: BTreeMap::new(),
        }
    }

    /// Takes the rows of a batch.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), DecodeError> {
        let rows = batch.num_rows();
        let limit = self.context.limits.rows;
        if self.seen.saturating_add(rows) > limit {
            return Err(DecodeError::more_than("rows", self.seen.saturating_add(rows), limit));
        }
        let mut columns: Vec<Column> = Vec::new();
        let mut index = HashMap::new();
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            for leaf in flatten::flatten(self, &Place::root(), field.name(), array, 1)? {
                if let Some(array) = convert::convert(self, &leaf)? {
                    match index.get(&leaf.name).and_then(|at: &usize| columns.get_mut(*at)) {
                        Some(first) => self.fill(first, &array),
                        None => {
                            index.insert(leaf.name.clone(), columns.len());
                            columns.push(Column { name: leaf.name, array });
                        }
                    }
                }
            }
        }
        self.check_required(&columns, rows);
        self.keep(columns, rows);
        self.seen += rows;
        Ok(())
    }

    /// Fills the gaps of a column with another one of its name; rows with two values are given up.
    fn fill(&mut self, first: &mut Column, second: &ArrayRef) {
        for row in 0..second.len() {
            if first.array.is_valid(row) && second.is_valid(row) {
                self.refuse(row, Refusal::twice(&first.name));
            }
        }
        let has_first: BooleanArray = (0..second.len()).map(|row| Some(first.array.is_valid(row))).collect();
        // Both have the type of the column, so this cannot fail.
        if let Ok(zipped) = arrow_select::zip::zip(&has_first, &first.array, second) {
            first.array = zipped;
        }
    }

    /// Gives a row of the batch up; the first reason is kept.
    fn refuse(&mut self, row: usize, refusal: Refusal) {
        self.refusals.entry(row).or_insert(refusal);
    }

    /// Counts bytes of columns that are about to be made.
    fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.spent = self.spent.saturating_add(bytes);
        let limit = self.context.limits.decompressed_bytes.saturating_mul(GROWTH);
        if self.spent > limit {
            return Err(DecodeError::more_than("bytes of rows × columns", self.spent, limit));
        }
        Ok(())
    }

    fn check_required(&mut self, columns: &[Column], rows: usize) {
        for (name, expected) in required(self.context.stream) {
            let array = columns.iter().find(|column| column.name == *name).map(|column| &column.array);
            if array.is_some_and(|array| array.null_count() == 0) {
                continue;
            }
            for row in 0..rows {
                if array.is_none_or(|array| array.is_null(row)) {
                    self.refuse(row, missing(name, expected));
                }
            }
        }
    }

    /// Keeps the rows of the batch that are taken.
    fn keep(&mut self, mut columns: Vec<Column>, rows: usize) {
        let refusals = std::mem::take(&mut self.refusals);
        if !refusals.is_empty() {
            let mask: BooleanArray = (0..rows).map(|row| Some(!refusals.contains_key(&row))).collect();
            for column in &mut columns {
                // The mask has the length of the column, so this cannot fail.
                if let Ok(array) = arrow_select::filter::filter(&column.array, &mask) {
                    column.array = array;
                }
            }
        }
        self.parts.push(Part { columns, rows: rows - refusals.len() });
        let first = self.seen as u64;
        self.rejects.extend(refusals.into_iter().map(|(row, refusal)| refusal.into_reject(first + row as u64)));
    }

    /// The batch of all rows that were taken.
    pub(super) fn finish(self) -> Result<Decoded, DecodeError> {
        let rows = self.parts.iter().map(|part| part.rows).sum();
        let columns = joined(self.parts)?;
        finish::assemble(self.context, columns, rows, self.rejects, self.seen as u64)
    }
}

/// The columns of all parts, one below the other.
fn joined(mut parts: Vec<Part>) -> Result<Vec<(String, ArrayRef)>, DecodeError> {
    if parts.len() == 1 {
        let only = parts.pop().map(|part| part.columns).unwrap_or_default();
        return Ok(only.into_iter().map(|column| (column.name, column.array)).collect());
    }
    // Column → its array in each part that has it.
    let mut order: Vec<(String, Vec<(usize, ArrayRef)>)> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let lengths: Vec<usize> = parts.iter().map(|part| part.rows).collect();
    for (part, columns) in parts.into_iter().map(|part| part.columns).enumerate() {
        for column in columns {
            let at = *index.entry(column.name.clone()).or_insert_with(|| {
                order.push((column.name.clone(), Vec::new()));
                order.len() - 1
            });
            if let Some((_, arrays)) = order.get_mut(at) {
                arrays.push((part, column.array));
            }
        }
    }
    order.into_iter().map(|(name, arrays)| Ok((name, joined_column(arrays, &lengths)?))).collect()
}

fn joined_column(arrays: Vec<(usize, ArrayRef)>, lengths: &[usize]) -> Result<ArrayRef, DecodeError> {
    let Some(data_type) = arrays.first().map(|(_, array)| array.data_type().clone()) else {
        return Err(DecodeError::malformed("its columns", "arrays"));
    };
    let mut arrays = arrays.into_iter().peekable();
    let all: Vec<ArrayRef> = lengths
        .iter()
        .enumerate()
        .map(|(part, rows)| match arrays.next_if(|(at, _)| *at == part) {
            Some((_, array)) => array,
            None => arrow_array::new_null_array(&data_type, *rows),
        })
        .collect();
    let all: Vec<&dyn Array> = all.iter().map(AsRef::as_ref).collect();
    arrow_select::concat::concat(&all)
        .map_err(|_| DecodeError::more_than("bytes of text in a column", 1 << 31, (1 << 31) - 1))
}
