//! Events to profiles: rows grouped by what they are profiled as, each group counted column by column.

use std::collections::{BTreeMap, HashMap};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt32Array};
use arrow_select::take::take;
use watchkeeper_profile::{Counter, Grid, Keep, Profile, hash};
use watchkeeper_spec::event::names;

use super::grids::ColumnGrid;
use super::{Bucket, Key, Plan, Slice};
use crate::LakeError;

/// Segment values that stand for themselves; others of a column are counted together.
const SEGMENT_VALUES_MAX: usize = 50;
/// What stands for the other values of a segment.
const OTHER: &str = "(other)";

/// Encoded profiles by what they are of, then by column. Encoded, since an open profile takes kilobytes, a sparse one bytes.
pub(super) type Counted = BTreeMap<Key, BTreeMap<String, Vec<u8>>>;

/// Counts events over `grids`.
pub(super) struct Counting<'a> {
    pub(super) plan: &'a Plan,
    pub(super) grids: &'a BTreeMap<String, ColumnGrid>,
    /// Grids that tell which segment values stand for themselves.
    pub(super) segment_grids: &'a BTreeMap<String, ColumnGrid>,
    /// When it is, µs since 1970: older events have wider buckets.
    pub(super) now: i64,
}

impl Counting<'_> {
    /// Adds the rows of `batch` whose time `within` accepts.
    pub(super) fn add(
        &self,
        counted: &mut Counted,
        batch: &RecordBatch,
        within: &dyn Fn(i64) -> bool,
    ) -> Result<(), LakeError> {
        for (key, rows) in self.groups(batch, within)? {
            let whole = rows.len() == batch.num_rows();
            let rows = UInt32Array::from(rows);
            let columns = counted.entry(key).or_default();
            for (name, grid) in self.grids {
                let Some(array) = batch.column_by_name(name) else { continue };
                let array: ArrayRef = if whole { array.clone() } else { take(array, &rows, None)? };
                let mut counter = Counter::new(grid.kind, &grid.grid, Keep::default());
                counter.push(0, &array);
                merge_into(columns, name, counter.finish().0)?;
            }
        }
        Ok(())
    }

    fn groups(&self, batch: &RecordBatch, within: &dyn Fn(i64) -> bool) -> Result<BTreeMap<Key, Vec<u32>>, LakeError> {
        let missing = || LakeError::MissingColumn { table: "predictions".into(), column: names::TS.into() };
        let times = batch
            .column_by_name(names::TS)
            .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>())
            .ok_or_else(missing)?;
        let texts = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let (environment, version) = (texts(names::ENVIRONMENT), texts(names::VERSION));
        let segments: Vec<_> =
            self.plan.segments.iter().map(|name| (name, Segment::new(batch, name, self.segment_grids))).collect();
        // Few groups, many rows: the last group is the likeliest, and texts are only copied for a new one.
        let mut found: HashMap<(Bucket, Vec<&str>), Vec<u32>> = HashMap::new();
        let mut parts = Vec::new();
        for (row, &time) in (0_u32..).zip(times.values().iter()) {
            if !within(time) {
                continue;
            }
            let at = row as usize;
            parts.clear();
            parts.push(text_at(environment, at));
            parts.push(text_at(version, at));
            parts.extend(segments.iter().map(|(_, segment)| segment.value(at)));
            let group = (self.plan.buckets.bucket(time, self.now), std::mem::take(&mut parts));
            match found.get_mut(&group) {
                Some(rows) => {
                    rows.push(row);
                    parts = group.1;
                }
                None => {
                    found.insert(group, vec![row]);
                }
            }
        }
        let key = |(bucket, parts): (Bucket, Vec<&str>)| {
            let mut parts = parts.into_iter().map(str::to_owned);
            let (environment, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let segments = self.plan.segments.iter().cloned().zip(parts).collect();
            Key { bucket, slice: Slice { environment, version, segments } }
        };
        Ok(found.into_iter().map(|(group, rows)| (key(group), rows)).collect())
    }
}

fn text_at(column: Option<&StringArray>, row: usize) -> &str {
    column.filter(|column| column.is_valid(row)).map_or("", |column| column.value(row))
}

/// The values of a segment column: those that the baseline knows as frequent stand for themselves.
struct Segment<'a> {
    texts: Option<StringArray>,
    grid: Option<&'a Grid>,
}

impl<'a> Segment<'a> {
    fn new(batch: &RecordBatch, name: &str, grids: &'a BTreeMap<String, ColumnGrid>) -> Self {
        let texts = batch
            .column_by_name(name)
            .and_then(|column| arrow_cast::cast(column, &arrow_schema::DataType::Utf8).ok())
            .and_then(|column| column.as_string_opt::<i32>().cloned());
        Self { texts, grid: grids.get(name).map(|grid| grid.grid.as_ref()) }
    }

    fn value(&self, row: usize) -> &str {
        let text = text_at(self.texts.as_ref(), row);
        match self.grid {
            Some(Grid::Categorical(grid)) if !text.is_empty() => {
                let bin = grid.bin_of(hash::hash_bytes(text.as_bytes()));
                if bin < grid.labels().len().min(SEGMENT_VALUES_MAX) { text } else { OTHER }
            }
            _ => text,
        }
    }
}

/// Adds `profile` to the encoded one of `column`.
pub(super) fn merge_into(
    columns: &mut BTreeMap<String, Vec<u8>>,
    column: &str,
    profile: Profile,
) -> Result<(), LakeError> {
    match columns.get_mut(column) {
        Some(bytes) => {
            let fail = |source| LakeError::Profile { column: column.to_owned(), source };
            let mut sum = Profile::decode(bytes).map_err(fail)?;
            sum.merge(&profile).map_err(fail)?;
            *bytes = sum.encode();
        }
        None => {
            columns.insert(column.to_owned(), profile.encode());
        }
    }
    Ok(())
}
