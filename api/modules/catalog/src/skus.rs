//! Who has which SKU, and which numbers variants have or had.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ProductId, Sku, StoreId};
use vitrine_db::{AnyConnection, Batch, InList, sql};

use crate::error::Error;
use crate::repo::parsed;

/// A SKU that some product has, or had and may have again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SkuRow {
    pub(crate) seq: i64,
    pub(crate) number: u16,
    pub(crate) removed: bool,
}

/// SKUs that concern some products: those they want, and those they have or had.
#[derive(Debug, Default)]
pub(crate) struct Skus(BTreeMap<Sku, SkuRow>);

impl Skus {
    /// Reads the rows of these SKUs and of these products.
    pub(crate) async fn load(
        connection: &mut AnyConnection,
        store: &StoreId,
        skus: &[&str],
        seqs: &[i64],
    ) -> Result<Self, Error> {
        let head = "SELECT sku, seq, number, removed FROM catalog_sku WHERE store = $1 AND";
        let mut rows = Vec::new();
        for list in InList::chunks(skus) {
            let query = sql(format!("{head} sku IN {}", list.sql(2))).bind(store.as_str().to_owned());
            rows.append(&mut list.bind(query).fetch_all(&mut *connection).await?);
        }
        for list in InList::chunks(seqs) {
            let query = sql(format!("{head} seq IN {}", list.sql(2))).bind(store.as_str().to_owned());
            rows.append(&mut list.bind(query).fetch_all(&mut *connection).await?);
        }
        Ok(Self(rows.iter().map(row).collect::<Result<_, Error>>()?))
    }

    /// The row of a SKU.
    pub(crate) fn get(&self, sku: &Sku) -> Option<&SkuRow> {
        self.0.get(sku)
    }

    /// The product that has a SKU now.
    pub(crate) fn owner(&self, sku: &Sku) -> Option<i64> {
        self.0.get(sku).filter(|row| !row.removed).map(|row| row.seq)
    }

    /// The numbers that SKUs of a product have or had.
    pub(crate) fn numbers(&self, seq: i64) -> BTreeMap<Sku, u16> {
        let own = self.0.iter().filter(|(_, row)| row.seq == seq);
        own.map(|(sku, row)| (sku.clone(), row.number)).collect()
    }

    /// Writes the variants of a product: (SKU, number); its other SKUs stay reserved.
    pub(crate) fn restate(&self, store: &StoreId, seq: i64, variants: &[(&Sku, u16)], batch: &mut Batch) {
        let present: BTreeSet<&Sku> = variants.iter().map(|(sku, _)| *sku).collect();
        let gone =
            self.0.iter().filter(|(sku, row)| row.seq == seq && !row.removed && !present.contains(sku));
        let gone = gone.map(|(sku, row)| (sku, SkuRow { removed: true, ..row.clone() }));
        let there =
            variants.iter().map(|(sku, number)| (*sku, SkuRow { seq, number: *number, removed: false }));
        for (sku, row) in there.chain(gone).filter(|(sku, row)| self.0.get(sku) != Some(row)) {
            batch.push([
                store.as_str().into(),
                sku.as_str().into(),
                row.seq.into(),
                i64::from(row.number).into(),
                i64::from(row.removed).into(),
            ]);
        }
    }
}

/// A batch for [`Skus::restate`].
pub(crate) fn batch() -> Batch {
    Batch::new(
        "INSERT INTO catalog_sku (store, sku, seq, number, removed)",
        5,
        "ON CONFLICT (store, sku) DO UPDATE SET seq = excluded.seq, number = excluded.number, \
         removed = excluded.removed",
    )
}

fn row(row: &AnyRow) -> Result<(Sku, SkuRow), Error> {
    let number: i64 = row.try_get("number")?;
    let number = u16::try_from(number)
        .map_err(|_| Error::Corrupt { table: "catalog_sku", what: number.to_string() })?;
    let sku = parsed("catalog_sku", row.try_get("sku")?, |text| Sku::try_new(text).ok())?;
    Ok((sku, SkuRow { seq: row.try_get("seq")?, number, removed: row.try_get::<i64, _>("removed")? != 0 }))
}

/// Ids of products by their numbers.
pub(crate) async fn product_ids(
    connection: &mut AnyConnection,
    store: &StoreId,
    seqs: &[i64],
) -> Result<BTreeMap<i64, ProductId>, Error> {
    let mut ids = BTreeMap::new();
    for list in InList::chunks(seqs) {
        let query =
            sql(format!("SELECT seq, id FROM catalog_product WHERE store = $1 AND seq IN {}", list.sql(2)));
        for row in list.bind(query.bind(store.as_str().to_owned())).fetch_all(&mut *connection).await? {
            let id = parsed("catalog_product", row.try_get("id")?, |text| ProductId::try_new(text).ok())?;
            ids.insert(row.try_get("seq")?, id);
        }
    }
    Ok(ids)
}
