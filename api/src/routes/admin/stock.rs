//! Stock, and the places where it is kept.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use vitrine_access::Deed;
use vitrine_core::Sku;
use vitrine_inventory::{Inventory, Location, LocationId};

use crate::admin::{
    Asked, Asks, Begun, LocationAnswer, NewAdjustment, NewLocation, NewRule, Page, PlaceAnswer, SkuAnswer,
    Work, adjust_in, rule_in, stock_query,
};
use crate::auth::StockKeeper;
use crate::extract::Body;
use crate::{Api, Code, Problem};

/// Movements that are shown of a SKU.
const MOVEMENTS: u32 = 50;

/// `GET /api/v1/admin/stock`: places, page by page.
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

/// `GET /api/v1/admin/stock/{sku}`: a SKU at all locations, with what happened to it last.
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

/// `POST /api/v1/admin/stock/adjustments`: changes what is on hand.
pub(super) async fn adjust(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    asks: Asks,
    Body(new): Body<NewAdjustment>,
) -> Result<Response, Problem> {
    asks.needs_key()?;
    let mut work = match Work::begin(&api, by, asks, &new).await? {
        Begun::New(work) => work,
        Begun::Done(reply) => return Begun::again(StatusCode::CREATED, &reply),
    };
    let (places, deeds) = adjust_in(&mut work, &new).await?;
    work.answer(StatusCode::CREATED, &deeds, &json!({ "places": places })).await
}

/// `PUT /api/v1/admin/stock/{sku}/{location}`: sets backorder and threshold of a place.
pub(super) async fn set_rule(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    path: Result<Path<(Sku, LocationId)>, PathRejection>,
    asks: Asks,
    Body(new): Body<NewRule>,
) -> Result<Response, Problem> {
    let Path(place) = path?;
    let mut work = match Work::begin(&api, by, asks, &new).await? {
        Begun::New(work) => work,
        Begun::Done(reply) => return Begun::again(StatusCode::OK, &reply),
    };
    let (place, deeds) = rule_in(&mut work, place, &new).await?;
    work.answer(StatusCode::OK, &deeds, &place).await
}

/// `GET /api/v1/admin/locations`: the places where stock is kept, in the order of drawing.
pub(super) async fn locations(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
) -> Result<Json<Vec<LocationAnswer>>, Problem> {
    let found = Inventory::locations(&api.doors.db, &by.store).await?;
    Ok(Json(found.into_iter().map(LocationAnswer::from).collect()))
}

/// `PUT /api/v1/admin/locations/{location}`: makes a location, or changes its name and place.
pub(super) async fn put_location(
    State(api): State<Api>,
    StockKeeper(by): StockKeeper,
    path: Result<Path<LocationId>, PathRejection>,
    asks: Asks,
    Body(new): Body<NewLocation>,
) -> Result<Response, Problem> {
    let Path(id) = path?;
    let mut work = match Work::begin(&api, by, asks, &new).await? {
        Begun::New(work) => work,
        Begun::Done(reply) => return Begun::again(StatusCode::OK, &reply),
    };
    let location = Location { id, name: new.name, priority: new.priority };
    let store = work.store();
    let before = Inventory::put_location_in(&mut work.tx, &store, &location).await?;
    let before = before.map(|was| json!({ "name": was.name, "priority": was.priority })).unwrap_or_default();
    let after = json!({ "name": location.name, "priority": location.priority });
    let deed = Deed::new("location_put", location.id.as_str(), before, after);
    work.answer(StatusCode::OK, &[deed], &LocationAnswer::from(location)).await
}
