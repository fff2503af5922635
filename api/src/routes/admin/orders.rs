//! Orders: found, read, sent, cancelled, taken back, paid and paid back.
//!
//! Each write answers the order as it is then; so does a repetition.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use vitrine_checkout::{Back, Checkout, Repaid};
use vitrine_core::Money;
use vitrine_inventory::LocationId;
use vitrine_order::{NewReturn, NewShipment, OrderNumber, OrderState, Orders, Units};
use vitrine_payment::{Outcome, RefundId};

use super::desk::{Desk, Hands, Locks, Moved, Named, numbered};
use crate::admin::{
    Asked, Asks, OrderAnswer, OrderSummary, Page, next_order, order_answer, order_query, tagged,
};
use crate::auth::Clerk;
use crate::document::{Key, Limit, NeededKey, Refused, refuses};
use crate::extract::Body;
use crate::{Api, Code, Problem};

refuses! {
    /// A number that no order has.
    Looking: OrderUnknown;
    /// What keeps goods from leaving or coming back.
    Moving: IdempotencyKeyMissing, OrderUnknown, OrderNotOpen, UnitsInvalid;
    /// What keeps an order from being cancelled.
    Stopping: OrderUnknown, OrderNotOpen;
    /// What keeps money from going back.
    PayingBack: IdempotencyKeyMissing, OrderUnknown, UnitsInvalid, AmountExceeded, PaymentNotOpen;
    /// What keeps money from being noted.
    Noting: OrderUnknown, OrderNotOpen, PaymentNotOpen;
}

/// Longest reason, characters.
const REASON_CHARS: usize = 200;

/// Goods that leave.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewShipment)]
pub(super) struct Leaving {
    carrier: String,
    /// The carrier's number for it.
    #[serde(default)]
    tracking: String,
    /// Units of lines; all that is left without.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, u32>)]
    units: Units,
}

/// Why an order is cancelled.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCancellation)]
pub(super) struct Cancelling {
    reason: String,
}

/// Money that goes back: an amount, or what was charged for units of lines.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRefund)]
pub(super) struct Repaying {
    #[serde(default)]
    amount: Option<Money>,
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, u32>>)]
    units: Option<Units>,
    reason: String,
}

impl Repaying {
    fn back(&self) -> Result<Back<'_>, Problem> {
        match (self.amount, &self.units) {
            (Some(amount), None) => Ok(Back::Amount(amount)),
            (None, Some(units)) => Ok(Back::Units(units)),
            _ => {
                let why = "say either `amount` or `units`";
                Err(Problem::new(Code::FieldInvalid).field("amount").detail(why))
            }
        }
    }
}

/// Goods that came back.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReturn)]
pub(super) struct Returning {
    /// Units of lines; all that was sent without.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, u32>)]
    units: Units,
    reason: String,
    /// Where they go into stock; nowhere without.
    #[serde(default)]
    location: Option<LocationId>,
}

/// Money that arrived by a transfer, or on an invoice.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ArrivedMoney)]
pub(super) struct Arriving {
    amount: Money,
}

/// Orders, the latest first, page by page; or the one of a number.
#[utoipa::path(
    get, path = "/api/v1/admin/orders", tag = "admin", operation_id = "list_orders",
    security(("token" = ["orders"])),
    params(
        ("number" = Option<String>, Query, description = "Only the order of this number; alone."),
        ("state" = Option<OrderState>, Query, description = "Only in this state."),
        ("email" = Option<String>, Query, description = "Only of who bought with this address of mail."),
        ("before" = Option<String>, Query, description = "Where the page begins, as `next` says."),
        Limit,
    ),
    responses(
        (status = 200, description = "A page of orders.", body = Page<OrderSummary>),
        Refused<(Clerk, Asked)>,
    )
)]
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

/// An order with everything that happened to it.
#[utoipa::path(
    get, path = "/api/v1/admin/orders/{number}", tag = "admin", operation_id = "read_order_as_clerk",
    security(("token" = ["orders"])),
    params(("number" = String, Path, description = "The order's number.")),
    responses(
        (status = 200, description = "The order.", body = OrderAnswer, headers(
            ("ETag" = String, description = "The version of the order.")
        )),
        Refused<(Clerk, Looking)>,
    )
)]
pub(super) async fn read(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
) -> Result<Response, Problem> {
    let answer = order_answer(&api.doors.db, &by.store, &numbered(named)?).await?;
    Ok(tagged(&answer.version(), &answer))
}

/// Notes that goods left; money set aside for them is taken.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{number}/shipments", tag = "admin", operation_id = "ship_order",
    security(("token" = ["orders"])),
    params(("number" = String, Path, description = "The order's number."), NeededKey),
    request_body = Leaving,
    responses(
        (status = 201, description = "The order as it is then.", body = OrderAnswer, headers(
            ("ETag" = String, description = "The version of the order."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Clerk, Asks, Body<Leaving>, Moving)>,
    )
)]
pub(super) async fn ship(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Leaving>,
) -> Result<Response, Problem> {
    asks.needs_key()?;
    let desk = Desk::open(&api, &by, named)?;
    let ship = async |Hands { tx, order, write, name }: Hands<'_>| {
        let Leaving { carrier, tracking, units } = &new;
        let shipment = NewShipment { id: name, carrier, tracking, units };
        let (sent, is_new) = desk.checkout.ship_in(tx, &desk.store, &order.id, &shipment, &write).await?;
        let what = json!({ "units": sent.units, "carrier": sent.carrier });
        Ok(Moved { action: "order_shipped", is_new, what })
    };
    let moved = desk.work(by, asks, &new, Locks::Order, ship).await?;
    desk.answer(StatusCode::CREATED, moved).await
}

/// Cancels an order of which nothing was sent; stock and money go back.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{number}/cancel", tag = "admin", operation_id = "cancel_order",
    security(("token" = ["orders"])),
    params(("number" = String, Path, description = "The order's number."), Key),
    request_body = Cancelling,
    responses(
        (status = 200, description = "The order as it is then.", body = OrderAnswer, headers(
            ("ETag" = String, description = "The version of the order."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Clerk, Asks, Body<Cancelling>, Stopping)>,
    )
)]
pub(super) async fn cancel(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Cancelling>,
) -> Result<Response, Problem> {
    let desk = Desk::open(&api, &by, named)?;
    text("reason", &new.reason)?;
    let cancel = async |Hands { tx, order, write, .. }: Hands<'_>| {
        let is_new = desk.checkout.cancel_in(tx, &desk.store, &order.id, &new.reason, &write).await?;
        Ok(Moved { action: "order_cancelled", is_new, what: json!({}) })
    };
    let moved = desk.work(by, asks, &new, Locks::Order, cancel).await?;
    desk.answer(StatusCode::OK, moved).await
}

/// Pays money back, never more than was taken.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{number}/refunds", tag = "admin", operation_id = "refund_order",
    security(("token" = ["orders"])),
    params(("number" = String, Path, description = "The order's number."), NeededKey),
    request_body = Repaying,
    responses(
        (status = 201, description = "The order as it is then.", body = OrderAnswer, headers(
            ("ETag" = String, description = "The version of the order."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Clerk, Asks, Body<Repaying>, PayingBack)>,
    )
)]
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
    let what = new.back()?;
    let mut refund = None;
    let repay = async |Hands { tx, order, write, name }: Hands<'_>| {
        let id = RefundId::try_new(&format!("{}-{name}", order.id));
        let id = refund.insert(id.map_err(|error| Problem::internal(&error))?);
        let repaid = Repaid { id, what, reason: &new.reason };
        let (amount, is_new) = Checkout::refund_in(tx, &desk.store, &order.id, &repaid, &write).await?;
        let what = json!({ "amount": amount, "units": new.units });
        Ok(Moved { action: "order_refunded", is_new, what })
    };
    let moved = desk.work(by, asks, &new, Locks::Nothing, repay).await?;
    if let Some(id) = refund
        && let Err(error) = desk.checkout.send_refund(&desk.store, &id).await
    {
        tracing::warn!(%error, refund = %id, "a refund is not sent yet");
    }
    desk.answer(StatusCode::CREATED, moved).await
}

/// Notes that goods came back, into stock where a location is named.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{number}/returns", tag = "admin", operation_id = "take_back_goods",
    security(("token" = ["orders"])),
    params(("number" = String, Path, description = "The order's number."), NeededKey),
    request_body = Returning,
    responses(
        (status = 201, description = "The order as it is then.", body = OrderAnswer, headers(
            ("ETag" = String, description = "The version of the order."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Clerk, Asks, Body<Returning>, Moving)>,
    )
)]
pub(super) async fn take_back(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Returning>,
) -> Result<Response, Problem> {
    asks.needs_key()?;
    let desk = Desk::open(&api, &by, named)?;
    let take_back = async |Hands { tx, order, write, name }: Hands<'_>| {
        let (coming, into) =
            (NewReturn { id: name, units: &new.units, reason: &new.reason }, new.location.as_ref());
        let (came, is_new) =
            Checkout::take_back_in(tx, &desk.store, &order.id, &coming, into, &write).await?;
        let what = json!({ "units": came.units, "location": new.location });
        Ok(Moved { action: "order_returned", is_new, what })
    };
    let moved = desk.work(by, asks, &new, Locks::Order, take_back).await?;
    desk.answer(StatusCode::CREATED, moved).await
}

/// Notes that the money of a transfer or an invoice arrived.
#[utoipa::path(
    post, path = "/api/v1/admin/orders/{number}/payment", tag = "admin", operation_id = "note_payment",
    security(("token" = ["orders"])),
    params(("number" = String, Path, description = "The order's number."), Key),
    request_body = Arriving,
    responses(
        (status = 200, description = "The order as it is then.", body = OrderAnswer, headers(
            ("ETag" = String, description = "The version of the order."),
            ("Idempotent-Replayed" = bool, description = "Whether the key was used before.")
        )),
        Refused<(Clerk, Asks, Body<Arriving>, Noting)>,
    )
)]
pub(super) async fn pay(
    State(api): State<Api>,
    Clerk(by): Clerk,
    named: Named,
    asks: Asks,
    Body(new): Body<Arriving>,
) -> Result<Response, Problem> {
    let desk = Desk::open(&api, &by, named)?;
    let note = async |Hands { tx, order, write, .. }: Hands<'_>| {
        let (store, amount) = (&desk.store, new.amount);
        let applied = desk.checkout.money_arrived_in(tx, store, &order.id, amount, &write).await?;
        let is_new = matches!(applied.outcome, Outcome::Moved(_));
        Ok(Moved { action: "order_paid", is_new, what: json!({ "amount": amount }) })
    };
    let moved = desk.work(by, asks, &new, Locks::Nothing, note).await?;
    desk.answer(StatusCode::OK, moved).await
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
