//! Numbers as text, in bins, and on the coarse scales of profile-only columns.

use std::fmt::Write as _;

/// The shortest text that reads back as `number`, as it would be stored in a column of texts: so a number that arrives
/// as text has the same hash.
pub(super) fn push_number(text: &mut String, number: f64) {
    let size = number.abs();
    // Writing to a String cannot fail.
    let _ = if number == 0.0 || (1e-5..1e17).contains(&size) || !number.is_finite() {
        write!(text, "{number}")
    } else {
        write!(text, "{number:e}")
    };
}

/// The lower edge of the bin of `number`, which is put to `cap` before if it is above. NaN stays NaN.
pub(super) fn bin(number: f64, width: Option<f64>, cap: Option<f64>) -> f64 {
    // Not `f64::min`, which would turn NaN into the cap.
    let capped = match cap {
        Some(cap) if number > cap => cap,
        _ => number,
    };
    match width {
        // Adding zero turns -0.0 into 0.0.
        Some(width) => (capped / width).floor() * width + 0.0,
        None => capped,
    }
}

/// Steps of the scale within a declared range.
const LEVELS: f64 = 64.0;

/// Exponents of the scale without a declared range: 2⁻¹⁰ to 2²⁰.
const EXPONENTS: std::ops::RangeInclusive<i32> = -10..=20;

/// The level of `number` on the scale of a profile-only column.
///
/// With a range `(min, max)`: the middle of its bin of 64 equal ones, or half a bin outside for anything below or above.
/// Without one: 0, or ± a power of two from 2⁻¹⁰ to 2²⁰, rounded towards zero and clamped: 63 levels. NaN stays NaN.
pub(super) fn level(number: f64, range: Option<(f64, f64)>) -> f64 {
    if number.is_nan() {
        return number;
    }
    match range {
        Some((min, max)) if max > min && (max - min).is_finite() => {
            let step = (max - min) / LEVELS;
            // The last bin holds its upper end.
            let bin = if number == max { LEVELS - 1.0 } else { ((number - min) / step).floor().clamp(-1.0, LEVELS) };
            min + (bin + 0.5) * step
        }
        _ => power(number),
    }
}

fn power(number: f64) -> f64 {
    let size = number.abs();
    if size < 2_f64.powi(*EXPONENTS.start()) {
        return 0.0;
    }
    let below = EXPONENTS.rev().map(|exponent| 2_f64.powi(exponent)).find(|power| *power <= size);
    below.map_or(0.0, |power| power.copysign(number))
}

#[cfg(test)]
mod tests {
    use super::{bin, level, push_number};

    #[test]
    fn bins() {
        for (number, width, cap, expect) in [
            (37.0, Some(10.0), None, 30.0),
            (40.0, Some(10.0), None, 40.0),
            (-1.0, Some(10.0), None, -10.0),
            (-0.0, Some(10.0), None, 0.0),
            (0.26, Some(0.25), None, 0.25),
            (88.5, None, Some(89.0), 88.5),
            (89.0, None, Some(89.0), 89.0),
            (90.0, None, Some(89.0), 89.0),
            (104.0, Some(10.0), Some(89.0), 80.0),
            (f64::INFINITY, Some(10.0), Some(89.0), 80.0),
            (f64::NEG_INFINITY, Some(10.0), Some(89.0), f64::NEG_INFINITY),
        ] {
            assert_eq!(bin(number, width, cap).to_bits(), f64::to_bits(expect), "{number} {width:?} {cap:?}");
        }
        assert!(bin(f64::NAN, Some(10.0), Some(89.0)).is_nan());
    }

    #[test]
    fn levels_without_a_range() {
        for (number, expect) in [
            (0.0, 0.0),
            (-0.0, 0.0),
            (0.0009, 0.0),
            (-0.0009, 0.0),
            (0.001, 0.0009765625),
            (1.0, 1.0),
            (54_321.0, 32_768.0),
            (-3.0, -2.0),
            (1e9, 1_048_576.0),
            (f64::INFINITY, 1_048_576.0),
            (f64::NEG_INFINITY, -1_048_576.0),
        ] {
            assert_eq!(level(number, None).to_bits(), f64::to_bits(expect), "{number}");
        }
        assert!(level(f64::NAN, None).is_nan());
        let all = (-200_000..200_000).map(|i| level(f64::from(i) * 17.3, None).to_bits());
        assert!(all.collect::<std::collections::BTreeSet<_>>().len() <= 63);
    }

    #[test]
    fn levels_within_a_range() {
        let range = Some((0.0, 64.0));
        for (number, expect) in
            [(0.0, 0.5), (0.99, 0.5), (1.0, 1.5), (64.0, 63.5), (65.0, 64.5), (1e300, 64.5), (-5.0, -0.5)]
        {
            assert_eq!(level(number, range), expect, "{number}");
        }
        // Ranges that have no bins fall back to powers of two.
        assert_eq!(level(3.0, Some((1.0, 1.0))), 2.0);
        assert_eq!(level(3.0, Some((-f64::MAX, f64::MAX))), 2.0);
        let all = (-1000..2000).map(|i| level(f64::from(i) / 10.0, Some((0.0, 100.0))).to_bits());
        assert_eq!(all.collect::<std::collections::BTreeSet<_>>().len(), 66);
    }

    #[test]
    fn texts() {
        for (number, expect) in [(12345.0, "12345"), (0.1, "0.1"), (1e300, "1e300"), (f64::NAN, "NaN")] {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text, expect);
        }
    }
}
