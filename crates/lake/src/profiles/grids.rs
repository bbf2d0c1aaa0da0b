//! The grids of a model: frozen once from a baseline, numbered.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use watchkeeper_profile::{Baseline, BaselineBuilder, BaselineOptions, Grid, Kind, Profile};

use super::Plan;
use super::row::{At, Row, What};
use super::slice::{Bucket, Key, Slice};
use crate::LakeError;

/// The grid of a column.
#[derive(Debug, Clone)]
pub struct ColumnGrid {
    /// Its number: a new grid of the column has the next one.
    pub number: i32,
    /// How the column is counted.
    pub kind: Kind,
    /// The bins.
    pub grid: Arc<Grid>,
    /// The baseline over them.
    pub reference: Arc<Profile>,
}

impl ColumnGrid {
    /// The baseline as measurements need it. Its rows were not kept.
    #[must_use]
    pub fn baseline(&self) -> Baseline {
        Baseline {
            kind: self.kind,
            grid: self.grid.as_ref().clone(),
            profile: self.reference.as_ref().clone(),
            values: None,
            chunks: None,
            too_many_categories: false,
        }
    }
}

/// Which events a baseline is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventRange {
    /// First event time, µs since 1970.
    pub from: i64,
    /// Event time at which the range ends, µs since 1970.
    pub to: i64,
    /// Only this version of the model.
    pub version: Option<String>,
    /// Only this environment.
    pub environment: Option<String>,
}

impl EventRange {
    /// All events in `from..to`.
    pub(super) fn of(from: i64, to: i64) -> Self {
        Self { from, to, ..Self::default() }
    }
}

/// Where a baseline's rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum GridSource {
    /// Events of the table.
    Range(EventRange),
    /// Rows given, such as those of a file.
    Rows(Vec<RecordBatch>),
}

/// Grids of the columns of `batches` that are profiled and of which `wanted` says yes.
pub(super) fn place(
    plan: &Plan,
    batches: &[RecordBatch],
    wanted: impl Fn(&str) -> Option<i32>,
) -> BTreeMap<String, ColumnGrid> {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut columns: BTreeMap<String, Kind> = BTreeMap::new();
    for field in batches.iter().flat_map(|batch| batch.schema_ref().fields()) {
        if let Some(kind) = plan.kind(field.name(), field.data_type()) {
            columns.insert(field.name().clone(), kind);
        }
    }
    let mut grids = BTreeMap::new();
    for (column, kind) in columns {
        let Some(number) = wanted(&column) else { continue };
        let options = BaselineOptions { rows_expected: rows as u64, stretches: false, ..BaselineOptions::default() };
        let mut builder = BaselineBuilder::new(kind, options);
        let mut first = 0;
        for batch in batches {
            if let Some(array) = batch.column_by_name(&column) {
                builder.push(first, array);
            }
            first += batch.num_rows() as u64;
        }
        let baseline = builder.finish();
        let mut reference = baseline.profile;
        reference.distinct = None;
        reference.sample = None;
        let grid = ColumnGrid { number, kind, grid: Arc::new(baseline.grid), reference: Arc::new(reference) };
        grids.insert(column, grid);
    }
    grids
}

/// The word of a kind, as stored with its grid.
const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Numeric => "numeric",
        Kind::Boolean => "boolean",
        Kind::Categorical => "categorical",
        Kind::Text => "text",
        Kind::Presence => "presence",
    }
}

fn kind(word: &str) -> Option<Kind> {
    [Kind::Numeric, Kind::Boolean, Kind::Categorical, Kind::Text, Kind::Presence]
        .into_iter()
        .find(|kind| self::word(*kind) == word)
}

/// The rows that store grids.
pub(super) fn store(grids: &BTreeMap<String, ColumnGrid>, mark: &str, at: At) -> Vec<Row> {
    let mut rows = Vec::with_capacity(grids.len() * 2);
    for (column, grid) in grids {
        let slice = Slice { environment: mark.to_owned(), version: word(grid.kind).to_owned(), ..Slice::default() };
        let key = Key { bucket: Bucket { start: 0, seconds: 1 }, slice };
        let row = |what, state| Row {
            what,
            key: key.clone(),
            column: column.clone(),
            grid: grid.number,
            source_version: at.source_version,
            sequence: at.sequence,
            state,
        };
        rows.push(row(What::Grid, grid.grid.encode()));
        rows.push(row(What::Reference, grid.reference.encode()));
    }
    rows
}

/// The newest grid of each column among `rows`.
pub(super) fn load(rows: &[Row]) -> Result<BTreeMap<String, ColumnGrid>, LakeError> {
    let mut grids: BTreeMap<String, ColumnGrid> = BTreeMap::new();
    let fail = |column: &str| {
        let column = column.to_owned();
        move |source| LakeError::Profile { column, source }
    };
    for row in rows.iter().filter(|row| row.what == What::Grid) {
        let newer = grids.get(&row.column).is_none_or(|known| known.number < row.grid);
        let Some(kind) = kind(&row.key.slice.version).filter(|_| newer) else { continue };
        let same = |r: &&Row| r.what == What::Reference && r.column == row.column && r.grid == row.grid;
        let Some(reference) = rows.iter().find(same) else { continue };
        let grid = Grid::decode(&row.state).map_err(fail(&row.column))?;
        let reference = Profile::decode(&reference.state).map_err(fail(&row.column))?;
        let grid = ColumnGrid { number: row.grid, kind, grid: Arc::new(grid), reference: Arc::new(reference) };
        grids.insert(row.column.clone(), grid);
    }
    Ok(grids)
}
