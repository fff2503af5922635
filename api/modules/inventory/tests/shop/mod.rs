//! A store with two locations, for tests.

#![allow(dead_code, reason = "each test program uses some of it")]

use sqlx::Row;
use vitrine_core::{Sku, StoreId, Timestamp};
use vitrine_db::{Db, Module};
use vitrine_inventory::{
    Adjusted, Adjustment, AdjustmentKind, AdjustmentLine, Error, Inventory, Location, LocationId,
    NewReservation, Reservation, ReservationId, Settled, Stock, StockRule, Write,
};

pub(crate) const MODULES: &[&Module] = &[&vitrine_db::MODULE, &vitrine_inventory::MODULE];
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn sku(text: &str) -> Sku {
    Sku::try_new(text).unwrap()
}

pub(crate) fn at(text: &str) -> LocationId {
    LocationId::try_new(text).unwrap()
}

pub(crate) fn id(text: &str) -> ReservationId {
    ReservationId::try_new(text).unwrap()
}

pub(crate) fn write() -> Write<'static> {
    Write::at(NOW)
}

/// A store of a database.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) db: Db,
    pub(crate) store: StoreId,
}

impl Shop {
    /// A store with the locations `berlin` (first) and `lyon`.
    pub(crate) async fn open(db: &Db, name: &str) -> Self {
        let shop = Self { db: db.clone(), store: StoreId::try_new(name).unwrap() };
        let mut tx = db.begin().await.unwrap();
        for (priority, name) in [(2, "lyon"), (1, "berlin")] {
            let location = Location { id: at(name), name: name.to_uppercase(), priority };
            Inventory::put_location_in(&mut tx, &shop.store, &location).await.unwrap();
        }
        tx.commit().await.unwrap();
        shop
    }

    pub(crate) async fn adjust(
        &self,
        id: &str,
        kind: AdjustmentKind,
        lines: &[(&str, &str, i64)],
    ) -> Result<Adjusted, Error> {
        let line = |&(what, place, quantity): &(&str, &str, i64)| AdjustmentLine {
            sku: sku(what),
            location: at(place),
            quantity,
        };
        let lines: Vec<AdjustmentLine> = lines.iter().map(line).collect();
        let adjustment = Adjustment { id, kind, reason: "a test", by: "tester", lines: &lines };
        let mut tx = self.db.begin().await.unwrap();
        let adjusted = Inventory::adjust_in(&mut tx, &self.store, &adjustment, &write()).await?;
        tx.commit().await.unwrap();
        Ok(adjusted)
    }

    pub(crate) async fn receive(&self, lines: &[(&str, &str, i64)]) {
        let id: String = format!("{} {lines:?}", lines.len()).chars().take(200).collect();
        self.adjust(&id, AdjustmentKind::Receive, lines).await.unwrap();
    }

    pub(crate) async fn rule(&self, what: &str, place: &str, backorder: i64, low_at: i64) {
        let rule = StockRule { sku: sku(what), location: at(place), backorder, low_at };
        let mut tx = self.db.begin().await.unwrap();
        Inventory::set_rules_in(&mut tx, &self.store, &[rule], &write()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn reserve(&self, name: &str, lines: &[(&str, i64)]) -> Result<Reservation, Error> {
        self.reserve_until(name, lines, NOW.plus_ms(15 * MINUTE)).await
    }

    pub(crate) async fn reserve_until(
        &self,
        name: &str,
        lines: &[(&str, i64)],
        until: Timestamp,
    ) -> Result<Reservation, Error> {
        let lines: Vec<(Sku, i64)> = lines.iter().map(|(what, pieces)| (sku(what), *pieces)).collect();
        let name = id(name);
        let new = NewReservation { id: &name, owner: "order-1", lines: &lines, until };
        let mut tx = self.db.begin().await.unwrap();
        let reserved = Inventory::reserve_in(&mut tx, &self.store, &new, &write()).await;
        // A refusal leaves the transaction as it was.
        tx.commit().await.unwrap();
        reserved
    }

    pub(crate) async fn commit(&self, name: &str) -> Result<Settled, Error> {
        let mut tx = self.db.begin().await.unwrap();
        let settled = Inventory::commit_in(&mut tx, &self.store, &id(name), &write()).await;
        tx.commit().await.unwrap();
        settled
    }

    pub(crate) async fn release(&self, name: &str) -> Result<Settled, Error> {
        let mut tx = self.db.begin().await.unwrap();
        let settled = Inventory::release_in(&mut tx, &self.store, &id(name), &write()).await;
        tx.commit().await.unwrap();
        settled
    }

    pub(crate) async fn stock(&self, what: &str) -> Vec<Stock> {
        Inventory::stock(&self.db, &self.store, &[sku(what)]).await.unwrap()
    }

    /// Pieces on hand and reserved, over all locations.
    pub(crate) async fn sums(&self, what: &str) -> (i64, i64) {
        let rows = self.stock(what).await;
        (rows.iter().map(|row| row.on_hand).sum(), rows.iter().map(|row| row.reserved).sum())
    }

    pub(crate) async fn left(&self, what: &str) -> i64 {
        let levels = Inventory::levels(&self.db, &self.store, &[sku(what)]).await.unwrap();
        levels.get(&sku(what)).map_or(0, |level| level.left())
    }

    /// Nothing was lost or made.
    pub(crate) async fn assert_sound(&self) {
        let found = Inventory::audit(&self.db, &self.store).await.unwrap();
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }

    /// Events of a kind, as `entity version payload`, in the order of entity and version.
    pub(crate) async fn events(&self, kind: &str) -> Vec<String> {
        let query =
            sqlx::query("SELECT entity, version, payload FROM db_outbox WHERE store = $1 AND kind = $2");
        let rows = query.bind(self.store.as_str()).bind(kind).fetch_all(self.db.reader()).await.unwrap();
        let mut events: Vec<(String, i64, String)> =
            rows.iter().map(|row| (row.get("entity"), row.get("version"), row.get("payload"))).collect();
        events.sort();
        events.into_iter().map(|(entity, version, payload)| format!("{entity} {version} {payload}")).collect()
    }

    /// The states that a SKU was told to have, in order.
    pub(crate) async fn states(&self, what: &str) -> Vec<String> {
        let events = self.events(Inventory::STATE_CHANGED).await;
        let told = events.iter().filter_map(|event| event.strip_prefix(&format!("{what} ")));
        let state =
            |event: &str| event.split(r#""state":""#).nth(1).unwrap().trim_end_matches(r#""}"#).to_owned();
        told.map(state).collect()
    }
}
