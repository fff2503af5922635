//! Attributes, categories, products and pages as files.

use std::collections::BTreeMap;

use vitrine_catalog::{
    Amount, AttributeKind, AttributeValue, CategoryInput, MediaRef, PriceInput, ProductInput, Review,
    SchemaInput, Variant,
};
use vitrine_content::{Page, PageKind};
use vitrine_core::{Country, Currency, Money};

use super::toml::{Toml, amount, inline, list, text, time};
use super::{Content, Files};
use crate::source::catalog::KINDS as ATTRIBUTE_KINDS;
use crate::source::content::KINDS as PAGE_KINDS;
use crate::source::product::{AVAILABILITY, STATUS};

/// The word of a value in a list of words.
fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|(_, known)| known == value).map_or("", |(word, _)| word)
}

/// A Markdown file: what its fields are, then its body.
fn markdown(front: Toml, body: Option<&str>) -> Content {
    let body = body.map(|body| format!("{body}\n")).unwrap_or_default();
    Content::Text(format!("+++\n{}+++\n{body}", front.finish()))
}

pub(super) fn schema(input: &SchemaInput, files: &mut Files) {
    let mut toml = Toml::default();
    for (id, attribute) in &input.schema.attribute {
        toml.table(&["attribute", id.as_str()]);
        toml.text("type", word::<AttributeKind>(ATTRIBUTE_KINDS, &attribute.kind));
        toml.texts("values", &attribute.values);
        toml.maybe("unit", attribute.unit.as_ref());
        if attribute.facet {
            toml.raw("facet", true);
        }
    }
    for (id, kind) in &input.schema.types {
        toml.table(&["type", id.as_str()]);
        toml.texts("options", &kind.options);
        toml.texts("attributes", &kind.attributes);
        toml.texts("required", &kind.required);
    }
    files.push("attributes/attributes.toml".to_owned(), Content::Text(toml.finish()));
    for (lang, words) in &input.texts {
        let mut toml = Toml::default();
        toml.table(&["label"]);
        words.label.iter().for_each(|(id, label)| toml.text(id.as_str(), label));
        for (id, values) in &words.value {
            toml.table(&["value", id.as_str()]);
            values.iter().for_each(|(value, label)| toml.text(value, label));
        }
        if !words.types.is_empty() {
            toml.table(&["type"]);
            words.types.iter().for_each(|(id, label)| toml.text(id.as_str(), label));
        }
        files.push(format!("attributes/{lang}.toml"), Content::Text(toml.finish()));
    }
}

pub(super) fn category(input: &CategoryInput, files: &mut Files) {
    let category = &input.category;
    let mut toml = Toml::default();
    toml.maybe("parent", category.parent.as_ref());
    toml.raw("rank", category.rank);
    toml.maybe("picture", category.picture.as_ref());
    toml.texts("countries", &category.countries);
    let folder = format!("categories/{}", category.id);
    files.push(format!("{folder}/category.toml"), Content::Text(toml.finish()));
    for (lang, words) in &input.texts {
        let mut front = Toml::default();
        front.maybe("name", words.name.as_ref());
        front.maybe("slug", words.slug.as_ref());
        front.maybe("title", words.title.as_ref());
        front.maybe("description", words.description.as_ref());
        files.push(format!("{folder}/{lang}.md"), markdown(front, words.body.as_deref()));
    }
}

pub(super) fn page(page: &Page, files: &mut Files) {
    let facts = &page.facts;
    let mut toml = Toml::default();
    toml.text("kind", word::<PageKind>(PAGE_KINDS, &facts.kind));
    toml.texts("countries", &facts.countries);
    if let Some(updated) = facts.updated {
        toml.raw("updated", time(updated));
    }
    toml.maybe("hero", facts.hero.as_ref());
    toml.maybe("hero_link", facts.hero_link.as_ref());
    toml.texts("featured", &facts.featured);
    toml.texts("categories", &facts.categories);
    let folder = format!("pages/{}", facts.name);
    files.push(format!("{folder}/page.toml"), Content::Text(toml.finish()));
    for (lang, words) in &page.texts {
        let mut front = Toml::default();
        front.maybe("title", words.title.as_ref());
        front.maybe("slug", words.slug.as_ref());
        front.maybe("description", words.description.as_ref());
        front.maybe("nav", words.nav.as_ref());
        front.maybe("headline", words.headline.as_ref());
        front.maybe("lead", words.lead.as_ref());
        front.maybe("call_to_action", words.call_to_action.as_ref());
        files.push(format!("{folder}/{lang}.md"), markdown(front, words.body.as_deref()));
    }
}

pub(super) fn product(input: &ProductInput, currencies: &BTreeMap<Country, Currency>, files: &mut Files) {
    let folder = format!("products/{}", input.product.id);
    files.push(format!("{folder}/product.toml"), Content::Text(facts(input, currencies)));
    for (lang, words) in &input.texts {
        let mut front = Toml::default();
        front.maybe("name", words.name.as_ref());
        front.maybe("slug", words.slug.as_ref());
        front.maybe("title", words.title.as_ref());
        front.maybe("summary", words.summary.as_ref());
        front.maybe("description", words.description.as_ref());
        if !words.attributes.is_empty() {
            front.table(&["attributes"]);
            words.attributes.iter().for_each(|(id, value)| front.text(id.as_str(), value));
        }
        files.push(format!("{folder}/{lang}.md"), markdown(front, words.body.as_deref()));
    }
    if let Some(shown) = &input.reviews {
        files.push(format!("{folder}/reviews.toml"), Content::Text(reviews(shown)));
    }
}

fn facts(input: &ProductInput, currencies: &BTreeMap<Country, Currency>) -> String {
    let product = &input.product;
    let mut toml = Toml::default();
    toml.text("type", &product.kind);
    toml.text("status", word(STATUS, &product.status));
    for (name, moment) in [("publish_at", product.publish_at), ("unpublish_at", product.unpublish_at)] {
        if let Some(moment) = moment {
            toml.raw(name, time(moment));
        }
    }
    toml.maybe("brand", Some(&product.brand).filter(|brand| !brand.is_empty()));
    toml.text("tax_class", &product.tax_class);
    let placements = product.categories.iter().map(|placement| {
        inline([
            ("id".to_owned(), text(placement.id.as_str())),
            ("rank".to_owned(), placement.rank.to_string()),
        ])
    });
    toml.list("categories", placements);
    toml.texts("options", &product.options);
    toml.list("media", product.media.iter().map(media));
    toml.texts("related", &product.related);
    toml.texts("countries", &product.countries);
    toml.texts("not_in", &product.not_in);
    if !product.attributes.is_empty() {
        toml.table(&["attributes"]);
        product.attributes.iter().for_each(|(id, value)| toml.raw(id.as_str(), attribute(value)));
    }
    for one in &product.variants {
        variant(one, input, currencies, &mut toml);
    }
    toml.finish()
}

fn media(media: &MediaRef) -> String {
    let picture = match media {
        MediaRef::File(file) => return text(file),
        MediaRef::External(picture) => picture,
    };
    let mut entries = vec![
        ("url".to_owned(), text(&picture.url)),
        ("widths".to_owned(), list(picture.widths.iter().map(u32::to_string))),
        ("width".to_owned(), picture.width.to_string()),
        ("height".to_owned(), picture.height.to_string()),
    ];
    if !picture.alt.is_empty() {
        let alt = picture.alt.iter().map(|(lang, alt)| (lang.to_string(), text(alt)));
        entries.push(("alt".to_owned(), inline(alt)));
    }
    inline(entries)
}

fn attribute(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Boolean(value) => value.to_string(),
        AttributeValue::Number(decimal) => decimal.number.clone(),
        AttributeValue::Choice(choice) => text(choice),
        AttributeValue::Choices(choices) => list(choices.iter().map(|choice| text(choice))),
    }
}

fn variant(
    variant: &Variant,
    input: &ProductInput,
    currencies: &BTreeMap<Country, Currency>,
    toml: &mut Toml,
) {
    toml.element(&["variants"]);
    toml.text("sku", &variant.sku);
    if !variant.options.is_empty() {
        let options = variant.options.iter().map(|(id, value)| (id.to_string(), text(value)));
        toml.raw("options", inline(options));
    }
    toml.maybe("gtin", variant.gtin.as_ref());
    if let Some(weight) = variant.weight_g {
        toml.raw("weight_g", weight);
    }
    match variant.media.and_then(|index| input.product.media.get(usize::from(index))) {
        Some(MediaRef::File(file)) => toml.text("media", file),
        Some(MediaRef::External(picture)) => toml.text("media", &picture.url),
        None => {}
    }
    toml.maybe("availability", input.availability.get(&variant.sku).map(|state| word(AVAILABILITY, state)));
    toml.texts("not_in", &variant.not_in);
    let parts = variant.parts.iter().map(|part| {
        inline([
            ("sku".to_owned(), text(part.sku.as_str())),
            ("quantity".to_owned(), part.quantity.to_string()),
        ])
    });
    toml.list("parts", parts);
    let prices = input.prices.get(&variant.sku).into_iter().flatten();
    let prices: Vec<(&str, String)> = prices
        .filter_map(|(country, input)| Some((country.code(), price(input, *currencies.get(country)?))))
        .collect();
    if !prices.is_empty() {
        toml.table(&["variants", "prices"]);
        prices.iter().for_each(|(code, price)| toml.raw(code, price));
    }
}

fn price(input: &PriceInput, currency: Currency) -> String {
    let money = |minor| amount(Money::new(minor, currency));
    let step = |Amount { minor, compare_at }: Amount, rest: Vec<(String, String)>| {
        let compare_at = compare_at.map(|minor| ("compare_at".to_owned(), money(minor)));
        inline([("amount".to_owned(), money(minor))].into_iter().chain(compare_at).chain(rest))
    };
    if input.windows.is_empty()
        && let Some(base) = input.base
    {
        return if base.compare_at.is_none() { money(base.minor) } else { step(base, Vec::new()) };
    }
    let windows = input.windows.iter().map(|window| {
        let until = window.until.map(|until| ("until".to_owned(), time(until)));
        step(window.amount, [("from".to_owned(), time(window.from))].into_iter().chain(until).collect())
    });
    list(input.base.map(|base| step(base, Vec::new())).into_iter().chain(windows))
}

fn reviews(reviews: &[Review]) -> String {
    let mut toml = Toml::default();
    if reviews.is_empty() {
        toml.raw("reviews", "[]");
    }
    for review in reviews {
        toml.element(&["reviews"]);
        toml.raw("rating", review.rating);
        toml.raw("date", time(review.date));
        toml.text("lang", &review.lang);
        toml.maybe("author", review.author.as_ref());
        toml.maybe("title", Some(&review.title).filter(|title| !title.is_empty()));
        toml.maybe("body", Some(&review.body).filter(|body| !body.is_empty()));
    }
    toml.finish()
}
