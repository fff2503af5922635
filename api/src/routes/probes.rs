//! For those who look after the service: is it alive, is it ready, how does it do.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vitrine_telemetry::Metrics;

use crate::auth::Scraper;
use crate::document::{Only, Refused, refuses};
use crate::{Api, Problem, ready};

/// The probes.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(livez)).routes(routes!(readyz))
}

/// The metrics; behind the limits, because a token may have to be looked up.
pub(super) fn metrics() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(scrape))
}

refuses! {
    /// Who should not be asked yet, or any more.
    Waiting: NotReady;
}

/// The process answers.
#[utoipa::path(
    get, path = "/livez", tag = "service", operation_id = "livez",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"))
)]
async fn livez() -> &'static str {
    "ok\n"
}

/// The database is there with all its tables, and nobody is stopping the service.
#[utoipa::path(
    get, path = "/readyz", tag = "service", operation_id = "readyz",
    responses(
        (status = 200, description = "Requests may come.", body = String, content_type = "text/plain"),
        Only<(Waiting,)>,
    )
)]
async fn readyz(State(api): State<Api>) -> Result<&'static str, Problem> {
    ready::check(&api).await?;
    Ok("ready\n")
}

/// What this process did, for Prometheus; on this machine, or with a token of scope `metrics`.
#[utoipa::path(
    get, path = "/metrics", tag = "service", operation_id = "metrics",
    security((), ("token" = ["metrics"])),
    responses(
        (status = 200, description = "Metrics.", body = String, content_type = "text/plain"),
        Refused<(Scraper,)>,
    )
)]
async fn scrape(State(api): State<Api>, _: Scraper) -> impl IntoResponse {
    let text = api.doors.metrics.as_ref().map(Metrics::render).unwrap_or_default();
    ([(CONTENT_TYPE, Metrics::CONTENT_TYPE)], text)
}
