//! Shapley values of a few groups, given the value of every set of them.

use crate::random::Xoshiro256;

/// Groups up to which all sets are valued.
pub const EXACT_MAX: usize = 6;
/// Most groups that are accepted.
pub const GROUPS_MAX: usize = 12;
/// Pairs of a permutation and its reverse beyond [`EXACT_MAX`].
const PAIRS: usize = 64;

/// Shapley values of `groups` players under `value`, which gets a bit mask of players (bit `i` is player `i`).
///
/// Up to 6 groups exactly, by all `2^k` sets; up to 12 by 64 pairs of a random permutation and its reverse. Either way
/// the values add up to `value(all) − value(none)`. `value` is called at most once a set. Associational: a group's
/// value says how the number moves when the group is changed in the calculation, not in the world.
///
/// `None` for no groups, more than 12, or when a value is not finite.
///
/// # Source
/// Shapley 1953; Zhang et al. 2023, <https://arxiv.org/abs/2210.10769>; antithetic permutations: Mitchell et al. 2022,
/// <https://jmlr.org/papers/v23/21-0439.html>.
pub fn shapley(groups: usize, seed: u64, mut value: impl FnMut(u32) -> f64) -> Option<Vec<f64>> {
    if groups == 0 || groups > GROUPS_MAX {
        return None;
    }
    let mut known = vec![None; 1 << groups];
    let mut cached = |mask: u32| *known[mask as usize].get_or_insert_with(|| value(mask));
    let values = if groups <= EXACT_MAX { exact(groups, &mut cached) } else { sampled(groups, seed, &mut cached) };
    values.iter().all(|v| v.is_finite()).then_some(values)
}

fn exact(groups: usize, value: &mut impl FnMut(u32) -> f64) -> Vec<f64> {
    let factorial = |n: usize| (1..=n).map(|i| i as f64).product::<f64>();
    let mut values = vec![0.0; groups];
    for mask in 0..1u32 << groups {
        let size = mask.count_ones() as usize;
        for (player, sum) in values.iter_mut().enumerate() {
            let bit = 1 << player;
            if mask & bit == 0 {
                let weight = factorial(size) * factorial(groups - size - 1) / factorial(groups);
                *sum += weight * (value(mask | bit) - value(mask));
            }
        }
    }
    values
}

fn sampled(groups: usize, seed: u64, value: &mut impl FnMut(u32) -> f64) -> Vec<f64> {
    let mut random = Xoshiro256::new(seed);
    let mut values = vec![0.0; groups];
    let mut order: Vec<usize> = (0..groups).collect();
    for _ in 0..PAIRS {
        for i in (1..groups).rev() {
            order.swap(i, random.below(i as u64 + 1) as usize);
        }
        for _ in 0..2 {
            let mut mask = 0;
            for &player in &order {
                let with = mask | 1 << player;
                values[player] += (value(with) - value(mask)) / (2 * PAIRS) as f64;
                mask = with;
            }
            order.reverse();
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn worked_example() {
        let table = [0.10, 0.13, 0.11, 0.16];
        let values = shapley(2, 0, |mask| table[mask as usize]).unwrap();
        assert!((values[0] - 0.04).abs() < 1e-12 && (values[1] - 0.02).abs() < 1e-12, "{values:?}");
        assert_eq!(shapley(0, 0, |_| 0.0), None);
        assert_eq!(shapley(13, 0, |_| 0.0), None);
        assert_eq!(shapley(2, 0, |_| f64::NAN), None);
    }

    #[test]
    fn permutations_agree_with_an_additive_game_and_respect_symmetry() {
        let values = shapley(10, 7, |mask| (0..10).filter(|i| mask & (1 << i) != 0).map(f64::from).sum()).unwrap();
        assert!(values.iter().enumerate().all(|(i, v)| (v - i as f64).abs() < 1e-12), "{values:?}");
        // A quadratic game: each of the ten equal players has a tenth of 10².
        let equal = shapley(10, 7, |mask| f64::from(mask.count_ones()).powi(2)).unwrap();
        assert!(equal.iter().all(|v| (v - 10.0).abs() < 1e-9), "{equal:?}");
    }

    proptest! {
        #[test]
        fn values_add_up(groups in 1usize..9, table in prop::collection::vec(-1.0..1.0f64, 256), seed: u64) {
            let values = shapley(groups, seed, |mask| table[mask as usize]).unwrap();
            let all = table[(1 << groups) - 1] - table[0];
            prop_assert!((values.iter().sum::<f64>() - all).abs() < 1e-12);
        }
    }
}
