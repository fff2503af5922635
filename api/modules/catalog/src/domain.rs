//! What the catalog sells, without I/O.
//!
//! A product is kept in three layers that change at different rates and are read together: facts
//! ([`Product`]), a text for each language ([`ProductText`]) and an offer for each country ([`Offer`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_core::{
    AttributeId, CategoryId, Country, Locale, ProductId, ProductTypeId, Sku, Slug, TaxClass, Timestamp,
};

use crate::price::Prices;

/// Whether a thing is meant to be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Kept, and shown nowhere.
    Draft,
    /// Shown within its publish and unpublish times.
    #[default]
    Published,
}

/// What a page may say of stock; counts stay out of pages, so that only a change of state costs a render.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Can be bought.
    #[default]
    In,
    /// Can be bought; few are left.
    Low,
    /// Can be bought and comes later.
    Backorder,
    /// Can't be bought now.
    Out,
}

impl Availability {
    /// Whether the buy button works.
    pub fn is_buyable(self) -> bool {
        self != Self::Out
    }
}

/// The facts of a product that hold in every language and country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Stable name, `cloud`.
    pub id: ProductId,
    /// Product type: which options and attributes it may have.
    #[serde(rename = "type")]
    pub kind: ProductTypeId,
    /// Draft or published.
    #[serde(default)]
    pub status: Status,
    /// Not shown before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_at: Option<Timestamp>,
    /// Not shown from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpublish_at: Option<Timestamp>,
    /// Maker, as written on the label.
    #[serde(default)]
    pub brand: String,
    /// Names a rate in each country's tax table.
    pub tax_class: TaxClass,
    /// Where it is listed; the first is the breadcrumb's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Placement>,
    /// Options its variants differ in, in the order shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<AttributeId>,
    /// Pictures, the first on cards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaRef>,
    /// Products shown beside it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<ProductId>,
    /// Only in these countries; empty means in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// In none of these countries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<Country>,
    /// Typed facts; text attributes stand in [`ProductText`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeId, AttributeValue>,
    /// What can be bought, the default first; at least one.
    pub variants: Vec<Variant>,
}

/// A place of a product in a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The category.
    pub id: CategoryId,
    /// Static order in it, lowest first; equal ranks go by product id.
    #[serde(default)]
    pub rank: i64,
}

/// One buyable form of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Number within the product, from 0; given once and never reused, so it may stand in page keys.
    /// Input leaves it out.
    #[serde(default)]
    pub number: u16,
    /// Unique in the store.
    pub sku: Sku,
    /// Value of each of the product's options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<AttributeId, String>,
    /// GTIN-8, -12, -13 or -14 with a right check digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Grams, packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<u32>,
    /// Index into the product's media of the picture that shows this variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<u16>,
    /// In none of these countries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<Country>,
    /// What a bundle consists of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A part of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// A variant of another product.
    pub sku: Sku,
    /// Pieces in one bundle.
    pub quantity: u32,
}

/// Where a picture comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MediaRef {
    /// A file of the media library.
    File(String),
    /// A picture that an outside image service delivers in several widths.
    External(ExternalPicture),
}

/// A picture of an outside image service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalPicture {
    /// Absolute URL in which `{width}` stands for the pixels across.
    pub url: String,
    /// Widths the service has, in pixels, ascending.
    pub widths: Vec<u32>,
    /// Width of the original in pixels.
    pub width: u32,
    /// Height of the original in pixels.
    pub height: u32,
    /// Alt text by language; without one the product's name stands in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub alt: BTreeMap<Locale, String>,
}

/// A typed fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Of a `boolean` attribute.
    Boolean(bool),
    /// Of a `number` attribute: the exact decimal text, in the attribute's unit.
    Number(Decimal),
    /// Of a `choice` attribute: the id of one of its values.
    Choice(String),
    /// Several values of a `choice` attribute.
    Choices(Vec<String>),
}

/// A decimal number as its exact text, `24` or `0.5`; never a float, which would not keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decimal {
    /// The text: optional minus, digits, optionally a dot and digits.
    pub number: String,
}

/// What a page says about a product in one language; an absent field comes from the next of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductText {
    /// Name on cards and as the page's heading. No fallback to another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Last part of the URL. No fallback to another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Slug>,
    /// `<title>`, where it is not the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One or two sentences under the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// For search engines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The long text, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Values of `text` attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<AttributeId, String>,
}

/// What one country offers of a product: the prices of each variant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// By [`Variant::number`]; a variant without prices is not offered.
    pub prices: BTreeMap<u16, Prices>,
}

/// One shopper's opinion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// 1 to 5.
    pub rating: u8,
    /// The day it was written.
    pub date: Timestamp,
    /// The language it is written in.
    pub lang: Locale,
    /// Who wrote it; without one the page says 'verified buyer'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Heading.
    #[serde(default)]
    pub title: String,
    /// Text.
    #[serde(default)]
    pub body: String,
}

/// The sum of a product's reviews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// Average in tenths: 46 is 4.6 of 5.
    pub tenths: u8,
    /// Reviews counted; at least one.
    pub count: u32,
}

impl Rating {
    /// The average of some reviews, rounded half up to a tenth; `None` without reviews.
    pub fn of(reviews: &[Review]) -> Option<Self> {
        let count = u32::try_from(reviews.len()).ok().filter(|count| *count > 0)?;
        let sum: u32 = reviews.iter().map(|review| u32::from(review.rating)).sum();
        let tenths = (sum * 20 + count) / (count * 2);
        Some(Self { tenths: u8::try_from(tenths).unwrap_or(50), count })
    }
}

/// A node of the category tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Stable name.
    pub id: CategoryId,
    /// The node above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CategoryId>,
    /// Order among siblings, lowest first; equal ranks go by id.
    #[serde(default)]
    pub rank: i64,
    /// File of the media library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Only in these countries; empty means in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
}

/// What a page says about a category in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryText {
    /// Name in menus and as heading. No fallback to another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Last part of the URL. No fallback to another language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<Slug>,
    /// `<title>`, where it is not the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// For search engines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Introduction, in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What an attribute's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeKind {
    /// One or several of a list of values.
    Choice,
    /// A decimal number in a unit.
    Number,
    /// Free text in each language.
    Text,
    /// Yes or no.
    Boolean,
}

/// A kind of fact products may state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: AttributeKind,
    /// Ids of a choice's values, in the order shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Of a number: message `unit_<unit>` writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether it is offered as a filter.
    #[serde(default)]
    pub facet: bool,
}

/// Which options and attributes products of a type may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductType {
    /// Choices its variants may differ in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<AttributeId>,
    /// Attributes in the order of the specification table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeId>,
    /// Those of them that each product must state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<AttributeId>,
}

/// Attributes and product types of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// By id.
    #[serde(default)]
    pub attribute: BTreeMap<AttributeId, Attribute>,
    /// By id.
    #[serde(default, rename = "type")]
    pub types: BTreeMap<ProductTypeId, ProductType>,
}

/// The schema's words in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaText {
    /// Name of each attribute.
    #[serde(default)]
    pub label: BTreeMap<AttributeId, String>,
    /// Name of each value of a choice; a value without one is shown as its id.
    #[serde(default)]
    pub value: BTreeMap<AttributeId, BTreeMap<String, String>>,
    /// Name of each product type.
    #[serde(default, rename = "type")]
    pub types: BTreeMap<ProductTypeId, String>,
}
