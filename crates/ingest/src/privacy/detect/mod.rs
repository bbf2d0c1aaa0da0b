//! Forms of values that name a person or a machine. Each detector looks at one whole value: text that contains such a
//! value among other words is long, and long text is not stored anyway.

mod bank;
mod contact;
mod national;
mod network;

use super::class::Class;

/// Longer values have none of these forms.
const BYTES_MAX: usize = 2048;

/// Whether a value has a form.
type Detector = fn(&str) -> bool;

/// The class whose form `value` has, blanks around it aside.
pub(super) fn class_of(value: &str) -> Option<Class> {
    let value = value.trim();
    // The shortest form is the IPv6 address `::`.
    if value.len() < 2 || value.len() > BYTES_MAX {
        return None;
    }
    let detectors: [(Detector, Class); 8] = [
        (contact::is_email, Class::Email),
        (contact::is_phone, Class::Phone),
        (network::is_url, Class::Url),
        (network::is_mac, Class::Mac),
        (network::is_ip, Class::Ip),
        (bank::is_iban, Class::Iban),
        (national::is_national_id, Class::NationalId),
        (bank::is_card, Class::Card),
    ];
    detectors.into_iter().find(|(detects, _)| detects(value)).map(|(_, class)| class)
}

/// The class of a number: only those whose digits carry a check. `None` for numbers below seven digits, with a fraction
/// or beyond what a double holds exactly.
pub(super) fn class_of_number(value: f64) -> Option<Class> {
    let digits = long_integer(value)?.to_string();
    if national::is_checked_number(&digits) {
        Some(Class::NationalId)
    } else {
        bank::is_card(&digits).then_some(Class::Card)
    }
}

/// A number that may be a phone, card or account number: whole, with at least seven digits, exact.
pub(super) fn long_integer(value: f64) -> Option<u64> {
    const RANGE: std::ops::RangeInclusive<f64> = 1e6..=9_007_199_254_740_992.0;
    (value.fract() == 0.0 && RANGE.contains(&value)).then_some(value as u64)
}

/// The digits of `text` without blanks and hyphens between them; `None` if there is any other character.
fn digits_of(text: &str) -> Option<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len().min(40));
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => digits.push(byte - b'0'),
            b' ' | b'-' => {}
            _ => return None,
        }
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::{Class, class_of, class_of_number};

    #[test]
    fn classes() {
        for (value, expect) in [
            (" ada@example.org ", Some(Class::Email)),
            ("+44 20 7946 0958", Some(Class::Phone)),
            ("https://example.org/a?b", Some(Class::Url)),
            ("00:1B:44:11:3a:B7", Some(Class::Mac)),
            ("192.168.0.1", Some(Class::Ip)),
            ("DE89 3704 0044 0532 0130 00", Some(Class::Iban)),
            ("44051401359", Some(Class::NationalId)),
            ("4111 1111 1111 1111", Some(Class::Card)),
            ("", None),
            ("DE", None),
            ("2026-01-31", None),
            ("2026-01-31T10:00:00Z", None),
            ("12345678901", None),
            ("9f1c2e3a-0000-4000-8000-123456789abc", None),
            ("1e10", None),
        ] {
            assert_eq!(class_of(value), expect, "{value}");
        }
        assert_eq!(class_of(&"a".repeat(3000)), None);
    }

    #[test]
    fn numbers() {
        assert_eq!(class_of_number(4_111_111_111_111_111.0), Some(Class::Card));
        assert_eq!(class_of_number(4_111_111_111_111_112.0), None);
        assert_eq!(class_of_number(44_051_401_359.0), Some(Class::NationalId));
        for value in [0.5, 1e6, -44_051_401_359.0, 44_051_401_359.5, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(class_of_number(value), None, "{value}");
        }
    }
}
