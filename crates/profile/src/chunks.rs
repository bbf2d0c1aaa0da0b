//! Counts per contiguous stretch of rows: what shows whether rows are as independent as the tests assume.

/// Stretches kept; when more are needed, neighbours are joined.
const CHUNKS_MAX: usize = 64;
/// Rows of the shortest stretch.
const CHUNK_ROWS_MIN: u64 = 256;

/// Counts per bin for up to 64 contiguous, equally long stretches of the reference.
///
/// The stretch length doubles when the rows outgrow 64 stretches, so the state does not depend on the order in which
/// parts of the file are read.
#[derive(Debug, Clone)]
pub struct ChunkCounts {
    rows_each: u64,
    chunks: Vec<Vec<u32>>,
}

impl ChunkCounts {
    /// No rows yet; `rows_expected` (0 when unknown) sets the first stretch length.
    #[must_use]
    pub fn new(rows_expected: u64) -> Self {
        Self { rows_each: rows_expected.div_ceil(CHUNKS_MAX as u64).max(CHUNK_ROWS_MIN), chunks: Vec::new() }
    }

    /// Counts nothing: all rows are one stretch.
    #[must_use]
    pub fn none() -> Self {
        Self { rows_each: 0, chunks: Vec::new() }
    }

    /// First row after the stretch that holds `row`.
    #[must_use]
    pub fn end_of(&self, row: u64) -> u64 {
        row.checked_div(self.rows_each).map_or(u64::MAX, |stretch| (stretch + 1) * self.rows_each)
    }

    /// Adds `count` values in `bin` to the stretch of `row`.
    pub fn add(&mut self, row: u64, bin: usize, count: u64) {
        if self.rows_each == 0 {
            return;
        }
        while row / self.rows_each >= CHUNKS_MAX as u64 {
            self.double();
        }
        let number = (row / self.rows_each) as usize;
        if self.chunks.len() <= number {
            self.chunks.resize(number + 1, Vec::new());
        }
        if let Some(chunk) = self.chunks.get_mut(number) {
            if chunk.len() <= bin {
                chunk.resize(bin + 1, 0);
            }
            if let Some(sum) = chunk.get_mut(bin) {
                *sum = sum.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
    }

    /// The same counts with the bins renamed by `to`.
    pub(crate) fn renumbered(&self, to: impl Fn(usize) -> usize) -> Self {
        let rename = |chunk: &Vec<u32>| {
            let mut counts: Vec<u32> = Vec::new();
            for (bin, &count) in chunk.iter().enumerate() {
                let bin = to(bin);
                counts.resize(counts.len().max(bin + 1), 0);
                if let Some(sum) = counts.get_mut(bin) {
                    *sum = sum.saturating_add(count);
                }
            }
            counts
        };
        Self { rows_each: self.rows_each, chunks: self.chunks.iter().map(rename).collect() }
    }

    fn double(&mut self) {
        self.rows_each *= 2;
        let joined = self.chunks.chunks(2).map(|pair| match pair {
            [a, b] => join(a, b),
            [a] => a.clone(),
            _ => Vec::new(),
        });
        self.chunks = joined.collect();
    }

    /// Counts per stretch in the bins that `groups` maps fine bins to; neighbours joined until each stretch spans
    /// about `rows_wanted` rows. The last one is left out when it is less than half full.
    #[must_use]
    pub fn grouped(&self, groups: &[usize], rows_wanted: u64) -> Vec<Vec<u64>> {
        let bins = groups.iter().max().map_or(0, |g| g + 1);
        let join = (rows_wanted.div_ceil(self.rows_each.max(1)) as usize).clamp(1, CHUNKS_MAX);
        let sum = |chunks: &[Vec<u32>]| {
            let mut counts = vec![0u64; bins];
            for (bin, &count) in chunks.iter().flat_map(|chunk| chunk.iter().enumerate()) {
                if let Some(total) = groups.get(bin).and_then(|&g| counts.get_mut(g)) {
                    *total += u64::from(count);
                }
            }
            counts
        };
        let mut result: Vec<Vec<u64>> = self.chunks.chunks(join).map(sum).collect();
        let rows = |counts: &Vec<u64>| counts.iter().sum::<u64>();
        let largest = result.iter().map(rows).max().unwrap_or(0);
        if result.last().is_some_and(|last| rows(last) * 2 < largest) {
            result.pop();
        }
        result
    }

    /// Rows that one stretch spans.
    #[must_use]
    pub fn rows_each(&self) -> u64 {
        self.rows_each
    }
}

fn join(a: &[u32], b: &[u32]) -> Vec<u32> {
    let at = |counts: &[u32], i: usize| counts.get(i).copied().unwrap_or(0);
    (0..a.len().max(b.len())).map(|i| at(a, i).saturating_add(at(b, i))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_parts_does_not_matter() {
        let rows: Vec<u64> = (0..100_000).collect();
        let count = |rows: &mut dyn Iterator<Item = &u64>| {
            let mut chunks = ChunkCounts::new(0);
            rows.for_each(|&row| chunks.add(row, (row % 3) as usize, 1));
            chunks.grouped(&[0, 1, 1], 1)
        };
        let forward = count(&mut rows.iter());
        assert_eq!(forward, count(&mut rows.iter().rev()));
        assert!((32..=64).contains(&forward.len()), "{}", forward.len());
    }

    #[test]
    fn neighbours_join_to_the_wanted_length() {
        let mut chunks = ChunkCounts::new(6400);
        (0..6400).for_each(|row| chunks.add(row, 0, 1));
        assert_eq!(chunks.grouped(&[0], 640).len(), 8);
        assert_eq!(chunks.end_of(300), 512);
    }
}
