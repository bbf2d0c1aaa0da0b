//! Many rows of a day become few: the widths that their age asks for, void rows dropped, files merged.

use std::collections::BTreeMap;

use watchkeeper_profile::Profile;

use super::answer::valid;
use super::follow::ModelProfiles;
use super::row::{self, At, Row, What};
use super::{Bucket, Key};
use crate::LakeError;

/// Files of a day from which it is worth merging them.
const FILES_MIN: usize = 4;

/// What a roll-up did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RolledUp {
    /// Days that were written anew.
    pub days: u64,
    /// Rows before.
    pub rows_before: u64,
    /// Rows after.
    pub rows_after: u64,
}

impl ModelProfiles {
    /// Merges the rows of at most `days_max` days to the widths that their age asks for, and deletes days that are too old.
    /// What any window sums to stays the same, to the bit.
    ///
    /// # Errors
    /// [`LakeError`]; each day is either as before or done.
    pub async fn roll_up(&self, now: i64, days_max: usize) -> Result<RolledUp, LakeError> {
        // The state's lock keeps the profiler from committing to a day between reading and writing it.
        let state = self.state.lock().await;
        let buckets = state.plan.buckets;
        let mut days: BTreeMap<i32, Vec<crate::FileRef>> = BTreeMap::new();
        for file in self.lake.files(&self.table, None).await? {
            // Grids lie in 1970.
            days.entry(file.day.unwrap_or(0)).or_default().push(file);
        }
        days.remove(&0);
        let mut done = RolledUp::default();
        for (day, files) in days {
            if done.days as usize >= days_max {
                break;
            }
            let mut all = Vec::new();
            for file in &files {
                all.extend(self.rows_of(&file).await?.iter().cloned());
            }
            let fits = |row: &Row| {
                row.what == What::Profile && row.key.bucket.seconds >= buckets.width(row.key.bucket.end(), now)
            };
            if files.len() < FILES_MIN && all.iter().all(fits) {
                continue;
            }
            let rows = merged(&all, |start| buckets.width(start, now))?;
            if rows.len() == all.len() && files.len() == 1 {
                continue;
            }
            done.rows_before += all.len() as u64;
            done.rows_after += rows.len() as u64;
            done.days += 1;
            self.lake.rewrite_day(&self.table, day, &files, vec![row::batch(&rows)?]).await?;
        }
        Ok(done)
    }
}

/// `rows` without the void ones, summed to buckets of the width that `width` tells for a time.
fn merged(rows: &[Row], width: impl Fn(i64) -> u32) -> Result<Vec<Row>, LakeError> {
    let rows: Vec<&Row> = rows.iter().collect();
    let mut sums: BTreeMap<(Key, String, i32), (Profile, At)> = BTreeMap::new();
    for row in valid(&rows) {
        let fail = |source| LakeError::Profile { column: row.column.clone(), source };
        let Bucket { start, seconds } = row.key.bucket;
        let bucket = Bucket::at(start, width(row.key.bucket.end()).max(seconds));
        let key = (Key { bucket, slice: row.key.slice.clone() }, row.column.clone(), row.grid);
        let profile = Profile::decode(&row.state).map_err(fail)?;
        match sums.get_mut(&key) {
            Some((sum, at)) => {
                sum.merge(&profile).map_err(fail)?;
                at.source_version = at.source_version.max(row.source_version);
                at.sequence = at.sequence.max(row.sequence);
            }
            None => {
                let at = At { source_version: row.source_version, sequence: row.sequence };
                sums.insert(key, (profile, at));
            }
        }
    }
    let row = |((key, column, grid), (profile, at)): ((Key, String, i32), (Profile, At))| Row {
        what: What::Profile,
        key,
        column,
        grid,
        source_version: at.source_version,
        sequence: at.sequence,
        state: profile.encode(),
    };
    Ok(sums.into_iter().map(row).collect())
}
