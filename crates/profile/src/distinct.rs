//! Distinct values of a column: exact while few, then an estimate from the smallest hashes.

/// Hashes kept before the count becomes an estimate.
pub const DISTINCT_KEPT: usize = 1024;
const SLOTS: usize = 4096;
const EMPTY: u64 = u64::MAX;

/// The `k = 1024` smallest distinct hashes seen (Cohen & Kaplan 2007; bottom-k sketch).
///
/// Exact up to 1,023 distinct values; beyond, the estimate is `(k − 1) · 2^64 / h_(k)` with a relative standard error
/// of `1/√(k − 2)` = 3.1 %. The state is a set: merging is a union, the order of values does not matter and a
/// repeated value changes nothing. It does not subtract. For display; no alarm depends on it.
#[derive(Debug, Clone)]
pub struct Distinct {
    table: Vec<u64>,
    len: usize,
    /// Hashes at or above this value cannot be among the smallest any more.
    threshold: u64,
}

impl Default for Distinct {
    fn default() -> Self {
        Self { table: Vec::new(), len: 0, threshold: EMPTY }
    }
}

impl PartialEq for Distinct {
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

impl Distinct {
    /// Adds a number; −0 and +0 are one value.
    #[inline]
    pub fn add_number(&mut self, value: f64) {
        self.add_hash(mix_number((value + 0.0).to_bits()));
    }

    /// Adds a value by its 64-bit hash.
    #[inline]
    pub fn add_hash(&mut self, hash: u64) {
        if hash < self.threshold {
            self.insert(hash);
        }
    }

    /// The union with `other`.
    pub fn merge(&mut self, other: &Self) {
        other.hashes().for_each(|hash| self.add_hash(hash));
    }

    /// Number of distinct values: exact, or an estimate when [`is_exact`](Self::is_exact) is false.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        if self.is_exact() {
            return self.len as f64;
        }
        (DISTINCT_KEPT - 1) as f64 * (u64::MAX as f64 / self.threshold as f64)
    }

    /// Whether [`estimate`](Self::estimate) is the exact number.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.threshold == EMPTY
    }

    /// The kept hashes in ascending order: the canonical form of the state.
    #[must_use]
    pub fn sorted(&self) -> Vec<u64> {
        let mut hashes: Vec<u64> = self.hashes().collect();
        hashes.sort_unstable();
        hashes
    }

    /// The state that [`sorted`](Self::sorted) came from.
    pub(crate) fn from_hashes(sorted: &[u64], exact: bool) -> Self {
        let mut distinct = Self::default();
        match sorted.split_last() {
            Some((&last, below)) if !exact => {
                distinct.threshold = last;
                below.iter().for_each(|&hash| distinct.add_hash(hash));
            }
            _ => sorted.iter().for_each(|&hash| distinct.add_hash(hash)),
        }
        distinct
    }

    fn hashes(&self) -> impl Iterator<Item = u64> + '_ {
        // At saturation the k-th smallest is the threshold itself and counts as kept.
        let top = (self.threshold != EMPTY).then_some(self.threshold);
        self.table.iter().copied().filter(|&h| h != EMPTY).chain(top)
    }

    #[inline]
    fn insert(&mut self, hash: u64) {
        // The low bits are uniform whatever the threshold, which bounds the high ones.
        let mut slot = hash as usize % SLOTS;
        while let Some(&entry) = self.table.get(slot) {
            if entry == hash {
                return;
            }
            if entry == EMPTY {
                break;
            }
            slot = (slot + 1) % SLOTS;
        }
        self.insert_new(hash);
    }

    #[cold]
    fn insert_new(&mut self, hash: u64) {
        if self.table.is_empty() {
            self.table = vec![EMPTY; SLOTS];
        }
        self.place(hash);
        self.len += 1;
        // Pruning late makes it rare, pruning early keeps the threshold low; what is read is always the k smallest.
        if self.len + usize::from(!self.is_exact()) >= DISTINCT_KEPT + DISTINCT_KEPT / 4 {
            self.prune();
        }
    }

    fn place(&mut self, hash: u64) {
        let mut slot = hash as usize % SLOTS;
        while let Some(entry) = self.table.get_mut(slot) {
            if *entry == EMPTY {
                *entry = hash;
                return;
            }
            slot = (slot + 1) % SLOTS;
        }
    }

    fn prune(&mut self) {
        let mut hashes: Vec<u64> = self.hashes().collect();
        let Some(last) = DISTINCT_KEPT.checked_sub(1).filter(|&last| last < hashes.len()) else { return };
        let (below, threshold, _) = hashes.select_nth_unstable(last);
        self.threshold = *threshold;
        self.table.fill(EMPTY);
        self.len = below.len();
        for &mut hash in below {
            self.place(hash);
        }
    }

    /// Brings the state to its canonical form: at most `k` hashes.
    pub(crate) fn settle(&mut self) {
        if self.len + usize::from(!self.is_exact()) >= DISTINCT_KEPT {
            self.prune();
        }
    }
}

/// A bijection of 64 bits whose high half ranks numbers evenly: half the price of [`crate::hash::mix`].
///
/// The multiplication carries the folded bits upwards, the shift brings the best of them down for the table.
#[inline(always)]
fn mix_number(bits: u64) -> u64 {
    let product = (bits ^ (bits >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl Iterator<Item = u64>) -> Distinct {
        let mut distinct = Distinct::default();
        values.for_each(|v| distinct.add_number(v as f64));
        distinct.settle();
        distinct
    }

    #[test]
    fn exact_while_few_and_blind_to_repeats_and_order() {
        let d = of((0..500).chain(0..500));
        assert!(d.is_exact());
        assert_eq!(d.estimate(), 500.0);
        assert_eq!(of((0..5_000).rev()), of(0..5_000));
        assert_eq!(of([0].into_iter()).estimate(), 1.0);
    }

    #[test]
    fn estimates_within_four_standard_errors() {
        for n in [2_000u64, 50_000, 400_000] {
            let estimate = of(0..n).estimate();
            assert!((estimate / n as f64 - 1.0).abs() < 4.0 / 1022f64.sqrt(), "{n}: {estimate}");
        }
    }

    #[test]
    fn merge_is_union() {
        let (a, b) = (of(0..30_000), of(20_000..60_000));
        let mut ab = a.clone();
        ab.merge(&b);
        ab.settle();
        let mut ba = b;
        ba.merge(&a);
        ba.settle();
        assert_eq!(ab, ba);
        assert_eq!(ab, of(0..60_000));
    }
}
