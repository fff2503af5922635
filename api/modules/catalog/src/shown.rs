//! What of a product is shown, where, when and in which words. No I/O, no clock.

use std::collections::BTreeMap;

use vitrine_core::{AttributeId, Country, Locale, Slug, Timestamp};

use crate::domain::{CategoryText, Offer, Product, ProductText, Status, Variant};
use crate::price::CurrentPrice;

/// Whether a product is shown in a country at a moment, prices aside.
///
/// It has a page there if some variant is visible as well.
pub fn is_shown(product: &Product, country: Country, as_of: Timestamp) -> bool {
    product.status == Status::Published
        && product.publish_at.is_none_or(|from| from <= as_of)
        && product.unpublish_at.is_none_or(|until| as_of < until)
        && is_sold_in(&product.countries, &product.not_in, country)
}

/// Whether `countries` (empty means all) without `not_in` has the country.
pub fn is_sold_in(countries: &[Country], not_in: &[Country], country: Country) -> bool {
    (countries.is_empty() || countries.contains(&country)) && !not_in.contains(&country)
}

/// A variant that can be chosen in a country, with its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisibleVariant<'a> {
    /// The variant.
    pub variant: &'a Variant,
    /// What it costs there now.
    pub price: CurrentPrice,
}

/// The variants of a shown product that have a price in the country at that moment, in the product's order.
///
/// Sold out ones are among them; none at all when the product is not shown.
pub fn visible_variants<'a>(
    product: &'a Product,
    offer: &Offer,
    country: Country,
    as_of: Timestamp,
) -> Vec<VisibleVariant<'a>> {
    if !is_shown(product, country, as_of) {
        return Vec::new();
    }
    let variants = product.variants.iter().filter(|variant| !variant.not_in.contains(&country));
    variants
        .filter_map(|variant| {
            let price = offer.prices.get(&variant.number)?.at(as_of)?;
            Some(VisibleVariant { variant, price })
        })
        .collect()
}

/// The next moment after `as_of` at which any of this may answer differently; `None` if time alone changes nothing.
pub fn valid_until(
    product: &Product,
    offer: Option<&Offer>,
    country: Country,
    as_of: Timestamp,
) -> Option<Timestamp> {
    if product.status == Status::Draft || !is_sold_in(&product.countries, &product.not_in, country) {
        return None;
    }
    let times = [product.publish_at, product.unpublish_at].into_iter().flatten().filter(|time| *time > as_of);
    let prices =
        product.variants.iter().filter(|variant| !variant.not_in.contains(&country)).filter_map(|variant| {
            offer.and_then(|offer| offer.prices.get(&variant.number))?.valid_until(as_of)
        });
    times.chain(prices).min()
}

/// A text with the language it was found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The text.
    pub text: &'a str,
    /// The locale of the chain that has it.
    pub lang: &'a Locale,
}

/// The words of a product for one edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedText<'a> {
    /// Name, in the edition's language.
    pub name: &'a str,
    /// Slug, in the edition's language.
    pub slug: &'a Slug,
    /// `<title>`, in the edition's language, where it is not the name.
    pub title: Option<&'a str>,
    /// One or two sentences under the name.
    pub summary: Option<Found<'a>>,
    /// For search engines.
    pub description: Option<Found<'a>>,
    /// The long text, in Markdown.
    pub body: Option<Found<'a>>,
    /// Values of `text` attributes.
    pub attributes: BTreeMap<&'a AttributeId, Found<'a>>,
}

/// The words of a category for one edition; fields as in [`ResolvedText`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedCategoryText<'a> {
    /// Name, in the edition's language.
    pub name: &'a str,
    /// Slug, in the edition's language.
    pub slug: &'a Slug,
    /// `<title>`, in the edition's language, where it is not the name.
    pub title: Option<&'a str>,
    /// For search engines.
    pub description: Option<Found<'a>>,
    /// Introduction, in Markdown.
    pub body: Option<Found<'a>>,
}

/// The words of a product along an edition's chain; `None` without a name and slug in the edition's language.
///
/// `chain` is what `Store::text_chain` gives: the edition's locale first. `lookup` finds the text of one locale.
pub fn text<'a>(
    chain: &'a [Locale],
    lookup: impl Fn(&Locale) -> Option<&'a ProductText>,
) -> Option<ResolvedText<'a>> {
    let texts = Texts::new(chain, lookup);
    let mut attributes = BTreeMap::new();
    for (lang, text) in &texts.found {
        for (id, value) in &text.attributes {
            attributes.entry(id).or_insert(Found { text: value, lang });
        }
    }
    Some(ResolvedText {
        name: texts.own(|text| text.name.as_deref())?,
        slug: texts.own(|text| text.slug.as_ref())?,
        title: texts.own(|text| text.title.as_deref()),
        summary: texts.any(|text| text.summary.as_deref()),
        description: texts.any(|text| text.description.as_deref()),
        body: texts.any(|text| text.body.as_deref()),
        attributes,
    })
}

/// The words of a category along an edition's chain; `None` without a name and slug in the edition's language.
pub fn category_text<'a>(
    chain: &'a [Locale],
    lookup: impl Fn(&Locale) -> Option<&'a CategoryText>,
) -> Option<ResolvedCategoryText<'a>> {
    let texts = Texts::new(chain, lookup);
    Some(ResolvedCategoryText {
        name: texts.own(|text| text.name.as_deref())?,
        slug: texts.own(|text| text.slug.as_ref())?,
        title: texts.own(|text| text.title.as_deref()),
        description: texts.any(|text| text.description.as_deref()),
        body: texts.any(|text| text.body.as_deref()),
    })
}

/// The texts of a chain that exist, best first.
struct Texts<'a, T> {
    language: &'a str,
    found: Vec<(&'a Locale, &'a T)>,
}

impl<'a, T> Texts<'a, T> {
    fn new(chain: &'a [Locale], lookup: impl Fn(&Locale) -> Option<&'a T>) -> Self {
        let language = chain.first().map_or("", Locale::language);
        let found = chain.iter().filter_map(|lang| Some((lang, lookup(lang)?))).collect();
        Self { language, found }
    }

    /// A field that must be in the edition's language.
    fn own<F: ?Sized>(&self, field: impl Fn(&'a T) -> Option<&'a F>) -> Option<&'a F> {
        let own = self.found.iter().filter(|(lang, _)| lang.language() == self.language);
        own.into_iter().find_map(|(_, text)| field(text))
    }

    /// A field that any language of the chain may lend.
    fn any(&self, field: impl Fn(&'a T) -> Option<&'a str>) -> Option<Found<'a>> {
        self.found.iter().find_map(|(lang, text)| Some(Found { text: field(text)?, lang }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_ms(n * DAY)
    }

    fn country(code: &str) -> Country {
        Country::try_new(code).unwrap()
    }

    fn lang(tag: &str) -> Locale {
        Locale::try_new(tag).unwrap()
    }

    fn product() -> Product {
        serde_json::from_value(json!({
            "id": "cloud", "type": "mattress", "tax_class": "standard", "not_in": ["JP"],
            "publish_at": 10 * DAY, "unpublish_at": 40 * DAY,
            "variants": [{ "number": 4, "sku": "A" }, { "number": 1, "sku": "B", "not_in": ["CH"] }],
        }))
        .unwrap()
    }

    fn offer() -> Offer {
        serde_json::from_value(json!({ "prices": {
            "1": { "base": { "minor": 100 } },
            "4": { "windows": [{ "minor": 90, "from": 20 * DAY, "until": 30 * DAY }] },
        } }))
        .unwrap()
    }

    fn skus(country: Country, as_of: Timestamp) -> Vec<String> {
        let product = product();
        let visible = visible_variants(&product, &offer(), country, as_of);
        visible.iter().map(|visible| visible.variant.sku.to_string()).collect()
    }

    #[test]
    fn a_variant_is_visible_within_all_times_and_countries_that_concern_it() {
        let de = country("DE");
        assert_eq!(skus(de, day(9)), [""; 0]);
        assert_eq!(skus(de, day(10)), ["B"]);
        assert_eq!(skus(de, day(20)), ["A", "B"], "in the product's order, not by number");
        assert_eq!(skus(de, day(40)), [""; 0]);
        assert_eq!(skus(country("CH"), day(20)), ["A"]);
        assert_eq!(skus(country("JP"), day(20)), [""; 0]);
    }

    #[test]
    fn nothing_changes_before_valid_until() {
        let (product, offer, de) = (product(), offer(), country("DE"));
        let mut moment = day(0);
        let mut stops = Vec::new();
        while let Some(next) = valid_until(&product, Some(&offer), de, moment) {
            let before = visible_variants(&product, &offer, de, moment);
            assert_eq!(visible_variants(&product, &offer, de, next.plus_ms(-1)), before);
            stops.push(next);
            moment = next;
        }
        assert_eq!(stops, [day(10), day(20), day(30), day(40)]);
        assert_eq!(valid_until(&product, Some(&offer), country("JP"), day(0)), None);
    }

    #[test]
    fn words_come_down_the_chain_but_names_and_slugs_stay_in_their_language() {
        let texts: BTreeMap<Locale, ProductText> = serde_json::from_value(json!({
            "de": { "name": "Wolke", "slug": "wolke", "attributes": { "core": "Kaltschaum" } },
            "de-CH": { "summary": "Für die Schweiz." },
            "en": { "name": "Cloud", "slug": "cloud", "title": "Cloud mattress", "body": "Soft.",
                    "summary": "Nice.", "attributes": { "core": "foam", "cover": "cotton" } },
        }))
        .unwrap();
        let chain = [lang("de-CH"), lang("de"), lang("en")];
        let found = text(&chain, |lang| texts.get(lang)).unwrap();
        assert_eq!((found.name, found.slug.as_str(), found.title), ("Wolke", "wolke", None));
        assert_eq!(found.summary.map(|f| (f.text, f.lang.as_str())), Some(("Für die Schweiz.", "de-CH")));
        assert_eq!(found.body.map(|f| (f.text, f.lang.as_str())), Some(("Soft.", "en")));
        let attributes: Vec<_> = found.attributes.iter().map(|(id, f)| (id.as_str(), f.text)).collect();
        assert_eq!(attributes, [("core", "Kaltschaum"), ("cover", "cotton")]);
        assert!(text(&[lang("fr"), lang("en")], |lang| texts.get(lang)).is_none());
    }
}
