//! Finding the bin of a value in a few instructions: a table of first guesses, then a fixed number of comparisons.

const CELLS: usize = 4096;
/// Adding 2^52 to a double in [0, 2^51) leaves its rounded integer in the low bits.
const ROUND: f64 = 4_503_599_627_370_496.0;
/// Beyond this many comparisons a binary search is as good.
const STEPS_MAX: usize = 8;

/// Maps a finite value to the number of edges below it.
///
/// A monotone key sends the value to one of 4,096 table cells; the table holds the number of edges whose key is
/// smaller, which are certainly below the value; the edges that share the cell are then compared one by one. The
/// key is linear between the outer edges, or logarithmic (the leading bits of the value) for long tails: whichever
/// needs fewer comparisons.
#[derive(Debug, Clone)]
pub struct Lookup {
    key: Key,
    table: Vec<u16>,
    /// Edges, followed by enough +∞ for the comparisons to run over the end.
    padded: Vec<f64>,
    steps: usize,
}

#[derive(Debug, Clone, Copy)]
enum Key {
    Linear { scale: f64, offset: f64 },
    Bits { base: u64, shift: u32 },
    Search,
}

impl Lookup {
    /// Builds the table for strictly increasing finite `edges`.
    #[must_use]
    pub fn new(edges: &[f64]) -> Self {
        let candidates = [linear_key(edges), bits_key(edges)];
        let best = candidates.into_iter().flatten().map(|key| Self::with_key(edges, key)).min_by_key(|l| l.steps);
        match best {
            Some(lookup) if lookup.steps <= STEPS_MAX => lookup,
            _ => Self { key: Key::Search, table: Vec::new(), padded: edges.to_vec(), steps: 0 },
        }
    }

    fn with_key(edges: &[f64], key: Key) -> Self {
        let mut counts = vec![0u16; CELLS];
        for &edge in edges {
            if let Some(count) = counts.get_mut(key.cell(edge)) {
                *count += 1;
            }
        }
        let steps = usize::from(counts.iter().copied().max().unwrap_or(0));
        let mut before = 0;
        for count in &mut counts {
            let here = *count;
            *count = before;
            before += here;
        }
        let mut padded = edges.to_vec();
        padded.resize(edges.len() + STEPS_MAX + 1, f64::INFINITY);
        Self { key, table: counts, padded, steps }
    }

    /// Calls `visit(value, bin)` for each finite value, with `bin` the number of edges below it.
    #[inline]
    pub fn for_each(&self, values: &[f64], mut visit: impl FnMut(f64, usize)) {
        match self.key {
            Key::Search => {
                values.iter().for_each(|&x| visit(x, self.padded.partition_point(|&edge| edge < x)));
            }
            key @ Key::Linear { .. } => self.scan(values, key, visit),
            key @ Key::Bits { .. } => self.scan(values, key, visit),
        }
    }

    #[inline]
    fn scan(&self, values: &[f64], key: Key, visit: impl FnMut(f64, usize)) {
        match self.steps {
            0 | 1 => self.compare::<1>(values, key, visit),
            2 => self.compare::<2>(values, key, visit),
            3 => self.compare::<3>(values, key, visit),
            4 => self.compare::<4>(values, key, visit),
            5 | 6 => self.compare::<6>(values, key, visit),
            _ => self.compare::<STEPS_MAX>(values, key, visit),
        }
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "cell < 4096 by the mask; padding covers STEPS past the last edge")]
    fn compare<const STEPS: usize>(&self, values: &[f64], key: Key, mut visit: impl FnMut(f64, usize)) {
        let Some(table) = self.table.first_chunk::<CELLS>() else { return };
        for &x in values {
            let mut bin = usize::from(table[key.cell(x)]);
            for _ in 0..STEPS {
                bin += usize::from(self.padded[bin] < x);
            }
            visit(x, bin);
        }
    }
}

impl Key {
    /// A non-decreasing function of the value into `0..CELLS`.
    #[inline(always)]
    fn cell(self, x: f64) -> usize {
        match self {
            Self::Linear { scale, offset } => {
                let y = x * scale - offset;
                let y = if y > 0.0 { y } else { 0.0 };
                let y = if y < (CELLS - 1) as f64 { y } else { (CELLS - 1) as f64 };
                (y + ROUND).to_bits() as usize % CELLS
            }
            Self::Bits { base, shift } => {
                let positive = if x > 0.0 { x } else { 0.0 };
                let cell = (positive.to_bits() >> shift).saturating_sub(base);
                cell.min(CELLS as u64 - 1) as usize % CELLS
            }
            Self::Search => 0,
        }
    }
}

fn linear_key(edges: &[f64]) -> Option<Key> {
    let (first, last) = (edges.first()?, edges.last()?);
    let scale = (CELLS - 2) as f64 / (last - first);
    let offset = first * scale - 1.0;
    (scale.is_finite() && offset.is_finite() && scale > 0.0).then_some(Key::Linear { scale, offset })
}

/// Leading bits of the value: for columns whose edges are (nearly all) positive.
fn bits_key(edges: &[f64]) -> Option<Key> {
    let low = edges.iter().copied().find(|&e| e > 0.0)?.to_bits();
    let high = edges.last()?.to_bits();
    let span = high.checked_sub(low)?;
    let shift = (64 - span.leading_zeros()).saturating_sub(11);
    Some(Key::Bits { base: (low >> shift).saturating_sub(1), shift })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(edges: &[f64], values: &[f64]) {
        let lookup = Lookup::new(edges);
        let mut bins = Vec::new();
        lookup.for_each(values, |_, bin| bins.push(bin));
        let expected: Vec<usize> = values.iter().map(|&x| edges.partition_point(|&e| e < x)).collect();
        assert_eq!(bins, expected, "{:?} steps {}", lookup.key, lookup.steps);
    }

    #[test]
    fn every_kind_of_key_agrees_with_binary_search() {
        let linear: Vec<f64> = (0..200).map(f64::from).collect();
        let tails: Vec<f64> = (0..200).map(|i| (f64::from(i) * 0.15).exp()).collect();
        let worst: Vec<f64> = (-100..100).map(|i| f64::from(i).signum() * (f64::from(i).abs() * 3.0).exp()).collect();
        let atoms: Vec<f64> = (0..100).flat_map(|i| [f64::from(i).next_down(), f64::from(i)]).collect();
        for edges in [&linear, &tails, &worst, &atoms, &vec![0.0], &vec![f64::MIN, f64::MAX]] {
            let mut edges = edges.clone();
            edges.dedup();
            let around = edges.iter().flat_map(|&e| [e.next_down(), e, e.next_up(), e * 0.5, -e, 1e300, -1e300]);
            agrees(&edges, &around.filter(|x| x.is_finite()).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn any_edges(mut edges in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..300),
                     values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 0..100)) {
            edges.sort_by(f64::total_cmp);
            edges.dedup_by(|a, b| a == b);
            agrees(&edges, &values);
            agrees(&edges, &edges);
        }
    }
}
