//! What the plan knows of a store without reading documents: ids, slugs, order and where a thing is shown.
//!
//! Narrow on purpose: no texts, no prices, no attributes.

mod shared;

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{CategoryRecord, ProductOutline};
use vitrine_content::{ContentSet, LinkTarget, Page, PageKind};
use vitrine_core::{CategoryId, Country, EntityKind, Locale, ProductId, Sku, Slug, Timestamp};

use self::shared::Shared;
use crate::key::{EntityKey, Kind};

/// Products of one page of a listing.
pub(crate) const LISTING_PAGE: usize = 24;

/// What the plan knows of a store.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By number.
    products: BTreeMap<i64, ProductOutline>,
    by_id: BTreeMap<ProductId, i64>,
    by_sku: BTreeMap<Sku, i64>,
    categories: BTreeMap<i64, CategoryRecord>,
    category_by_id: BTreeMap<CategoryId, i64>,
    /// Categories in tree order with their depth.
    tree: Vec<(i64, usize)>,
    members: BTreeMap<CategoryId, BTreeSet<(i64, ProductId, i64)>>,
    /// Products removed since the index was read, because the change log names them by id only.
    departed: BTreeMap<ProductId, BTreeSet<i64>>,
    /// Moments at which a product comes or goes.
    moments: BTreeSet<(Timestamp, i64)>,
    content: ContentSet,
    shared: Shared,
}

/// The eyes with which one edition looks at the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// The index looked at.
    pub(crate) index: &'a Index,
    /// The storefront.
    pub(crate) country: Country,
    /// The edition's locale and its parents: where a slug is looked up.
    pub(crate) own: &'a [Locale],
    /// Base path, `/ch-fr/`.
    pub(crate) base: &'a str,
    /// The moment the pages are true for.
    pub(crate) as_of: Timestamp,
}

impl Index {
    /// An index of everything a store holds.
    pub(crate) fn new(
        outlines: Vec<ProductOutline>,
        categories: Vec<CategoryRecord>,
        content: ContentSet,
    ) -> Self {
        let mut index = Self { content, ..Self::default() };
        index.set_categories(categories);
        for outline in outlines {
            index.insert(outline);
        }
        index
    }

    /// Takes in the present state of some products; those without an outline are gone.
    pub(crate) fn refresh_products(&mut self, asked: &[i64], outlines: Vec<ProductOutline>) {
        for seq in asked {
            if let Some(old) = self.products.remove(seq) {
                self.by_id.remove(&old.id);
                self.departed.entry(old.id.clone()).or_default().insert(*seq);
                for variant in &old.variants {
                    self.by_sku.remove(&variant.sku);
                }
                for moment in moments(&old) {
                    self.moments.remove(&(moment, *seq));
                }
                for place in &old.categories {
                    if let Some(members) = self.members.get_mut(&place.id) {
                        members.remove(&(place.rank, old.id.clone(), *seq));
                    }
                }
            }
        }
        for outline in outlines {
            if let Some(seqs) = self.departed.get_mut(&outline.id) {
                seqs.remove(&outline.seq);
            }
            self.insert(outline);
        }
    }

    /// The numbers that a product had when it was removed: one each time it came back and went again.
    pub(crate) fn departed(&self, id: &ProductId) -> impl Iterator<Item = i64> {
        self.departed.get(id).into_iter().flatten().copied()
    }

    /// Replaces the category tree.
    pub(crate) fn set_categories(&mut self, categories: Vec<CategoryRecord>) {
        self.category_by_id =
            categories.iter().map(|record| (record.category.id.clone(), record.seq)).collect();
        self.tree = tree_order(&categories);
        self.categories = categories.into_iter().map(|record| (record.seq, record)).collect();
    }

    /// Replaces pages, navigation, strings and media.
    pub(crate) fn set_content(&mut self, content: ContentSet) {
        self.content = content;
    }

    /// Pages, navigation, strings and media.
    pub(crate) fn content(&self) -> &ContentSet {
        &self.content
    }

    /// Numbers of all products, ascending.
    pub(crate) fn product_seqs(&self) -> impl Iterator<Item = i64> {
        self.products.keys().copied()
    }

    /// Every product once, with the first category that has it: all of one category, in its order, then all of the
    /// next, and at the end those that no category has.
    pub(crate) fn by_category(&self) -> Vec<(Option<&CategoryRecord>, Vec<i64>)> {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for (record, _) in self.tree() {
            let members = self.members.get(&record.category.id).into_iter().flatten();
            let here: Vec<i64> = members.map(|(_, _, seq)| *seq).filter(|seq| seen.insert(*seq)).collect();
            all.push((Some(record), here));
        }
        all.push((None, self.product_seqs().filter(|seq| !seen.contains(seq)).collect()));
        all
    }

    /// Products from a number on and before another, ascending.
    pub(crate) fn products_within(&self, (first, end): (i64, i64)) -> impl Iterator<Item = &ProductOutline> {
        self.products.range(first..end.max(first)).map(|(_, outline)| outline)
    }

    /// A product by its number.
    pub(crate) fn product(&self, seq: i64) -> Option<&ProductOutline> {
        self.products.get(&seq)
    }

    /// A product's number by its id.
    pub(crate) fn seq_of(&self, id: &ProductId) -> Option<i64> {
        self.by_id.get(id).copied()
    }

    /// The number of the product that has a SKU.
    pub(crate) fn seq_of_sku(&self, sku: &Sku) -> Option<i64> {
        self.by_sku.get(sku).copied()
    }

    /// Numbers of all categories, ascending.
    pub(crate) fn category_seqs(&self) -> impl Iterator<Item = i64> {
        self.categories.keys().copied()
    }

    /// A category by its number.
    pub(crate) fn category(&self, seq: i64) -> Option<&CategoryRecord> {
        self.categories.get(&seq)
    }

    /// A category by its id.
    pub(crate) fn category_by_id(&self, id: &CategoryId) -> Option<&CategoryRecord> {
        self.category_by_id.get(id).and_then(|seq| self.categories.get(seq))
    }

    /// All categories in tree order: parents before children, siblings by rank and id; with their depth.
    pub(crate) fn tree(&self) -> impl Iterator<Item = (&CategoryRecord, usize)> {
        self.tree.iter().filter_map(|(seq, depth)| self.categories.get(seq).map(|record| (record, *depth)))
    }

    /// The entity a content page is.
    pub(crate) fn page_entity(page: &Page) -> EntityKey {
        EntityKey::new(Kind::Content, page.seq)
    }

    /// The path from the root to a category, itself last; stops at an unknown parent or a circle.
    pub(crate) fn ancestry(&self, id: &CategoryId) -> Vec<&CategoryRecord> {
        let mut path = Vec::new();
        let mut next = Some(id.clone());
        while let Some(record) = next.as_ref().and_then(|id| self.category_by_id(id)) {
            if path.iter().any(|seen: &&CategoryRecord| seen.seq == record.seq) {
                break;
            }
            path.push(record);
            next = record.category.parent.clone();
        }
        path.reverse();
        path
    }

    fn insert(&mut self, mut outline: ProductOutline) {
        self.shared.share(&mut outline);
        self.by_id.insert(outline.id.clone(), outline.seq);
        for variant in &outline.variants {
            self.by_sku.insert(variant.sku.clone(), outline.seq);
        }
        for place in &outline.categories {
            let member = (place.rank, outline.id.clone(), outline.seq);
            self.members.entry(place.id.clone()).or_default().insert(member);
        }
        self.moments.extend(moments(&outline).map(|moment| (moment, outline.seq)));
        self.products.insert(outline.seq, outline);
    }

    /// Products that come or go in `(after, until]`.
    pub(crate) fn due(&self, after: Timestamp, until: Timestamp) -> impl Iterator<Item = i64> {
        let range = (after.plus_ms(1), i64::MIN)..=(until, i64::MAX);
        let due = (after < until).then(|| self.moments.range(range));
        due.into_iter().flatten().map(|(_, seq)| *seq)
    }

    /// Categories that list a product, with those above them.
    pub(crate) fn listed_in(&self, seq: i64) -> impl Iterator<Item = i64> {
        let places = self.products.get(&seq).map(|outline| outline.categories.as_slice()).unwrap_or_default();
        places.iter().flat_map(|place| self.ancestry(&place.id)).map(|record| record.seq)
    }
}

/// When a product may come or go by time alone.
fn moments(outline: &ProductOutline) -> impl Iterator<Item = Timestamp> {
    let spans = outline.variants.iter().flat_map(|variant| variant.offered.values().flatten());
    let bounds = spans.flat_map(|span| [span.from, span.until]);
    bounds.chain([outline.publish_at, outline.unpublish_at]).flatten()
}

impl<'a> View<'a> {
    /// Whether the product has a page here.
    pub(crate) fn shows_product(&self, outline: &ProductOutline) -> bool {
        outline.visible_variants(self.country, self.as_of).next().is_some()
            && self.slug(&outline.slugs).is_some()
    }

    /// The slug in the edition's own language; other languages' do not serve.
    pub(crate) fn slug<'s>(&self, slugs: &'s [(Locale, Slug)]) -> Option<&'s Slug> {
        let of = |lang| slugs.iter().find(|(other, _)| other == lang).map(|(_, slug)| slug);
        self.own.iter().find_map(of)
    }

    /// Path of a product's page, `/de/p/cloud/`; `None` where it is not shown.
    pub(crate) fn product_path(&self, seq: i64) -> Option<String> {
        let outline = self.index.product(seq)?;
        let slug = self.slug(&outline.slugs).filter(|_| self.shows_product(outline))?;
        Some(format!("{}p/{}/", self.base, slug.as_str()))
    }

    /// Path of a category's first page, `/de/c/matratzen/`; `None` where it is not shown or has no name in the
    /// edition's language.
    pub(crate) fn category_path(&self, record: &CategoryRecord) -> Option<String> {
        self.own.iter().find_map(|lang| record.texts.get(lang)?.name.as_ref())?;
        let shown = record.category.countries.is_empty() || record.category.countries.contains(&self.country);
        let slug =
            self.own.iter().find_map(|lang| record.texts.get(lang)?.slug.as_ref()).filter(|_| shown)?;
        Some(format!("{}c/{}/", self.base, slug.as_str()))
    }

    /// Path of a content page; `None` where it is not shown or has no title in the edition's language.
    pub(crate) fn page_path(&self, page: &Page) -> Option<String> {
        let facts = &page.facts;
        self.own.iter().find_map(|lang| page.texts.get(lang)?.title.as_ref())?;
        if !facts.countries.is_empty() && !facts.countries.contains(&self.country) {
            return None;
        }
        if facts.kind == PageKind::Home {
            return Some(self.base.to_owned());
        }
        let slug = self.own.iter().find_map(|lang| page.texts.get(lang)?.slug.as_ref())?;
        Some(format!("{}{}/", self.base, slug.as_str()))
    }

    /// Where a link leads here, with what it depends on; `None` as address where the target is not shown.
    pub(crate) fn resolve(&self, target: &LinkTarget) -> (Option<String>, Option<EntityKey>) {
        match target {
            LinkTarget::Product { id, sku } => {
                let Some(seq) = self.index.seq_of(id) else {
                    return (None, Some(EntityKey::absent(EntityKind::Product, id.as_str())));
                };
                let path = match sku {
                    Some(sku) => self.variant_path(seq, sku),
                    None => self.product_path(seq),
                };
                (path, Some(EntityKey::new(Kind::Product, seq)))
            }
            LinkTarget::Category { id, anchor } => {
                let Some(record) = self.index.category_by_id(id) else {
                    return (None, Some(EntityKey::absent(EntityKind::Category, id.as_str())));
                };
                let path = self.category_path(record).map(|path| with_anchor(path, anchor.as_deref()));
                (path, Some(EntityKey::new(Kind::Category, record.seq)))
            }
            LinkTarget::Page { name, anchor } => {
                let Some(page) = self.index.content.pages.get(name) else {
                    return (None, Some(EntityKey::absent(EntityKind::Page, name.as_str())));
                };
                let path = self.page_path(page).map(|path| with_anchor(path, anchor.as_deref()));
                (path, Some(Index::page_entity(page)))
            }
            LinkTarget::Anchor(anchor) => (Some(format!("#{anchor}")), None),
            LinkTarget::External(url) => (Some(url.clone()), None),
        }
    }

    /// Products of a category that are shown here, in its static order; a parent lists its children's after its own.
    pub(crate) fn listing(&self, record: &CategoryRecord) -> Vec<i64> {
        let mut seen = BTreeSet::new();
        let mut seqs = Vec::new();
        for id in self.branch(&record.category.id) {
            for (_, _, seq) in self.index.members.get(id).into_iter().flatten() {
                let shown = self.index.product(*seq).is_some_and(|outline| self.shows_product(outline));
                if shown && seen.insert(*seq) {
                    seqs.push(*seq);
                }
            }
        }
        seqs
    }

    /// Children of a category that are shown here, in order.
    pub(crate) fn children(&self, id: &CategoryId) -> Vec<&'a CategoryRecord> {
        let index: &'a Index = self.index;
        index
            .tree()
            .map(|(record, _)| record)
            .filter(|record| {
                record.category.parent.as_ref() == Some(id) && self.category_path(record).is_some()
            })
            .collect()
    }

    /// A category and all below it, in tree order.
    fn branch(&self, root: &CategoryId) -> Vec<&'a CategoryId> {
        let index: &'a Index = self.index;
        let below = index.tree().map(|(record, depth)| (&record.category.id, depth));
        let mut inside = below.skip_while(|(id, _)| *id != root);
        let Some((first, top)) = inside.next() else { return Vec::new() };
        std::iter::once(first).chain(inside.take_while(|(_, depth)| *depth > top).map(|(id, _)| id)).collect()
    }

    /// The pages of a product's variants with their SKUs: only several have pages of their own.
    pub(crate) fn variant_pages(&self, seq: i64) -> Vec<(&'a Sku, String)> {
        let index: &'a Index = self.index;
        let (Some(outline), Some(path)) = (index.product(seq), self.product_path(seq)) else {
            return Vec::new();
        };
        let visible = outline.visible_variants(self.country, self.as_of);
        let pages = visible.map(|variant| (&variant.sku, variant_path(&path, variant.sku.as_str())));
        let pages: Vec<(&Sku, String)> = pages.collect();
        if pages.len() > 1 { pages } else { Vec::new() }
    }

    /// Path of the page that shows a variant: the product's own where the variant has none.
    pub(crate) fn variant_path(&self, seq: i64, sku: &Sku) -> Option<String> {
        let own = self.variant_pages(seq).into_iter().find(|(has, _)| *has == sku).map(|(_, path)| path);
        own.or_else(|| self.product_path(seq))
    }
}

fn with_anchor(path: String, anchor: Option<&str>) -> String {
    match anchor {
        Some(anchor) => path + "#" + anchor,
        None => path,
    }
}

/// Path of a variant's own page below its product's.
pub(crate) fn variant_path(product_path: &str, sku: &str) -> String {
    format!("{product_path}{}/", sku.to_ascii_lowercase())
}

/// Numbers in tree order with their depth; a circle, which checks refuse, is left out rather than followed.
fn tree_order(categories: &[CategoryRecord]) -> Vec<(i64, usize)> {
    let mut children: BTreeMap<Option<&CategoryId>, Vec<&CategoryRecord>> = BTreeMap::new();
    let known: BTreeSet<&CategoryId> = categories.iter().map(|record| &record.category.id).collect();
    for record in categories {
        let parent = record.category.parent.as_ref().filter(|parent| known.contains(parent));
        children.entry(parent).or_default().push(record);
    }
    for siblings in children.values_mut() {
        siblings.sort_by(|a, b| (a.category.rank, &a.category.id).cmp(&(b.category.rank, &b.category.id)));
    }
    let mut order = Vec::with_capacity(categories.len());
    let mut stack: Vec<(&CategoryRecord, usize)> = Vec::new();
    stack.extend(children.get(&None).into_iter().flatten().rev().map(|record| (*record, 0)));
    while let Some((record, depth)) = stack.pop() {
        order.push((record.seq, depth));
        let below = children.get(&Some(&record.category.id)).into_iter().flatten().rev();
        stack.extend(below.map(|child| (*child, depth + 1)));
    }
    order
}

#[cfg(test)]
mod tests;
