//! Which metrics are measured and which of them alarm, by the kind and role of a column (methods.md B.6).

use watchkeeper_profile::Kind;
use watchkeeper_spec::{Metric, Role, ThresholdOverrides, Thresholds};

/// How one column is judged.
#[derive(Debug, Clone)]
pub struct ColumnRule {
    /// How it is counted.
    pub kind: Kind,
    /// Its role in the model.
    pub role: Role,
    /// Weight in the verdict of the data set.
    pub importance: f64,
    /// Level of one minimum-effect test.
    pub alpha: f64,
    /// Thresholds the user set for this column or for all: they also make a metric alarm.
    pub thresholds: ThresholdOverrides,
}

impl ColumnRule {
    /// The thresholds of `metric`, if it has any; rates depend on the reference's own rate.
    #[must_use]
    pub fn thresholds(&self, metric: Metric, reference_rate: Option<f64>) -> Option<Thresholds> {
        let chosen = self.thresholds.get(&metric).copied();
        chosen.or_else(|| match (metric.is_rate(), reference_rate) {
            (true, Some(rate)) => Some(Thresholds::for_rate(rate)),
            _ => metric.default_thresholds(),
        })
    }

    /// Whether a breach of `metric` makes a verdict rather than a note.
    #[must_use]
    pub fn alarms(&self, metric: Metric) -> bool {
        self.thresholds.contains_key(&metric) || is_alarm(metric, self.kind, self.role)
    }
}

/// Whether `metric` alarms by default in a column of this kind and role.
#[must_use]
pub fn is_alarm(metric: Metric, kind: Kind, role: Role) -> bool {
    match metric {
        // Labels come late: that some are missing is normal.
        Metric::MissingRate => !matches!(role, Role::Label | Role::Ignore),
        Metric::InvalidRate => role != Role::Ignore,
        Metric::Psi => matches!(kind, Kind::Numeric | Kind::Categorical | Kind::Text),
        Metric::Ks => kind == Kind::Numeric && role == Role::Score,
        Metric::ProportionDifference => kind == Kind::Boolean,
        Metric::UnseenRate => kind == Kind::Categorical,
        Metric::OutOfRangeRate => kind == Kind::Numeric,
        _ => false,
    }
}

/// Metrics measured without being asked for.
#[must_use]
pub fn default_metrics(kind: Kind) -> &'static [Metric] {
    use Metric::{
        InvalidRate, JsDistance, Ks, Linf, MeanDifference, MissingRate, OutOfRangeRate, ProportionDifference, Psi, Tvd,
        UnseenRate, WassersteinNormalized,
    };
    match kind {
        Kind::Numeric => {
            &[Psi, WassersteinNormalized, Ks, JsDistance, MeanDifference, MissingRate, InvalidRate, OutOfRangeRate]
        }
        Kind::Text => &[Psi, Ks, MeanDifference, MissingRate, InvalidRate],
        Kind::Boolean => &[ProportionDifference, Psi, MissingRate, InvalidRate],
        Kind::Categorical => &[Psi, Tvd, JsDistance, Linf, UnseenRate, MissingRate, InvalidRate],
        Kind::Presence => &[MissingRate, InvalidRate],
    }
}
