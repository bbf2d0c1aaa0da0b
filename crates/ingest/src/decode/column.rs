//! One column that grows row by row and can forget its last row.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray, TimestampMicrosecondArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder, OffsetBuffer, ScalarBuffer};

use super::cell::{Role, Value};
use crate::ColumnType;

/// Values of the type of the column; nothing before the first one when the type is not known.
#[derive(Debug)]
enum Store {
    Untyped,
    Number(Vec<f64>),
    Boolean(BooleanBufferBuilder),
    Text { ends: Vec<i32>, bytes: Vec<u8> },
    Time(Vec<i64>),
}

/// One column that grows row by row.
///
/// Rows without a value are not told to it: it is padded when the next value comes.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) role: Role,
    /// `None` until the first value of a new column.
    pub(super) kind: Option<ColumnType>,
    /// Whether `kind` was known before the request.
    is_known: bool,
    /// Whether messages hide its values.
    pub(super) personal: bool,
    store: Store,
    nulls: NullBufferBuilder,
    /// Rows so far, of them with a value.
    rows: usize,
    values: usize,
}

impl Column {
    pub(super) fn new(name: String, role: Role, kind: Option<ColumnType>, personal: bool) -> Self {
        let store = kind.map_or(Store::Untyped, Store::new);
        let nulls = NullBufferBuilder::new(0);
        Self { name, role, kind, is_known: kind.is_some(), personal, store, nulls, rows: 0, values: 0 }
    }

    /// Whether the row (counted from 0) has a value here.
    pub(super) const fn has(&self, row: usize) -> bool {
        self.rows > row
    }

    /// Sets the value of `row`; rows between the last one and it have none.
    ///
    /// `false` when the value is of another type than the column or its texts would pass 2 GiB.
    #[inline]
    pub(super) fn set(&mut self, row: usize, value: &Value<'_>) -> bool {
        if let Store::Untyped = self.store {
            let kind = value.kind();
            self.kind = Some(kind);
            self.store = Store::new(kind);
            // The rows before the type was known have no value.
            self.store.pad(self.rows);
        }
        if self.rows < row {
            let gap = row - self.rows;
            self.store.pad(gap);
            self.nulls.append_n_nulls(gap);
            self.rows = row;
        }
        if !self.store.push(value) {
            return false;
        }
        self.nulls.append_non_null();
        self.rows += 1;
        self.values += 1;
        true
    }

    /// Forgets the value of `row`, the last one set.
    pub(super) fn forget(&mut self, row: usize) {
        if !self.has(row) {
            return;
        }
        self.store.truncate(row);
        self.nulls.truncate(row);
        self.rows = row;
        self.values -= 1;
        if self.values == 0 && !self.is_known {
            // A row that was not taken has no say in the type.
            self.kind = None;
            self.store = Store::Untyped;
        }
    }

    /// The array of `rows` rows; `None` when no row has a value.
    pub(super) fn finish(mut self, rows: usize) -> Option<ArrayRef> {
        if self.values == 0 {
            return None;
        }
        let gap = rows - self.rows.min(rows);
        self.store.pad(gap);
        if gap > 0 {
            self.nulls.append_n_nulls(gap);
        }
        let nulls = self.nulls.finish();
        Some(match self.store {
            Store::Untyped => return None,
            Store::Number(values) => Arc::new(Float64Array::new(values.into(), nulls)),
            Store::Boolean(mut values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            Store::Time(values) => Arc::new(TimestampMicrosecondArray::new(values.into(), nulls).with_timezone("UTC")),
            Store::Text { ends, bytes } => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
                // What was pushed are texts, so this cannot fail.
                Arc::new(StringArray::try_new(offsets, bytes.into(), nulls).ok()?)
            }
        })
    }
}

impl Value<'_> {
    const fn kind(&self) -> ColumnType {
        match self {
            Self::Number(_) => ColumnType::Number,
            Self::Boolean(_) => ColumnType::Boolean,
            Self::Text(_) => ColumnType::Text,
            Self::Time(_) => ColumnType::Time,
        }
    }
}

impl Store {
    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Number => Self::Number(Vec::new()),
            ColumnType::Boolean => Self::Boolean(BooleanBufferBuilder::new(0)),
            ColumnType::Text => Self::Text { ends: vec![0], bytes: Vec::new() },
            ColumnType::Time => Self::Time(Vec::new()),
        }
    }

    #[inline]
    fn push(&mut self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Number(values), Value::Number(number)) => values.push(*number),
            (Self::Boolean(values), Value::Boolean(value)) => values.append(*value),
            (Self::Time(values), Value::Time(micros)) => values.push(*micros),
            (Self::Text { ends, bytes }, Value::Text(text)) => {
                let Ok(end) = i32::try_from(bytes.len() + text.len()) else { return false };
                bytes.extend_from_slice(text.as_bytes());
                ends.push(end);
            }
            _ => return false,
        }
        true
    }

    fn pad(&mut self, rows: usize) {
        match self {
            Self::Untyped => {}
            Self::Number(values) => values.resize(values.len() + rows, 0.0),
            Self::Boolean(values) => values.append_n(rows, false),
            Self::Time(values) => values.resize(values.len() + rows, 0),
            Self::Text { ends, .. } => {
                let end = ends.last().copied().unwrap_or_default();
                ends.resize(ends.len() + rows, end);
            }
        }
    }

    fn truncate(&mut self, rows: usize) {
        match self {
            Self::Untyped => {}
            Self::Number(values) => values.truncate(rows),
            Self::Boolean(values) => values.truncate(rows),
            Self::Time(values) => values.truncate(rows),
            Self::Text { ends, bytes } => {
                ends.truncate(rows + 1);
                bytes.truncate(ends.last().map_or(0, |end| usize::try_from(*end).unwrap_or_default()));
            }
        }
    }
}
