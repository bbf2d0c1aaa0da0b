//! The grid of a categorical column: a frozen dictionary with bins for the rest of the reference and for the unseen.

use std::collections::HashMap;

use crate::hash::{hash_bytes, mix};

/// Categories with a bin of their own (methods.md A.4).
pub const CATEGORIES_KEPT: usize = 100;
/// Distinct reference categories that are remembered; beyond it a column is not categorical.
pub const CATEGORIES_KNOWN_MAX: usize = 100_000;
/// Characters of a category that are kept for display; identity is by the hash of all of it.
const LABEL_CHARS_MAX: usize = 80;

/// Bins of a categorical column: `K` kept categories, then `other` (seen in the reference, not kept), then `unseen`.
///
/// Values are told apart by the 64-bit hash of their bytes (with 100,000 categories two collide with probability 3e-10).
#[derive(Debug, Clone)]
pub struct CategoryGrid {
    labels: Vec<String>,
    index: HashMap<u64, u32>,
    id: u64,
}

impl PartialEq for CategoryGrid {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl CategoryGrid {
    /// A grid that keeps `kept` in this order and knows `others`, given as hashes of their bytes.
    #[must_use]
    pub fn new(kept: Vec<(String, u64)>, others: impl IntoIterator<Item = u64>) -> Self {
        let other_bin = kept.len() as u32;
        let mut index: HashMap<u64, u32> = others.into_iter().map(|hash| (hash, other_bin)).collect();
        let mut labels = Vec::with_capacity(kept.len());
        for (bin, (label, hash)) in kept.into_iter().enumerate() {
            index.insert(hash, bin as u32);
            labels.push(label);
        }
        let id = identity(&index);
        Self { labels, index, id }
    }

    /// The fixed grid of a boolean column: `false`, `true`.
    #[must_use]
    pub fn boolean() -> Self {
        Self::new(["false", "true"].map(|s| (s.to_owned(), hash_bytes(s.as_bytes()))).to_vec(), [])
    }

    /// Labels of the kept categories, shortened for display.
    #[must_use]
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Number of bins: kept, other, unseen.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.labels.len() + 2
    }

    /// Bin of a value by the hash of its bytes.
    #[must_use]
    pub fn bin_of(&self, hash: u64) -> usize {
        self.index.get(&hash).map_or(self.unseen_bin(), |&bin| bin as usize)
    }

    /// Index of the bin of reference categories that are not kept.
    #[must_use]
    pub fn other_bin(&self) -> usize {
        self.labels.len()
    }

    /// Index of the bin of values that the reference does not have.
    #[must_use]
    pub fn unseen_bin(&self) -> usize {
        self.labels.len() + 1
    }

    /// Identity of the grid; profiles add only when it is equal.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn index(&self) -> &HashMap<u64, u32> {
        &self.index
    }
}

/// Order-free: a sum of mixed entries, so it does not depend on the map's iteration order.
fn identity(index: &HashMap<u64, u32>) -> u64 {
    index
        .iter()
        .fold(index.len() as u64, |sum, (&hash, &bin)| sum.wrapping_add(mix(hash ^ u64::from(bin).rotate_left(32))))
}

/// The text shown for a category: at most 80 characters.
pub(crate) fn label_of(value: &str) -> String {
    match value.char_indices().nth(LABEL_CHARS_MAX) {
        None => value.to_owned(),
        Some((at, _)) => format!("{}…", value.get(..at).unwrap_or(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_kept_other_unseen() {
        let hash = |s: &str| hash_bytes(s.as_bytes());
        let grid = CategoryGrid::new(vec![("a".into(), hash("a")), ("b".into(), hash("b"))], [hash("c")]);
        assert_eq!(["a", "b", "c", "d"].map(|s| grid.bin_of(hash(s))), [0, 1, 2, 3]);
        assert_eq!((grid.bins(), grid.other_bin(), grid.unseen_bin()), (4, 2, 3));
        assert_eq!(CategoryGrid::boolean().bin_of(hash("true")), 1);
    }

    #[test]
    fn identity_is_of_the_dictionary_not_of_its_order_in_memory() {
        let entries: Vec<(String, u64)> = (0..50).map(|i| (i.to_string(), mix(i))).collect();
        let (a, b) = (CategoryGrid::new(entries.clone(), [1, 2]), CategoryGrid::new(entries.clone(), [2, 1]));
        assert_eq!(a, b);
        assert_ne!(a, CategoryGrid::new(entries, [1, 3]));
    }

    #[test]
    fn long_labels_are_cut_at_a_character() {
        assert_eq!(label_of(&"é".repeat(200)).chars().count(), 81);
        assert_eq!(label_of("short"), "short");
    }
}
