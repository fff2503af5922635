//! Rules of texts: which languages are needed, what may be lent by another, how long a field may be.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Country, Locale};

use super::product::unknown_attribute;
use super::{CountryFacts, DESCRIPTION_CHARS, FieldPath, Known, Problems, TITLE_CHARS};
use crate::domain::{AttributeKind, ProductText, ProductType, Status};
use crate::input::ProductInput;
use crate::shown::is_sold_in;

pub(super) fn check(
    input: &ProductInput,
    kind: Option<&ProductType>,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let root = FieldPath::root().key("texts");
    for (lang, text) in &input.texts {
        let field = root.key(lang);
        problems.error_if(
            text.name.as_deref().is_some_and(|name| name.trim().is_empty()),
            &field.key("name"),
            || "name is empty".to_owned(),
        );
        problems.too_long(&field.key("title"), "title", text.title.as_deref(), TITLE_CHARS);
        problems.too_long(
            &field.key("description"),
            "description",
            text.description.as_deref(),
            DESCRIPTION_CHARS,
        );
        if let Some(kind) = kind {
            text_attributes(input, kind, text, known, &field.key("attributes"), problems);
        }
    }
    // A draft is shown nowhere, so its texts may still be missing.
    if input.product.status == Status::Draft {
        return;
    }
    let fields = Fields {
        own: &[("name", |text: &ProductText| text.name.is_some()), ("slug", |text| text.slug.is_some())],
        any: &[
            ("summary", |text| text.summary.is_some()),
            ("description", |text| text.description.is_some()),
            ("body", |text| text.body.is_some()),
        ],
    };
    let countries: Vec<&CountryFacts> =
        known.countries.iter().filter(|facts| is_offered(input, facts.country)).collect();
    needed(&input.texts, &fields, &countries, problems);
    for id in kind.into_iter().flat_map(|kind| &kind.required) {
        if known.schema.attribute.get(id).is_some_and(|attribute| attribute.kind == AttributeKind::Text) {
            let has = |text: &ProductText| text.attributes.contains_key(id);
            needed_text(&input.texts, &format!("attributes.{id}"), &has, true, &countries, problems);
        }
    }
}

/// Whether a country may come to show the product: it is sold there and has some price.
fn is_offered(input: &ProductInput, country: Country) -> bool {
    let product = &input.product;
    let mut variants = product.variants.iter().filter(|variant| !variant.not_in.contains(&country));
    is_sold_in(&product.countries, &product.not_in, country)
        && variants
            .any(|variant| input.prices.get(&variant.sku).is_some_and(|prices| prices.contains_key(&country)))
}

fn text_attributes(
    input: &ProductInput,
    kind: &ProductType,
    text: &ProductText,
    known: &Known<'_>,
    field: &FieldPath,
    problems: &mut Problems,
) {
    for id in text.attributes.keys() {
        let attribute = known.schema.attribute.get(id).filter(|_| kind.attributes.contains(id));
        match attribute.map(|attribute| attribute.kind) {
            None => problems.error(&field.key(id), unknown_attribute(&input.product, kind, id)),
            Some(AttributeKind::Text) => {}
            Some(_) => problems
                .error(&field.key(id), format!("'{id}' is no text and belongs to the product's facts")),
        }
    }
}

type Has<T> = fn(&T) -> bool;

/// Names of a text's fields with how to see whether they are there.
pub(super) struct Fields<'a, T> {
    /// Needed in the language of each edition.
    pub(super) own: &'a [(&'a str, Has<T>)],
    /// May be lent by another language, and may be absent in all.
    pub(super) any: &'a [(&'a str, Has<T>)],
}

/// Reports what the editions of `countries` lack.
pub(super) fn needed<T>(
    texts: &BTreeMap<Locale, T>,
    fields: &Fields<'_, T>,
    countries: &[&CountryFacts],
    problems: &mut Problems,
) {
    let mut missing: BTreeMap<&str, Missing> = BTreeMap::new();
    for (facts, chain) in editions(countries) {
        let Some(language) = chain.first().map(Locale::language) else { continue };
        for (name, has) in fields.own {
            let own = chain.iter().filter(|lang| lang.language() == language);
            if !own.into_iter().any(|lang| texts.get(lang).is_some_and(has)) {
                missing.entry(language).or_default().add(name, facts.country);
            }
        }
    }
    for (language, missing) in missing {
        let what = format!(
            "{} missing in '{language}' (needed in {})",
            missing.fields.join(" and "),
            super::list(&missing.countries)
        );
        problems.error(&FieldPath::root().key("texts").key(language), what);
    }
    for (name, has) in fields.any {
        let required = texts.values().any(has);
        needed_text(texts, name, has, required, countries, problems);
    }
}

#[derive(Default)]
struct Missing<'a> {
    fields: Vec<&'a str>,
    countries: BTreeSet<Country>,
}

impl<'a> Missing<'a> {
    fn add(&mut self, field: &'a str, country: Country) {
        if !self.fields.contains(&field) {
            self.fields.push(field);
        }
        self.countries.insert(country);
    }
}

/// A field that other languages may lend: absent along a whole chain it is an error, where some language has it
/// or it is required; found in another language it is a warning.
fn needed_text<T>(
    texts: &BTreeMap<Locale, T>,
    name: &str,
    has: &dyn Fn(&T) -> bool,
    required: bool,
    countries: &[&CountryFacts],
    problems: &mut Problems,
) {
    let mut reported = BTreeSet::new();
    for (_, chain) in editions(countries) {
        let Some(language) = chain.first().map(Locale::language) else { continue };
        let found = chain.iter().find(|lang| texts.get(*lang).is_some_and(has)).map(Locale::language);
        if found == Some(language) || !required || !reported.insert(language) {
            continue;
        }
        let field = FieldPath::root().key("texts").key(language);
        match found {
            Some(other) => {
                problems.warning(&field, format!("{name} missing in '{language}', shown in '{other}'"));
            }
            None => problems.error(&field, format!("{name} missing in '{language}' and all its fallbacks")),
        }
    }
}

fn editions<'a>(countries: &'a [&CountryFacts]) -> impl Iterator<Item = (&'a CountryFacts, &'a Vec<Locale>)> {
    countries.iter().flat_map(|facts| facts.chains.iter().map(move |chain| (*facts, chain)))
}
