//! Why a letter was not sent.

use vitrine_db::DbError;

/// A failure of mail.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A part of the letter, or of the settings, can't be used.
    #[error("{field} {why}")]
    Invalid {
        /// Which part.
        field: &'static str,
        /// What is wrong with it; its text is left out, for letters are about people.
        why: String,
    },
    /// It may go out later.
    #[error("mail can't be sent now: {0}")]
    Transient(String),
    /// It will never go out.
    #[error("mail is refused: {0}")]
    Permanent(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl MailError {
    /// Whether a later try may do.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_) | Self::Db(_))
    }

    pub(crate) fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { field, why: why.into() }
    }
}

impl From<sqlx::Error> for MailError {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}
