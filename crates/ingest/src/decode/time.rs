//! Times: RFC 3339 text, and epoch numbers whose unit is told by their magnitude.

const MICROS: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS;

/// Microseconds since 1970 of an RFC 3339 text; digits beyond microseconds are cut. `None` when it is not one.
///
/// An offset (`Z`, `+01:00`) is needed: a local time names no instant.
pub(super) fn from_text(text: &str) -> Option<i64> {
    fixed_layout(text.as_bytes()).or_else(|| {
        text.parse::<jiff::Timestamp>().ok().map(|t| {
            // `as_microsecond` cuts toward zero; instants before 1970 are cut toward the past like all others.
            i64::try_from(t.as_nanosecond().div_euclid(1_000)).unwrap_or(i64::MIN)
        })
    })
}

/// Microseconds since 1970 of an epoch number in seconds, milli-, micro- or nanoseconds.
///
/// Below 1e11 it is seconds (to the year 5138), below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds.
pub(super) fn from_integer(epoch: i64) -> Option<i64> {
    match epoch.unsigned_abs() {
        0..100_000_000_000 => epoch.checked_mul(MICROS),
        100_000_000_000..100_000_000_000_000 => epoch.checked_mul(1_000),
        100_000_000_000_000..100_000_000_000_000_000 => Some(epoch),
        _ => Some(epoch.div_euclid(1_000)),
    }
}

/// The same for a float, to the nearest microsecond.
pub(super) fn from_float(epoch: f64) -> Option<i64> {
    let size = epoch.abs();
    let micros = if size < 1e11 {
        epoch * 1e6
    } else if size < 1e14 {
        epoch * 1e3
    } else if size < 1e17 {
        epoch
    } else {
        epoch / 1e3
    };
    // The comparison is false for NaN.
    #[expect(clippy::cast_possible_truncation, reason = "bounds are checked")]
    (micros.abs() < 9e18).then(|| micros.round() as i64)
}

/// `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)`, the layout of nearly all texts, without a general parser.
fn fixed_layout(text: &[u8]) -> Option<i64> {
    let digits = |from: usize, count: usize| -> Option<i64> {
        text.get(from..from + count)?.iter().try_fold(0_i64, |sum, byte| {
            let digit = byte.wrapping_sub(b'0');
            (digit < 10).then(|| sum * 10 + i64::from(digit))
        })
    };
    let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && (is(10, b'T') || is(10, b't')) && is(13, b':') && is(16, b':')) {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
    // A leap second is left to the general parser.
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let day = days_from_civil(year, month, day)?;
    let (fraction, zone_at) = fraction(text)?;
    let offset = match text.get(zone_at..)? {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (digits(zone_at + 1, 2)?, digits(zone_at + 4, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'+' { 60 } else { -60 }
        }
        _ => return None,
    };
    Some(day * MICROS_PER_DAY + (hour * 3_600 + minute * 60 + second - offset) * MICROS + fraction)
}

/// Microseconds of the fraction behind the seconds, and where the zone begins.
fn fraction(text: &[u8]) -> Option<(i64, usize)> {
    const DOT: usize = 19;
    if text.get(DOT) != Some(&b'.') {
        return Some((0, DOT));
    }
    let (mut micros, mut unit, mut at) = (0, 100_000, DOT + 1);
    while let Some(digit) = text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        micros += i64::from(digit) * unit;
        unit /= 10;
        at += 1;
    }
    // One to nine digits: more is left to the general parser, none is no fraction.
    (1..=9).contains(&(at - DOT - 1)).then_some((micros, at))
}

/// Days since 1970 of a date of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=month_days).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last one; 400 years are 146,097 days.
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let year = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59.999999Z", Some(-1)),
            ("1969-12-31T23:59:59.9999991Z", Some(-1)),
            ("2024-02-29T12:34:56.789Z", Some(1_709_210_096_789_000)),
            ("2024-02-29T13:34:56.789+01:00", Some(1_709_210_096_789_000)),
            ("2024-02-29t12:34:56.123456789z", Some(1_709_210_096_123_456)),
            ("2024-02-29T12:34:56-00:30", Some(1_709_211_896_000_000)),
            ("0000-03-01T00:00:00Z", Some(-62_162_035_200_000_000)),
            ("2023-02-29T12:00:00Z", None),
            ("2024-13-01T12:00:00Z", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T12:00:00.Z", None),
            ("2024-01-01T12:00:00", None),
            ("2024-01-01", None),
            ("", None),
            ("now", None),
        ] {
            assert_eq!(from_text(text), micros, "{text}");
        }
    }

    #[test]
    fn the_fixed_layout_agrees_with_jiff() {
        for day in (-25_000_i64..40_000).step_by(13) {
            let second = day * 86_400 + day.rem_euclid(86_400);
            let text = jiff::Timestamp::from_second(second).unwrap().to_string();
            assert_eq!(fixed_layout(text.as_bytes()), Some(second * MICROS), "{text}");
        }
    }

    #[test]
    fn the_magnitude_is_the_unit() {
        let instant = 1_709_210_096_000_000;
        for epoch in [1_709_210_096, 1_709_210_096_000, 1_709_210_096_000_000, 1_709_210_096_000_000_000] {
            assert_eq!(from_integer(epoch), Some(instant));
            #[expect(clippy::cast_precision_loss, reason = "a test value")]
            let float = epoch as f64;
            assert_eq!(from_float(float), Some(instant));
        }
        assert_eq!(from_float(1_709_210_096.789_012), Some(1_709_210_096_789_012));
        assert_eq!(from_integer(-1), Some(-1_000_000));
        assert_eq!(from_integer(i64::MIN), Some(-9_223_372_036_854_776));
        for number in [f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(from_float(number), None);
        }
    }
}
