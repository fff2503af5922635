//! Which pages of other origins may call the API for shoppers.
//!
//! A shop's pages and its API may be at different origins. The store's own pages may call it, with cookies; a setting
//! names others instead. No page may call what is not for shoppers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use axum::Router;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::Api;

/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PATCH, Method::DELETE];

/// Where a page comes from: scheme, host and, unless it is the scheme's, port: `https://nimbus.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// What browsers send for the pages at an address, if any are there.
    fn of(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        let is_sane = matches!(scheme, "http" | "https") && !host.is_empty() && host.bytes().all(is_host);
        is_sane.then(|| Self(format!("{scheme}://{}", host.to_ascii_lowercase())))
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let origin = Self::of(text).ok_or(NoOrigin)?;
        if origin.0.eq_ignore_ascii_case(text.trim_end_matches('/')) { Ok(origin) } else { Err(NoOrigin) }
    }
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoOrigin;

impl fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an origin is a scheme and a host, such as https://nimbus.example")
    }
}

impl std::error::Error for NoOrigin {}

/// Lets pages of the right origins call routes; around all else, so that they can read refusals too.
pub(crate) fn shared(api: &Api, routes: Router<Api>) -> Router<Api> {
    let api = api.clone();
    let origin = AllowOrigin::async_predicate(move |origin: HeaderValue, _: &Parts| async move {
        is_allowed(&api, &origin).await
    });
    let cart = HeaderName::from_static("vitrine-cart");
    let key = HeaderName::from_static("idempotency-key");
    let (id, trace) = (HeaderName::from_static("x-request-id"), HeaderName::from_static("traceparent"));
    let layer = CorsLayer::new()
        .allow_origin(origin)
        .allow_credentials(true)
        .allow_methods(METHODS)
        .allow_headers([CONTENT_TYPE, ACCEPT_LANGUAGE, cart, key, id.clone(), trace])
        .expose_headers([RETRY_AFTER, id])
        .max_age(REMEMBERED);
    routes.layer(layer)
}

async fn is_allowed(api: &Api, origin: &HeaderValue) -> bool {
    let Some(origin) = origin.to_str().ok().and_then(|text| text.parse::<Origin>().ok()) else {
        return false;
    };
    if !api.doors.origins.is_empty() {
        return api.doors.origins.contains(&origin);
    }
    let Some(front) = api.shop() else { return false };
    // Nobody is let in on what can't be looked up; the request itself then says why.
    let Ok(shop) = front.checkout.carts().shop(&front.store).await else { return false };
    let store = &shop.store;
    let own = store.countries.iter().filter_map(|country| country.origin.as_deref());
    own.chain([store.config.origin.as_str()]).filter_map(Origin::of).any(|own| own == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        let read = |text: &str| text.parse::<Origin>().map(|origin| origin.0);
        assert_eq!(read("https://Shop.Example:8443"), Ok("https://shop.example:8443".to_owned()));
        assert_eq!(read("http://[::1]:8080/"), Ok("http://[::1]:8080".to_owned()));
        for wrong in
            ["", "null", "*", "shop.example", "ftp://shop.example", "https://", "https://a b", "https://a/b"]
        {
            assert_eq!(read(wrong), Err(NoOrigin), "{wrong}");
        }
    }

    #[test]
    fn pages_below_a_path_have_their_hosts_origin() {
        assert_eq!(Origin::of("https://nimbus.example/shop/"), "https://nimbus.example".parse().ok());
    }
}
