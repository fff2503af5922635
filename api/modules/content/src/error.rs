//! What can go wrong with content.

use vitrine_db::DbError;

/// A failure of the content module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A stored value is not what the code wrote.
    #[error("{table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// A document can't be written or read as JSON.
    #[error("document: {0}")]
    Json(#[from] serde_json::Error),
    /// Addresses could not be kept.
    #[error(transparent)]
    Store(#[from] vitrine_store::Error),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
