//! For those who look after the service: is it alive, is it ready, how does it do.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use vitrine_telemetry::Metrics;

use crate::auth::Scraper;
use crate::{Api, Problem, ready};

/// The probes.
pub(super) fn routes() -> Router<Api> {
    Router::new().route("/livez", get(livez)).route("/readyz", get(readyz))
}

/// The metrics; behind the limits, because a token may have to be looked up.
pub(super) fn metrics() -> Router<Api> {
    Router::new().route("/metrics", get(scrape))
}

/// `GET /livez`: the process answers.
async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database is there with all its tables, and nobody is stopping the service.
async fn readyz(State(api): State<Api>) -> Result<&'static str, Problem> {
    ready::check(&api).await?;
    Ok("ready\n")
}

/// `GET /metrics`: what this process did, for Prometheus; on this machine, or with a token of scope `metrics`.
async fn scrape(State(api): State<Api>, _: Scraper) -> impl IntoResponse {
    let text = api.doors.metrics.as_ref().map(Metrics::render).unwrap_or_default();
    ([(CONTENT_TYPE, Metrics::CONTENT_TYPE)], text)
}
