//! A row at a time: columns that grow, rows that are taken or leave no trace.

use std::collections::HashMap;

use arrow_array::ArrayRef;

use super::cell::{self, Bounds, Cell, Problem, Role};
use super::column::Column;
use super::text::{push_float, shortened};
use super::{Context, DecodeError, finish};
use crate::{ColumnType, Decoded, Reject, RejectCode, Stream, names};

/// Bytes of decoded columns per byte that a body may have: sparse rows of wide tables grow in columns.
pub(super) const GROWTH: usize = 2;
/// Bytes that one cell is counted for.
const CELL_BYTES: usize = 8;

/// Why the row in work is not taken.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) field: Option<String>,
    pub(super) value: Option<String>,
    pub(super) problem: Problem,
}

impl Refusal {
    /// Of a field without a value to show.
    pub(super) fn of(field: impl Into<String>, problem: Problem) -> Self {
        Self { field: Some(field.into()), value: None, problem }
    }

    /// Of the whole row.
    pub(super) const fn row(problem: Problem) -> Self {
        Self { field: None, value: None, problem }
    }

    /// Of a value, which is shown unless it is personal.
    pub(super) fn value(field: &str, cell: Cell<'_>, personal: bool, problem: Problem) -> Self {
        let value = if personal { "***".to_owned() } else { shown(cell) };
        Self { field: Some(field.to_owned()), value: Some(value), problem }
    }

    pub(super) fn twice(field: &str) -> Self {
        Self::of(field, Problem::new(RejectCode::Malformed, "one value, found a second"))
    }

    pub(super) fn into_reject(self, row: u64) -> Reject {
        let Problem { expected, code } = self.problem;
        Reject { row, field: self.field, value: self.value, expected: expected.into_owned(), code }
    }
}

fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Bool(value) => value.to_string(),
        Cell::Int(integer) => integer.to_string(),
        Cell::Float(number) => {
            let mut out = String::new();
            push_float(&mut out, number);
            out
        }
        Cell::Big(text) | Cell::Text(text) | Cell::Json(text) => shortened(text),
        Cell::Time(micros) => {
            jiff::Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |time| time.to_string())
        }
    }
}

/// What must be in a row of a stream, and what to say when it is not.
pub(super) const fn required(stream: Stream) -> &'static [(&'static str, &'static str)] {
    match stream {
        Stream::Predictions => &[(names::PREDICTION_ID, "an id")],
        Stream::Labels => &[(names::PREDICTION_ID, "the id of the prediction"), (names::LABEL, "the label")],
        Stream::Kpis => &[("name", "the name of the KPI"), ("value", "a finite number")],
        Stream::Changes => &[("kind", "the kind of the change")],
    }
}

pub(super) fn missing(field: &str, expected: &'static str) -> Refusal {
    Refusal::of(field, Problem::new(RejectCode::Missing, expected))
}

pub(super) fn too_many_columns(limit: usize) -> Problem {
    Problem::new(RejectCode::TooLarge, format!("at most {limit} columns, with those of the table"))
}

/// Rows of one request in the making.
pub(super) struct Rows<'c> {
    pub(super) context: &'c Context<'c>,
    bounds: Bounds,
    columns: Vec<Column>,
    by_name: HashMap<String, usize>,
    /// Columns of the request that the table does not have yet.
    new_columns: usize,
    /// Columns that must have a value, with what to say.
    required: Vec<(usize, &'static str, &'static str)>,
    /// Rows taken, and rows seen.
    kept: usize,
    seen: u64,
    rejects: Vec<Reject>,
    /// Why the row in work is not taken.
    refusal: Option<Refusal>,
    /// Columns the row in work has set, and how many there were before it.
    touched: Vec<usize>,
    columns_before: usize,
    new_before: usize,
}

impl<'c> Rows<'c> {
    pub(super) fn new(context: &'c Context<'c>) -> Self {
        let mut rows = Self {
            context,
            bounds: Bounds::new(context),
            columns: Vec::new(),
            by_name: HashMap::new(),
            new_columns: 0,
            required: Vec::new(),
            kept: 0,
            seen: 0,
            rejects: Vec::new(),
            refusal: None,
            touched: Vec::new(),
            columns_before: 0,
            new_before: 0,
        };
        for (name, expected) in required(context.stream) {
            let role = match *name {
                names::PREDICTION_ID => Role::Id,
                names::LABEL => Role::Open,
                "value" => Role::FiniteNumber,
                "kind" => Role::ChangeKind,
                _ => Role::Label,
            };
            let index = rows.add(name, role);
            rows.required.push((index, name, expected));
        }
        // Those belong to every table and count for no limit.
        rows.new_columns = 0;
        rows
    }

    /// Begins the next row.
    pub(super) fn begin(&mut self) -> Result<(), DecodeError> {
        let limit = self.context.limits.rows;
        if self.seen >= limit as u64 {
            return Err(DecodeError::more_than("rows", limit + 1, limit));
        }
        let bytes = self.kept.saturating_mul(self.columns.len()).saturating_mul(CELL_BYTES);
        let limit = self.context.limits.decompressed_bytes.saturating_mul(GROWTH);
        if bytes > limit {
            return Err(DecodeError::more_than("bytes of rows × columns", bytes, limit));
        }
        self.seen += 1;
        self.columns_before = self.columns.len();
        self.new_before = self.new_columns;
        self.touched.clear();
        Ok(())
    }

    /// Whether the row in work is lost already.
    #[inline]
    pub(super) const fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Gives the row in work up; the first reason is kept.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }

    /// The index of a column, which is added when it is new.
    pub(super) fn column(&mut self, name: &str, role: Role) -> Result<usize, Refusal> {
        if let Some(index) = self.by_name.get(name) {
            return Ok(*index);
        }
        let limit = self.context.limits.columns;
        let is_new = !self.context.shape.columns.contains_key(name);
        if is_new && self.context.shape.columns.len() + self.new_columns >= limit {
            return Err(Refusal::of(name, too_many_columns(limit)));
        }
        Ok(self.add(name, role))
    }

    fn add(&mut self, name: &str, role: Role) -> usize {
        let shape = self.context.shape.columns.get(name);
        let kind = role.kind().or(shape.map(|shape| shape.kind));
        self.columns.push(Column::new(name.to_owned(), role, kind, shape.is_some_and(|shape| shape.personal)));
        let index = self.columns.len() - 1;
        self.by_name.insert(name.to_owned(), index);
        self.new_columns += usize::from(shape.is_none());
        index
    }

    /// Sets a value of the row in work; a value that the column does not take gives the row up.
    #[inline]
    pub(super) fn put(&mut self, index: usize, cell: Cell<'_>) {
        let Some(column) = self.columns.get_mut(index) else { return };
        let kind = column.kind.unwrap_or_else(|| cell::kind_of(&cell));
        match cell::take(cell, column.role, kind, &self.bounds) {
            Ok(_) if column.has(self.kept) => {
                let refusal = Refusal::twice(&column.name);
                self.refuse(refusal);
            }
            Ok(value) => {
                if column.set(self.kept, &value) {
                    self.touched.push(index);
                } else {
                    let problem = Problem::new(RejectCode::TooLarge, "at most 2 GiB of text in a column");
                    let refusal = Refusal::of(column.name.clone(), problem);
                    self.refuse(refusal);
                }
            }
            Err(problem) => {
                let refusal = Refusal::value(&column.name, cell, column.personal, problem);
                self.refuse(refusal);
            }
        }
    }

    /// Gives the row in work up for a value of a column.
    pub(super) fn refuse_value(&mut self, index: usize, cell: Cell<'_>, problem: Problem) {
        if let Some(column) = self.columns.get(index) {
            let refusal = Refusal::value(&column.name, cell, column.personal, problem);
            self.refuse(refusal);
        }
    }

    /// Gives the row in work up for a column, without showing the value.
    pub(super) fn refuse_column(&mut self, index: usize, problem: Problem) {
        if let Some(column) = self.columns.get(index) {
            let refusal = Refusal::of(column.name.clone(), problem);
            self.refuse(refusal);
        }
    }

    /// Ends the row in work: it is taken, or leaves no trace but its reject. `true` when it was taken.
    pub(super) fn end(&mut self) -> bool {
        if self.refusal.is_none() {
            let absent = self
                .required
                .iter()
                .find(|(index, ..)| !self.columns.get(*index).is_some_and(|column| column.has(self.kept)));
            self.refusal = absent.map(|(_, name, expected)| missing(name, expected));
        }
        let Some(refusal) = self.refusal.take() else {
            self.kept += 1;
            return true;
        };
        for index in &self.touched {
            if let Some(column) = self.columns.get_mut(*index) {
                column.forget(self.kept);
            }
        }
        for column in self.columns.drain(self.columns_before..) {
            self.by_name.remove(&column.name);
        }
        self.new_columns = self.new_before;
        self.rejects.push(refusal.into_reject(self.seen - 1));
        false
    }

    /// The batch of all rows that were taken.
    pub(super) fn finish(self) -> Result<Decoded, DecodeError> {
        let kept = self.kept;
        let columns: Vec<(String, ArrayRef)> = self
            .columns
            .into_iter()
            .filter_map(|mut column| {
                let name = std::mem::take(&mut column.name);
                column.finish(kept).map(|array| (name, array))
            })
            .collect();
        finish::assemble(self.context, columns, kept, self.rejects, self.seen)
    }
}

/// The type of the column in the table, by its role or the shape.
pub(super) fn known_kind(context: &Context<'_>, name: &str, role: Role) -> Option<ColumnType> {
    role.kind().or_else(|| context.shape.columns.get(name).map(|shape| shape.kind))
}
