//! Varnish and its like: every node is told over HTTP, and all must confirm.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Method, StatusCode, Url, redirect};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Cdn, CdnError, Invalidation, address};

/// A wildcard is told twice, this long apart.
///
/// A ban drops what a node holds, not what is on its way to it: an answer that the origin began before the new page
/// was there may arrive after the ban. An answer that took longer than this to come is kept for seconds only (500 ms
/// in `infra/docker/varnish/default.vcl`, which leaves the difference for the way to the node). A purge needs no
/// second time: it waits for what is on its way.
pub const AGAIN: Duration = Duration::from_millis(600);
/// Questions to a node at a time.
const AT_A_TIME: usize = 8;
const SECRET: HeaderName = HeaderName::from_static("x-vitrine-secret");
const BAN: HeaderName = HeaderName::from_static("x-vitrine-ban");

/// Where the nodes are and what opens them.
#[derive(Clone, Debug)]
pub struct HttpPurgeConfig {
    /// `http://edge-1:6081`, each node by itself: behind a balancer only one would hear.
    pub nodes: Vec<String>,
    /// What `VITRINE_PURGE_SECRET` is at the nodes.
    pub secret: SecretString,
    /// For each question, the connection included. A node that waits for its origin answers late, so no less than
    /// that may take.
    pub timeout: Duration,
}

impl HttpPurgeConfig {
    /// With a time-out of 10 s.
    pub fn new(nodes: Vec<String>, secret: SecretString) -> Self {
        Self { nodes, secret, timeout: Duration::from_secs(10) }
    }
}

/// Nodes that take PURGE for an address and BAN for a beginning of addresses.
#[derive(Debug)]
pub struct HttpPurge {
    client: Client,
    nodes: Vec<String>,
    secret: HeaderValue,
}

/// What one question asks a node to forget.
#[derive(Clone, Copy, Debug)]
enum Forget<'a> {
    Path(&'a str),
    Prefix(&'a str),
}

impl HttpPurge {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`CdnError::Setting`] for a node that is no `http` address, no node at all, or a secret that no header can
    /// carry.
    pub fn try_new(config: &HttpPurgeConfig) -> Result<Self, CdnError> {
        if config.nodes.is_empty() {
            return Err(setting("nodes", "at least one address is needed, http://host:port"));
        }
        let nodes = config.nodes.iter().map(|node| checked(node)).collect::<Result<_, _>>()?;
        let secret =
            HeaderValue::from_str(config.secret.expose_secret()).ok().filter(|text| !text.is_empty());
        let mut secret = secret.ok_or_else(|| setting("secret", "must be printable ASCII and not empty"))?;
        secret.set_sensitive(true);
        // A node that sends us elsewhere has not forgotten anything.
        let client =
            Client::builder().timeout(config.timeout).redirect(redirect::Policy::none()).no_proxy().build();
        let client = client.map_err(|error| setting("nodes", &words(&error)))?;
        Ok(Self { client, nodes, secret })
    }

    /// Tells every node everything; the answer is that of the node in the worst state.
    async fn tell(&self, forget: &[Forget<'_>]) -> Result<(), CdnError> {
        let mut told = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            told.push(self.tell_node(node, forget));
        }
        let answers = join_all(told).await;
        let failed: Vec<CdnError> = answers.into_iter().filter_map(Result::err).collect();
        for error in &failed {
            tracing::warn!(%error, "a node of the edge did not confirm");
        }
        // Waiting does not help while a node refuses, so that is what the caller should hear.
        match failed.iter().find(|error| !error.is_transient()).or(failed.first()) {
            Some(worst) => Err(worst.clone()),
            None => Ok(()),
        }
    }

    async fn tell_node(&self, node: &str, forget: &[Forget<'_>]) -> Result<(), CdnError> {
        for some in forget.chunks(AT_A_TIME) {
            let mut asked = Vec::with_capacity(some.len());
            for what in some {
                asked.push(self.ask(node, *what));
            }
            join_all(asked).await.into_iter().collect::<Result<(), CdnError>>()?;
        }
        Ok(())
    }

    async fn ask(&self, node: &str, forget: Forget<'_>) -> Result<(), CdnError> {
        let request = match forget {
            Forget::Path(path) => self.client.request(method(b"PURGE"), format!("{node}{path}")),
            Forget::Prefix(prefix) => {
                self.client.request(method(b"BAN"), format!("{node}/")).header(BAN, pattern(prefix))
            }
        };
        let answer = request.header(SECRET, self.secret.clone()).send().await;
        let place = || node.to_owned();
        match answer.map(|answer| answer.status()) {
            Ok(status) if status.is_success() => Ok(()),
            Ok(status) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(CdnError::Busy { place: place(), why: status.to_string() })
            }
            Ok(StatusCode::FORBIDDEN) => Err(CdnError::Refused {
                place: place(),
                why: "403 Forbidden: its secret is another one".to_owned(),
            }),
            Ok(status) => Err(CdnError::Refused { place: place(), why: status.to_string() }),
            Err(error) => Err(CdnError::Silent { place: place(), why: words(&error) }),
        }
    }
}

#[async_trait]
impl Cdn for HttpPurge {
    async fn invalidate(&self, id: &str, what: &Invalidation) -> Result<(), CdnError> {
        let prefixes: Vec<Forget<'_>> = what.prefixes.iter().map(|prefix| Forget::Prefix(prefix)).collect();
        let mut forget: Vec<Forget<'_>> = what.paths.iter().map(|path| Forget::Path(path)).collect();
        forget.extend(&prefixes);
        self.tell(&forget).await?;
        if !prefixes.is_empty() {
            tokio::time::sleep(AGAIN).await;
            self.tell(&prefixes).await?;
        }
        tracing::debug!(id, paths = what.paths.len(), prefixes = prefixes.len(), "the edge forgot");
        Ok(())
    }
}

/// A regular expression for a beginning, in the spelling the nodes keep addresses in: only the dot has a meaning.
fn pattern(prefix: &str) -> String {
    format!("^{}", address::canonical(prefix).replace('.', "[.]"))
}

fn checked(node: &str) -> Result<String, CdnError> {
    let url = Url::parse(node).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
    });
    let url = url.ok_or_else(|| setting("nodes", &format!("'{node}' must be http://host:port")))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn method(name: &[u8]) -> Method {
    // Both names are tokens; GET with the header would not be taken for either.
    Method::from_bytes(name).unwrap_or_default()
}

fn setting(key: &'static str, why: &str) -> CdnError {
    CdnError::Setting { key, why: why.to_owned() }
}

/// What happened, with its causes, without the address: the place is named beside it.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut source: Option<&dyn std::error::Error> = Some(error);
    let mut last = String::new();
    while let Some(cause) = source {
        last = cause.to_string();
        source = cause.source();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(nodes: &[&str], secret: &str) -> HttpPurgeConfig {
        HttpPurgeConfig::new(nodes.iter().map(|node| (*node).to_owned()).collect(), secret.to_owned().into())
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (nodes, secret, said) in [
            (&[][..], "s", "nodes: at least one address is needed, http://host:port"),
            (&["edge-1:6081"], "s", "nodes: 'edge-1:6081' must be http://host:port"),
            (&["http://edge-1/shop"], "s", "nodes: 'http://edge-1/shop' must be http://host:port"),
            (&["ftp://edge-1"], "s", "nodes: 'ftp://edge-1' must be http://host:port"),
            (&["http://edge-1"], "", "secret: must be printable ASCII and not empty"),
            (&["http://edge-1"], "a\nb", "secret: must be printable ASCII and not empty"),
        ] {
            assert_eq!(HttpPurge::try_new(&config(nodes, secret)).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let purge = HttpPurge::try_new(&config(&["http://edge-1:6081/"], "hush-hush")).unwrap();
        assert_eq!(purge.nodes, ["http://edge-1:6081"]);
        assert!(!format!("{purge:?}").contains("hush"), "{purge:?}");
    }

    #[test]
    fn a_beginning_becomes_a_pattern_of_nothing_else() {
        assert_eq!(pattern("/de/p/"), "^/de/p/");
        assert_eq!(pattern("/jp/まくら/v1.2(a)/"), "^/jp/%E3%81%BE%E3%81%8F%E3%82%89/v1[.]2%28a%29/");
    }
}
