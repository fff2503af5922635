//! Orders, as those who work on them see them: with who bought, who did what to it, and where the money is.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use vitrine_core::{Country, Locale, Money, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_order::{
    Address, Contact, Goods, Happened, Order, OrderId, OrderNumber, OrderQuery, OrderState, Orders, Promised,
    Return, Shipment, Units, Withdrawal, customer_of,
};
use vitrine_payment::{Attempt, AttemptState, FailureCode, Payments, Refund, RefundState};
use vitrine_pricing::{MethodId, TaxOfRate, Totals};

use super::query::Asked;
use crate::Problem;
use crate::shop::LineAnswer;

/// An order in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderSummary {
    number: OrderNumber,
    country: Country,
    state: OrderState,
    total: Money,
    payment: String,
    email: String,
    created_at: Timestamp,
    placed_at: Option<Timestamp>,
}

impl From<&Order> for OrderSummary {
    fn from(order: &Order) -> Self {
        Self {
            number: order.number.clone(),
            country: order.country,
            state: order.state,
            total: order.total,
            payment: order.contents.payment.clone(),
            email: order.contents.contact.email.clone(),
            created_at: order.created_at,
            placed_at: order.placed_at,
        }
    }
}

/// Which orders a query asks for.
///
/// # Errors
/// When it can't be read, or asks for something else.
pub(crate) fn order_query(mut asked: Asked) -> Result<OrderQuery, Problem> {
    let query = OrderQuery {
        state: asked.take_as("state", |word| {
            let words = OrderState::ALL.map(OrderState::as_str).join(", ");
            OrderState::parse(word).ok_or_else(|| format!("must be one of {words}"))
        })?,
        customer: asked.take::<String>("email")?.map(|email| customer_of(&email)),
        before: asked.take_as("before", before)?,
        limit: asked.limit()?,
    };
    asked.end()?;
    Ok(query)
}

fn before(text: &str) -> Result<(Timestamp, OrderId), String> {
    let wrong = || "must be as `next` says".to_owned();
    let (at, id) = text.split_once('-').ok_or_else(wrong)?;
    let at = at.parse().map_err(|_| wrong())?;
    Ok((Timestamp::from_ms(at), id.parse().map_err(|_| wrong())?))
}

/// Where the page after an order begins.
pub(crate) fn next_order(order: &Order) -> String {
    format!("{}-{}", order.created_at.ms(), order.id)
}

/// An order with all that is known of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminOrder)]
pub(crate) struct OrderAnswer {
    number: OrderNumber,
    country: Country,
    locale: Locale,
    state: OrderState,
    /// Grows with everything that happens to it.
    version: i64,
    created_at: Timestamp,
    placed_at: Option<Timestamp>,
    contact: Contact,
    shipping: Address,
    billing: Address,
    lines: Vec<LineAnswer>,
    totals: Totals,
    taxes: Vec<TaxOfRate>,
    tax_included: bool,
    delivery: MethodId,
    promised: Option<Promised>,
    payment: String,
    /// Nothing where nothing was to be paid.
    money: Option<MoneyAnswer>,
    shipments: Vec<Shipment>,
    returns: Vec<Return>,
    withdrawals: Vec<Withdrawal>,
    history: Vec<StepAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderMoney)]
struct MoneyAnswer {
    provider: String,
    /// The provider's name for it.
    reference: Option<String>,
    state: AttemptState,
    amount: Money,
    captured: Money,
    refunded: Money,
    /// On its way back.
    refunding: Money,
    failure: Option<FailureCode>,
    refunds: Vec<RefundAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderRefund)]
struct RefundAnswer {
    amount: Money,
    /// Units of lines that it is for; nothing where an amount was named.
    #[schema(value_type = Option<BTreeMap<String, u32>>)]
    units: Option<Units>,
    reason: String,
    state: RefundState,
    failure: Option<String>,
    at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminOrderStep)]
struct StepAnswer {
    what: String,
    state: OrderState,
    /// `shopper`, `system`, or the id of a token.
    by: String,
    detail: String,
    at: Timestamp,
}

impl From<Happened> for StepAnswer {
    fn from(Happened { what, state, by, detail, at, .. }: Happened) -> Self {
        Self { what, state, by, detail, at }
    }
}

impl RefundAnswer {
    fn new(refund: Refund, units: Option<Units>) -> Self {
        let Refund { amount, reason, state, failure, created_at, .. } = refund;
        Self { amount, units, reason, state, failure, at: created_at }
    }
}

impl MoneyAnswer {
    fn new(attempt: Attempt, refunds: Vec<Refund>, units: &BTreeMap<String, Units>) -> Self {
        let refund = |refund: Refund| {
            let units = units.get(refund.id.as_str()).cloned();
            RefundAnswer::new(refund, units)
        };
        Self {
            provider: attempt.provider,
            reference: attempt.provider_ref,
            state: attempt.state,
            amount: attempt.amount,
            captured: attempt.captured,
            refunded: attempt.refunded,
            refunding: attempt.refunding,
            failure: attempt.failure.map(|failure| failure.code),
            refunds: refunds.into_iter().map(refund).collect(),
        }
    }
}

/// An order as it is now.
///
/// # Errors
/// When there is no such order, or the database fails.
pub(crate) async fn order_answer(
    db: &Db,
    store: &StoreId,
    number: &OrderNumber,
) -> Result<OrderAnswer, Problem> {
    let order = Orders::by_number(db, store, number).await?;
    let history = Orders::history(db, store, &order.id).await?;
    let goods = Orders::goods(db, store, &order.id).await?;
    let mut snapshot = db.snapshot().await?;
    // An order has one attempt.
    let attempt = Payments::attempts_of(&mut snapshot, store, order.id.as_str()).await?.pop();
    let money = match attempt {
        Some(attempt) => {
            let refunds = Payments::refunds_in(&mut snapshot, store, &attempt).await?;
            let units = Orders::refunds_in(&mut snapshot, store, &order.id).await?;
            Some(MoneyAnswer::new(attempt, refunds, &units))
        }
        None => None,
    };
    Ok(OrderAnswer::of(order, money, goods, history))
}

impl OrderAnswer {
    /// The version, for `ETag`.
    pub(crate) fn version(&self) -> String {
        self.version.to_string()
    }

    fn of(order: Order, money: Option<MoneyAnswer>, goods: Goods, history: Vec<Happened>) -> Self {
        let contents = order.contents;
        let lines = LineAnswer::all(contents.lines, &contents.quote);
        Self {
            number: order.number,
            country: order.country,
            locale: contents.locale,
            state: order.state,
            version: order.version,
            created_at: order.created_at,
            placed_at: order.placed_at,
            contact: contents.contact,
            shipping: contents.shipping,
            billing: contents.billing,
            lines,
            totals: contents.quote.totals,
            taxes: contents.quote.taxes,
            tax_included: contents.quote.tax_included,
            delivery: contents.delivery,
            promised: contents.promised,
            payment: contents.payment,
            money,
            shipments: goods.shipments,
            returns: goods.returns,
            withdrawals: goods.withdrawals,
            history: history.into_iter().map(StepAnswer::from).collect(),
        }
    }
}
