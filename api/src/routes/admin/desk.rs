//! Where orders are worked on.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use vitrine_access::{Deed, Grant};
use vitrine_checkout::Checkout;
use vitrine_core::StoreId;
use vitrine_order::{Order, OrderNumber, Orders};

use crate::admin::{OrderAnswer, Work, order_answer, tagged};
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

impl<'a> Desk<'a> {
    pub(super) fn open(api: &'a Api, by: &Grant, named: Named) -> Result<Self, Problem> {
        let shop = api.shop().filter(|shop| shop.store == by.store);
        let checkout = shop.ok_or_else(|| Problem::new(Code::OrderUnknown))?.checkout.clone();
        Ok(Self { api, checkout, store: by.store.clone(), number: numbered(named)? })
    }

    /// The order before the write. Whoever moves money locks the payment first, and the order by that.
    pub(super) async fn order_in(&self, work: &mut Work) -> Result<Order, Problem> {
        Ok(Orders::by_number_in(&mut work.tx, &self.store, &self.number).await?)
    }

    /// The order before the write, locked until its end.
    pub(super) async fn locked_in(&self, work: &mut Work) -> Result<Order, Problem> {
        let found = self.order_in(work).await?;
        Ok(Orders::lock_in(&mut work.tx, &self.store, &found.id).await?)
    }

    /// What is written of a move into the audit log: its number, where it stood and stands, and what moved. Nothing of
    /// who bought.
    pub(super) async fn deeds(
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

    pub(super) async fn answer(&self, status: StatusCode, is_repeated: bool) -> Result<Response, Problem> {
        let answer: OrderAnswer = order_answer(&self.api.doors.db, &self.store, &self.number).await?;
        let repeated = if is_repeated { "true" } else { "false" };
        let headers = [(HeaderName::from_static("idempotent-replayed"), repeated)];
        Ok((status, headers, tagged(&answer.version(), &answer)).into_response())
    }
}
