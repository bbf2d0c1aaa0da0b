//! The metrics that compare a column of the reference with the same column of the current data.

use crate::thresholds::Thresholds;
use crate::word::words;

words! {
    /// A metric of one column, reference against current.
    ///
    /// Formulas: `docs/methods`; `p` is the share of the reference in a bin, `q` the share of the current data.
    pub enum Metric named "metric" {
        /// Population stability index (Jeffreys divergence) over bins, nats, ≥ 0.
        Psi = "psi",
        /// Kullback-Leibler divergence of the current data from the reference, `Σ q ln(q/p)`, nats, ≥ 0.
        KlCurrentReference = "kl_current_reference",
        /// Kullback-Leibler divergence of the reference from the current data, `Σ p ln(p/q)`, nats, ≥ 0.
        KlReferenceCurrent = "kl_reference_current",
        /// Jensen-Shannon distance over bins, base 2, 0 to 1.
        JsDistance = "js_distance",
        /// Hellinger distance over bins, 0 to 1.
        Hellinger = "hellinger",
        /// Total variation distance: the share of rows that must move, 0 to 1.
        Tvd = "tvd",
        /// Largest change of the share of one bin or category, 0 to 1.
        Linf = "linf",
        /// Pearson's chi-squared statistic of two samples over bins, ≥ 0.
        Chi2 = "chi2",
        /// Likelihood-ratio statistic (G) of two samples over bins, ≥ 0.
        GTest = "g_test",
        /// Cramér's V over bins: chi-squared freed of the sample size, 0 to 1.
        CramersV = "cramers_v",
        /// Kolmogorov-Smirnov distance: largest gap between the distribution functions, 0 to 1.
        Ks = "ks",
        /// Wasserstein-1 distance in the unit of the column, ≥ 0.
        Wasserstein = "wasserstein",
        /// Wasserstein-1 distance in standard deviations of the reference, ≥ 0.
        WassersteinNormalized = "wasserstein_normalized",
        /// Cramér-von Mises statistic of two samples.
        CramerVonMises = "cramer_von_mises",
        /// Anderson-Darling statistic of two samples, standardised.
        AndersonDarling = "anderson_darling",
        /// Energy distance, ≥ 0; its square has the unit of the column.
        Energy = "energy",
        /// Probability that a current value exceeds a reference value, ties half, 0 to 1; 0.5 means no shift.
        MannWhitneyAuc = "mann_whitney_auc",
        /// Mean of the current data minus mean of the reference, in the unit of the column.
        MeanDifference = "mean_difference",
        /// Share of true values in the current data minus share in the reference, -1 to 1.
        ProportionDifference = "proportion_difference",
        /// Share of rows without a value, as a difference from the reference.
        MissingRate = "missing_rate",
        /// Share of rows whose value does not parse as the type of the column, as a difference from the reference.
        InvalidRate = "invalid_rate",
        /// Share of rows with a category that the reference does not have.
        UnseenRate = "unseen_rate",
        /// Share of rows outside the declared range, or that of the reference, as a difference from the reference.
        OutOfRangeRate = "out_of_range_rate",
    }
    synonyms {
        "kl" => "kl_current_reference",
        "kullback_leibler" => "kl_current_reference",
        "js" => "js_distance",
        "jensen_shannon" => "js_distance",
        "jensenshannon" => "js_distance",
        "emd" => "wasserstein",
        "chisquare" => "chi2",
        "chi_squared" => "chi2",
        "g" => "g_test",
        "kolmogorov_smirnov" => "ks",
        "ks_test" => "ks",
        "total_variation" => "tvd",
        "chebyshev" => "linf",
        "null_rate" => "missing_rate",
        "nulls" => "missing_rate",
    }
}

impl Metric {
    /// The severity thresholds without any setting; `None` if the metric has none and so never alarms by default.
    ///
    /// For the rates these are the thresholds of a reference rate up to 0.2; see [`Thresholds::for_rate`].
    #[must_use]
    pub const fn default_thresholds(self) -> Option<Thresholds> {
        let (warning, critical) = match self {
            Self::Psi | Self::WassersteinNormalized => (0.1, 0.25),
            Self::JsDistance | Self::Ks | Self::Tvd | Self::Linf | Self::Hellinger => (0.1, 0.2),
            Self::CramersV => (0.1, 0.3),
            Self::ProportionDifference => (0.05, 0.1),
            Self::MannWhitneyAuc => (0.06, 0.14),
            Self::MissingRate | Self::InvalidRate | Self::UnseenRate | Self::OutOfRangeRate => {
                return Some(Thresholds::for_rate(0.0));
            }
            Self::KlCurrentReference
            | Self::KlReferenceCurrent
            | Self::Chi2
            | Self::GTest
            | Self::Wasserstein
            | Self::CramerVonMises
            | Self::AndersonDarling
            | Self::Energy
            | Self::MeanDifference => return None,
        };
        Some(Thresholds { warning, critical })
    }

    /// Whether it is a rate, whose default thresholds depend on the rate of the reference.
    #[must_use]
    pub const fn is_rate(self) -> bool {
        matches!(self, Self::MissingRate | Self::InvalidRate | Self::UnseenRate | Self::OutOfRangeRate)
    }

    /// The number that is compared with the thresholds: the size of the value, for `mann_whitney_auc` its distance
    /// from 0.5. NaN stays NaN.
    #[must_use]
    pub fn effect(self, value: f64) -> f64 {
        match self {
            Self::MannWhitneyAuc => (value - 0.5).abs(),
            _ => value.abs(),
        }
    }

    /// The largest value of [`Metric::effect`], if it is bounded. A threshold above it can never be reached.
    #[must_use]
    pub const fn effect_max(self) -> Option<f64> {
        match self {
            Self::MannWhitneyAuc => Some(0.5),
            Self::JsDistance
            | Self::Hellinger
            | Self::Tvd
            | Self::Linf
            | Self::CramersV
            | Self::Ks
            | Self::ProportionDifference
            | Self::MissingRate
            | Self::InvalidRate
            | Self::UnseenRate
            | Self::OutOfRangeRate => Some(1.0),
            _ => None,
        }
    }
}
