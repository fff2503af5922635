//! Why stock was not held, moved or changed.

use vitrine_core::{Sku, Timestamp};
use vitrine_db::DbError;

use crate::{LocationId, ReservationId, ReservationState, Shortage};

/// A failure of the inventory module. Whoever gets one rolls the transaction back, unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too few pieces are left; nothing was written, so the transaction may go on.
    #[error("{}", shortages(.0))]
    Short(Vec<Shortage>),
    /// Nothing was asked for.
    #[error("lines must not be empty")]
    Empty,
    /// More was asked for than one statement should lock.
    #[error("lines must be at most {most} (found {found})")]
    TooMany {
        /// Lines asked for.
        found: usize,
        /// Lines allowed.
        most: usize,
    },
    /// No such number of pieces can be asked for.
    #[error("quantity of {sku} must be {allowed} (found {found})")]
    Quantity {
        /// Of what.
        sku: Sku,
        /// The number found; the sum, where a SKU is asked for twice.
        found: i64,
        /// Which numbers are allowed.
        allowed: &'static str,
    },
    /// A text is missing or too long.
    #[error("{field} must be 1 to {most} characters long, none of them a control character (found {found})")]
    Text {
        /// Which text.
        field: &'static str,
        /// Its length, characters.
        found: usize,
        /// The longest one allowed.
        most: usize,
    },
    /// A reservation must end in the future.
    #[error("until must be later than {now} (found {until})")]
    Until {
        /// The end asked for.
        until: Timestamp,
        /// The time now.
        now: Timestamp,
    },
    /// The id belongs to a reservation of something else.
    #[error("reservation {0} is there already, for other lines or another owner")]
    Reused(ReservationId),
    /// There is no such reservation.
    #[error("there is no reservation {0}")]
    Unknown(ReservationId),
    /// The reservation ended in another way. Nothing was written, so the transaction may go on.
    #[error("reservation {id} is {state}")]
    Ended {
        /// Which one.
        id: ReservationId,
        /// How it ended.
        state: ReservationState,
    },
    /// There is no such location.
    #[error("there is no location {0}")]
    UnknownLocation(LocationId),
    /// A place is named twice in one adjustment.
    #[error("{sku} at {location} is there twice")]
    Twice {
        /// What.
        sku: Sku,
        /// Where.
        location: LocationId,
    },
    /// What is not there can't be taken away.
    #[error("{sku} at {location} has {on_hand} on hand, which can't change by {change}")]
    Below {
        /// What.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// Pieces there.
        on_hand: i64,
        /// The change asked for.
        change: i64,
    },
    /// A row that was locked is not what it was: the lock did not hold.
    #[error("stock changed while it was locked")]
    Raced,
    /// A stored value is not what the code wrote.
    #[error("{table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// What was found.
        what: String,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Db(error.into())
    }
}

fn shortages(short: &[Shortage]) -> String {
    let told = short.iter().map(|Shortage { sku, wanted, left }| {
        format!("{sku} has {left} left (asked for {wanted})") //
    });
    told.collect::<Vec<_>>().join("; ")
}
