//! Whether a connection may be made: a pure judgement of protection, host, port and all addresses of the host.

use std::net::IpAddr;

use super::address::{METADATA_V4, METADATA_V6, Network, not_public};

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS, from the start or before anything is said.
    Tls,
    /// Nothing.
    Plain,
}

/// Where the service may go beyond public addresses. The operator sets this, never a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Networks that are not public and may be called all the same; also without TLS.
    pub networks: Vec<Network>,
    /// Names of hosts whose addresses may be private; also without TLS, then. Link-local and metadata addresses stay
    /// refused unless a network allows them.
    pub hosts: Vec<String>,
    /// Ports of public hosts. Allowed hosts and networks may be called on any.
    pub ports: Vec<u16>,
}

impl Default for Rules {
    /// Public hosts only, on the usual ports of HTTPS and of mail with TLS.
    fn default() -> Self {
        Self { networks: Vec::new(), hosts: Vec::new(), ports: vec![443, 8443, 465, 587] }
    }
}

/// Why a connection is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The host has an address that must not be called.
    #[error("the host `{host}` leads to {reason}; the setting for allowed hosts and networks can permit it")]
    Address {
        /// The host.
        host: String,
        /// What its address is.
        reason: &'static str,
    },
    /// Without TLS to a host that is not private and allowed.
    #[error(
        "the host `{host}` would be called without TLS; expected `https`, or a private host that the settings allow"
    )]
    Plain {
        /// The host.
        host: String,
    },
    /// A port that public hosts are not called on.
    #[error("port {port} of `{host}` is not allowed; expected one of {allowed:?}")]
    Port {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// What is.
        allowed: Vec<u16>,
    },
    /// The name has no address.
    #[error("the host `{host}` has no address")]
    NoAddress {
        /// The host.
        host: String,
    },
}

impl Rules {
    /// Judges a connection. One bad address among several is enough to refuse: the next answer could hold only that one.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn judge(&self, protection: Protection, host: &str, port: u16, addresses: &[IpAddr]) -> Result<(), Refused> {
        let named = || host.to_owned();
        if addresses.is_empty() {
            return Err(Refused::NoAddress { host: named() });
        }
        let host_allowed = self.hosts.iter().any(|allowed| same_host(allowed, host));
        for &address in addresses {
            let in_network = self.networks.iter().any(|network| network.contains(address));
            let by_name = host_allowed && !is_link_local(address);
            match not_public(address) {
                Some(reason) if !in_network && !by_name => {
                    return Err(Refused::Address { host: named(), reason });
                }
                None if protection == Protection::Plain => return Err(Refused::Plain { host: named() }),
                None if !in_network && !host_allowed && !self.ports.contains(&port) => {
                    return Err(Refused::Port { host: named(), port, allowed: self.ports.clone() });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Names without regard to case and to the dot at the end of an absolute name.
fn same_host(a: &str, b: &str) -> bool {
    a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'))
}

/// Addresses that answer with credentials: a name is no reason to call them.
fn is_link_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_link_local() || METADATA_V4.contains(&address),
        IpAddr::V6(address) => address.is_unicast_link_local() || METADATA_V6.contains(&address),
    }
}

#[cfg(test)]
mod tests {
    use super::{Protection, Refused, Rules};

    fn judge(rules: &Rules, protection: Protection, host: &str, port: u16, addresses: &[&str]) -> Result<(), String> {
        let addresses: Vec<_> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        rules.judge(protection, host, port, &addresses).map_err(|refused| refused.to_string())
    }

    fn allowing(hosts: &[&str], networks: &[&str]) -> Rules {
        Rules {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
            ..Rules::default()
        }
    }

    #[test]
    fn public_hosts_are_called_with_tls_on_their_ports() {
        let rules = Rules::default();
        assert_eq!(judge(&rules, Protection::Tls, "example.com", 443, &["93.184.216.34", "2606:2800::1"]), Ok(()));
        assert_eq!(
            judge(&rules, Protection::Plain, "example.com", 80, &["93.184.216.34"]),
            Err("the host `example.com` would be called without TLS; expected `https`, or a private host that the settings allow".into())
        );
        assert_eq!(
            judge(&rules, Protection::Tls, "example.com", 22, &["93.184.216.34"]),
            Err("port 22 of `example.com` is not allowed; expected one of [443, 8443, 465, 587]".into())
        );
        assert_eq!(
            judge(&rules, Protection::Tls, "example.com", 443, &[]),
            Err("the host `example.com` has no address".into())
        );
    }

    #[test]
    fn one_private_address_among_public_ones_is_enough_to_refuse() {
        let refused = judge(&Rules::default(), Protection::Tls, "rebind.example", 443, &["93.184.216.34", "127.0.0.1"]);
        assert_eq!(
            refused,
            Err("the host `rebind.example` leads to this machine; the setting for allowed hosts and networks can permit it".into())
        );
    }

    #[test]
    fn what_the_operator_allows_is_called_without_tls_too() {
        let rules = allowing(&["alertmanager.monitoring."], &["127.0.0.0/8"]);
        assert_eq!(judge(&rules, Protection::Plain, "Alertmanager.Monitoring", 9093, &["10.1.2.3"]), Ok(()));
        assert_eq!(judge(&rules, Protection::Plain, "localhost", 9093, &["127.0.0.1"]), Ok(()));
        assert!(judge(&rules, Protection::Plain, "other.monitoring", 9093, &["10.1.2.3"]).is_err());
        // Allowed by name, but public: plain text would cross the internet.
        assert!(judge(&rules, Protection::Plain, "alertmanager.monitoring", 9093, &["93.184.216.34"]).is_err());
        assert_eq!(judge(&rules, Protection::Tls, "alertmanager.monitoring", 9093, &["93.184.216.34"]), Ok(()));
    }

    #[test]
    fn a_name_is_no_reason_to_call_a_metadata_service() {
        let by_name = allowing(&["metadata.internal"], &[]);
        for address in ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "fe80::1", "168.63.129.16"] {
            assert!(judge(&by_name, Protection::Tls, "metadata.internal", 443, &[address]).is_err(), "{address}");
        }
        let by_network = allowing(&[], &["169.254.169.254"]);
        assert_eq!(judge(&by_network, Protection::Plain, "metadata.internal", 80, &["169.254.169.254"]), Ok(()));
    }

    #[test]
    fn errors_are_values() {
        let error = Rules::default().judge(Protection::Tls, "h", 443, &[]).unwrap_err();
        assert_eq!(error, Refused::NoAddress { host: "h".to_owned() });
    }
}
