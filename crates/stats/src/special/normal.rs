//! The normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Complementary error function `2/√π ∫_x^∞ e^{−t²} dt`; relative accuracy kept in the tail. From `libm`.
#[must_use]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Standard normal density `e^{−z²/2}/√(2π)`.
#[must_use]
pub fn normal_pdf(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// Standard normal distribution function `Φ(z)`, accurate relatively for `z → −∞`.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z * FRAC_1_SQRT_2)
}

/// Standard normal upper tail `1 − Φ(z)`, accurate relatively for `z → +∞`.
#[must_use]
pub fn normal_sf(z: f64) -> f64 {
    0.5 * erfc(z * FRAC_1_SQRT_2)
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ],
];
const MIDDLE: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];
const FAR: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

/// `z` with lower tail `p ≤ ½`: rational start, then one Halley step on `Φ(z) − p`.
fn lower_quantile(p: f64) -> f64 {
    let centred = p - 0.5;
    let start = if centred.abs() <= 0.425 {
        let r = 0.180_625 - centred * centred;
        centred * polynomial(&CENTRE[0], r) / polynomial(&CENTRE[1], r)
    } else {
        let r = (-p.ln()).sqrt();
        let (tables, r) = if r <= 5.0 { (&MIDDLE, r - 1.6) } else { (&FAR, r - 5.0) };
        -polynomial(&tables[0], r) / polynomial(&tables[1], r)
    };
    let density = normal_pdf(start);
    if density < 1e-300 {
        return start;
    }
    let step = (normal_cdf(start) - p) / density;
    start - step / (1.0 + 0.5 * start * step)
}

/// Standard normal quantile: `z` with `Φ(z) = p`.
///
/// −inf at 0, +inf at 1, NaN outside `[0, 1]`. For an upper tail below 1e-16 use [`normal_isf`].
///
/// Source: Wichura 1988, AS 241 (<https://doi.org/10.2307/2347330>), polished by one Halley step.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) {
        f64::NAN
    } else if p == 0.0 {
        f64::NEG_INFINITY
    } else if p == 1.0 {
        f64::INFINITY
    } else if p <= 0.5 {
        lower_quantile(p)
    } else {
        -lower_quantile(1.0 - p)
    }
}

/// Standard normal upper quantile: `z` with `1 − Φ(z) = p`, accurate for tiny `p`.
#[must_use]
pub fn normal_isf(p: f64) -> f64 {
    -normal_quantile(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_inverts() {
        for p in [1e-300, 1e-20, 1e-5, 0.01, 0.07, 0.3, 0.5] {
            let z = normal_quantile(p);
            assert!((normal_cdf(z) / p - 1.0).abs() < 1e-12, "{p} {z}");
        }
        assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert!(normal_quantile(1.5).is_nan() && normal_quantile(f64::NAN).is_nan());
    }
}
