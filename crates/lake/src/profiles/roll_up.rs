//! Many rows of a day become few: the widths that their age asks for, void rows dropped, files merged.

use std::collections::BTreeMap;

use watchkeeper_profile::Profile;
use xxhash_rust::xxh3::xxh3_64;

use super::answer::valid;
use super::follow::ModelProfiles;
use super::plan::DAY;
use super::row::{self, At, Row, What};
use super::{Bucket, Key, Slice};
use crate::LakeError;
use crate::table::summed_by;

/// Files of a day from which it is worth merging them.
const FILES_MIN: usize = 4;
/// Rows of a day from which it is worth having their sums beside them.
const SUMS_MIN: usize = 40;

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
        let mut state = self.state.lock().await;
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
            // A day gets wider buckets as a whole, once its end is old enough: in parts it would be written anew each time.
            let width = buckets.width((i64::from(day) + 1).saturating_mul(i64::from(DAY) * 1_000_000), now);
            let seen = (files.iter().fold(0, |sum, file| sum ^ xxh3_64(file.path.as_bytes())), width);
            let parts: Vec<&crate::FileRef> = files.iter().filter(|file| summed_by(&file.path).is_none()).collect();
            if parts.len() < FILES_MIN && state.left_alone.get(&day) == Some(&seen) {
                continue;
            }
            let mut all = Vec::new();
            for part in &parts {
                all.extend(self.read_rows(part).await?);
            }
            let fits = |row: &Row| row.what == What::Profile && row.key.bucket.seconds >= width;
            let summed = parts.len() < files.len() || all.len() < SUMS_MIN;
            if parts.len() < FILES_MIN && summed && all.iter().all(fits) {
                state.left_alone.insert(day, seen);
                continue;
            }
            let rows = merged(&all, |_| width)?;
            let sums = if rows.len() < SUMS_MIN { None } else { Some(row::batch(&sums(&rows)?)?) };
            done.rows_before += all.len() as u64;
            done.rows_after += rows.len() as u64;
            done.days += 1;
            self.lake.rewrite_day(&self.table, day, &files, row::batch(&rows)?, sums).await?;
        }
        Ok(done)
    }
}

/// A sum of profiles: from the first start of a bucket to the last one, made of rows up to the newest.
struct Sum {
    profile: Profile,
    first: i64,
    last: i64,
    newest: At,
}

/// The sum of `rows` by slice and column, for windows that hold them all.
fn sums(rows: &[Row]) -> Result<Vec<Row>, LakeError> {
    let mut sums: BTreeMap<(&Slice, &str, i32), Sum> = BTreeMap::new();
    for row in rows {
        let fail = |source| LakeError::Profile { column: row.column.clone(), source };
        let profile = Profile::decode(&row.state).map_err(fail)?;
        let (start, at) = (row.key.bucket.start, At { source_version: row.source_version, sequence: row.sequence });
        match sums.get_mut(&(&row.key.slice, row.column.as_str(), row.grid)) {
            Some(sum) => {
                sum.profile.merge(&profile).map_err(fail)?;
                (sum.first, sum.last) = (start.min(sum.first), start.max(sum.last));
                sum.newest.source_version = sum.newest.source_version.max(at.source_version);
                sum.newest.sequence = sum.newest.sequence.max(at.sequence);
            }
            None => {
                let sum = Sum { profile, first: start, last: start, newest: at };
                sums.insert((&row.key.slice, &row.column, row.grid), sum);
            }
        }
    }
    let rows = sums.into_iter().map(|((slice, column, grid), sum)| {
        let seconds = u32::try_from((sum.last - sum.first) / 1_000_000 + 1).unwrap_or(DAY);
        Row {
            what: What::Sum,
            key: Key { bucket: Bucket { start: sum.first, seconds }, slice: slice.clone() },
            column: column.to_owned(),
            grid,
            source_version: sum.newest.source_version,
            sequence: sum.newest.sequence,
            state: sum.profile.encode(),
        }
    });
    Ok(rows.collect())
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
