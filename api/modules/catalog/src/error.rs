//! What can go wrong with the catalog.

use vitrine_core::{HashError, Locale, ProductId, Sku};
use vitrine_db::DbError;

/// A failure of the catalog as a whole; nothing of the call may be kept.
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
    /// A value can't be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Slugs could not be claimed or released.
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

/// Why one item was left as it was; the others of its call are not touched by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// Another product has a variant of this SKU.
    #[error("SKU {sku} belongs to product {by}")]
    SkuTaken {
        /// The SKU.
        sku: Sku,
        /// The product that has it.
        by: ProductId,
    },
    /// The slug leads to another thing of the same kind and language.
    #[error("slug '{slug}' in {lang} belongs to {by}")]
    SlugTaken {
        /// The language.
        lang: Locale,
        /// The slug.
        slug: String,
        /// Id of its holder.
        by: String,
    },
    /// The same id came twice in one call; the first one counts.
    #[error("comes more than once")]
    Repeated,
    /// Two of its variants have the same SKU.
    #[error("has two variants of SKU {0}")]
    RepeatedSku(Sku),
    /// More variants than a number can tell apart, those of the past included.
    #[error("has used up its {} variant numbers", u16::MAX)]
    TooManyVariants,
}
