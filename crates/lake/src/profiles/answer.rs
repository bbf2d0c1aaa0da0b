//! Windows of profiles: the rows that count, summed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use watchkeeper_profile::Profile;

use super::follow::{ModelProfiles, profile_rows};
use super::grids::ColumnGrid;
use super::row::{self, At, ProfileBytes, Row, What};
use super::{Bucket, Slice};
use crate::table::{day_of, summed_by};
use crate::{FileRef, LakeError};

/// Which profiles are asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Half-open windows of event time, µs since 1970. A bucket belongs to the window that its start lies in.
    pub windows: Vec<(i64, i64)>,
    /// Columns; all when empty.
    pub columns: Vec<String>,
    /// Only this environment.
    pub environment: Option<String>,
    /// Only this version.
    pub version: Option<String>,
    /// Only these segment values.
    pub segments: BTreeMap<String, String>,
}

impl Query {
    fn takes(&self, slice: &Slice) -> bool {
        let same = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        same(&self.environment, &slice.environment)
            && same(&self.version, &slice.version)
            && self.segments.iter().all(|(name, value)| slice.segments.get(name) == Some(value))
    }
}

/// The profile of a column in one window.
#[derive(Debug, Clone)]
pub struct ColumnProfile {
    /// What the profile lies over.
    pub grid: ColumnGrid,
    /// The sum of the window's profiles.
    pub profile: Profile,
    /// Start of the first and end of the last bucket that was added, µs; `None` when there was none.
    pub span: Option<(i64, i64)>,
}

impl ColumnProfile {
    /// Of no rows.
    pub(super) fn empty(grid: &ColumnGrid) -> Self {
        Self { grid: grid.clone(), profile: Profile::empty(&grid.grid), span: None }
    }

    /// Adds a row over the same grid; `decoded` is its profile once somebody needed it.
    pub(super) fn add(&mut self, row: &Row, decoded: &mut Option<Profile>) -> Result<(), LakeError> {
        let fail = |source| LakeError::Profile { column: row.column.clone(), source };
        let profile = match decoded {
            Some(profile) => profile,
            None => decoded.insert(Profile::decode(&row.state).map_err(fail)?),
        };
        self.profile.merge(profile).map_err(fail)?;
        let Bucket { start, .. } = row.key.bucket;
        let (low, high) = self.span.unwrap_or((start, row.key.bucket.end()));
        self.span = Some((low.min(start), high.max(row.key.bucket.end())));
        Ok(())
    }
}

/// What an answer is made of.
pub(super) struct Gathered {
    pub(super) grids: BTreeMap<String, ColumnGrid>,
    files: Vec<Arc<Vec<Row>>>,
    pending: Vec<Row>,
}

impl Gathered {
    /// The rows that count, those that wait for a commit among them.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        let rows: Vec<&Row> = self.files.iter().flat_map(|rows| rows.iter()).collect();
        valid(&rows).into_iter().chain(self.pending.iter())
    }
}

impl ModelProfiles {
    /// The profiles of each window, by column; columns without a grid are not there.
    ///
    /// # Errors
    /// [`LakeError`] when the table cannot be read.
    pub async fn profiles(&self, query: &Query) -> Result<Vec<BTreeMap<String, ColumnProfile>>, LakeError> {
        let gathered = self.gather(query).await?;
        let query = query.clone();
        tokio::task::spawn_blocking(move || summed(&query, &gathered)).await?
    }

    /// The rows that `query` may need, and the grids they lie over.
    pub(super) async fn gather(&self, query: &Query) -> Result<Gathered, LakeError> {
        let (grids, pending, days) = {
            let mut state = self.state.lock().await;
            self.load(&mut state).await?;
            let pending = profile_rows(&state.pending, &state.grids, At::version(state.followed.unwrap_or(0)));
            (state.grids.clone(), pending, self.files_of(query).await?)
        };
        self.rest().await;
        let mut files = Vec::new();
        for of_day in days.into_values() {
            files.extend(self.rows_of_day(query, of_day).await?);
        }
        Ok(Gathered { grids, files, pending })
    }

    /// The values that split profiles: each combination found in a window with its rows of the first column.
    ///
    /// # Errors
    /// [`LakeError`] when the table cannot be read.
    pub async fn slices(&self, query: &Query) -> Result<Vec<Slice>, LakeError> {
        let mut slices = BTreeSet::new();
        for files in self.files_of(query).await?.into_values() {
            for rows in self.rows_of_day(query, files).await? {
                let profiles = rows.iter().filter(|row| row.what.counts() && query.takes(&row.key.slice));
                slices.extend(profiles.map(|row| row.key.slice.clone()));
            }
        }
        let mut state = self.state.lock().await;
        self.load(&mut state).await?;
        slices.extend(state.pending.keys().map(|key| key.slice.clone()).filter(|slice| query.takes(slice)));
        drop(state);
        self.rest().await;
        Ok(slices.into_iter().collect())
    }

    /// How many bytes profiles take, by width of bucket in seconds and column.
    ///
    /// # Errors
    /// [`LakeError`] when the table cannot be read.
    pub async fn bytes(&self) -> Result<BTreeMap<(u32, String), ProfileBytes>, LakeError> {
        let mut bytes: BTreeMap<(u32, String), ProfileBytes> = BTreeMap::new();
        for file in self.lake.files(&self.table, None).await?.into_iter().filter(|f| summed_by(&f.path).is_none()) {
            for row in self.rows_of(&file).await?.iter().filter(|row| row.what == What::Profile) {
                let sum = bytes.entry((row.key.bucket.seconds, row.column.clone())).or_default();
                sum.rows += 1;
                sum.state_bytes += row.state.len() as u64;
            }
        }
        Ok(bytes)
    }

    /// The rows of the files of one day that make up what `query` asks for: the sums of a file in the place of its rows where
    /// no window cuts through them and nothing that came later voids some of them.
    async fn rows_of_day(&self, query: &Query, files: Vec<FileRef>) -> Result<Vec<Arc<Vec<Row>>>, LakeError> {
        let (sums, mut parts): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| summed_by(&file.path).is_some());
        let summed = sums.first().and_then(|sum| {
            let of = summed_by(&sum.path)?;
            Some((sum, parts.iter().position(|part| part.path == of)?))
        });
        let Some((sum, of)) = summed else { return self.rows_of_all(&parts).await };
        let (of, later) = (parts.swap_remove(of), parts);
        let mut rows = self.rows_of_all(&later).await?;
        let voids = rows.iter().flat_map(|rows| rows.iter()).any(|row| row.what == What::Reset);
        let sums = self.rows_of(sum).await?;
        let whole = sums.iter().all(|row| query.windows.iter().all(|window| !cuts(*window, &row.key.bucket)));
        rows.push(if whole && !voids { sums } else { self.rows_of(&of).await? });
        Ok(rows)
    }

    async fn rows_of_all(&self, files: &[FileRef]) -> Result<Vec<Arc<Vec<Row>>>, LakeError> {
        let mut all = Vec::with_capacity(files.len());
        for file in files {
            all.push(self.rows_of(file).await?);
        }
        Ok(all)
    }

    /// The files with rows of the windows' days, by day. Where what is pending is added, listed under the same lock as it: a flush
    /// in between would be counted twice.
    async fn files_of(&self, query: &Query) -> Result<BTreeMap<i32, Vec<FileRef>>, LakeError> {
        let days = days_of(query);
        let mut wanted: BTreeMap<i32, Vec<FileRef>> = BTreeMap::new();
        for file in self.lake.files(&self.table, None).await? {
            if let Some(day) = file.day.filter(|day| days.binary_search(day).is_ok()) {
                wanted.entry(day).or_default().push(file);
            }
        }
        Ok(wanted)
    }

    /// The rows of a file, from memory when they are there.
    pub(super) async fn rows_of(&self, file: &FileRef) -> Result<Arc<Vec<Row>>, LakeError> {
        if let Some(rows) = self.lake.profile_rows.get(&self.table, &file.path) {
            return Ok(rows);
        }
        let rows = Arc::new(self.read_rows(file).await?);
        self.lake.profile_rows.put(&self.table, &file.path, &rows);
        Ok(rows)
    }

    /// The rows of a file, for those who need them once.
    pub(super) async fn read_rows(&self, file: &FileRef) -> Result<Vec<Row>, LakeError> {
        let mut rows = Vec::new();
        let mut batches = self.lake.read_file(&self.table, file, None).await?;
        while let Some(batch) = batches.next().await? {
            rows.extend(row::rows(&batch)?);
        }
        Ok(rows)
    }
}

/// Whether a window holds some of the starts from that of `bucket` to its end, and not all.
fn cuts((from, to): (i64, i64), bucket: &Bucket) -> bool {
    let (first, end) = (bucket.start, bucket.end());
    let inside = from <= first && end <= to;
    let outside = end <= from || to <= first;
    !inside && !outside
}

fn days_of(query: &Query) -> Vec<i32> {
    let days = query.windows.iter().filter(|(from, to)| from < to).flat_map(|&(from, to)| Bucket::days(from, to));
    let mut days: Vec<i32> = days.map(day_of).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// The rows that are not void: a reset voids earlier rows that lie in its bucket.
pub(super) fn valid<'a>(rows: &[&'a Row]) -> Vec<&'a Row> {
    let mut resets: BTreeMap<i32, Vec<&Row>> = BTreeMap::new();
    for reset in rows.iter().filter(|row| row.what == What::Reset) {
        resets.entry(day_of(reset.key.bucket.start)).or_default().push(reset);
    }
    let void = |row: &Row| {
        resets.get(&day_of(row.key.bucket.start)).is_some_and(|resets| {
            resets.iter().any(|reset| {
                reset.sequence > row.sequence
                    && (reset.column.is_empty() || reset.column == row.column)
                    && reset.key.bucket.covers(&row.key.bucket)
            })
        })
    };
    rows.iter().copied().filter(|row| row.what.counts() && !void(row)).collect()
}

fn summed(query: &Query, gathered: &Gathered) -> Result<Vec<BTreeMap<String, ColumnProfile>>, LakeError> {
    let wanted = |column: &str| query.columns.is_empty() || query.columns.iter().any(|name| name == column);
    let empty: BTreeMap<String, ColumnProfile> = gathered
        .grids
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, grid)| (name.clone(), ColumnProfile::empty(grid)))
        .collect();
    let mut windows = vec![empty; query.windows.len()];
    for row in gathered.rows() {
        if !wanted(&row.column) || !query.takes(&row.key.slice) {
            continue;
        }
        let Bucket { start, .. } = row.key.bucket;
        let mut decoded = None;
        for (window, columns) in query.windows.iter().zip(&mut windows) {
            if start < window.0 || start >= window.1 {
                continue;
            }
            let Some(sum) = columns.get_mut(&row.column).filter(|sum| sum.grid.number == row.grid) else { continue };
            sum.add(row, &mut decoded)?;
        }
    }
    Ok(windows)
}
