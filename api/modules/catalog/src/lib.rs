//! What a store sells: products with variants, prices and texts, categories, attributes.
//!
//! [`Catalog`] is the door. It owns the tables `catalog_*`, the rules of what is shown, where and at which price,
//! and the validation of what comes in. Revisions, slugs and redirects belong to the store below; pages, stock
//! counts, carts and who wrote a review are unknown here: their results come in as [`Signals`].
//!
//! Writing functions end in `_in`, take part in the caller's transaction and return the [`Change`]s they made;
//! the caller passes those of the whole transaction to `Stores::bump_in` once. Writers of one store wait for each
//! other, so a product is never read and written by two at a time.
//!
//! [`Change`]: vitrine_core::Change

mod assortment;
mod bundles;
mod categories;
mod documents;
mod domain;
mod edit;
mod error;
mod export;
mod input;
mod layers;
mod lineage;
mod price;
mod priced;
mod promote;
mod promoted;
mod put;
mod read;
mod record;
mod repo;
mod schema;
mod shown;
mod signals;
mod skus;
mod slugs;
mod statistics;
mod validate;

pub use assortment::{Assortment, Sold};
pub use bundles::Bundle;
pub use domain::{
    Attribute, AttributeKind, AttributeValue, Availability, Category, CategoryText, Decimal, ExternalPicture,
    MediaRef, Offer, Part, Placement, Product, ProductText, ProductType, Rating, Review, Schema, SchemaText,
    Status, Variant,
};
pub use error::{Error, ItemError};
pub use input::{CategoryInput, ProductInput, SchemaInput};
pub use lineage::Lineage;
pub use price::{Amount, CurrentPrice, PRIOR_PRICE_DAYS, Past, PriceInput, Prices, Span, Window};
pub use priced::PricedVariant;
pub use promote::{Asked, PromotedProducts};
pub use promoted::{Promoted, Reduced};
pub use put::Put;
pub use record::{
    CategoryRecord, OfferLayer, ProductOutline, ProductRecord, SchemaRecord, TextLayer, VariantOutline,
    VariantRef,
};
pub use shown::{
    Found, ResolvedCategoryText, ResolvedText, VisibleVariant, category_text, is_shown, is_sold_in, text,
    valid_until, visible_variants,
};
pub use signals::Signals;
pub use validate::{
    CountryFacts, DESCRIPTION_CHARS, FieldPath, Known, Problem, Severity, TITLE_CHARS, is_gtin,
    validate_categories, validate_category, validate_price, validate_product, validate_schema,
};

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "catalog",
    steps: &[
        ("1-tables", include_str!("../migrations/1-tables.sql")),
        ("2-documents", vitrine_db::documents_ddl!("catalog_document")),
        ("3-parts", include_str!("../migrations/3-parts.sql")),
        ("4-promoted", include_str!("../migrations/4-promoted.sql")),
    ],
};

/// The module's door.
#[derive(Clone, Copy, Debug)]
pub struct Catalog;

#[cfg(test)]
mod tests;
