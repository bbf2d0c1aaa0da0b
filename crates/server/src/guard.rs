//! Whether the server asks for keys.

use std::net::SocketAddr;

use thiserror::Error;

/// Whether the server asks for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Everybody who reaches the server may do everything, on the default tenant. Loopback addresses only, and only
    /// requests whose host is a loopback name: a web page that rebinds its own name is refused.
    Open,
    /// Every route but health and the API description asks for a key.
    Keys,
}

/// Why a server does not start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GuardError {
    /// Anybody could write.
    #[error("`{address}` is reachable from other machines, but there is no API key")]
    NoKeys {
        /// The first address that is not a loopback one.
        address: SocketAddr,
    },
}

impl Guard {
    /// The guard of a server that listens on `addresses`, given whether any key exists.
    ///
    /// # Errors
    /// [`GuardError::NoKeys`] for an address beyond loopback without keys.
    pub fn decide(addresses: &[SocketAddr], has_keys: bool) -> Result<Self, GuardError> {
        if has_keys {
            return Ok(Self::Keys);
        }
        match addresses.iter().find(|address| !address.ip().to_canonical().is_loopback()) {
            Some(address) => Err(GuardError::NoKeys { address: *address }),
            None => Ok(Self::Open),
        }
    }
}

/// Whether `host` (a `Host` header or an authority, with or without port) names this machine to itself.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_loopback_keys_are_demanded() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        for open in ["127.0.0.1:0", "127.8.9.1:80", "[::1]:8080", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(Guard::decide(&[at(open)], false), Ok(Guard::Open), "{open}");
            assert_eq!(Guard::decide(&[at(open)], true), Ok(Guard::Keys), "{open}");
        }
        for reachable in ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "[::ffff:10.0.0.1]:80"] {
            let both = [at("127.0.0.1:1"), at(reachable)];
            assert_eq!(Guard::decide(&both, false), Err(GuardError::NoKeys { address: at(reachable) }));
            assert_eq!(Guard::decide(&both, true), Ok(Guard::Keys));
        }
    }

    #[test]
    fn hosts_that_name_this_machine() {
        for own in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80"] {
            assert!(is_loopback_host(own), "{own}");
        }
        for other in
            ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "[::2]", "::1.x", "10.0.0.1"]
        {
            assert!(!is_loopback_host(other), "{other}");
        }
    }
}
