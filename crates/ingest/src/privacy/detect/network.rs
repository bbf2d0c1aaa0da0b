//! Addresses of machines.

use std::net::{IpAddr, SocketAddr};

use super::contact::is_domain;

/// IPv4 or IPv6, with or without a port.
pub(super) fn is_ip(value: &str) -> bool {
    /// Longer than any address with port and zone.
    const BYTES_MAX: usize = 64;
    value.len() <= BYTES_MAX && (value.parse::<IpAddr>().is_ok() || value.parse::<SocketAddr>().is_ok())
}

/// Six bytes in hexadecimal: `00:1b:44:11:3a:b7`, with `-`, or as `001b.4411.3ab7`.
pub(super) fn is_mac(value: &str) -> bool {
    let is_hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is = |separator: char, count: usize, length: usize| {
        value.split(separator).count() == count && value.split(separator).all(|part| is_hex(part, length))
    };
    // 17 and 14 bytes: no other value is split.
    match value.len() {
        17 => is(':', 6, 2) || is('-', 6, 2),
        14 => is('.', 3, 4),
        _ => false,
    }
}

/// `http`, `https` or `ftp` with a host.
pub(super) fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let known = ["http", "https", "ftp"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    known && !value.contains(char::is_whitespace) && (is_domain(name) || is_ip(host) || name == "localhost")
}

#[cfg(test)]
mod tests {
    use super::{is_ip, is_mac, is_url};

    #[test]
    fn addresses() {
        for value in [
            "10.0.0.1",
            "255.255.255.255",
            "::1",
            "2001:db8::8a2e:370:7334",
            "10.0.0.1:8080",
            "[::1]:80",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_ip(value), "{value}");
        }
        for value in
            ["10.0.0", "256.0.0.1", "10.0.0.1.2", "1:2", "12:30:45", "2001:db8::g", "10.0.0.1:99999", "1.5", ""]
        {
            assert!(!is_ip(value), "{value}");
        }
    }

    #[test]
    fn macs() {
        for value in ["00:1b:44:11:3a:b7", "00-1B-44-11-3A-B7", "001b.4411.3ab7"] {
            assert!(is_mac(value), "{value}");
        }
        for value in
            ["00:1b:44:11:3a", "00:1b:44:11:3a:bg", "00:1b-44:11:3a:b7", "001b44113ab7", "001b.4411.3ab", "éééééééé0"]
        {
            assert!(!is_mac(value), "{value}");
        }
    }

    #[test]
    fn urls() {
        for value in [
            "https://example.org",
            "HTTP://a.bc:8080/x?y#z",
            "ftp://user:pw@example.org/",
            "http://10.0.0.1/",
            "http://localhost:80",
        ] {
            assert!(is_url(value), "{value}");
        }
        for value in ["example.org", "https://", "https://a b.org", "mailto:a@b.co", "s3://bucket/a", "https://-"] {
            assert!(!is_url(value), "{value}");
        }
    }
}
