//! Why a payment was not made, moved or believed.

use vitrine_core::{Currency, Money};
use vitrine_db::DbError;

use crate::{AttemptId, AttemptState, ProviderError, RefundId};

/// A failure of the payment module.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No provider of this name is set up.
    #[error("provider '{0}' is not set up")]
    NoProvider(String),
    /// An amount of nothing, or less.
    #[error("amount must be greater than 0 (found {0})")]
    Amount(Money),
    /// The amount is in another currency than the attempt.
    #[error("amount must be in {expected} (found {found})")]
    Currency {
        /// The attempt's.
        expected: Currency,
        /// The one found.
        found: Currency,
    },
    /// Money that is waited for must arrive whole.
    #[error("all of {expected} must have arrived (found {found})")]
    NotAll {
        /// What is waited for.
        expected: Money,
        /// What was found.
        found: Money,
    },
    /// A text is missing or too long.
    #[error(
        "{field} must be {least} to {most} characters long, none of them a control character (found {found})"
    )]
    Text {
        /// Which text.
        field: &'static str,
        /// Its length, characters.
        found: usize,
        /// The shortest one allowed.
        least: usize,
        /// The longest one allowed.
        most: usize,
    },
    /// The id belongs to an attempt with other facts.
    #[error("attempt {0} is there already, with other facts")]
    AttemptReused(AttemptId),
    /// The id belongs to a refund with other facts.
    #[error("refund {0} is there already, with other facts")]
    RefundReused(RefundId),
    /// There is no such attempt.
    #[error("there is no attempt {0}")]
    UnknownAttempt(AttemptId),
    /// There is no such refund.
    #[error("there is no refund {0}")]
    UnknownRefund(RefundId),
    /// What is asked for does not go with the state.
    #[error("attempt {id} is {state} and can't be {what}")]
    State {
        /// Which attempt.
        id: AttemptId,
        /// Its state.
        state: AttemptState,
        /// What was asked, as `captured`.
        what: &'static str,
    },
    /// More is asked for than there is.
    #[error("at most {left} can be {what} (asked for {asked})")]
    TooMuch {
        /// What was asked, as `refunded`.
        what: &'static str,
        /// The amount asked for.
        asked: Money,
        /// The most that can be.
        left: Money,
    },
    /// Somebody asked for another amount to be captured.
    #[error("attempt {id} is captured for {asked} already")]
    CaptureAsked {
        /// Which attempt.
        id: AttemptId,
        /// The amount that was asked for first.
        asked: Money,
    },
    /// A stored value is not what the code wrote.
    #[error("{table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// The provider did not do it.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

/// Checks a text that other modules or people give.
pub(crate) fn check_text(field: &'static str, text: &str, least: usize, most: usize) -> Result<(), Error> {
    let found = text.chars().count();
    match (least..=most).contains(&found) && !text.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::Text { field, found, least, most }),
    }
}
