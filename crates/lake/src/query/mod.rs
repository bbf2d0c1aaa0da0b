//! Windows, samples and exports through DataFusion.
//!
//! A query sees one version of a table. Days outside its window are pruned by partition, files by the range of their times
//! in the log, row groups by their statistics. What queries hold at once is bounded by one pool for the whole [`Lake`];
//! sorts and groups beyond it go to disk, up to a bound.

mod engine;
mod filter;
mod rows;
mod sample;
mod sql;

use datafusion::common::Column;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::DataFrame;

pub use engine::QueryOptions;
pub use rows::{Caps, Collected, Rows};

pub(crate) use engine::Engine;

use crate::{Lake, LakeError, TableId};

/// Which rows of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Columns, in this order; those that the table lacks are left out. All when `None`.
    pub columns: Option<Vec<String>>,
    /// First time, in microseconds since 1970, of the table's time column.
    pub from_us: Option<i64>,
    /// Time from which on rows are left out.
    pub to_us: Option<i64>,
    /// Version of the model.
    pub version: Option<String>,
    /// Environment.
    pub environment: Option<String>,
    /// Columns and the values that they have, as text. No row has a value in a column that the table lacks.
    pub equals: Vec<(String, String)>,
    /// Rows at most; which ones is not defined.
    pub limit: Option<usize>,
    /// Version of the table to read instead of the newest: what was known then.
    pub as_of: Option<u64>,
}

impl Lake {
    /// The rows of a table that `scan` asks for, as they are read; none when there is no such table.
    ///
    /// # Errors
    /// [`LakeError`] when the log cannot be read, or its `as_of` version no longer can.
    pub async fn scan(&self, id: &TableId, scan: &Scan) -> Result<Rows, LakeError> {
        let Some(mut rows) = self.filtered(id, scan).await? else { return Ok(Rows::none()) };
        if let Some(limit) = scan.limit {
            rows = rows.limit(0, Some(limit))?;
        }
        Rows::of(chosen(rows, scan)?).await
    }

    /// How many rows `scan` asks for; its columns and limit play no part.
    ///
    /// # Errors
    /// As [`Lake::scan`].
    pub async fn count(&self, id: &TableId, scan: &Scan) -> Result<u64, LakeError> {
        use arrow_array::cast::AsArray;
        use arrow_array::types::Int64Type;
        let Some(rows) = self.filtered(id, scan).await? else { return Ok(0) };
        let counted = rows.aggregate(Vec::new(), vec![count(lit(1_i64)).alias("rows")])?.collect().await?;
        let column = counted.first().and_then(|batch| batch.column_by_name("rows"));
        let value = column.and_then(|c| c.as_primitive_opt::<Int64Type>()).and_then(|c| c.iter().next().flatten());
        Ok(value.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0))
    }

    /// All columns of the rows in the window of `scan`; `None` when there is no such table.
    async fn filtered(&self, id: &TableId, scan: &Scan) -> Result<Option<DataFrame>, LakeError> {
        let Some(table) = self.at(id, scan.as_of).await? else { return Ok(None) };
        let session = self.queries.session()?;
        let rows = session.read_table(table.table_provider().await?)?;
        let conditions = filter::conditions(id, scan, rows.schema().as_arrow());
        match conditions.into_iter().reduce(Expr::and) {
            Some(all) => Ok(Some(rows.filter(all)?)),
            None => Ok(Some(rows)),
        }
    }

    /// A table as it is, or as it was at a version.
    async fn at(&self, id: &TableId, version: Option<u64>) -> Result<Option<deltalake::DeltaTable>, LakeError> {
        let handle = self.handle(id);
        let mut opened = handle.state.lock().await;
        if !self.refresh(&handle, &mut opened).await? {
            return Ok(None);
        }
        let newest = opened.table(&handle.path)?;
        if version.is_none() || version == newest.version() {
            return Ok(Some(newest.clone()));
        }
        drop(opened);
        let mut table = self.unopened(&handle.path)?;
        if let Some(version) = version {
            table.load_version(version).await?;
        }
        Ok(Some(table))
    }
}

/// A column by its very name, whatever is in it.
fn column(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

/// The columns that `scan` asks for.
fn chosen(rows: DataFrame, scan: &Scan) -> Result<DataFrame, LakeError> {
    let Some(columns) = &scan.columns else { return Ok(rows) };
    let known = rows.schema().as_arrow().clone();
    let columns = columns.iter().filter(|name| known.field_with_name(name).is_ok()).map(|name| column(name));
    Ok(rows.select(columns.collect::<Vec<_>>())?)
}
