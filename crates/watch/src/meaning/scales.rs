//! How well a linear map fits: by the bins, by the moments, and beside an ordinary drift.

use super::change::{Change, Evidence};
use super::sketch::{NumericPair, moment_distance};

/// Factors below this are within the reach of an ordinary drift: they have to fit to the last per cent.
pub(super) const SMALL_FACTOR: f64 = 4.0;
/// Share of current rows outside the reference's range from which the bins say too little.
const OUTSIDE: f64 = 0.5;
/// Distances that differ by less than this, noise apart, are equally good.
pub(super) const MARGIN: f64 = 0.02;
/// Deviation by mean from which the ratio of means says nothing about a factor.
pub(super) const NEAR_ZERO: f64 = 2.0;

/// `current = reference · factor + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Map {
    pub(super) factor: f64,
    pub(super) offset: f64,
}

impl Map {
    pub(super) fn apply(self, x: f64) -> f64 {
        x * self.factor + self.offset
    }
}

/// How well a map fits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub(super) map: Map,
    /// Distance after mapping.
    pub(super) after: f64,
    /// Means after mapping back, in reference deviations.
    pub(super) shift: f64,
    /// Logarithm of the ratio of deviations after mapping back.
    pub(super) spread: f64,
    /// What fits are ranked by.
    pub(super) score: f64,
}

/// What the maps are tried on, with the numbers that all of them need.
pub(super) struct Scales<'p, 'a> {
    pub(super) pair: &'p NumericPair<'a>,
    pub(super) mean: (f64, f64),
    pub(super) deviation: (f64, f64),
    /// Standard error of the logarithm of the ratio of deviations.
    pub(super) spread_error: f64,
    /// Best plain shift: what an ordinary drift would be.
    pub(super) shifted: f64,
    pub(super) evidence: Evidence,
}

impl<'p, 'a> Scales<'p, 'a> {
    /// `None` when a side is constant or its moments are not finite.
    pub(super) fn of(pair: &'p NumericPair<'a>) -> Option<Self> {
        let side = |s: &watchkeeper_profile::Summary| Some((s.mean?, s.std().filter(|d| *d > 0.0)?));
        let ((r, sr), (c, sc)) = (side(&pair.reference)?, side(&pair.now)?);
        let tails = pair.reference.excess_kurtosis.unwrap_or(0.0).max(pair.now.excess_kurtosis.unwrap_or(0.0));
        let mut scales = Self {
            pair,
            mean: (r, c),
            deviation: (sr, sc),
            spread_error: ((tails.max(0.0) + 2.0) / 4.0 * pair.s).sqrt(),
            shifted: 1.0,
            evidence: if pair.outside > OUTSIDE { Evidence::Moments } else { Evidence::Bins },
        };
        scales.shifted = scales.fit(Map { factor: 1.0, offset: c - r })?.score;
        Some(scales)
    }

    pub(super) fn fit(&self, map: Map) -> Option<Fit> {
        let bins = self.pair.distance(|x| Some(map.apply(x)));
        let shift = ((self.mean.1 - map.offset) / map.factor - self.mean.0) / self.deviation.0;
        let spread = (self.deviation.1 / (map.factor.abs() * self.deviation.0)).ln();
        let moments = moment_distance(shift, spread);
        let (after, weight) = match self.evidence {
            Evidence::Moments => (bins.max(moments), 0.5),
            _ => (bins, 0.25),
        };
        let score = bins + weight * moments;
        (score.is_finite() && shift.is_finite()).then_some(Fit { map, after, shift, spread, score })
    }

    /// Whether a known map is good enough by itself, and better than an ordinary drift.
    pub(super) fn is_acceptable(&self, fit: &Fit, change: &Change) -> bool {
        let (pair, s) = (self.pair, self.pair.s.sqrt());
        let size = fit.map.factor.abs().ln().abs();
        let is_large = size >= SMALL_FACTOR.ln();
        // What an ordinary drift beside the mapping may leave: more where no drift could be taken for the mapping.
        let mirrored = fit.map.factor < 0.0;
        let exact = self.extremes_agree(fit.map);
        // A narrow column lands on a large multiple of itself by no drift: its mean and spread need not be the same.
        let narrow = is_large && self.ratio() < 0.1;
        let drift = match pair.before {
            before if narrow && before > 0.8 => 0.4 * before,
            before if exact || (is_large && before > 0.8) => 0.25 * before,
            before if mirrored => 0.2_f64.min(0.3 * before),
            before => 0.12_f64.min(0.3 * before),
        };
        if fit.after > drift.max(1.2 * pair.noise) || fit.after > 0.6 * pair.before {
            return false;
        }
        let (shift, spread) = match () {
            () if exact || narrow => (1.0, 0.8),
            () if is_large || mirrored => (0.6, 0.35),
            () => (0.3, 0.15),
        };
        // Heavy tails make the deviation say little; bins then have to agree, which they did.
        let spread = spread + 3.0 * self.spread_error;
        if fit.shift.abs() > shift + 3.0 * s || fit.spread.abs() > spread.min(1.5) {
            return false;
        }
        match change {
            Change::SignFlip => self.mirrors(fit, 0.0),
            Change::Complement => self.mirrors(fit, 0.5),
            Change::Affine { factor, offset, .. } if *factor == 1.0 => {
                offset.abs() >= 3.0 * self.deviation.0 && fit.shift.abs() <= 0.3 + 3.0 * s
            }
            Change::Scale { .. } if exact => true,
            _ if fit.score + MARGIN >= self.shifted => false,
            Change::Scale { factor, .. } if !is_large => self.is_precise(*factor),
            _ => true,
        }
    }

    /// Whether smallest or largest value are those of the reference under the map, digit for digit: of a column with
    /// natural ends or few values this says more than all shares. Whole factors need both, as counts hit them by chance.
    pub(super) fn extremes_agree(&self, map: Map) -> bool {
        let ends = [(self.pair.reference.min, self.pair.now.min), (self.pair.reference.max, self.pair.now.max)];
        let agree = |(r, c): &(Option<f64>, Option<f64>)| match (r, c) {
            (Some(r), Some(c)) => *r != 0.0 && (map.apply(*r) - c).abs() <= 1e-7 * c.abs(),
            _ => false,
        };
        let is_whole = |x: f64| (x - x.round()).abs() < 1e-9 * x.abs();
        let whole = is_whole(map.factor) || is_whole(1.0 / map.factor);
        ends.iter().filter(|end| agree(end)).count() >= if whole { 2 } else { 1 }
    }

    /// A reflection is told from a shift by the shape, or by landing where it should from far away.
    pub(super) fn mirrors(&self, fit: &Fit, centre: f64) -> bool {
        let far = (self.mean.0 - centre).abs() >= 1.5 * self.deviation.0;
        fit.score + MARGIN < self.shifted || (far && fit.shift.abs() <= 0.3 + 3.0 * self.pair.s.sqrt())
    }

    /// Whether a small factor is pinned down so well that most others are out.
    pub(super) fn is_precise(&self, factor: f64) -> bool {
        let (_, error) = self.log_factor();
        error <= 0.025 && self.miss(factor) <= 2.0 * error + 0.03
    }

    /// Deviation by mean of the reference.
    pub(super) fn ratio(&self) -> f64 {
        self.deviation.0 / self.mean.0.abs()
    }

    /// How far the factor that fits best is from `factor`, as a logarithm.
    pub(super) fn miss(&self, factor: f64) -> f64 {
        (self.log_factor().0 - factor.abs().ln()).abs()
    }

    /// Whether `other` misses the best factor so clearly more than `factor` that they are not equally good.
    pub(super) fn is_told_apart(&self, factor: f64, other: f64) -> bool {
        let (_, error) = self.log_factor();
        self.miss(other) >= 3.0 * error + 0.01 && self.miss(other) >= 3.0 * self.miss(factor)
    }

    /// The logarithm of the factor that fits best and its standard error: by means; by quantiles inside the range of the
    /// bins where tails are heavy.
    pub(super) fn log_factor(&self) -> (f64, f64) {
        let ((reference, current), grid) = (self.pair.profiles, self.pair.grid);
        let ratio = self.ratio();
        if ratio > NEAR_ZERO {
            // The mean is near zero: its ratio says nothing.
            return ((self.deviation.1 / self.deviation.0).ln(), self.spread_error);
        }
        let by_mean = ((self.mean.1 / self.mean.0).abs().ln(), ratio * self.pair.s.sqrt());
        if by_mean.1 <= self.pair.s.sqrt() || self.evidence == Evidence::Moments {
            return by_mean;
        }
        let support = grid.support();
        let inside = |x: f64| support.lo < x && x < support.hi;
        let ratios: Vec<f64> = (1..=19)
            .filter_map(|i| {
                let p = f64::from(i) / 20.0;
                Some((reference.quantile(grid, p)?, current.quantile(grid, p)?))
            })
            .filter(|(r, c)| r * c > 0.0 && inside(*r) && inside(*c))
            .map(|(r, c)| (c / r).ln())
            .collect();
        match (reference.quantile(grid, 0.16), reference.quantile(grid, 0.84)) {
            (Some(low), Some(high)) if low > 0.0 && ratios.len() >= 9 => {
                let error = 0.5 * (high / low).ln() * self.pair.s.sqrt();
                (ratios.iter().sum::<f64>() / ratios.len() as f64, error)
            }
            _ => by_mean,
        }
    }
}
