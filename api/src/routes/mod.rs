//! The routes, one file for what belongs together.

mod admin;
mod hooks;
mod probes;
mod shop;
mod stream;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{Api, Code, Problem, limits, observe};

/// The service, without a socket.
///
/// Whoever serves it without [`serve`](crate::serve) counts all clients as none: requests carry no peer then.
pub fn router(api: Api) -> Router {
    let guarded = Router::new()
        .merge(admin::routes())
        .merge(hooks::routes())
        .merge(shop::routes())
        .merge(probes::metrics());
    within(api, guarded)
}

/// Only `/livez`, `/readyz` and `/metrics`: for processes that do their work elsewhere.
pub(crate) fn probes(api: Api) -> Router {
    within(api, probes::metrics())
}

/// Routes within the limits, and the probes around them.
fn within(api: Api, guarded: Router<Api>) -> Router {
    let guarded = guarded
        .fallback(|| async { Problem::new(Code::NotFound) })
        .method_not_allowed_fallback(|| async { Problem::new(Code::MethodNotAllowed) })
        .layer(from_fn_with_state(api.clone(), limits::guard));
    // A service that is busy is alive: probes pass by the limits.
    let probes =
        probes::routes().method_not_allowed_fallback(|| async { Problem::new(Code::MethodNotAllowed) });
    probes
        .merge(guarded)
        .layer(CatchPanicLayer::custom(|_| {
            tracing::error!("a handler panicked");
            Problem::new(Code::Internal).into_response()
        }))
        .layer(from_fn(observe::observe))
        .with_state(api)
}
