//! From a name to the addresses that may be connected to. The client connects to these and looks nothing up again.

use super::address::{is_public, is_reachable};
use crate::plugin::blocking::Blocking;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// Looks up the addresses of a name. It may block.
pub(in crate::plugin) type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// What the system says.
pub(in crate::plugin) fn system_lookup() -> Lookup {
    Arc::new(|name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
}

/// A resolver for one grant.
pub(super) struct Resolver {
    pub(super) lookup: Lookup,
    pub(super) blocking: Blocking,
    /// Whether private addresses are fine.
    pub(super) private: bool,
}

/// A name that stands for no address that may be connected to.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddressRefused {
    #[error("it stands for {0}, which is not on the public internet: private = true in its grant would allow that")]
    Private(IpAddr),
    #[error("it stands for {0}, which no name may stand for: a grant of the address itself would allow that")]
    Never(IpAddr),
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, blocking, private) = (self.lookup.clone(), self.blocking.clone(), self.private);
        Box::pin(async move {
            let found = blocking.run(move || lookup(name.as_str())).await;
            let found = found.ok_or_else(|| io::Error::other("the look-up of its name failed"))??;
            let allowed = allowed(found, private)?;
            Ok(Box::new(allowed.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// The addresses that may be connected to.
fn allowed(found: Vec<IpAddr>, private: bool) -> Result<Vec<IpAddr>, AddressRefused> {
    let may = |address: &IpAddr| if private { is_reachable(*address) } else { is_public(*address) };
    let (allowed, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(may);
    match refused.first() {
        Some(&address) if allowed.is_empty() && is_reachable(address) => Err(AddressRefused::Private(address)),
        Some(&address) if allowed.is_empty() => Err(AddressRefused::Never(address)),
        _ => Ok(allowed),
    }
}
