//! Where a client connects from, behind proxies too.

use axum::http::HeaderMap;
use meadhall_core::caller::ClientAddress;
use std::net::{IpAddr, SocketAddr};

/// The client of a request that came over a connection from `peer`.
///
/// `x-forwarded-for` is believed as far as trusted proxies wrote it: each appends who it was called by, so the client is
/// the last address that is not one of them.
pub(super) fn of_request(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> ClientAddress {
    let direct = peer.ip().to_canonical();
    if !trusted.contains(&direct) {
        return ClientAddress { ip: direct, port: peer.port() };
    }
    let lines = headers.get_all("x-forwarded-for");
    let hops = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let hops: Vec<&str> = hops.map(str::trim).collect();
    let mut client = direct;
    for hop in hops.into_iter().rev() {
        let Some(address) = parse(hop) else { break };
        client = address;
        if !trusted.contains(&client) {
            break;
        }
    }
    ClientAddress { ip: client, port: 0 }
}

/// An address as proxies write it: bare, or with a port.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>();
    bare.or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip())).ok().map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let cases: [(&str, &[&str], &str, u16); 8] = [
            ("10.0.0.9:1", &["1.2.3.4"], "1.2.3.4", 0),
            ("10.0.0.9:1", &["6.6.6.6, 1.2.3.4, 10.0.0.8"], "1.2.3.4", 0),
            ("10.0.0.9:1", &["6.6.6.6", "1.2.3.4"], "1.2.3.4", 0),
            ("10.0.0.9:1", &["1.2.3.4:555"], "1.2.3.4", 0),
            ("10.0.0.9:1", &["6.6.6.6, nonsense"], "10.0.0.9", 0),
            ("10.0.0.9:1", &[], "10.0.0.9", 0),
            ("10.0.0.1:7", &["1.2.3.4"], "10.0.0.1", 7),
            ("[::ffff:10.0.0.1]:7", &[], "10.0.0.1", 7),
        ];
        let trusted = ["10.0.0.8".parse().unwrap(), "10.0.0.9".parse().unwrap()];
        for (peer, lines, expected, port) in cases {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", HeaderValue::from_static(line));
            }
            let client = of_request(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!((client.ip.to_string().as_str(), client.port), (expected, port), "{peer} {lines:?}");
        }
    }
}
