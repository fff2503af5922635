//! The prices of one variant, for those who set them.

use std::collections::BTreeMap;

use vitrine_core::{Country, ProductId, Sku, StoreId, TaxClass};
use vitrine_db::{AnyConnection, Db, Tx};

use crate::Catalog;
use crate::error::Error;
use crate::price::PriceInput;
use crate::repo::{self, Which};
use crate::skus::Skus;

/// A variant with its prices as somebody states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PricedVariant {
    /// Its product.
    pub product: ProductId,
    /// Names a rate in the tax table of each country it is sold in.
    pub tax_class: TaxClass,
    /// A country without any is left out.
    pub prices: BTreeMap<Country, PriceInput>,
}

impl Catalog {
    /// The prices of a variant; `None` when no product has the SKU now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prices(db: &Db, store: &StoreId, sku: &Sku) -> Result<Option<PricedVariant>, Error> {
        prices(&mut *db.snapshot().await?, store, sku).await
    }

    /// The same; nobody else writes the store's catalog until the transaction ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_prices_in(
        tx: &mut Tx,
        store: &StoreId,
        sku: &Sku,
    ) -> Result<Option<PricedVariant>, Error> {
        repo::lock_in(tx, store, 0).await?;
        prices(tx, store, sku).await
    }
}

async fn prices(
    connection: &mut AnyConnection,
    store: &StoreId,
    sku: &Sku,
) -> Result<Option<PricedVariant>, Error> {
    let rows = Skus::load(&mut *connection, store, &[sku.as_str()], &[]).await?;
    let Some(row) = rows.get(sku).filter(|row| !row.removed) else { return Ok(None) };
    let Some(stored) = repo::load(connection, store, Which::Seqs(&[row.seq])).await?.remove(&row.seq) else {
        return Ok(None);
    };
    let offers = stored.layers.offers.iter();
    let prices = offers.filter_map(|(country, offer)| {
        let input = offer.prices.get(&row.number)?.input();
        (input != PriceInput::default()).then_some((*country, input))
    });
    Ok(Some(PricedVariant {
        product: stored.head.id,
        tax_class: stored.layers.product.tax_class.clone(),
        prices: prices.collect(),
    }))
}
