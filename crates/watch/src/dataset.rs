//! The verdict of a data set: which columns' findings survive the number of columns looked at (methods.md B.15).

use watchkeeper_stats::multiple::benjamini_hochberg;

use crate::Verdict;

/// Share of drifted columns, weighted by importance, from which the data set as a whole has drifted.
const DATASET_DRIFT_SHARE: f64 = 0.5;

/// A column as the data set sees it.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// Its verdict.
    pub verdict: Verdict,
    /// Its p-value against the effects that matter.
    pub p_value: Option<f64>,
    /// Its weight.
    pub importance: f64,
}

/// The verdict of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetVerdict {
    /// The worst verdict of a column that survives; `critical` when half of the data has drifted.
    pub verdict: Verdict,
    /// Columns with a p-value.
    pub tested: usize,
    /// Per column, whether its alarm survives.
    pub survives: Vec<bool>,
    /// Columns that do.
    pub drifted: usize,
    /// Their share of all tested columns, by importance.
    pub drifted_share: f64,
    /// Whether that share is at least a half.
    pub dataset_drift: bool,
}

/// Joint verdict at false discovery rate `fdr_q` (Benjamini–Hochberg).
#[must_use]
pub fn judge_dataset(columns: &[Judged], fdr_q: f64) -> DatasetVerdict {
    let p_values: Vec<f64> = columns.iter().map(|c| c.p_value.unwrap_or(f64::NAN)).collect();
    let adjusted = benjamini_hochberg(&p_values);
    let survives: Vec<bool> = columns.iter().zip(&adjusted).map(|(c, &p)| c.verdict.is_alarm() && p <= fdr_q).collect();
    let tested: Vec<&Judged> = columns.iter().filter(|c| c.p_value.is_some()).collect();
    let weight: f64 = tested.iter().map(|c| c.importance).sum();
    let drifted_weight: f64 = columns.iter().zip(&survives).filter(|(_, s)| **s).map(|(c, _)| c.importance).sum();
    let drifted = survives.iter().filter(|s| **s).count();
    let drifted_share = if weight > 0.0 { drifted_weight / weight } else { 0.0 };
    // One column is not a data set: there its own verdict says it all.
    let dataset_drift = tested.len() > 1 && drifted_share >= DATASET_DRIFT_SHARE;
    let worst = columns.iter().zip(&survives).filter(|(_, s)| **s).map(|(c, _)| c.verdict).max();
    let unknown = columns.iter().filter(|c| c.verdict == Verdict::Unknown).count();
    let verdict = match worst {
        _ if dataset_drift => Verdict::Critical,
        Some(worst) => worst,
        None if columns.is_empty() || unknown * 2 > columns.len() => Verdict::Unknown,
        None => Verdict::Ok,
    };
    DatasetVerdict { verdict, tested: tested.len(), survives, drifted, drifted_share, dataset_drift }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(verdict: Verdict, p: f64) -> Judged {
        Judged { verdict, p_value: p.is_finite().then_some(p), importance: 1.0 }
    }

    #[test]
    fn one_weak_alarm_among_many_columns_does_not_survive() {
        let mut columns = vec![column(Verdict::Ok, 0.5); 200];
        columns.push(column(Verdict::Warning, 0.009));
        assert_eq!(judge_dataset(&columns, 0.05).verdict, Verdict::Ok);
        columns.push(column(Verdict::Critical, 1e-9));
        let judged = judge_dataset(&columns, 0.05);
        assert_eq!((judged.verdict, judged.drifted), (Verdict::Critical, 1));
        assert!(!judged.dataset_drift);
    }

    #[test]
    fn half_of_the_weight_is_a_drift_of_the_data_set() {
        let mut heavy = column(Verdict::Warning, 1e-9);
        heavy.importance = 3.0;
        let judged = judge_dataset(&[heavy, column(Verdict::Ok, 1.0), column(Verdict::Ok, 1.0)], 0.05);
        assert_eq!((judged.verdict, judged.drifted_share, judged.dataset_drift), (Verdict::Critical, 0.6, true));
    }

    #[test]
    fn nothing_judged_is_unknown() {
        assert_eq!(judge_dataset(&[], 0.05).verdict, Verdict::Unknown);
        let columns =
            [column(Verdict::Unknown, f64::NAN), column(Verdict::Unknown, f64::NAN), column(Verdict::Ok, 1.0)];
        assert_eq!(judge_dataset(&columns, 0.05).verdict, Verdict::Unknown);
    }
}
