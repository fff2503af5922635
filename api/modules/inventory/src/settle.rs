//! The end of a reservation: its pieces leave, are given back, or are taken back when its time is over.

use std::collections::BTreeMap;

use sqlx::Row;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{Backend, Batch, Db, Tx, sql};

use crate::repo::{self, RESERVATION, Shift};
use crate::reserve::{shift, shifted};
use crate::{Draw, Error, Inventory, Reservation, ReservationId, ReservationState, Write, events};

/// How a reservation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The reservation, ended.
    pub reservation: Reservation,
    /// Whether it was this call that ended it, and not one before.
    pub first: bool,
}

impl Inventory {
    /// Lets the pieces of a reservation leave stock: they are paid.
    ///
    /// Also after its time is over, as long as nobody has taken the pieces back.
    ///
    /// # Errors
    /// [`Error::Ended`] if the pieces were given or taken back, [`Error::Unknown`], or the database fails.
    #[tracing::instrument(name = "inventory.commit", skip_all)]
    pub async fn commit_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &ReservationId,
        write: &Write<'_>,
    ) -> Result<Settled, Error> {
        let to = ReservationState::Committed;
        let Some(reservation) = repo::end_in(tx, store, id, to, write.at).await? else {
            return ended_before(tx, store, id, &[to]).await;
        };
        record_sale_in(tx, store, &reservation, write).await?;
        // Free pieces stay as many as they are, so no state can change; and one row is not waited for in a circle.
        if reservation.draws.len() > 1 {
            repo::lock_in(tx, store, reservation.draws.iter().map(|draw| &draw.sku)).await?;
        }
        let shifts: Vec<Shift> = reservation.draws.iter().map(|draw| shift(draw, -1, -1)).collect();
        repo::shift_in(tx, store, &shifts).await?;
        Ok(Settled { reservation, first: true })
    }

    /// Gives the pieces of a reservation back.
    ///
    /// # Errors
    /// [`Error::Ended`] if the pieces have left stock, [`Error::Unknown`], or the database fails.
    #[tracing::instrument(name = "inventory.release", skip_all)]
    pub async fn release_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &ReservationId,
        write: &Write<'_>,
    ) -> Result<Settled, Error> {
        let to = ReservationState::Released;
        let Some(reservation) = repo::end_in(tx, store, id, to, write.at).await? else {
            return ended_before(tx, store, id, &[to, ReservationState::Expired]).await;
        };
        give_back_in(tx, store, &reservation.draws, write).await?;
        Ok(Settled { reservation, first: true })
    }

    /// Moves the end of a held reservation further away, never nearer: a payment takes its time.
    ///
    /// # Errors
    /// [`Error::Ended`] if it is not held any more, [`Error::Unknown`], or the database fails.
    pub async fn extend_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &ReservationId,
        until: Timestamp,
    ) -> Result<(), Error> {
        let held = sqlx::query(
            "UPDATE inventory_reservation SET expires_at = CASE WHEN expires_at < $1 THEN $1 ELSE expires_at END \
             WHERE store = $2 AND id = $3 AND state = 'held'",
        );
        let held = held.bind(until.ms()).bind(store.as_str()).bind(id.as_str()).execute(&mut **tx).await?;
        if held.rows_affected() == 0 {
            ended_before(tx, store, id, &[]).await?;
        }
        Ok(())
    }

    /// Takes back the pieces of reservations whose time is over, of any store, oldest first and at most so many;
    /// returns these.
    ///
    /// One transaction. Several processes may do it at once: each takes others. Call again while it returns `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expire(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, Reservation)>, Error> {
        // Lost in a power failure, it is done again.
        let mut tx = db.begin_soft().await?;
        let expired = claim_expired_in(&mut tx, now, limit).await?;
        let mut draws: BTreeMap<&StoreId, Vec<Draw>> = BTreeMap::new();
        for (store, reservation) in &expired {
            draws.entry(store).or_default().extend(reservation.draws.iter().cloned());
        }
        for (store, draws) in draws {
            give_back_in(&mut tx, store, &draws, &Write::at(now)).await?;
        }
        tx.commit().await?;
        Ok(expired)
    }

    /// Forgets reservations that ended before a time, of any store, at most so many; returns how many.
    ///
    /// Then their ids are unknown: keep them for as long as anybody may ask again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(db: &Db, before: Timestamp, limit: u32) -> Result<u64, Error> {
        let mut tx = db.begin_soft().await?;
        let query = sqlx::query(
            "DELETE FROM inventory_reservation WHERE (store, id) IN (SELECT store, id FROM inventory_reservation \
             WHERE state <> 'held' AND changed_at < $1 LIMIT $2)",
        );
        let pruned = query.bind(before.ms()).bind(i64::from(limit)).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(pruned)
    }
}

/// A reservation that ended before in one of some ways; in another way it is an error.
async fn ended_before(
    tx: &mut Tx,
    store: &StoreId,
    id: &ReservationId,
    ways: &[ReservationState],
) -> Result<Settled, Error> {
    let reservation = repo::reservation(tx, store, id).await?.ok_or_else(|| Error::Unknown(id.clone()))?;
    match ways.contains(&reservation.state) {
        true => Ok(Settled { reservation, first: false }),
        false => Err(Error::Ended { id: id.clone(), state: reservation.state }),
    }
}

async fn record_sale_in(
    tx: &mut Tx,
    store: &StoreId,
    sold: &Reservation,
    write: &Write<'_>,
) -> Result<(), Error> {
    let mut batch = Batch::new(
        "INSERT INTO inventory_movement (store, kind, id, sku, location, quantity, reason, made_by, at)",
        9,
        "",
    );
    for draw in &sold.draws {
        batch.push([
            store.as_str().into(),
            "sold".into(),
            sold.id.as_str().into(),
            draw.sku.as_str().into(),
            draw.location.as_str().into(),
            (-draw.quantity).into(),
            "".into(),
            sold.owner.as_str().into(),
            write.at.ms().into(),
        ]);
    }
    batch.run_in(tx).await?;
    Ok(())
}

async fn give_back_in(tx: &mut Tx, store: &StoreId, draws: &[Draw], write: &Write<'_>) -> Result<(), Error> {
    let before = repo::lock_in(tx, store, draws.iter().map(|draw| &draw.sku)).await?;
    // Several reservations may have drawn from one row, which changes once.
    let mut sums = BTreeMap::new();
    for draw in draws {
        *sums.entry((&draw.sku, &draw.location)).or_insert(0) -= draw.quantity;
    }
    let shifts = sums.into_iter().map(|((sku, location), reserved)| Shift {
        sku: sku.clone(),
        location: location.clone(),
        on_hand: 0,
        reserved,
    });
    let shifts: Vec<Shift> = shifts.collect();
    repo::shift_in(tx, store, &shifts).await?;
    events::tell_in(tx, store, &before, &shifted(&before, &shifts), write).await
}

async fn claim_expired_in(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(StoreId, Reservation)>, Error> {
    // What another process is about to end is left to it.
    let skip = if tx.backend() == Backend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let query = sql(format!(
        "UPDATE inventory_reservation SET state = 'expired', changed_at = $1 WHERE (store, id) IN \
         (SELECT store, id FROM inventory_reservation WHERE state = 'held' AND expires_at <= $1 \
          ORDER BY expires_at LIMIT $2{skip}) AND state = 'held' RETURNING store, {RESERVATION}"
    ));
    let rows = query.bind(now.ms()).bind(i64::from(limit)).fetch_all(&mut **tx).await?;
    let mut expired = Vec::with_capacity(rows.len());
    for row in &rows {
        let store: String = row.try_get("store")?;
        let corrupt = |_| Error::Corrupt { table: "inventory_reservation", what: store.clone() };
        expired.push((StoreId::try_new(&store).map_err(corrupt)?, repo::reservation_row(row)?));
    }
    expired.sort_by(|(_, a), (_, b)| (a.expires_at, &a.id).cmp(&(b.expires_at, &b.id)));
    Ok(expired)
}
