//! Counting values into a grid. This is the hot loop of the product: see `benches/kernels.rs` for its speed.

use super::profile::NumericProfile;
use crate::distinct::Distinct;
use crate::grid::NumericGrid;

/// Values handled at once: they stay in the first-level cache while three loops pass over them.
const BLOCK: usize = 2048;
/// Rows after which the 64-bit partial sums move to 128-bit ones: 2^22 rows × 2^40 units stays below 2^63.
const FLUSH_ROWS: usize = 1 << 22;
/// Adding 1.5·2^52 to |y| ≤ 2^51 rounds y to an integer held in the low mantissa bits.
const TO_INTEGER: f64 = 6_755_399_441_055_744.0;
/// Adding and subtracting 1.5·2^12 rounds |y| ≤ 2^11 to a multiple of 2^-40.
const TO_POWER_UNIT: f64 = 6144.0;
const LANES: usize = 4;

/// Accumulates finite values into a [`NumericProfile`].
#[derive(Debug, Clone)]
pub struct NumericCounter<'g> {
    grid: &'g NumericGrid,
    cells: Vec<Cell>,
    pending: usize,
    profile: NumericProfile,
    distinct: Option<Distinct>,
    scale: f64,
    center_scaled: f64,
}

/// One bin's parameters and partial sums side by side: one cache line serves a value.
#[derive(Debug, Clone, Copy)]
struct Cell {
    per_unit: f64,
    origin_units: f64,
    /// Wrapping sum of the bit patterns of `units + TO_INTEGER`; the constant is taken out when flushing.
    bits: u64,
    count: u64,
}

impl<'g> NumericCounter<'g> {
    /// An empty counter over `grid`; distinct values are counted when `with_distinct`.
    #[must_use]
    pub fn new(grid: &'g NumericGrid, with_distinct: bool) -> Self {
        let cell =
            |c: &crate::grid::CellUnit| Cell { per_unit: c.per_unit, origin_units: c.origin_units, bits: 0, count: 0 };
        let scale = libm::ldexp(1.0, -grid.scale_exponent());
        Self {
            grid,
            cells: grid.cells().iter().map(cell).collect(),
            pending: 0,
            profile: NumericProfile::empty(grid),
            distinct: with_distinct.then(Distinct::default),
            scale,
            center_scaled: grid.center() * scale,
        }
    }

    /// Goes on counting distinct values from a former state.
    pub(crate) fn resume(&mut self, distinct: Distinct) {
        self.distinct = Some(distinct);
    }

    /// Adds finite values; a NaN or infinity among them is not allowed and would be counted in an outer cell.
    pub fn add(&mut self, values: &[f64]) {
        values.chunks(BLOCK).for_each(|block| self.add_block(block));
    }

    /// Rows counted per bin since the counter was made, by a callback, before they are added to the profile.
    pub(crate) fn flush_with(&mut self, mut seen: impl FnMut(usize, u64)) {
        for ((bin, cell), offset) in self.cells.iter_mut().enumerate().zip(&mut self.profile.offsets) {
            if cell.count > 0 {
                let constant = TO_INTEGER.to_bits().wrapping_mul(cell.count);
                *offset += i128::from(cell.bits.wrapping_sub(constant).cast_signed());
                if let Some(count) = self.profile.counts.get_mut(bin + 1) {
                    *count += cell.count;
                }
                seen(bin, cell.count);
            }
            (cell.bits, cell.count) = (0, 0);
        }
        self.pending = 0;
    }

    /// The profile of all values added, and the distinct values if they were counted.
    #[must_use]
    pub fn finish(mut self) -> (NumericProfile, Option<Distinct>) {
        self.flush_with(|_, _| {});
        if let Some(distinct) = &mut self.distinct {
            distinct.settle();
        }
        (self.profile, self.distinct)
    }

    fn add_block(&mut self, block: &[f64]) {
        let (min, max) = extremes(block);
        self.profile.min = self.profile.min.min(min + 0.0);
        self.profile.max = self.profile.max.max(max + 0.0);
        let (support, limits) = (self.grid.support(), self.grid.limits());
        if min < limits.lo || max > limits.hi {
            self.profile.out_of_range += block.iter().filter(|&&x| !limits.contains(x)).count() as u64;
        }
        if support.lo <= min && max <= support.hi {
            self.add_inside(block);
        } else {
            let (inside, outside): (Vec<f64>, Vec<f64>) = block.iter().partition(|&&x| support.contains(x));
            self.add_inside(&inside);
            outside.into_iter().for_each(|x| self.add_outside(x));
        }
        if let Some(distinct) = &mut self.distinct {
            block.iter().for_each(|&x| distinct.add_number(x));
        }
    }

    fn add_inside(&mut self, block: &[f64]) {
        if self.pending + block.len() > FLUSH_ROWS {
            self.flush_with(|_, _| {});
        }
        self.pending += block.len();
        let powers = power_sums(block, self.scale, self.center_scaled);
        self.profile.powers.iter_mut().zip(powers).for_each(|(sum, part)| *sum += part);
        let cells = &mut self.cells[..];
        self.grid.lookup().for_each(block, |x, bin| {
            if let Some(cell) = cells.get_mut(bin) {
                let units = x * cell.per_unit - cell.origin_units;
                cell.bits = cell.bits.wrapping_add((units + TO_INTEGER).to_bits());
                cell.count += 1;
            }
        });
    }

    #[cold]
    fn add_outside(&mut self, x: f64) {
        let profile = &mut self.profile;
        let below = x < self.grid.support().lo;
        let (tail, cell) = if below {
            (&mut profile.below, profile.counts.first_mut())
        } else {
            (&mut profile.above, profile.counts.last_mut())
        };
        tail.add(x);
        if let Some(count) = cell {
            *count += 1;
        }
        let v = x * self.scale - self.center_scaled;
        let square = v * v;
        let powers = [square, square * v, square * square];
        if powers.iter().all(|p| p.is_finite()) {
            profile.outer_powers.iter_mut().zip(powers).for_each(|(sum, power)| sum.add(power));
        } else {
            profile.overflowed += 1;
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "lane < LANES: written out so that the loop becomes vector instructions")]
fn extremes(block: &[f64]) -> (f64, f64) {
    let mut min = [f64::INFINITY; LANES];
    let mut max = [f64::NEG_INFINITY; LANES];
    let (chunks, rest) = block.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &x) in chunk.iter().enumerate() {
            min[lane] = if x < min[lane] { x } else { min[lane] };
            max[lane] = if x > max[lane] { x } else { max[lane] };
        }
    }
    let ends = |values: &[f64], pick: fn(f64, f64) -> f64, from: f64| values.iter().copied().fold(from, pick);
    (
        ends(rest, f64::min, ends(&min, f64::min, f64::INFINITY)),
        ends(rest, f64::max, ends(&max, f64::max, f64::NEG_INFINITY)),
    )
}

/// Sums of `v, v², v³, v⁴` with `v = x·scale − center`, each term rounded to a multiple of 2^-40 first.
///
/// The rounded terms are small multiples of one unit, so the partial sums of a block are exact in `f64` and the
/// result does not depend on the order: at most `BLOCK / LANES + LANES` terms of at most 1 in a lane, below 2^13.
#[expect(clippy::indexing_slicing, reason = "lane < LANES: written out so that the loop becomes vector instructions")]
fn power_sums(block: &[f64], scale: f64, center: f64) -> [i128; 4] {
    let (mut first, mut second, mut third, mut fourth) = ([0.0f64; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let round = |term: f64| (term + TO_POWER_UNIT) - TO_POWER_UNIT;
    let mut add = |x: f64, lane: usize| {
        let v = x * scale - center;
        let square = v * v;
        first[lane] += round(v);
        second[lane] += round(square);
        third[lane] += round(square * v);
        fourth[lane] += round(square * square);
    };
    let (chunks, rest) = block.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, &x) in chunk.iter().enumerate() {
            add(x, lane);
        }
    }
    rest.iter().for_each(|&x| add(x, 0));
    let total = |lanes: [f64; LANES]| lanes.into_iter().map(|sum| (sum * (1u64 << 40) as f64) as i128).sum();
    [first, second, third, fourth].map(total)
}
