//! `products/<id>/`: facts, texts, reviews.

use std::collections::BTreeMap;

use vitrine_catalog::{
    AttributeValue, Availability, Decimal, ExternalPicture, MediaRef, Part, Placement, Product, ProductInput,
    ProductText, Review, Status, Variant,
};
use vitrine_core::{AttributeId, Country, EntityKind, ProductId, Sku};

use super::folder::{Root, Stamp};
use super::parsed::{ItemFiles, Parsed, languages};
use super::price::{Currencies, read_prices};
use super::reader::{Node, Reader};
use crate::error::ImportError;

const FILES: &[&str] = &["product.toml", "reviews.toml"];

/// Words of `availability`.
pub(crate) const AVAILABILITY: &[(&str, Availability)] = &[
    ("in", Availability::In),
    ("low", Availability::Low),
    ("out", Availability::Out),
    ("backorder", Availability::Backorder),
];

/// Words of `status`.
pub(crate) const STATUS: &[(&str, Status)] = &[("draft", Status::Draft), ("published", Status::Published)];

pub(crate) fn product(
    root: &Root,
    id: &str,
    stamps: &[Stamp],
    currencies: &Currencies,
) -> Result<Parsed<ProductInput>, ImportError> {
    let mut files = ItemFiles::new(root, EntityKind::Product, id);
    let folder = format!("products/{id}");
    let main = format!("{folder}/product.toml");
    let id = match ProductId::try_new(id) {
        Ok(id) => id,
        Err(error) => {
            files.error_at_top(&main, error.to_string());
            return Ok(files.finish(None));
        }
    };
    let input = files.required(&main, |r| read_product(id, &r, currencies).inspect(|_| r.finish()))?;
    let (langs, strays) = languages(stamps.iter().map(|stamp| stamp.file.as_str()), "md", FILES);
    let mut texts = BTreeMap::new();
    for lang in langs {
        let text = files.markdown(&format!("{folder}/{lang}.md"), &lang, read_text)?;
        texts.extend(text.map(|text| (lang, text)));
    }
    for stray in strays {
        files.error_at_top(
            &format!("{folder}/{stray}"),
            "no file of a product (product.toml, reviews.toml, <lang>.md)",
        );
    }
    let reviews = files.optional(&format!("{folder}/reviews.toml"), |r| {
        let reviews = r.tables("reviews").into_iter().filter_map(read_review).collect();
        r.finish();
        Some(reviews)
    })?;
    let input = input.map(|input| ProductInput { texts, reviews, ..input });
    Ok(files.finish(input))
}

/// The facts; texts and reviews come from other files.
fn read_product(id: ProductId, r: &Reader<'_, '_>, currencies: &Currencies) -> Option<ProductInput> {
    let kind = r.need("type", Node::parse);
    let status = r.take("status", |node| node.one_of(STATUS)).unwrap_or_default();
    let publish_at = r.take("publish_at", Node::time);
    let unpublish_at = r.take("unpublish_at", Node::time);
    let brand = r.take("brand", Node::text).unwrap_or_default();
    let tax_class = r.need("tax_class", Node::parse);
    let categories = r.take("categories", |node| node.list(|node| read_placement(node.table()?)));
    let options = r.take("options", Node::parse_list).unwrap_or_default();
    let media = r.take("media", |node| node.list(read_media)).unwrap_or_default();
    let related = r.take("related", Node::parse_list).unwrap_or_default();
    let countries = r.take("countries", Node::parse_list).unwrap_or_default();
    let not_in = r.take("not_in", Node::parse_list).unwrap_or_default();
    let attributes = r.entries("attributes").into_iter();
    let attributes =
        attributes.filter_map(|(key, node)| Some((key.parse()?, read_attribute(node)?))).collect();
    let variants =
        r.need("variants", |node| node.list(|node| read_variant(node.table()?, &media, currencies)));
    let mut prices = BTreeMap::new();
    let mut availability = BTreeMap::new();
    let mut kept = Vec::new();
    for read in variants.unwrap_or_default() {
        prices.insert(read.variant.sku.clone(), read.prices);
        availability.extend(read.availability.map(|state| (read.variant.sku.clone(), state)));
        kept.push(read.variant);
    }
    let product = Product {
        id,
        kind: kind?,
        status,
        publish_at,
        unpublish_at,
        brand,
        tax_class: tax_class?,
        categories: categories.unwrap_or_default(),
        options,
        media,
        related,
        countries,
        not_in,
        attributes,
        variants: kept,
    };
    Some(ProductInput { product, texts: BTreeMap::new(), prices, availability, reviews: None, rating: None })
}

fn read_placement(r: Reader<'_, '_>) -> Option<Placement> {
    let id = r.need("id", Node::parse);
    let rank = r.take("rank", Node::whole).unwrap_or_default();
    r.finish();
    Some(Placement { id: id?, rank })
}

/// A file of the media library, or a picture of an outside service.
fn read_media(node: Node<'_, '_>) -> Option<MediaRef> {
    if !node.is_table() {
        return node.text().map(MediaRef::File);
    }
    let r = node.table()?;
    let url = r.need("url", Node::text);
    let widths = r.need("widths", |node| node.list(Node::whole));
    let width = r.need("width", Node::whole);
    let height = r.need("height", Node::whole);
    let alt = r.entries("alt").into_iter();
    let alt = alt.filter_map(|(key, node)| Some((key.parse()?, node.text()?))).collect();
    r.finish();
    Some(MediaRef::External(ExternalPicture {
        url: url?,
        widths: widths?,
        width: width?,
        height: height?,
        alt,
    }))
}

fn read_attribute(node: Node<'_, '_>) -> Option<AttributeValue> {
    if node.is_boolean() {
        node.boolean().map(AttributeValue::Boolean)
    } else if node.is_text() {
        node.text().map(AttributeValue::Choice)
    } else if node.is_list() {
        node.texts().map(AttributeValue::Choices)
    } else {
        node.decimal().map(|number| AttributeValue::Number(Decimal { number }))
    }
}

struct ReadVariant {
    variant: Variant,
    prices: BTreeMap<Country, vitrine_catalog::PriceInput>,
    availability: Option<Availability>,
}

fn read_variant(r: Reader<'_, '_>, media: &[MediaRef], currencies: &Currencies) -> Option<ReadVariant> {
    let sku = r.need("sku", Node::parse);
    let options = r.entries("options").into_iter();
    let options =
        options.filter_map(|(key, node)| Some((key.parse::<AttributeId>()?, node.text()?))).collect();
    let gtin = r.take("gtin", Node::text);
    let weight_g = r.take("weight_g", Node::whole);
    let media = r.take("media", |node| read_media_index(node, media));
    let availability = r.take("availability", |node| node.one_of(AVAILABILITY));
    let not_in = r.take("not_in", Node::parse_list).unwrap_or_default();
    let parts = r.take("parts", |node| node.list(|node| read_part(node.table()?))).unwrap_or_default();
    let prices = r.take("prices", |node| read_prices(node, currencies)).unwrap_or_default();
    r.finish();
    let variant = Variant { number: 0, sku: sku?, options, gtin, weight_g, media, not_in, parts };
    Some(ReadVariant { variant, prices, availability })
}

fn read_media_index(node: Node<'_, '_>, media: &[MediaRef]) -> Option<u16> {
    let file = node.text()?;
    let is_it = |entry: &MediaRef| match entry {
        MediaRef::File(name) => *name == file,
        MediaRef::External(picture) => picture.url == file,
    };
    let index = media.iter().position(is_it).and_then(|index| u16::try_from(index).ok());
    if index.is_none() {
        node.error(format!("picture '{file}' of a variant must be one of the product's 'media'"));
    }
    index
}

fn read_part(r: Reader<'_, '_>) -> Option<Part> {
    let sku: Option<Sku> = r.need("sku", Node::parse);
    let quantity = r.need("quantity", |node| {
        let quantity: u32 = node.whole()?;
        if quantity == 0 {
            node.error("quantity must be at least 1 (found 0)");
        }
        Some(quantity)
    });
    r.finish();
    Some(Part { sku: sku?, quantity: quantity? })
}

fn read_text(r: Reader<'_, '_>, body: Option<String>) -> ProductText {
    let attributes = r.entries("attributes").into_iter();
    let text = ProductText {
        name: r.take("name", Node::text),
        slug: r.take("slug", Node::parse),
        title: r.take("title", Node::text),
        summary: r.take("summary", Node::text),
        description: r.take("description", Node::text),
        body,
        attributes: attributes.filter_map(|(key, node)| Some((key.parse()?, node.text()?))).collect(),
    };
    r.finish();
    text
}

fn read_review(r: Reader<'_, '_>) -> Option<Review> {
    let rating = r.need("rating", |node| {
        let rating: u8 = node.whole()?;
        if !(1..=5).contains(&rating) {
            node.error(format!("rating must be from 1 to 5 (found {rating})"));
        }
        Some(rating)
    });
    let date = r.need("date", Node::time);
    let lang = r.need("lang", Node::parse);
    let author = r.take("author", Node::text);
    let title = r.take("title", Node::text).unwrap_or_default();
    let body = r.take("body", Node::text).unwrap_or_default();
    r.finish();
    Some(Review { rating: rating?, date: date?, lang: lang?, author, title, body })
}
