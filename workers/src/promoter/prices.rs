//! What promotions make of one price.

use std::collections::BTreeMap;
use std::sync::Arc;

use vitrine_catalog::{Asked, Catalog, Lineage, Reduced};
use vitrine_core::{ContentHash, Country, Currency, Money, ProductId, Sku, StoreId};
use vitrine_db::Tx;
use vitrine_pricing::{Class, Line, Promotion, next_change, shown_price};
use vitrine_promotion::Promotions;
use vitrine_store::Stores;

use crate::WorkerError;

/// All that promotion prices of a store follow from, beside its products.
#[derive(Debug)]
pub(super) struct Shown {
    /// What each country sells in, and the promotions that pages there can show.
    countries: BTreeMap<Country, (Currency, Vec<Arc<Promotion>>)>,
    lineage: Lineage,
    /// Of the promotions; empty where they change no price of goods.
    hash: String,
}

impl Shown {
    /// Reads it as the transaction sees it.
    pub(super) async fn read_in(tx: &mut Tx, store: &StoreId) -> Result<Self, WorkerError> {
        let mut promotions = Promotions::automatic_in(tx, store).await?;
        // Others for everybody count as well, because what does not combine with them is not given.
        promotions.retain(|promotion| promotion.is_for_anybody());
        if !promotions.iter().any(|promotion| promotion.class() == Class::Product) {
            promotions.clear();
        }
        let hash = match promotions.is_empty() {
            true => String::new(),
            false => ContentHash::of_json(&promotions)?.hex(),
        };
        let (config, lineage) = match hash.is_empty() {
            true => (None, Lineage::default()),
            false => {
                let config = Stores::load_in(tx, store).await?;
                (config, Lineage::of(Catalog::categories_in(tx, store).await?))
            }
        };
        let countries = config.into_iter().flat_map(|config| config.countries).map(|config| {
            let country = config.country;
            let is_here = |promotion: &&Arc<Promotion>| {
                promotion.countries.is_empty() || promotion.countries.contains(&country)
            };
            (country, (config.currency, promotions.iter().filter(is_here).cloned().collect()))
        });
        Ok(Self { countries: countries.collect(), lineage, hash })
    }

    /// Tells other rules from these.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// Asks for one price after the other; those of one product together are quickest.
    pub(super) fn reducer(&self) -> Reducer<'_> {
        Reducer { shown: self, product: None, lines: BTreeMap::new() }
    }
}

/// Keeps the lines of the product that was asked for last.
#[derive(Debug)]
pub(super) struct Reducer<'a> {
    shown: &'a Shown,
    product: Option<ProductId>,
    lines: BTreeMap<Sku, Line>,
}

impl Reducer<'_> {
    /// What promotions make of a price.
    pub(super) fn reduce(&mut self, asked: &Asked<'_>) -> Reduced {
        let shown = self.shown;
        let Some((currency, promotions)) = shown.countries.get(&asked.country) else {
            return Reduced::default();
        };
        if promotions.is_empty() {
            return Reduced::default();
        }
        let money = |minor| Money::new(minor, *currency);
        let line = self.line(asked, money(asked.amount.minor));
        line.unit_price = money(asked.amount.minor);
        line.compare_at = asked.amount.compare_at.map(money);
        // An amount that no cart takes is shown as it is stated.
        let reduced = shown_price(line, promotions, asked.country, *currency, asked.at).ok().flatten();
        Reduced {
            minor: reduced.map(|reduced| reduced.price.minor()),
            until: next_change(promotions, asked.at),
        }
    }

    fn line(&mut self, asked: &Asked<'_>, price: Money) -> &mut Line {
        if self.product.as_ref() != Some(&asked.product.id) {
            self.product = Some(asked.product.id.clone());
            self.lines.clear();
        }
        let lineage = &self.shown.lineage;
        self.lines.entry(asked.variant.sku.clone()).or_insert_with(|| Line {
            id: "page".to_owned(),
            sku: asked.variant.sku.clone(),
            product: asked.product.id.clone(),
            categories: lineage.of_all(&asked.product.categories),
            quantity: 1,
            unit_price: price,
            compare_at: None,
            tax_class: asked.product.tax_class.clone(),
            weight_g: 0,
            parts: Vec::new(),
        })
    }
}
