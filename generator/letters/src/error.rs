//! Why a letter is not owed or not written.

use vitrine_core::StoreId;
use vitrine_db::DbError;

/// A failure of letters.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What an event or a letter that is owed says can't be read.
    #[error("it can't be read: {0}")]
    Payload(#[from] serde_json::Error),
    /// A kind that this program does not write.
    #[error("no letter is called '{0}'")]
    Kind(String),
    /// The letter is of a store that is not there.
    #[error("there is no store {0}")]
    NoStore(StoreId),
    /// A store without countries sells nothing.
    #[error("store {0} has no edition to write from")]
    NoEdition(StoreId),
    /// What the letter is about is not there.
    #[error("there is no such {0}")]
    Gone(&'static str),
    /// A message that no language of the order's chain has.
    #[error("no text for the message `{id}`, which letters use")]
    Word {
        /// Its id.
        id: String,
    },
    /// The words of a language can't be read.
    #[error(transparent)]
    Strings(#[from] vitrine_content::StringsError),
    /// Numbers and dates can't be written in a language.
    #[error(transparent)]
    Format(#[from] vitrine_format::FormatError),
    /// A template.
    #[error(transparent)]
    Theme(#[from] vitrine_theme::ThemeError),
    /// Orders.
    #[error(transparent)]
    Order(#[from] vitrine_order::Error),
    /// The store module.
    #[error(transparent)]
    Store(#[from] vitrine_store::Error),
    /// The catalog.
    #[error(transparent)]
    Catalog(#[from] vitrine_catalog::Error),
    /// Words.
    #[error(transparent)]
    Content(#[from] vitrine_content::Error),
    /// Mail.
    #[error(transparent)]
    Mail(#[from] vitrine_mail::MailError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Error {
    /// Whether it is the event that can't be used, and not something around it.
    pub fn is_of_the_event(&self) -> bool {
        matches!(self, Self::Payload(_))
    }

    /// Whether no later try can do any better.
    pub(crate) fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Payload(_) | Self::Kind(_) | Self::Gone(_) | Self::Order(vitrine_order::Error::NoOrder)
        )
    }
}
