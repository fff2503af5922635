//! Slugs and redirects: two things at one address, and addresses that lead in circles.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Entity, EntityKind, Locale, Slug};
use vitrine_store::{RedirectTarget, entity_path};

use super::shop::{EditionView, Shop};
use crate::source::Items;
use crate::source::content::RedirectLine;

const KINDS: [EntityKind; 3] = [EntityKind::Product, EntityKind::Category, EntityKind::Page];

pub(crate) fn check(shop: &mut Shop<'_>) {
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for edition in shop.editions.clone() {
        pages.insert(edition.path.clone(), "the home page".to_owned());
        KINDS.into_iter().for_each(|kind| note(shop, &edition, kind, &mut pages));
        shadows(shop, &edition);
    }
    KINDS.into_iter().for_each(|kind| clashes(shop, kind));
    redirects(shop, &pages);
}

/// The slugs of one thing by language.
type Slugs<'s> = BTreeMap<&'s Locale, &'s Slug>;

/// The slugs of all things of a kind, by id.
fn slugs_of<'s>(shop: &Shop<'s>, kind: EntityKind) -> Vec<(&'s str, Slugs<'s>)> {
    let folder = shop.folder;
    match kind {
        EntityKind::Product => slugs_in(&folder.products, |input| &input.texts, |text| text.slug.as_ref()),
        EntityKind::Category => slugs_in(&folder.categories, |input| &input.texts, |text| text.slug.as_ref()),
        _ => slugs_in(&folder.pages, |input| &input.texts, |text| text.slug.as_ref()),
    }
}

fn slugs_in<'f, T, X: 'f>(
    items: &'f Items<T>,
    texts: fn(&T) -> &BTreeMap<Locale, X>,
    slug: fn(&X) -> Option<&Slug>,
) -> Vec<(&'f str, Slugs<'f>)> {
    let readable = items.iter().filter_map(|(id, parsed)| Some((id.as_str(), texts(parsed.value.as_ref()?))));
    readable
        .map(|(id, texts)| (id, texts.iter().filter_map(|(lang, text)| Some((lang, slug(text)?))).collect()))
        .collect()
}

/// Notes the address of every thing of a kind in an edition.
fn note(shop: &Shop<'_>, edition: &EditionView, kind: EntityKind, pages: &mut BTreeMap<String, String>) {
    for (id, slugs) in slugs_of(shop, kind) {
        let slug = edition.own().find_map(|lang| slugs.get(lang));
        let path = slug.filter(|_| shop.shows(kind, id, edition.country));
        if let Some(path) = path.and_then(|slug| entity_path(kind, slug.as_str())) {
            pages.insert(format!("{}{path}/", edition.path), format!("{} '{id}'", kind.as_str()));
        }
    }
}

/// Finds two things of a kind with one slug in a language, which takes what it lacks from those above it.
///
/// All languages that texts are in count, as in the database: a country that reads one may come any day.
fn clashes(shop: &mut Shop<'_>, kind: EntityKind) {
    let all = slugs_of(shop, kind);
    let langs: BTreeSet<&Locale> = all.iter().flat_map(|(_, slugs)| slugs.keys().copied()).collect();
    let mut taken = BTreeSet::new();
    for chain in langs.into_iter().map(Locale::chain) {
        let mut found: BTreeMap<&Slug, Vec<(usize, &str)>> = BTreeMap::new();
        for (id, slugs) in &all {
            let place = chain.iter().enumerate().find_map(|(step, lang)| Some((step, *slugs.get(lang)?)));
            if let Some((step, slug)) = place {
                found.entry(slug).or_default().push((step, id));
            }
        }
        for (slug, holders) in found {
            // The more specific language is the exception and gives way, else what comes later.
            let keeper = holders.iter().max_by_key(|(step, id)| (*step, Reverse(*id)));
            let Some((_, keeper)) = keeper else { continue };
            for (step, id) in holders.iter().filter(|(_, id)| id != keeper) {
                let Some(lang) = chain.get(*step) else { continue };
                let what = format!("slug '{slug}' in {lang} belongs to {} '{keeper}'", kind.as_str());
                taken.insert(((*id).to_owned(), format!("texts.{lang}.slug"), what));
            }
        }
    }
    for (id, field, what) in taken {
        shop.error(&Entity { kind, id }, &field, what);
    }
}

/// Below the base path `/` a page may not be called like another edition's base path.
fn shadows(shop: &mut Shop<'_>, edition: &EditionView) {
    if edition.path != "/" {
        return;
    }
    let bases: Vec<String> =
        shop.editions.iter().map(|edition| edition.path.trim_matches('/').to_owned()).collect();
    let mut taken = Vec::new();
    for (id, slugs) in slugs_of(shop, EntityKind::Page) {
        for (lang, slug) in slugs.iter().filter(|(_, slug)| bases.iter().any(|base| base == slug.as_str())) {
            let item = Entity { kind: EntityKind::Page, id: id.to_owned() };
            taken.push((
                item,
                format!("texts.{lang}.slug"),
                format!("slug '{slug}' is the base path of an edition"),
            ));
        }
    }
    for (item, field, what) in taken {
        shop.error(&item, &field, what);
    }
}

fn redirects(shop: &mut Shop<'_>, pages: &BTreeMap<String, String>) {
    let folder = shop.folder;
    let item = &folder.redirects.item;
    let Some(lines) = &folder.redirects.value else { return };
    let mut by_path: BTreeMap<&str, &RedirectLine> = BTreeMap::new();
    for line in lines {
        let key = if line.to.is_some() { "from" } else { "path" };
        let field = format!("{}.{key}", line.field);
        if let Some(page) = pages.get(&with_slash(&line.from)) {
            shop.error(item, &field, format!("{} is the address of {page}", line.from));
        }
        if by_path.insert(&line.from, line).is_some() {
            shop.error(item, &field, format!("{} is redirected above already", line.from));
        }
    }
    for line in lines {
        let Some(to) = &line.to else { continue };
        let field = format!("{}.to", line.field);
        if let Some(way) = circle(line, &by_path) {
            shop.error(item, &field, format!("redirects must not go in a circle (found {way})"));
        } else if is_dead_end(shop, to, pages, &by_path) {
            shop.error(item, &field, format!("no page has the address {to}"));
        }
    }
}

fn with_slash(path: &str) -> String {
    if path.ends_with('/') { path.to_owned() } else { format!("{path}/") }
}

/// The way from a redirect back to itself: `/a/ > /b/ > /a/`.
fn circle(start: &RedirectLine, by_path: &BTreeMap<&str, &RedirectLine>) -> Option<String> {
    let mut way = vec![start.from.as_str()];
    let mut next = start.to.as_deref();
    while let Some(path) = next {
        let back = path == start.from;
        if !back && way.contains(&path) {
            return None;
        }
        way.push(path);
        if back {
            return Some(way.join(" > "));
        }
        next = by_path.get(path).and_then(|line| line.to.as_deref());
    }
    None
}

/// Whether a path below an edition's base leads to nothing; other paths may be anybody's.
fn is_dead_end(
    shop: &Shop<'_>,
    to: &str,
    pages: &BTreeMap<String, String>,
    by_path: &BTreeMap<&str, &RedirectLine>,
) -> bool {
    let Ok(target) = to.parse::<RedirectTarget>();
    let RedirectTarget::Path(path) = target else { return false };
    let path = path.split(['#', '?']).next().unwrap_or("");
    let bases: BTreeSet<&str> = shop.editions.iter().map(|edition| edition.path.as_str()).collect();
    let is_ours = bases.iter().any(|base| path.starts_with(base));
    is_ours && shop.is_readable() && !pages.contains_key(&with_slash(path)) && !by_path.contains_key(path)
}
