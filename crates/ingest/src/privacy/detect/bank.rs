//! Bank accounts and payment cards.

use super::digits_of;

/// Length of an IBAN by country (SWIFT IBAN registry).
#[rustfmt::skip]
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16), ("BG", 22), ("BH", 22),
    ("BI", 27), ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22), ("CY", 28), ("CZ", 24), ("DE", 22), ("DJ", 27),
    ("DK", 18), ("DO", 28), ("EE", 20), ("EG", 29), ("ES", 24), ("FI", 18), ("FK", 18), ("FO", 18), ("FR", 27),
    ("GB", 22), ("GE", 22), ("GI", 23), ("GL", 18), ("GR", 27), ("GT", 28), ("HN", 28), ("HR", 21), ("HU", 28),
    ("IE", 22), ("IL", 23), ("IQ", 23), ("IS", 26), ("IT", 27), ("JO", 30), ("KW", 30), ("KZ", 20), ("LB", 28),
    ("LC", 32), ("LI", 21), ("LT", 20), ("LU", 20), ("LV", 21), ("LY", 25), ("MC", 27), ("MD", 24), ("ME", 22),
    ("MK", 19), ("MN", 20), ("MR", 27), ("MT", 31), ("MU", 30), ("NI", 28), ("NL", 18), ("NO", 15), ("OM", 23),
    ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29), ("RO", 24), ("RS", 22), ("RU", 33), ("SA", 24),
    ("SC", 31), ("SD", 18), ("SE", 24), ("SI", 19), ("SK", 24), ("SM", 27), ("SO", 23), ("ST", 25), ("SV", 28),
    ("TL", 23), ("TN", 24), ("TR", 26), ("UA", 29), ("VA", 22), ("VG", 24), ("XK", 20), ("YE", 30),
];

/// An IBAN: country, its length, and ISO 7064 MOD 97-10 over the rearranged text.
pub(super) fn is_iban(value: &str) -> bool {
    const BYTES_MAX: usize = 64;
    if value.len() > BYTES_MAX {
        return false;
    }
    let text: Vec<u8> = value.bytes().filter(|byte| *byte != b' ').map(|byte| byte.to_ascii_uppercase()).collect();
    let Some((head, account)) = text.split_at_checked(4) else {
        return false;
    };
    let is_head = matches!(head, [a, b, c, d] if a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit());
    let length =
        IBAN_LENGTHS.iter().find(|(country, _)| head.starts_with(country.as_bytes())).map(|(_, length)| *length);
    if !is_head || length != Some(text.len()) {
        return false;
    }
    let remainder = account.iter().chain(head).try_fold(0_u32, |remainder, byte| match byte {
        b'0'..=b'9' => Some((remainder * 10 + u32::from(byte - b'0')) % 97),
        b'A'..=b'Z' => Some((remainder * 100 + u32::from(byte - b'A') + 10) % 97),
        _ => None,
    });
    remainder == Some(1)
}

/// A card number: 13 to 19 digits in the ranges of the large schemes, with the check digit of ISO/IEC 7812-1 (Luhn).
pub(super) fn is_card(value: &str) -> bool {
    const BYTES_MAX: usize = 32;
    let Some(digits) = Some(value).filter(|value| value.len() <= BYTES_MAX).and_then(digits_of) else {
        return false;
    };
    let prefix = |count: usize| digits.iter().take(count).fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    let is_scheme = match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 30 | 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || matches!(prefix(2), 35 | 51..=55 | 62 | 65)
                || matches!(prefix(3), 644..=649)
                || matches!(prefix(4), 2221..=2720 | 6011)
        }
        17..=19 => prefix(1) == 4 || matches!(prefix(2), 35 | 62 | 65) || prefix(4) == 6011,
        _ => false,
    };
    is_scheme && luhn(&digits) == 0
}

/// The Luhn sum modulo 10: every second digit from the right doubled, digits of the doubles added.
fn luhn(digits: &[u8]) -> u32 {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match (index % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum % 10
}

#[cfg(test)]
mod tests {
    use super::{is_card, is_iban};

    #[test]
    fn ibans() {
        for value in [
            "GB29 NWBK 6016 1331 9268 19",
            "DE89370400440532013000",
            "fr1420041010050500013m02606",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
        ] {
            assert!(is_iban(value), "{value}");
        }
        for value in [
            "GB29NWBK60161331926818",
            "GB28NWBK60161331926819",
            "DE8937040044053201300",
            "DE893704004405320130000",
            "XX89370400440532013000",
            "DE8937040044053201300é",
            "DE",
            "",
            "89DE370400440532013000",
            "DE89-3704-0044-0532-0130-00",
        ] {
            assert!(!is_iban(value), "{value}");
        }
    }

    /// A wrong digit anywhere is found: MOD 97-10 finds every single error.
    #[test]
    fn every_wrong_digit_of_an_iban_is_found() {
        let right = "DE89370400440532013000";
        for index in 2..right.len() {
            for digit in '0'..='9' {
                let mut wrong = right.to_owned();
                wrong.replace_range(index..=index, &digit.to_string());
                assert_eq!(is_iban(&wrong), wrong == right, "{wrong}");
            }
        }
    }

    #[test]
    fn cards() {
        for value in [
            "4111111111111111",
            "4222222222222",
            "5555-5555-5555-4444",
            "378282246310005",
            "6011 1111 1111 1117",
            "30569309025904",
            "3530111333300000",
            "2223003122003222",
        ] {
            assert!(is_card(value), "{value}");
        }
        for value in [
            "4111111111111112",
            "1111111111111117",
            "0000000000000000",
            "411111111111111",
            "4111x11111111111",
            "",
            "5655555555554444",
            "378282246310006",
        ] {
            assert!(!is_card(value), "{value}");
        }
    }
}
