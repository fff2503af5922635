//! Where orders are worked on: what all moves of an order have around them.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use vitrine_access::{Deed, Grant};
use vitrine_checkout::Checkout;
use vitrine_core::StoreId;
use vitrine_db::Tx;
use vitrine_order::{Order, OrderNumber, Orders, Write};

use crate::admin::{Asks, Begun, OrderAnswer, Work, order_answer, tagged};
use crate::{Api, Code, Problem};

/// An order's number in a path.
pub(super) type Named = Result<Path<String>, PathRejection>;

/// The number of a path.
///
/// # Errors
/// When it can't be one.
pub(super) fn numbered(named: Named) -> Result<OrderNumber, Problem> {
    let unknown = || Problem::new(Code::OrderUnknown);
    let Path(text) = named.map_err(|_| unknown())?;
    OrderNumber::parse(&text).ok_or_else(unknown)
}

/// Where an order is worked on.
pub(super) struct Desk<'a> {
    api: &'a Api,
    pub(super) checkout: Checkout,
    pub(super) store: StoreId,
    number: OrderNumber,
}

/// What a move has to do with.
pub(super) struct Hands<'a> {
    pub(super) tx: &'a mut Tx,
    /// As it is before the move.
    pub(super) order: &'a Order,
    pub(super) write: Write<'a>,
    /// A name for what the move makes.
    pub(super) name: &'a str,
}

/// A move that is done; what of it is to stand in the audit log names nobody who bought.
pub(super) struct Moved {
    pub(super) action: &'static str,
    /// Whether it was this request that did it.
    pub(super) is_new: bool,
    pub(super) what: Value,
}

/// What is locked before a move begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Locks {
    Order,
    /// Whoever moves money locks the payment first, and the order by that.
    Nothing,
}

impl<'a> Desk<'a> {
    pub(super) fn open(api: &'a Api, by: &Grant, named: Named) -> Result<Self, Problem> {
        let shop = api.shop().filter(|shop| shop.store == by.store);
        let checkout = shop.ok_or_else(|| Problem::new(Code::OrderUnknown))?.checkout.clone();
        Ok(Self { api, checkout, store: by.store.clone(), number: numbered(named)? })
    }

    /// Moves the order with its row of the audit log; answers the order as it was before, `None` if the key says that
    /// this was done already.
    pub(super) async fn work(
        &self,
        by: Grant,
        asks: Asks,
        body: &impl Serialize,
        locks: Locks,
        go: impl AsyncFnOnce(Hands<'_>) -> Result<Moved, Problem>,
    ) -> Result<Option<Order>, Problem> {
        let Begun::New(mut work) = Work::begin(self.api, by, asks, body).await? else { return Ok(None) };
        let name = work.name();
        let tx = &mut work.tx;
        let mut order = Orders::by_number_in(tx, &self.store, &self.number).await?;
        if locks == Locks::Order {
            order = Orders::lock_in(tx, &self.store, &order.id).await?;
        }
        let write = Write { at: work.now, by: &work.by.token, trace: Some(&work.traceparent) };
        let moved = go(Hands { tx, order: &order, write, name: &name }).await?;
        let deeds = self.deeds(&mut work.tx, &order, moved).await?;
        work.commit(&deeds, "{}").await?;
        Ok(Some(order))
    }

    /// What is written of a move into the audit log: the order's number, where it stood and stands, and what moved.
    async fn deeds(&self, tx: &mut Tx, before: &Order, moved: Moved) -> Result<Vec<Deed>, Problem> {
        let Moved { action, is_new, mut what } = moved;
        if !is_new {
            return Ok(vec![]);
        }
        let after = Orders::get_in(tx, &self.store, &before.id).await?;
        if let Some(what) = what.as_object_mut() {
            what.insert("state".to_owned(), json!(after.state));
        }
        Ok(vec![Deed::new(action, self.number.as_str(), json!({ "state": before.state }), what)])
    }

    /// Moves the money that a move left to be moved, and answers the order as it is then.
    pub(super) async fn answer(&self, status: StatusCode, moved: Option<Order>) -> Result<Response, Problem> {
        if let Some(order) = &moved {
            self.checkout.follow_up(&self.store, &order.id).await;
        }
        let answer: OrderAnswer = order_answer(&self.api.doors.db, &self.store, &self.number).await?;
        let repeated = if moved.is_none() { "true" } else { "false" };
        let headers = [(HeaderName::from_static("idempotent-replayed"), repeated)];
        Ok((status, headers, tagged(&answer.version(), &answer)).into_response())
    }
}
