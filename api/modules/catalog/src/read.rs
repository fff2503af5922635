//! Reads for those who make pages: in ranges, layer by layer.
//!
//! Functions that take a [`Db`] see one state of the database; those that end in `_in` read within the caller's
//! connection, snapshot or transaction.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ContentHash, ProductId, Sku, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, InList, sql};

use crate::Catalog;
use crate::domain::{MediaRef, Product};
use crate::error::Error;
use crate::promote;
use crate::record::{OfferLayer, ProductOutline, ProductRecord, TextLayer, VariantRef};
use crate::repo::{self, OFFER, PRODUCT, PROMOTED, TEXT, Which, parsed};
use crate::signals::Signals;
use crate::skus::{self, Skus};

impl Catalog {
    /// At most `limit` products with numbers above `after_seq`, in order of their numbers.
    pub async fn products(
        db: &Db,
        store: &StoreId,
        after_seq: i64,
        limit: usize,
    ) -> Result<Vec<ProductRecord>, Error> {
        Self::products_in(&mut *db.snapshot().await?, store, after_seq, limit).await
    }

    /// [`Catalog::products`] within the caller's connection.
    pub async fn products_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        after_seq: i64,
        limit: usize,
    ) -> Result<Vec<ProductRecord>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        records(connection, store, Which::Range { after: after_seq, last: i64::MAX, limit }).await
    }

    /// The products with these numbers, in order of their numbers; those that there are not are left out.
    pub async fn products_by_seq(
        db: &Db,
        store: &StoreId,
        seqs: &[i64],
    ) -> Result<Vec<ProductRecord>, Error> {
        // One list is one statement, which sees one state by itself.
        match InList::chunks(seqs).count() {
            0 => Ok(Vec::new()),
            1 => Self::products_by_seq_in(&mut *db.reader().acquire().await?, store, seqs).await,
            _ => Self::products_by_seq_in(&mut *db.snapshot().await?, store, seqs).await,
        }
    }

    /// [`Catalog::products_by_seq`] within the caller's connection.
    pub async fn products_by_seq_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        seqs: &[i64],
    ) -> Result<Vec<ProductRecord>, Error> {
        records(connection, store, Which::Seqs(seqs)).await
    }

    /// The outlines of at most `limit` products with numbers above `after_seq`, in order of their numbers.
    pub async fn outline(
        db: &Db,
        store: &StoreId,
        after_seq: i64,
        limit: usize,
    ) -> Result<Vec<ProductOutline>, Error> {
        Self::outline_in(&mut *db.snapshot().await?, store, after_seq, limit).await
    }

    /// [`Catalog::outline`] within the caller's connection.
    pub async fn outline_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        after_seq: i64,
        limit: usize,
    ) -> Result<Vec<ProductOutline>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        outlines(connection, store, Which::Range { after: after_seq, last: i64::MAX, limit }).await
    }

    /// The outlines of the products with these numbers, in order of their numbers.
    pub async fn outline_of(db: &Db, store: &StoreId, seqs: &[i64]) -> Result<Vec<ProductOutline>, Error> {
        Self::outline_of_in(&mut *db.snapshot().await?, store, seqs).await
    }

    /// [`Catalog::outline_of`] within the caller's connection.
    pub async fn outline_of_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        seqs: &[i64],
    ) -> Result<Vec<ProductOutline>, Error> {
        outlines(connection, store, Which::Seqs(seqs)).await
    }

    /// The pictures of products by number, from a number on and before another; products without any are left out.
    pub async fn media(
        db: &Db,
        store: &StoreId,
        (first, end): (i64, i64),
    ) -> Result<BTreeMap<i64, Vec<MediaRef>>, Error> {
        #[derive(serde::Deserialize)]
        struct Pictures {
            #[serde(default)]
            media: Vec<MediaRef>,
        }
        let which = Which::Range { after: first - 1, last: end - 1, limit: i64::MAX };
        let rows = repo::fetch(&mut *db.snapshot().await?, PRODUCT, "seq, doc", store, which).await?;
        let mut pictures = BTreeMap::new();
        for row in &rows {
            let Pictures { media } = serde_json::from_str(row.try_get("doc")?)?;
            if !media.is_empty() {
                pictures.insert(row.try_get("seq")?, media);
            }
        }
        Ok(pictures)
    }

    /// The numbers of products; ids that there are not are left out.
    pub async fn seqs_of(
        db: &Db,
        store: &StoreId,
        ids: &[ProductId],
    ) -> Result<BTreeMap<ProductId, i64>, Error> {
        Self::seqs_of_in(&mut *db.snapshot().await?, store, ids).await
    }

    /// [`Catalog::seqs_of`] within the caller's connection.
    pub async fn seqs_of_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        ids: &[ProductId],
    ) -> Result<BTreeMap<ProductId, i64>, Error> {
        let ids: Vec<&str> = ids.iter().map(ProductId::as_str).collect();
        let heads = repo::heads(connection, store, &ids).await?;
        Ok(heads.into_iter().map(|(id, head)| (id, head.seq)).collect())
    }

    /// Where a SKU is found; `None` when no product has it now.
    pub async fn variant_by_sku(db: &Db, store: &StoreId, sku: &Sku) -> Result<Option<VariantRef>, Error> {
        let mut snapshot = db.snapshot().await?;
        let skus = Skus::load(&mut snapshot, store, &[sku.as_str()], &[]).await?;
        let Some(row) = skus.get(sku).filter(|row| !row.removed) else { return Ok(None) };
        let product = skus::product_ids(&mut snapshot, store, &[row.seq]).await?.remove(&row.seq);
        Ok(product.map(|product| VariantRef { seq: row.seq, product, number: row.number }))
    }

    /// Which of some SKUs a product has now, within the caller's connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn skus_there_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        skus: &[Sku],
    ) -> Result<BTreeSet<Sku>, Error> {
        let names: Vec<&str> = skus.iter().map(Sku::as_str).collect();
        let rows = Skus::load(connection, store, &names, &[]).await?;
        let is_there = |sku: &&Sku| rows.get(sku).is_some_and(|row| !row.removed);
        Ok(skus.iter().filter(is_there).cloned().collect())
    }
}

async fn records(
    connection: &mut AnyConnection,
    store: &StoreId,
    which: Which<'_>,
) -> Result<Vec<ProductRecord>, Error> {
    let mut found = Found::default();
    match which {
        Which::Range { after, .. } => {
            let columns = "seq, doc, stated, live, hash, changed_at";
            let rows = repo::fetch(connection, PRODUCT, columns, store, which).await?;
            found.records = rows.iter().map(record).collect::<Result<_, _>>()?;
            let Some(last) = found.records.last().map(|record| record.seq) else { return Ok(Vec::new()) };
            let layers = Which::Range { after, last, limit: i64::MAX };
            found.texts = repo::texts(connection, store, layers).await?;
            found.offers = promote::offers(connection, store, layers).await?;
        }
        Which::Seqs(seqs) => {
            for list in InList::chunks(seqs) {
                found.read(connection, store, &list).await?;
            }
        }
    }
    Ok(found.records())
}

/// Products and their layers as they were read.
#[derive(Default)]
struct Found {
    records: Vec<ProductRecord>,
    texts: Vec<(i64, TextLayer)>,
    offers: Vec<(i64, OfferLayer)>,
}

impl Found {
    /// Reads some products, all their layers in one statement: of a few products, statements cost more than rows.
    async fn read(
        &mut self,
        connection: &mut AnyConnection,
        store: &StoreId,
        list: &InList<'_, i64>,
    ) -> Result<(), Error> {
        let here = format!("WHERE store = $1 AND seq IN {}", list.sql(2));
        let query = sql(format!(
            "SELECT CAST(0 AS BIGINT) AS layer, seq, '' AS part, doc, hash, stated, live, changed_at
             FROM {PRODUCT} {here}
             UNION ALL SELECT 1, seq, lang, doc, hash, NULL, NULL, NULL FROM {TEXT} {here}
             UNION ALL SELECT 2, seq, country, doc, hash, NULL, NULL, NULL FROM {OFFER} {here}
             UNION ALL SELECT 3, seq, country, doc, NULL, NULL, NULL, NULL FROM {PROMOTED} {here}"
        ));
        let (mut offers, mut promoted) = (Vec::new(), promote::PromotedOffers::new());
        for row in list.bind(query.bind(store.as_str().to_owned())).fetch_all(connection).await? {
            match row.try_get::<i64, _>("layer")? {
                0 => self.records.push(record(&row)?),
                1 => self.texts.push((row.try_get("seq")?, repo::text_layer(&row, "part")?)),
                2 => offers.push((row.try_get("seq")?, repo::offer_layer(&row, "part")?)),
                _ => promote::note(&mut promoted, &row, "part")?,
            }
        }
        promote::apply(&mut offers, promoted);
        self.offers.append(&mut offers);
        Ok(())
    }

    /// The products with their layers, each in order.
    fn records(mut self) -> Vec<ProductRecord> {
        self.records.sort_by_key(|record| record.seq);
        self.records.dedup_by_key(|record| record.seq);
        let mut texts: BTreeMap<i64, Vec<TextLayer>> = BTreeMap::new();
        for (seq, layer) in self.texts {
            texts.entry(seq).or_default().push(layer);
        }
        let mut offers: BTreeMap<i64, Vec<OfferLayer>> = BTreeMap::new();
        for (seq, layer) in self.offers {
            offers.entry(seq).or_default().push(layer);
        }
        for record in &mut self.records {
            record.texts = texts.remove(&record.seq).unwrap_or_default();
            record.texts.sort_by(|a, b| a.lang.cmp(&b.lang));
            record.offers = offers.remove(&record.seq).unwrap_or_default();
            record.offers.sort_by_key(|layer| layer.country);
        }
        self.records
    }
}

fn record(row: &AnyRow) -> Result<ProductRecord, Error> {
    let product: Product = serde_json::from_str(row.try_get("doc")?)?;
    let stated: Signals = serde_json::from_str(row.try_get("stated")?)?;
    let live: Signals = serde_json::from_str(row.try_get("live")?)?;
    let signals = Signals::effective(&stated, &live, &product.variants);
    Ok(ProductRecord {
        seq: row.try_get("seq")?,
        product,
        availability: signals.availability,
        rating: signals.rating,
        reviews: signals.reviews.unwrap_or_default(),
        hash: hash_of(row)?,
        changed_at: Timestamp::from_ms(row.try_get("changed_at")?),
        texts: Vec::new(),
        offers: Vec::new(),
    })
}

async fn outlines(
    connection: &mut AnyConnection,
    store: &StoreId,
    which: Which<'_>,
) -> Result<Vec<ProductOutline>, Error> {
    let rows = repo::fetch(connection, PRODUCT, "seq, outline, hash, changed_at", store, which).await?;
    let mut outlines = Vec::with_capacity(rows.len());
    for row in &rows {
        let outline: ProductOutline = serde_json::from_str(row.try_get("outline")?)?;
        let (seq, changed_at) = (row.try_get("seq")?, Timestamp::from_ms(row.try_get("changed_at")?));
        outlines.push(ProductOutline { seq, hash: hash_of(row)?, changed_at, ..outline });
    }
    outlines.sort_by_key(|outline| outline.seq);
    outlines.dedup_by_key(|outline| outline.seq);
    Ok(outlines)
}

pub(crate) fn hash_of(row: &AnyRow) -> Result<ContentHash, Error> {
    parsed(PRODUCT, row.try_get("hash")?, |text| ContentHash::parse_hex(text).ok())
}
