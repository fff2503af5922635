//! The layer of promotion prices: what automatic promotions make of each country's offer.
//!
//! A row is of a product in a country and has the spans of all its variants. Carts never read it: they ask the
//! promotions themselves.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Change, ChangeKind, Country, Entity, EntityKind, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Batch, Tx};

use crate::Catalog;
use crate::domain::{Offer, Product, Variant};
use crate::error::Error;
use crate::price::Amount;
use crate::promoted::{Promoted, Reduced};
use crate::record::OfferLayer;
use crate::repo::{self, PRODUCT, PROMOTED, Which, parsed};

/// Products whose offers are in memory at once.
const BATCH: usize = 500;

/// A price that promotions may lower.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Of which product.
    pub product: &'a Product,
    /// Of which variant.
    pub variant: &'a Variant,
    /// Where.
    pub country: Country,
    /// The stated price.
    pub amount: Amount,
    /// When it holds.
    pub at: Timestamp,
}

/// What a call made of promotion prices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromotedProducts {
    /// What changed, for `Stores::bump_in`.
    pub changes: Vec<Change>,
    /// Number of the last product looked at; `None` where there was none.
    pub last: Option<i64>,
}

impl Catalog {
    /// Writes what promotions make of the prices of at most 500 products with numbers above `after`.
    ///
    /// `reduce` says what they make of one price. The store's catalog is locked until the transaction ends.
    ///
    /// # Errors
    /// When the database fails or holds something else than it should.
    pub async fn promote_after_in(
        tx: &mut Tx,
        store: &StoreId,
        after: i64,
        now: Timestamp,
        reduce: impl FnMut(&Asked<'_>) -> Reduced,
    ) -> Result<PromotedProducts, Error> {
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        promote_in(tx, store, Which::Range { after, last: i64::MAX, limit }, now, reduce).await
    }

    /// The same of the products with these numbers, at most 500.
    ///
    /// # Errors
    /// As [`Catalog::promote_after_in`].
    pub async fn promote_of_in(
        tx: &mut Tx,
        store: &StoreId,
        seqs: &[i64],
        now: Timestamp,
        reduce: impl FnMut(&Asked<'_>) -> Reduced,
    ) -> Result<PromotedProducts, Error> {
        let seqs = seqs.get(..BATCH).unwrap_or(seqs);
        promote_in(tx, store, Which::Seqs(seqs), now, reduce).await
    }
}

async fn promote_in(
    tx: &mut Tx,
    store: &StoreId,
    which: Which<'_>,
    now: Timestamp,
    mut reduce: impl FnMut(&Asked<'_>) -> Reduced,
) -> Result<PromotedProducts, Error> {
    repo::lock_in(tx, store, 0).await?;
    let mut products: BTreeMap<i64, Product> = BTreeMap::new();
    for row in repo::fetch(tx, PRODUCT, "seq, doc", store, which).await? {
        products.insert(row.try_get("seq")?, serde_json::from_str(row.try_get("doc")?)?);
    }
    let last = products.keys().next_back().copied();
    let layers = match (which, last) {
        (_, None) => return Ok(PromotedProducts::default()),
        (Which::Range { after, .. }, Some(last)) => Which::Range { after, last, limit: i64::MAX },
        (which, Some(_)) => which,
    };
    let offers = offers(tx, store, layers).await?;
    let mut rows = Rows::new();
    let mut changed: BTreeMap<i64, BTreeSet<Country>> = BTreeMap::new();
    for (seq, layer) in &offers {
        let Some(product) = products.get(seq) else { continue };
        if let Some(next) = promoted(product, layer, now, &mut reduce) {
            rows.put(store, *seq, layer.country, &next)?;
            changed.entry(*seq).or_default().insert(layer.country);
        }
    }
    rows.write_in(tx, store).await?;
    let change = |(seq, countries): (i64, BTreeSet<Country>)| {
        let entity = Entity::new(EntityKind::Product, products.get(&seq)?.id.as_str());
        Some(Change::new(entity, ChangeKind::Price).within(countries))
    };
    Ok(PromotedProducts { changes: changed.into_iter().filter_map(change).collect(), last })
}

type Spans = BTreeMap<u16, Vec<Promoted>>;

/// The spans of all variants of an offer; `None` where they are what they were.
fn promoted(
    product: &Product,
    layer: &OfferLayer,
    now: Timestamp,
    reduce: &mut impl FnMut(&Asked<'_>) -> Reduced,
) -> Option<Spans> {
    let mut spans = Spans::new();
    let mut is_new = false;
    for variant in &product.variants {
        let Some(prices) = layer.offer.prices.get(&variant.number) else { continue };
        let next = prices.promoted_from(now, |amount, at| {
            reduce(&Asked { product, variant, country: layer.country, amount, at })
        });
        is_new |= next.is_some();
        spans.insert(variant.number, next.unwrap_or_else(|| prices.promoted.clone()));
    }
    spans.retain(|_, spans| !spans.is_empty());
    is_new.then_some(spans)
}

/// Rows to write and to delete.
struct Rows {
    put: Batch,
    deleted: Vec<(i64, Country)>,
}

impl Rows {
    fn new() -> Self {
        let put = Batch::new(
            "INSERT INTO catalog_product_promoted (store, seq, country, doc)",
            4,
            "ON CONFLICT (store, seq, country) DO UPDATE SET doc = excluded.doc",
        );
        Self { put, deleted: Vec::new() }
    }

    fn put(&mut self, store: &StoreId, seq: i64, country: Country, spans: &Spans) -> Result<(), Error> {
        if spans.is_empty() {
            self.deleted.push((seq, country));
            return Ok(());
        }
        let doc = serde_json::to_string(spans)?;
        self.put.push([store.as_str().into(), seq.into(), country.code().into(), doc.into()]);
        Ok(())
    }

    async fn write_in(self, tx: &mut Tx, store: &StoreId) -> Result<(), Error> {
        for (seq, country) in self.deleted {
            let query = sqlx::query(
                "DELETE FROM catalog_product_promoted WHERE store = $1 AND seq = $2 AND country = $3",
            );
            query.bind(store.as_str()).bind(seq).bind(country.code()).execute(&mut **tx).await?;
        }
        self.put.run_in(tx).await?;
        Ok(())
    }
}

/// Offers with what promotions make of them, with the numbers of their products.
pub(crate) async fn offers(
    connection: &mut AnyConnection,
    store: &StoreId,
    which: Which<'_>,
) -> Result<Vec<(i64, OfferLayer)>, Error> {
    let mut offers = repo::offers(connection, store, which).await?;
    let mut promoted = PromotedOffers::new();
    for row in repo::fetch(connection, PROMOTED, "seq, country, doc", store, which).await? {
        note(&mut promoted, &row, "country")?;
    }
    apply(&mut offers, promoted);
    Ok(offers)
}

/// What promotions make of offers, by product and country.
pub(crate) type PromotedOffers = BTreeMap<(i64, Country), Spans>;

/// Takes in a row whose column of that name says the country.
pub(crate) fn note(promoted: &mut PromotedOffers, row: &AnyRow, country: &str) -> Result<(), Error> {
    let country = country_of(row, country)?;
    promoted.insert((row.try_get("seq")?, country), serde_json::from_str(row.try_get("doc")?)?);
    Ok(())
}

/// Adds what promotions make of offers to them.
pub(crate) fn apply(offers: &mut [(i64, OfferLayer)], mut promoted: PromotedOffers) {
    if promoted.is_empty() {
        return;
    }
    for (seq, layer) in offers {
        if let Some(spans) = promoted.remove(&(*seq, layer.country)) {
            attach(&mut layer.offer, spans);
        }
    }
}

fn country_of(row: &AnyRow, column: &str) -> Result<Country, Error> {
    parsed(PROMOTED, row.try_get(column)?, |text| Country::try_new(text).ok())
}

fn attach(offer: &mut Offer, spans: Spans) {
    for (number, spans) in spans {
        if let Some(prices) = offer.prices.get_mut(&number) {
            prices.promoted = spans;
        }
    }
}
