//! Who asks, and how often.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use vitrine_intake::Network;

use crate::Limits;

/// Clients remembered before those who have been quiet are forgotten: a few MB.
const REMEMBERED: usize = 20_000;
const FORWARDED_FOR: &str = "x-forwarded-for";
/// What proxies add. A request with one of these does not come from this machine, whatever its peer says.
const ADDED_BY_PROXIES: [&str; 6] =
    ["forwarded", FORWARDED_FOR, "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Peer {
    /// Whether the request was made on this machine and by nobody else through it.
    pub(crate) fn is_local(self, headers: &HeaderMap) -> bool {
        self.0.ip().to_canonical().is_loopback()
            && !ADDED_BY_PROXIES.iter().any(|name| headers.contains_key(*name))
    }
}

/// Whether the shopper's side of the connection is https, as the nearest proxy says. Whoever makes it up only keeps
/// their own cookies from plain http.
pub(crate) fn came_by_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// Counts requests by client.
pub(crate) struct Clients {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    proxies: Vec<Network>,
}

impl Clients {
    pub(crate) fn new(limits: &Limits, proxies: Vec<Network>) -> Self {
        let quota = Quota::per_minute(limits.per_minute).allow_burst(limits.burst);
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), clock: DefaultClock::default(), proxies }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// Seconds to wait, at least one, if there were too many.
    pub(crate) fn count(&self, peer: Peer, headers: &HeaderMap) -> Result<(), u64> {
        if self.limiter.len() > REMEMBERED {
            self.limiter.retain_recent();
        }
        let client = household(client(peer.0.ip(), headers, &self.proxies));
        self.limiter.check_key(&client).map_err(|until| until.wait_time_from(self.clock.now()).as_secs() + 1)
    }
}

/// The address a request came from first, as far as proxies we trust tell.
///
/// Each proxy adds its peer at the end; the last one that is no proxy of ours is the client. What stands before it is
/// hearsay.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok()).collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted(client) {
            break;
        }
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
}

/// One client of IPv6 has a whole /64 of addresses to ask from.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap())).collect()
    }

    fn found(peer: &str, lines: &[&str]) -> IpAddr {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        client(ip(peer), &headers(lines), &proxies)
    }

    #[test]
    fn only_our_proxies_say_who_the_client_is() {
        assert_eq!(found("203.0.113.9", &["1.1.1.1"]), ip("203.0.113.9"), "a stranger's word");
        assert_eq!(found("10.0.0.1", &["203.0.113.9"]), ip("203.0.113.9"));
        assert_eq!(found("::ffff:10.0.0.1", &["203.0.113.9"]), ip("203.0.113.9"));
        assert_eq!(
            found("10.0.0.1", &["6.6.6.6, 203.0.113.9, 10.0.0.2"]),
            ip("203.0.113.9"),
            "6.6.6.6 is hearsay"
        );
        assert_eq!(found("10.0.0.1", &["6.6.6.6", "203.0.113.9,10.0.0.2"]), ip("203.0.113.9"));
        assert_eq!(found("10.0.0.1", &[]), ip("10.0.0.1"));
        assert_eq!(found("10.0.0.1", &["203.0.113.9, unknown"]), ip("10.0.0.1"));
    }

    #[test]
    fn a_household_is_one_client() {
        assert_eq!(household(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_eq!(household(ip("203.0.113.9")), ip("203.0.113.9"));
    }

    #[test]
    fn each_client_has_its_own_count() {
        let clients = Clients::new(&Limits { burst: 2.try_into().unwrap(), ..Limits::default() }, vec![]);
        let count = |peer: &str| clients.count(Peer(SocketAddr::new(ip(peer), 1)), &HeaderMap::new());
        assert_eq!((count("1.1.1.1"), count("1.1.1.1")), (Ok(()), Ok(())));
        assert!(count("1.1.1.1").is_err_and(|wait| (1..=60).contains(&wait)));
        assert_eq!(count("1.1.1.2"), Ok(()));
    }

    #[test]
    fn a_request_through_a_proxy_is_not_local() {
        let local = |peer: &str, headers: &HeaderMap| Peer(SocketAddr::new(ip(peer), 1)).is_local(headers);
        assert!(local("127.0.0.1", &HeaderMap::new()) && local("::1", &HeaderMap::new()));
        assert!(local("::ffff:127.0.0.1", &HeaderMap::new()));
        assert!(!local("10.0.0.1", &HeaderMap::new()));
        assert!(!local("127.0.0.1", &headers(&["203.0.113.9"])));
    }
}
