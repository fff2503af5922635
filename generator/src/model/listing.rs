//! The pages of a category's listing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_catalog::{CategoryRecord, MediaRef, category_text};
use vitrine_content::Arg;
use vitrine_content::markdown::may_refer;
use vitrine_core::{Hasher, Timestamp};
use vitrine_theme::Html;
use vitrine_theme::views::{CategoryPage, Crumb, Link, PageLink, Pager};

use super::head::{About, breadcrumb_json, excerpt};
use super::inputs::Inputs;
use super::{Body, Draft, Maker, media_key, short};
use crate::error::BuildError;
use crate::index::{Index, LISTING_PAGE};
use crate::key::{EntityKey, Kind, PageKey};
use crate::rich::first_in;
use crate::site::Site;

/// A category as all editions list it: cheap, from the index alone.
pub(crate) struct Shelf<'a> {
    pub record: &'a CategoryRecord,
    /// By number of the edition; those that don't show the category are left out.
    listings: BTreeMap<i64, Listing>,
}

/// A category as one edition lists it.
pub(crate) struct Listing {
    /// Path of its first page.
    path: String,
    /// Products in order.
    seqs: Vec<i64>,
}

/// One page of a listing.
pub(crate) struct ListingPage {
    pub page: PageKey,
    /// From 1.
    pub number: usize,
    /// Products it shows.
    pub seqs: Vec<i64>,
    /// Of number, count of pages, products and the editions that have such a page.
    pub shape: i64,
}

impl<'a> Shelf<'a> {
    /// The listings of a category.
    pub(crate) fn new(sites: &[Site], index: &Index, as_of: Timestamp, record: &'a CategoryRecord) -> Self {
        let listing = |site: &Site| {
            let view = site.view(index, as_of);
            let path = view.category_path(record)?;
            Some((site.number, Listing { path, seqs: view.listing(record) }))
        };
        Self { record, listings: sites.iter().filter_map(listing).collect() }
    }

    /// The listing of an edition; `None` where the category is not shown.
    pub(crate) fn listing(&self, edition: i64) -> Option<&Listing> {
        self.listings.get(&edition)
    }

    /// Path of a page in an edition, if there is one of that number.
    pub(crate) fn path_at(&self, edition: i64, number: usize) -> Option<String> {
        let listing = self.listings.get(&edition)?;
        (number <= listing.count()).then(|| listing.path_of(number))
    }

    /// Its pages in an edition that shows it; an empty category has one.
    pub(crate) fn pages(&self, edition: i64) -> Vec<ListingPage> {
        let Some(listing) = self.listings.get(&edition) else { return Vec::new() };
        let entity = EntityKey::new(Kind::Category, self.record.seq);
        let count = listing.count();
        let page = |number: usize| {
            let seqs = listing.seqs.iter().skip((number - 1) * LISTING_PAGE).take(LISTING_PAGE);
            let seqs: Vec<i64> = seqs.copied().collect();
            let mut hasher = Hasher::new("vitrine listing");
            for part in [number, count, listing.seqs.len()] {
                hasher.int(i64::try_from(part).unwrap_or(i64::MAX));
            }
            seqs.iter().for_each(|seq| {
                hasher.int(*seq);
            });
            // The alternates of a page name the editions that have as many.
            for (edition, _) in self.listings.iter().filter(|(_, other)| number <= other.count()) {
                hasher.int(*edition);
            }
            // The first page is the category's main page.
            let sub = u16::try_from(number - 1).unwrap_or(u16::MAX);
            ListingPage { page: entity.page_at(sub), number, seqs, shape: short(&hasher.finish()) }
        };
        (1..=count).map(page).collect()
    }
}

impl Listing {
    /// How many pages it has.
    pub(crate) fn count(&self) -> usize {
        self.seqs.len().div_ceil(LISTING_PAGE).max(1)
    }

    fn path_of(&self, number: usize) -> String {
        if number <= 1 { self.path.clone() } else { format!("{}{number}/", self.path) }
    }
}

/// A page of a listing as a draft; the fingerprints of its cards must be in the maker's deck, and the cards before it
/// is rendered.
pub(crate) fn listing_page<'a>(
    maker: &Maker<'a>,
    shelf: &'a Shelf<'a>,
    page: &'a ListingPage,
) -> Result<Option<Draft<'a>>, BuildError> {
    let site = maker.site;
    let record = shelf.record;
    let Some(listing) = shelf.listing(site.number) else { return Ok(None) };
    let Some(text) = category_text(&site.chain, |lang| record.texts.get(lang)) else { return Ok(None) };
    let path = listing.path_of(page.number);
    let mut inputs = Inputs::new(maker, "vitrine listing page");
    inputs.int(page.shape);
    // Of its own words, and of those above and below it that are named.
    inputs.hash(&record.hash);
    let above = maker.view.index.ancestry(&record.category.id);
    above.into_iter().filter(|above| above.seq != record.seq).for_each(|above| inputs.category(above));
    maker.view.children(&record.category.id).into_iter().for_each(|child| inputs.category(child));
    if let Some(file) = &record.category.picture {
        inputs.file(file);
    }
    if let Some(body) = text.body.filter(|body| page.number == 1 && may_refer(body.text)) {
        inputs.rich(&maker.texts.parse(body.text, &listing.path)?.segments);
    }
    page.seqs.iter().for_each(|seq| inputs.card(*seq));
    let needs = Arc::new(inputs.needs().clone());
    let (maker, name, expected) = (*maker, path.clone(), Arc::clone(&needs));
    Ok(Some(Draft {
        page: page.page,
        edition: site.number,
        fingerprint: inputs.fingerprint(&path, page.page.sub()),
        path,
        shape: page.shape,
        valid_until: maker.cards.valid_until(inputs.products()),
        needs,
        body: Body::Render(Box::new(move |out| {
            let mut shown = BTreeSet::new();
            let view = view(&maker, shelf, page, &mut shown)?;
            debug_assert!(shown.is_subset(&expected), "{name}: {shown:?} not in {expected:?}");
            let rendered = maker.theme().render(&maker.site.ready.shell, &view, out);
            rendered.map_err(|source| BuildError::Theme { page: name.clone(), source })
        })),
    }))
}

/// The model of a page of a listing.
fn view<'a>(
    maker: &Maker<'a>,
    shelf: &'a Shelf<'a>,
    page: &ListingPage,
    needs: &mut BTreeSet<EntityKey>,
) -> Result<CategoryPage<'a>, BuildError> {
    let site = maker.site;
    let record = shelf.record;
    let missing = || BuildError::State("category that is not shown");
    let listing = shelf.listing(site.number).ok_or_else(missing)?;
    let text = category_text(&site.chain, |lang| record.texts.get(lang)).ok_or_else(missing)?;
    let body = maker.texts.parse(text.body.map_or("", |found| found.text), &listing.path)?;
    let intro = if page.number == 1 { maker.rich(&body, needs)? } else { Html::default() };
    let path = listing.path_of(page.number);
    let breadcrumb = breadcrumb(maker, record, text.name, needs);
    let title = text.title.unwrap_or(text.name).to_owned();
    let title = if page.number == 1 { title } else { page_title(maker, listing, &title, page.number) };
    let description = excerpt(text.description.map_or(body.text.as_str(), |found| found.text), 155);
    let picture = record.category.picture.as_ref().map(|file| MediaRef::File(file.clone()));
    needs.extend(record.category.picture.as_deref().map(media_key));
    let number = page.number;
    let alternates = maker.alternates(None, |other| shelf.path_at(other.site.number, number))?;
    let mut head = maker.head(About {
        title,
        description,
        path,
        alternates,
        kind: "website",
        image: picture.and_then(|media| maker.pictures.social(&media, &site.edition.origin, text.name)),
        price: None,
        json_ld: vec![breadcrumb_json(&breadcrumb, &site.edition.origin)],
    });
    let pager = pager(maker, listing, page.number);
    if let Some(pager) = &pager {
        head.prev = pager.prev.clone();
        head.next = pager.next.clone();
    }
    let count = i64::try_from(listing.seqs.len()).unwrap_or(i64::MAX);
    let mut cards = Vec::with_capacity(page.seqs.len());
    for seq in &page.seqs {
        cards.extend(maker.card(*seq)?);
    }
    Ok(CategoryPage {
        head,
        breadcrumb,
        name: text.name.into(),
        intro,
        subcategories: subcategories(maker, record, needs),
        count: site.words.count("product_count", count).into(),
        cards,
        pager,
    })
}

fn breadcrumb<'a>(
    maker: &Maker<'a>,
    record: &'a CategoryRecord,
    name: &'a str,
    needs: &mut BTreeSet<EntityKey>,
) -> Vec<Crumb<'a>> {
    let site = maker.site;
    let mut crumbs =
        vec![Crumb { label: site.words.plain("home").into(), url: Some(site.edition.path.as_str().into()) }];
    for above in maker.view.index.ancestry(&record.category.id).iter().filter(|above| above.seq != record.seq)
    {
        needs.insert(EntityKey::new(Kind::Category, above.seq));
        if let (Some(url), Some((_, name))) = (
            maker.view.category_path(above),
            first_in(&site.own, |lang| above.texts.get(lang)?.name.as_ref()),
        ) {
            crumbs.push(Crumb { label: name.clone().into(), url: Some(url.into()) });
        }
    }
    crumbs.push(Crumb { label: name.into(), url: None });
    crumbs
}

fn subcategories<'a>(
    maker: &Maker<'a>,
    record: &CategoryRecord,
    needs: &mut BTreeSet<EntityKey>,
) -> Vec<Link<'a>> {
    let children = maker.view.children(&record.category.id);
    needs.extend(children.iter().map(|child| EntityKey::new(Kind::Category, child.seq)));
    let link = |child: &'a CategoryRecord| {
        let (_, name) = first_in(&maker.site.own, |lang| child.texts.get(lang)?.name.as_ref())?;
        Some(Link { label: name.as_str().into(), url: maker.view.category_path(child)?.into() })
    };
    children.into_iter().filter_map(link).collect()
}

fn page_title(maker: &Maker<'_>, listing: &Listing, title: &str, number: usize) -> String {
    let written =
        |number: usize| Arg::Text(maker.site.words.integer(i64::try_from(number).unwrap_or(i64::MAX)));
    let arguments = [
        ("title", Arg::Text(title.to_owned())),
        ("page", written(number)),
        ("pages", written(listing.count())),
    ];
    maker.site.words.with("page_title", &arguments)
}

/// First, last and the neighbours of the page shown, with gaps between.
fn pager(maker: &Maker<'_>, listing: &Listing, number: usize) -> Option<Pager<'static>> {
    let pages = listing.count();
    if pages < 2 {
        return None;
    }
    let written = |number: usize| maker.site.words.integer(i64::try_from(number).unwrap_or(i64::MAX));
    let mut links = Vec::new();
    let mut last = 0;
    for page in (1..=pages).filter(|page| *page == 1 || *page == pages || page.abs_diff(number) <= 2) {
        if page > last + 1 {
            links.push(PageLink { label: "…".into(), url: None, current: false });
        }
        let current = page == number;
        let url = (!current).then(|| listing.path_of(page).into());
        links.push(PageLink { label: written(page).into(), url, current });
        last = page;
    }
    let arguments = [("page", Arg::Text(written(number))), ("pages", Arg::Text(written(pages)))];
    Some(Pager {
        text: maker.site.words.with("page_of", &arguments).into(),
        prev: (number > 1).then(|| listing.path_of(number - 1).into()),
        next: (number < pages).then(|| listing.path_of(number + 1).into()),
        links,
    })
}

#[cfg(test)]
mod tests;
