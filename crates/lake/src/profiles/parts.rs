//! The profiles of a window by part of a model: what is watched separately.

use std::collections::{BTreeMap, BTreeSet};

use super::ModelProfiles;
use super::answer::{ColumnProfile, Query};
use super::slice::Slice;
use crate::LakeError;

/// A part of a model's events; what is `None` is not told apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Part {
    /// Only this environment; empty for events that name none.
    pub environment: Option<String>,
    /// Only this version; empty for events that name none.
    pub version: Option<String>,
    /// Only this value of this segment.
    pub segment: Option<(String, String)>,
}

/// What parts are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cut {
    /// Each environment on its own.
    pub environment: bool,
    /// Each version on its own.
    pub version: bool,
    /// Each value of each segment on its own.
    pub segment: bool,
}

/// Parts of one window, at most.
pub const PARTS_MAX: usize = 1000;

impl Part {
    /// The parts that events of `slice` belong to.
    #[must_use]
    pub fn of(slice: &Slice, cuts: &[Cut]) -> BTreeSet<Self> {
        let mut parts = BTreeSet::new();
        for cut in cuts {
            let part = Self {
                environment: cut.environment.then(|| slice.environment.clone()),
                version: cut.version.then(|| slice.version.clone()),
                segment: None,
            };
            if cut.segment {
                let named = slice.segments.iter().filter(|(_, value)| !value.is_empty());
                let of = |(name, value): (&String, &String)| Some((name.clone(), value.clone()));
                parts.extend(named.map(|segment| Self { segment: of(segment), ..part.clone() }));
            } else {
                parts.insert(part);
            }
        }
        parts
    }
}

impl ModelProfiles {
    /// The profiles of the events of `window` (start and end, µs since 1970), by part and column: the parts of each of `cuts`. Each stored row is read once,
    /// whatever the number of parts. There are at most [`PARTS_MAX`] parts: the first that the rows name.
    ///
    /// # Errors
    /// [`LakeError`] when the table cannot be read.
    pub async fn parts(
        &self,
        window: (i64, i64),
        cuts: &[Cut],
    ) -> Result<BTreeMap<Part, BTreeMap<String, ColumnProfile>>, LakeError> {
        let query = Query { windows: vec![window], ..Query::default() };
        let gathered = self.gather(&query).await?;
        let cuts = cuts.to_vec();
        let summed = move || {
            let mut parts: BTreeMap<Part, BTreeMap<String, ColumnProfile>> = BTreeMap::new();
            let mut known: BTreeMap<&Slice, BTreeSet<Part>> = BTreeMap::new();
            for row in gathered.rows() {
                let start = row.key.bucket.start;
                let Some(grid) = gathered.grids.get(&row.column).filter(|grid| grid.number == row.grid) else {
                    continue;
                };
                if start < window.0 || start >= window.1 {
                    continue;
                }
                let mut decoded = None;
                for part in known.entry(&row.key.slice).or_insert_with(|| Part::of(&row.key.slice, &cuts)).iter() {
                    if !parts.contains_key(part) {
                        if parts.len() >= PARTS_MAX {
                            continue;
                        }
                        parts.insert(part.clone(), BTreeMap::new());
                    }
                    let Some(columns) = parts.get_mut(part) else { continue };
                    let sum = columns.entry(row.column.clone()).or_insert_with(|| ColumnProfile::empty(grid));
                    sum.add(row, &mut decoded)?;
                }
            }
            Ok(parts)
        };
        tokio::task::spawn_blocking(summed).await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_belongs_to_a_part_of_each_cut() {
        let segments = [("plan", "gold"), ("region", ""), ("tier", "1")];
        let slice = Slice {
            environment: "prod".into(),
            version: "v1".into(),
            segments: segments.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let whole = Cut::default();
        assert_eq!(Part::of(&slice, &[whole, whole]), [Part::default()].into());
        let version = Cut { version: true, ..whole };
        let segment = Cut { environment: true, segment: true, ..whole };
        let of = |name: &str, value: &str| Part {
            environment: Some("prod".into()),
            version: None,
            segment: Some((name.into(), value.into())),
        };
        let expected: BTreeSet<Part> =
            [Part { version: Some("v1".into()), ..Part::default() }, of("plan", "gold"), of("tier", "1")].into();
        assert_eq!(Part::of(&slice, &[version, segment]), expected);
        assert!(Part::of(&slice, &[]).is_empty());
    }
}
