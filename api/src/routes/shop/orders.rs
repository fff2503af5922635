//! Orders, for whoever has their link.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::ToSchema;
use vitrine_order::{NewWithdrawal, Order, OrderAccess, Orders, Units, Write};

use crate::document::{Refused, Shop, refuses};
use crate::extract::{Body, Trace};
use crate::shop::{Here, OrderAnswer, WithdrawalAnswer};
use crate::{Code, Problem};

/// The storefront, and the order's secret.
type Link = Result<Path<(String, String)>, PathRejection>;

/// A declaration of withdrawal from the contract.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Declaration {
    /// Names it in its order; the same again changes nothing.
    id: String,
    /// Who withdraws.
    name: String,
    /// Where the receipt goes.
    email: String,
    /// Units of lines; from the whole contract where none is named.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, u32>)]
    units: Units,
}

refuses! {
    /// A link that leads nowhere.
    Linked: OrderUnknown, NotFound;
    /// What keeps an order from being withdrawn from.
    Withdrawing: OrderNotOpen, UnitsInvalid;
}

/// An order with all that happened to it.
#[utoipa::path(
    get, path = "/api/v1/{country}/orders/{access}", tag = "orders", operation_id = "read_order",
    params(Shop, ("access" = String, Path, description = "The secret of the order's link.")),
    responses((status = 200, description = "The order.", body = OrderAnswer), Refused<(Here, Linked)>)
)]
pub(super) async fn read(here: Here, link: Link) -> Result<Json<OrderAnswer>, Problem> {
    let order = find(&here, link).await?;
    let (db, store) = (&here.front.db, &here.front.store);
    let history = Orders::history(db, store, &order.id).await?;
    let goods = Orders::goods(db, store, &order.id).await?;
    Ok(Json(OrderAnswer::of(order, history, goods)))
}

/// Receives a withdrawal; without any log-in, as the law asks.
#[utoipa::path(
    post, path = "/api/v1/{country}/orders/{access}/withdrawals", tag = "orders", operation_id = "withdraw",
    params(Shop, ("access" = String, Path, description = "The secret of the order's link.")),
    request_body = Declaration,
    responses(
        (status = 201, description = "It was received.", body = WithdrawalAnswer),
        (status = 200, description = "It was received before.", body = WithdrawalAnswer),
        Refused<(Here, Linked, Body<Declaration>, Withdrawing)>,
    )
)]
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
