//! Where a request comes from: what attempts are counted by.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, HeaderName, request::Parts},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The network address that a request comes from, as far as it can be trusted.
///
/// The peer's; or, when the peer is a reverse proxy of ours (an address that the Internet does not
/// route), the last one that it and those before it wrote in `X-Forwarded-For`, theirs aside. What
/// stands further left, anybody may have written. Under IPv6 it is the /64 network, which is what one
/// subscriber has.
///
/// An address is personal data: without `Debug` and `Display`, it gets into no log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Ok(Self::new(peer, &parts.headers))
    }
}

impl ClientAddress {
    /// From the peer's address and what proxies of ours say.
    #[must_use]
    pub fn new(peer: IpAddr, headers: &HeaderMap) -> Self {
        let peer = peer.to_canonical();
        let forwarded = is_proxy(peer).then(|| forwarded_for(headers)).flatten();
        Self(match forwarded.unwrap_or(peer) {
            IpAddr::V6(address) => IpAddr::V6(network(address)),
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// The right-most address that is no proxy's; none when a text in the way is no address.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    lines
        .into_iter()
        .rev()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
        .map(|entry| address(entry.trim_ascii()))
        .find(|entry| entry.is_none_or(|address| !is_proxy(address)))
        .flatten()
}

/// Some proxies add the port.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(entry).ok()?;
    let address = text
        .parse()
        .or_else(|_| text.parse().map(|socket: SocketAddr| socket.ip()))
        .ok()?;
    Some(address.to_canonical())
}

fn is_proxy(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

fn network(address: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, lines: &[&[u8]]) -> String {
        let headers = lines
            .iter()
            .map(|line| (FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap()))
            .collect();
        ClientAddress::new(peer.parse().unwrap(), &headers)
            .0
            .to_string()
    }

    /// Behind a reverse proxy every request has the proxy's address: counted by that, one person who
    /// guesses passwords would slow everybody down.
    #[test]
    fn behind_a_proxy_the_client_is_who_the_proxy_names() {
        assert_eq!(client("203.0.113.7", &[]), "203.0.113.7");
        for proxy in ["127.0.0.1", "10.0.0.2", "192.168.1.1", "::1", "fd00::2"] {
            assert_eq!(client(proxy, &[b"203.0.113.7"]), "203.0.113.7", "{proxy}");
        }
        assert_eq!(client("::ffff:10.0.0.2", &[b"203.0.113.7"]), "203.0.113.7");
        // Two proxies in a row, in one header or in two.
        assert_eq!(
            client("10.0.0.2", &[b"203.0.113.7, 10.0.0.3"]),
            "203.0.113.7"
        );
        assert_eq!(
            client("10.0.0.2", &[b"203.0.113.7", b"10.0.0.3"]),
            "203.0.113.7"
        );
        assert_eq!(client("10.0.0.2", &[b"203.0.113.7:4711"]), "203.0.113.7");
        assert_eq!(client("10.0.0.2", &[b"[2001:db8::7]:4711"]), "2001:db8::");
    }

    /// Anybody may send the header. Who chooses an address per request is never slowed down, and can
    /// have somebody else slowed down.
    #[test]
    fn nobody_chooses_their_own_address() {
        // Not through a proxy of ours.
        assert_eq!(client("203.0.113.7", &[b"198.51.100.1"]), "203.0.113.7");
        // Through it: what it appended counts, not what it was sent.
        assert_eq!(
            client("10.0.0.2", &[b"198.51.100.1, 203.0.113.7"]),
            "203.0.113.7"
        );
        assert_eq!(
            client("10.0.0.2", &[b"198.51.100.1", b"203.0.113.7"]),
            "203.0.113.7"
        );
        assert_eq!(client("10.0.0.2", &[b"198.51.100.1, nonsense"]), "10.0.0.2");
    }

    /// A subscriber has at least 2^64 IPv6 addresses to send from, and a server that listens on both
    /// sees IPv4 ones in IPv6 form.
    #[test]
    fn one_subscriber_is_one_client() {
        assert_eq!(client("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::");
        assert_eq!(client("2001:db8:1:2::1", &[]), "2001:db8:1:2::");
        assert_eq!(client("2001:db8:1:3::1", &[]), "2001:db8:1:3::");
        assert_eq!(client("::ffff:203.0.113.7", &[]), "203.0.113.7");
        assert_eq!(client("::1", &[b"::ffff:203.0.113.7"]), "203.0.113.7");
    }

    /// The header comes from outside: whatever stands in it, the request goes on.
    #[test]
    fn a_malformed_header_breaks_nothing() {
        for line in [
            &b""[..],
            b",",
            b", ,,",
            b"unknown",
            b"_hidden",
            b"\xff\xfe",
            b"999.1.1.1",
            b"for=203.0.113.7",
            b"[",
            b"10.0.0.9",
        ] {
            assert_eq!(client("10.0.0.2", &[line]), "10.0.0.2", "{line:?}");
        }
    }
}
