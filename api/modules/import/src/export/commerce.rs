//! Rules and stock as files.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use vitrine_core::{Country, StoreId, SystemClock};
use vitrine_db::Db;
use vitrine_delivery::Deliveries;
use vitrine_inventory::{Inventory, Location, LocationId, Stock};
use vitrine_pricing::CountryTax;
use vitrine_promotion::{PromotionFile, Promotions};

use super::toml::{Toml, inline};
use super::{Content, Files};
use crate::error::ImportError;
use crate::source::commerce::{DELIVERY, FOLDER, PROMOTIONS, STOCK, TAXES};

/// Writes what there is; a store without rules and stock has no such folder.
pub(super) async fn commerce(db: &Db, store: &StoreId, files: &mut Files) -> Result<(), ImportError> {
    let deliveries = Deliveries::new(db.clone(), Arc::new(SystemClock));
    if let Some(setup) = deliveries.get(store).await? {
        push(files, DELIVERY, &setup.rule)?;
    }
    let taxes = deliveries.list_taxes(store).await?;
    if !taxes.is_empty() {
        let taxes: BTreeMap<Country, CountryTax> =
            taxes.into_iter().map(|(country, stored)| (country, stored.rule)).collect();
        push(files, TAXES, &taxes)?;
    }
    let promotions = Promotions::new(db.clone(), Arc::new(SystemClock));
    let file = PromotionFile {
        promotions: promotions.list(store).await?.into_iter().map(|stored| stored.rule).collect(),
        coupons: promotions.list_coupons(store).await?.into_iter().map(|stored| stored.rule).collect(),
    };
    if file != PromotionFile::default() {
        push(files, PROMOTIONS, &file)?;
    }
    let locations = Inventory::locations(db, store).await?;
    if !locations.is_empty() {
        let stock = stock(locations, &Inventory::all_stock(db, store).await?);
        files.push(format!("{FOLDER}/{STOCK}"), Content::Text(stock));
    }
    Ok(())
}

fn push(files: &mut Files, file: &str, rules: &impl Serialize) -> Result<(), ImportError> {
    let path = format!("{FOLDER}/{file}");
    let unwritten =
        |error: ::toml::ser::Error| ImportError::Unwritten { file: path.clone(), what: error.to_string() };
    let text = ::toml::to_string(rules).map_err(unwritten)?;
    files.push(path, Content::Text(text));
    Ok(())
}

/// What is on hand, held pieces among it: an order that still waits for its money is not in the files.
fn stock(mut locations: Vec<Location>, stock: &[Stock]) -> String {
    locations.sort_by(|a, b| a.id.cmp(&b.id));
    let mut by_location: BTreeMap<&LocationId, Vec<&Stock>> = BTreeMap::new();
    stock.iter().for_each(|row| by_location.entry(&row.location).or_default().push(row));
    let mut toml = Toml::default();
    for location in &locations {
        toml.element(&["locations"]);
        toml.text("id", &location.id);
        toml.text("name", &location.name);
        if location.priority != 0 {
            toml.raw("priority", location.priority);
        }
    }
    for (location, mut rows) in by_location {
        rows.sort_by(|a, b| a.sku.cmp(&b.sku));
        toml.table(&["stock", location.as_str()]);
        rows.iter().for_each(|row| toml.raw(row.sku.as_str(), opening(row)));
    }
    toml.finish()
}

fn opening(row: &Stock) -> String {
    // What is owed from backorder is no stock to begin with.
    let pieces = row.on_hand.max(0);
    if row.low_at == 0 && row.backorder == 0 {
        return pieces.to_string();
    }
    let entries = [("pieces", pieces), ("low_at", row.low_at), ("backorder", row.backorder)];
    let entries = entries.into_iter().filter(|(name, value)| *name == "pieces" || *value != 0);
    inline(entries.map(|(name, value)| (name.to_owned(), value.to_string())))
}
