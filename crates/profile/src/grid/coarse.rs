//! Coarse bins: unions of fine bins that hold about a tenth of the reference each.

/// Coarse bins aimed at.
pub const COARSE_BINS: u64 = 10;
/// Up to this many distinct reference values, each value is a coarse bin ("PSI on values", methods.md B.6).
pub const BY_VALUE_MAX: usize = 20;

/// Groups fine bins into coarse ones: `groups[b]` is the coarse bin of fine bin `b`, ascending from 0.
///
/// Scans the bins and closes a group at the first bin where the cumulative reference share reaches the next tenth
/// (methods.md A.2). Bins of one value that hold a tenth or more stand alone, so that leaving a constant is seen on
/// either side. With `by_value` (a column of few distinct values) each bin that holds rows closes a group.
///
/// * `reference`: counts per fine bin; `point`: whether the bin holds one value only; equal lengths.
#[must_use]
pub fn coarse_groups(reference: &[u64], point: &[bool], coarse_bins: u64, by_value: bool) -> Vec<usize> {
    let total: u64 = reference.iter().sum();
    let coarse_bins = coarse_bins.max(2);
    let mut groups = Vec::with_capacity(reference.len());
    let (mut group, mut open, mut below, mut next) = (0, false, 0u64, 1u64);
    for (&count, &point) in reference.iter().zip(point) {
        let heavy = point && count * coarse_bins >= total.max(1);
        if heavy && open {
            group += 1;
        }
        groups.push(group);
        open = true;
        below += count;
        let decile = below * coarse_bins >= next * total && next < coarse_bins && total > 0;
        while below * coarse_bins >= next * total && next < coarse_bins && total > 0 {
            next += 1;
        }
        if heavy || decile || (by_value && count > 0) {
            group += 1;
            open = false;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deciles_of_even_bins() {
        let groups = coarse_groups(&[10; 200], &[false; 200], 10, false);
        assert_eq!(groups.last(), Some(&9));
        assert!(groups.chunks(20).enumerate().all(|(g, bins)| bins.iter().all(|&b| b == g)));
        assert_eq!(coarse_groups(&[10; 200], &[false; 200], 5, false).last(), Some(&4));
    }

    #[test]
    fn a_constant_is_told_from_both_sides() {
        assert_eq!(coarse_groups(&[0, 50, 0], &[false, true, false], 10, false), [0, 1, 2]);
    }

    #[test]
    fn a_heavy_atom_stands_alone() {
        let groups = coarse_groups(&[0, 900, 30, 30, 40], &[false, true, false, false, false], 5, false);
        assert_eq!(groups, [0, 1, 2, 2, 2]);
    }

    #[test]
    fn few_values_are_their_own_bins() {
        assert_eq!(coarse_groups(&[1, 0, 200, 3], &[false; 4], 10, true), [0, 1, 1, 2]);
    }

    #[test]
    fn an_empty_reference_is_one_bin() {
        assert_eq!(coarse_groups(&[0, 0], &[false; 2], 10, false), [0, 0]);
    }
}
