//! Why a cart is not what it was asked to be.

use thiserror::Error;
use vitrine_core::{Country, MoneyError, Sku, StoreId};
use vitrine_db::DbError;
use vitrine_pricing::{CodeError, PriceError};

/// What can go wrong with carts.
#[derive(Debug, Error)]
pub enum Error {
    /// The token names no cart, or one that was ordered or has expired.
    #[error("there is no such cart")]
    NoCart,
    /// A line that the cart does not have.
    #[error("the cart has no line {0}")]
    NoLine(String),
    /// A quantity that a line can't have.
    #[error("a line has 1 to {most} units, not {found}")]
    Quantity {
        /// What was asked for.
        found: u32,
        /// What is allowed.
        most: u32,
    },
    /// Too many different goods.
    #[error("a cart has at most {most} lines")]
    TooManyLines {
        /// What is allowed.
        most: usize,
    },
    /// Too many codes.
    #[error("a cart has at most {most} codes")]
    TooManyCodes {
        /// What is allowed.
        most: usize,
    },
    /// Something that can't be a code.
    #[error("`{code}` can't be a code: {source}")]
    Code {
        /// What was entered.
        code: String,
        /// Why.
        source: CodeError,
    },
    /// A text that is empty, too long or has control characters.
    #[error("{field} has 1 to {most} characters, none of them a control character")]
    Word {
        /// Which.
        field: &'static str,
        /// Longest, characters.
        most: usize,
    },
    /// Nobody can buy that in this country now.
    #[error("{0} is not sold here")]
    NotSold(Sku),
    /// Too little is left.
    #[error("only {left} of {sku} are left")]
    TooFewLeft {
        /// The goods.
        sku: Sku,
        /// Units that can be bought.
        left: u32,
    },
    /// Somebody else changed the cart again and again in the same moment.
    #[error("the cart was changed by others at the same time")]
    Raced,
    /// There is no such store.
    #[error("there is no store {0}")]
    NoStore(StoreId),
    /// The store does not sell in this country.
    #[error("store {store} does not sell in {country}")]
    NoCountry {
        /// The store.
        store: StoreId,
        /// The country.
        country: Country,
    },
    /// What is stored can't be read.
    #[error("cart {id} can't be read: {source}")]
    Corrupt {
        /// Its id.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    /// It can't be priced.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// Amounts don't fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The catalog fails.
    #[error(transparent)]
    Catalog(#[from] vitrine_catalog::Error),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] vitrine_store::Error),
    /// Inventory fails.
    #[error(transparent)]
    Inventory(#[from] vitrine_inventory::Error),
    /// Promotions fail.
    #[error(transparent)]
    Promotion(#[from] vitrine_promotion::Error),
    /// Delivery fails.
    #[error(transparent)]
    Delivery(#[from] vitrine_delivery::Error),
    /// The database fails.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
