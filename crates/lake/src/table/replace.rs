//! Corrections: files without the rows that others take the place of.

use std::collections::{BTreeMap, HashSet};

use arrow_schema::SchemaRef;
use deltalake::kernel::Action;

use super::handle::{Handle, Opened};
use super::merge::merge;
use super::{Lake, Selection, Wanted};
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
    let mut days: BTreeMap<i32, HashSet<String>> = BTreeMap::new();
    for gone in replace {
        days.entry(gone.day).or_default().insert(gone.id.clone());
    }
    let mut actions = Vec::new();
    for (day, gone) in days {
        let gone = Selection::new([(id.to_owned(), Wanted::texts(gone))]);
        for file in opened.files(&handle.path, Some(day))? {
            if !lake.holds(&handle.id, &file, &gone).await? {
                continue;
            }
            let file = [file];
            actions.extend(opened.removes(&handle.path, &file, true)?.into_iter().flatten());
            let rest = merge(lake, handle, schema, &file, Some(&gone)).await?;
            if rest.rows > 0 {
                actions.push(Action::Add(rest.add));
            } else {
                lake.discard(handle, &rest.add).await?;
            }
        }
    }
    Ok(actions)
}
