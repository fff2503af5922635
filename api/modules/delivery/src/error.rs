//! What can be wrong with deliveries and taxes.

use vitrine_core::CountryError;
use vitrine_db::DbError;
use vitrine_pricing::Invalid;

/// A failure of the delivery module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules cannot be used as they are.
    #[error("{what}: {}", listed(.invalid))]
    Invalid {
        /// `delivery` or `taxes`.
        what: &'static str,
        /// The fields at fault.
        invalid: Vec<Invalid>,
    },
    /// A rule has no JSON form, or a stored one can't be read.
    #[error("delivery_document: {0}")]
    Json(#[from] serde_json::Error),
    /// A stored tax table is of no country.
    #[error("delivery_document: {0}")]
    Corrupt(#[from] CountryError),
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
