//! Pictures: those that are named exist, and each has an alt text in every language that shows it.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::MediaRef;
use vitrine_core::{Entity, EntityKind, Locale};

use super::shop::{EditionView, Shop};
use crate::report::{Finding, Severity};

/// Languages, as the first of a chain names them, with the whole chain.
type Chains = BTreeMap<String, Vec<Locale>>;

pub(crate) fn check(shop: &mut Shop<'_>) {
    let mut uses: BTreeMap<String, Chains> = BTreeMap::new();
    products(shop, &mut uses);
    categories(shop, &mut uses);
    pages(shop, &mut uses);
    texts(shop, &mut uses);
    for (file, chains) in &uses {
        chains.iter().for_each(|(language, chain)| alt(shop, file, language, chain));
    }
    strangers(shop);
}

fn note(uses: &mut BTreeMap<String, Chains>, file: &str, editions: &[EditionView]) {
    let chains = uses.entry(file.to_owned()).or_default();
    for edition in editions {
        chains.entry(edition.language().to_owned()).or_insert_with(|| edition.chain.clone());
    }
}

fn showing(shop: &Shop<'_>, kind: EntityKind, id: &str) -> Vec<EditionView> {
    shop.editions.iter().filter(|edition| shop.shows(kind, id, edition.country)).cloned().collect()
}

fn products(shop: &Shop<'_>, uses: &mut BTreeMap<String, Chains>) {
    for (id, parsed) in &shop.folder.products {
        let Some(input) = &parsed.value else { continue };
        let editions = showing(shop, EntityKind::Product, id);
        for media in &input.product.media {
            if let MediaRef::File(file) = media {
                note(uses, file, &editions);
            }
        }
    }
}

fn categories(shop: &Shop<'_>, uses: &mut BTreeMap<String, Chains>) {
    for (id, parsed) in &shop.folder.categories {
        let picture = parsed.value.as_ref().and_then(|input| input.category.picture.as_ref());
        if let Some(file) = picture {
            note(uses, file, &showing(shop, EntityKind::Category, id));
        }
    }
}

fn pages(shop: &Shop<'_>, uses: &mut BTreeMap<String, Chains>) {
    for (name, parsed) in &shop.folder.pages {
        if let Some(file) = parsed.value.as_ref().and_then(|page| page.facts.hero.as_ref()) {
            note(uses, file, &showing(shop, EntityKind::Page, name));
        }
    }
}

/// Pictures of Markdown texts.
fn texts(shop: &mut Shop<'_>, uses: &mut BTreeMap<String, Chains>) {
    let folder = shop.folder;
    let products = folder.products.values().map(|parsed| (&parsed.item, &parsed.marks));
    let categories = folder.categories.values().map(|parsed| (&parsed.item, &parsed.marks));
    let pages = folder.pages.values().map(|parsed| (&parsed.item, &parsed.marks));
    for (item, marks) in products.chain(categories).chain(pages) {
        for (lang, marks) in marks {
            for picture in &marks.pictures {
                if !folder.media.contains_key(&picture.what) {
                    let what = format!("picture '{}' is not in media/", picture.what);
                    let place = folder.root.at_field(item, &format!("texts.{lang}"), Severity::Error, what);
                    shop.findings.push(Finding { line: picture.line, column: picture.column, ..place });
                } else if !picture.is_lenient {
                    let editions = showing(shop, item.kind, &item.id);
                    let own: Vec<_> =
                        editions.into_iter().filter(|edition| edition.chain.contains(lang)).collect();
                    note(uses, &picture.what, &own);
                }
            }
        }
    }
}

/// Reports a picture that lacks an alt text where that of the language stands, for there it is to be written.
fn alt(shop: &mut Shop<'_>, file: &str, language: &str, chain: &[Locale]) {
    let alts = &shop.folder.alts;
    let has = |lang: &&Locale| {
        alts.get(*lang).and_then(|parsed| parsed.value.as_ref()).is_some_and(|alts| alts.contains_key(file))
    };
    let found = chain.iter().find(has).map(Locale::language);
    if found == Some(language) || !shop.folder.media.contains_key(file) {
        return;
    }
    let (severity, what) = match found {
        Some(other) => (
            Severity::Warning,
            format!("'{file}' has no alt text in '{language}', that in '{other}' is used"),
        ),
        None => (Severity::Error, format!("'{file}' has no alt text in '{language}' and all its fallbacks")),
    };
    let item = Entity { kind: EntityKind::Media, id: format!("{language}.toml") };
    let finding = shop.folder.root.at_field(&item, "", severity, what);
    shop.findings.push(Finding { item: None, ..finding });
}

/// Alt texts of pictures that are not there.
fn strangers(shop: &mut Shop<'_>) {
    let folder = shop.folder;
    for parsed in folder.alts.values() {
        let names: BTreeSet<&String> = parsed.value.iter().flat_map(|alts| alts.keys()).collect();
        for file in names.into_iter().filter(|file| !folder.media.contains_key(*file)) {
            shop.error_of_none(&parsed.item, file, format!("picture '{file}' is not in media/"));
        }
    }
}
