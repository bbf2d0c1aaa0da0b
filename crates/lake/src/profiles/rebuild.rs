//! Profiles made anew from the events of a version.

use std::collections::{BTreeMap, BTreeSet};

use super::count::{Counted, Counting};
use super::follow::{ModelProfiles, State, profile_rows};
use super::grids::ColumnGrid;
use super::plan::DAY;
use super::row::{At, Row, What};
use super::{Bucket, Key, Slice};
use crate::table::day_of;
use crate::{FileRef, LakeError};

const DAY_MICROS: i64 = 86_400_000_000;

impl ModelProfiles {
    /// Rows that take the place of all profiles of `columns` (all when `None`) in `ranges` (all days that have events when
    /// `None`), counted from the events as of the version of
    /// `at`.
    pub(super) async fn rebuilt(
        &self,
        state: &State,
        at: (u64, At),
        columns: Option<&BTreeSet<String>>,
        ranges: Option<&[Bucket]>,
        now: i64,
    ) -> Result<Vec<Row>, LakeError> {
        let (version, at) = at;
        let grids: BTreeMap<String, ColumnGrid> = state
            .grids
            .iter()
            .filter(|(name, _)| columns.is_none_or(|columns| columns.contains(*name)))
            .map(|(name, grid)| (name.clone(), grid.clone()))
            .collect();
        let counting = Counting { plan: &state.plan, grids: &grids, segment_grids: &state.grids, now };
        let mut days: BTreeMap<i32, Vec<FileRef>> = BTreeMap::new();
        for file in self.lake.files_at(&self.events, version).await? {
            days.entry(file.day.unwrap_or(0)).or_default().push(file);
        }
        if let Some(ranges) = ranges {
            days.retain(|day, _| ranges.iter().any(|range| touches(range, *day)));
        }
        let mut rows = resets(&days, columns, ranges, at);
        for files in days.into_values() {
            let mut counted = Counted::new();
            for file in files {
                let mut batches = self.lake.read_file(&self.events, &file, None).await?;
                while let Some(batch) = batches.next().await? {
                    let within =
                        |time: i64| ranges.is_none_or(|all| all.iter().any(|r| r.start <= time && time < r.end()));
                    counting.add(&mut counted, &batch, &within)?;
                }
            }
            rows.extend(profile_rows(&counted, &grids, at));
        }
        Ok(rows)
    }
}

fn touches(range: &Bucket, day: i32) -> bool {
    day_of(range.start) <= day && day <= day_of(range.end().saturating_sub(1))
}

fn resets(
    days: &BTreeMap<i32, Vec<FileRef>>,
    columns: Option<&BTreeSet<String>>,
    ranges: Option<&[Bucket]>,
    at: At,
) -> Vec<Row> {
    let buckets: Vec<Bucket> = match ranges {
        Some(ranges) => ranges.to_vec(),
        None => days.keys().map(|&day| Bucket { start: i64::from(day) * DAY_MICROS, seconds: DAY }).collect(),
    };
    let columns: Vec<String> = columns.map_or_else(|| vec![String::new()], |columns| columns.iter().cloned().collect());
    let row = |(bucket, column): (Bucket, &String)| Row {
        what: What::Reset,
        key: Key { bucket, slice: Slice::default() },
        column: column.clone(),
        grid: 0,
        source_version: at.source_version,
        sequence: at.sequence,
        state: Vec::new(),
    };
    buckets.into_iter().flat_map(|bucket| columns.iter().map(move |column| (bucket, column))).map(row).collect()
}
