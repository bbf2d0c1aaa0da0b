//! Several objectives as one.

use super::{Budget, Counts};

/// One objective of several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// Its weight, above 0.
    pub weight: f64,
    /// How its budget stands.
    pub budget: Budget,
}

/// How several objectives stand as one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighted {
    /// Weighted mean of the shares that were good.
    pub sli: f64,
    /// Weighted mean of the burn rates; `None` where one has none.
    pub burn: Option<f64>,
}

/// The weighted mean; components without anything that counts are left out. `None` when none is left.
#[must_use]
pub fn weighted(components: &[Component]) -> Option<Weighted> {
    let known: Vec<(f64, f64, Option<f64>)> = components
        .iter()
        .filter(|one| one.weight > 0.0 && one.weight.is_finite())
        .filter_map(|one| Some((one.weight, one.budget.sli?, one.budget.burn)))
        .collect();
    let total: f64 = known.iter().map(|(weight, ..)| weight).sum();
    let sli = known.iter().map(|(weight, sli, _)| weight * sli).sum::<f64>() / total;
    let burn: Option<f64> = known.iter().map(|(weight, _, burn)| Some(weight * (*burn)?)).sum();
    (!known.is_empty()).then_some(Weighted { sli, burn: burn.map(|burn| burn / total) })
}

/// Share of the budget that the worst of them has left, below 0 beyond it; `None` where nothing counts.
#[must_use]
pub fn worst(components: &[Component]) -> Option<f64> {
    components.iter().filter_map(|one| one.budget.consumed).map(|consumed| 1.0 - consumed).min_by(f64::total_cmp)
}

/// How many of `total` events are good in every component, when only the counts of each are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AllGood {
    /// At least.
    pub least: u64,
    /// At most.
    pub most: u64,
    /// Share, if components fail independently of each other: an estimate, not a bound.
    pub independent: f64,
}

/// Bounds of the events that are good in every component: `max(0, Σ good − (k−1)·total)` to `min good`. `None` without
/// components or events, or where a component has more good events than there are.
///
/// Source: Fréchet 1935; Boole's inequality.
#[must_use]
pub fn all_good(good: &[u64], total: u64) -> Option<AllGood> {
    let most = good.iter().copied().min()?;
    if total == 0 || good.iter().any(|good| *good > total) {
        return None;
    }
    let bad = good.iter().map(|good| total - good).fold(0_u64, u64::saturating_add);
    let independent = good.iter().map(|good| *good as f64 / total as f64).product();
    Some(AllGood { least: total.saturating_sub(bad), most, independent })
}

/// A slice of several objectives that count slices: bad if it is in one, else unknown if it is in one, else good.
#[must_use]
pub fn any_bad(units: &[Counts]) -> Counts {
    let unit = |good, bad, unknown| Counts { good, bad, unknown };
    if units.iter().any(|one| one.bad > 0) {
        unit(0, 1, 0)
    } else if units.is_empty() || units.iter().any(|one| one.unknown > 0 || one.good == 0) {
        unit(0, 0, 1)
    } else {
        unit(1, 0, 0)
    }
}
