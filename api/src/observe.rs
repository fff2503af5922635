//! Around every request: its id, its trace, its line in the log, its count, and headers that every answer has.

use std::fmt;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;
use tracing::Instrument;
use vitrine_telemetry::{TraceContext, random_u64, record, traced_span};

use crate::Problem;
use crate::client::came_by_https;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest id of a request that is taken over, bytes.
const LONGEST_ID: usize = 64;
/// The route of requests that none takes.
const NO_ROUTE: &str = "none";

/// Names a request in logs, answers and questions to support.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// The client's, if it is one we want in a log, or a new one.
    fn of(headers: &HeaderMap) -> Self {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let sane = |id: &&str| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(word);
        match headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(sane) {
            Some(id) => Self(id.into()),
            None => Self(format!("{:016x}{:016x}", random_u64(), random_u64()).into()),
        }
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Handles a request within its trace.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let handed = request.headers().get(TRACEPARENT).and_then(|trace| trace.to_str().ok());
    let trace = TraceContext::continued(handed);
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let method = known(request.method());
    let is_https = came_by_https(request.headers());
    let span = traced_span!(trace, "request", request_id = %id, method, route);
    request.extensions_mut().insert(trace);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        *response.body_mut() = Body::from(problem.body(Some(&id.0)));
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    secure(response.headers_mut(), is_https);
    name(response.headers_mut(), &id, trace);
    let (status, took) = (response.status().as_u16(), started.elapsed());
    record::request(method, &route, status, took);
    let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(status, us, "answered"));
    response
}

/// Methods that may be a label; whatever else a stranger makes up is one.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

fn name(headers: &mut HeaderMap, id: &RequestId, trace: TraceContext) {
    for (name, value) in [(REQUEST_ID, &*id.0), (TRACEPARENT, &trace.traceparent())] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
}

/// Answers are for programs: no browser is to guess, keep, embed or run any of them, and no other site to read them.
fn secure(headers: &mut HeaderMap, is_https: bool) {
    if is_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        // What a handler says of its own answer holds.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(sent: &str) -> String {
        RequestId::of(&HeaderMap::from_iter([(REQUEST_ID, sent.parse().unwrap())])).to_string()
    }

    #[test]
    fn a_sane_id_is_taken_over_and_any_other_replaced() {
        assert_eq!(id_of("client-42_a.b"), "client-42_a.b");
        for sent in ["", "a b", "a\tb", "<script>", &"x".repeat(65), "a;b"] {
            let made = id_of(sent);
            assert_ne!(made, sent);
            assert_eq!(made.len(), 32);
        }
        assert_ne!(
            RequestId::of(&HeaderMap::new()).to_string(),
            RequestId::of(&HeaderMap::new()).to_string()
        );
    }

    #[test]
    fn a_made_up_method_is_no_label() {
        assert_eq!(known(&Method::GET), "GET");
        assert_eq!(known(&"BREW".parse().unwrap()), "other");
    }
}
