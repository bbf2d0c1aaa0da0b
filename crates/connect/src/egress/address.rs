//! Which addresses are of the public network, and networks as users write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network, such as `10.0.0.0/8` or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid network `{0}`; expected one such as `10.0.0.0/8` or `fd00::/8`")]
pub struct InvalidNetwork(String);

impl Network {
    /// Whether `address` is in it. An IPv4 address within IPv6 (`::ffff:10.0.0.1`) counts as the IPv4 address.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                same(u128::from(network.to_bits()), u128::from(address.to_bits()), 32, self.bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => same(network.to_bits(), address.to_bits(), 128, self.bits),
            _ => false,
        }
    }
}

/// Whether the first `bits` of two numbers of `width` bits are the same.
const fn same(a: u128, b: u128, width: u32, bits: u8) -> bool {
    let rest = width - bits as u32;
    rest >= 128 || (a ^ b) >> rest == 0
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(crate::show::cut(text, 60));
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse().map_err(|_| invalid()))?;
        if bits > width { Err(invalid()) } else { Ok(Self { address, bits }) }
    }
}

/// Why `address` is not of the public network; `None` if it is.
///
/// Sources: <https://www.iana.org/assignments/iana-ipv4-special-registry>, its IPv6 sibling, and the addresses at which
/// clouds answer with credentials. Of IPv6 only `2000::/3` is public; an IPv4 address that is wrapped in one (mapped, 6to4,
/// NAT64) is judged itself.
#[must_use]
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => not_public_v4(address),
        IpAddr::V6(address) => not_public_v6(address),
    }
}

/// Where clouds answer with credentials, beyond link-local addresses.
pub(super) const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
pub(super) const METADATA_V6: [Ipv6Addr; 1] = [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)];

fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    if METADATA_V4.contains(&address) {
        return Some("a metadata service");
    }
    match address.octets() {
        [127, ..] => Some("this machine"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private network"),
        [100, 64..=127, ..] => Some("a shared network of a provider"),
        [169, 254, ..] => Some("link-local, where metadata services are"),
        [0 | 240..=255, ..] | [192, 0, 0, _] | [192, 88, 99, _] => Some("reserved"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18 | 19, ..] => Some("for documents and tests"),
        [224..=239, ..] => Some("multicast"),
        _ => None,
    }
}

fn not_public_v6(address: Ipv6Addr) -> Option<&'static str> {
    if METADATA_V6.contains(&address) {
        return Some("a metadata service");
    }
    let embedded = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("reserved"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("this machine"),
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            not_public_v4(embedded(high, low))
        }
        [0x2002, high, low, ..] => not_public_v4(embedded(high, low)),
        [0xfc00..=0xfdff, ..] => Some("a private network"),
        [0xfe80..=0xfebf, ..] => Some("link-local, where metadata services are"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("for documents and tests"),
        // Protocol assignments, Teredo among them, whose inner address is hidden.
        [0x2001, 0..=0x1ff, ..] => Some("reserved"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("reserved"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::{Network, not_public};

    fn why(text: &str) -> Option<&'static str> {
        not_public(text.parse().unwrap())
    }

    #[test]
    fn only_public_addresses_are_public() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "169.253.0.1",
            "2606:4700::1",
        ] {
            assert_eq!(why(text), None, "{text}");
        }
        for (text, reason) in [
            ("127.0.0.1", "this machine"),
            ("127.255.1.2", "this machine"),
            ("0.0.0.0", "reserved"),
            ("10.1.2.3", "a private network"),
            ("172.31.255.255", "a private network"),
            ("192.168.0.1", "a private network"),
            ("100.64.0.1", "a shared network of a provider"),
            ("169.254.169.254", "link-local, where metadata services are"),
            ("168.63.129.16", "a metadata service"),
            ("100.100.100.200", "a metadata service"),
            ("fd00:ec2::254", "a metadata service"),
            ("224.0.0.1", "multicast"),
            ("255.255.255.255", "reserved"),
            ("198.19.0.1", "for documents and tests"),
            ("::", "reserved"),
            ("::1", "this machine"),
            ("fe80::1", "link-local, where metadata services are"),
            ("fc00::1", "a private network"),
            ("ff02::1", "multicast"),
            ("2001:db8::1", "for documents and tests"),
            ("2001:0:1::1", "reserved"),
            ("5f00::1", "reserved"),
            ("::10.0.0.1", "reserved"),
        ] {
            assert_eq!(why(text), Some(reason), "{text}");
        }
    }

    #[test]
    fn a_wrapped_address_is_judged_itself() {
        for wrap in ["::ffff:", "64:ff9b::"] {
            assert_eq!(why(&format!("{wrap}127.0.0.1")), Some("this machine"));
            assert_eq!(why(&format!("{wrap}169.254.169.254")), Some("link-local, where metadata services are"));
            assert_eq!(why(&format!("{wrap}1.1.1.1")), None);
        }
        assert_eq!(why("2002:7f00:1::"), Some("this machine"));
        assert_eq!(why("2002:0a00:1::1"), Some("a private network"));
        assert_eq!(why("64:ff9b:1::1"), Some("reserved"));
    }

    proptest! {
        /// An independent opinion: what the standard library knows of addresses.
        #[test]
        fn nothing_that_the_standard_library_calls_special_is_public(bits: u32) {
            let address = std::net::Ipv4Addr::from_bits(bits);
            let special = address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast()
                || address.is_broadcast() || address.is_documentation() || address.is_unspecified();
            prop_assert!(!special || not_public(IpAddr::V4(address)).is_some());
            prop_assert_eq!(not_public(IpAddr::V4(address)), not_public(IpAddr::V6(address.to_ipv6_mapped())));
        }
    }

    #[test]
    fn networks_hold_their_addresses() {
        let contains =
            |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
        assert!(contains("127.0.0.1", "127.0.0.1") && !contains("127.0.0.1", "127.0.0.2"));
        assert!(contains("0.0.0.0/0", "8.8.8.8") && !contains("0.0.0.0/0", "2606::1"));
        assert!(contains("::/0", "2606::1") && contains("fd00::/8", "fd12::1") && !contains("fd00::/8", "fc12::1"));
        for text in ["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/x", "localhost"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
