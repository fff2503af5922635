//! An order as its buyer is answered: without the names of those who work on it, and without their notes.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use vitrine_checkout::Placed;
use vitrine_core::{Country, Locale, Money, ProductId, Sku, Timestamp};
use vitrine_order::{
    Address, Contact, Goods, Happened, Order, OrderId, OrderLine, OrderNumber, OrderState, Promised, Return,
    Shipment, Units, Withdrawal,
};
use vitrine_payment::{Action, AttemptState, FailureCode};
use vitrine_pricing::{Discount, MethodId, PricedLine, Quote, TaxOfRate, Totals};

/// An order that was placed, or is about to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PlacedOrder)]
pub(crate) struct PlacedAnswer {
    id: OrderId,
    number: OrderNumber,
    /// The secret of the order's link.
    access: String,
    state: OrderState,
    total: Money,
    payment: AttemptState,
    /// What the shopper must do now.
    action: Option<Action>,
    /// Why the payment failed; the cart is there again then.
    failure: Option<FailureCode>,
}

impl From<Placed> for PlacedAnswer {
    fn from(placed: Placed) -> Self {
        Self {
            id: placed.order.id,
            number: placed.order.number,
            access: placed.access.reveal().to_owned(),
            state: placed.order.state,
            total: placed.order.total,
            payment: placed.payment,
            action: placed.action,
            failure: placed.failure.map(|failure| failure.code),
        }
    }
}

/// An order with all that its buyer may know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderAnswer {
    id: OrderId,
    number: OrderNumber,
    country: Country,
    locale: Locale,
    state: OrderState,
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
    history: Vec<StepAnswer>,
    goods: GoodsAnswer,
}

/// What was bought of a variant, for whoever may see the order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderLine)]
pub(crate) struct LineAnswer {
    id: String,
    sku: Sku,
    product: ProductId,
    name: String,
    options: BTreeMap<String, String>,
    quantity: u32,
    unit_price: Money,
    total: Money,
    discounts: Vec<Discount>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderStep)]
struct StepAnswer {
    what: String,
    state: OrderState,
    at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderGoods)]
struct GoodsAnswer {
    shipments: Vec<Shipment>,
    returns: Vec<ReturnAnswer>,
    withdrawals: Vec<WithdrawalAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Return)]
struct ReturnAnswer {
    id: String,
    #[schema(value_type = BTreeMap<String, u32>)]
    units: Units,
    at: Timestamp,
}

/// A withdrawal that was received.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Withdrawal)]
pub(crate) struct WithdrawalAnswer {
    id: String,
    name: String,
    email: String,
    #[schema(value_type = BTreeMap<String, u32>)]
    units: Units,
    received_at: Timestamp,
}

impl From<Withdrawal> for WithdrawalAnswer {
    fn from(withdrawal: Withdrawal) -> Self {
        let Withdrawal { id, name, email, units, received_at } = withdrawal;
        Self { id, name, email, units, received_at }
    }
}

impl From<Return> for ReturnAnswer {
    /// The reason is a note of those who unpacked it.
    fn from(came_back: Return) -> Self {
        Self { id: came_back.id, units: came_back.units, at: came_back.at }
    }
}

impl From<Goods> for GoodsAnswer {
    fn from(goods: Goods) -> Self {
        Self {
            shipments: goods.shipments,
            returns: goods.returns.into_iter().map(ReturnAnswer::from).collect(),
            withdrawals: goods.withdrawals.into_iter().map(WithdrawalAnswer::from).collect(),
        }
    }
}

impl From<Happened> for StepAnswer {
    fn from(happened: Happened) -> Self {
        Self { what: happened.what, state: happened.state, at: happened.at }
    }
}

impl OrderAnswer {
    /// An order with what happened to it.
    pub(crate) fn of(order: Order, history: Vec<Happened>, goods: Goods) -> Self {
        let contents = order.contents;
        let lines = LineAnswer::all(contents.lines, &contents.quote);
        Self {
            id: order.id,
            number: order.number,
            country: order.country,
            locale: contents.locale,
            state: order.state,
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
            history: history.into_iter().map(StepAnswer::from).collect(),
            goods: goods.into(),
        }
    }
}

impl LineAnswer {
    /// Lines with their prices; both were written together.
    pub(crate) fn all(lines: Vec<OrderLine>, quote: &Quote) -> Vec<Self> {
        lines.into_iter().filter_map(|line| Self::of(line, &quote.lines)).collect()
    }

    fn of(line: OrderLine, priced: &[PricedLine]) -> Option<Self> {
        let price = priced.iter().find(|priced| priced.id == line.id)?;
        Some(Self {
            id: line.id,
            sku: line.sku,
            product: line.product,
            name: line.name,
            options: line.options,
            quantity: line.quantity,
            unit_price: price.unit_price,
            total: price.total,
            discounts: price.discounts.clone(),
        })
    }
}
