//! What is sold, by SKU: for carts and orders, which ask again and again for the same few products.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;
use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ContentHash, Country, Locale, Sku, StoreId, Timestamp};
use vitrine_db::{AnyConnection, InList, sql};

use crate::domain::{Availability, Offer, Product, ProductText, Variant};
use crate::error::Error;
use crate::price::CurrentPrice;
use crate::read::hash_of;
use crate::record::OfferLayer;
use crate::repo::{self, OFFER, PRODUCT, TEXT, parsed};
use crate::shown::{ResolvedText, is_shown, text};
use crate::signals::Signals;

/// Reads what is sold. The database is asked each time which version of a product holds; documents are parsed once for
/// each version and kept, the least used ones given up beyond a number of products.
pub struct Assortment {
    facts: Cache<(StoreId, i64), (ContentHash, Timestamp, Arc<Facts>)>,
    offers: Cache<(StoreId, i64, Country), (ContentHash, Arc<Offer>)>,
}

/// The layers of a product that hold in every country, without what only pages show: that is the most of it.
#[derive(Debug)]
struct Facts {
    product: Product,
    availability: BTreeMap<Sku, Availability>,
    texts: BTreeMap<Locale, ProductText>,
}

/// A variant that some product has.
#[derive(Clone, Debug)]
pub struct Sold {
    /// Number of the product.
    pub seq: i64,
    facts: Arc<Facts>,
    offer: Option<Arc<Offer>>,
    /// Its place among the product's variants.
    at: usize,
    country: Country,
}

impl Sold {
    /// The product, without pictures, related products and attributes.
    pub fn product(&self) -> &Product {
        &self.facts.product
    }

    /// The variant; `None` only where the product's document and its SKUs disagree.
    pub fn variant(&self) -> Option<&Variant> {
        self.facts.product.variants.get(self.at)
    }

    /// What pages say of its stock.
    pub fn availability(&self) -> Availability {
        let state = self.variant().and_then(|variant| self.facts.availability.get(&variant.sku));
        state.copied().unwrap_or_default()
    }

    /// What it costs in the country at a moment; `None` when it is not sold there then.
    pub fn price(&self, now: Timestamp) -> Option<CurrentPrice> {
        let variant = self.variant()?;
        let is_sold =
            is_shown(&self.facts.product, self.country, now) && !variant.not_in.contains(&self.country);
        let prices = self.offer.as_ref()?.prices.get(&variant.number)?;
        is_sold.then(|| prices.at(now)).flatten()
    }

    /// Its name and address along an edition's chain; `None` without a name and slug in the edition's language.
    pub fn text<'a>(&'a self, chain: &'a [Locale]) -> Option<ResolvedText<'a>> {
        text(chain, |lang| self.facts.texts.get(lang))
    }
}

/// Which version of a variant holds.
struct Version {
    sku: Sku,
    seq: i64,
    number: u16,
    facts: ContentHash,
    changed_at: Timestamp,
    offer: Option<ContentHash>,
}

impl Assortment {
    /// Keeps at most about so many products, and offers of eight countries for each.
    pub fn new(products: usize) -> Self {
        Self { facts: Cache::new(products), offers: Cache::new(products.saturating_mul(8)) }
    }

    /// The variants with these SKUs; those that no product has are left out.
    ///
    /// # Errors
    /// When the database fails or holds something else than it should.
    pub async fn find_in(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        country: Country,
        skus: &BTreeSet<Sku>,
    ) -> Result<BTreeMap<Sku, Sold>, Error> {
        let versions = versions(connection, store, country, skus).await?;
        self.read(connection, store, country, &versions).await?;
        let mut found = BTreeMap::new();
        for version in versions {
            let Some((_, _, facts)) = self.facts.get(&(store.clone(), version.seq)) else { continue };
            let offer = self.offers.get(&(store.clone(), version.seq, country));
            let offer = offer.filter(|_| version.offer.is_some()).map(|(_, offer)| offer);
            let is_it = |variant: &Variant| variant.number == version.number && variant.sku == version.sku;
            let Some(at) = facts.product.variants.iter().position(is_it) else { continue };
            found.insert(version.sku, Sold { seq: version.seq, facts, offer, at, country });
        }
        Ok(found)
    }

    /// Reads what is not kept, in one statement: the server is asked again and again for a product or two, and each
    /// question costs more than its rows.
    async fn read(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        country: Country,
        versions: &[Version],
    ) -> Result<(), Error> {
        let unknown = versions.iter().filter(|version| !self.keeps(store, country, version));
        let seqs: BTreeSet<i64> = unknown.map(|version| version.seq).collect();
        for list in InList::chunks(&seqs.into_iter().collect::<Vec<_>>()) {
            let query = sql(format!(
                "SELECT CAST(0 AS BIGINT) AS layer, seq, '' AS part, doc, hash, stated, live, changed_at
                 FROM {PRODUCT} WHERE store = $1 AND seq IN {list}
                 UNION ALL SELECT 1, seq, lang, doc, hash, NULL, NULL, NULL
                 FROM {TEXT} WHERE store = $1 AND seq IN {list}
                 UNION ALL SELECT 2, seq, country, doc, hash, NULL, NULL, NULL
                 FROM {OFFER} WHERE store = $1 AND country = $2 AND seq IN {list}",
                list = list.sql(3)
            ));
            let query = query.bind(store.as_str().to_owned()).bind(country.code().to_owned());
            self.keep(store, country, &list.bind(query).fetch_all(&mut *connection).await?)?;
        }
        Ok(())
    }

    fn keeps(&self, store: &StoreId, country: Country, version: &Version) -> bool {
        let facts = self.facts.get(&(store.clone(), version.seq));
        let offer = self.offers.get(&(store.clone(), version.seq, country));
        facts.is_some_and(|(hash, at, _)| hash == version.facts && at == version.changed_at)
            && version.offer.is_none_or(|wanted| offer.is_some_and(|(hash, _)| hash == wanted))
    }

    fn keep(&self, store: &StoreId, country: Country, rows: &[AnyRow]) -> Result<(), Error> {
        let mut texts: BTreeMap<i64, BTreeMap<Locale, ProductText>> = BTreeMap::new();
        let mut products = Vec::new();
        for row in rows {
            let seq: i64 = row.try_get("seq")?;
            match row.try_get::<i64, _>("layer")? {
                0 => products.push((seq, row)),
                1 => {
                    let layer = repo::text_layer(row, "part")?;
                    let ProductText { name, slug, .. } = layer.text;
                    let text = ProductText { name, slug, ..ProductText::default() };
                    texts.entry(seq).or_default().insert(layer.lang, text);
                }
                _ => {
                    let OfferLayer { hash, offer, .. } = repo::offer_layer(row, "part")?;
                    self.offers.insert((store.clone(), seq, country), (hash, Arc::new(offer)));
                }
            }
        }
        for (seq, row) in products {
            let product: Product = serde_json::from_str(row.try_get("doc")?)?;
            let stated: Signals = serde_json::from_str(row.try_get("stated")?)?;
            let live: Signals = serde_json::from_str(row.try_get("live")?)?;
            let availability = Signals::effective(&stated, &live, &product.variants).availability;
            let product =
                Product { media: Vec::new(), related: Vec::new(), attributes: BTreeMap::new(), ..product };
            let facts = Facts { product, availability, texts: texts.remove(&seq).unwrap_or_default() };
            let changed_at = Timestamp::from_ms(row.try_get("changed_at")?);
            self.facts.insert((store.clone(), seq), (hash_of(row)?, changed_at, Arc::new(facts)));
        }
        Ok(())
    }
}

async fn versions(
    connection: &mut AnyConnection,
    store: &StoreId,
    country: Country,
    skus: &BTreeSet<Sku>,
) -> Result<Vec<Version>, Error> {
    let skus: Vec<&str> = skus.iter().map(Sku::as_str).collect();
    let mut versions = Vec::with_capacity(skus.len());
    for list in InList::chunks(&skus) {
        let query = sql(format!(
            "SELECT s.sku AS sku, s.seq AS seq, s.number AS number, p.hash AS hash, p.changed_at AS changed_at, \
             o.hash AS offer FROM catalog_sku s \
             JOIN {PRODUCT} p ON p.store = s.store AND p.seq = s.seq \
             LEFT JOIN {OFFER} o ON o.store = s.store AND o.seq = s.seq AND o.country = $2 \
             WHERE s.store = $1 AND s.removed = 0 AND s.sku IN {}",
            list.sql(3)
        ));
        let query = query.bind(store.as_str().to_owned()).bind(country.code().to_owned());
        for row in list.bind(query).fetch_all(&mut *connection).await? {
            let number: i64 = row.try_get("number")?;
            let offer: Option<String> = row.try_get("offer")?;
            versions.push(Version {
                sku: parsed("catalog_sku", row.try_get("sku")?, |text| Sku::try_new(text).ok())?,
                seq: row.try_get("seq")?,
                number: u16::try_from(number)
                    .map_err(|_| Error::Corrupt { table: "catalog_sku", what: number.to_string() })?,
                facts: hash_of(&row)?,
                changed_at: Timestamp::from_ms(row.try_get("changed_at")?),
                offer: offer
                    .map(|text| parsed(OFFER, text, |text| ContentHash::parse_hex(text).ok()))
                    .transpose()?,
            });
        }
    }
    Ok(versions)
}

impl fmt::Debug for Assortment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assortment").field("products", &self.facts.len()).finish_non_exhaustive()
    }
}
