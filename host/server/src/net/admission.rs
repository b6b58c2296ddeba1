//! How many connections there may be, overall and from one address.

use crate::config::ServerConfig;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// Counts connections, and says when there are too many.
#[derive(Debug)]
pub(crate) struct Admission {
    max: usize,
    max_per_address: usize,
    /// Behind them are many clients.
    trusted_proxies: Vec<IpAddr>,
    // Touched twice a connection, not for requests or messages: one lock is enough.
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection that was let in; it is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    /// None for a proxy, whose connections are counted overall only.
    address: Option<IpAddr>,
}

/// Why a connection is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("{0} connections are open, which is server.max_connections")]
    Full(usize),
    #[error("{1} connections from {0} are open, which is server.max_connections_per_address")]
    AddressFull(IpAddr, usize),
}

impl Admission {
    pub(crate) fn new(config: &ServerConfig) -> Arc<Self> {
        Arc::new(Self {
            max: config.max_connections,
            max_per_address: config.max_connections_per_address,
            trusted_proxies: config.trusted_proxies.clone(),
            counts: Mutex::default(),
        })
    }

    /// Lets a connection in, or not.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Admitted, Refused> {
        let peer = peer.to_canonical();
        let address = (!self.trusted_proxies.contains(&peer)).then(|| network(peer));
        let mut counts = self.counts.lock();
        if counts.all >= self.max {
            return Err(Refused::Full(self.max));
        }
        if let Some(address) = address {
            let count = counts.by_address.entry(address).or_default();
            if *count >= self.max_per_address {
                return Err(Refused::AddressFull(peer, self.max_per_address));
            }
            *count += 1;
        }
        counts.all += 1;
        Ok(Admitted { admission: self.clone(), address })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock();
        counts.all -= 1;
        let Some(address) = self.address else { return };
        if let Some(count) = counts.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.by_address.remove(&address);
            }
        }
    }
}

/// What counts as one address. An IPv6 customer gets a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(max: usize, max_per_address: usize) -> Arc<Admission> {
        let proxy = "10.0.0.9".parse().unwrap();
        Admission::new(&ServerConfig {
            max_connections: max,
            max_connections_per_address: max_per_address,
            trusted_proxies: vec![proxy],
            ..ServerConfig::default()
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let admission = admission(10, 2);
        let one = admission.admit(ip("10.0.0.1")).unwrap();
        let _two = admission.admit(ip("::ffff:10.0.0.1")).unwrap();
        assert_eq!(admission.admit(ip("10.0.0.1")).unwrap_err(), Refused::AddressFull(ip("10.0.0.1"), 2));
        assert!(admission.admit(ip("10.0.0.2")).is_ok());
        drop(one);
        assert!(admission.admit(ip("10.0.0.1")).is_ok(), "a place is free again");
    }

    #[test]
    fn a_whole_ipv6_network_counts_as_one_address() {
        let admission = admission(10, 1);
        let _one = admission.admit(ip("2001:db8::1")).unwrap();
        assert!(admission.admit(ip("2001:db8::2")).is_err());
        assert!(admission.admit(ip("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn a_trusted_proxy_is_bounded_overall_only() {
        let admission = admission(3, 1);
        let all: Vec<_> = (0..3).map(|_| admission.admit(ip("10.0.0.9")).unwrap()).collect();
        assert_eq!(admission.admit(ip("10.0.0.9")).unwrap_err(), Refused::Full(3));
        drop(all);
        assert!(admission.counts.lock().by_address.is_empty());
    }
}
