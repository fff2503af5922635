//! Stock states that changed reach the catalog, and with it the pages.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{Availability, Bundle, Catalog, Part};
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
        let states = states_in(tx, store, skus).await?;
        let changes = Catalog::set_availability_in(tx, store, &states).await?;
        if !changes.is_empty() {
            let write = Write::at(now).traced(trace.as_deref());
            Stores::bump_in(tx, store, &changes, &write).await?;
        }
    }
    Ok(())
}

/// The states of SKUs and of the bundles they are parts of: a bundle is as scarce as its scarcest part.
async fn states_in(
    tx: &mut Tx,
    store: &StoreId,
    skus: &BTreeSet<Sku>,
) -> Result<Vec<(Sku, Availability)>, WorkerError> {
    let changed: Vec<Sku> = skus.iter().cloned().collect();
    let bundles = Catalog::bundles_with_in(tx, store, &changed).await?;
    let parts = bundles.iter().flat_map(|bundle| &bundle.parts).map(|part| &part.sku);
    let all: BTreeSet<&Sku> = skus.iter().chain(parts).collect();
    let all: Vec<Sku> = all.into_iter().cloned().collect();
    let levels = Inventory::levels_in(tx, store, &all).await?;
    let own = levels.iter().filter(|(sku, _)| skus.contains(*sku));
    let mut states: BTreeMap<Sku, Availability> =
        own.map(|(sku, level)| (sku.clone(), shown(level.state()))).collect();
    for Bundle { sku, parts } in bundles {
        let of_part = |part: &Part| Some(levels.get(&part.sku)?.state_for(i64::from(part.quantity)));
        // Parts whose stock nobody counts make nothing scarce.
        if let Some(state) = parts.iter().filter_map(of_part).max() {
            states.insert(sku, shown(state));
        }
    }
    Ok(states.into_iter().collect())
}

fn shown(state: StockState) -> Availability {
    match state {
        StockState::In => Availability::In,
        StockState::Low => Availability::Low,
        StockState::Backorder => Availability::Backorder,
        StockState::Out => Availability::Out,
    }
}
