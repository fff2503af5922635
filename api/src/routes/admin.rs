//! For people and programs who run the shop.

mod audit;
mod orders;
mod prices;
mod promotions;
mod stock;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post, put};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stream;
use crate::auth::{Publisher, Watcher};
use crate::document::{Key, Refused, refuses};
use crate::extract::{Body, IdempotencyKey, Trace};
use crate::publish::{Accepted, Wish, publish};
use crate::{Api, Code, Problem, Status};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(ask))
        .routes(routes!(status))
        .routes(routes!(stream::status))
        .merge(goods().into())
        .merge(sales().into())
}

/// Stock and prices.
fn goods() -> Router<Api> {
    Router::new()
        .route("/api/v1/admin/audit", get(audit::list))
        .route("/api/v1/admin/stock", get(stock::list))
        .route("/api/v1/admin/stock/adjustments", post(stock::adjust))
        .route("/api/v1/admin/stock/{sku}", get(stock::read))
        .route("/api/v1/admin/stock/{sku}/{location}", put(stock::set_rule))
        .route("/api/v1/admin/locations", get(stock::locations))
        .route("/api/v1/admin/locations/{location}", put(stock::put_location))
        .route("/api/v1/admin/prices/{sku}", get(prices::read_all))
        .route("/api/v1/admin/prices/{sku}/{country}", get(prices::read).put(prices::set))
}

/// Promotions and orders.
fn sales() -> Router<Api> {
    Router::new()
        .route("/api/v1/admin/promotions", get(promotions::list))
        .route(
            "/api/v1/admin/promotions/{promotion}",
            get(promotions::read).put(promotions::put).patch(promotions::switch),
        )
        .route("/api/v1/admin/coupons", get(promotions::coupons))
        .route(
            "/api/v1/admin/coupons/{code}",
            get(promotions::read_coupon).put(promotions::put_coupon).delete(promotions::remove_coupon),
        )
        .route("/api/v1/admin/orders", get(orders::list))
        .route("/api/v1/admin/orders/{number}", get(orders::read))
        .route("/api/v1/admin/orders/{number}/shipments", post(orders::ship))
        .route("/api/v1/admin/orders/{number}/cancel", post(orders::cancel))
        .route("/api/v1/admin/orders/{number}/refunds", post(orders::refund))
        .route("/api/v1/admin/orders/{number}/returns", post(orders::take_back))
        .route("/api/v1/admin/orders/{number}/payment", post(orders::pay))
}

refuses! {
    /// A key that stands for something else.
    Asking: IdempotencyKeyReused, StoreUnknown;
    /// A token of a store that is gone.
    pub(super) Looking: StoreUnknown;
}

/// Asks for countries to be looked at now; answers before they are.
#[utoipa::path(
    post, path = "/api/v1/admin/publish", tag = "admin", operation_id = "publish",
    security(("token" = ["publish"])),
    params(Key),
    request_body = Wish,
    responses(
        (status = 202, description = "It is stored; no crash loses it.", body = Accepted, headers(
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Publisher, IdempotencyKey, Body<Wish>, Asking)>,
    )
)]
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

/// Where the countries of the token's store stand.
#[utoipa::path(
    get, path = "/api/v1/admin/status", tag = "admin", operation_id = "status",
    security(("token" = ["status"])),
    responses((status = 200, description = "The status.", body = Status), Refused<(Watcher, Looking)>)
)]
async fn status(State(api): State<Api>, Watcher(caller): Watcher) -> Result<Json<Status>, Problem> {
    let status = (api.doors.status)(caller.store).await.map_err(|error| Problem::internal(&*error))?;
    Ok(Json(status.ok_or_else(|| Problem::new(Code::StoreUnknown))?))
}
