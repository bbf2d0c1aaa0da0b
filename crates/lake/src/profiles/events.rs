//! The events that grids are made of.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use watchkeeper_spec::event::names;

use super::follow::{ModelProfiles, times};
use super::grids::EventRange;
use crate::LakeError;
use crate::table::day_of;

/// Rows that grids are made of, and memory for them: quantiles of so many are as good as grids need.
const GRID_ROWS: u64 = 1 << 20;
const GRID_BYTES: u64 = 64 << 20;

impl ModelProfiles {
    /// The stored events in `range`: all of them, or as many as memory is set aside for, evenly spaced in the order of
    /// writing.
    pub(super) async fn events_in(&self, range: &EventRange) -> Result<Vec<RecordBatch>, LakeError> {
        let mut files = Vec::new();
        for day in day_of(range.from)..=day_of(range.to.saturating_sub(1)) {
            files.extend(self.lake.files(&self.events, Some(day)).await?);
        }
        let rows: u64 = files.iter().map(|file| file.rows.unwrap_or(0)).sum();
        let (mut step, mut seen, mut sample) = (None, 0, Vec::new());
        for file in &files {
            let mut batches = self.lake.read_file(&self.events, file, None).await?;
            while let Some(batch) = batches.next().await? {
                let step = *step.get_or_insert_with(|| step_for(rows, &batch));
                let first = seen;
                seen += batch.num_rows() as u64;
                if let Some(keep) = within(&batch, range, |row| (first + row as u64).is_multiple_of(step)) {
                    sample.push(filter_record_batch(&batch, &keep)?);
                }
            }
        }
        Ok(sample)
    }
}

/// One of how many rows is taken, so that `rows` like those of `batch` fit into what grids may be made of.
fn step_for(rows: u64, batch: &RecordBatch) -> u64 {
    let row_bytes = (batch.get_array_memory_size() / batch.num_rows().max(1)).max(1) as u64;
    rows.div_ceil((GRID_BYTES / row_bytes).clamp(1, GRID_ROWS)).max(1)
}

/// Which rows of a batch are `drawn` and lie in `range`; `None` for a batch without times.
fn within(batch: &RecordBatch, range: &EventRange, drawn: impl Fn(usize) -> bool) -> Option<BooleanArray> {
    let times = times(batch, names::TS)?;
    let column = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let (versions, environments) = (column(names::VERSION), column(names::ENVIRONMENT));
    let is = |wanted: &Option<String>, column: Option<&arrow_array::StringArray>, row: usize| {
        wanted.as_deref().is_none_or(|wanted| column.is_some_and(|c| c.is_valid(row) && c.value(row) == wanted))
    };
    let takes = |(row, &time): (usize, &i64)| {
        let in_time = range.from <= time && time < range.to;
        Some(drawn(row) && in_time && is(&range.version, versions, row) && is(&range.environment, environments, row))
    };
    Some(times.values().iter().enumerate().map(takes).collect())
}
