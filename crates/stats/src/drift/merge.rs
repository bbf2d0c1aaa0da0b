//! One linear walk over two ascending samples, shared by all rank statistics.

/// A run of equal values in the pooled sample.
#[derive(Clone, Copy)]
pub(super) struct Run {
    /// The value.
    pub(super) value: f64,
    /// How many of the reference have it.
    pub(super) reference: usize,
    /// How many of the current window have it.
    pub(super) current: usize,
}

/// Calls `visit` for every distinct value of the two ascending samples, in order.
///
/// Which side advances is arithmetic, not a branch: on two samples of one law the branch would be a coin toss, and a
/// mispredicted branch costs more than the whole step. The loops over ties are never taken when values are distinct,
/// so they predict well. NaN or unsorted input gives meaningless runs but always ends.
#[inline]
pub(super) fn for_each_run(reference: &[f64], current: &[f64], mut visit: impl FnMut(Run)) {
    let (mut i, mut j) = (0, 0);
    while i < reference.len() && j < current.len() {
        let (x, y) = (reference[i], current[j]);
        // Written so that NaN advances both sides.
        #[allow(clippy::neg_cmp_op_on_partial_ord, reason = "NaN must count as not greater, or the walk would stall")]
        let (take_x, take_y) = (!(x > y), !(y > x));
        let value = if take_x { x } else { y };
        let (mut a, mut b) = (usize::from(take_x), usize::from(take_y));
        while i + a < reference.len() && reference[i + a] == value {
            a += 1;
        }
        while j + b < current.len() && current[j + b] == value {
            b += 1;
        }
        i += a;
        j += b;
        visit(Run { value, reference: a, current: b });
    }
    rest(&reference[i..], |value, count| visit(Run { value, reference: count, current: 0 }));
    rest(&current[j..], |value, count| visit(Run { value, reference: 0, current: count }));
}

fn rest(values: &[f64], mut visit: impl FnMut(f64, usize)) {
    let mut i = 0;
    while i < values.len() {
        let value = values[i];
        let mut count = 1;
        while i + count < values.len() && values[i + count] == value {
            count += 1;
        }
        i += count;
        visit(value, count);
    }
}

/// A sum of many positive terms: short blocks in plain addition, blocks compensated. Fast and good to 1e-13.
#[derive(Default)]
pub(super) struct BlockSum {
    block: f64,
    length: u32,
    total: crate::sum::Neumaier,
}

impl BlockSum {
    #[inline]
    pub(super) fn add(&mut self, term: f64) {
        self.block += term;
        self.length += 1;
        if self.length == 512 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.total.add(self.block);
        (self.block, self.length) = (0.0, 0);
    }

    pub(super) fn total(mut self) -> f64 {
        self.flush();
        self.total.total()
    }
}

/// `∫ g(F − G) dx` over the whole axis for `g` with `g(0) = 0`, raw ECDFs of the two samples.
///
/// Values so far apart that their gap overflows are summed at a quarter of their size; what overflows even then is
/// `f64::MAX`. 0 when a side is empty.
pub(super) fn integral(reference: &[f64], current: &[f64], g: impl Fn(f64) -> f64 + Copy) -> f64 {
    if reference.is_empty() || current.is_empty() {
        return 0.0;
    }
    let plain = scaled_integral(reference, current, 1.0, g);
    if plain.is_finite() {
        return plain;
    }
    let quarter = scaled_integral(reference, current, 0.25, g);
    if quarter.is_nan() { 0.0 } else { (quarter * 4.0).min(f64::MAX) }
}

#[inline]
fn scaled_integral(reference: &[f64], current: &[f64], scale: f64, g: impl Fn(f64) -> f64) -> f64 {
    let (one_reference, one_current) = (1.0 / reference.len() as f64, 1.0 / current.len() as f64);
    let (mut i, mut j) = (0_usize, 0_usize);
    let mut last = reference[0].min(current[0]) * scale;
    let mut sum = BlockSum::default();
    for_each_run(reference, current, |run| {
        let value = run.value * scale;
        sum.add(g(i as f64 * one_reference - j as f64 * one_current) * (value - last));
        last = value;
        i += run.reference;
        j += run.current;
    });
    sum.total()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(reference: &[f64], current: &[f64]) -> Vec<(f64, usize, usize)> {
        let mut out = Vec::new();
        for_each_run(reference, current, |run| out.push((run.value, run.reference, run.current)));
        out
    }

    #[test]
    fn runs_are_counted() {
        assert_eq!(runs(&[1.0, 1.0, 2.0], &[1.0, 3.0, 3.0]), [(1.0, 2, 1), (2.0, 1, 0), (3.0, 0, 2)]);
        assert_eq!(runs(&[], &[2.0, 2.0]), [(2.0, 0, 2)]);
        assert_eq!(runs(&[-0.0], &[0.0]), [(-0.0, 1, 1)]);
    }

    #[test]
    fn nan_ends() {
        assert!(runs(&[f64::NAN, 1.0], &[f64::NAN, f64::NAN, 2.0]).len() < 6);
    }

    #[test]
    fn overflowing_gaps() {
        assert_eq!(integral(&[-f64::MAX], &[f64::MAX], f64::abs), f64::MAX);
        assert_eq!(integral(&[-f64::MAX, f64::MAX], &[-f64::MAX, f64::MAX], f64::abs), 0.0);
        assert_eq!(integral(&[], &[1.0], f64::abs), 0.0);
    }
}
