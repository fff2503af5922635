//! What others are told, in the transaction that makes it true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::Row;
use vitrine_core::{Sku, StoreId};
use vitrine_db::{Batch, NewEvent, Outbox, Tx};

use crate::domain::levels;
use crate::repo;
use crate::{Error, Inventory, LocationId, Stock, StockState, Write};

impl Inventory {
    /// Kind of the event that the state of a SKU changed ([`StockStateChanged`]); its entity is the SKU, its version
    /// counts the SKU's changes of state.
    pub const STATE_CHANGED: &'static str = "stock_state_changed";
    /// Kind of the event that a location should be replenished ([`StockRanLow`]); its entity is `SKU@location`, its
    /// version that of the stock.
    pub const RAN_LOW: &'static str = "stock_ran_low";
}

/// Payload of [`Inventory::STATE_CHANGED`]. As JSON: `{"sku":"MAT-90","state":"out"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockStateChanged {
    /// What.
    pub sku: Sku,
    /// Its state now.
    pub state: StockState,
}

/// Payload of [`Inventory::RAN_LOW`]. As JSON: `{"sku":"MAT-90","location":"berlin","free":2,"low_at":5}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockRanLow {
    /// What.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// Pieces that are free now.
    pub free: i64,
    /// The threshold that they fell to or below.
    pub low_at: i64,
}

/// Tells what changed between two looks at all rows of some SKUs.
///
/// Both must be of rows that this transaction holds locked.
pub(crate) async fn tell_in(
    tx: &mut Tx,
    store: &StoreId,
    before: &[Stock],
    after: &[Stock],
    write: &Write<'_>,
) -> Result<(), Error> {
    let changed = changed_states(before, after);
    if !changed.is_empty() {
        tell_states_in(tx, store, changed, write).await?;
    }
    for row in ran_low(before, after) {
        let (sku, location) = (row.sku.clone(), row.location.clone());
        let entity = format!("{sku}@{location}");
        let payload = StockRanLow { sku, location, free: row.free(), low_at: row.low_at };
        push_in(tx, store, Inventory::RAN_LOW, &entity, row.version, &payload, write).await?;
    }
    Ok(())
}

/// Writes states down where they differ from what was last told; only these are told.
async fn tell_states_in(
    tx: &mut Tx,
    store: &StoreId,
    mut changed: BTreeMap<Sku, StockState>,
    write: &Write<'_>,
) -> Result<(), Error> {
    let mut batch = Batch::new(
        "INSERT INTO inventory_state (store, sku, state, version, changed_at)",
        5,
        "ON CONFLICT (store, sku) DO UPDATE SET state = excluded.state, version = inventory_state.version + 1, \
         changed_at = excluded.changed_at WHERE inventory_state.state <> excluded.state RETURNING sku, version",
    );
    for (sku, state) in &changed {
        let (sku, state) = (sku.as_str().into(), state.as_str().into());
        batch.push([store.as_str().into(), sku, state, 1.into(), write.at.ms().into()]);
    }
    for row in batch.fetch_in(tx).await? {
        let Some((sku, state)) = changed.remove_entry(&repo::sku(&row)?) else { continue };
        let (version, entity) = (row.try_get("version")?, sku.to_string());
        let payload = StockStateChanged { sku, state };
        push_in(tx, store, Inventory::STATE_CHANGED, &entity, version, &payload, write).await?;
    }
    Ok(())
}

/// Writes states down without telling them.
pub(crate) async fn note_states_in(
    tx: &mut Tx,
    store: &StoreId,
    states: &[(Sku, StockState)],
    write: &Write<'_>,
) -> Result<(), Error> {
    let mut batch = Batch::new(
        "INSERT INTO inventory_state (store, sku, state, version, changed_at)",
        5,
        "ON CONFLICT (store, sku) DO UPDATE SET state = excluded.state, version = inventory_state.version + 1, \
         changed_at = excluded.changed_at WHERE inventory_state.state <> excluded.state",
    );
    for (sku, state) in states {
        let (sku, state) = (sku.as_str().into(), state.as_str().into());
        batch.push([store.as_str().into(), sku, state, 1.into(), write.at.ms().into()]);
    }
    batch.run_in(tx).await?;
    Ok(())
}

async fn push_in(
    tx: &mut Tx,
    store: &StoreId,
    kind: &str,
    entity: &str,
    version: i64,
    payload: &impl Serialize,
    write: &Write<'_>,
) -> Result<(), Error> {
    let corrupt = |error: serde_json::Error| Error::Corrupt { table: "db_outbox", what: error.to_string() };
    let payload = serde_json::to_string(payload).map_err(corrupt)?;
    let id = format!("{kind} {entity} {version}");
    let event = NewEvent {
        store,
        id: &id,
        kind,
        entity,
        version,
        payload: &payload,
        trace: write.trace,
        at: write.at,
    };
    Outbox::push_in(tx, &event).await?;
    Ok(())
}

/// States that are new or not what they were.
fn changed_states(before: &[Stock], after: &[Stock]) -> BTreeMap<Sku, StockState> {
    let before = levels(before);
    let states = levels(after).into_iter().map(|(sku, level)| (sku, level.state()));
    states.filter(|(sku, state)| before.get(sku).map(|level| level.state()) != Some(*state)).collect()
}

/// Rows that fell to their threshold.
fn ran_low<'a>(before: &[Stock], after: &'a [Stock]) -> Vec<&'a Stock> {
    let before: BTreeMap<(&Sku, &LocationId), bool> =
        before.iter().map(|row| ((&row.sku, &row.location), row.is_low())).collect();
    let fell = |row: &&Stock| row.is_low() && before.get(&(&row.sku, &row.location)) == Some(&false);
    after.iter().filter(fell).collect()
}
