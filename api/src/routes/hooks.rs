//! Webhooks of an outside CMS or PIM.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use vitrine_core::StoreId;
use vitrine_intake::{Delivery, State as Stage};

use crate::auth::Sender;
use crate::extract::{Signed, Trace};
use crate::{Api, Code, Problem};

pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/api/v1/hooks/{store}", post(receive))
        .route("/api/v1/hooks/{store}/deliveries/{delivery}", get(look_up))
}

/// What a sender is answered.
#[derive(Debug, Serialize)]
struct Receipt {
    id: String,
    state: Stage,
}

/// `POST /api/v1/hooks/{store}`: takes a signed delivery; the import comes after the answer.
async fn receive(
    State(api): State<Api>,
    store: Result<Path<StoreId>, PathRejection>,
    Trace(trace): Trace,
    signed: Signed,
) -> Result<impl IntoResponse, Problem> {
    let Path(store) = store.map_err(|_| Problem::new(Code::HookUnknown))?;
    let receipt = api.doors.intake.receive(&store, signed.signature.as_deref(), &signed.bytes, trace).await?;
    tracing::info!(%store, delivery = receipt.id, new = receipt.is_new, "delivery received");
    let place = format!("/api/v1/hooks/{store}/deliveries/{}", receipt.id);
    let receipt = Receipt { id: receipt.id, state: receipt.state };
    Ok((StatusCode::ACCEPTED, [(LOCATION, place)], Json(receipt)))
}

/// `GET /api/v1/hooks/{store}/deliveries/{delivery}`: what became of a delivery.
async fn look_up(
    State(api): State<Api>,
    Sender(caller): Sender,
    path: Result<Path<(StoreId, String)>, PathRejection>,
) -> Result<Json<Delivery>, Problem> {
    let unknown = || Problem::new(Code::DeliveryUnknown);
    let Path((store, id)) = path?;
    if store != caller.store {
        return Err(unknown());
    }
    let delivery = api.doors.intake.delivery(&store, &id).await?;
    Ok(Json(delivery.ok_or_else(unknown)?))
}
