//! What can be wrong with promotions.

use vitrine_core::IdError;
use vitrine_db::DbError;
use vitrine_pricing::{CodeError, Invalid};

/// A failure of the promotion module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule or coupon cannot be used as it is.
    #[error("{what} {id}: {}", listed(.invalid))]
    Invalid {
        /// `promotion` or `coupon`.
        what: &'static str,
        /// Its id or code.
        id: String,
        /// The fields at fault.
        invalid: Vec<Invalid>,
    },
    /// A limit by customer can't be held for nobody.
    #[error("customer must not be empty: `{0}` is limited by customer")]
    NoCustomer(String),
    /// A stored value is not what the code wrote.
    #[error("{table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// A rule has no JSON form, or a stored one can't be read.
    #[error("promotion_document: {0}")]
    Json(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

fn listed(invalid: &[Invalid]) -> String {
    invalid.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

impl From<IdError> for Error {
    fn from(error: IdError) -> Self {
        Self::Corrupt { table: "promotion_document", what: error.to_string() }
    }
}

impl From<CodeError> for Error {
    fn from(error: CodeError) -> Self {
        Self::Corrupt { table: "promotion_document", what: error.to_string() }
    }
}
