//! The API's document, and a page to read and try it.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::document::{self, Refused};

/// The same for everybody, and new with the next version of the service.
const CACHED: &str = "public, max-age=300";
/// The page is this service's own files and talks to this service only.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(openapi))
        .routes(routes!(page))
        .routes(routes!(script))
        .routes(routes!(style))
}

/// This document.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "service", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value), Refused<()>)
)]
async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, CACHED)], document::text())
}

/// A page to read this document and to try the operations.
#[utoipa::path(
    get, path = "/api/", tag = "service", operation_id = "page",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), Refused<()>)
)]
async fn page() -> impl IntoResponse {
    let text = include_str!("description/page.html");
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (CACHE_CONTROL, CACHED),
    ];
    (headers, text)
}

/// The page's script.
#[utoipa::path(
    get, path = "/api/page.js", tag = "service", operation_id = "page_script",
    responses((status = 200, description = "The script.", body = String, content_type = "text/javascript"), Refused<()>)
)]
async fn script() -> impl IntoResponse {
    let text = include_str!("description/page.js");
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, CACHED)], text)
}

/// The page's style.
#[utoipa::path(
    get, path = "/api/page.css", tag = "service", operation_id = "page_style",
    responses((status = 200, description = "The style.", body = String, content_type = "text/css"), Refused<()>)
)]
async fn style() -> impl IntoResponse {
    let text = include_str!("description/page.css");
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, CACHED)], text)
}
