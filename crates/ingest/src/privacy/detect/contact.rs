//! E-mail addresses and telephone numbers.

/// `local@domain` of RFC 5321 in everyday use: no quotes, no address literals; letters of any script before the `@`.
pub(super) fn is_email(value: &str) -> bool {
    const LOCAL_MAX: usize = 64;
    const BYTES_MAX: usize = 254;
    let Some((local, domain)) = value.rsplit_once('@') else {
        return false;
    };
    let is_atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    value.len() <= BYTES_MAX
        && local.len() <= LOCAL_MAX
        && local.split('.').all(|part| !part.is_empty() && part.chars().all(is_atom))
        && is_domain(domain)
}

/// A name of at least two labels whose last one is no number.
pub(super) fn is_domain(domain: &str) -> bool {
    const LABEL_MAX: usize = 63;
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let Some((_, last)) = domain.rsplit_once('.') else {
        return false;
    };
    domain.split('.').all(is_label) && last.chars().count() >= 2 && !last.starts_with(|c: char| c.is_ascii_digit())
}

/// E.164: `+`, then 8 to 15 digits that do not begin with 0, with blanks, dots, hyphens and brackets between them.
pub(super) fn is_phone(value: &str) -> bool {
    let Some(number) = value.strip_prefix('+') else {
        return false;
    };
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let allowed = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'.' | b'-' | b'(' | b')'));
    allowed
        && (8..=15).contains(&digits)
        && number.starts_with(|c: char| ('1'..='9').contains(&c))
        && number.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_email, is_phone};

    #[test]
    fn emails() {
        for value in
            ["a@b.co", "first.last+tag@sub.example.org", "o'neil@example.ie", "ünal@exämple.de", "x@xn--bcher-kva.ch"]
        {
            assert!(is_email(value), "{value}");
        }
        for value in [
            "a@b",
            "@b.co",
            "a@",
            "a b@c.de",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.de",
            "a@-b.co",
            "a@b.1",
            "a@b.c",
            "user@10.0.0.1",
            "a@b.co,c@d.co",
        ] {
            assert!(!is_email(value), "{value}");
        }
        assert!(!is_email(&format!("{}@b.co", "a".repeat(65))));
    }

    #[test]
    fn phones() {
        for value in ["+14155552671", "+44 20 7946 0958", "+49 (30) 901820", "+1.415.555.2671", "+12345678"] {
            assert!(is_phone(value), "{value}");
        }
        for value in [
            "14155552671",
            "+1234567",
            "+1234567890123456",
            "+0123456789",
            "+1 415 CALL",
            "+12345678-",
            "+",
            "-12345678",
            "+1.5",
        ] {
            assert!(!is_phone(value), "{value}");
        }
    }
}
