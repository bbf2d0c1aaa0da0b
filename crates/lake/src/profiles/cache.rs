//! Rows of profile files in memory, for all models together.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::row::Row;
use crate::TableId;

/// Bytes of rows that are kept.
const BYTES_MAX: usize = 64 << 20;
/// What a row takes beside its state.
const ROW_BYTES: usize = 256;

/// Rows by file; files never change. The oldest ones make room for new ones.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    rows: HashMap<(TableId, String), Arc<Vec<Row>>>,
    order: VecDeque<(TableId, String)>,
}

impl Cache {
    pub(super) fn get(&self, table: &TableId, path: &str) -> Option<Arc<Vec<Row>>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.rows.get(&(table.clone(), path.to_owned())).cloned()
    }

    pub(super) fn put(&self, table: &TableId, path: &str, rows: &Arc<Vec<Row>>) {
        let new = bytes(rows);
        let key = (table.clone(), path.to_owned());
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if new > BYTES_MAX || held.rows.contains_key(&key) {
            return;
        }
        while held.bytes + new > BYTES_MAX {
            let Some(oldest) = held.order.pop_front() else { break };
            let gone = held.rows.remove(&oldest).map_or(0, |rows| bytes(&rows));
            held.bytes = held.bytes.saturating_sub(gone);
        }
        held.bytes += new;
        held.order.push_back(key.clone());
        held.rows.insert(key, rows.clone());
    }
}

fn bytes(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.state.len() + ROW_BYTES).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::TableName;
    use crate::profiles::row::What;
    use crate::profiles::{Bucket, Key, Slice};

    #[test]
    fn the_oldest_files_of_any_table_make_room() {
        let cache = Cache::default();
        let table = |model: &str| TableId::of_model("default", model, TableName::Profiles);
        let row = Row {
            what: What::Profile,
            key: Key { bucket: Bucket { start: 0, seconds: 300 }, slice: Slice::default() },
            column: "x".into(),
            grid: 1,
            source_version: 0,
            sequence: 0,
            state: vec![0; BYTES_MAX / 3],
        };
        let rows = Arc::new(vec![row]);
        for model in ["a", "b", "c", "d"] {
            cache.put(&table(model), "file", &rows);
        }
        let there: Vec<bool> = ["a", "b", "c", "d"].map(|m| cache.get(&table(m), "file").is_some()).to_vec();
        assert_eq!(there, [false, false, true, true]);
        assert!(cache.get(&table("d"), "other").is_none());
    }
}
