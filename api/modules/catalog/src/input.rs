//! What files, feeds and the admin hand in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_core::{Country, Locale, Sku};

use crate::domain::{
    Availability, Category, CategoryText, Product, ProductText, Rating, Review, Schema, SchemaText,
};
use crate::price::PriceInput;

/// A whole product as its source states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductInput {
    /// The facts; variant numbers are ignored, the catalog gives them by SKU.
    pub product: Product,
    /// A text for each language.
    pub texts: BTreeMap<Locale, ProductText>,
    /// Prices by SKU and country.
    pub prices: BTreeMap<Sku, BTreeMap<Country, PriceInput>>,
    /// First state of SKUs that are new; later the stock keeps it.
    #[serde(default)]
    pub availability: BTreeMap<Sku, Availability>,
    /// Reviews, where the source has them; `None` leaves those that are there.
    #[serde(default)]
    pub reviews: Option<Vec<Review>>,
    /// Sum of reviews kept elsewhere, where the source has only that.
    #[serde(default)]
    pub rating: Option<Rating>,
}

/// A whole category as its source states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryInput {
    /// The facts.
    pub category: Category,
    /// A text for each language.
    pub texts: BTreeMap<Locale, CategoryText>,
}

/// Attributes and product types with their words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaInput {
    /// Definitions.
    pub schema: Schema,
    /// Labels for each language.
    pub texts: BTreeMap<Locale, SchemaText>,
}
