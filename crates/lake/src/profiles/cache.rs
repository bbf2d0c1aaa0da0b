//! Rows of profile files in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::row::Row;

/// Bytes of rows that are kept, of all models together.
const CACHE_BYTES: usize = 64 << 20;

/// Rows of profile files, which never change, by path; paths are unique in a lake.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    files: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    rows: HashMap<String, Arc<Vec<Row>>>,
}

impl Cache {
    pub(super) fn get(&self, path: &str) -> Option<Arc<Vec<Row>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).rows.get(path).cloned()
    }

    pub(super) fn put(&self, path: &str, rows: &Arc<Vec<Row>>) {
        let bytes: usize = rows.iter().map(|row| row.state.len() + 256).sum();
        let mut held = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if held.bytes + bytes > CACHE_BYTES {
            *held = Held::default();
        }
        if bytes <= CACHE_BYTES && held.rows.insert(path.to_owned(), rows.clone()).is_none() {
            held.bytes += bytes;
        }
    }
}
