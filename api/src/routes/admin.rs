//! For people and programs who run the shop.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};

use super::stream;
use crate::auth::{Publisher, Watcher};
use crate::extract::{Body, IdempotencyKey, Trace};
use crate::publish::{Wish, publish};
use crate::{Api, Code, Problem, Status};

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/api/v1/admin/publish", post(ask))
        .route("/api/v1/admin/status", get(status))
        .route("/api/v1/admin/status/stream", get(stream::status))
}

/// `POST /api/v1/admin/publish`: asks for countries to be looked at now; answers before they are.
async fn ask(
    State(api): State<Api>,
    Publisher(caller): Publisher,
    Trace(trace): Trace,
    IdempotencyKey(key): IdempotencyKey,
    Body(wish): Body<Wish>,
) -> Result<impl IntoResponse, Problem> {
    let answer = publish(&api, &caller.store, &wish, key.as_deref(), trace).await?;
    tracing::info!(caller = %caller, repeated = answer.is_repeated, "publish asked for");
    let repeated = if answer.is_repeated { "true" } else { "false" };
    Ok((StatusCode::ACCEPTED, [("idempotent-replayed", repeated)], Json(answer.accepted)))
}

/// `GET /api/v1/admin/status`: where the countries of the token's store stand.
async fn status(State(api): State<Api>, Watcher(caller): Watcher) -> Result<Json<Status>, Problem> {
    let status = (api.doors.status)(caller.store).await.map_err(|error| Problem::internal(&*error))?;
    Ok(Json(status.ok_or_else(|| Problem::new(Code::StoreUnknown))?))
}
