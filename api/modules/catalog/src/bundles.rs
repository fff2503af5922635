//! Which bundles a SKU is a part of.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use vitrine_core::{Sku, StoreId};
use vitrine_db::{AnyConnection, Batch, InList, Tx, sql};

use crate::Catalog;
use crate::domain::{Part, Product};
use crate::error::Error;
use crate::repo::{self, PRODUCT, Which, Write};

/// A variant that consists of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The variant.
    pub sku: Sku,
    /// What it consists of.
    pub parts: Vec<Part>,
}

impl Catalog {
    /// The bundles with any of these SKUs among their parts, sorted by SKU.
    ///
    /// # Errors
    /// When the database fails or holds something else than it should.
    pub async fn bundles_with_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        parts: &[Sku],
    ) -> Result<Vec<Bundle>, Error> {
        let names: Vec<&str> = parts.iter().map(Sku::as_str).collect();
        let mut seqs = BTreeSet::new();
        for list in InList::chunks(&names) {
            let query =
                sql(format!("SELECT seq FROM catalog_part WHERE store = $1 AND part IN {}", list.sql(2)));
            for row in list.bind(query.bind(store.as_str().to_owned())).fetch_all(&mut *connection).await? {
                seqs.insert(row.try_get::<i64, _>("seq")?);
            }
        }
        let seqs: Vec<i64> = seqs.into_iter().collect();
        let mut bundles = BTreeMap::new();
        for row in repo::fetch(connection, PRODUCT, "doc", store, Which::Seqs(&seqs)).await? {
            let product: Product = serde_json::from_str(row.try_get("doc")?)?;
            for variant in product.variants {
                if variant.parts.iter().any(|part| parts.contains(&part.sku)) {
                    bundles.insert(variant.sku.clone(), Bundle { sku: variant.sku, parts: variant.parts });
                }
            }
        }
        Ok(bundles.into_values().collect())
    }
}

fn parts_of(product: &Product) -> BTreeSet<&Sku> {
    product.variants.iter().flat_map(|variant| &variant.parts).map(|part| &part.sku).collect()
}

/// Notes the parts of products where these are not what they were.
pub(crate) async fn note_parts_in(tx: &mut Tx, store: &StoreId, writes: &[Write<'_>]) -> Result<(), Error> {
    let changed = writes.iter().filter(|write| {
        let before = write.old.map(|old| parts_of(&old.layers.product)).unwrap_or_default();
        before != parts_of(&write.layers.product)
    });
    let changed: Vec<&Write<'_>> = changed.collect();
    let seqs: Vec<i64> = changed.iter().map(|write| write.seq).collect();
    for list in InList::chunks(&seqs) {
        let query = sql(format!("DELETE FROM catalog_part WHERE store = $1 AND seq IN {}", list.sql(2)));
        list.bind(query.bind(store.as_str().to_owned())).execute(&mut **tx).await?;
    }
    let mut rows = Batch::new("INSERT INTO catalog_part (store, part, seq)", 3, "");
    for write in changed {
        for part in parts_of(&write.layers.product) {
            rows.push([store.as_str().into(), part.as_str().into(), write.seq.into()]);
        }
    }
    rows.run_in(tx).await?;
    Ok(())
}
