//! The routes, one file for what belongs together.

mod admin;
mod description;
mod hooks;
mod probes;
mod shop;
mod stream;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::document::Head;
use crate::{Api, Code, Problem, cors, limits, observe, test_payment};

/// The service, without a socket.
///
/// Whoever serves it without [`serve`](crate::serve) counts all clients as none: requests carry no peer then.
pub fn router(api: Api) -> Router {
    let shopping = cors::shared(&api, limited(&api, shop::routes()));
    // What a bank shows is a page, and no part of what the document describes.
    let rest = rest().merge(test_payment::routes().into());
    let rest = limited(&api, rest.fallback(nothing));
    around(api, shopping.merge(rest))
}

/// Only `/livez`, `/readyz` and `/metrics`: for processes that do their work elsewhere.
pub(crate) fn probes(api: Api) -> Router {
    let metrics = limited(&api, probes::metrics().fallback(nothing));
    around(api, metrics)
}

/// All routes with what they say of themselves.
pub(crate) fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Head::openapi()).merge(shop::routes()).merge(rest()).merge(probes::routes())
}

/// What no page of a shop calls.
fn rest() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .merge(shop::hooks())
        .merge(hooks::routes())
        .merge(admin::routes())
        .merge(description::routes())
        .merge(probes::metrics())
}

/// Routes within the limits.
fn limited(api: &Api, routes: OpenApiRouter<Api>) -> Router<Api> {
    let routes = Router::from(routes).method_not_allowed_fallback(other_method);
    routes.layer(from_fn_with_state(api.clone(), limits::guard))
}

/// Routes, the probes beside them, and what is around all.
fn around(api: Api, limited: Router<Api>) -> Router {
    // A service that is busy is alive: probes pass by the limits.
    let probes = Router::from(probes::routes()).method_not_allowed_fallback(other_method);
    probes
        .merge(limited)
        .layer(CatchPanicLayer::custom(|_| {
            tracing::error!("a handler panicked");
            Problem::new(Code::Internal).into_response()
        }))
        .layer(from_fn(observe::observe))
        .with_state(api)
}

/// The methods of an address stand in the header `Allow` either way.
async fn other_method(method: Method) -> Response {
    match method {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => Problem::new(Code::MethodNotAllowed).into_response(),
    }
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound)
}
