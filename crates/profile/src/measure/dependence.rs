//! How far the rows of the reference are from independent: contiguous stretches of it against the rest (methods.md J.2).

use watchkeeper_stats::Smoothing;
use watchkeeper_stats::dependence::{conformal_threshold, variance_inflation_from_chunks};
use watchkeeper_stats::drift::psi::psi;
use watchkeeper_stats::pooling::pool;

/// Fewer stretches say nothing.
const STRETCHES_MIN: usize = 19;
/// Level of the conformal threshold; 19 stretches are its minimum.
const CONFORMAL_ALPHA: f64 = 0.05;

pub(super) struct Dependence {
    /// Variance inflation, at least 1.
    pub(super) inflation: Option<f64>,
    /// PSI that stretches as long as the current data reach by themselves.
    pub(super) floor: Option<f64>,
}

/// `reference`: pooled counts; `groups`: coarse bin → pooled bin; `stretches`: coarse counts per stretch.
pub(super) fn estimate(
    reference: &[u64],
    groups: &[usize],
    stretches: &[Vec<u64>],
    df: f64,
    n_current: u64,
) -> Dependence {
    let none = Dependence { inflation: None, floor: None };
    let n: u64 = reference.iter().sum();
    let pooled: Vec<Vec<u64>> = stretches.iter().map(|counts| pool(counts, groups)).collect();
    let mut values = Vec::with_capacity(pooled.len());
    let mut scale = 0.0;
    for stretch in &pooled {
        let rows: u64 = stretch.iter().sum();
        let rest: Vec<u64> = reference.iter().zip(stretch).map(|(all, part)| all.saturating_sub(*part)).collect();
        if rows == 0 || n <= rows {
            continue;
        }
        if let Ok(value) = psi(&rest, stretch, Smoothing::JEFFREYS) {
            values.push(value);
            scale += 1.0 / (n - rows) as f64 + 1.0 / rows as f64;
        }
    }
    if values.len() < STRETCHES_MIN {
        return none;
    }
    let rows_each = n as f64 / values.len() as f64;
    let as_long = (0.5..=2.0).contains(&(n_current as f64 / rows_each));
    // Stretches of another length would show other patterns (half a week is not like a week).
    if !as_long {
        return none;
    }
    let inflation = variance_inflation_from_chunks(&values, df, scale / values.len() as f64);
    let floor = conformal_threshold(&values, CONFORMAL_ALPHA).filter(|t| t.is_conformal).map(|t| t.value);
    Dependence { inflation, floor }
}
