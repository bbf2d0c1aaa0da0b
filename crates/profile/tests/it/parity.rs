//! The parity set of the specification (N.3): data from a published generator, values from NumPy, SciPy and peers.

use watchkeeper_profile::measure::Noise;
use watchkeeper_profile::{Grid, Kind};
use watchkeeper_spec::Metric;
use watchkeeper_stats::drift::{js, psi};
use watchkeeper_stats::random::SplitMix64;
use watchkeeper_stats::{Smoothing, effect};

use crate::sources::{all_metrics, baseline, bounds, find, floats, strings};

fn uniforms(seed: u64, n: usize) -> Vec<f64> {
    let mut random = SplitMix64::new(seed);
    (0..n).map(|_| random.uniform()).collect()
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-3), "{found} is not {expected}");
}

#[test]
fn numeric() {
    let reference = floats(uniforms(1, 2000));
    let current = floats(uniforms(2, 1000).into_iter().map(|u| u.powf(1.25)));
    let made = baseline(Kind::Numeric, &reference, usize::MAX);
    let Grid::Numeric(grid) = &made.grid else { panic!("{:?}", made.grid) };
    assert_eq!(grid.edges().len(), 199);
    assert_eq!((grid.edges()[0], grid.edges()[99]), (0.005464119480089402, 0.4861277319304398));

    let exact = all_metrics(Kind::Numeric, &reference, &current, true);
    let coarse = exact.coarse.clone().expect("bins");
    assert_eq!(coarse.reference, [200; 10]);
    assert_eq!(coarse.current, [137, 123, 97, 104, 89, 89, 96, 87, 100, 78]);
    let value = |metric| find(&exact, metric).value.expect("a value");
    for (metric, expected) in [
        (Metric::Psi, 0.026401917239),
        (Metric::JsDistance, 0.069244307746),
        (Metric::Hellinger, 0.057689305701),
        (Metric::Tvd, 0.064),
        (Metric::Linf, 0.037),
        (Metric::Chi2, 18.008603423744),
        (Metric::Ks, 0.071),
        (Metric::Wasserstein, 0.039167641384),
    ] {
        near(value(metric), expected);
    }
    near(find(&exact, Metric::Chi2).p_value.expect("p"), 0.035073855632);
    // Printed to eight digits.
    assert!((find(&exact, Metric::Ks).p_value.expect("p") - 0.0023641172).abs() < 5e-11);
    let psi = find(&exact, Metric::Psi);
    near(psi.p_value.expect("p"), 0.040091540934);
    let Noise::ChiSquared { effect, s, df, .. } = psi.noise else { panic!("{:?}", psi.noise) };
    near(effect::threshold(effect, 0.1, s, df, 0.01).expect("threshold"), 0.178675954630);

    let binned = all_metrics(Kind::Numeric, &reference, &current, false);
    let (lo, hi) = bounds(find(&binned, Metric::Ks));
    near(lo, 0.068);
    near(hi, 0.073);
    // The fixed-point sums are right to 2^-40 of a bin's width.
    let (lo, hi) = bounds(find(&binned, Metric::Wasserstein));
    near(lo, 0.039167126120);
    // Tighter than from the 200 bins alone: the cells beyond the reference's range are empty there.
    assert!((0.039167641384..0.039229744663).contains(&hi), "{hi}");
    near(find(&binned, Metric::WassersteinNormalized).value.expect("a value"), 0.136620242026);
}

#[test]
fn categorical() {
    let letters = |u: &f64, scale: f64, power: f64, last: usize| ((scale * u.powf(power)).floor() as usize).min(last);
    let name = |i: usize| "abcdefghZ"[i..=i].to_owned();
    let reference = strings(uniforms(3, 2000).iter().map(|u| name(letters(u, 8.0, 2.0, 7))));
    let current = strings(uniforms(4, 1000).iter().map(|u| name(letters(u, 8.4, 1.8, 8))));
    let measured = all_metrics(Kind::Categorical, &reference, &current, true);
    let value = |metric| find(&measured, metric).value.expect("a value");
    // PSI and JS decide on pooled bins (B.2); the published values are of all nine.
    let counts = measured.coarse.clone().expect("bins");
    near(psi::psi(&counts.reference, &counts.current, Smoothing::JEFFREYS).expect("psi"), 0.171706142747);
    near(js::js_distance(&counts.reference, &counts.current).expect("js"), 0.144655797276);
    assert!(value(Metric::Psi) < 0.171706142747);
    assert_eq!(find(&measured, Metric::Psi).detail.as_deref(), Some("rare bins pooled; 0.1717 without pooling"));
    near(value(Metric::Tvd), 0.0975);
    near(value(Metric::Chi2), 81.151871215455);
    near(value(Metric::CramersV), 0.164470738244);
    assert_eq!(value(Metric::UnseenRate), 0.028);
    assert!((find(&measured, Metric::Chi2).p_value.expect("p") / 2.8657286e-14 - 1.0).abs() < 2e-8);
}
