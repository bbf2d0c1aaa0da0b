//! Numbers that states give to persons, as far as their form or check digits tell them from other values.

use super::digits_of;

/// A number of one of the states below.
pub(super) fn is_national_id(value: &str) -> bool {
    /// The longest form is the Italian one, with blanks.
    const BYTES_MAX: usize = 24;
    if value.len() > BYTES_MAX || !value.is_ascii() {
        return false;
    }
    let compact: String = value.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    let compact = compact.as_str();
    is_us_ssn(value) || is_uk_nino(compact) || is_es_dni(compact) || is_it_cf(compact) || is_checked_number(compact)
}

/// One of the numbers that are digits alone and carry a check digit.
pub(super) fn is_checked_number(value: &str) -> bool {
    digits_of(value).is_some_and(|digits| is_de_idnr(&digits) || is_pl_pesel(&digits))
}

/// United States: `AAA-GG-SSSS`. There is no check digit, so that the hyphens or blanks must be there.
fn is_us_ssn(value: &str) -> bool {
    let separator = if value.contains('-') { '-' } else { ' ' };
    let parts: Vec<&str> = value.split(separator).collect();
    let [area, group, serial] = parts.as_slice() else {
        return false;
    };
    let is = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    is(area, 3)
        && is(group, 2)
        && is(serial, 4)
        && !matches!(*area, "000" | "666")
        && !area.starts_with('9')
        && *group != "00"
        && *serial != "0000"
}

/// United Kingdom: two letters, six digits, `A` to `D`; some letters and pairs are never given.
fn is_uk_nino(value: &str) -> bool {
    let [first, second, digits @ .., suffix] = value.as_bytes() else {
        return false;
    };
    let (first, second) = (*first, *second);
    let pair = [first, second];
    digits.len() == 6
        && digits.iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(suffix)
        && first.is_ascii_uppercase()
        && second.is_ascii_uppercase()
        && !b"DFIQUV".contains(&first)
        && !b"DFIOQUV".contains(&second)
        && ![*b"BG", *b"GB", *b"KN", *b"NK", *b"NT", *b"TN", *b"ZZ"].contains(&pair)
}

/// Spain: eight digits (of a foreigner `X`, `Y` or `Z` and seven) and the letter of their remainder by 23.
fn is_es_dni(value: &str) -> bool {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let [first, digits @ .., letter] = value.as_bytes() else {
        return false;
    };
    let first = match first {
        b'0'..=b'9' => first - b'0',
        b'X'..=b'Z' => first - b'X',
        _ => return false,
    };
    if digits.len() != 7 || !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = digits.iter().fold(usize::from(first), |sum, digit| sum * 10 + usize::from(digit - b'0'));
    LETTERS.get(number % 23) == Some(letter)
}

/// Italy: 16 letters and digits, the last one a check letter. Where two persons would share one, digits from the right
/// are written as letters (omocodia).
fn is_it_cf(value: &str) -> bool {
    /// Values of `0` to `9` and `A` to `Z` at odd places, counted from 1.
    const ODD: [u32; 36] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16,
        10, 22, 25, 24, 23,
    ];
    const SHAPE: &[u8; 16] = b"LLLLLLDDLDDLDDDL";
    let fits = |(byte, shape): (u8, &u8)| match shape {
        b'L' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit() || b"LMNPQRSTUV".contains(&byte),
    };
    if value.len() != SHAPE.len() || !value.bytes().zip(SHAPE).all(fits) {
        return false;
    }
    let sum: u32 = value
        .bytes()
        .take(15)
        .enumerate()
        .map(|(index, byte)| {
            let digit = u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
            let place = if byte.is_ascii_digit() { digit } else { digit + 10 };
            if index % 2 == 0 { ODD.get(place as usize).copied().unwrap_or(0) } else { digit }
        })
        .sum();
    value.bytes().last().is_some_and(|letter| u32::from(letter - b'A') == sum % 26)
}

/// Germany: eleven digits; of the first ten exactly one value stands twice or three times, the others at most once; the
/// check digit is that of ISO 7064 MOD 11,10.
fn is_de_idnr(digits: &[u8]) -> bool {
    let [body @ .., check] = digits else {
        return false;
    };
    if body.len() != 10 || body.first() == Some(&0) {
        return false;
    }
    let mut counts = [0_u8; 10];
    for digit in body {
        if let Some(count) = counts.get_mut(usize::from(*digit)) {
            *count += 1;
        }
    }
    let repeated: Vec<u8> = counts.into_iter().filter(|count| *count > 1).collect();
    let product = body.iter().fold(10_u32, |product, digit| {
        let sum = (product + u32::from(*digit)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    matches!(repeated.as_slice(), [2 | 3]) && u32::from(*check) == (11 - product) % 10
}

/// Poland: eleven digits with the date of birth, whose month tells the century, and a check digit.
fn is_pl_pesel(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 10] = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
    let [_, _, m1, m2, d1, d2, _, _, _, _, check] = digits else {
        return false;
    };
    let (month, day) = (m1 * 10 + m2, d1 * 10 + d2);
    let days = match month % 20 {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    (1..=days).contains(&day) && u32::from(*check) == (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::is_national_id;

    #[track_caller]
    fn check(right: &[&str], wrong: &[&str]) {
        for value in right {
            assert!(is_national_id(value), "{value}");
        }
        for value in wrong {
            assert!(!is_national_id(value), "{value}");
        }
    }

    #[test]
    fn united_states() {
        check(
            &["078-05-1120", "219 09 9999"],
            &[
                "078051120",
                "000-05-1120",
                "666-05-1120",
                "900-05-1120",
                "078-00-1120",
                "078-05-0000",
                "078-05-112",
                "a78-05-1120",
            ],
        );
    }

    #[test]
    fn united_kingdom() {
        check(
            &["AB123456C", "ab 12 34 56 c"],
            &["AB123456E", "DB123456C", "AO123456C", "BG123456C", "AB12345C", "A1123456C"],
        );
    }

    #[test]
    fn spain() {
        check(
            &["12345678Z", "12345678-z", "X1234567L", "00000000T"],
            &["12345678A", "X1234567A", "W1234567L", "1234567Z", "12345678"],
        );
    }

    #[test]
    fn italy() {
        // The last of the right ones is the first one with its last digit written as a letter.
        check(
            &["RSSMRA85T10A562S", "rssmra85t10a562s", "RSSMRA85T10A56NH"],
            &["RSSMRA85T10A562T", "RSSMRA85T10A56S", "RSSMRA85T10A562", "1SSMRA85T10A562S", "RSSMRA8AT10A562S"],
        );
    }

    #[test]
    fn germany() {
        check(
            &["86095742719", "47036892816", "65929970489"],
            &["86095742718", "06095742719", "12345678901", "11111111111", "8609574271"],
        );
    }

    #[test]
    fn poland() {
        check(
            &["44051401359", "44051401458", "02070803628"],
            &["44051401358", "44131401359", "44053201359", "4405140135"],
        );
    }
}
