//! Why an order is not placed.

use thiserror::Error;
use vitrine_cart::Notice;
use vitrine_core::{Money, MoneyError};
use vitrine_db::DbError;
use vitrine_inventory::Shortage;
use vitrine_pricing::{Exhausted, Limited, PriceError};

use crate::Missing;

/// What can go wrong in a checkout.
#[derive(Debug, Error)]
pub enum Error {
    /// Fields are missing or wrong.
    #[error("the order can't be placed: {}", fields(.0))]
    Missing(Vec<Missing>),
    /// There is nothing in the cart.
    #[error("the cart is empty")]
    Empty,
    /// Something in the cart must be changed first.
    #[error("something in the cart can't be bought any more")]
    Stopped(Vec<Notice>),
    /// It costs something else than the shopper has agreed to. Nothing was charged.
    #[error("the total is {total}, not {expected}")]
    PriceChanged {
        /// What the shopper agreed to.
        expected: Money,
        /// What it is now.
        total: Money,
        /// Prices of lines that changed since the shopper last changed the cart.
        notices: Vec<Notice>,
    },
    /// Others have bought it meanwhile. Nothing was charged.
    #[error("too few are left")]
    Short(Vec<Shortage>),
    /// A promotion was used up meanwhile. Nothing was charged.
    #[error("{limited} is used up")]
    Exhausted {
        /// What.
        limited: Limited,
        /// For whom.
        how: Exhausted,
    },
    /// The cart was changed while the order was placed. Nothing was charged.
    #[error("the cart was changed at the same time")]
    CartChanged,
    /// The key stands for another order.
    #[error("the key was used for another order")]
    KeyReused,
    /// The key is empty, too long or has control characters.
    #[error("a key has 1 to {most} characters, none of them a control character")]
    Key {
        /// Longest, characters.
        most: usize,
    },
    /// What is stored does not fit together.
    #[error("{0}")]
    Corrupt(String),
    /// Carts.
    #[error(transparent)]
    Cart(#[from] vitrine_cart::Error),
    /// Orders.
    #[error(transparent)]
    Order(#[from] vitrine_order::Error),
    /// Payments.
    #[error(transparent)]
    Payment(#[from] vitrine_payment::Error),
    /// Promotions.
    #[error(transparent)]
    Promotion(#[from] vitrine_promotion::Error),
    /// Stock.
    #[error(transparent)]
    Inventory(vitrine_inventory::Error),
    /// Prices.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// Amounts.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

fn fields(missing: &[Missing]) -> String {
    missing.iter().map(|one| one.field.as_str()).collect::<Vec<_>>().join(", ")
}

impl From<vitrine_inventory::Error> for Error {
    fn from(error: vitrine_inventory::Error) -> Self {
        match error {
            vitrine_inventory::Error::Short(short) => Self::Short(short),
            error => Self::Inventory(error),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
