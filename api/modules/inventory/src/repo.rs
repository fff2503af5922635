//! SQL of stock and reservations; one text for SQLite and PostgreSQL.

use std::fmt::Write as _;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Sku, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Backend, InList, Query, Tx, sql};

use crate::{Error, LocationId, Reservation, ReservationId, ReservationState, Stock};

/// Rows up to which a statement's text is worth keeping prepared: carts.
const KEPT_ROWS: usize = 8;
/// Rows a statement: four parameters each, and SQLite looks each up by its name.
const ROWS_EACH: usize = 200;

pub(crate) const STOCK: &str = "SELECT s.sku, s.location, s.on_hand, s.reserved, s.backorder, s.low_at, s.version, \
     l.priority FROM inventory_stock s JOIN inventory_location l ON l.store = s.store AND l.id = s.location";
/// In the order of Rust's strings, so that lists longer than one statement are locked in one order too.
/// A SQLite transaction that writes is alone.
const POSTGRES_LOCK: &str = " ORDER BY s.sku COLLATE \"C\", s.location COLLATE \"C\" FOR UPDATE OF s";
pub(crate) const RESERVATION: &str = "id, owner, state, draws, expires_at, changed_at";

/// How the numbers of a row change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) sku: Sku,
    pub(crate) location: LocationId,
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
}

/// Locks all rows of some SKUs until the transaction ends, sorted, and returns them as they are then.
pub(crate) async fn lock_in(
    tx: &mut Tx,
    store: &StoreId,
    skus: impl IntoIterator<Item = &Sku>,
) -> Result<Vec<Stock>, Error> {
    let tail = if tx.backend() == Backend::Postgres { POSTGRES_LOCK } else { "" };
    select(tx, store, skus, tail).await
}

/// The rows of some SKUs, without a lock.
pub(crate) async fn stock(
    connection: &mut AnyConnection,
    store: &StoreId,
    skus: impl IntoIterator<Item = &Sku>,
) -> Result<Vec<Stock>, Error> {
    select(connection, store, skus, "").await
}

async fn select(
    connection: &mut AnyConnection,
    store: &StoreId,
    skus: impl IntoIterator<Item = &Sku>,
    tail: &str,
) -> Result<Vec<Stock>, Error> {
    let mut skus: Vec<&str> = skus.into_iter().map(Sku::as_str).collect();
    skus.sort_unstable();
    skus.dedup();
    let mut rows = Vec::new();
    for list in InList::chunks(&skus) {
        let query = sql(format!("{STOCK} WHERE s.store = $1 AND s.sku IN {}{tail}", list.sql(2)));
        let query = list.bind(query.bind(store.as_str().to_owned()));
        rows.append(&mut query.fetch_all(&mut *connection).await?);
    }
    rows.iter().map(stock_row).collect()
}

/// All rows of a store.
pub(crate) async fn all_stock(connection: &mut AnyConnection, store: &StoreId) -> Result<Vec<Stock>, Error> {
    let query = sql(format!("{STOCK} WHERE s.store = $1")).bind(store.as_str().to_owned());
    query.fetch_all(connection).await?.iter().map(stock_row).collect()
}

pub(crate) fn stock_row(row: &AnyRow) -> Result<Stock, Error> {
    Ok(Stock {
        sku: sku(row)?,
        location: location(row)?,
        on_hand: row.try_get("on_hand")?,
        reserved: row.try_get("reserved")?,
        backorder: row.try_get("backorder")?,
        low_at: row.try_get("low_at")?,
        version: row.try_get("version")?,
        priority: row.try_get("priority")?,
    })
}

pub(crate) fn sku(row: &AnyRow) -> Result<Sku, Error> {
    let text: String = row.try_get("sku")?;
    Sku::try_new(&text).map_err(|_| Error::Corrupt { table: "inventory_stock", what: text })
}

pub(crate) fn location(row: &AnyRow) -> Result<LocationId, Error> {
    let text: String = row.try_get("location")?;
    LocationId::try_new(&text).map_err(|_| Error::Corrupt { table: "inventory_stock", what: text })
}

/// Changes locked rows.
///
/// Each row has its condition: nothing held below zero, nothing held beyond what may be sold. The lock makes sure
/// that it is met; a row that fails it is an error, and the caller rolls back.
pub(crate) async fn shift_in(tx: &mut Tx, store: &StoreId, shifts: &[Shift]) -> Result<(), Error> {
    for shifts in shifts.chunks(ROWS_EACH) {
        let text =
            format!("WITH {} {} AND inventory_stock.store = $1", changes(shifts.len(), 2), update("d"));
        let query = sql(text).persistent(shifts.len() <= KEPT_ROWS).bind(store.as_str().to_owned());
        let done = bind(query, shifts).execute(&mut **tx).await?.rows_affected();
        all_of(shifts, done)?;
    }
    Ok(())
}

/// Writes a reservation and takes its pieces from locked rows; `false`, and nothing changed, if its id is there.
///
/// PostgreSQL does both in one statement, which spares the hottest rows a journey to the server. SQLite, which has
/// no such statement, has no journey either.
pub(crate) async fn reserve_in(
    tx: &mut Tx,
    store: &StoreId,
    new: &Reservation,
    shifts: &[Shift],
) -> Result<bool, Error> {
    let insert = format!(
        "INSERT INTO inventory_reservation (store, {RESERVATION}) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (store, id) DO NOTHING"
    );
    if tx.backend() == Backend::Sqlite || shifts.len() > ROWS_EACH {
        let inserted = bind_reservation(sql(insert), store, new)?.execute(&mut **tx).await?;
        if inserted.rows_affected() == 0 {
            return Ok(false);
        }
        shift_in(tx, store, shifts).await?;
        return Ok(true);
    }
    let text = format!(
        "WITH kept AS ({insert} RETURNING store), {} {} AND inventory_stock.store = kept.store",
        changes(shifts.len(), 8),
        update("d, kept")
    );
    let query = sql(text).persistent(shifts.len() <= KEPT_ROWS);
    let done = bind(bind_reservation(query, store, new)?, shifts).execute(&mut **tx).await?.rows_affected();
    if done == 0 {
        return Ok(false);
    }
    all_of(shifts, done)?;
    Ok(true)
}

/// `d (sku, location, on_hand, reserved) AS (VALUES ..)`; parameters say their types, which PostgreSQL asks for.
fn changes(rows: usize, first: usize) -> String {
    let mut text = String::from("d (sku, location, on_hand, reserved) AS (VALUES ");
    for row in 0..rows {
        let at = first + 4 * row;
        let comma = if row == 0 { "" } else { ", " };
        // Writing to a string can't fail.
        let _ = write!(
            text,
            "{comma}(CAST(${at} AS TEXT), CAST(${} AS TEXT), CAST(${} AS BIGINT), CAST(${} AS BIGINT))",
            at + 1,
            at + 2,
            at + 3
        );
    }
    text.push(')');
    text
}

fn update(from: &str) -> String {
    format!(
        "UPDATE inventory_stock SET on_hand = inventory_stock.on_hand + d.on_hand, \
         reserved = inventory_stock.reserved + d.reserved, version = inventory_stock.version + 1 FROM {from} \
         WHERE inventory_stock.sku = d.sku AND inventory_stock.location = d.location \
         AND inventory_stock.reserved + d.reserved >= 0 AND (d.reserved <= 0 \
         OR inventory_stock.on_hand - inventory_stock.reserved + inventory_stock.backorder >= d.reserved)"
    )
}

fn bind(query: Query, shifts: &[Shift]) -> Query {
    shifts.iter().fold(query, |query, shift| {
        let query = query.bind(shift.sku.as_str().to_owned()).bind(shift.location.as_str().to_owned());
        query.bind(shift.on_hand).bind(shift.reserved)
    })
}

fn all_of(shifts: &[Shift], done: u64) -> Result<(), Error> {
    if usize::try_from(done) == Ok(shifts.len()) { Ok(()) } else { Err(Error::Raced) }
}

fn bind_reservation(query: Query, store: &StoreId, new: &Reservation) -> Result<Query, Error> {
    let corrupt = |error: serde_json::Error| Error::Corrupt {
        table: "inventory_reservation", //
        what: error.to_string(),
    };
    let draws = serde_json::to_string(&new.draws).map_err(corrupt)?;
    let query = query.bind(store.as_str().to_owned()).bind(new.id.as_str().to_owned());
    let query = query.bind(new.owner.clone()).bind(new.state.as_str()).bind(draws);
    Ok(query.bind(new.expires_at.ms()).bind(new.changed_at.ms()))
}

/// One reservation.
pub(crate) async fn reservation(
    connection: &mut AnyConnection,
    store: &StoreId,
    id: &ReservationId,
) -> Result<Option<Reservation>, Error> {
    let query = sql(format!("SELECT {RESERVATION} FROM inventory_reservation WHERE store = $1 AND id = $2"));
    let query = query.bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
    query.fetch_optional(connection).await?.as_ref().map(reservation_row).transpose()
}

/// Ends a held reservation; `None` if it is not held.
pub(crate) async fn end_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &ReservationId,
    to: ReservationState,
    at: Timestamp,
) -> Result<Option<Reservation>, Error> {
    let query = sql(format!(
        "UPDATE inventory_reservation SET state = $1, changed_at = $2 \
         WHERE store = $3 AND id = $4 AND state = 'held' RETURNING {RESERVATION}"
    ));
    let query = query.bind(to.as_str()).bind(at.ms()).bind(store.as_str().to_owned());
    let row = query.bind(id.as_str().to_owned()).fetch_optional(&mut **tx).await?;
    row.as_ref().map(reservation_row).transpose()
}

pub(crate) fn reservation_row(row: &AnyRow) -> Result<Reservation, Error> {
    let corrupt = |what: String| Error::Corrupt { table: "inventory_reservation", what };
    let (id, state, draws): (String, String, String) =
        (row.try_get("id")?, row.try_get("state")?, row.try_get("draws")?);
    Ok(Reservation {
        id: ReservationId::try_new(&id).map_err(|_| corrupt(id))?,
        owner: row.try_get("owner")?,
        state: state.parse().map_err(corrupt)?,
        draws: serde_json::from_str(&draws).map_err(|_| corrupt(draws))?,
        expires_at: Timestamp::from_ms(row.try_get("expires_at")?),
        changed_at: Timestamp::from_ms(row.try_get("changed_at")?),
    })
}
