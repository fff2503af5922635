//! The lines of a feed as they are written, `docs/feed.md`.

use std::collections::BTreeMap;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use vitrine_catalog::{
    Attribute, Availability, ExternalPicture, Part, Placement, ProductType, SchemaText, Status,
};
use vitrine_core::{
    AttributeId, CategoryId, Country, Locale, ProductId, ProductTypeId, Sku, Slug, StoreId, TaxClass,
    Timestamp,
};

/// The name in every header.
pub(super) const FEED: &str = "vitrine-catalog";
/// The one version there is.
pub(super) const VERSION: u32 = 1;

/// What a feed's end means for products it didn't name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// They stay.
    Delta,
    /// They are removed.
    Full,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) feed: String,
    pub(super) version: u32,
    pub(super) store: StoreId,
    pub(super) mode: Mode,
}

/// A line after the header.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<'a> {
    Schema(FeedSchema),
    Category(FeedCategory),
    #[serde(borrow)]
    Product(Box<FeedProduct<'a>>),
    RemoveProduct(ProductId),
    End(End),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// Product lines of the feed.
    pub(super) products: u64,
    /// Category lines of the feed; without it categories are never removed.
    pub(super) categories: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedSchema {
    #[serde(default)]
    pub(super) attribute: BTreeMap<AttributeId, Attribute>,
    #[serde(default, rename = "type")]
    pub(super) types: BTreeMap<ProductTypeId, ProductType>,
    #[serde(default)]
    pub(super) texts: BTreeMap<Locale, SchemaText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedCategory {
    pub(super) id: CategoryId,
    pub(super) parent: Option<CategoryId>,
    #[serde(default)]
    pub(super) rank: i64,
    pub(super) picture: Option<String>,
    #[serde(default)]
    pub(super) countries: Vec<Country>,
    #[serde(default)]
    pub(super) texts: BTreeMap<Locale, FeedCategoryText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedCategoryText {
    pub(super) name: Option<String>,
    pub(super) slug: Option<Slug>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) body: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedProduct<'a> {
    pub(super) id: ProductId,
    #[serde(rename = "type")]
    pub(super) kind: ProductTypeId,
    #[serde(default)]
    pub(super) status: Status,
    #[serde(default, deserialize_with = "time")]
    pub(super) publish_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(super) unpublish_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) brand: String,
    pub(super) tax_class: TaxClass,
    #[serde(default)]
    pub(super) categories: Vec<Placement>,
    #[serde(default)]
    pub(super) options: Vec<AttributeId>,
    #[serde(default)]
    pub(super) media: Vec<FeedMedia>,
    #[serde(default)]
    pub(super) related: Vec<ProductId>,
    #[serde(default)]
    pub(super) countries: Vec<Country>,
    #[serde(default)]
    pub(super) not_in: Vec<Country>,
    #[serde(default, borrow)]
    pub(super) attributes: BTreeMap<AttributeId, &'a RawValue>,
    #[serde(borrow)]
    pub(super) variants: Vec<FeedVariant<'a>>,
    #[serde(default)]
    pub(super) texts: BTreeMap<Locale, FeedText>,
    pub(super) reviews: Option<Vec<FeedReview>>,
    #[serde(borrow)]
    pub(super) rating: Option<FeedRating<'a>>,
}

/// A file of the media library or a picture of an outside service.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum FeedMedia {
    File(String),
    External(ExternalPicture),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedVariant<'a> {
    pub(super) sku: Sku,
    #[serde(default)]
    pub(super) options: BTreeMap<AttributeId, String>,
    pub(super) gtin: Option<String>,
    pub(super) weight_g: Option<u32>,
    /// One of the product's: its file or its URL.
    pub(super) media: Option<String>,
    pub(super) availability: Option<Availability>,
    #[serde(default)]
    pub(super) not_in: Vec<Country>,
    #[serde(default)]
    pub(super) parts: Vec<Part>,
    /// A number, a step or a list of steps: told apart where the currency is known.
    #[serde(default, borrow)]
    pub(super) prices: BTreeMap<Country, &'a RawValue>,
}

/// A price with what it is compared with and when it holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedStep<'a> {
    /// A number or its digits as text: never read as floating point.
    #[serde(borrow)]
    pub(super) amount: &'a RawValue,
    #[serde(borrow)]
    pub(super) compare_at: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "time")]
    pub(super) from: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    pub(super) until: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedText {
    pub(super) name: Option<String>,
    pub(super) slug: Option<Slug>,
    pub(super) title: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) attributes: BTreeMap<AttributeId, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedReview {
    pub(super) rating: u8,
    #[serde(deserialize_with = "needed_time")]
    pub(super) date: Timestamp,
    pub(super) lang: Locale,
    pub(super) author: Option<String>,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedRating<'a> {
    /// With one decimal, `4.6`.
    #[serde(borrow)]
    pub(super) average: &'a RawValue,
    pub(super) count: u32,
}

/// An RFC 3339 time or a date, or null.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<std::borrow::Cow<'de, str>> = Deserialize::deserialize(deserializer)?;
    text.map(|text| Timestamp::parse_rfc3339(&text).map_err(D::Error::custom)).transpose()
}

fn needed_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    time(deserializer)?.ok_or_else(|| D::Error::custom("a date is needed"))
}

/// As much of a product line as its complaint needs.
#[derive(Debug, Deserialize)]
pub(super) struct JustId {
    pub(super) product: JustIdOf,
}

/// The id of any product.
#[derive(Debug, Deserialize)]
pub(super) struct JustIdOf {
    pub(super) id: ProductId,
}
