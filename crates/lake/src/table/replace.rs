//! Corrections and erasures: files without some of their rows.

use std::collections::{BTreeMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;
use deltalake::kernel::Action;

use super::Lake;
use super::handle::{Handle, Opened};
use crate::LakeError;

/// A row that goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Replace {
    /// Its identity.
    pub id: String,
    /// UTC day of its time since 1970; the partition it lies in.
    pub day: i32,
}

/// The actions that take the rows of `replace` out of the table: each file that holds one is written anew without it.
pub(super) async fn replaced(
    lake: &Lake,
    handle: &Handle,
    opened: &Opened,
    schema: &SchemaRef,
    replace: &[Replace],
) -> Result<Vec<Action>, LakeError> {
    let Some(id) = handle.id.name.id_column() else { return Ok(Vec::new()) };
    let mut days: BTreeMap<i32, HashSet<&str>> = BTreeMap::new();
    for gone in replace {
        days.entry(gone.day).or_default().insert(&gone.id);
    }
    let mut actions = Vec::new();
    for (day, gone) in days {
        for file in opened.files(&handle.path, Some(day))? {
            let ids = lake.read_file(&handle.id, &file.path, Some(vec![id.to_owned()])).await?;
            if !ids.iter().any(|batch| keep(batch, id, &gone).is_some_and(|keep| keep.false_count() > 0)) {
                continue;
            }
            let mut rest = Vec::new();
            for batch in lake.read_file(&handle.id, &file.path, None).await? {
                if let Some(keep) = keep(&batch, id, &gone) {
                    rest.push(filter_record_batch(&batch, &keep)?);
                }
            }
            let view = opened.table(&handle.path)?.snapshot()?.log_data();
            let remove = view.iter().find(|view| view.path() == file.path).map(|view| view.remove_action(true));
            actions.extend(remove.map(Action::Remove));
            if rest.iter().any(|batch| batch.num_rows() > 0) {
                actions.push(Action::Add(lake.add_file(handle, schema, day, rest).await?));
            }
        }
    }
    Ok(actions)
}

/// Which rows of `batch` stay.
fn keep(batch: &RecordBatch, id: &str, gone: &HashSet<&str>) -> Option<BooleanArray> {
    let ids = batch.column_by_name(id)?.as_string_opt::<i32>()?;
    Some(ids.iter().map(|id| Some(id.is_none_or(|id| !gone.contains(id)))).collect())
}
