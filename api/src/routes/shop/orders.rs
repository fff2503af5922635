//! Orders, for whoever has their link.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use vitrine_order::{NewWithdrawal, Order, OrderAccess, Orders, Units, Write};

use crate::extract::{Body, Trace};
use crate::shop::{Here, OrderAnswer, WithdrawalAnswer};
use crate::{Code, Problem};

/// The storefront, and the order's secret.
type Link = Result<Path<(String, String)>, PathRejection>;

/// A declaration of withdrawal from the contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declaration {
    /// Names it in its order; the same again changes nothing.
    id: String,
    name: String,
    email: String,
    /// Units of lines; from the whole contract where none is named.
    #[serde(default)]
    units: Units,
}

/// `GET /api/v1/{country}/orders/{access}`: an order with all that happened to it.
pub(super) async fn read(here: Here, link: Link) -> Result<Json<OrderAnswer>, Problem> {
    let order = find(&here, link).await?;
    let (db, store) = (&here.front.db, &here.front.store);
    let history = Orders::history(db, store, &order.id).await?;
    let goods = Orders::goods(db, store, &order.id).await?;
    Ok(Json(OrderAnswer::of(order, history, goods)))
}

/// `POST /api/v1/{country}/orders/{access}/withdrawals`: receives a withdrawal; without any log-in, as the law asks.
pub(super) async fn withdraw(
    here: Here,
    link: Link,
    Trace(trace): Trace,
    Body(said): Body<Declaration>,
) -> Result<impl IntoResponse, Problem> {
    let order = find(&here, link).await?;
    let trace = trace.traceparent();
    let new = NewWithdrawal { id: &said.id, name: &said.name, email: &said.email, units: &said.units };
    let write = Write { at: here.front.clock.now(), by: "shopper", trace: Some(&trace) };
    let mut tx = here.front.db.begin().await?;
    let (withdrawal, is_new) =
        Orders::withdraw_in(&mut tx, &here.front.store, &order.id, &new, &write).await?;
    tx.commit().await.map_err(|error| Problem::internal(&error))?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(WithdrawalAnswer::from(withdrawal))))
}

/// The order of a link; of another country's storefront it is unknown.
async fn find(here: &Here, link: Link) -> Result<Order, Problem> {
    let unknown = || Problem::new(Code::OrderUnknown);
    let Path((_, access)) = link.map_err(|_| unknown())?;
    let access = OrderAccess::parse(&access).ok_or_else(unknown)?;
    let order = Orders::by_access(&here.front.db, &here.front.store, &access).await?;
    if order.country == here.country { Ok(order) } else { Err(unknown()) }
}
