//! Orders: an immutable copy of what was bought, where it stands, and everything that happened to it.
//!
//! Owns the tables `order_*`. An order moves by one conditional statement ([`OrderState`]); whoever moves it twice
//! changes nothing the second time. Each step is a row of its history and an event in the same transaction. Money and
//! stock are others' (checkout brings them together); must not know: carts (an opaque id), HTTP.

mod contents;
mod error;
mod events;
mod find;
mod goods;
mod names;
mod refunds;
mod repo;
mod state;

use serde::Serialize;
use vitrine_core::{Country, Money, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, Tx};

pub use contents::{Address, Contact, Contents, OrderLine, Promised, Units, customer_of};
pub use error::Error;
pub use events::OrderHappened;
pub use find::OrderQuery;
pub use goods::{Goods, NewReturn, NewShipment, NewWithdrawal, Return, Shipment, Withdrawal};
pub use names::{OrderAccess, OrderId, OrderNumber, new_order_id};
pub use refunds::NewRefund;
pub use state::OrderState;
pub use vitrine_core::Write;

use crate::repo::Which;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "order",
    steps: &[
        ("1-tables", include_str!("../migrations/1-tables.sql")),
        ("2-links", include_str!("../migrations/2-links.sql")),
        ("3-refunds", include_str!("../migrations/3-refunds.sql")),
    ],
};

/// An order to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewOrder<'a> {
    /// Its id, given by the caller so that asking twice makes one.
    pub id: &'a OrderId,
    /// What people call it.
    pub number: &'a OrderNumber,
    /// The secret of its link.
    pub access: &'a OrderAccess,
    /// The storefront.
    pub country: Country,
    /// The cart it was made from, opaque.
    pub cart: &'a str,
    /// The customer, opaque ([`customer_of`]).
    pub customer: &'a str,
    /// What was bought.
    pub contents: &'a Contents,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Names it among programs.
    pub id: OrderId,
    /// Names it among people.
    pub number: OrderNumber,
    /// The storefront.
    pub country: Country,
    /// The cart it was made from.
    #[serde(skip)]
    pub cart: String,
    /// The customer, opaque.
    #[serde(skip)]
    pub customer: String,
    /// Where it stands.
    pub state: OrderState,
    /// Grows with everything that happens to it.
    pub version: i64,
    /// What was bought.
    pub contents: Contents,
    /// What is charged.
    pub total: Money,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something last happened to it.
    pub changed_at: Timestamp,
    /// When it was placed.
    pub placed_at: Option<Timestamp>,
}

impl Order {
    /// Where it stands in its history.
    pub(crate) fn point(&self) -> (&OrderId, i64, OrderState) {
        (&self.id, self.version, self.state)
    }
}

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// The order's version after it.
    pub version: i64,
    /// What, in past tense: `placed`, `shipped`.
    pub what: String,
    /// Where the order stood then.
    pub state: OrderState,
    /// By whom.
    pub by: String,
    /// More about it, in words.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// The module's door.
#[derive(Clone, Copy, Debug)]
pub struct Orders;

impl Orders {
    /// Makes an order that waits for its money; answers whether it is new.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "order.create", skip_all)]
    pub async fn create_in(
        tx: &mut Tx,
        store: &StoreId,
        new: &NewOrder<'_>,
        write: &Write<'_>,
    ) -> Result<bool, Error> {
        if !repo::insert_in(tx, store, new, write).await? {
            return Ok(false);
        }
        repo::note_in(tx, store, (new.id, 1, OrderState::PendingPayment), "created", "", write).await?;
        Ok(true)
    }

    /// Places an order: its money is there. Answers the order, if it was this call that did it.
    ///
    /// # Errors
    /// [`Error::State`] if it was cancelled, [`Error::NoOrder`], or the database fails.
    #[tracing::instrument(name = "order.place", skip_all)]
    pub async fn place_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        write: &Write<'_>,
    ) -> Result<Option<Order>, Error> {
        Self::move_in(tx, store, id, OrderState::Placed, ("placed", None), "", write).await
    }

    /// Cancels an order of which nothing was sent. Answers whether it was this call that did it.
    ///
    /// # Errors
    /// [`Error::State`] if goods were sent, [`Error::NoOrder`], or the database fails.
    #[tracing::instrument(name = "order.cancel", skip_all)]
    pub async fn cancel_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        reason: &str,
        write: &Write<'_>,
    ) -> Result<bool, Error> {
        Self::move_in(tx, store, id, OrderState::Cancelled, ("cancelled", None), reason, write)
            .await
            .map(|moved| moved.is_some())
    }

    /// Notes something about an order that moves nothing.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn note_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        what: &str,
        detail: &str,
        write: &Write<'_>,
    ) -> Result<Order, Error> {
        let order = repo::touch_in(tx, store, id, write).await?;
        repo::note_in(tx, store, order.point(), what, detail, write).await?;
        Ok(order)
    }

    /// Moves an order on and tells of it; `None` where it stands there already.
    pub(crate) async fn move_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        to: OrderState,
        (what, about): (&'static str, Option<&str>),
        detail: &str,
        write: &Write<'_>,
    ) -> Result<Option<Order>, Error> {
        let Some(order) = repo::move_in(tx, store, id, to, write).await? else {
            let found = repo::find(tx, store, Which::Id(id)).await?.state;
            // What was placed and went on stays placed.
            let is_past = to == OrderState::Placed && found.stands();
            return match found == to || is_past {
                true => Ok(None),
                false => Err(Error::State { id: id.clone(), found, wanted: to }),
            };
        };
        repo::note_in(tx, store, order.point(), what, detail, write).await?;
        events::tell_in(tx, store, &order, what, about, write).await?;
        Ok(Some(order))
    }

    /// An order by its id.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn get(db: &Db, store: &StoreId, id: &OrderId) -> Result<Order, Error> {
        Self::get_in(&mut *db.reader().acquire().await?, store, id).await
    }

    /// The same within a caller's transaction or connection.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn get_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        id: &OrderId,
    ) -> Result<Order, Error> {
        repo::find(connection, store, Which::Id(id)).await
    }

    /// Where an order stands, within a caller's transaction or connection.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn state_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        id: &OrderId,
    ) -> Result<OrderState, Error> {
        repo::state_of(connection, store, id).await
    }

    /// An order, its row locked until the transaction ends.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn lock_in(tx: &mut Tx, store: &StoreId, id: &OrderId) -> Result<Order, Error> {
        repo::lock_in(tx, store, id).await
    }

    /// An order by what people call it.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn by_number(db: &Db, store: &StoreId, number: &OrderNumber) -> Result<Order, Error> {
        repo::find(&mut *db.reader().acquire().await?, store, Which::Number(number)).await
    }

    /// The order that a guest's link leads to.
    ///
    /// # Errors
    /// [`Error::NoOrder`], or the database fails.
    pub async fn by_access(db: &Db, store: &StoreId, access: &OrderAccess) -> Result<Order, Error> {
        repo::find(&mut *db.reader().acquire().await?, store, Which::Access(&access.hash(store))).await
    }

    /// Makes a further link to an order: of the links that are out there only hashes are stored, so none can be told
    /// again.
    ///
    /// # Errors
    /// [`Error::Random`], or the database fails.
    pub async fn link_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        at: Timestamp,
    ) -> Result<OrderAccess, Error> {
        let access = OrderAccess::random()?;
        repo::link_in(tx, store, id, &access.hash(store), at).await?;
        Ok(access)
    }

    /// Everything that happened to an order, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(db: &Db, store: &StoreId, id: &OrderId) -> Result<Vec<Happened>, Error> {
        repo::history(&mut *db.reader().acquire().await?, store, id).await
    }

    /// The latest orders made before a time, newest first, at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn latest(
        db: &Db,
        store: &StoreId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        repo::latest(&mut *db.reader().acquire().await?, store, before, limit).await
    }

    /// Orders of a store in the order of their ids, from the one after another on, at most so many: all of them, page
    /// by page, within one transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<Order>, Error> {
        repo::page(connection, store, after, limit).await
    }

    /// Orders that still wait for their money and were made before a time, oldest first, of any store.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting(db: &Db, before: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>, Error> {
        let mut connection = db.reader().acquire().await?;
        repo::older_than(&mut connection, OrderState::PendingPayment, before, limit).await
    }

    /// Whether a customer has an order that stands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_ordered(db: &Db, store: &StoreId, customer: &str) -> Result<bool, Error> {
        repo::has_ordered(&mut *db.reader().acquire().await?, store, customer).await
    }
}
