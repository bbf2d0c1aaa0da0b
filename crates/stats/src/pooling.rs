//! Pooling of rare bins before a chi-squared approximation is trusted.
//!
//! The approximations of the null laws need expected counts of 5 or more. Which bins are pooled is decided without
//! looking at how the current rows fall, so pooling cannot hide or make drift by chance.
//!
//! The rule is exact integer arithmetic over counts in bin order: the same counts give the same groups anywhere.

use crate::shares::rows;

/// The least expected count of a bin that stands alone.
pub const EXPECTED_MIN: u128 = 5;

/// Whether neighbouring bins mean neighbouring values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinOrder {
    /// Bins of a numeric or ordinal column: only neighbours are pooled.
    Ordered,
    /// Categories: all rare ones are pooled into one.
    Nominal,
}

/// Groups of bins for PSI, KL, JS and Hellinger: bin index → group index.
///
/// A bin is rare when its expected count on the smaller side, `min(n, m)·p_b`, is below 5, with `p_b` the share of
/// the REFERENCE and `m = n_current`; the current counts play no part.
/// * [`BinOrder::Nominal`]: all rare bins form one group; while its expected count is still below 5, the smallest
///   remaining bin (the first of equals) joins it.
/// * [`BinOrder::Ordered`]: a rare bin joins its left neighbour; rare bins at the left end join rightwards.
///
/// Pooling stops at two groups, so that a change away from a constant reference stays visible. Groups are numbered
/// 0, 1, … by their first bin. Empty input gives an empty list; an empty reference puts all bins in one group.
#[must_use]
pub fn rare_groups(reference: &[u64], n_current: u64, order: BinOrder) -> Vec<usize> {
    let n = rows(reference);
    if n == 0 {
        return vec![0; reference.len()];
    }
    let groups = group(reference, Scale { smaller: n.min(u128::from(n_current)), total: n }, order);
    if groups.iter().any(|&group| group > 0) || reference.len() < 2 {
        return groups;
    }
    // Everything would be one bin: keep the commonest bin against the rest.
    let commonest = first_max(reference);
    let rest = usize::from(commonest == 0);
    (0..reference.len()).map(|bin| if bin == commonest { 1 - rest } else { rest }).collect()
}

/// Groups of bins for chi-squared and G: as [`rare_groups`], with the expected count of the smaller side under no
/// drift, `min(n, m)·(r_b + c_b)/(n + m)`. Bins empty on both sides never force pooling. One group may remain: then
/// the test says nothing (statistic 0, p = 1). Unequal lengths are cut to the shorter.
#[must_use]
pub fn expected_groups(reference: &[u64], current: &[u64], order: BinOrder) -> Vec<usize> {
    let (n, m) = (rows(reference), rows(current));
    // Halving keeps sums of two counts inside u64; only counts above 2^63 lose their last bit.
    let both: Vec<u64> = reference.iter().zip(current).map(|(&r, &c)| r.saturating_add(c)).collect();
    if n + m == 0 {
        return vec![0; both.len()];
    }
    let scale = Scale { smaller: n.min(m), total: n + m };
    let occupied: Vec<u64> = both.iter().copied().filter(|&count| count > 0).collect();
    let groups = group(&occupied, scale, order);
    let mut position = 0;
    both.iter()
        .map(|&count| {
            let here = groups.get(position).or(groups.last()).copied().unwrap_or(0);
            position += usize::from(count > 0);
            here
        })
        .collect()
}

/// Sums counts by group. Bins without a group are left out; `groups` from another layout cannot panic.
#[must_use]
pub fn pool(counts: &[u64], groups: &[usize]) -> Vec<u64> {
    let bins = groups.iter().copied().max().map_or(0, |last| last + 1).min(groups.len());
    let mut pooled = vec![0_u64; bins];
    for (&count, &group) in counts.iter().zip(groups) {
        if let Some(bin) = pooled.get_mut(group) {
            *bin = bin.saturating_add(count);
        }
    }
    pooled
}

#[derive(Clone, Copy)]
struct Scale {
    smaller: u128,
    total: u128,
}

impl Scale {
    /// `smaller·weight/total < 5`, in integers. Huge products saturate to "not rare".
    fn is_rare(self, weight: u128) -> bool {
        match self.smaller.checked_mul(weight) {
            Some(product) => product < EXPECTED_MIN.saturating_mul(self.total),
            None => false,
        }
    }
}

fn group(weights: &[u64], scale: Scale, order: BinOrder) -> Vec<usize> {
    match order {
        BinOrder::Ordered => group_neighbours(weights, scale),
        BinOrder::Nominal => group_rare(weights, scale),
    }
}

fn group_neighbours(weights: &[u64], scale: Scale) -> Vec<usize> {
    let mut groups = Vec::with_capacity(weights.len());
    let (mut index, mut weight) = (0_usize, 0_u128);
    for (bin, &next) in weights.iter().enumerate() {
        let next = u128::from(next);
        let joins = bin == 0 || scale.is_rare(weight) || scale.is_rare(next);
        if joins {
            weight += next;
        } else {
            index += 1;
            weight = next;
        }
        groups.push(index);
    }
    groups
}

fn group_rare(weights: &[u64], scale: Scale) -> Vec<usize> {
    let mut is_rare: Vec<bool> = weights.iter().map(|&weight| scale.is_rare(u128::from(weight))).collect();
    let mut pooled: u128 = weights.iter().zip(&is_rare).filter(|(_, rare)| **rare).map(|(&w, _)| u128::from(w)).sum();
    while is_rare.contains(&true) && scale.is_rare(pooled) {
        let smallest = (0..weights.len()).filter(|&bin| !is_rare[bin]).min_by_key(|&bin| weights[bin]);
        let Some(bin) = smallest else { break };
        is_rare[bin] = true;
        pooled += u128::from(weights[bin]);
    }
    number_groups(&is_rare)
}

/// One group for all pooled bins, one for each other, numbered by first appearance.
fn number_groups(is_pooled: &[bool]) -> Vec<usize> {
    let (mut next, mut shared) = (0, None);
    let mut take = || {
        next += 1;
        next - 1
    };
    is_pooled.iter().map(|&pooled| if pooled { *shared.get_or_insert_with(&mut take) } else { take() }).collect()
}

fn first_max(counts: &[u64]) -> usize {
    let mut best = 0;
    for (bin, &count) in counts.iter().enumerate() {
        if count > counts[best] {
            best = bin;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nominal_pools_rare_into_one() {
        // n = 1000, m = 100: expected 50, 40, 4, 3, 3, 0.
        let groups = rare_groups(&[500, 400, 40, 30, 30, 0], 100, BinOrder::Nominal);
        assert_eq!(groups, [0, 1, 2, 2, 2, 2]);
        assert_eq!(pool(&[5, 4, 3, 2, 1, 7], &groups), [5, 4, 13]);
    }

    #[test]
    fn nominal_takes_the_smallest_when_rare_is_still_rare() {
        // `other` and `unseen` are empty in the reference: the smaller class joins them.
        assert_eq!(rare_groups(&[600, 400, 0, 0], 100, BinOrder::Nominal), [0, 1, 1, 1]);
    }

    #[test]
    fn ordered_joins_neighbours() {
        assert_eq!(rare_groups(&[1, 500, 2, 400, 97], 100, BinOrder::Ordered), [0, 0, 0, 1, 2]);
        assert_eq!(rare_groups(&[500, 480, 10, 10], 100, BinOrder::Ordered), [0, 1, 1, 1]);
    }

    #[test]
    fn a_constant_reference_keeps_two_groups() {
        assert_eq!(rare_groups(&[0, 100, 0], 50, BinOrder::Ordered), [0, 1, 0]);
        assert_eq!(rare_groups(&[100, 0], 50, BinOrder::Nominal), [0, 1]);
        assert_eq!(rare_groups(&[100], 50, BinOrder::Nominal), [0]);
    }

    #[test]
    fn chi_squared_groups_ignore_empty_bins() {
        assert_eq!(expected_groups(&[50, 0, 50], &[50, 0, 50], BinOrder::Nominal), [0, 1, 1]);
        assert_eq!(expected_groups(&[2, 50, 50], &[2, 50, 50], BinOrder::Ordered), [0, 0, 1]);
        assert_eq!(expected_groups(&[], &[], BinOrder::Ordered), Vec::<usize>::new());
    }

    proptest! {
        #[test]
        fn groups_are_dense_and_expected_enough(
            reference in prop::collection::vec(0_u64..200, 1..30), m in 0_u64..500, nominal: bool,
        ) {
            let order = if nominal { BinOrder::Nominal } else { BinOrder::Ordered };
            let groups = rare_groups(&reference, m, order);
            let pooled = pool(&reference, &groups);
            prop_assert_eq!(pooled.iter().sum::<u64>(), reference.iter().sum::<u64>());
            let n = reference.iter().sum::<u64>();
            if pooled.len() > 2 {
                prop_assert!(pooled.iter().all(|&count| n.min(m) * count >= 5 * n));
            }
        }
    }
}
