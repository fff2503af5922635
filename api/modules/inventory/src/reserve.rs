//! Holding pieces: all that is asked for, or nothing.

use vitrine_core::StoreId;
use vitrine_db::Tx;

use crate::draw::draw;
use crate::repo::{self, Shift};
use crate::{Draw, Error, Inventory, NewReservation, Reservation, ReservationState, Stock, Write, events};

impl Inventory {
    /// Holds all pieces of all lines until a time, or none.
    ///
    /// Two statements on PostgreSQL, more only where a state changes. The rows stay locked until the transaction
    /// ends: let it be the last thing a transaction does, and do it once. Asking again with the same id and the same
    /// lines answers with the reservation that is held.
    ///
    /// # Errors
    /// [`Error::Short`] names every SKU of which too little is left, and how much is; nothing was written then.
    /// [`Error::Ended`] if the reservation of this id is no longer held, [`Error::Reused`] if it is of something
    /// else, [`Error::Empty`], [`Error::TooMany`], [`Error::Quantity`], [`Error::Text`] or [`Error::Until`] if
    /// nothing of the kind can be asked for; or the database fails.
    #[tracing::instrument(name = "inventory.reserve", skip_all)]
    pub async fn reserve_in(
        tx: &mut Tx,
        store: &StoreId,
        new: &NewReservation<'_>,
        write: &Write<'_>,
    ) -> Result<Reservation, Error> {
        let wanted = new.wanted(write.at)?;
        let before = repo::lock_in(tx, store, wanted.keys()).await?;
        let draws = match draw(&before, &wanted) {
            Ok(draws) => draws,
            // The pieces that are missing may be those that this very reservation holds.
            Err(short) => return before_in(tx, store, new, write).await?.ok_or(Error::Short(short)),
        };
        let shifts: Vec<Shift> = draws.iter().map(|draw| shift(draw, 0, 1)).collect();
        let reservation = Reservation {
            id: new.id.clone(),
            owner: new.owner.to_owned(),
            state: ReservationState::Held,
            draws,
            expires_at: new.until,
            changed_at: write.at,
        };
        if !repo::reserve_in(tx, store, &reservation, &shifts).await? {
            return before_in(tx, store, new, write).await?.ok_or(Error::Raced);
        }
        let after = shifted(&before, &shifts);
        events::tell_in(tx, store, &before, &after, write).await?;
        Ok(reservation)
    }
}

/// What an earlier request with this id got.
async fn before_in(
    tx: &mut Tx,
    store: &StoreId,
    new: &NewReservation<'_>,
    write: &Write<'_>,
) -> Result<Option<Reservation>, Error> {
    let Some(found) = repo::reservation(tx, store, new.id).await? else { return Ok(None) };
    if found.owner != new.owner || found.pieces() != new.wanted(write.at)? {
        return Err(Error::Reused(found.id));
    }
    match found.state {
        ReservationState::Held => Ok(Some(found)),
        state => Err(Error::Ended { id: found.id, state }),
    }
}

/// What a draw does to its row: its pieces, so many times.
pub(crate) fn shift(draw: &Draw, on_hand: i64, reserved: i64) -> Shift {
    Shift {
        sku: draw.sku.clone(),
        location: draw.location.clone(),
        on_hand: on_hand * draw.quantity,
        reserved: reserved * draw.quantity,
    }
}

/// Rows as [`repo::shift_in`] leaves them.
pub(crate) fn shifted(stock: &[Stock], shifts: &[Shift]) -> Vec<Stock> {
    let mut rows = stock.to_vec();
    for shift in shifts {
        let place = |row: &&mut Stock| row.sku == shift.sku && row.location == shift.location;
        if let Some(row) = rows.iter_mut().find(place) {
            row.on_hand += shift.on_hand;
            row.reserved += shift.reserved;
            row.version += 1;
        }
    }
    rows
}
