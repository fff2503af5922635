//! Content pages: their kind, their texts in each language, what the home page names.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{DESCRIPTION_CHARS, TITLE_CHARS, is_sold_in};
use vitrine_content::{PageInput, PageKind, PageText};
use vitrine_core::{Country, Entity, EntityKind, Locale};

use super::shop::{EditionView, Shop, found};
use crate::source::reader::nearest;

/// A field of a page's text and how to see whether it is there.
type Field = (&'static str, fn(&PageText) -> bool);

const TITLE: Field = ("title", |text| text.title.is_some());
const SLUG: Field = ("slug", |text| text.slug.is_some());
const BODY: Field = ("body", |text| text.body.is_some());
const DESCRIPTION: Field = ("description", |text| text.description.is_some());
const HEADLINE: Field = ("headline", |text| text.headline.is_some());
const LEAD: Field = ("lead", |text| text.lead.is_some());
const CALL_TO_ACTION: Field = ("call_to_action", |text| text.call_to_action.is_some());

pub(crate) fn check(shop: &mut Shop<'_>) {
    let mut homes: Vec<&str> = Vec::new();
    for parsed in shop.folder.pages.values() {
        let Some(page) = &parsed.value else { continue };
        if page.facts.kind == PageKind::Home {
            if let Some(first) = homes.first() {
                let what = format!("there is one home page, and '{first}' is it");
                shop.error(&parsed.item, "kind", what);
            }
            homes.push(parsed.item.id.as_str());
        }
        facts(shop, &parsed.item, page);
        lengths(shop, &parsed.item, page);
        texts(shop, &parsed.item, page);
    }
    if homes.is_empty() {
        let item = Entity { kind: EntityKind::Page, id: "home".to_owned() };
        shop.error_of_none(&item, "kind", "the store needs a page of kind 'home'");
    }
}

fn facts(shop: &mut Shop<'_>, item: &Entity, page: &PageInput) {
    for (index, country) in page.facts.countries.iter().enumerate() {
        if shop.store.country(*country).is_none() {
            shop.error(item, &format!("countries[{index}]"), format!("the store does not sell in {country}"));
        }
    }
    if let Some(hero) = page.facts.hero.as_ref().filter(|hero| !shop.folder.media.contains_key(*hero)) {
        shop.error(item, "hero", format!("picture '{hero}' is not in media/"));
    }
    for (index, id) in page.facts.featured.iter().enumerate() {
        if let Some(what) = absent(shop, id) {
            shop.warning(item, &format!("featured[{index}]"), what);
        }
    }
    for (index, id) in page.facts.categories.iter().enumerate() {
        if !shop.exists(EntityKind::Category, id) {
            shop.error(item, &format!("categories[{index}]"), format!("unknown category '{id}'"));
        }
    }
}

/// What to say of a featured product that is not in the folder: it may come from a feed, before or after the page.
fn absent(shop: &Shop<'_>, id: &str) -> Option<String> {
    if shop.exists(EntityKind::Product, id) {
        return None;
    }
    let place = match &shop.beyond {
        Some(ids) if ids.contains(id) => return None,
        Some(_) => "neither in products/ nor in the database",
        None => "not in products/",
    };
    let ids = shop.folder.products.keys().map(String::as_str);
    let hint = nearest(id, ids).map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
    Some(format!("product '{id}' is {place} and is shown only if a feed brings it{hint}"))
}

fn lengths(shop: &mut Shop<'_>, item: &Entity, page: &PageInput) {
    for (lang, text) in &page.texts {
        let fields = [
            ("title", text.title.as_deref(), TITLE_CHARS),
            ("description", text.description.as_deref(), DESCRIPTION_CHARS),
        ];
        for (name, value, allowed) in fields {
            let chars = value.map_or(0, |value| value.chars().count());
            if chars > allowed {
                let what = format!("{name} must have at most {allowed} characters (found {chars})");
                shop.error(item, &format!("texts.{lang}.{name}"), what);
            }
        }
        if page.facts.kind == PageKind::Home && text.slug.is_some() {
            shop.error(
                item,
                &format!("texts.{lang}.slug"),
                "the home page has no slug: it is the base path itself",
            );
        }
    }
}

fn texts(shop: &mut Shop<'_>, item: &Entity, page: &PageInput) {
    let editions: Vec<EditionView> = shop
        .editions
        .iter()
        .filter(|edition| is_sold_in(&page.facts.countries, &[], edition.country))
        .cloned()
        .collect();
    let own: &[Field] = match page.facts.kind {
        PageKind::Home => &[TITLE],
        PageKind::Page | PageKind::Faq => &[TITLE, SLUG],
        PageKind::Legal => &[TITLE, SLUG, BODY],
    };
    missing_own(shop, item, page, own, &editions);
    let any: &[Field] = match page.facts.kind {
        PageKind::Home => &[HEADLINE, LEAD, CALL_TO_ACTION, DESCRIPTION],
        PageKind::Page | PageKind::Faq => &[BODY, DESCRIPTION],
        PageKind::Legal => &[DESCRIPTION],
    };
    any.iter().for_each(|field| lent(shop, item, page, field, &editions));
}

/// Fields that each edition needs in its own language, reported once a language.
fn missing_own(
    shop: &mut Shop<'_>,
    item: &Entity,
    page: &PageInput,
    fields: &[Field],
    editions: &[EditionView],
) {
    let mut missing: BTreeMap<&str, (Vec<&str>, BTreeSet<Country>)> = BTreeMap::new();
    for edition in editions {
        for (name, has) in fields {
            if found(edition.own(), &page.texts, has).is_none() {
                let (names, countries) = missing.entry(edition.language()).or_default();
                if !names.contains(name) {
                    names.push(name);
                }
                countries.insert(edition.country);
            }
        }
    }
    for (language, (names, countries)) in missing {
        let what = format!(
            "{} missing in '{language}' (needed in {})",
            names.join(" and "),
            Shop::codes(&countries)
        );
        shop.error(item, &format!("texts.{language}"), what);
    }
}

/// A field that another language may lend: a warning when one does, an error when none has it though others do.
fn lent(shop: &mut Shop<'_>, item: &Entity, page: &PageInput, (name, has): &Field, editions: &[EditionView]) {
    if !page.texts.values().any(has) {
        return;
    }
    let mut reported: BTreeSet<&str> = BTreeSet::new();
    for edition in editions {
        let language = edition.language();
        let lender = found(&edition.chain, &page.texts, has).map(Locale::language);
        if lender == Some(language) || !reported.insert(language) {
            continue;
        }
        let field = format!("texts.{language}");
        match lender {
            Some(lender) => {
                shop.warning(item, &field, format!("{name} missing in '{language}', shown in '{lender}'"));
            }
            None => shop.error(item, &field, format!("{name} missing in '{language}' and all its fallbacks")),
        }
    }
}
