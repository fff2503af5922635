//! Lines of a feed into the catalog's input. Pure.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use vitrine_catalog::{
    Amount, AttributeValue, Category, CategoryInput, CategoryText, Decimal, MediaRef, PriceInput, Product,
    ProductInput, ProductText, Rating, Review, Schema, SchemaInput, Variant, Window,
};
use vitrine_core::{Country, Currency, Money};

use super::shape::{
    FeedCategory, FeedMedia, FeedProduct, FeedRating, FeedReview, FeedSchema, FeedStep, FeedText, FeedVariant,
};
use crate::source::price::Currencies;
use crate::source::reader::nearest;

/// A field and what is wrong with it.
pub(super) type Wrong = (String, String);

pub(super) fn schema(line: FeedSchema) -> SchemaInput {
    let FeedSchema { attribute, types, texts } = line;
    SchemaInput { schema: Schema { attribute, types }, texts }
}

pub(super) fn category(line: FeedCategory) -> CategoryInput {
    let FeedCategory { id, parent, rank, picture, countries, texts } = line;
    let texts = texts.into_iter().map(|(lang, text)| {
        let text = CategoryText {
            name: said(text.name),
            slug: text.slug,
            title: said(text.title),
            description: said(text.description),
            body: said(text.body),
        };
        (lang, text)
    });
    CategoryInput { texts: texts.collect(), category: Category { id, parent, rank, picture, countries } }
}

/// The product of a line; all that is wrong with its values at once.
pub(super) fn product(line: FeedProduct<'_>, currencies: &Currencies) -> Result<ProductInput, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let media: Vec<MediaRef> = line.media.into_iter().map(media).collect();
    let mut attributes = BTreeMap::new();
    for (id, raw) in line.attributes {
        match attribute(raw) {
            Some(value) => {
                attributes.insert(id, value);
            }
            None => wrong.push((
                format!("attributes.{id}"),
                allowed("true, false, a number, a text or a list of texts", raw),
            )),
        }
    }
    let mut prices = BTreeMap::new();
    let mut availability = BTreeMap::new();
    let mut variants = Vec::with_capacity(line.variants.len());
    for (index, read) in line.variants.into_iter().enumerate() {
        let field = format!("variants[{index}]");
        availability.extend(read.availability.map(|state| (read.sku.clone(), state)));
        let offered = offered(&read, currencies, &field, &mut wrong);
        if !offered.is_empty() {
            prices.insert(read.sku.clone(), offered);
        }
        variants.push(variant(read, &media, &field, &mut wrong));
    }
    let rating = line.rating.and_then(|read| rating(&read, &mut wrong));
    let product = Product {
        id: line.id,
        kind: line.kind,
        status: line.status,
        publish_at: line.publish_at,
        unpublish_at: line.unpublish_at,
        brand: line.brand,
        tax_class: line.tax_class,
        categories: line.categories,
        options: line.options,
        media,
        related: line.related,
        countries: line.countries,
        not_in: line.not_in,
        attributes,
        variants,
    };
    let texts = line.texts.into_iter().map(|(lang, read)| (lang, text(read))).collect();
    let reviews = line.reviews.map(|reviews| reviews.into_iter().map(review).collect());
    if wrong.is_empty() {
        Ok(ProductInput { product, texts, prices, availability, reviews, rating })
    } else {
        Err(wrong)
    }
}

fn media(read: FeedMedia) -> MediaRef {
    match read {
        FeedMedia::File(file) => MediaRef::File(file),
        FeedMedia::External(picture) => MediaRef::External(picture),
    }
}

/// An empty text says nothing.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn text(read: FeedText) -> ProductText {
    ProductText {
        name: said(read.name),
        slug: read.slug,
        title: said(read.title),
        summary: said(read.summary),
        description: said(read.description),
        body: said(read.body),
        attributes: read.attributes,
    }
}

fn review(read: FeedReview) -> Review {
    let FeedReview { rating, date, lang, author, title, body } = read;
    Review { rating, date, lang, author, title, body }
}

fn rating(read: &FeedRating<'_>, wrong: &mut Vec<Wrong>) -> Option<Rating> {
    let tenths = digits(read.average).and_then(|digits| {
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "0"));
        let fraction = Some(fraction.trim_end_matches('0')).filter(|fraction| fraction.len() <= 1)?;
        let fraction: u8 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        whole.parse::<u8>().ok()?.checked_mul(10)?.checked_add(fraction)
    });
    if tenths.is_none() {
        wrong.push(("rating.average".to_owned(), allowed("from 1.0 to 5.0 with one decimal", read.average)));
    }
    Some(Rating { tenths: tenths?, count: read.count })
}

fn variant(read: FeedVariant<'_>, media: &[MediaRef], field: &str, wrong: &mut Vec<Wrong>) -> Variant {
    let picture = read.media.and_then(|file| {
        let is_it = |entry: &MediaRef| match entry {
            MediaRef::File(name) => *name == file,
            MediaRef::External(picture) => picture.url == file,
        };
        let index = media.iter().position(is_it).and_then(|index| u16::try_from(index).ok());
        if index.is_none() {
            wrong.push((
                format!("{field}.media"),
                format!("picture '{file}' must be one of the product's 'media'"),
            ));
        }
        index
    });
    let FeedVariant { sku, options, gtin, weight_g, not_in, parts, .. } = read;
    Variant { number: 0, sku, options, gtin, weight_g, media: picture, not_in, parts }
}

fn offered(
    read: &FeedVariant<'_>,
    currencies: &Currencies,
    field: &str,
    wrong: &mut Vec<Wrong>,
) -> BTreeMap<Country, PriceInput> {
    let mut offered = BTreeMap::new();
    for (country, raw) in &read.prices {
        let what = match currencies.get(country) {
            None => Err(unsold(*country, currencies)),
            Some(currency) => price(raw, *currency),
        };
        match what {
            Ok(price) => {
                offered.insert(*country, price);
            }
            Err(what) => wrong.push((format!("{field}.prices.{country}"), what)),
        }
    }
    offered
}

fn unsold(country: Country, currencies: &Currencies) -> String {
    let allowed: Vec<&str> = currencies.keys().map(Country::code).collect();
    format!("the store does not sell in {country} (countries: {})", allowed.join(", "))
}

/// A number, a step or a list of steps.
fn price(raw: &RawValue, currency: Currency) -> Result<PriceInput, String> {
    let step = |read: &FeedStep<'_>| -> Result<Amount, String> {
        let compare_at = read.compare_at.map(|raw| minor(raw, currency)).transpose()?;
        Ok(Amount { minor: minor(read.amount, currency)?, compare_at })
    };
    let mut price = PriceInput::default();
    let steps: Vec<FeedStep<'_>> = match raw.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(raw.get()).map_err(|error| in_short(&error))?,
        Some(b'{') => vec![serde_json::from_str(raw.get()).map_err(|error| in_short(&error))?],
        _ => {
            price.base = Some(Amount { minor: minor(raw, currency)?, compare_at: None });
            return Ok(price);
        }
    };
    for read in &steps {
        let amount = step(read)?;
        match (read.from, read.until, price.base) {
            (Some(from), until, _) => price.windows.push(Window { amount, from, until }),
            (None, Some(_), _) => return Err("a price with 'until' needs 'from' as well".to_owned()),
            (None, None, Some(_)) => {
                return Err("only one price of a list may stand without 'from'".to_owned());
            }
            (None, None, None) => price.base = Some(amount),
        }
    }
    Ok(price)
}

fn minor(raw: &RawValue, currency: Currency) -> Result<i64, String> {
    let digits = digits(raw).ok_or_else(|| allowed("an amount such as 499 or \"499.00\"", raw))?;
    Ok(Money::parse(&digits, currency).map_err(|error| error.to_string())?.minor())
}

/// The digits of a number, be they written as a number or as text.
fn digits(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'-' | b'0'..=b'9' => Some(raw.get().to_owned()),
        _ => None,
    }
}

fn attribute(raw: &RawValue) -> Option<AttributeValue> {
    Some(match raw.get().as_bytes().first()? {
        b't' => AttributeValue::Boolean(true),
        b'f' => AttributeValue::Boolean(false),
        b'"' => AttributeValue::Choice(serde_json::from_str(raw.get()).ok()?),
        b'[' => AttributeValue::Choices(serde_json::from_str(raw.get()).ok()?),
        b'-' | b'0'..=b'9' => AttributeValue::Number(Decimal { number: raw.get().to_owned() }),
        _ => return None,
    })
}

fn allowed(what: &str, found: &RawValue) -> String {
    let found: String = found.get().chars().take(40).collect();
    format!("must be {what} (found {found})")
}

/// A JSON error without its place, which would be one within the value; of an unknown key the one that was meant.
pub(super) fn in_short(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    let Some((found, known)) = text.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, "))
    else {
        return text.to_owned();
    };
    // Every second piece between the marks is a name.
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    match nearest(found, known.iter().copied()) {
        Some(near) => format!("unknown key '{found}' (did you mean '{near}'?)"),
        None => format!("unknown key '{found}' (known: {})", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use vitrine_core::{Sku, Timestamp};

    use super::*;

    fn sku(text: &str) -> Sku {
        Sku::try_new(text).unwrap()
    }

    fn currencies() -> Currencies {
        [("DE", Currency::EUR), ("JP", Currency::JPY)]
            .map(|(code, currency)| (Country::try_new(code).unwrap(), currency))
            .into()
    }

    fn read(json: &str) -> Result<ProductInput, Vec<Wrong>> {
        product(serde_json::from_str(json).unwrap(), &currencies())
    }

    fn with(rest: &str) -> String {
        format!(r#"{{"id":"x","type":"bed","tax_class":"standard",{rest}}}"#)
    }

    #[test]
    fn prices_are_read_exactly_in_every_form() {
        let prices = r#""variants":[{"sku":"A","prices":{"DE":"499.10","JP":129800}},
            {"sku":"B","prices":{"DE":{"amount":499.10,"compare_at":"600"}}},
            {"sku":"C","prices":{"DE":[{"amount":5},{"amount":"4","compare_at":5,"from":"2026-11-20","until":"2026-12-01T00:00:00Z"}]}}]"#;
        let input = read(&with(prices)).unwrap();
        let (de, jp) = (Country::try_new("DE").unwrap(), Country::try_new("JP").unwrap());
        let base = |sku_text: &str, country| input.prices[&sku(sku_text)][&country].base.unwrap();
        assert_eq!(base("A", de), Amount { minor: 49_910, compare_at: None });
        assert_eq!(base("A", jp).minor, 129_800);
        assert_eq!(base("B", de), Amount { minor: 49_910, compare_at: Some(60_000) });
        let windows = &input.prices[&sku("C")][&de].windows;
        assert_eq!(windows[0].from, Timestamp::parse_rfc3339("2026-11-20").unwrap());
        assert_eq!(windows[0].amount, Amount { minor: 400, compare_at: Some(500) });
    }

    #[test]
    fn every_wrong_value_is_named_with_its_field() {
        let json = with(
            r#""attributes":{"height":null},"media":["a.jpg"],"rating":{"average":4.65,"count":3},
            "variants":[{"sku":"A","media":"b.jpg","prices":{"DE":"4,99","FR":1,"JP":1.5}}]"#,
        );
        let wrong = read(&json).unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "attributes.height",
                "variants[0].prices.DE",
                "variants[0].prices.FR",
                "variants[0].prices.JP",
                "variants[0].media",
                "rating.average"
            ]
        );
        assert!(wrong[2].1.contains("does not sell in FR (countries: DE, JP)"), "{wrong:?}");
    }

    #[test]
    fn ratings_and_attributes_keep_their_digits() {
        let json = with(
            r#""attributes":{"height":24.50,"washable":true,"size":"a","colours":["x","y"]},
            "rating":{"average":"4.60","count":12},"variants":[]"#,
        );
        let input = read(&json).unwrap();
        assert_eq!(input.rating, Some(Rating { tenths: 46, count: 12 }));
        let values: Vec<_> = input.product.attributes.into_values().collect();
        assert_eq!(values[1], AttributeValue::Number(Decimal { number: "24.50".into() }));
        assert_eq!(values[0], AttributeValue::Choices(vec!["x".into(), "y".into()]));
    }
}
