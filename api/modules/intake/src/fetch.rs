//! Fetches a feed from an address that a stranger named.
//!
//! A sender knows the secret, and still must not reach what only this machine can: names are resolved here, every
//! address is looked at, and the connection goes to the addresses that were looked at, not to the name.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Client, Response, Url, redirect};
use tokio::io::AsyncWriteExt;
use vitrine_telemetry::TraceContext;

use crate::network::is_public;
use crate::{Error, Network};

/// Redirects that are followed.
const REDIRECTS: usize = 3;

/// What may be fetched, and what it may cost.
#[derive(Clone, Debug)]
pub struct FetchPolicy {
    /// The only hosts allowed; empty allows every one with public addresses.
    pub hosts: Vec<String>,
    /// Private addresses that are allowed all the same, also without TLS.
    pub networks: Vec<Network>,
    /// Largest feed, bytes, unpacked.
    pub bytes: u64,
    /// Longest time to connect.
    pub connect: Duration,
    /// Longest time for everything, redirects included.
    pub total: Duration,
    resolver: Resolver,
}

impl FetchPolicy {
    /// 256 MiB, 5 s to connect, 2 minutes in all.
    pub fn new(hosts: &[String], networks: Vec<Network>) -> Self {
        Self {
            hosts: hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            networks,
            bytes: 256 << 20,
            connect: Duration::from_secs(5),
            total: Duration::from_secs(120),
            resolver: Resolver::system(),
        }
    }

    /// Whether an address may be asked for, as far as its text tells.
    pub(crate) fn admit(&self, address: &str) -> Result<Url, Error> {
        let url = Url::parse(address)
            .map_err(|error| Error::Address(format!("the address is not understood: {error}")))?;
        self.admit_url(url)
    }

    fn admit_url(&self, url: Url) -> Result<Url, Error> {
        if !["http", "https"].contains(&url.scheme()) {
            return Err(Error::Address(format!("the address is not https (found {})", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Address("the address holds a user or a password".to_owned()));
        }
        let host = host(&url)?;
        if !self.hosts.is_empty() && !self.hosts.contains(&host) {
            return Err(Error::Address(format!("the host {host} is not among those allowed")));
        }
        if let Ok(literal) = host.parse::<IpAddr>() {
            self.admit_addresses(&url, &[literal])?;
        }
        Ok(url)
    }

    /// Whether all addresses of a host may be connected to.
    fn admit_addresses(&self, url: &Url, addresses: &[IpAddr]) -> Result<(), Error> {
        let host = host(url)?;
        let named = |address: &IpAddr| self.networks.iter().any(|network| network.contains(*address));
        if let Some(private) = addresses.iter().find(|address| !is_public(**address) && !named(address)) {
            return Err(Error::Address(format!("{host} has the private address {private}")));
        }
        if url.scheme() != "https" && !addresses.iter().all(named) {
            return Err(Error::Address(format!("{host} is asked without TLS (expected https)")));
        }
        Ok(())
    }

    /// Fetches a feed into a file.
    ///
    /// # Errors
    /// [`Error::Address`], [`Error::Network`], [`Error::Status`], [`Error::TooLarge`] or [`Error::Spool`].
    pub(crate) async fn fetch(&self, address: &str, file: &Path, trace: TraceContext) -> Result<(), Error> {
        let late = |_| Error::Network(format!("no whole answer within {} s", self.total.as_secs_f64()));
        tokio::time::timeout(self.total, self.follow(address, file, trace)).await.map_err(late)?
    }

    async fn follow(&self, address: &str, file: &Path, trace: TraceContext) -> Result<(), Error> {
        let mut url = self.admit(address)?;
        for _ in 0..=REDIRECTS {
            let response = self.get(&url, trace).await?;
            let Some(next) = redirected(&response) else { return self.save(response, file).await };
            let next = next.and_then(|to| url.join(&to).ok());
            let next = next.ok_or_else(|| Error::Address("a redirect leads to no address".to_owned()))?;
            url = self.admit_url(next)?;
        }
        Err(Error::Address(format!("more than {REDIRECTS} redirects")))
    }

    /// Asks one address, at the places its name stands for now.
    async fn get(&self, url: &Url, trace: TraceContext) -> Result<Response, Error> {
        let host = host(url)?;
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses = match host.parse::<IpAddr>() {
            Ok(literal) => vec![SocketAddr::new(literal, port)],
            Err(_) => (self.resolver.0)(host.clone(), port)
                .await
                .map_err(|error| Error::Network(format!("{host} is not found: {error}")))?,
        };
        if addresses.is_empty() {
            return Err(Error::Network(format!("{host} has no address")));
        }
        self.admit_addresses(url, &addresses.iter().map(SocketAddr::ip).collect::<Vec<_>>())?;
        // A proxy would look names up by itself.
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none());
        let client = client.connect_timeout(self.connect).resolve_to_addrs(&host, &addresses);
        let client =
            client.user_agent(concat!("vitrine/", env!("CARGO_PKG_VERSION"))).build().map_err(network)?;
        let asked = client.get(url.clone()).header("traceparent", trace.traceparent());
        asked.send().await.map_err(network)
    }

    async fn save(&self, mut response: Response, file: &Path) -> Result<(), Error> {
        if !response.status().is_success() {
            return Err(Error::Status(response.status().as_u16()));
        }
        // Of a packed answer the length is not told: what comes out is counted.
        let mut left = self.bytes;
        let too_large = || Error::TooLarge(self.bytes);
        if response.content_length().is_some_and(|length| length > left) {
            return Err(too_large());
        }
        let mut file = tokio::fs::File::create(file).await.map_err(Error::Spool)?;
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            left = left.checked_sub(chunk.len() as u64).ok_or_else(too_large)?;
            file.write_all(&chunk).await.map_err(Error::Spool)?;
        }
        file.flush().await.map_err(Error::Spool)
    }
}

/// The host without the brackets of IPv6, without a final dot, in small letters.
fn host(url: &Url) -> Result<String, Error> {
    let host = url.host_str().ok_or_else(|| Error::Address("the address has no host".to_owned()))?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok(host.trim_end_matches('.').to_ascii_lowercase())
}

/// Where an answer sends us; `Some(None)` if it doesn't say where.
fn redirected(response: &Response) -> Option<Option<String>> {
    let leads_on = [301, 302, 303, 307, 308].contains(&response.status().as_u16());
    let location = response.headers().get(LOCATION);
    leads_on.then(|| Some(location?.to_str().ok()?.to_owned()))
}

/// The causes of a failure, without the address: that may hold a key.
fn network(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    Error::Network(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
}

type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Looks a name up.
#[derive(Clone)]
struct Resolver(Arc<dyn Fn(String, u16) -> Resolved + Send + Sync>);

impl Resolver {
    fn system() -> Self {
        Self(Arc::new(|host, port| {
            Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), port)).await?.collect()) })
        }))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

#[cfg(test)]
#[path = "fetch/tests.rs"]
mod tests;
