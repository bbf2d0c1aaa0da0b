//! Corrections and erasures: files without some of their rows.

use std::collections::{BTreeMap, HashSet};

use arrow_schema::SchemaRef;
use deltalake::kernel::Action;
use object_store::ObjectStoreExt;

use super::handle::{Handle, Opened};
use super::merge::{merge, staying};
use super::{FileRef, Lake};
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
            if !holds(lake, handle, &file, id, &gone).await? {
                continue;
            }
            let view = opened.table(&handle.path)?.snapshot()?.log_data();
            let remove = view.iter().find(|view| view.path() == file.path).map(|view| view.remove_action(true));
            actions.extend(remove.map(Action::Remove));
            let rest = merge(lake, handle, schema, &[file], &gone).await?;
            if rest.rows > 0 {
                actions.push(Action::Add(rest.add));
            } else {
                // No log names it. If the store does not let it go now, the vacuum finds it.
                let _ = lake.root().store().delete(&lake.file_path(&handle.path, &rest.add.path)?).await;
            }
        }
    }
    Ok(actions)
}

/// Whether a row of `file` goes.
async fn holds(
    lake: &Lake,
    handle: &Handle,
    file: &FileRef,
    id: &str,
    gone: &HashSet<&str>,
) -> Result<bool, LakeError> {
    let mut ids = lake.read_file(&handle.id, file, Some(&[id])).await?;
    while let Some(batch) = ids.next().await? {
        if staying(&batch, id, gone).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
