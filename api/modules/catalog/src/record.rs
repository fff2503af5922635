//! What readers of the catalog get.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use vitrine_core::{ContentHash, Country, Locale, ProductId, Sku, Slug, Timestamp};

use crate::domain::{
    Availability, Category, CategoryText, Offer, Placement, Product, ProductText, Rating, Review, Schema,
    SchemaText, Status,
};
use crate::price::Span;

/// A product with all its layers. Each layer has a content hash: equal hashes, equal content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRecord {
    /// Number of the product in its store; never reused.
    pub seq: i64,
    /// The facts, the id among them.
    pub product: Product,
    /// A state for each variant.
    pub availability: BTreeMap<Sku, Availability>,
    /// Sum of the reviews.
    pub rating: Option<Rating>,
    /// Reviews to show.
    pub reviews: Vec<Review>,
    /// Of facts, availability, rating and reviews.
    pub hash: ContentHash,
    /// When somebody last edited any layer; stock and reviews don't count.
    pub changed_at: Timestamp,
    /// Sorted by language.
    pub texts: Vec<TextLayer>,
    /// Sorted by country.
    pub offers: Vec<OfferLayer>,
}

impl ProductRecord {
    /// The text in exactly this locale; for [`crate::text`].
    pub fn text(&self, lang: &Locale) -> Option<&ProductText> {
        let found = self.texts.binary_search_by(|layer| layer.lang.cmp(lang)).ok()?;
        self.texts.get(found).map(|layer| &layer.text)
    }

    /// What a country offers.
    pub fn offer(&self, country: Country) -> Option<&OfferLayer> {
        let found = self.offers.binary_search_by(|layer| layer.country.cmp(&country)).ok()?;
        self.offers.get(found)
    }
}

/// The words of a product in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextLayer {
    /// The language.
    pub lang: Locale,
    /// Of the text.
    pub hash: ContentHash,
    /// The text.
    pub text: ProductText,
}

/// What one country offers of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferLayer {
    /// The country.
    pub country: Country,
    /// Of the offer.
    pub hash: ContentHash,
    /// The offer.
    pub offer: Offer,
}

/// What planning pages needs of a product, without texts and prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductOutline {
    /// Number of the product in its store; never reused.
    #[serde(skip)]
    pub seq: i64,
    /// Its stable name.
    pub id: ProductId,
    /// Draft or published.
    pub status: Status,
    /// Not shown before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_at: Option<Timestamp>,
    /// Not shown from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpublish_at: Option<Timestamp>,
    /// Where it is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Placement>,
    /// Only in these countries; empty means in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// In none of these countries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<Country>,
    /// Its variants in the order shown.
    pub variants: Vec<VariantOutline>,
    /// Its slug in each language that has one, by language. A list, because maps of a dozen entries take three times
    /// their room, and plans keep the outlines of all products.
    #[serde(with = "by_language")]
    pub slugs: Vec<(Locale, Slug)>,
    /// Of the facts layer, as in [`ProductRecord`].
    #[serde(skip, default = "no_hash")]
    pub hash: ContentHash,
    /// When somebody last edited any layer.
    #[serde(skip, default = "beginning")]
    pub changed_at: Timestamp,
}

impl ProductOutline {
    /// The variants that can be chosen in a country at a moment; equals [`crate::visible_variants`].
    pub fn visible_variants(
        &self,
        country: Country,
        as_of: Timestamp,
    ) -> impl Iterator<Item = &VariantOutline> {
        let shown = self.status == Status::Published
            && self.publish_at.is_none_or(|from| from <= as_of)
            && self.unpublish_at.is_none_or(|until| as_of < until)
            && crate::is_sold_in(&self.countries, &self.not_in, country);
        self.variants.iter().filter(move |variant| {
            shown
                && !variant.not_in.contains(&country)
                && variant
                    .offered
                    .get(&country)
                    .is_some_and(|spans| spans.iter().any(|span| span.contains(as_of)))
        })
    }
}

/// A list by language as a map of JSON.
mod by_language {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};
    use vitrine_core::{Locale, Slug};

    pub(super) fn serialize<S: Serializer>(slugs: &[(Locale, Slug)], to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(slugs.iter().map(|(lang, slug)| (lang, slug)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(Locale, Slug)>, D::Error> {
        Ok(BTreeMap::deserialize(from)?.into_iter().collect())
    }
}

fn no_hash() -> ContentHash {
    ContentHash::of(b"")
}

fn beginning() -> Timestamp {
    Timestamp::from_ms(0)
}

/// What planning pages needs of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantOutline {
    /// Number within the product; never reused.
    pub number: u16,
    /// Unique in the store.
    pub sku: Sku,
    /// In none of these countries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<Country>,
    /// When it has a price in each country; a country without any is left out. Most variants of a store have one at
    /// the same times, so whoever keeps many can share them.
    #[serde(default, skip_serializing_if = "is_nowhere")]
    pub offered: Arc<BTreeMap<Country, Vec<Span>>>,
}

fn is_nowhere(offered: &Arc<BTreeMap<Country, Vec<Span>>>) -> bool {
    offered.is_empty()
}

/// Where a SKU is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantRef {
    /// Number of its product.
    pub seq: i64,
    /// Its product.
    pub product: ProductId,
    /// Number of the variant within the product.
    pub number: u16,
}

/// A category with its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryRecord {
    /// Number of the category in its store; never reused.
    pub seq: i64,
    /// The facts.
    pub category: Category,
    /// A text for each language.
    pub texts: BTreeMap<Locale, CategoryText>,
    /// Of facts and texts.
    pub hash: ContentHash,
    /// When any of it last changed.
    pub changed_at: Timestamp,
}

/// Attributes and product types with their words; empty where none was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaRecord {
    /// Definitions.
    pub schema: Schema,
    /// Labels for each language.
    pub texts: BTreeMap<Locale, SchemaText>,
    /// Of definitions and labels.
    pub hash: ContentHash,
}
