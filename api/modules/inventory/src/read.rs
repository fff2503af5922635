//! Reading stock.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::Row;
use vitrine_core::{Sku, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, InList, sql};

use crate::repo::{self, RESERVATION};
use crate::{Error, Inventory, Level, LocationId, Reservation, ReservationId, Stock};

/// Which places to read, page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockQuery {
    /// Only at this location.
    pub location: Option<LocationId>,
    /// Only those at or below their threshold.
    pub low: bool,
    /// Only places after this one.
    pub after: Option<(Sku, LocationId)>,
    /// At most so many.
    pub limit: u32,
}

/// A change of what is on hand: a line of a SKU's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// Id of the adjustment, or of the reservation that was sold.
    pub id: String,
    /// `receive`, `count`, `correct`, `return` or `sold`.
    pub kind: String,
    /// Where.
    pub location: LocationId,
    /// How many pieces more, or fewer.
    pub quantity: i64,
    /// Why; empty for a sale.
    pub reason: String,
    /// Who said so, or whom it was sold to.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Inventory {
    /// What is left of some SKUs now, in one query for 500 of them; a SKU that inventory does not know is absent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn levels(db: &Db, store: &StoreId, skus: &[Sku]) -> Result<BTreeMap<Sku, Level>, Error> {
        Self::levels_in(&mut *db.reader().acquire().await?, store, skus).await
    }

    /// The same within a caller's transaction or connection. Nothing is locked: what is left may be gone right after.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn levels_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        skus: &[Sku],
    ) -> Result<BTreeMap<Sku, Level>, Error> {
        let mut levels: BTreeMap<Sku, Level> = BTreeMap::new();
        for list in InList::chunks(&skus.iter().map(Sku::as_str).collect::<Vec<_>>()) {
            let query = sql(format!(
                "SELECT sku, on_hand, reserved, backorder, low_at FROM inventory_stock \
                 WHERE store = $1 AND sku IN {}",
                list.sql(2)
            ));
            let query = list.bind(query.bind(store.as_str().to_owned()));
            for row in query.fetch_all(&mut *connection).await? {
                let number = |column: &str| row.try_get::<i64, _>(column);
                let [on_hand, reserved] = [number("on_hand")?, number("reserved")?];
                let level = levels.entry(repo::sku(&row)?).or_default();
                *level = level.with(on_hand, reserved, number("backorder")?, number("low_at")?);
            }
        }
        Ok(levels)
    }

    /// Stock of some SKUs at every location, sorted by SKU and priority.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stock(db: &Db, store: &StoreId, skus: &[Sku]) -> Result<Vec<Stock>, Error> {
        let mut stock = repo::stock(&mut *db.reader().acquire().await?, store, skus).await?;
        let key = |row: &Stock| (row.sku.clone(), row.priority, row.location.clone());
        stock.sort_by_cached_key(key);
        Ok(stock)
    }

    /// Stock of all SKUs at every location, sorted by SKU and location.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all_stock(db: &Db, store: &StoreId) -> Result<Vec<Stock>, Error> {
        let mut stock = repo::all_stock(&mut *db.reader().acquire().await?, store).await?;
        stock.sort_by(|a, b| (&a.sku, &a.location).cmp(&(&b.sku, &b.location)));
        Ok(stock)
    }

    /// Places, by SKU and location in the database's order of texts: a page.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn places(db: &Db, store: &StoreId, which: &StockQuery) -> Result<Vec<Stock>, Error> {
        let low = if which.low { " AND s.on_hand - s.reserved <= s.low_at" } else { "" };
        let location = if which.location.is_some() { " AND s.location = $5" } else { "" };
        let query = sql(format!(
            "{} WHERE s.store = $1 AND (s.sku > $2 OR (s.sku = $2 AND s.location > $3)){low}{location} \
             ORDER BY s.sku, s.location LIMIT $4",
            repo::STOCK
        ));
        // Every SKU and every location comes after the empty text.
        let (sku, place) = match &which.after {
            Some((sku, place)) => (sku.as_str(), place.as_str()),
            None => ("", ""),
        };
        let query = query.bind(store.as_str().to_owned()).bind(sku.to_owned()).bind(place.to_owned());
        let mut query = query.bind(i64::from(which.limit));
        if let Some(location) = &which.location {
            query = query.bind(location.as_str().to_owned());
        }
        let rows = query.fetch_all(db.reader()).await?;
        rows.iter().map(repo::stock_row).collect()
    }

    /// Places at or below their threshold, at most so many, sorted by SKU and location: what to replenish.
    ///
    /// Reads all rows of the store: for people, not for shoppers.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn low(db: &Db, store: &StoreId, limit: usize) -> Result<Vec<Stock>, Error> {
        let mut stock = repo::all_stock(&mut *db.reader().acquire().await?, store).await?;
        stock.retain(Stock::is_low);
        stock.sort_by(|a, b| (&a.sku, &a.location).cmp(&(&b.sku, &b.location)));
        stock.truncate(limit);
        Ok(stock)
    }

    /// Changes of what is on hand of a SKU before a time, latest first, at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn history(
        db: &Db,
        store: &StoreId,
        sku: &Sku,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Movement>, Error> {
        let query = sqlx::query(
            "SELECT id, kind, location, quantity, reason, made_by, at FROM inventory_movement \
             WHERE store = $1 AND sku = $2 AND at < $3 ORDER BY at DESC LIMIT $4",
        );
        let query = query.bind(store.as_str()).bind(sku.as_str()).bind(before.ms()).bind(i64::from(limit));
        let rows = query.fetch_all(db.reader()).await?;
        let movement = |row: &sqlx::any::AnyRow| {
            Ok(Movement {
                id: row.try_get("id")?,
                kind: row.try_get("kind")?,
                location: repo::location(row)?,
                quantity: row.try_get("quantity")?,
                reason: row.try_get("reason")?,
                by: row.try_get("made_by")?,
                at: Timestamp::from_ms(row.try_get("at")?),
            })
        };
        rows.iter().map(movement).collect()
    }

    /// A reservation; `None` if there is none of this id, or it was forgotten ([`Inventory::prune`]).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reservation(
        db: &Db,
        store: &StoreId,
        id: &ReservationId,
    ) -> Result<Option<Reservation>, Error> {
        repo::reservation(&mut *db.reader().acquire().await?, store, id).await
    }

    /// All reservations of some owners, ended ones too, sorted by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reservations_of(
        db: &Db,
        store: &StoreId,
        owners: &[&str],
    ) -> Result<Vec<Reservation>, Error> {
        Self::reservations_of_in(&mut *db.reader().acquire().await?, store, owners).await
    }

    /// The same, within a caller's transaction or connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reservations_of_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        owners: &[&str],
    ) -> Result<Vec<Reservation>, Error> {
        let mut reservations = Vec::new();
        for list in InList::chunks(owners) {
            let query = sql(format!(
                "SELECT {RESERVATION} FROM inventory_reservation WHERE store = $1 AND owner IN {}",
                list.sql(2)
            ));
            let query = list.bind(query.bind(store.as_str().to_owned()));
            for row in query.fetch_all(&mut *connection).await? {
                reservations.push(repo::reservation_row(&row)?);
            }
        }
        reservations.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(reservations)
    }
}
