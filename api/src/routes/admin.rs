//! For people and programs who run the shop.

mod audit;
mod desk;
mod orders;
mod prices;
mod promotions;
mod stock;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::stream;
use crate::admin::{Asks, Work};
use crate::auth::{Publisher, Watcher};
use crate::document::{Key, Refused, refuses};
use crate::extract::Body;
use crate::publish::{Accepted, Wish, ask_in};
use crate::{Api, Code, Problem, Status};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(ask))
        .routes(routes!(status))
        .routes(routes!(stream::status))
        .merge(goods())
        .merge(sales())
}

/// Stock and prices.
fn goods() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(audit::list))
        .routes(routes!(stock::list))
        .routes(routes!(stock::adjust))
        .routes(routes!(stock::read))
        .routes(routes!(stock::set_rule))
        .routes(routes!(stock::locations))
        .routes(routes!(stock::put_location))
        .routes(routes!(prices::read_all))
        .routes(routes!(prices::read, prices::set))
}

/// Promotions and orders.
fn sales() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(promotions::list))
        .routes(routes!(promotions::read, promotions::put, promotions::switch))
        .routes(routes!(promotions::coupons))
        .routes(routes!(promotions::read_coupon, promotions::put_coupon, promotions::remove_coupon))
        .routes(routes!(orders::list))
        .routes(routes!(orders::read))
        .routes(routes!(orders::ship))
        .routes(routes!(orders::cancel))
        .routes(routes!(orders::refund))
        .routes(routes!(orders::take_back))
        .routes(routes!(orders::pay))
}

refuses! {
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
        Refused<(Publisher, Asks, Body<Wish>, Looking)>,
    )
)]
async fn ask(
    State(api): State<Api>,
    Publisher(by): Publisher,
    asks: Asks,
    Body(wish): Body<Wish>,
) -> Result<Response, Problem> {
    Work::once(&api, by, asks, &wish, StatusCode::ACCEPTED, async |work| ask_in(work, &wish).await).await
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
