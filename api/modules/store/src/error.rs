//! What can go wrong with stores.

use vitrine_core::{EntityKind, StoreId};
use vitrine_db::DbError;

/// A failure of the store module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such store.
    #[error("unknown store '{0}'")]
    Unknown(StoreId),
    /// Only products, categories and content pages have slugs.
    #[error("a {} has no address of its own", .0.as_str())]
    NoAddress(EntityKind),
    /// A stored value is not what the code wrote.
    #[error("{table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// A country's schedule or time zone can't be used.
    #[error("country {country}: {why}")]
    Schedule {
        /// Which.
        country: vitrine_core::Country,
        /// Why.
        why: crate::ScheduleError,
    },
    /// A document can't be written or read as JSON.
    #[error("document: {0}")]
    Json(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
