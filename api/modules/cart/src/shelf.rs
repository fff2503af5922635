//! What a cart is priced from: goods, stock, and what the store says of its country.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;
use vitrine_catalog::{Assortment, Catalog, Lineage, Sold};
use vitrine_core::{Country, Money, Sku, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, OfStore, Remembered};
use vitrine_inventory::{Inventory, Level};
use vitrine_pricing::{Line, Part};
use vitrine_store::{CountryConfig, Store, Stores};

use crate::Error;
use crate::domain::Item;

/// How long what the store says of itself is believed: nobody changes a currency in the middle of a sale, and a
/// category that moves may reach the carts a moment later than the pages.
const FRESH_MS: i64 = 1_000;
/// Products whose documents are kept parsed, some 3 KB each.
const PRODUCTS: usize = 8_192;
/// Goods that are shown without another question which version of them holds, some 100 bytes each beside the product.
const SHOWN: usize = 16_384;

/// A store with its categories, as carts need it.
#[derive(Debug)]
pub struct Shop {
    /// The store and its countries.
    pub store: Store,
    lineage: Lineage,
}

impl Shop {
    /// What it says of a country.
    ///
    /// # Errors
    /// [`Error::NoCountry`].
    pub fn country(&self, country: Country) -> Result<&CountryConfig, Error> {
        let found = self.store.countries.iter().find(|config| config.country == country);
        found.ok_or_else(|| Error::NoCountry { store: self.store.config.id.clone(), country })
    }
}

type Shops = BTreeMap<StoreId, (Timestamp, Arc<Shop>)>;

/// Goods as they were read at one revision of the catalog, `None` for what no product has; the next has its own.
struct Shown(Cache<(Country, Sku), Option<Sold>>);

impl OfStore for Shown {
    type Error = Error;

    async fn load_in(_: &mut AnyConnection, _: &StoreId) -> Result<Self, Error> {
        Ok(Self(Cache::new(SHOWN)))
    }
}

/// Reads goods and stock.
pub(crate) struct Shelf {
    assortment: Assortment,
    shown: Remembered<Shown>,
    shops: Mutex<Shops>,
}

/// Goods by SKU with what is left of them.
#[derive(Debug, Default)]
pub struct Goods {
    /// What products have, parts of bundles among them.
    pub sold: BTreeMap<Sku, Sold>,
    /// What is left of those whose stock is counted.
    pub levels: BTreeMap<Sku, Level>,
}

impl Goods {
    /// Pieces of each SKU that so many units of goods are made of.
    pub fn pieces(&self, sku: &Sku, quantity: i64) -> Vec<(Sku, i64)> {
        let parts = self.sold.get(sku).and_then(Sold::variant).map(|variant| variant.parts.as_slice());
        match parts {
            None | Some([]) => vec![(sku.clone(), quantity)],
            Some(parts) => {
                parts.iter().map(|part| (part.sku.clone(), quantity * i64::from(part.quantity))).collect()
            }
        }
    }

    /// Whether its stock is counted; otherwise what the catalog says of it holds.
    pub fn is_counted(&self, sku: &Sku) -> bool {
        self.levels.contains_key(sku)
    }

    /// Units of goods that can be bought while `taken` pieces are spoken for; `None` without a limit.
    pub fn left(&self, sku: &Sku, taken: &BTreeMap<Sku, i64>) -> Option<i64> {
        if self.sold.get(sku).is_some_and(|sold| !self.is_counted(sku) && !sold.availability().is_buyable()) {
            return Some(0);
        }
        let of_piece = |(piece, per_unit): (Sku, i64)| {
            let free = self.levels.get(&piece)?.left() - taken.get(&piece).copied().unwrap_or_default();
            Some(free.max(0) / per_unit.max(1))
        };
        self.pieces(sku, 1).into_iter().filter_map(of_piece).min()
    }
}

impl Shelf {
    pub(crate) fn new() -> Self {
        let shown = Remembered::new(Stores::REVISIONS);
        Self { assortment: Assortment::new(PRODUCTS), shown, shops: Mutex::default() }
    }

    /// What a store says of itself, at most a second old.
    pub(crate) async fn shop(&self, db: &Db, store: &StoreId, now: Timestamp) -> Result<Arc<Shop>, Error> {
        let known = self.shops.lock().unwrap_or_else(PoisonError::into_inner).get(store).cloned();
        if let Some((_, shop)) = known.filter(|(at, _)| (0..FRESH_MS).contains(&(now.ms() - at.ms()))) {
            return Ok(shop);
        }
        let mut snapshot = db.snapshot().await?;
        let loaded = Stores::load_in(&mut snapshot, store).await?;
        let Some(loaded) = loaded else { return Err(Error::NoStore(store.clone())) };
        let lineage = Lineage::of(Catalog::categories_in(&mut snapshot, store).await?);
        let shop = Arc::new(Shop { store: loaded, lineage });
        let mut shops = self.shops.lock().unwrap_or_else(PoisonError::into_inner);
        shops.insert(store.clone(), (now, shop.clone()));
        Ok(shop)
    }

    /// Goods with these SKUs, the parts of bundles and what is left of all of them.
    pub(crate) async fn goods_in(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        country: Country,
        skus: &BTreeSet<Sku>,
    ) -> Result<Goods, Error> {
        self.read(connection, store, country, skus, None).await
    }

    /// The same to be shown and not to be sold: what is left is asked for, and what the catalog says is at most a
    /// second old.
    pub(crate) async fn shown(
        &self,
        db: &Db,
        store: &StoreId,
        country: Country,
        skus: &BTreeSet<Sku>,
        now: Timestamp,
    ) -> Result<Goods, Error> {
        let shown = self.shown.get(db, store, now).await?;
        let mut connection = db.reader().acquire().await?;
        self.read(&mut connection, store, country, skus, Some(&shown)).await
    }

    async fn read(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        country: Country,
        skus: &BTreeSet<Sku>,
        shown: Option<&Shown>,
    ) -> Result<Goods, Error> {
        let mut sold = self.find(connection, store, country, skus, shown).await?;
        let parts = sold.values().filter_map(Sold::variant).flat_map(|variant| &variant.parts);
        let parts: BTreeSet<Sku> =
            parts.map(|part| part.sku.clone()).filter(|sku| !sold.contains_key(sku)).collect();
        if !parts.is_empty() {
            sold.extend(self.find(connection, store, country, &parts, shown).await?);
        }
        let skus: Vec<Sku> = sold.keys().cloned().collect();
        let levels = Inventory::levels_in(connection, store, &skus).await?;
        Ok(Goods { sold, levels })
    }

    async fn find(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        country: Country,
        skus: &BTreeSet<Sku>,
        shown: Option<&Shown>,
    ) -> Result<BTreeMap<Sku, Sold>, Error> {
        let Some(Shown(shown)) = shown else {
            return Ok(self.assortment.find_in(connection, store, country, skus).await?);
        };
        let (mut found, mut unknown) = (BTreeMap::new(), BTreeSet::new());
        for sku in skus {
            match shown.get(&(country, sku.clone())) {
                Some(sold) => found.extend(sold.map(|sold| (sku.clone(), sold))),
                None => drop(unknown.insert(sku.clone())),
            }
        }
        if !unknown.is_empty() {
            let mut read = self.assortment.find_in(connection, store, country, &unknown).await?;
            for sku in unknown {
                let sold = read.remove(&sku);
                shown.insert((country, sku.clone()), sold.clone());
                found.extend(sold.map(|sold| (sku, sold)));
            }
        }
        Ok(found)
    }
}

/// A line as it is priced; `None` when the goods are not sold in the country now.
pub(crate) fn line(
    shop: &Shop,
    goods: &Goods,
    item: &Item,
    config: &CountryConfig,
    now: Timestamp,
) -> Option<Line> {
    let sold = goods.sold.get(&item.sku)?;
    let (variant, price) = (sold.variant()?, sold.price(now)?);
    let money = |minor| Money::new(minor, config.currency);
    let product = sold.product();
    let part = |part: &vitrine_catalog::Part| {
        let sold = goods.sold.get(&part.sku);
        let value = sold.and_then(|sold| sold.price(now)).map_or(0, |price| price.amount.minor);
        let tax_class = sold.map_or(&product.tax_class, |sold| &sold.product().tax_class).clone();
        Part { sku: part.sku.clone(), quantity: part.quantity, tax_class, value: money(value) }
    };
    let weight = |sku: &Sku| goods.sold.get(sku).and_then(|sold| sold.variant()?.weight_g);
    let of_parts =
        variant.parts.iter().map(|part| weight(&part.sku).unwrap_or(0).saturating_mul(part.quantity));
    Some(Line {
        id: item.id.clone(),
        sku: item.sku.clone(),
        product: product.id.clone(),
        categories: shop.lineage.of_all(&product.categories),
        quantity: item.quantity,
        unit_price: money(price.amount.minor),
        compare_at: price.amount.compare_at.map(money),
        tax_class: product.tax_class.clone(),
        weight_g: variant.weight_g.unwrap_or_else(|| of_parts.fold(0, u32::saturating_add)),
        parts: variant.parts.iter().map(part).collect(),
    })
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").field("assortment", &self.assortment).finish_non_exhaustive()
    }
}
