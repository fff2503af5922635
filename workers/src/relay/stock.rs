//! Stock states that changed reach the catalog, and with it the pages.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{Availability, Catalog};
use vitrine_core::{Sku, StoreId, Timestamp};
use vitrine_db::{Event, Tx};
use vitrine_inventory::{Inventory, StockState, StockStateChanged};
use vitrine_store::{Stores, Write};

use crate::WorkerError;

/// SKUs whose state changed, by store, with the trace of the last change.
pub(super) type Changed = BTreeMap<StoreId, (BTreeSet<Sku>, Option<String>)>;

/// Notes the SKU of an event.
pub(super) fn note(changed: &mut Changed, event: &Event) -> Result<(), String> {
    let payload: StockStateChanged =
        serde_json::from_str(&event.payload).map_err(|error| error.to_string())?;
    let (skus, trace) = changed.entry(event.store.clone()).or_default();
    skus.insert(payload.sku);
    if event.trace.is_some() {
        trace.clone_from(&event.trace);
    }
    Ok(())
}

/// Sets what pages say of stock to what inventory says now, not to what the events said: so it does not matter how
/// often or how late they come.
pub(super) async fn show_in(tx: &mut Tx, changed: &Changed, now: Timestamp) -> Result<(), WorkerError> {
    for (store, (skus, trace)) in changed {
        let skus: Vec<Sku> = skus.iter().cloned().collect();
        let levels = Inventory::levels_in(tx, store, &skus).await?;
        let states: Vec<(Sku, Availability)> =
            levels.into_iter().map(|(sku, level)| (sku, shown(level.state()))).collect();
        let changes = Catalog::set_availability_in(tx, store, &states).await?;
        if !changes.is_empty() {
            let write = Write { at: now, trace: trace.clone() };
            Stores::bump_in(tx, store, &changes, &write).await?;
        }
    }
    Ok(())
}

fn shown(state: StockState) -> Availability {
    match state {
        StockState::In => Availability::In,
        StockState::Low => Availability::Low,
        StockState::Backorder => Availability::Backorder,
        StockState::Out => Availability::Out,
    }
}
