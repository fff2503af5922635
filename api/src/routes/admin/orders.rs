//! Orders: found, read, sent, cancelled, taken back, paid and paid back.
//!
//! Each write answers the order as it is then; so does a repetition.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vitrine_access::{Deed, Grant};
use vitrine_checkout::{Checkout, Repaid};
use vitrine_core::{Money, StoreId};
use vitrine_inventory::LocationId;
use vitrine_order::{NewReturn, NewShipment, Order, OrderNumber, Orders, Units, Write};
use vitrine_payment::{Outcome, RefundId};

use crate::admin::{
    Asked, Asks, Begun, OrderAnswer, OrderSummary, Page, Work, next_order, order_answer, order_query, tagged,
};
use crate::auth::Clerk;
use crate::extract::Body;
use crate::{Api, Code, Problem};

type Named = Result<Path<String>, PathRejection>;

/// Longest reason, characters.
const REASON_CHARS: usize = 200;

/// Goods that leave.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaving {
    carrier: String,
    /// The carrier's number for it.
    #[serde(default)]
    tracking: String,
    /// Units of lines; all that is left without.
    #[serde(default)]
    units: Units,
}

/// Why an order is cancelled.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancelling {
    reason: String,
}

/// Money that goes back: an amount, or what was charged for units of lines.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repaying {
    #[serde(default)]
    amount: Option<Money>,
    #[serde(default)]
    units: Option<Units>,
    reason: String,
}

/// Goods that came back.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Returning {
    /// Units of lines; all that was sent without.
    #[serde(default)]
    units: Units,
    reason: String,
    /// Where they go into stock; nowhere without.
    #[serde(default)]
    location: Option<LocationId>,
}

/// Money that arrived by a transfer, or on an invoice.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arriving {
    amount: Money,
}

/// `GET /api/v1/admin/orders`: orders, the latest first, page by page.
pub(super) async fn list(
    State(api): State<Api>,
    Clerk(by): Clerk,
    mut asked: Asked,
) -> Result<Json<Page<OrderSummary>>, Problem> {
    let (db, store) = (&api.doors.db, &by.store);
    if let Some(number) = asked.take::<String>("number")? {
        asked.end()?;
        let found = match OrderNumber::parse(&number) {
            Some(number) => Orders::by_number(db, store, &number).await,
            None => Err(vitrine_order::Error::NoOrder),
        };
        let found = match found {
            Ok(order) => vec![OrderSummary::from(&order)],
            Err(vitrine_order::Error::NoOrder) => vec![],
            Err(error) => return Err(error.into()),
        };
        return Ok(Json(Page::new(found, u32::MAX, |_| String::new())));
    }
    let query = order_query(asked)?;
    let found = Orders::find(db, store, &query).await?;
    Ok(Json(Page::new(found, query.limit, next_order).map(|order| OrderSummary::from(order))))
}

/// `GET /api/v1/admin/orders/{number}`: an order with everything that happened to it.
pub(super) async fn read(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
) -> Result<Response, Problem> {
    let answer = order_answer(&api.doors.db, &by.store, &numbered(named)?).await?;
    Ok(tagged(&answer.version(), &answer))
}

/// `POST /api/v1/admin/orders/{number}/shipments`: notes that goods left; money set aside for it is taken.
pub(super) async fn ship(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Leaving>,
) -> Result<Response, Problem> {
    asks.needs_key()?;
    let desk = Desk::open(&api, &by, named)?;
    let Begun::New(mut work) = Work::begin(&api, by, asks, &new).await? else {
        return desk.answer(StatusCode::CREATED, true).await;
    };
    let (order, by, name) = (desk.locked_in(&mut work).await?, work.by.token.clone(), work.name());
    let traceparent = work.traceparent.clone();
    let write = Write { at: work.now, by: &by, trace: Some(&traceparent) };
    let shipment =
        NewShipment { id: &name, carrier: &new.carrier, tracking: &new.tracking, units: &new.units };
    let (shipped, is_new) =
        desk.checkout.ship_in(&mut work.tx, &desk.store, &order.id, &shipment, &write).await?;
    let what = json!({ "units": shipped.units, "carrier": shipped.carrier });
    let deeds = desk.deeds("order_shipped", is_new, &order, &mut work, what).await?;
    work.commit(&deeds, "{}").await?;
    desk.checkout.follow_up(&desk.store, &order.id).await;
    desk.answer(StatusCode::CREATED, false).await
}

/// `POST /api/v1/admin/orders/{number}/cancel`: cancels an order of which nothing was sent; stock and money go back.
pub(super) async fn cancel(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Cancelling>,
) -> Result<Response, Problem> {
    let desk = Desk::open(&api, &by, named)?;
    text("reason", &new.reason)?;
    let Begun::New(mut work) = Work::begin(&api, by, asks, &new).await? else {
        return desk.answer(StatusCode::OK, true).await;
    };
    let (order, by) = (desk.locked_in(&mut work).await?, work.by.token.clone());
    let traceparent = work.traceparent.clone();
    let write = Write { at: work.now, by: &by, trace: Some(&traceparent) };
    let is_new = desk.checkout.cancel_in(&mut work.tx, &desk.store, &order.id, &new.reason, &write).await?;
    let deeds = desk.deeds("order_cancelled", is_new, &order, &mut work, json!({})).await?;
    work.commit(&deeds, "{}").await?;
    desk.checkout.follow_up(&desk.store, &order.id).await;
    desk.answer(StatusCode::OK, false).await
}

/// `POST /api/v1/admin/orders/{number}/refunds`: pays money back, never more than was taken.
pub(super) async fn refund(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Repaying>,
) -> Result<Response, Problem> {
    asks.needs_key()?;
    let desk = Desk::open(&api, &by, named)?;
    text("reason", &new.reason)?;
    let Begun::New(mut work) = Work::begin(&api, by, asks, &new).await? else {
        return desk.answer(StatusCode::CREATED, true).await;
    };
    let (order, by) = (desk.order_in(&mut work).await?, work.by.token.clone());
    let amount = repaid(&new, &order)?;
    let traceparent = work.traceparent.clone();
    let write = Write { at: work.now, by: &by, trace: Some(&traceparent) };
    let id = format!("{}-{}", order.id, work.name());
    let id = RefundId::try_new(&id).map_err(|error| Problem::internal(&error))?;
    let repaid = Repaid { id: &id, amount, reason: &new.reason };
    let is_new = Checkout::refund_in(&mut work.tx, &desk.store, &order.id, &repaid, &write).await?;
    let what = json!({ "amount": amount, "units": new.units });
    let deeds = desk.deeds("order_refunded", is_new, &order, &mut work, what).await?;
    work.commit(&deeds, "{}").await?;
    if let Err(error) = desk.checkout.send_refund(&desk.store, &id).await {
        tracing::warn!(%error, order = %order.number, "a refund is not sent yet");
    }
    desk.answer(StatusCode::CREATED, false).await
}

/// `POST /api/v1/admin/orders/{number}/returns`: notes that goods came back, into stock where a location is named.
pub(super) async fn take_back(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Returning>,
) -> Result<Response, Problem> {
    asks.needs_key()?;
    let desk = Desk::open(&api, &by, named)?;
    let Begun::New(mut work) = Work::begin(&api, by, asks, &new).await? else {
        return desk.answer(StatusCode::CREATED, true).await;
    };
    let (order, by, name) = (desk.locked_in(&mut work).await?, work.by.token.clone(), work.name());
    let traceparent = work.traceparent.clone();
    let write = Write { at: work.now, by: &by, trace: Some(&traceparent) };
    let coming = NewReturn { id: &name, units: &new.units, reason: &new.reason };
    let (tx, into) = (&mut work.tx, new.location.as_ref());
    let (came, is_new) = Checkout::take_back_in(tx, &desk.store, &order.id, &coming, into, &write).await?;
    let what = json!({ "units": came.units, "location": new.location });
    let deeds = desk.deeds("order_returned", is_new, &order, &mut work, what).await?;
    work.commit(&deeds, "{}").await?;
    desk.answer(StatusCode::CREATED, false).await
}

/// `POST /api/v1/admin/orders/{number}/payment`: notes that the money of a transfer or an invoice arrived.
pub(super) async fn pay(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Arriving>,
) -> Result<Response, Problem> {
    let desk = Desk::open(&api, &by, named)?;
    let Begun::New(mut work) = Work::begin(&api, by, asks, &new).await? else {
        return desk.answer(StatusCode::OK, true).await;
    };
    let (order, by) = (desk.order_in(&mut work).await?, work.by.token.clone());
    let traceparent = work.traceparent.clone();
    let write = Write { at: work.now, by: &by, trace: Some(&traceparent) };
    let (checkout, store) = (&desk.checkout, &desk.store);
    let applied = checkout.money_arrived_in(&mut work.tx, store, &order.id, new.amount, &write).await?;
    let is_new = matches!(applied.outcome, Outcome::Moved(_));
    let deeds = desk.deeds("order_paid", is_new, &order, &mut work, json!({ "amount": new.amount })).await?;
    work.commit(&deeds, "{}").await?;
    desk.checkout.follow_up(&desk.store, &order.id).await;
    desk.answer(StatusCode::OK, false).await
}

/// How much goes back.
fn repaid(new: &Repaying, order: &Order) -> Result<Money, Problem> {
    match (new.amount, &new.units) {
        (Some(amount), None) => Ok(amount),
        (None, Some(units)) => Ok(order.contents.charged(units)?),
        _ => Err(Problem::new(Code::FieldInvalid).field("amount").detail("say either `amount` or `units`")),
    }
}

/// Holds a reason to what the modules below keep of it.
fn text(field: &'static str, text: &str) -> Result<(), Problem> {
    let chars = text.chars().count();
    if (1..=REASON_CHARS).contains(&chars) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let why = format!("{field} has 1 to {REASON_CHARS} characters, none of them a control character");
    Err(Problem::new(Code::FieldInvalid).field(field).detail(why))
}

fn numbered(named: Named) -> Result<OrderNumber, Problem> {
    let unknown = || Problem::new(Code::OrderUnknown);
    let Path(text) = named.map_err(|_| unknown())?;
    OrderNumber::parse(&text).ok_or_else(unknown)
}

/// Where an order is worked on.
struct Desk<'a> {
    api: &'a Api,
    checkout: Checkout,
    store: StoreId,
    number: OrderNumber,
}

impl<'a> Desk<'a> {
    fn open(api: &'a Api, by: &Grant, named: Named) -> Result<Self, Problem> {
        let shop = api.shop().filter(|shop| shop.store == by.store);
        let checkout = shop.ok_or_else(|| Problem::new(Code::OrderUnknown))?.checkout.clone();
        Ok(Self { api, checkout, store: by.store.clone(), number: numbered(named)? })
    }

    /// The order before the write. Whoever moves money locks the payment first, and the order by that.
    async fn order_in(&self, work: &mut Work) -> Result<Order, Problem> {
        Ok(Orders::by_number_in(&mut work.tx, &self.store, &self.number).await?)
    }

    /// The order before the write, locked until its end.
    async fn locked_in(&self, work: &mut Work) -> Result<Order, Problem> {
        let found = self.order_in(work).await?;
        Ok(Orders::lock_in(&mut work.tx, &self.store, &found.id).await?)
    }

    /// What is written of a move into the audit log: its number, where it stood and stands, and what moved. Nothing of
    /// who bought.
    async fn deeds(
        &self,
        action: &'static str,
        is_new: bool,
        before: &Order,
        work: &mut Work,
        mut what: serde_json::Value,
    ) -> Result<Vec<Deed>, Problem> {
        if !is_new {
            return Ok(vec![]);
        }
        let after = Orders::get_in(&mut work.tx, &self.store, &before.id).await?;
        if let Some(what) = what.as_object_mut() {
            what.insert("state".to_owned(), json!(after.state));
        }
        Ok(vec![Deed::new(action, self.number.as_str(), json!({ "state": before.state }), what)])
    }

    async fn answer(&self, status: StatusCode, is_repeated: bool) -> Result<Response, Problem> {
        let answer: OrderAnswer = order_answer(&self.api.doors.db, &self.store, &self.number).await?;
        let repeated = if is_repeated { "true" } else { "false" };
        let headers = [(HeaderName::from_static("idempotent-replayed"), repeated)];
        Ok((status, headers, tagged(&answer.version(), &answer)).into_response())
    }
}
