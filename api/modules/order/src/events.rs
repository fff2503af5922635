//! What others are told, in the transaction that makes it true.

use serde::{Deserialize, Serialize};
use vitrine_core::{Country, Money, StoreId};
use vitrine_db::{NewEvent, Outbox, Tx};

use crate::{Error, Order, OrderId, OrderNumber, OrderState, Orders, Write};

impl Orders {
    /// Kinds of the events of this module begin so: `order_placed`, `order_cancelled`, `order_shipped`,
    /// `order_returned`, `order_withdrawn`. The entity is the order, the version its own.
    pub const EVENTS: &'static str = "order_";
    /// Its money is there.
    pub const PLACED: &'static str = "order_placed";
    /// Goods left.
    pub const SHIPPED: &'static str = "order_shipped";
    /// A withdrawal was received.
    pub const WITHDRAWN: &'static str = "order_withdrawn";
}

/// Payload of all events of this module. As JSON: `{"order":"o1","number":"7K3F9-QXM2A","country":"DE",
/// "state":"placed","total":{"minor":1999,"currency":"EUR"},"by":"shopper"}`, and `"about"` where there is something to
/// name. Who bought what is not in it: whoever may know asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderHappened {
    /// Which.
    pub order: OrderId,
    /// What people call it.
    pub number: OrderNumber,
    /// The storefront.
    pub country: Country,
    /// Where it stands now.
    pub state: OrderState,
    /// What is charged.
    pub total: Money,
    /// By whom.
    pub by: String,
    /// The shipment, return or withdrawal, by its id in the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// Tells that something happened.
pub(crate) async fn tell_in(
    tx: &mut Tx,
    store: &StoreId,
    order: &Order,
    what: &str,
    about: Option<&str>,
    write: &Write<'_>,
) -> Result<(), Error> {
    let payload = OrderHappened {
        order: order.id.clone(),
        number: order.number.clone(),
        country: order.country,
        state: order.state,
        total: order.total,
        by: write.by.to_owned(),
        about: about.map(str::to_owned),
    };
    let kind = format!("{}{what}", Orders::EVENTS);
    let event = NewEvent {
        store,
        id: &format!("{kind} {} {}", order.id, order.version),
        kind: &kind,
        entity: order.id.as_str(),
        version: order.version,
        payload: &serde_json::to_string(&payload)?,
        trace: write.trace,
        at: write.at,
    };
    Outbox::push_in(tx, &event).await?;
    Ok(())
}
