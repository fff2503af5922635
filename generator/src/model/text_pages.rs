//! Content pages: home, text, questions, legal; and the page that answers 404.

use std::collections::BTreeSet;

use vitrine_catalog::MediaRef;
use vitrine_content::{LinkTarget, Page, PageKind, PageText, Rich};
use vitrine_core::{EntityKind, Locale};
use vitrine_theme::Html;
use vitrine_theme::views::{
    ContentPage, Crumb, FaqPage, Head, HomePage, Icon, LegalPage, Link, NotFoundPage, Point, Slot, Tile,
};

use super::head::{About, breadcrumb_json, excerpt, preload};
use super::{Draft, Maker, jsonld, media_key};
use crate::error::BuildError;
use crate::index::Index;
use crate::key::{EntityKey, Kind};
use crate::pictures::Showing;
use crate::rich::first_in;
use crate::site::{CONTACT_PAGE, DELIVERY_PAGE, home, label_of};

/// Cards on the page that answers 404.
const NOT_FOUND_CARDS: usize = 4;

/// A content page in the maker's edition; `None` where it is not shown.
pub(crate) fn content_page<'a>(maker: &Maker<'a>, page: &'a Page) -> Result<Option<Draft<'a>>, BuildError> {
    let Some(path) = maker.content_path(page) else { return Ok(None) };
    let Some((_, title)) = own(maker, page, |text| text.title.as_ref()) else { return Ok(None) };
    if page.facts.kind == PageKind::Home {
        return home_page(maker, page, path, title).map(Some);
    }
    let entity = Index::page_entity(page);
    let mut needs = BTreeSet::new();
    let chain = if page.facts.kind == PageKind::Legal { &maker.site.own } else { &maker.site.chain };
    let body = first_in(chain, |lang| page.texts.get(lang)?.body.as_ref());
    let rich = maker.texts.parse(body.map_or("", |(_, body)| body), &path)?;
    let html = maker.rich(&rich, &mut needs)?;
    let breadcrumb = vec![
        Crumb {
            label: maker.site.words.plain("home").into(),
            url: Some(maker.site.edition.path.as_str().into()),
        },
        Crumb { label: title.as_str().into(), url: None },
    ];
    let head = head(maker, page, title, &path, &rich, &breadcrumb, &mut needs)?;
    let toc = Maker::toc(&rich);
    let words = &maker.site.words;
    let entity_page = entity.page();
    let title = title.as_str().into();
    match page.facts.kind {
        PageKind::Faq => {
            let contact = maker
                .page_path(CONTACT_PAGE, &mut needs)
                .map(|path| Link { label: words.plain("contact_us").into(), url: path.into() });
            let view = FaqPage { head, breadcrumb, title, lead: "".into(), toc, body: html, contact };
            maker.draft(entity_page, path, view, needs).map(Some)
        }
        PageKind::Legal => {
            let as_of =
                page.facts.updated.map(|updated| words.text("as_of", "date", words.date(updated)).into());
            let view = LegalPage { head, breadcrumb, title, as_of, sample_notice: None, toc, body: html };
            maker.draft(entity_page, path, view, needs).map(Some)
        }
        PageKind::Page | PageKind::Home => {
            let updated = page
                .facts
                .updated
                .map(|updated| words.text("updated_on", "date", words.date(updated)).into());
            let view = ContentPage { head, breadcrumb, title, lead: "".into(), updated, toc, body: html };
            maker.draft(entity_page, path, view, needs).map(Some)
        }
    }
}

impl Maker<'_> {
    /// Path of a content page here; `None` where it is not shown or has no title in the edition's language.
    pub(crate) fn content_path(&self, page: &Page) -> Option<String> {
        self.view.page_path(page)
    }
}

/// The page that answers 404 in the maker's edition.
pub(crate) fn not_found<'a>(maker: &Maker<'a>) -> Result<Draft<'a>, BuildError> {
    let mut needs = BTreeSet::new();
    let words = &maker.site.words;
    let home = home(maker.view.index);
    needs.extend(home.map(Index::page_entity));
    let featured = home.map(|page| page.facts.featured.as_slice()).unwrap_or_default();
    let mut cards = maker.cards_by_id(featured, &mut needs)?;
    cards.truncate(NOT_FOUND_CARDS);
    let mut links =
        vec![Link { label: words.plain("home").into(), url: maker.site.edition.path.as_str().into() }];
    for item in &maker.view.index.content().navigation.main {
        let Ok(target) = LinkTarget::parse(item) else { continue };
        if let (Some(url), Some(label)) =
            (maker.view.resolve(&target).0, label_of(&maker.view, &maker.site.chain, &target))
        {
            links.push(Link { label: label.into(), url: url.into() });
        }
    }
    let head = Head {
        title: words.plain("not_found_title").into(),
        robots: Some("noindex".into()),
        ..Head::default()
    };
    let path = format!("{}404.html", maker.site.edition.path);
    maker.draft(EntityKey::new(Kind::NotFound, 0).page(), path, NotFoundPage { head, links, cards }, needs)
}

fn home_page<'a>(
    maker: &Maker<'a>,
    page: &'a Page,
    path: String,
    title: &'a str,
) -> Result<Draft<'a>, BuildError> {
    let site = maker.site;
    let facts = &page.facts;
    let mut needs = BTreeSet::new();
    let chain = &site.chain;
    let text = |field: fn(&PageText) -> Option<&String>| {
        first_in(chain, |lang| field(page.texts.get(lang)?)).map(|(_, text)| text.as_str())
    };
    let rich = maker.texts.parse(text(|text| text.body.as_ref()).unwrap_or_default(), &path)?;
    let story = maker.rich(&rich, &mut needs)?;
    let showing = Showing { slot: Slot::Hero, chain, name: "", eager: true };
    let hero = facts.hero.as_deref().and_then(|file| maker.pictures.file(file, showing));
    needs.extend(facts.hero.as_deref().map(media_key));
    let target = facts.hero_link.as_deref().and_then(|link| LinkTarget::parse(link).ok());
    let (url, need) = target.map_or((None, None), |target| maker.view.resolve(&target));
    needs.extend(need);
    let call_to_action = text(|text| text.call_to_action.as_ref()).zip(url);
    let mut head = head(maker, page, title, &path, &rich, &[], &mut needs)?;
    head.json_ld.push(Html::json(&jsonld::organization(maker).to_string()));
    head.json_ld.push(Html::json(&jsonld::website(maker).to_string()));
    head.preload = hero.as_ref().map(preload);
    let view = HomePage {
        head,
        hero,
        headline: text(|text| text.headline.as_ref()).unwrap_or(title).into(),
        lead: text(|text| text.lead.as_ref()).unwrap_or_default().into(),
        call_to_action: call_to_action.map(|(label, url)| Link { label: label.into(), url: url.into() }),
        points: points(maker, &mut needs),
        tiles: tiles(maker, &facts.categories, &mut needs),
        cards: maker.cards_by_id(&facts.featured, &mut needs)?,
        story,
    };
    maker.draft(Index::page_entity(page).page(), path, view, needs)
}

/// What the shop promises in this country: returns, delivery, payment.
fn points(maker: &Maker<'_>, needs: &mut BTreeSet<EntityKey>) -> Vec<Point<'static>> {
    let words = &maker.site.words;
    let country = &maker.site.country;
    let mut points: Vec<Point<'static>> = maker.returns_point(needs).into_iter().collect();
    if let Some(method) = country.delivery.first() {
        let title = match method.free_from {
            Some(free_from) => words.text("free_delivery_from", "amount", words.money(free_from)),
            None => words.plain("free_delivery"),
        };
        let text = maker.delivery_days("point_delivery_text").unwrap_or_default();
        let url = maker.page_path(DELIVERY_PAGE, needs).map(Into::into);
        points.push(Point { icon: Icon::Truck, title: title.into(), text: text.into(), url });
    }
    if !country.payment_methods.is_empty() {
        let names = country.payment_methods.iter().map(|id| words.plain(&format!("payment_{id}")));
        let names: Vec<String> = names.collect();
        points.push(Point {
            icon: Icon::Card,
            title: words.plain("point_payment_title").into(),
            text: words.text("point_payment_text", "methods", names.join(", ")).into(),
            url: None,
        });
    }
    points
}

fn tiles<'a>(maker: &Maker<'a>, ids: &[String], needs: &mut BTreeSet<EntityKey>) -> Vec<Tile<'a>> {
    let mut tiles = Vec::with_capacity(ids.len());
    for id in ids {
        let Ok(id) = vitrine_core::CategoryId::try_new(id) else { continue };
        let Some(record) = maker.view.index.category_by_id(&id) else {
            needs.insert(EntityKey::absent(EntityKind::Category, id.as_str()));
            continue;
        };
        needs.insert(EntityKey::new(Kind::Category, record.seq));
        let name = first_in(&maker.site.own, |lang| record.texts.get(lang)?.name.as_ref());
        let (Some(url), Some((_, name))) = (maker.view.category_path(record), name) else { continue };
        let picture = record.category.picture.as_ref().and_then(|file| {
            needs.insert(media_key(file));
            let showing = Showing { slot: Slot::Tile, chain: &[], name: "", eager: false };
            let mut picture = maker.pictures.file(file, showing)?;
            // The name beside it says what it shows.
            picture.alt = "".into();
            Some(picture)
        });
        tiles.push(Tile { label: name.as_str().into(), url: url.into(), picture });
    }
    tiles
}

fn head<'a>(
    maker: &Maker<'a>,
    page: &'a Page,
    title: &str,
    path: &str,
    rich: &Rich,
    breadcrumb: &[Crumb<'_>],
    needs: &mut BTreeSet<EntityKey>,
) -> Result<Head<'static>, BuildError> {
    let site = maker.site;
    let description = first_in(&site.chain, |lang| page.texts.get(lang)?.description.as_ref());
    let description =
        description.map_or_else(|| excerpt(&rich.text, 155), |(_, description)| description.clone());
    let crumbs = (!breadcrumb.is_empty()).then(|| breadcrumb_json(breadcrumb, &site.edition.origin));
    let faq = jsonld::faq(&rich.faq).filter(|_| page.facts.kind != PageKind::Home);
    let picture = page.facts.hero.clone().or_else(|| {
        let home = home(maker.view.index)?;
        needs.insert(Index::page_entity(home));
        home.facts.hero.clone()
    });
    needs.extend(picture.as_deref().map(media_key));
    let image = picture.and_then(|file| {
        let alt = first_in(&site.chain, |lang| maker.view.index.content().alts.get(lang)?.get(&file));
        let alt = alt.map_or("", |(_, alt)| alt.as_str());
        maker.pictures.social(&MediaRef::File(file.clone()), &site.edition.origin, alt)
    });
    Ok(maker.head(About {
        title: title.to_owned(),
        description,
        path: path.to_owned(),
        alternates: maker.alternates(maker.x_default_of(page), |other| other.content_path(page))?,
        kind: if page.facts.kind == PageKind::Home { "website" } else { "article" },
        image,
        price: None,
        json_ld: crumbs.into_iter().chain(faq).collect(),
    }))
}

/// A text of the page in the edition's own language.
fn own<'a, 't>(
    maker: &Maker<'a>,
    page: &'t Page,
    field: fn(&PageText) -> Option<&String>,
) -> Option<(&'a Locale, &'t String)> {
    first_in(&maker.site.own, |lang| field(page.texts.get(lang)?))
}

#[cfg(test)]
mod tests;
