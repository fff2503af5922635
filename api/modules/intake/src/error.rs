//! Why a delivery was not taken, or not imported.

use vitrine_core::StoreId;
use vitrine_db::DbError;
use vitrine_import::ImportError;

/// A failure of the intake module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No secret is set for the store, so nobody can sign.
    #[error("no webhook is set up for store '{0}'")]
    NoSecret(StoreId),
    /// The request has no signature.
    #[error("the header {} is missing", crate::HEADER)]
    Unsigned,
    /// The signature can't be read, or is not of this body.
    #[error("the signature does not fit the body")]
    Signature,
    /// The signature is older than allowed, or of the future.
    #[error("the signature is of {age_s} seconds ago (allowed: up to {allowed_s} in either direction)")]
    Outdated {
        /// Its age, seconds; negative if it is of the future.
        age_s: i64,
        /// The largest age.
        allowed_s: i64,
    },
    /// The very same signed request came before.
    #[error("this request was received before")]
    Replayed,
    /// Another delivery had this id.
    #[error("delivery '{0}' was received before with another body")]
    IdReused(String),
    /// The body is not what `docs/admin-api.md` describes.
    #[error("{}{why}", field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default())]
    Body {
        /// Path of the wrong field, as `items[3]`; none where the text is no JSON.
        field: Option<String>,
        /// What is wrong with it.
        why: String,
    },
    /// The address may not be fetched.
    #[error("{0}")]
    Address(String),
    /// The server could not be reached, or broke off.
    #[error("{0}")]
    Network(String),
    /// The server answered with something else than the feed.
    #[error("the server answered {0}")]
    Status(u16),
    /// The feed is larger, unpacked, than allowed.
    #[error("the feed is larger than {0} bytes")]
    TooLarge(u64),
    /// Another process goes on with the delivery.
    #[error("the delivery was taken over by another process")]
    Lost,
    /// The spool folder can't be written.
    #[error("spool folder: {0}")]
    Spool(#[source] std::io::Error),
    /// The import failed.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A stored value is not what the code wrote.
    #[error("intake_delivery: {0}")]
    Corrupt(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            // An export that is announced a moment before it can be read is absent only for now.
            Self::Status(status) => *status >= 500 || [404, 408, 425, 429].contains(status),
            Self::Network(_) | Self::Spool(_) | Self::Db(_) | Self::Lost => true,
            Self::Import(error) => !matches!(
                error,
                ImportError::FeedHeader { .. }
                    | ImportError::FeedBroken { .. }
                    | ImportError::UnknownStore { .. }
                    | ImportError::Store { .. }
            ),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
