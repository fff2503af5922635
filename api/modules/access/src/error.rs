//! Why a token was not made, or does not open the door.

use vitrine_db::DbError;

use crate::Scope;

/// A failure of the access module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no token, or of nobody, or revoked. Which of these is not told: it would help only a guesser.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token expired")]
    Expired,
    /// It is not for this.
    #[error("the token lacks the scope '{0}'")]
    Scope(Scope),
    /// A new token needs a name somebody can recognise it by.
    #[error("a token's name is 1 to {most} characters long (found {found})", most = crate::NewToken::NAME_CHARS)]
    Name {
        /// Characters of the name.
        found: usize,
    },
    /// A token without a scope opens nothing.
    #[error("a token needs a scope (allowed: {})", crate::Scopes::allowed())]
    NoScope,
    /// Tokens live for an hour at least and a year at most.
    #[error("a token lives from 1 hour to 366 days (found {seconds} seconds)")]
    Life {
        /// The life asked for.
        seconds: i64,
    },
    /// The system gave no random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    /// A stored value is not what the code wrote.
    #[error("access_token: {0}")]
    Corrupt(String),
    /// A deed has no JSON form, or a stored one can't be read.
    #[error("access_audit: {0}")]
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
