//! Who may ask: bearer tokens, and the scope each handler wants.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use vitrine_access::{Grant, Scope};

use crate::client::Peer;
use crate::document::Refuses;
use crate::{Api, Code, Problem};

/// What tokens are refused with.
const TOKENS: &[Code] = &[Code::TokenMissing, Code::TokenInvalid, Code::TokenExpired, Code::ScopeMissing];

/// Defines what a handler takes to be called with a token of a scope only.
macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident = $scope:ident;)+) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name(pub(crate) Grant);

            impl FromRequestParts<Api> for $name {
                type Rejection = Problem;

                async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
                    Ok(Self(authorise(&parts.headers, api, Scope::$scope).await?))
                }
            }

            impl Refuses for $name {
                const CODES: &'static [Code] = TOKENS;
            }
        )+
    };
}

callers! {
    /// One who may ask for countries to be published.
    Publisher = Publish;
    /// One who may see what became of deliveries.
    Sender = Webhook;
    /// One who may see the status.
    Watcher = Status;
    /// One who may see and change stock.
    StockKeeper = Stock;
    /// One who may see and set prices.
    Pricer = Prices;
    /// One who may see and change promotions.
    Promoter = Promotions;
    /// One who may work on orders.
    Clerk = Orders;
    /// One who may see who did what.
    Auditor = Audit;
}

/// One who may read the metrics: somebody on this machine, or with a token.
pub(crate) struct Scraper;

impl FromRequestParts<Api> for Scraper {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        if !parts.extensions.get::<Peer>().is_some_and(|peer| peer.is_local(&parts.headers)) {
            authorise(&parts.headers, api, Scope::Metrics).await?;
        }
        Ok(Self)
    }
}

impl Refuses for Scraper {
    const CODES: &'static [Code] = TOKENS;
}

async fn authorise(headers: &HeaderMap, api: &Api, scope: Scope) -> Result<Grant, Problem> {
    let sent = headers.get(AUTHORIZATION).ok_or_else(|| Problem::new(Code::TokenMissing))?;
    let token = sent.to_str().ok().and_then(bearer).ok_or_else(|| Problem::new(Code::TokenMissing))?;
    let grant = api.doors.access.authorise(token, scope).await?;
    let (access, used) = (api.doors.access.clone(), grant.clone());
    tokio::spawn(async move {
        if let Err(error) = access.note_use(&used).await {
            tracing::warn!(%error, "the use of a token was not noted");
        }
    });
    Ok(grant)
}

/// The token of `Bearer <token>`.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_bearer_however_it_is_written() {
        assert_eq!(bearer("Bearer vt_1"), Some("vt_1"));
        assert_eq!(bearer("bEARER  vt_1 "), Some("vt_1"));
        assert_eq!(bearer("Basic dXNlcg=="), None);
        assert_eq!(bearer("vt_1"), None);
    }
}
