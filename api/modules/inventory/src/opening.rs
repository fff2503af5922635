//! What a shop begins with: stock of places that nobody has counted yet.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Sku, StoreId};
use vitrine_db::{Batch, Tx};

use crate::domain::{MOST_PIECES, levels};
use crate::locations::locations_in;
use crate::repo::{self, Shift};
use crate::{
    Adjustment, AdjustmentKind, Error, Inventory, Location, LocationId, Stock, StockState, Write, adjust,
    events,
};

/// What a SKU begins with at a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// Pieces on hand; 0 to 1,000,000.
    pub pieces: i64,
    /// Pieces that may be sold beyond those; 0 to 1,000,000.
    pub backorder: i64,
    /// With so many free pieces or fewer, it runs low; 0 to 1,000,000.
    pub low_at: i64,
}

/// What was new to the inventory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Locations.
    pub locations: usize,
    /// Places, each a SKU at a location.
    pub places: usize,
}

impl Inventory {
    /// Id of the adjustments by which stock was opened; in the history of a SKU, and nobody else's.
    pub const OPENING: &'static str = "opening stock";

    /// Makes locations and places that are not there yet. What is there stays as it is, so the same again changes
    /// nothing, and what was counted or sold since is never written over.
    ///
    /// A SKU of which nothing was known is taken to be in stock, so its state is told only where it is another.
    ///
    /// # Errors
    /// [`Error::Quantity`], [`Error::UnknownLocation`], [`Error::Twice`], [`Error::Text`], or the database fails.
    pub async fn open_in(
        tx: &mut Tx,
        store: &StoreId,
        locations: &[Location],
        openings: &[Opening],
        write: &Write<'_>,
    ) -> Result<Opened, Error> {
        let known: BTreeSet<LocationId> =
            locations_in(tx, store).await?.into_iter().map(|location| location.id).collect();
        let mut opened = Opened::default();
        for location in locations.iter().filter(|location| !known.contains(&location.id)) {
            Self::put_location_in(tx, store, location).await?;
            opened.locations += 1;
        }
        let is_known = |id: &LocationId| known.contains(id) || locations.iter().any(|one| one.id == *id);
        let mut wanted = BTreeMap::new();
        for opening in openings {
            check(opening)?;
            if !is_known(&opening.location) {
                return Err(Error::UnknownLocation(opening.location.clone()));
            }
            if wanted.insert((&opening.sku, &opening.location), opening).is_some() {
                let (sku, location) = (opening.sku.clone(), opening.location.clone());
                return Err(Error::Twice { sku, location });
            }
        }
        // Looked at without a lock first: mostly all of it is there, and nobody who sells should wait for that.
        let rows = repo::stock(tx, store, openings.iter().map(|opening| &opening.sku)).await?;
        let there: BTreeSet<(&Sku, &LocationId)> = rows.iter().map(|row| (&row.sku, &row.location)).collect();
        let missing = wanted.into_iter().filter(|(place, _)| !there.contains(place));
        let wanted: Vec<&Opening> = missing.map(|(_, opening)| opening).collect();
        if !wanted.is_empty() {
            opened.places = put_in(tx, store, &wanted, write).await?;
        }
        Ok(opened)
    }
}

fn check(opening: &Opening) -> Result<(), Error> {
    for found in [opening.pieces, opening.backorder, opening.low_at] {
        if !(0..=MOST_PIECES).contains(&found) {
            return Err(Error::Quantity { sku: opening.sku.clone(), found, allowed: "0 to 1000000" });
        }
    }
    Ok(())
}

/// Writes places, sorted, with the movements that explain them; answers how many nobody else made meanwhile.
async fn put_in(
    tx: &mut Tx,
    store: &StoreId,
    wanted: &[&Opening],
    write: &Write<'_>,
) -> Result<usize, Error> {
    let mut batch = Batch::new(
        "INSERT INTO inventory_stock (store, sku, location, on_hand, reserved, backorder, low_at, version)",
        8,
        "ON CONFLICT (store, sku, location) DO NOTHING RETURNING sku, location",
    );
    for opening in wanted {
        batch.push([
            store.as_str().into(),
            opening.sku.as_str().into(),
            opening.location.as_str().into(),
            opening.pieces.into(),
            0.into(),
            opening.backorder.into(),
            opening.low_at.into(),
            1.into(),
        ]);
    }
    let mut made = BTreeSet::new();
    for row in batch.fetch_in(tx).await? {
        made.insert((repo::sku(&row)?, repo::location(&row)?));
    }
    let is_made = |opening: &Opening| made.contains(&(opening.sku.clone(), opening.location.clone()));
    let shift = |opening: &Opening| {
        let (sku, location) = (opening.sku.clone(), opening.location.clone());
        Shift { sku, location, on_hand: opening.pieces, reserved: 0 }
    };
    let shifts: Vec<Shift> =
        wanted.iter().filter(|opening| is_made(opening)).map(|opening| shift(opening)).collect();
    let (id, kind) = (Inventory::OPENING, AdjustmentKind::Count);
    let counted = Adjustment { id, kind, reason: "what the shop began with", by: "files", lines: &[] };
    adjust::record_in(tx, store, &counted, &shifts, write).await?;
    tell_in(tx, store, &made, write).await?;
    Ok(made.len())
}

/// Writes down the states of SKUs with new places, and tells those that are news.
async fn tell_in(
    tx: &mut Tx,
    store: &StoreId,
    made: &BTreeSet<(Sku, LocationId)>,
    write: &Write<'_>,
) -> Result<(), Error> {
    let after = repo::lock_in(tx, store, made.iter().map(|(sku, _)| sku)).await?;
    let is_made = |row: &Stock| made.contains(&(row.sku.clone(), row.location.clone()));
    let before: Vec<Stock> = after.iter().filter(|row| !is_made(row)).cloned().collect();
    let known: BTreeSet<&Sku> = before.iter().map(|row| &row.sku).collect();
    let states = levels(&after).into_iter().map(|(sku, level)| (sku, level.state()));
    let (quiet, told): (Vec<_>, Vec<_>) =
        states.partition(|(sku, state)| *state == StockState::In && !known.contains(sku));
    events::note_states_in(tx, store, &quiet, write).await?;
    let told: BTreeSet<Sku> = told.into_iter().map(|(sku, _)| sku).collect();
    let rows = |rows: &[Stock]| -> Vec<Stock> {
        rows.iter().filter(|row| told.contains(&row.sku)).cloned().collect()
    };
    events::tell_in(tx, store, &rows(&before), &rows(&after), write).await
}
