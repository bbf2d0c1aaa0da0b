//! Ids in memory.

use super::entry::{Key, Value};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.high);
    }
}

pub(super) type Map = HashMap<Key, Value, BuildHasherDefault<AsItIs>>;

/// The recent part, and how to take back what was not confirmed.
#[derive(Debug, Default)]
pub(super) struct Recent {
    pub(super) map: Map,
    undo: Vec<(Key, Option<Value>)>,
}

impl Recent {
    pub(super) fn insert(&mut self, key: Key, value: Value) {
        let before = self.map.insert(key, value);
        self.undo.push((key, before));
    }

    pub(super) fn unconfirmed(&self) -> usize {
        self.undo.len()
    }

    pub(super) fn confirm(&mut self) {
        self.undo.clear();
        // A huge batch must not hold its memory for ever.
        self.undo.shrink_to(1 << 16);
    }

    /// Takes back all but the first `kept` changes since the last confirmation.
    pub(super) fn undo_to(&mut self, kept: usize) {
        while self.undo.len() > kept {
            match self.undo.pop() {
                Some((key, Some(before))) => _ = self.map.insert(key, before),
                Some((key, None)) => _ = self.map.remove(&key),
                None => return,
            }
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        bytes(&self.map) + (self.undo.capacity() * size_of::<(Key, Option<Value>)>()) as u64
    }
}

/// Memory of a map, filled or not.
pub(super) fn bytes(map: &Map) -> u64 {
    bytes_of(map.capacity())
}

/// Memory of a map for `entries`: its slots (an eighth of them is always free) with one byte of tag each.
pub(super) fn bytes_of(entries: usize) -> u64 {
    let slots = (entries as u64 * 8).div_ceil(7).next_power_of_two();
    if entries == 0 { 0 } else { slots * (size_of::<(Key, Value)>() as u64 + 1) }
}
