//! False discovery rate over the evaluations of one family: those of one model, environment and window.

use serde::{Deserialize, Serialize};
use watchkeeper_stats::multiple::{benjamini_hochberg, benjamini_yekutieli};

use crate::evaluation::{Evaluation, Outcome};

/// What is assumed of the p-values of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dependence {
    /// Independent, or positively dependent as features of one model usually are: Benjamini–Hochberg.
    #[default]
    Positive,
    /// Anything: Benjamini–Yekutieli.
    Any,
}

/// Keeps the false discovery rate of the breaches of one family at `q`: breaches that do not survive become near misses.
/// Returns how many.
///
/// `importance` is the weight of an evaluation, 1 where nothing is known; weights are scaled to a mean of 1 over the
/// tests that have a p-value, and each p-value is divided by its own. Weights that are not positive and finite count as
/// the smallest one. Evaluations without a p-value are left as they are: they are no tests. With all weights equal,
/// something is rejected exactly when Simes' test of the whole family rejects: that is the gate before all single tests.
///
/// Source: Genovese, Roeder & Wasserman 2006, <https://doi.org/10.1093/biomet/93.3.509>.
pub fn control(
    family: &mut [Evaluation],
    q: f64,
    dependence: Dependence,
    importance: impl Fn(&Evaluation) -> f64,
) -> usize {
    let tested: Vec<usize> = (0..family.len()).filter(|&i| family.get(i).is_some_and(is_test)).collect();
    let raw: Vec<f64> = tested.iter().filter_map(|&i| family.get(i)).map(&importance).collect();
    let least = raw.iter().copied().filter(|w| w.is_finite() && *w > 0.0).fold(f64::INFINITY, f64::min);
    let least = if least.is_finite() { least } else { 1.0 };
    let weights: Vec<f64> = raw.iter().map(|&w| if w.is_finite() && w > 0.0 { w } else { least }).collect();
    let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
    let p_values: Vec<f64> = tested
        .iter()
        .filter_map(|&i| family.get(i).and_then(|e| e.p_value))
        .zip(&weights)
        .map(|(p, weight)| p * mean / weight)
        .collect();
    let adjusted = match dependence {
        Dependence::Positive => benjamini_hochberg(&p_values),
        Dependence::Any => benjamini_yekutieli(&p_values),
    };
    let mut turned = 0;
    for (&index, &p) in tested.iter().zip(&adjusted) {
        if let Some(evaluation) = family.get_mut(index) {
            evaluation.evidence.insert("p_adjusted".to_owned(), p);
            if evaluation.outcome == Outcome::Breach && p > q {
                evaluation.outcome = Outcome::Near;
                turned += 1;
            }
        }
    }
    turned
}

fn is_test(evaluation: &Evaluation) -> bool {
    let judged = matches!(evaluation.outcome, Outcome::Breach | Outcome::Near | Outcome::Clear);
    judged && evaluation.p_value.is_some_and(|p| !p.is_nan())
}
