//! Who sends a request, as far as limits are concerned.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::Shared;

/// A client: an IPv4 address, or the /64 network of an IPv6 address, which one subscriber has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// The client of a request from `peer`. Behind `proxies` proxies it is the address that the
    /// outermost of them saw and appended to `X-Forwarded-For`; what stands before that in the
    /// header may be invented.
    fn of(peer: IpAddr, headers: &HeaderMap, proxies: usize) -> Self {
        let forwarded = headers.get_all("x-forwarded-for").iter();
        let forwarded = forwarded.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>();
        let forwarded = forwarded.join(",");
        let seen = proxies.checked_sub(1).and_then(|inner| {
            let address = forwarded.rsplit(',').nth(inner)?.trim();
            address.parse().ok()
        });
        Client(match seen.unwrap_or(peer) {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => address.into(),
                None => {
                    let [a, b, c, d, ..] = address.segments();
                    Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
                }
            },
        })
    }

    /// A client for tests.
    #[cfg(test)]
    pub fn test(number: u8) -> Self {
        Client(IpAddr::from([192, 0, 2, number]))
    }
}

impl FromRequestParts<Arc<Shared>> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip());
        Ok(Client::of(peer, &parts.headers, shared.trusted_proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: usize) -> Client {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        Client::of(peer.parse().unwrap(), &headers, proxies)
    }

    fn address(text: &str) -> Client {
        Client(text.parse().unwrap())
    }

    #[test]
    fn an_address_that_the_client_invents_does_not_count() {
        let peer = "10.0.0.1";
        assert_eq!(client(peer, &["203.0.113.9"], 0), address(peer));
        assert_eq!(client(peer, &["203.0.113.9, 198.51.100.7"], 1), address("198.51.100.7"));
        let headers = ["203.0.113.9", "198.51.100.7, 10.0.0.2"];
        assert_eq!(client(peer, &headers, 2), address("198.51.100.7"));
        // A request that has passed fewer proxies, or none at all.
        assert_eq!(client(peer, &["198.51.100.7"], 2), address(peer));
        assert_eq!(client(peer, &["not an address"], 1), address(peer));
    }

    #[test]
    fn one_subscriber_is_one_client() {
        let first = client("2001:db8:1:2:aaaa::1", &[], 0);
        assert_eq!(first, client("2001:db8:1:2:bbbb::2", &[], 0));
        assert_ne!(first, client("2001:db8:1:3::1", &[], 0));
        assert_eq!(client("::ffff:192.0.2.1", &[], 0), address("192.0.2.1"));
    }
}
