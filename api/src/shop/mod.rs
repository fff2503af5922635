//! Behind the routes for shoppers: where a request shops, and what it is answered.
//!
//! Answers are types of their own, so that what modules keep for themselves does not leave with a new field.

mod cart;
mod here;
mod language;
mod order;
mod stock;
mod trouble;

use std::sync::Arc;

use vitrine_checkout::Checkout;
use vitrine_core::{Clock, StoreId};
use vitrine_db::Db;
use vitrine_payment::TestProvider;

pub(crate) use cart::{CartAnswer, QuoteAnswer};
pub(crate) use here::Here;
pub use here::PlainHttp;
pub(crate) use order::{LineAnswer, OrderAnswer, PlacedAnswer, WithdrawalAnswer};
pub(crate) use stock::{StockAnswer, asked, stock};

/// A store whose goods can be bought.
#[derive(Clone, Debug)]
pub struct Shopfront {
    /// The store.
    pub store: StoreId,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Carts, and orders of them.
    pub checkout: Checkout,
    /// The test provider, where it moves the money: its page for shoppers is there then.
    pub test: Option<TestProvider>,
}
