//! Facts about whole rows: repeated ids, the order of time.

use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::DataType;
use watchkeeper_profile::{for_each_string, hash};

use crate::time::micros_of;

/// Ids beyond this many are not checked for repetition: 128 MB of hashes.
pub(super) const IDS_MAX: usize = 1 << 24;
/// One time is remembered for so many rows.
const ORDER_STEP: u64 = 512;

/// The hashes of an id column.
#[derive(Debug, Default)]
pub(super) struct Ids {
    hashes: Vec<u64>,
    overflow: bool,
}

impl Ids {
    pub(super) fn see(&mut self, array: &ArrayRef) {
        let Ok(texts) = cast(array, &DataType::Utf8) else { return };
        for_each_string(&texts, &mut |text, _| {
            if let Some(text) = text {
                if self.hashes.len() < IDS_MAX {
                    self.hashes.push(hash::hash_bytes(text.as_bytes()));
                } else {
                    self.overflow = true;
                }
            }
        });
    }

    /// Rows whose id occurred before, and all rows with an id; `None` when there were too many to tell.
    pub(super) fn duplicates(mut self) -> Option<(u64, u64)> {
        if self.overflow {
            return None;
        }
        let rows = self.hashes.len() as u64;
        self.hashes.sort_unstable();
        self.hashes.dedup();
        Some((rows - self.hashes.len() as u64, rows))
    }
}

/// Whether rows are in order of time, judged by every 512th.
#[derive(Debug, Default)]
pub(super) struct TimeOrder {
    times: Vec<(u64, i64)>,
}

impl TimeOrder {
    pub(super) fn see(&mut self, first_row: u64, array: &ArrayRef) {
        let skip = (ORDER_STEP - first_row % ORDER_STEP) % ORDER_STEP;
        let mut row = skip as usize;
        while row < array.len() {
            if let Some(Some(time)) = micros_of(&array.slice(row, 1)).and_then(|times| times.first().copied()) {
                self.times.push((first_row + row as u64, time));
            }
            row += ORDER_STEP as usize;
        }
    }

    /// At least 19 of 20 steps do not go back, and there are enough of them.
    pub(super) fn is_ordered(&self) -> bool {
        let mut times = self.times.clone();
        times.sort_unstable();
        let steps = times.len().saturating_sub(1);
        let forward = times.windows(2).filter(|pair| matches!(pair, [a, b] if a.1 <= b.1)).count();
        steps >= 8 && forward * 20 >= steps * 19
    }
}
