//! Metrics on the shares of bins or categories: all of them from one pair of count vectors.

use std::sync::Arc;

use watchkeeper_spec::Metric;
use watchkeeper_stats::drift::{chi2, cramers_v, g_test, hellinger, js, kl, linf, psi, tvd};
use watchkeeper_stats::effect::{self, Effect};
use watchkeeper_stats::pooling::{self, pool};
use watchkeeper_stats::{BinOrder, BinsError, Smoothing};

use super::{Exactness, MeasureOptions, Measurement, Noise, Status, dependence};

/// Counts of both sides over the bins that share metrics compare.
#[derive(Debug, Clone, PartialEq)]
pub struct CoarseCounts {
    /// Coarse bin of each fine bin.
    pub groups: Vec<usize>,
    /// Reference rows per coarse bin.
    pub reference: Vec<u64>,
    /// Current rows per coarse bin.
    pub current: Vec<u64>,
}

/// The pair of count vectors with what was derived from them.
pub(super) struct SharePair {
    pub(super) counts: CoarseCounts,
    /// Rare bins pooled (methods.md B.2): what PSI, KL, JS and Hellinger compare.
    pooled: (Vec<u64>, Vec<u64>),
    n: (u64, u64),
    s: f64,
    df: f64,
    pub(super) inflation: Option<f64>,
    floor: Option<f64>,
    order: BinOrder,
    binning: String,
}

impl SharePair {
    pub(super) fn new(counts: CoarseCounts, order: BinOrder, binning: String, stretches: Option<&[Vec<u64>]>) -> Self {
        let n = (counts.reference.iter().sum::<u64>(), counts.current.iter().sum::<u64>());
        let groups = pooling::rare_groups(&counts.reference, n.1, order);
        let pooled = (pool(&counts.reference, &groups), pool(&counts.current, &groups));
        let occupied = pooled.0.iter().zip(&pooled.1).filter(|(r, c)| **r + **c > 0).count();
        let df = occupied.saturating_sub(1).max(1) as f64;
        let s = effect::sampling_scale(n.0, n.1).unwrap_or(f64::INFINITY);
        let dependence = stretches.map(|stretches| dependence::estimate(&pooled.0, &groups, stretches, df, n.1));
        let inflation = dependence.as_ref().and_then(|d| d.inflation);
        let floor = dependence.and_then(|d| d.floor);
        Self { counts, pooled, n, s: s * inflation.unwrap_or(1.0), df, inflation, floor, order, binning }
    }

    /// Whether noise alone reaches an effect of `tau` on PSI.
    pub(super) fn is_too_noisy(&self, tau: f64) -> bool {
        effect::is_insufficient(Effect::Psi, tau, self.s, self.df)
    }

    /// Sampling scale `1/n + 1/m` with the variance inflation.
    pub(super) fn scale(&self) -> f64 {
        self.s
    }

    /// Measures one metric on shares; `None` when `metric` is not one.
    pub(super) fn measure(&self, metric: Metric, options: &MeasureOptions<'_>) -> Option<Measurement> {
        let law = self.law(metric)?;
        let blank = Measurement::new(metric, format!("{metric}.{}{}.v1", self.binning, law.suffix), self.n);
        if let Some(blank) = empty_side(&blank, self.n) {
            return Some(blank);
        }
        let counts =
            if law.pooled { (&self.pooled.0, &self.pooled.1) } else { (&self.counts.reference, &self.counts.current) };
        let mut measured = match (law.value)(counts.0, counts.1) {
            Ok(value) => blank.with(value),
            Err(error) => blank.without(Status::Undefined, &error.to_string()),
        };
        if law.pooled && self.pooled.0.len() < self.counts.reference.len() {
            let unpooled = (law.value)(&self.counts.reference, &self.counts.current).ok();
            measured.detail = unpooled.map(|value| format!("rare bins pooled; {value:.4} without pooling"));
        }
        measured.exactness = Exactness::Exact;
        self.add_noise(&mut measured, options);
        Some(measured)
    }

    fn law(&self, metric: Metric) -> Option<ShareLaw> {
        let law =
            |value: fn(&[u64], &[u64]) -> Result<f64, BinsError>, pooled, suffix| ShareLaw { value, pooled, suffix };
        Some(match metric {
            Metric::Psi => law(|r, c| psi::psi(r, c, Smoothing::JEFFREYS), true, ".jeffreys"),
            Metric::KlCurrentReference => {
                law(|r, c| kl::kl_current_reference(r, c, Smoothing::JEFFREYS), true, ".jeffreys")
            }
            Metric::KlReferenceCurrent => {
                law(|r, c| kl::kl_reference_current(r, c, Smoothing::JEFFREYS), true, ".jeffreys")
            }
            Metric::JsDistance => law(js::js_distance, true, ".base2"),
            Metric::Hellinger => law(hellinger::hellinger, true, ""),
            Metric::Tvd => law(tvd::tvd, false, ""),
            Metric::Linf => law(linf::linf, false, ""),
            Metric::CramersV => law(cramers_v::cramers_v, false, ""),
            Metric::Chi2 => law(|r, c| chi2::chi2_test(r, c).map(|t| t.statistic), false, ""),
            Metric::GTest => law(|r, c| g_test::g_test(r, c).map(|t| t.statistic), false, ""),
            _ => return None,
        })
    }

    fn add_noise(&self, measured: &mut Measurement, options: &MeasureOptions<'_>) {
        let Some(value) = measured.value else { return };
        let rows = (self.n.0 + self.n.1) as f64 / self.inflation.unwrap_or(1.0);
        let chi = |effect| Noise::ChiSquared { effect, s: self.s, df: self.df, floor: None };
        measured.noise = match measured.metric {
            Metric::Psi => Noise::ChiSquared { effect: Effect::Psi, s: self.s, df: self.df, floor: self.floor },
            Metric::KlCurrentReference | Metric::KlReferenceCurrent => chi(Effect::KlDivergence),
            Metric::JsDistance => chi(Effect::JsDistance),
            Metric::Hellinger => chi(Effect::Hellinger),
            Metric::CramersV => {
                let occupied = self.counts.reference.iter().zip(&self.counts.current).filter(|(r, c)| **r + **c > 0);
                let df = occupied.count().saturating_sub(1).max(1) as f64;
                Noise::ChiSquared { effect: Effect::CramersV { rows }, s: self.s, df, floor: None }
            }
            Metric::Tvd => self.simulated(options.nulls.tvd_sample(&self.reference_shares())),
            Metric::Linf => self.simulated(options.nulls.linf_sample(&self.reference_shares())),
            _ => Noise::Unknown,
        };
        if let Noise::ChiSquared { effect, s, df, .. } = measured.noise {
            measured.p_value = effect::point_null_p_value(effect, value, s, df);
        }
        let (r, c) = (&self.counts.reference, &self.counts.current);
        let test = match measured.metric {
            Metric::Chi2 | Metric::CramersV => chi2::chi2_test_adaptive(r, c, self.order, options.seed).ok(),
            Metric::GTest => g_test::g_test_adaptive(r, c, self.order, options.seed).ok(),
            _ => None,
        };
        if let Some(test) = test {
            measured.p_value = Some(test.result.p_value);
        }
    }

    fn simulated(&self, sample: Vec<f64>) -> Noise {
        Noise::Simulated { s: self.s, sample: Arc::from(sample) }
    }

    fn reference_shares(&self) -> Vec<f64> {
        let n = self.n.0.max(1) as f64;
        self.counts.reference.iter().map(|&count| count as f64 / n).collect()
    }
}

struct ShareLaw {
    value: fn(&[u64], &[u64]) -> Result<f64, BinsError>,
    pooled: bool,
    suffix: &'static str,
}

/// The measurement of a column without usable values on a side.
pub(super) fn empty_side(blank: &Measurement, n: (u64, u64)) -> Option<Measurement> {
    match n {
        (0, 0) => Some(blank.clone().without(Status::Undefined, "no values on either side")),
        (0, _) => Some(blank.clone().without(Status::DegenerateReference, "the reference has no values")),
        (_, 0) => Some(blank.clone().without(Status::InsufficientData, "the current data has no values")),
        _ => None,
    }
}
