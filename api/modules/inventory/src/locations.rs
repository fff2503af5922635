//! Where stock is kept.

use serde::Serialize;
use sqlx::Row;
use vitrine_core::StoreId;
use vitrine_db::{AnyConnection, Db, Tx};

use crate::domain::check_text;
use crate::{Error, Inventory, LocationId};

/// Longest name, characters.
const NAME_CHARS: usize = 100;

/// A place where stock is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Names it.
    pub id: LocationId,
    /// What people call it.
    pub name: String,
    /// Its place in the order of drawing, lowest first.
    pub priority: i64,
}

impl Inventory {
    /// Makes a location, or changes its name and place; answers what it was.
    ///
    /// # Errors
    /// When its name is missing or too long, or the database fails.
    pub async fn put_location_in(
        tx: &mut Tx,
        store: &StoreId,
        location: &Location,
    ) -> Result<Option<Location>, Error> {
        check_text("name", &location.name, NAME_CHARS)?;
        let known = locations_in(tx, store).await?;
        let query = sqlx::query(
            "INSERT INTO inventory_location (store, id, name, priority) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (store, id) DO UPDATE SET name = excluded.name, priority = excluded.priority",
        );
        let query = query.bind(store.as_str()).bind(location.id.as_str());
        query.bind(location.name.as_str()).bind(location.priority).execute(&mut **tx).await?;
        Ok(known.into_iter().find(|known| known.id == location.id))
    }

    /// The locations of a store, in the order of drawing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn locations(db: &Db, store: &StoreId) -> Result<Vec<Location>, Error> {
        locations_in(&mut *db.reader().acquire().await?, store).await
    }
}

pub(crate) async fn locations_in(
    connection: &mut AnyConnection,
    store: &StoreId,
) -> Result<Vec<Location>, Error> {
    let query = sqlx::query("SELECT id, name, priority FROM inventory_location WHERE store = $1");
    let rows = query.bind(store.as_str()).fetch_all(connection).await?;
    let mut locations = Vec::with_capacity(rows.len());
    for row in rows {
        let id: String = row.try_get("id")?;
        let corrupt = |_| Error::Corrupt { table: "inventory_location", what: id.clone() };
        let id = LocationId::try_new(&id).map_err(corrupt)?;
        locations.push(Location { id, name: row.try_get("name")?, priority: row.try_get("priority")? });
    }
    locations.sort_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
    Ok(locations)
}
