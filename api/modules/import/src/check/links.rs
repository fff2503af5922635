//! Links of texts, menus and redirects: each must lead somewhere in every country that shows it.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_content::LinkTarget;
use vitrine_core::{Country, Entity, EntityKind, Locale};

use super::shop::{EditionView, Shop, found};
use crate::report::{Finding, Severity};
use crate::source::markdown::{Mark, Marks};

pub(crate) fn check(shop: &mut Shop<'_>) {
    let folder = shop.folder;
    for parsed in folder.products.values() {
        let Some(input) = &parsed.value else { continue };
        let used = used_by(shop, &parsed.item, &input.texts, |text| text.body.is_some());
        texts(shop, &parsed.item, &parsed.marks, &used);
    }
    for parsed in folder.categories.values() {
        let Some(input) = &parsed.value else { continue };
        let used = used_by(shop, &parsed.item, &input.texts, |text| text.body.is_some());
        texts(shop, &parsed.item, &parsed.marks, &used);
    }
    for parsed in folder.pages.values() {
        let Some(input) = &parsed.value else { continue };
        let used = used_by(shop, &parsed.item, &input.texts, |text| text.body.is_some());
        texts(shop, &parsed.item, &parsed.marks, &used);
        if let Some(link) = &input.facts.hero_link {
            let editions: Vec<EditionView> = shop.editions.clone();
            named(shop, &parsed.item, "hero_link", link, &editions.iter().collect::<Vec<_>>());
        }
    }
    navigation(shop);
    redirects(shop);
}

/// The editions in which each language's body is the one that is shown.
fn used_by<T>(
    shop: &Shop<'_>,
    item: &Entity,
    texts: &BTreeMap<Locale, T>,
    has: impl Fn(&T) -> bool,
) -> BTreeMap<Locale, Vec<EditionView>> {
    let mut used: BTreeMap<Locale, Vec<EditionView>> = BTreeMap::new();
    for edition in shop.editions.iter().filter(|edition| shop.shows(item.kind, &item.id, edition.country)) {
        if let Some(lang) = found(&edition.chain, texts, &has) {
            used.entry(lang.clone()).or_default().push(edition.clone());
        }
    }
    used
}

fn texts(
    shop: &mut Shop<'_>,
    item: &Entity,
    marks: &BTreeMap<Locale, Marks>,
    used: &BTreeMap<Locale, Vec<EditionView>>,
) {
    for (lang, marks) in marks {
        let editions: Vec<&EditionView> = used.get(lang).into_iter().flatten().collect();
        for link in &marks.links {
            if let Some(what) = wrong(shop, &link.what, link.is_lenient, &marks.anchors, &editions) {
                report(shop, item, lang, link, what);
            }
        }
    }
}

fn report<T>(shop: &mut Shop<'_>, item: &Entity, lang: &Locale, mark: &Mark<T>, what: String) {
    // The mark knows its place; the field only names the file.
    let place = shop.folder.root.at_field(item, &format!("texts.{lang}"), Severity::Error, what);
    shop.findings.push(Finding { line: mark.line, column: mark.column, ..place });
}

/// What is wrong with a link from editions to its target; `anchors` are those of the text it stands in.
fn wrong(
    shop: &Shop<'_>,
    target: &LinkTarget,
    is_card: bool,
    anchors: &[String],
    editions: &[&EditionView],
) -> Option<String> {
    match target {
        LinkTarget::External(_) => None,
        LinkTarget::Anchor(anchor) => {
            (!anchors.contains(anchor)).then(|| format!("no heading of this text has the anchor '#{anchor}'"))
        }
        LinkTarget::Product { id, sku } => {
            let unknown = absent(shop, EntityKind::Product, id.as_str(), is_card, editions);
            unknown.or_else(|| {
                let (sku, product) = (sku.as_ref()?, shop.product(id.as_str())?);
                let known = product.product.variants.iter().any(|variant| variant.sku == *sku);
                (!known).then(|| format!("product '{id}' has no variant {sku}"))
            })
        }
        LinkTarget::Category { id, anchor } => {
            absent(shop, EntityKind::Category, id.as_str(), false, editions)
                .or_else(|| no_anchor(shop, EntityKind::Category, id.as_str(), anchor.as_deref()?, editions))
        }
        LinkTarget::Page { name, anchor } => absent(shop, EntityKind::Page, name.as_str(), false, editions)
            .or_else(|| no_anchor(shop, EntityKind::Page, name.as_str(), anchor.as_deref()?, editions)),
    }
}

/// A thing that doesn't exist, or that some country which shows the link doesn't show.
///
/// A card is left out where its product is not shown, so it is wrong only if no country shows it.
fn absent(
    shop: &Shop<'_>,
    kind: EntityKind,
    id: &str,
    is_card: bool,
    editions: &[&EditionView],
) -> Option<String> {
    let word = kind.as_str();
    if !shop.exists(kind, id) {
        return Some(format!("unknown {word} '{id}'"));
    }
    let countries: BTreeSet<Country> = editions.iter().map(|edition| edition.country).collect();
    let without: BTreeSet<Country> =
        countries.iter().copied().filter(|country| !shop.shows(kind, id, *country)).collect();
    let is_wrong = if is_card { without.len() == countries.len() } else { true };
    (is_wrong && !without.is_empty())
        .then(|| format!("{word} '{id}' is not shown in {}, and this text is", Shop::codes(&without)))
}

fn no_anchor(
    shop: &Shop<'_>,
    kind: EntityKind,
    id: &str,
    anchor: &str,
    editions: &[&EditionView],
) -> Option<String> {
    let marks = match kind {
        EntityKind::Category => &shop.folder.categories.get(id)?.marks,
        _ => &shop.folder.pages.get(id)?.marks,
    };
    let lacking = editions.iter().filter_map(|edition| {
        let lang = edition.chain.iter().find(|lang| marks.contains_key(*lang));
        let has = lang
            .and_then(|lang| marks.get(lang))
            .is_some_and(|marks| marks.anchors.iter().any(|a| a == anchor));
        (!has).then(|| lang.map_or(edition.language(), Locale::as_str))
    });
    let lacking: BTreeSet<&str> = lacking.collect();
    let langs = lacking.iter().copied().collect::<Vec<_>>().join(", ");
    (!lacking.is_empty()).then(|| format!("{} '{id}' has no anchor '#{anchor}' in {langs}", kind.as_str()))
}

/// A link written in TOML.
fn named(shop: &mut Shop<'_>, item: &Entity, field: &str, link: &str, editions: &[&EditionView]) {
    let what = match LinkTarget::parse(link) {
        Err(error) => Some(error.to_string()),
        Ok(LinkTarget::Anchor(_)) => Some(format!("an anchor needs its page, such as page:shipping{link}")),
        Ok(target) => wrong(shop, &target, false, &[], editions),
    };
    if let Some(what) = what {
        shop.error(item, field, what);
    }
}

/// Menus leave out what a country doesn't show, so their items only have to exist.
fn navigation(shop: &mut Shop<'_>) {
    let folder = shop.folder;
    let item = &folder.navigation.item;
    let Some(navigation) = &folder.navigation.value else { return };
    let main = navigation.main.iter().enumerate().map(|(index, link)| (format!("main[{index}]"), link));
    let footer = navigation.footer.iter().enumerate().flat_map(|(column, footer)| {
        let items = footer.items.iter().enumerate();
        items.map(move |(index, link)| (format!("footer[{column}].items[{index}]"), link))
    });
    for (field, link) in main.chain(footer) {
        named(shop, item, &field, link, &[]);
    }
}

fn redirects(shop: &mut Shop<'_>) {
    let folder = shop.folder;
    for line in folder.redirects.value.iter().flatten() {
        let Some(to) = line.to.as_ref().filter(|to| !to.starts_with('/')) else { continue };
        let editions: Vec<EditionView> =
            shop.editions.iter().filter(|edition| line.from.starts_with(&edition.path)).cloned().collect();
        named(
            shop,
            &folder.redirects.item,
            &format!("{}.to", line.field),
            to,
            &editions.iter().collect::<Vec<_>>(),
        );
    }
}
