//! Features by drift beyond noise, weighted by importance.

use watchkeeper_stats::attribution::contribution::{excess_psi, moved_bins, shares};

use super::{Strength, Suspect, SuspectKind};
use crate::text::{number, percent};

/// A column's bins on both sides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bins {
    /// Names of the bins for people: `12 to 20`, a category.
    pub labels: Vec<String>,
    /// Rows of the reference per bin.
    pub reference: Vec<u64>,
    /// Current rows per bin.
    pub current: Vec<u64>,
}

/// What is known of a feature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureEvidence {
    /// The column.
    pub column: String,
    /// Declared importance or mean absolute attribution, ≥ 0; `None` where neither is known.
    pub importance: Option<f64>,
    /// Coarse bins (about ten), or categories.
    pub bins: Bins,
    /// Rows without a value, of reference and current.
    pub missing: (u64, u64),
    /// Medians of reference and current, for numbers.
    pub medians: Option<(f64, f64)>,
    /// Correlation of the column's drift with the metric's distance from its reference, over past windows, in `[−1, 1]`.
    pub correlation: Option<f64>,
    /// Share of attribution that the feature gained or lost, in `[−1, 1]`, where attributions are logged.
    pub attribution_shift: Option<f64>,
}

/// Effect from which a drift is large; see [`score`].
const EFFECT_LARGE: f64 = 0.25;
/// Effects below this are no suspects.
const EFFECT_MIN: f64 = 0.02;
/// Moved bins that a sentence names.
const BINS_SHOWN: usize = 3;

/// The drifted features as suspects.
pub(super) fn rank(features: &[FeatureEvidence]) -> Vec<Suspect> {
    let effects: Vec<f64> = features.iter().map(|f| effect(f).unwrap_or(0.0)).collect();
    let importance: Vec<Option<f64>> = features.iter().map(|f| f.importance).collect();
    let weights = shares(&importance, &effects);
    features
        .iter()
        .zip(effects.iter().zip(weights))
        .filter(|(_, (effect, _))| **effect >= EFFECT_MIN)
        .map(|(feature, (&effect, weight))| suspect(feature, effect, weight))
        .collect()
}

/// Both sides with missing rows as one more bin: a column that goes missing has moved too.
fn counts(feature: &FeatureEvidence) -> (Vec<u64>, Vec<u64>) {
    let with = |counts: &[u64], missing: u64| counts.iter().copied().chain([missing]).collect();
    (with(&feature.bins.reference, feature.missing.0), with(&feature.bins.current, feature.missing.1))
}

fn effect(feature: &FeatureEvidence) -> Option<f64> {
    let (reference, current) = counts(feature);
    excess_psi(&reference, &current).ok()
}

/// `k = 0.55·E/(E + 0.25) + 0.45·share of the drift weighted by importance`; where the correlation with performance is
/// known, `0.8·k + 0.2·correlation`; a tenth of a shift of attribution is added. In `[0, 0.94]`.
fn score(feature: &FeatureEvidence, effect: f64, weight: f64) -> f64 {
    let known = 0.55 * effect / (effect + EFFECT_LARGE) + 0.45 * weight;
    let shifted = feature.attribution_shift.map_or(0.0, |s| 0.1 * s.abs().min(1.0));
    let score = match feature.correlation {
        Some(r) if r.is_finite() => 0.8 * known + 0.2 * r.clamp(0.0, 1.0),
        _ => known,
    };
    (score + shifted).clamp(0.0, 0.94)
}

fn suspect(feature: &FeatureEvidence, effect: f64, weight: f64) -> Suspect {
    let score = score(feature, effect, weight);
    let rate = |(missing, bins): (u64, &[u64])| {
        let rows = missing + bins.iter().sum::<u64>();
        missing as f64 / rows.max(1) as f64
    };
    let missing =
        (rate((feature.missing.0, &feature.bins.reference)), rate((feature.missing.1, &feature.bins.current)));
    let mut evidence = vec![("effect", effect), ("share", weight)];
    evidence.extend(feature.importance.map(|i| ("importance", i)));
    evidence.extend(feature.correlation.map(|r| ("correlation", r)));
    evidence.extend(feature.attribution_shift.map(|s| ("attribution_shift", s)));
    evidence.push(("missing_reference", missing.0));
    evidence.push(("missing_current", missing.1));
    Suspect {
        kind: SuspectKind::Feature,
        name: feature.column.clone(),
        strength: Strength::of(score),
        score,
        evidence,
        sentence: sentence(feature, effect, weight, missing),
    }
}

fn sentence(feature: &FeatureEvidence, effect: f64, weight: f64, missing: (f64, f64)) -> String {
    let mut text = format!(
        "`{}` drifted by {} beyond noise (PSI), {} of the weighted drift of all features",
        feature.column,
        number(effect),
        percent(weight)
    );
    match feature.medians {
        Some((r, c)) if number(r) != number(c) => {
            text += &format!("; median {} from {} to {}", if c > r { "up" } else { "down" }, number(r), number(c));
        }
        _ => {}
    }
    let (reference, current) = counts(feature);
    let moved = moved_bins(&reference, &current).unwrap_or_default();
    let named: Vec<String> = moved
        .iter()
        .filter(|bin| bin.share >= 0.1 && bin.bin < feature.bins.labels.len())
        .take(BINS_SHOWN)
        .filter_map(|bin| {
            let label = feature.bins.labels.get(bin.bin)?;
            Some(format!("`{label}` {} → {}", percent(bin.reference), percent(bin.current)))
        })
        .collect();
    if (missing.1 - missing.0).abs() >= 0.01 {
        text += &format!("; missing {} → {}", percent(missing.0), percent(missing.1));
    }
    if !named.is_empty() {
        text += &format!("; moved most: {}", named.join(", "));
    }
    text
}
