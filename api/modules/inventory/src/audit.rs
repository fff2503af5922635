//! Whether the numbers agree with each other.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use sqlx::Row;
use vitrine_core::{Sku, StoreId};
use vitrine_db::{AnyConnection, Backend, Db, sql};

use crate::domain::levels;
use crate::repo::{self, RESERVATION};
use crate::{Error, Inventory, LocationId};

/// Numbers that don't agree: pieces were lost or made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Discrepancy {
    /// What is on hand is not the sum of all movements.
    OnHand {
        /// What.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// Pieces on hand.
        found: i64,
        /// Sum of the movements.
        expected: i64,
    },
    /// What is reserved is not the sum of all held reservations.
    Reserved {
        /// What.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// Pieces reserved.
        found: i64,
        /// Sum of what is held.
        expected: i64,
    },
    /// The state last told is not what the numbers say.
    State {
        /// What.
        sku: Sku,
        /// The state last told; empty if none was.
        found: String,
        /// The state by the numbers.
        expected: String,
    },
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnHand { sku, location, found, expected } => {
                write!(f, "{sku} at {location}: {found} on hand, but movements add up to {expected}")
            }
            Self::Reserved { sku, location, found, expected } => {
                write!(f, "{sku} at {location}: {found} reserved, but reservations hold {expected}")
            }
            Self::State { sku, found, expected } => {
                write!(f, "{sku}: told to be '{found}', but is '{expected}'")
            }
        }
    }
}

type Sums = BTreeMap<(Sku, LocationId), i64>;

impl Inventory {
    /// Holds stock of a store against its movements, reservations and states; nothing is right.
    ///
    /// Reads one snapshot, so it may run while the shop sells.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(db: &Db, store: &StoreId) -> Result<Vec<Discrepancy>, Error> {
        let mut tx = db.reader().begin().await?;
        if db.backend() == Backend::Postgres {
            sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY".to_owned())
                .execute(&mut *tx)
                .await?;
        }
        let stock = repo::all_stock(&mut tx, store).await?;
        let mut moved = moved(&mut tx, store).await?;
        let mut held = held(&mut tx, store).await?;
        let mut told = told(&mut tx, store).await?;
        tx.rollback().await?;

        let mut found = Vec::new();
        for row in &stock {
            let key = (row.sku.clone(), row.location.clone());
            let (moved, held) = (moved.remove(&key).unwrap_or(0), held.remove(&key).unwrap_or(0));
            found.extend((row.on_hand != moved).then(|| on_hand(key.clone(), row.on_hand, moved)));
            found.extend((row.reserved != held).then(|| reserved(key, row.reserved, held)));
        }
        // What is left belongs to rows that are not there.
        found.extend(moved.into_iter().filter(|(_, sum)| *sum != 0).map(|(key, sum)| on_hand(key, 0, sum)));
        found.extend(held.into_iter().map(|(key, sum)| reserved(key, 0, sum)));
        for (sku, level) in levels(&stock) {
            let (state, expected) = (told.remove(&sku).unwrap_or_default(), level.state().to_string());
            found.extend((state != expected).then_some(Discrepancy::State { sku, found: state, expected }));
        }
        Ok(found)
    }
}

fn on_hand((sku, location): (Sku, LocationId), found: i64, expected: i64) -> Discrepancy {
    Discrepancy::OnHand { sku, location, found, expected }
}

fn reserved((sku, location): (Sku, LocationId), found: i64, expected: i64) -> Discrepancy {
    Discrepancy::Reserved { sku, location, found, expected }
}

async fn moved(connection: &mut AnyConnection, store: &StoreId) -> Result<Sums, Error> {
    let query = sqlx::query(
        "SELECT sku, location, CAST(SUM(quantity) AS BIGINT) AS pieces FROM inventory_movement \
         WHERE store = $1 GROUP BY sku, location",
    );
    let rows = query.bind(store.as_str()).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(((repo::sku(row)?, repo::location(row)?), row.try_get("pieces")?))).collect()
}

async fn held(connection: &mut AnyConnection, store: &StoreId) -> Result<Sums, Error> {
    let query =
        sql(format!("SELECT {RESERVATION} FROM inventory_reservation WHERE store = $1 AND state = 'held'"));
    let mut sums = Sums::new();
    for row in query.bind(store.as_str().to_owned()).fetch_all(connection).await? {
        for draw in repo::reservation_row(&row)?.draws {
            *sums.entry((draw.sku, draw.location)).or_default() += draw.quantity;
        }
    }
    Ok(sums)
}

async fn told(connection: &mut AnyConnection, store: &StoreId) -> Result<BTreeMap<Sku, String>, Error> {
    let query = sqlx::query("SELECT sku, state FROM inventory_state WHERE store = $1");
    let rows = query.bind(store.as_str()).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((repo::sku(row)?, row.try_get("state")?))).collect()
}
