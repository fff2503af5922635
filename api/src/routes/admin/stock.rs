//! Stock, and the places where it is kept.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use vitrine_core::Sku;
use vitrine_inventory::{Inventory, LocationId};

use crate::admin::{
    AdjustedAnswer, Asked, Asks, LocationAnswer, NewAdjustment, NewLocation, NewRule, Page, PlaceAnswer,
    SkuAnswer, Work, adjust_in, location_in, rule_in, stock_query,
};
use crate::auth::StockKeeper;
use crate::document::{IfMatch, Key, Limit, NeededKey, Refused, refuses};
use crate::extract::Body;
use crate::{Api, Code, Problem};

refuses! {
    /// What nobody counts.
    Looking: SkuUnknown;
    /// What keeps stock from being adjusted.
    Adjusting: IdempotencyKeyMissing, TooFewLeft, VersionOutdated;
    /// What keeps rules of a place from being set.
    Ruling: NotFound, SkuUnknown, VersionOutdated;
    /// What can't be a location.
    Placing: NotFound;
}

/// Movements that are shown of a SKU.
const MOVEMENTS: u32 = 50;

/// Places where stock is, by SKU and location, page by page.
#[utoipa::path(
    get, path = "/api/v1/admin/stock", tag = "admin", operation_id = "list_stock",
    security(("token" = ["stock"])),
    params(
        ("location" = Option<LocationId>, Query, description = "Only at this location."),
        ("low" = Option<bool>, Query, description = "Only places at their threshold."),
        ("after" = Option<String>, Query, description = "Where the page begins, as `next` says."),
        Limit,
    ),
    responses(
        (status = 200, description = "A page of places.", body = Page<PlaceAnswer>),
        Refused<(StockKeeper, Asked)>,
    )
)]
pub(super) async fn list(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    asked: Asked,
) -> Result<Json<Page<PlaceAnswer>>, Problem> {
    let query = stock_query(asked)?;
    let found = Inventory::places(&api.doors.db, &by.store, &query).await?;
    let places = found.into_iter().map(PlaceAnswer::from).collect();
    Ok(Json(Page::new(places, query.limit, PlaceAnswer::place)))
}

/// A SKU at all locations, with what happened to it last.
#[utoipa::path(
    get, path = "/api/v1/admin/stock/{sku}", tag = "admin", operation_id = "read_sku",
    security(("token" = ["stock"])),
    params(("sku" = Sku, Path, description = "The SKU.")),
    responses(
        (status = 200, description = "The SKU.", body = SkuAnswer),
        Refused<(StockKeeper, Looking)>,
    )
)]
pub(super) async fn read(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    path: Result<Path<Sku>, PathRejection>,
) -> Result<Json<SkuAnswer>, Problem> {
    let Path(sku) = path.map_err(|_| Problem::new(Code::SkuUnknown))?;
    let (db, skus) = (&api.doors.db, std::slice::from_ref(&sku));
    let level = Inventory::levels(db, &by.store, skus).await?.remove(&sku);
    let level = level.ok_or_else(|| Problem::new(Code::SkuUnknown))?;
    let places = Inventory::stock(db, &by.store, skus).await?;
    let until_now = api.doors.clock.now().plus_ms(1);
    let movements = Inventory::history(db, &by.store, &sku, until_now, MOVEMENTS).await?;
    Ok(Json(SkuAnswer::new(sku, level, places, movements)))
}

/// Changes what is on hand, wholly or not at all.
#[utoipa::path(
    post, path = "/api/v1/admin/stock/adjustments", tag = "admin", operation_id = "adjust_stock",
    security(("token" = ["stock"])),
    params(NeededKey),
    request_body = NewAdjustment,
    responses(
        (status = 201, description = "The places as they are then.", body = AdjustedAnswer, headers(
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(StockKeeper, Asks, Body<NewAdjustment>, Adjusting)>,
    )
)]
pub(super) async fn adjust(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    asks: Asks,
    Body(new): Body<NewAdjustment>,
) -> Result<Response, Problem> {
    asks.needs_key()?;
    Work::once(&api, by, asks, &new, StatusCode::CREATED, async |work| adjust_in(work, &new).await).await
}

/// Sets backorder and threshold of a place.
#[utoipa::path(
    put, path = "/api/v1/admin/stock/{sku}/{location}", tag = "admin", operation_id = "set_stock_rule",
    security(("token" = ["stock"])),
    params(
        ("sku" = Sku, Path, description = "The SKU."),
        ("location" = LocationId, Path, description = "Id of the location."),
        Key,
        IfMatch,
    ),
    request_body = NewRule,
    responses(
        (status = 200, description = "The place.", body = PlaceAnswer, headers(
            ("ETag" = String, description = "The version, for `If-Match`."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(StockKeeper, Asks, Body<NewRule>, Ruling)>,
    )
)]
pub(super) async fn set_rule(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    path: Result<Path<(Sku, LocationId)>, PathRejection>,
    asks: Asks,
    Body(new): Body<NewRule>,
) -> Result<Response, Problem> {
    let Path(place) = path?;
    Work::once(&api, by, asks, &new, StatusCode::OK, async |work| rule_in(work, place, &new).await).await
}

/// The places where stock is kept, in the order of drawing.
#[utoipa::path(
    get, path = "/api/v1/admin/locations", tag = "admin", operation_id = "list_locations",
    security(("token" = ["stock"])),
    responses(
        (status = 200, description = "All locations.", body = Vec<LocationAnswer>),
        Refused<(StockKeeper,)>,
    )
)]
pub(super) async fn locations(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
) -> Result<Json<Vec<LocationAnswer>>, Problem> {
    let found = Inventory::locations(&api.doors.db, &by.store).await?;
    Ok(Json(found.into_iter().map(LocationAnswer::from).collect()))
}

/// Makes a location, or changes its name and place.
#[utoipa::path(
    put, path = "/api/v1/admin/locations/{location}", tag = "admin", operation_id = "put_location",
    security(("token" = ["stock"])),
    params(("location" = LocationId, Path, description = "Id of the location."), Key),
    request_body = NewLocation,
    responses(
        (status = 200, description = "The location.", body = LocationAnswer, headers(
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(StockKeeper, Asks, Body<NewLocation>, Placing)>,
    )
)]
pub(super) async fn put_location(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    path: Result<Path<LocationId>, PathRejection>,
    asks: Asks,
    Body(new): Body<NewLocation>,
) -> Result<Response, Problem> {
    let Path(id) = path?;
    Work::once(&api, by, asks, &new, StatusCode::OK, async |work| location_in(work, id, &new).await).await
}
