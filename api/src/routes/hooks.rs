//! Webhooks of an outside CMS or PIM.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vitrine_core::StoreId;
use vitrine_intake::{Delivery, State as Stage};

use crate::auth::Sender;
use crate::document::{Refused, refuses};
use crate::extract::{Signed, Trace};
use crate::{Api, Code, Problem};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(receive)).routes(routes!(look_up))
}

refuses! {
    /// What is wrong with a delivery.
    Receiving: HookUnknown, SignatureInvalid, SignatureOutdated, RequestReplayed, DeliveryIdReused, JsonInvalid,
        FieldInvalid, FeedRefused;
    /// What is not there.
    LookingUp: DeliveryUnknown, NotFound;
}

/// What a sender posts: `items`, lines of the catalog feed, or the address of a `feed`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the intake reads it from the bytes that were signed; here it is described")]
struct NewDelivery {
    /// 1 to 128 of `a-z A-Z 0-9 . _ : -`; the same id with the same content is the same delivery.
    #[schema(pattern = "^[A-Za-z0-9._:-]{1,128}$")]
    id: String,
    /// Lines of the catalog feed.
    items: Option<Vec<serde_json::Value>>,
    /// Address of a whole catalog feed, `https`.
    feed: Option<String>,
}

/// What a sender is answered.
#[derive(Debug, Serialize, ToSchema)]
struct Receipt {
    /// The delivery's id.
    id: String,
    /// Where it stands.
    state: Stage,
}

/// Takes a signed delivery; the import comes after the answer.
#[utoipa::path(
    post, path = "/api/v1/hooks/{store}", tag = "hooks", operation_id = "receive_delivery",
    security(("signature" = [])),
    params(("store" = String, Path, description = "The store.")),
    request_body(content = NewDelivery, description = "What changed, or where to fetch it."),
    responses(
        (status = 202, description = "It is stored.", body = Receipt, headers(
            ("Location" = String, description = "Where to ask what became of it.")
        )),
        Refused<(Signed, Receiving)>,
    )
)]
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

/// What became of a delivery.
#[utoipa::path(
    get, path = "/api/v1/hooks/{store}/deliveries/{delivery}", tag = "hooks", operation_id = "read_delivery",
    security(("token" = ["webhook"])),
    params(
        ("store" = String, Path, description = "The store."),
        ("delivery" = String, Path, description = "The delivery's id."),
    ),
    responses((status = 200, description = "The delivery.", body = Delivery), Refused<(Sender, LookingUp)>)
)]
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
