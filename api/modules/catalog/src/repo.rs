//! SQL of products and their layers; one text for SQLite and PostgreSQL.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ContentHash, Country, Locale, Origin, ProductId, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Batch, InList, Provenance, Tx, sql};

use crate::bundles;
use crate::error::Error;
use crate::layers::{History, Layers};
use crate::record::{OfferLayer, TextLayer};

pub(crate) const PRODUCT: &str = "catalog_product";
pub(crate) const TEXT: &str = "catalog_product_text";
pub(crate) const OFFER: &str = "catalog_product_offer";
pub(crate) const PROMOTED: &str = "catalog_product_promoted";

/// Which products to read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// At most `limit` rows with a number above `after`, and at most `last`.
    Range { after: i64, last: i64, limit: i64 },
    /// Those with these numbers.
    Seqs(&'a [i64]),
}

/// What a decision needs of a product's row.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) seq: i64,
    pub(crate) id: ProductId,
    pub(crate) provenance: Provenance,
}

/// A product as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) head: Head,
    pub(crate) layers: Layers,
    pub(crate) text_hashes: BTreeMap<Locale, ContentHash>,
    pub(crate) offer_hashes: BTreeMap<Country, ContentHash>,
    pub(crate) changed_at: Timestamp,
}

/// A product as it is to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Write<'a> {
    pub(crate) seq: i64,
    pub(crate) layers: Layers,
    pub(crate) old: Option<&'a Stored>,
    pub(crate) provenance: Provenance,
    pub(crate) changed_at: Timestamp,
}

/// Locks the store's catalog until the transaction ends, takes `count` product numbers and returns the first.
///
/// Writers read what they replace, so only one may be at it; with `count` 0 it is only the lock.
pub(crate) async fn lock_in(tx: &mut Tx, store: &StoreId, count: usize) -> Result<i64, Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row = sqlx::query(
        "INSERT INTO catalog_counter (store, seq) VALUES ($1, $2) \
         ON CONFLICT (store) DO UPDATE SET seq = catalog_counter.seq + excluded.seq RETURNING seq",
    )
    .bind(store.as_str())
    .bind(count)
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.try_get::<i64, _>(0)? - count + 1)
}

/// Rows of one of the three layers.
pub(crate) async fn fetch(
    connection: &mut AnyConnection,
    table: &str,
    columns: &str,
    store: &StoreId,
    which: Which<'_>,
) -> Result<Vec<AnyRow>, Error> {
    let head = format!("SELECT {columns} FROM {table} WHERE store = $1 AND seq");
    let mut rows = Vec::new();
    match which {
        Which::Range { after, last, limit } => {
            let query = sql(format!("{head} > $2 AND seq <= $3 ORDER BY seq LIMIT $4"));
            let query = query.bind(store.as_str().to_owned()).bind(after).bind(last).bind(limit);
            rows = query.fetch_all(connection).await?;
        }
        Which::Seqs(seqs) => {
            for list in InList::chunks(seqs) {
                let query = sql(format!("{head} IN {}", list.sql(2))).bind(store.as_str().to_owned());
                rows.append(&mut list.bind(query).fetch_all(&mut *connection).await?);
            }
        }
    }
    Ok(rows)
}

const HEAD: &str = "seq, id, origin, source_hash, edited";

/// The heads of products by id.
pub(crate) async fn heads(
    connection: &mut AnyConnection,
    store: &StoreId,
    ids: &[&str],
) -> Result<BTreeMap<ProductId, Head>, Error> {
    let mut heads = BTreeMap::new();
    for list in InList::chunks(ids) {
        let query = sql(format!("SELECT {HEAD} FROM {PRODUCT} WHERE store = $1 AND id IN {}", list.sql(2)));
        for row in list.bind(query.bind(store.as_str().to_owned())).fetch_all(&mut *connection).await? {
            let head = head(&row)?;
            heads.insert(head.id.clone(), head);
        }
    }
    Ok(heads)
}

/// The heads of all products of an origin.
pub(crate) async fn heads_of_origin(
    connection: &mut AnyConnection,
    store: &StoreId,
    origin: Origin,
) -> Result<Vec<Head>, Error> {
    let query = sql(format!("SELECT {HEAD} FROM {PRODUCT} WHERE store = $1 AND origin = $2 ORDER BY seq"));
    let rows = query.bind(store.as_str().to_owned()).bind(origin.as_str()).fetch_all(connection).await?;
    rows.iter().map(head).collect()
}

fn head(row: &AnyRow) -> Result<Head, Error> {
    let edited: Option<String> = row.try_get("edited")?;
    let provenance = Provenance {
        origin: parsed(PRODUCT, row.try_get("origin")?, |text| text.parse().ok())?,
        source_hash: parsed(PRODUCT, row.try_get("source_hash")?, |text| ContentHash::parse_hex(text).ok())?,
        edited: edited.map(|text| parsed(PRODUCT, text, |text| text.parse().ok())).transpose()?,
    };
    let id = parsed(PRODUCT, row.try_get("id")?, |text| ProductId::try_new(text).ok())?;
    Ok(Head { seq: row.try_get("seq")?, id, provenance })
}

pub(crate) fn parsed<T>(
    table: &'static str,
    text: String,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, Error> {
    parse(&text).ok_or(Error::Corrupt { table, what: text })
}

/// Products with all layers, by number.
pub(crate) async fn load(
    connection: &mut AnyConnection,
    store: &StoreId,
    which: Which<'_>,
) -> Result<BTreeMap<i64, Stored>, Error> {
    let columns = format!("{HEAD}, doc, stated, live, next_number, changed_at");
    let mut products = BTreeMap::new();
    for row in fetch(connection, PRODUCT, &columns, store, which).await? {
        let next_number: i64 = row.try_get("next_number")?;
        let layers = Layers {
            product: serde_json::from_str(row.try_get("doc")?)?,
            stated: serde_json::from_str(row.try_get("stated")?)?,
            live: serde_json::from_str(row.try_get("live")?)?,
            texts: BTreeMap::new(),
            offers: BTreeMap::new(),
            next_number: u16::try_from(next_number)
                .map_err(|_| Error::Corrupt { table: PRODUCT, what: next_number.to_string() })?,
        };
        let stored = Stored {
            head: head(&row)?,
            layers,
            text_hashes: BTreeMap::new(),
            offer_hashes: BTreeMap::new(),
            changed_at: Timestamp::from_ms(row.try_get("changed_at")?),
        };
        products.insert(stored.head.seq, stored);
    }
    let seqs: Vec<i64> = products.keys().copied().collect();
    for (seq, layer) in texts(connection, store, Which::Seqs(&seqs)).await? {
        if let Some(stored) = products.get_mut(&seq) {
            stored.text_hashes.insert(layer.lang.clone(), layer.hash);
            stored.layers.texts.insert(layer.lang, layer.text);
        }
    }
    for (seq, layer) in offers(connection, store, Which::Seqs(&seqs)).await? {
        if let Some(stored) = products.get_mut(&seq) {
            stored.offer_hashes.insert(layer.country, layer.hash);
            stored.layers.offers.insert(layer.country, layer.offer);
        }
    }
    Ok(products)
}

/// Text layers with the numbers of their products.
pub(crate) async fn texts(
    connection: &mut AnyConnection,
    store: &StoreId,
    which: Which<'_>,
) -> Result<Vec<(i64, TextLayer)>, Error> {
    let rows = fetch(connection, TEXT, "seq, lang, doc, hash", store, which).await?;
    rows.iter().map(|row| Ok((row.try_get("seq")?, text_layer(row, "lang")?))).collect()
}

/// The text layer in a row whose column of that name says the language.
pub(crate) fn text_layer(row: &AnyRow, lang: &str) -> Result<TextLayer, Error> {
    let lang = parsed(TEXT, row.try_get(lang)?, |text| Locale::try_new(text).ok())?;
    let hash = parsed(TEXT, row.try_get("hash")?, |text| ContentHash::parse_hex(text).ok())?;
    Ok(TextLayer { lang, hash, text: serde_json::from_str(row.try_get("doc")?)? })
}

/// Offer layers with the numbers of their products.
pub(crate) async fn offers(
    connection: &mut AnyConnection,
    store: &StoreId,
    which: Which<'_>,
) -> Result<Vec<(i64, OfferLayer)>, Error> {
    let rows = fetch(connection, OFFER, "seq, country, doc, hash", store, which).await?;
    rows.iter().map(|row| Ok((row.try_get("seq")?, offer_layer(row, "country")?))).collect()
}

/// The offer layer in a row whose column of that name says the country.
pub(crate) fn offer_layer(row: &AnyRow, country: &str) -> Result<OfferLayer, Error> {
    let country = parsed(OFFER, row.try_get(country)?, |text| Country::try_new(text).ok())?;
    let hash = parsed(OFFER, row.try_get("hash")?, |text| ContentHash::parse_hex(text).ok())?;
    Ok(OfferLayer { country, hash, offer: serde_json::from_str(row.try_get("doc")?)? })
}

/// Writes products and those of their layers that are different now.
pub(crate) async fn write_in(tx: &mut Tx, store: &StoreId, writes: &[Write<'_>]) -> Result<(), Error> {
    let mut products = product_batch();
    let mut texts = layer_batch(TEXT, "lang");
    let mut offers = layer_batch(OFFER, "country");
    for write in writes {
        let doc = serde_json::to_string(&write.layers.product)?;
        let hash = write.layers.hash(&doc)?.hex();
        products.push([
            store.as_str().into(),
            write.seq.into(),
            write.layers.product.id.as_str().into(),
            doc.into(),
            serde_json::to_string(&write.layers.stated)?.into(),
            serde_json::to_string(&write.layers.live)?.into(),
            serde_json::to_string(&write.layers.outline())?.into(),
            hash.into(),
            i64::from(write.layers.next_number).into(),
            write.provenance.origin.as_str().into(),
            write.provenance.source_hash.hex().into(),
            write.provenance.edited.map(|origin| origin.as_str().to_owned()).into(),
            write.changed_at.ms().into(),
        ]);
        for (lang, text) in &write.layers.texts {
            let (doc, hash) = hashed(text)?;
            if write.old.is_none_or(|old| old.text_hashes.get(lang) != Some(&hash)) {
                texts.push([
                    store.as_str().into(),
                    write.seq.into(),
                    lang.as_str().into(),
                    doc.into(),
                    hash.hex().into(),
                ]);
            }
        }
        for (country, offer) in &write.layers.offers {
            let (doc, hash) = hashed(offer)?;
            if write.old.is_none_or(|old| old.offer_hashes.get(country) != Some(&hash)) {
                offers.push([
                    store.as_str().into(),
                    write.seq.into(),
                    country.code().into(),
                    doc.into(),
                    hash.hex().into(),
                ]);
            }
        }
        delete_layers_in(tx, store, write).await?;
    }
    products.run_in(tx).await?;
    texts.run_in(tx).await?;
    offers.run_in(tx).await?;
    bundles::note_parts_in(tx, store, writes).await
}

fn product_batch() -> Batch {
    Batch::new(
        "INSERT INTO catalog_product (store, seq, id, doc, stated, live, outline, hash, next_number, origin, \
         source_hash, edited, changed_at)",
        13,
        "ON CONFLICT (store, seq) DO UPDATE SET doc = excluded.doc, stated = excluded.stated, \
         live = excluded.live, outline = excluded.outline, hash = excluded.hash, \
         next_number = excluded.next_number, origin = excluded.origin, source_hash = excluded.source_hash, \
         edited = excluded.edited, changed_at = excluded.changed_at",
    )
}

fn layer_batch(table: &str, key: &str) -> Batch {
    Batch::new(
        format!("INSERT INTO {table} (store, seq, {key}, doc, hash)"),
        5,
        format!("ON CONFLICT (store, seq, {key}) DO UPDATE SET doc = excluded.doc, hash = excluded.hash"),
    )
}

fn hashed(value: &impl serde::Serialize) -> Result<(String, ContentHash), Error> {
    let doc = serde_json::to_string(value)?;
    let hash = ContentHash::of(doc.as_bytes());
    Ok((doc, hash))
}

/// Deletes layers that a product no longer has.
async fn delete_layers_in(tx: &mut Tx, store: &StoreId, write: &Write<'_>) -> Result<(), Error> {
    let Some(old) = write.old else { return Ok(()) };
    for lang in old.text_hashes.keys().filter(|lang| !write.layers.texts.contains_key(lang)) {
        let query =
            sqlx::query("DELETE FROM catalog_product_text WHERE store = $1 AND seq = $2 AND lang = $3");
        query.bind(store.as_str()).bind(write.seq).bind(lang.as_str()).execute(&mut **tx).await?;
    }
    for country in old.offer_hashes.keys().filter(|country| !write.layers.offers.contains_key(country)) {
        let query =
            sqlx::query("DELETE FROM catalog_product_offer WHERE store = $1 AND seq = $2 AND country = $3");
        query.bind(store.as_str()).bind(write.seq).bind(country.code()).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Deletes products with their layers and SKUs.
pub(crate) async fn delete_in(tx: &mut Tx, store: &StoreId, seqs: &[i64]) -> Result<(), Error> {
    for table in ["catalog_part", "catalog_sku", PROMOTED, OFFER, TEXT, PRODUCT] {
        for list in InList::chunks(seqs) {
            let query = sql(format!("DELETE FROM {table} WHERE store = $1 AND seq IN {}", list.sql(2)));
            list.bind(query.bind(store.as_str().to_owned())).execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// Keeps prices that fell out of reach.
pub(crate) async fn keep_history_in(tx: &mut Tx, store: &StoreId, history: &[History]) -> Result<(), Error> {
    let mut batch = Batch::new(
        "INSERT INTO catalog_price_history (store, sku, country, until_ms, from_ms, minor, compare_at, is_window)",
        8,
        "",
    );
    for History { sku, country, past } in history {
        batch.push([
            store.as_str().into(),
            sku.as_str().into(),
            country.code().into(),
            past.until.ms().into(),
            past.from.map(Timestamp::ms).into(),
            past.amount.minor.into(),
            past.amount.compare_at.into(),
            i64::from(past.window).into(),
        ]);
    }
    batch.run_in(tx).await?;
    Ok(())
}
