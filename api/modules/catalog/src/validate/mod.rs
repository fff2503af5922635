//! What is wrong with a product, a category or the schema, before it is stored. No I/O.
//!
//! The same rules serve files and feeds. A [`Problem`] names the field by a path in the words of
//! `docs/content.md`, and the reader turns it into a line:
//!
//! | path | field |
//! |---|---|
//! | `type`, `tax_class`, `publish_at`, `categories[1].id`, `media[0]`, `related[0]`, `countries[0]` | of `product.toml` |
//! | `attributes.height` | a fact |
//! | `variants[2].sku`, `variants[2].options.size`, `variants[2].parts[0].sku` | of a variant |
//! | `variants[2].prices.DE` | its base price, or all of its prices there |
//! | `variants[2].prices.DE.windows[0].until` | of one of its windows, counted without the base price |
//! | `texts.de`, `texts.de.name`, `texts.de.attributes.core` | of `de.md` |
//! | `reviews[0].rating` | of `reviews.toml` |
//! | `attribute.size.values[1]`, `type.bed.options[0]`, `texts.de.label.size` | of the schema |
//!
//! Where a path has no place of its own, that of the nearest [`FieldPath::parent`] is meant.

mod category;
mod gtin;
mod prices;
mod product;
mod schema;
mod texts;
mod variants;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use vitrine_core::{CategoryId, Country, Currency, Locale, TaxClass};

use crate::domain::Schema;

pub use category::{validate_categories, validate_category};
pub use gtin::is_gtin;
pub use prices::validate_price;
pub use product::validate_product;
pub use schema::validate_schema;

/// Longest `<title>`, in characters: search engines cut off what is longer.
pub const TITLE_CHARS: usize = 60;
/// Longest description, in characters: search engines cut off what is longer.
pub const DESCRIPTION_CHARS: usize = 160;

/// What a country asks of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryFacts {
    /// The country.
    pub country: Country,
    /// What its prices are in.
    pub currency: Currency,
    /// Classes that it has a rate for.
    pub tax_classes: BTreeSet<TaxClass>,
    /// The text chain of each of its editions: the edition's locale first.
    pub chains: Vec<Vec<Locale>>,
}

/// What exists beside the thing that is validated.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// Attributes and product types.
    pub schema: &'a Schema,
    /// Categories with their parents.
    pub categories: &'a BTreeMap<CategoryId, Option<CategoryId>>,
    /// Countries of the store.
    pub countries: &'a [CountryFacts],
    /// Files of the media library; `None` where they can't be known.
    pub media: Option<&'a BTreeSet<String>>,
}

impl Known<'_> {
    fn country(&self, country: Country) -> Option<&CountryFacts> {
        self.countries.iter().find(|facts| facts.country == country)
    }

    fn country_codes(&self) -> String {
        list(self.countries.iter().map(|facts| facts.country))
    }
}

/// Whether a problem keeps an item out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The item can't be taken.
    Error,
    /// It can be taken and is not as good as it could be.
    Warning,
}

/// Something wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field.
    pub field: FieldPath,
    /// What is wrong, what was found, what is allowed.
    pub what: String,
    /// Whether it keeps the item out.
    pub severity: Severity,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.what)
    }
}

/// The way to a field: `variants[2].prices.DE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(String);

impl FieldPath {
    /// The thing as a whole.
    pub fn root() -> Self {
        Self::default()
    }

    /// A field of this one.
    #[must_use]
    pub fn key(&self, key: impl fmt::Display) -> Self {
        if self.0.is_empty() { Self(key.to_string()) } else { Self(format!("{}.{key}", self.0)) }
    }

    /// An element of this list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// What this is a field or an element of; `None` of the whole.
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(self.0.rfind(['.', '[']).map_or("", |end| &self.0[..end]).to_owned()))
    }

    /// The path as text; empty for the whole.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn error(&mut self, field: &FieldPath, what: impl Into<String>) {
        self.0.push(Problem { field: field.clone(), what: what.into(), severity: Severity::Error });
    }

    fn warning(&mut self, field: &FieldPath, what: impl Into<String>) {
        self.0.push(Problem { field: field.clone(), what: what.into(), severity: Severity::Warning });
    }

    fn error_if(&mut self, wrong: bool, field: &FieldPath, what: impl FnOnce() -> String) {
        if wrong {
            self.error(field, what());
        }
    }

    /// Reports each element that an earlier one equals.
    fn repeated<T: Ord + fmt::Display>(
        &mut self,
        field: &FieldPath,
        what: &str,
        items: impl IntoIterator<Item = T>,
    ) {
        let mut seen = BTreeSet::new();
        for (index, item) in items.into_iter().enumerate() {
            if seen.contains(&item) {
                self.error(&field.index(index), format!("{what} '{item}' stands here twice"));
            }
            seen.insert(item);
        }
    }

    fn countries(&mut self, field: &FieldPath, countries: &[Country], known: &Known<'_>) {
        for (index, country) in countries.iter().enumerate() {
            self.error_if(known.country(*country).is_none(), &field.index(index), || {
                format!("unknown country {country} (known: {})", known.country_codes())
            });
        }
        self.repeated(field, "country", countries);
    }

    fn too_long(&mut self, field: &FieldPath, what: &str, text: Option<&str>, allowed: usize) {
        let found = text.map_or(0, |text| text.chars().count());
        self.error_if(found > allowed, field, || {
            format!("{what} must have at most {allowed} characters (found {found})")
        });
    }
}

fn list(items: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_back_to_the_whole() {
        let path = FieldPath::root().key("variants").index(2).key("prices").key("DE");
        assert_eq!(path.as_str(), "variants[2].prices.DE");
        let parents: Vec<String> =
            std::iter::successors(Some(path), FieldPath::parent).map(|p| p.to_string()).collect();
        assert_eq!(parents, ["variants[2].prices.DE", "variants[2].prices", "variants[2]", "variants", ""]);
    }
}
