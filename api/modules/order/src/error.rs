//! Why an order is not what it was asked to be.

use thiserror::Error;
use vitrine_db::DbError;

use crate::{OrderId, OrderState};

/// What can go wrong with orders.
#[derive(Debug, Error)]
pub enum Error {
    /// The id, number or link names no order.
    #[error("there is no such order")]
    NoOrder,
    /// A state that does not lead there.
    #[error("order {id} is {found}, which does not lead to {wanted}")]
    State {
        /// The order.
        id: OrderId,
        /// Where it stands.
        found: OrderState,
        /// Where it should go.
        wanted: OrderState,
    },
    /// Something that is done with goods of orders that stand.
    #[error("order {id} is {found}: its goods can't be {what}")]
    NotNow {
        /// The order.
        id: OrderId,
        /// Where it stands.
        found: OrderState,
        /// What was asked for.
        what: &'static str,
    },
    /// Units that are not there to be sent or to come back.
    #[error("line {line} has {left} units left to be {what}, not {wanted}")]
    Units {
        /// The line.
        line: String,
        /// What was asked for.
        what: &'static str,
        /// Units asked for.
        wanted: u32,
        /// Units left.
        left: u32,
    },
    /// Nothing was named.
    #[error("no units are named to be {what}")]
    Nothing {
        /// What was asked for.
        what: &'static str,
    },
    /// A text that is empty, too long or has control characters.
    #[error("{field} has 1 to {most} characters, none of them a control character")]
    Text {
        /// Which.
        field: &'static str,
        /// Longest, characters.
        most: usize,
    },
    /// An id that stands for something else already.
    #[error("{what} {id} exists, and is another")]
    Reused {
        /// What it names.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// What is stored can't be read.
    #[error("{table}: `{what}` can't be read")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// What.
        what: String,
    },
    /// The system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    /// A document has no JSON form, or is none.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The database fails.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
