//! Section N.3 of the methods: the parity set, generated here, binned by the rule of A.2.

use watchkeeper_stats::drift::binned::BinnedPair;
use watchkeeper_stats::drift::{chi2, cramers_v, hellinger, js, ks, linf, psi, tvd, wasserstein};
use watchkeeper_stats::effect::{self, Effect};
use watchkeeper_stats::random::SplitMix64;
use watchkeeper_stats::{Smoothing, special};

use crate::close::Ledger;

/// Bins as section A.2 makes them from a sorted reference, for tests only (the profile crate has its own).
pub(crate) struct Grid {
    pub(crate) edges: Vec<f64>,
    pub(crate) points: Vec<bool>,
}

pub(crate) fn grid(sorted: &[f64], fine: usize) -> Grid {
    let n = sorted.len();
    let mut edges: Vec<f64> = (1..fine).map(|j| sorted[(j * n).div_ceil(fine).max(1) - 1]).collect();
    let atoms: Vec<f64> = sorted
        .chunk_by(|a, b| a == b)
        .filter(|run| run.len() * fine >= 2 * n && run.len() > 1)
        .map(|run| run[0])
        .collect();
    edges.extend(&atoms);
    edges.extend(atoms.iter().map(|atom| atom.next_down()));
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    let points = (0..=edges.len()).map(|b| b > 0 && b < edges.len() && edges[b - 1].next_up() == edges[b]).collect();
    Grid { edges, points }
}

pub(crate) fn counts(edges: &[f64], values: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len() + 1];
    for &value in values {
        counts[edges.partition_point(|&edge| edge < value)] += 1;
    }
    counts
}

pub(crate) fn offsets(edges: &[f64], values: &[f64], lower: f64) -> Vec<f64> {
    let mut sums = vec![0.0; edges.len() + 1];
    for &value in values {
        let bin = edges.partition_point(|&edge| edge < value);
        sums[bin] += value - if bin == 0 { lower } else { edges[bin - 1] };
    }
    sums
}

/// Everything a bracket needs, owned.
pub(crate) struct Binned {
    pub(crate) grid: Grid,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) reference: Vec<u64>,
    pub(crate) current: Vec<u64>,
    offsets: [Vec<f64>; 2],
}

impl Binned {
    pub(crate) fn new(grid: Grid, reference: &[f64], current: &[f64]) -> Self {
        let lower = reference[0].min(current[0]);
        let upper = reference[reference.len() - 1].max(current[current.len() - 1]);
        let offsets = [reference, current].map(|values| offsets(&grid.edges, values, lower));
        let [counted_r, counted_c] = [reference, current].map(|values| counts(&grid.edges, values));
        Self { lower, upper, reference: counted_r, current: counted_c, offsets, grid }
    }

    pub(crate) fn pair(&self) -> BinnedPair<'_> {
        BinnedPair {
            edges: &self.grid.edges,
            lower: self.lower,
            upper: self.upper,
            reference: &self.reference,
            current: &self.current,
            reference_offsets: &self.offsets[0],
            current_offsets: &self.offsets[1],
            point_bin: &self.grid.points,
        }
    }
}

pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn uniforms(seed: u64, count: usize) -> Vec<f64> {
    let mut generator = SplitMix64::new(seed);
    (0..count).map(|_| generator.uniform()).collect()
}

/// Coarse bins: close one at the first fine edge where the cumulative reference share reaches the next decile.
fn coarse(reference: &[u64], current: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let total: u64 = reference.iter().sum();
    let (mut out_r, mut out_c, mut r, mut c, mut seen, mut next) = (vec![], vec![], 0, 0, 0, 1);
    for b in 0..reference.len() {
        r += reference[b];
        c += current[b];
        seen += reference[b];
        if b + 1 < reference.len() && next < 10 && seen * 10 >= next * total {
            out_r.push(std::mem::take(&mut r));
            out_c.push(std::mem::take(&mut c));
            next = seen * 10 / total + 1;
        }
    }
    out_r.push(r);
    out_c.push(c);
    (out_r, out_c)
}

#[test]
fn numeric_parity_set() {
    let reference = sorted(uniforms(1, 2_000));
    let current = sorted(uniforms(2, 1_000).into_iter().map(|u| u.powf(1.25)).collect());
    let binned = Binned::new(grid(&reference, 200), &reference, &current);
    assert_eq!(binned.grid.edges.len(), 199);
    let (r, c) = coarse(&binned.reference, &binned.current);
    assert_eq!(r, [200; 10]);
    assert_eq!(c, [137, 123, 97, 104, 89, 89, 96, 87, 100, 78]);
    let s = effect::sampling_scale(2_000, 1_000).unwrap();
    let value = psi::psi(&r, &c, Smoothing::JEFFREYS).unwrap();
    let mut ledger = Ledger::default();
    let mut near = |name: &str, got: f64, expected: f64, digits: f64| ledger.relative(name, got, expected, digits);
    near("e_1", binned.grid.edges[0], 0.005464119480089402, 1e-15);
    near("e_100", binned.grid.edges[99], 0.4861277319304398, 1e-15);
    near("psi", value, 0.026401917239, 1e-10);
    near("psi p", effect::point_null_p_value(Effect::Psi, value, s, 9.0).unwrap(), 0.040091540934, 1e-9);
    near("psi threshold", effect::threshold(Effect::Psi, 0.1, s, 9.0, 0.01).unwrap(), 0.178675954630, 1e-10);
    near("js", js::js_distance(&r, &c).unwrap(), 0.069244307746, 1e-10);
    near("hellinger", hellinger::hellinger(&r, &c).unwrap(), 0.057689305701, 1e-10);
    near("tvd", tvd::tvd(&r, &c).unwrap(), 0.064, 1e-12);
    near("linf", linf::linf(&r, &c).unwrap(), 0.037, 1e-12);
    let chi2 = chi2::chi2_test(&r, &c).unwrap();
    near("chi2", chi2.statistic, 18.008603423744, 1e-12);
    near("chi2 p", chi2.p_value, 0.035073855632, 1e-9);
    let ks_bins = ks::bracket_from_bins(&binned.reference, &binned.current, &binned.grid.points).unwrap();
    near("ks lo", ks_bins.lo, 0.068, 1e-12);
    near("ks hi", ks_bins.hi, 0.073, 1e-12);
    let d = ks::ks(&reference, &current);
    near("ks", d, 0.071, 1e-12);
    near("ks p", ks::p_value(d, 2_000, 1_000), 0.0023641172, 1e-8);
    let w1 = wasserstein::bracket_from_bins(binned.pair()).unwrap();
    near("w1 lo", w1.lo, 0.039167126120, 1e-9);
    near("w1 hi", w1.hi, 0.039229744663, 1e-9);
    near("w1", wasserstein::wasserstein(&reference, &current), 0.039167641384, 1e-10);
    let mean = reference.iter().sum::<f64>() / 2_000.0;
    let squares: f64 = reference.iter().map(|x| (x - mean).powi(2)).sum();
    near("w1n", w1.lo / (squares / 1_999.0).sqrt(), 0.136620242026, 1e-9);
    near(
        "w1n evidently",
        wasserstein::wasserstein(&reference, &current) / (squares / 2e3).sqrt(),
        0.136656207659,
        1e-9,
    );
    ledger.finish();
    assert_eq!(ledger.compared, 20);
}

#[test]
fn categorical_parity_set() {
    let letter = |u: f64, power: f64, scale: f64, last: usize| ((scale * u.powf(power)) as usize).min(last);
    let (mut r, mut c) = (vec![0_u64; 9], vec![0_u64; 9]);
    uniforms(3, 2_000).into_iter().for_each(|u| r[letter(u, 2.0, 8.0, 7)] += 1);
    uniforms(4, 1_000).into_iter().for_each(|u| c[letter(u, 1.8, 8.4, 8)] += 1);
    assert_eq!(r, [725, 288, 225, 191, 165, 150, 127, 129, 0]);
    assert_eq!(c, [275, 178, 113, 88, 80, 82, 74, 82, 28]);
    let test = chi2::chi2_test(&r, &c).unwrap();
    let mut ledger = Ledger::default();
    ledger.relative("psi", psi::psi(&r, &c, Smoothing::JEFFREYS).unwrap(), 0.171706142747, 1e-10);
    ledger.relative("js", js::js_distance(&r, &c).unwrap(), 0.144655797276, 1e-10);
    ledger.relative("tvd", tvd::tvd(&r, &c).unwrap(), 0.0975, 1e-12);
    ledger.relative("chi2", test.statistic, 81.151871215455, 1e-12);
    ledger.relative("p", test.p_value, 2.8657286e-14, 1e-7);
    ledger.relative("v", cramers_v::cramers_v(&r, &c).unwrap(), 0.164470738244, 1e-10);
    ledger.relative("hellinger", hellinger::hellinger(&r, &c).unwrap(), 0.137137224458, 1e-10);
    ledger.relative("linf", linf::linf(&r, &c).unwrap(), 0.0875, 1e-12);
    ledger.relative("evidently psi", psi::psi(&r, &c, Smoothing::Evidently).unwrap(), 0.195714683914, 1e-10);
    ledger.relative("evidently js", js::js_divergence(&r, &c).unwrap().sqrt(), 0.120433851052, 1e-10);
    ledger.finish();
}

#[test]
fn brackets_of_section_a2_close_in_as_bins_grow() {
    // R: 10,000 lognormal(0, 1); C: 3,000 lognormal(0.1, 1.1), own seed.
    let mut generator = watchkeeper_stats::random::Xoshiro256::new(2);
    let reference = sorted((0..10_000).map(|_| generator.normal().exp()).collect());
    let current = sorted((0..3_000).map(|_| (0.1 + 1.1 * generator.normal()).exp()).collect());
    let (d, w) = (ks::ks(&reference, &current), wasserstein::wasserstein(&reference, &current));
    let mut gaps = Vec::new();
    for bins in [10, 20, 200] {
        let binned = Binned::new(grid(&reference, bins), &reference, &current);
        let ks_bins = ks::bracket_from_bins(&binned.reference, &binned.current, &binned.grid.points).unwrap();
        let w1 = wasserstein::bracket_from_bins(binned.pair()).unwrap();
        assert!(ks_bins.lo <= d && d <= ks_bins.hi, "{bins} {ks_bins:?} {d}");
        assert!(w1.lo <= w * (1.0 + 1e-12) && w <= w1.hi, "{bins} {w1:?} {w}");
        assert!(ks_bins.hi - ks_bins.lo <= 1.0 / bins as f64 + 1e-12);
        gaps.push((w - w1.lo) / w);
    }
    assert!(gaps[0] < 0.02 && gaps[2] < 1e-4, "{gaps:?}");
    assert!(special::kolmogorov_sf(1.0) > 0.0);
}
