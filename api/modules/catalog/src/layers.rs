//! A product with all its layers in memory, without I/O: what is put, edited and given back to its source.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_core::{ContentHash, Country, Locale, Sku, Timestamp};

use crate::domain::{Offer, Product, ProductText};
use crate::error::Error;
use crate::input::ProductInput;
use crate::price::{Past, PriceInput, Prices};
use crate::record::{ProductOutline, VariantOutline};
use crate::signals::Signals;

/// All layers of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layers {
    /// The facts with numbered variants.
    pub(crate) product: Product,
    /// Signals as the source states them.
    pub(crate) stated: Signals,
    /// Signals as stock and reviews say.
    pub(crate) live: Signals,
    /// A text for each language.
    pub(crate) texts: BTreeMap<Locale, ProductText>,
    /// An offer for each country.
    pub(crate) offers: BTreeMap<Country, Offer>,
    /// Number of the next variant that is new.
    pub(crate) next_number: u16,
}

/// A price that no prior price looks back at any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) sku: Sku,
    pub(crate) country: Country,
    pub(crate) past: Past,
}

impl Layers {
    /// What a product becomes when its source states `input` at `now`.
    ///
    /// `numbers` are those that SKUs of this product have or had; other SKUs get new ones, and the caller has made
    /// sure that there are enough ([`Self::numbers_left`]).
    pub(crate) fn put(
        old: Option<&Self>,
        input: &ProductInput,
        numbers: &BTreeMap<Sku, u16>,
        now: Timestamp,
    ) -> (Self, Vec<History>) {
        let mut product = input.product.clone();
        let mut next_number = old.map_or(0, |old| old.next_number);
        for variant in &mut product.variants {
            variant.number = match numbers.get(&variant.sku) {
                Some(number) => *number,
                None => {
                    next_number = next_number.saturating_add(1);
                    next_number - 1
                }
            };
        }
        let stated = Signals {
            availability: input.availability.clone(),
            rating: input.rating,
            reviews: input.reviews.clone(),
        };
        let mut live = old.map(|old| old.live.clone()).unwrap_or_default();
        if stated.reviews.is_none() && live.reviews.is_none() {
            // Silence about reviews leaves those that are there, as if somebody else had said them.
            live.reviews = old.and_then(|old| old.stated.reviews.clone());
        }
        let offers = old.map(|old| old.offers.clone()).unwrap_or_default();
        let mut layers = Self { product, stated, live, texts: input.texts.clone(), offers, next_number };
        let history = layers.restate_prices(old, &input.prices, now);
        (layers, history)
    }

    /// How many more SKUs can get a number.
    pub(crate) fn numbers_left(&self) -> usize {
        usize::from(u16::MAX - self.next_number)
    }

    /// Replaces the prices of all variants and countries, those left out included.
    fn restate_prices(
        &mut self,
        old: Option<&Self>,
        prices: &BTreeMap<Sku, BTreeMap<Country, PriceInput>>,
        now: Timestamp,
    ) -> Vec<History> {
        let sku_of = self.skus_by_number(old);
        let number_of: BTreeMap<&Sku, u16> =
            self.product.variants.iter().map(|v| (&v.sku, v.number)).collect();
        let mut stated: BTreeMap<(Country, u16), &PriceInput> = BTreeMap::new();
        for (sku, countries) in prices {
            let Some(number) = number_of.get(sku) else { continue };
            stated.extend(countries.iter().map(|(country, price)| ((*country, *number), price)));
        }
        let held =
            self.offers.iter().flat_map(|(country, offer)| offer.prices.keys().map(|n| (*country, *n)));
        let keys: BTreeSet<(Country, u16)> = held.chain(stated.keys().copied()).collect();
        let nothing = PriceInput::default();
        let mut history = Vec::new();
        for (country, number) in keys {
            let input = stated.get(&(country, number)).copied().unwrap_or(&nothing);
            let past = self.set_price(country, number, input, now);
            if let Some(sku) = sku_of.get(&number) {
                history.extend(past.into_iter().map(|past| History { sku: sku.clone(), country, past }));
            }
        }
        history
    }

    /// SKUs of the variants there are and of those there were a moment ago.
    fn skus_by_number(&self, old: Option<&Self>) -> BTreeMap<u16, Sku> {
        let before = old.into_iter().flat_map(|old| &old.product.variants);
        before.chain(&self.product.variants).map(|variant| (variant.number, variant.sku.clone())).collect()
    }

    /// Replaces one price and returns what falls out of its reach.
    pub(crate) fn set_price(
        &mut self,
        country: Country,
        number: u16,
        input: &PriceInput,
        now: Timestamp,
    ) -> Vec<Past> {
        let offer = self.offers.entry(country).or_default();
        let mut prices = match offer.prices.get(&number) {
            Some(prices) => prices.replaced(input, now),
            None => Prices::new(input.clone()),
        };
        let gone = prices.prune(now);
        if prices.past.is_empty() && prices.input() == PriceInput::default() {
            offer.prices.remove(&number);
        } else {
            offer.prices.insert(number, prices);
        }
        if offer.prices.is_empty() {
            self.offers.remove(&country);
        }
        gone
    }

    /// Everything that held until the product is removed at `now`.
    pub(crate) fn closed_prices(&self, now: Timestamp) -> Vec<History> {
        let mut history = Vec::new();
        for (country, offer) in &self.offers {
            for variant in &self.product.variants {
                let Some(prices) = offer.prices.get(&variant.number) else { continue };
                let closed = prices.replaced(&PriceInput::default(), now);
                history.extend(closed.past.into_iter().map(|past| History {
                    sku: variant.sku.clone(),
                    country: *country,
                    past,
                }));
            }
        }
        history
    }

    /// What pages show of stock and reviews.
    pub(crate) fn signals(&self) -> Signals {
        Signals::effective(&self.stated, &self.live, &self.product.variants)
    }

    /// The countries whose pages can show a difference to what the product was; empty means all.
    ///
    /// Only prices differ from country to country. Where they decide whether the product is there at all, pages of
    /// other countries, which name it as their alternate, differ as well.
    pub(crate) fn seen_in(&self, old: &Self) -> BTreeSet<Country> {
        let is_same_elsewhere = self.product == old.product
            && self.texts == old.texts
            && self.signals() == old.signals()
            && self.outline() == old.outline();
        let countries = self.offers.keys().chain(old.offers.keys()).copied();
        countries
            .filter(|country| is_same_elsewhere && self.offers.get(country) != old.offers.get(country))
            .collect()
    }

    /// Hash of the facts layer, signals included.
    pub(crate) fn hash(&self, doc: &str) -> Result<ContentHash, Error> {
        let mut hasher = vitrine_core::Hasher::new("catalog.product");
        hasher.field(doc.as_bytes());
        hasher.field(serde_json::to_string(&self.signals())?.as_bytes());
        Ok(hasher.finish())
    }

    /// The narrow form that plans are made of; seq, hash and time are columns of their own.
    pub(crate) fn outline(&self) -> ProductOutline {
        let product = &self.product;
        let variants = product.variants.iter().map(|variant| {
            let prices = self.offers.iter().filter_map(|(country, offer)| {
                let spans = offer.prices.get(&variant.number)?.offered();
                (!spans.is_empty()).then_some((*country, spans))
            });
            VariantOutline {
                number: variant.number,
                sku: variant.sku.clone(),
                not_in: variant.not_in.clone(),
                offered: Arc::new(prices.collect()),
            }
        });
        ProductOutline {
            seq: 0,
            id: product.id.clone(),
            status: product.status,
            publish_at: product.publish_at,
            unpublish_at: product.unpublish_at,
            categories: product.categories.clone(),
            countries: product.countries.clone(),
            not_in: product.not_in.clone(),
            variants: variants.collect(),
            slugs: self
                .texts
                .iter()
                .filter_map(|(lang, text)| Some((lang.clone(), text.slug.clone()?)))
                .collect(),
            hash: ContentHash::of(b""),
            changed_at: Timestamp::from_ms(0),
        }
    }

    /// The product as its source would state it.
    pub(crate) fn input(&self) -> ProductInput {
        let mut product = self.product.clone();
        let mut prices: BTreeMap<Sku, BTreeMap<Country, PriceInput>> = BTreeMap::new();
        for variant in &mut product.variants {
            for (country, offer) in &self.offers {
                let input = offer.prices.get(&variant.number).map(Prices::input).unwrap_or_default();
                if input != PriceInput::default() {
                    prices.entry(variant.sku.clone()).or_default().insert(*country, input);
                }
            }
            variant.number = 0;
        }
        ProductInput {
            product,
            texts: self.texts.clone(),
            prices,
            availability: self.stated.availability.clone(),
            reviews: self.stated.reviews.clone(),
            rating: self.stated.rating,
        }
    }
}

/// Hash of what a source states: equal statements have equal hashes, whatever numbers the variants carry.
pub(crate) fn source_hash(input: &ProductInput) -> Result<ContentHash, Error> {
    let empty = |prices: &BTreeMap<Country, PriceInput>| {
        prices.is_empty() || prices.values().any(|price| *price == PriceInput::default())
    };
    let numbered = input.product.variants.iter().any(|variant| variant.number != 0);
    if !numbered && !input.prices.values().any(empty) {
        return Ok(ContentHash::of_json(input)?);
    }
    let mut canonical = input.clone();
    for variant in &mut canonical.product.variants {
        variant.number = 0;
    }
    for prices in canonical.prices.values_mut() {
        prices.retain(|_, price| *price != PriceInput::default());
    }
    canonical.prices.retain(|_, prices| !prices.is_empty());
    Ok(ContentHash::of_json(&canonical)?)
}
