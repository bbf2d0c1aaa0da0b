//! Measurements: pure functions of a baseline and a profile over the same grid.
//!
//! A measurement is never a bare number. It says how many rows it rests on, whether the value is exact, why there is
//! none, and which law its sampling noise follows; rules and thresholds belong to whoever judges it.

mod categorical;
mod dependence;
mod numeric;
mod rates;
mod shares;

use std::sync::Arc;

use watchkeeper_spec::Metric;
use watchkeeper_stats::effect::Effect;
use watchkeeper_stats::interval::Interval;
use watchkeeper_stats::null::NullDraws;

use crate::{Baseline, Body, Grid, Profile};
pub use shares::CoarseCounts;

/// Why a measurement has a value, or has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is a value.
    Ok,
    /// Too few rows for the method.
    InsufficientData,
    /// The formula has no value for these data.
    Undefined,
    /// The reference is empty or constant where the method needs more.
    DegenerateReference,
    /// The method is not for this type of column.
    NotApplicable,
}

impl Status {
    /// The word in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::InsufficientData => "insufficient_data",
            Self::Undefined => "undefined",
            Self::DegenerateReference => "degenerate_reference",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// How near the value is to that of the raw rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exactness {
    /// The same as from the raw rows.
    Exact,
    /// The value of the raw rows lies in `[lo, hi]`.
    Bounded {
        /// Lower end.
        lo: f64,
        /// Upper end.
        hi: f64,
    },
    /// From bins, without a bound.
    Approximate,
    /// From a sample of this many rows a side.
    Sampled {
        /// Rows.
        rows: usize,
    },
}

/// The law of a value's sampling noise: what a threshold has to allow for.
#[derive(Debug, Clone)]
pub enum Noise {
    /// Not known; no threshold is applied.
    Unknown,
    /// Chi-squared, noncentral under drift (methods.md B.4, B.5).
    ChiSquared {
        /// Which metric.
        effect: Effect,
        /// Sampling scale `1/n + 1/m`, times the variance inflation.
        s: f64,
        /// Degrees of freedom: bins after pooling, less one.
        df: f64,
        /// Value that contiguous stretches of the reference reach by themselves (J.2); thresholds are not below it.
        floor: Option<f64>,
    },
    /// Kolmogorov's law; `s` as above.
    Kolmogorov {
        /// Sampling scale.
        s: f64,
    },
    /// A simulated null sample at `√s = 1`, ascending, in units of the value.
    Simulated {
        /// Sampling scale.
        s: f64,
        /// Draws.
        sample: Arc<[f64]>,
    },
    /// A rate that should not rise: rows with the property and all rows, of each side.
    RateIncrease {
        /// Of the reference; `None` where only the current rate counts (unseen values).
        reference: Option<(u64, u64)>,
        /// Of the current data.
        current: (u64, u64),
    },
    /// A proportion that should not move either way.
    Proportion {
        /// Of the reference.
        reference: (u64, u64),
        /// Of the current data.
        current: (u64, u64),
    },
}

/// One number about a pair of profiles, with all that is needed to trust it.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// What was measured.
    pub metric: Metric,
    /// Which method exactly, e.g. `psi.anchored10.jeffreys.v1`: values compare only within one method.
    pub method: String,
    /// The value; `None` with a status that says why.
    pub value: Option<f64>,
    /// Why there is, or is not, a value.
    pub status: Status,
    /// More about it, for people.
    pub detail: Option<String>,
    /// How near it is to the value of the raw rows.
    pub exactness: Exactness,
    /// Rows of the reference it rests on.
    pub n_reference: u64,
    /// Rows of the current data it rests on.
    pub n_current: u64,
    /// The reference's own number, where the value is a difference.
    pub reference: Option<f64>,
    /// The current data's own number, where the value is a difference.
    pub current: Option<f64>,
    /// p-value against no change at all. Informational: it measures the number of rows as much as the change.
    pub p_value: Option<f64>,
    /// 95 % confidence interval of the value.
    pub interval: Option<Interval>,
    /// Law of the sampling noise.
    pub noise: Noise,
}

impl Measurement {
    fn new(metric: Metric, method: impl Into<String>, n: (u64, u64)) -> Self {
        Self {
            metric,
            method: method.into(),
            value: None,
            status: Status::Undefined,
            detail: None,
            exactness: Exactness::Exact,
            n_reference: n.0,
            n_current: n.1,
            reference: None,
            current: None,
            p_value: None,
            interval: None,
            noise: Noise::Unknown,
        }
    }

    /// With a value; one that is not finite becomes `undefined`.
    fn with(mut self, value: f64) -> Self {
        if value.is_finite() {
            (self.value, self.status) = (Some(value), Status::Ok);
        } else {
            self.detail = Some("the value is beyond the range of floating-point numbers".into());
        }
        self
    }

    fn without(mut self, status: Status, detail: &str) -> Self {
        (self.value, self.status, self.detail) = (None, status, Some(detail.into()));
        self
    }

    fn noise(mut self, noise: Noise) -> Self {
        self.noise = noise;
        self
    }

    fn p(mut self, p: f64) -> Self {
        self.p_value = (p.is_finite()).then_some(p.clamp(0.0, 1.0));
        self
    }

    fn exactness(mut self, exactness: Exactness) -> Self {
        self.exactness = exactness;
        self
    }
}

/// What to measure, and how.
#[derive(Debug, Clone)]
pub struct MeasureOptions<'a> {
    /// Metrics wanted; those that do not suit the column come back as `not_applicable`.
    pub metrics: &'a [Metric],
    /// The effect on PSI that matters: when noise alone reaches it, five bins are tried instead of ten.
    pub psi_effect: f64,
    /// Whether the reference's rows are in order of time, so that contiguous stretches show their dependence (J.2).
    pub time_ordered: bool,
    /// Count missing rows as one more bin of the share metrics.
    pub missing_as_bin: bool,
    /// Seed of permutation tests.
    pub seed: u64,
    /// Normal draws for simulated nulls, shared by all columns.
    pub nulls: &'a NullDraws,
}

/// The measurements of one column.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// In the order asked for.
    pub measurements: Vec<Measurement>,
    /// By how much dependence between rows inflates the noise (≥ 1); `None` when it could not be estimated.
    pub variance_inflation: Option<f64>,
    /// The bins that share metrics compared.
    pub coarse: Option<CoarseCounts>,
}

/// Measures `current` against `reference`, both over the baseline's grid.
///
/// * `reference`: the baseline's own profile, or that of a part of its rows (a segment).
/// * `values`: the finite values of both sides in ascending order, when kept: then the rank statistics are exact,
///   otherwise they come from the bins with bounds.
#[must_use]
pub fn measure(
    baseline: &Baseline,
    reference: &Profile,
    current: &Profile,
    values: Option<(&[f64], &[f64])>,
    options: &MeasureOptions<'_>,
) -> Measured {
    match (&baseline.grid, &reference.body, &current.body) {
        (Grid::Numeric(grid), Body::Numeric(r), Body::Numeric(c)) => {
            let pair = numeric::NumericPair::new(baseline, grid, (r, reference), (c, current), values);
            numeric::measure(&pair, options)
        }
        (Grid::Categorical(grid), Body::Categorical(r), Body::Categorical(c)) => {
            categorical::measure(baseline, grid, (r, reference), (c, current), options)
        }
        (Grid::Text(grids), Body::Text(r), Body::Text(c)) => {
            // The length in characters stands for the text; tokens are for display.
            let ([grid, _], [r, _], [c, _]) = (&**grids, &**r, &**c);
            let pair = numeric::NumericPair::new(baseline, grid, (r, reference), (c, current), None);
            numeric::measure(&pair, options)
        }
        _ => rates::measure_presence(baseline, reference, current, options),
    }
}
