//! The pages of a product: its own, and one for each variant.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{
    Availability, MediaRef, ProductRecord, ResolvedText, VisibleVariant, text, valid_until, visible_variants,
};
use vitrine_core::{EntityKind, Sku, Timestamp};
use vitrine_theme::Html;
use vitrine_theme::views::{CardView, Crumb, Head, Link, Point, ProductPage, Slot};

use super::choices::option_groups;
use super::head::{About, breadcrumb_json, excerpt, lang_of};
use super::jsonld::{self, Sold};
use super::pieces::{delivery_link, gallery, parts, points, reviews};
use super::{Draft, Maker, media_key};
use crate::error::BuildError;
use crate::index::variant_path;
use crate::key::{EntityKey, Kind};
use crate::pictures::Showing;
use crate::rich::first_in;

/// Characters of a description that search engines show.
const DESCRIPTION_LENGTH: usize = 155;

/// A product as one edition sees it, with all that its pages share.
pub(crate) struct ProductShared<'a> {
    /// The product.
    pub record: &'a ProductRecord,
    /// Its words.
    pub text: ResolvedText<'a>,
    /// What can be chosen, at least one.
    pub variants: Vec<VisibleVariant<'a>>,
    /// Path of the product's own page.
    pub path: String,
    valid_until: Option<Timestamp>,
}

impl<'a> ProductShared<'a> {
    /// The product in the maker's edition; `None` where it is not shown.
    pub(crate) fn new(maker: &Maker<'a>, record: &'a ProductRecord) -> Option<Self> {
        let site = maker.site;
        let country = site.edition.country;
        let offer = &record.offer(country)?.offer;
        let variants = visible_variants(&record.product, offer, country, maker.as_of);
        if variants.is_empty() {
            return None;
        }
        let text = text(&site.chain, |lang| record.text(lang))?;
        let path = format!("{}p/{}/", site.edition.path, text.slug.as_str());
        let valid_until = valid_until(&record.product, Some(offer), country, maker.as_of);
        Some(Self { record, text, variants, path, valid_until })
    }

    /// The variant shown first: the first that can be bought, or the first.
    fn leading(&self) -> &VisibleVariant<'a> {
        let buyable =
            self.variants.iter().find(|visible| self.availability(&visible.variant.sku).is_buyable());
        // A shared product has at least one variant.
        buyable.unwrap_or(&self.variants[0])
    }

    /// The state of a variant.
    pub(super) fn availability(&self, sku: &Sku) -> Availability {
        self.record.availability.get(sku).copied().unwrap_or_default()
    }

    /// The best state of any variant.
    fn best_availability(&self) -> Availability {
        let states = self.variants.iter().map(|visible| self.availability(&visible.variant.sku));
        states.min().unwrap_or_default()
    }

    /// The picture that shows a variant.
    pub(super) fn media_of(&self, visible: &VisibleVariant<'_>) -> Option<&'a MediaRef> {
        let media = &self.record.product.media;
        let own = visible.variant.media.and_then(|index| media.get(usize::from(index)));
        own.or_else(|| media.first())
    }
}

/// The card of a product in the maker's edition.
pub(crate) fn card(maker: &Maker<'_>, shared: &ProductShared<'_>) -> Result<Html, BuildError> {
    let showing =
        Showing { slot: Slot::Card, chain: &maker.site.chain, name: shared.text.name, eager: false };
    let cheapest = shared.variants.iter().min_by_key(|visible| visible.price.amount.minor);
    let varies = shared.variants.iter().any(|visible| {
        cheapest.is_some_and(|cheapest| visible.price.amount.minor != cheapest.price.amount.minor)
    });
    let cheapest = cheapest.unwrap_or_else(|| shared.leading());
    let mut price = maker.price(cheapest);
    // A card states the price and what it was; the page says the rest.
    price.save = None;
    if varies {
        price.text = maker.site.words.text("price_from", "price", price.text.into_owned()).into();
        price.compare_at = None;
        price.prior = None;
    }
    let media = shared.media_of(shared.leading());
    maker.fragment(&CardView {
        url: shared.path.as_str().into(),
        picture: media.and_then(|media| maker.pictures.show(media, showing)),
        brand: maker.brand(&shared.record.product.brand).map(Into::into),
        name: shared.text.name.into(),
        name_lang: None,
        summary: None,
        price,
        availability: maker.availability(shared.best_availability()),
        rating: shared.record.rating.map(|rating| maker.rating(rating, false)),
        badge: None,
    })
}

/// All pages of a product in the maker's edition.
pub(crate) fn product_pages<'a>(
    maker: &Maker<'a>,
    shared: &ProductShared<'a>,
    alternates: &Html,
) -> Result<Vec<Draft<'a>>, BuildError> {
    let entity = EntityKey::new(Kind::Product, shared.record.seq);
    let mut needs = BTreeSet::new();
    let common = Common::new(maker, shared, alternates, &mut needs)?;
    let leading = shared.leading();
    let mut drafts = Vec::with_capacity(shared.variants.len() + 1);
    let mut push = |page, path: String, visible: &VisibleVariant<'a>, main| -> Result<(), BuildError> {
        let mut needs = needs.clone();
        let view = common.page(maker, shared, visible, main, &mut needs)?;
        let mut draft = maker.draft(page, path, view, needs)?;
        draft.valid_until = draft.valid_until.into_iter().chain(shared.valid_until).min();
        drafts.push(draft);
        Ok(())
    };
    push(entity.page(), shared.path.clone(), leading, true)?;
    if shared.variants.len() > 1 {
        for visible in &shared.variants {
            let page = entity.page_at(visible.variant.number.saturating_add(1));
            push(page, variant_path(&shared.path, visible.variant.sku.as_str()), visible, false)?;
        }
    }
    Ok(drafts)
}

/// What all pages of a product in an edition have in common, made once.
struct Common<'a> {
    alternates: Html,
    breadcrumb: Vec<Crumb<'a>>,
    description: Html,
    /// Of the description, for search engines.
    excerpt: String,
    specs: Html,
    reviews: Html,
    related: Vec<Html>,
    points: Vec<Point<'a>>,
    delivery: Option<Link<'a>>,
    /// Galleries by the picture that leads them.
    galleries: BTreeMap<u16, Html>,
}

impl<'a> Common<'a> {
    fn new(
        maker: &Maker<'a>,
        shared: &ProductShared<'a>,
        alternates: &Html,
        needs: &mut BTreeSet<EntityKey>,
    ) -> Result<Self, BuildError> {
        let record = shared.record;
        needs.extend(record.product.media.iter().filter_map(|media| match media {
            MediaRef::File(file) => Some(media_key(file)),
            MediaRef::External(_) => None,
        }));
        let body = maker.texts.parse(shared.text.body.map_or("", |found| found.text), &shared.path)?;
        let related: Vec<String> = record.product.related.iter().map(ToString::to_string).collect();
        let mut galleries = BTreeMap::new();
        for visible in &shared.variants {
            let leads = visible.variant.media.unwrap_or(0);
            if let std::collections::btree_map::Entry::Vacant(entry) = galleries.entry(leads) {
                entry.insert(gallery(maker, shared, leads)?);
            }
        }
        Ok(Self {
            alternates: alternates.clone(),
            breadcrumb: breadcrumb(maker, shared, needs),
            description: maker.rich(&body, needs)?,
            excerpt: excerpt(&body.text, DESCRIPTION_LENGTH),
            specs: super::specs::specs(maker, record, &shared.text)?,
            reviews: reviews(maker, record)?,
            related: maker.cards_by_id(&related, needs),
            points: points(maker, record, needs),
            delivery: delivery_link(maker, needs),
            galleries,
        })
    }

    fn page(
        &self,
        maker: &Maker<'a>,
        shared: &ProductShared<'a>,
        visible: &VisibleVariant<'a>,
        main: bool,
        needs: &mut BTreeSet<EntityKey>,
    ) -> Result<ProductPage<'a>, BuildError> {
        let record = shared.record;
        let leads = visible.variant.media.unwrap_or(0);
        let several = shared.variants.len() > 1;
        let variant = if several { maker.variant_words(record, visible.variant) } else { String::new() };
        let price = maker.price(visible);
        Ok(ProductPage {
            head: self.head(maker, shared, visible, &variant, main),
            breadcrumb: self.breadcrumb.clone(),
            brand: maker.brand(&record.product.brand).map(Into::into),
            name: shared.text.name.into(),
            variant: variant.into(),
            summary: shared.text.summary.map_or_else(Default::default, |found| found.text.into()),
            text_lang: shared.text.body.and_then(|found| lang_of(found.lang, &maker.site.chain)),
            gallery: self.galleries.get(&leads).cloned().unwrap_or_default(),
            options: if several { option_groups(maker, shared, visible) } else { Vec::new() },
            price,
            tax_note: maker.tax_note().into(),
            delivery: self.delivery.clone(),
            legal_notes: Vec::new(),
            availability: maker.availability(shared.availability(&visible.variant.sku)),
            delivery_estimate: maker.delivery_days("delivery_days").map(Into::into),
            buy: None,
            points: self.points.clone(),
            parts: parts(maker, visible, needs),
            description: self.description.clone(),
            specs: self.specs.clone(),
            rating: record.rating.map(|rating| maker.rating(rating, true)),
            reviews: self.reviews.clone(),
            related: self.related.clone(),
        })
    }

    fn head(
        &self,
        maker: &Maker<'a>,
        shared: &ProductShared<'a>,
        visible: &VisibleVariant<'a>,
        variant: &str,
        main: bool,
    ) -> Head<'a> {
        let site = maker.site;
        let name = if main {
            shared.text.title.unwrap_or(shared.text.name).to_owned()
        } else {
            format!("{}, {variant}", shared.text.name)
        };
        let description = shared.text.description.or(shared.text.summary).map(|found| found.text.to_owned());
        let description = description.unwrap_or_else(|| self.excerpt.clone());
        let sold = sold(maker, shared);
        let about = jsonld::About {
            record: shared.record,
            text: &shared.text,
            description: &description,
            path: &shared.path,
            shown: visible,
            main,
        };
        let product = jsonld::product(maker, &about, &sold);
        let media = shared.media_of(visible);
        maker.head(About {
            title: name,
            description,
            path: shared.path.clone(),
            alternates: if main { self.alternates.clone() } else { Html::default() },
            kind: "product",
            image: media
                .and_then(|media| maker.pictures.social(media, &site.edition.origin, shared.text.name)),
            price: Some(maker.money(visible.price.amount.minor).to_decimal()),
            json_ld: vec![product, breadcrumb_json(&self.breadcrumb, &site.edition.origin)],
        })
    }
}

/// The variants as they are sold in the maker's edition.
fn sold<'s>(maker: &Maker<'_>, shared: &'s ProductShared<'_>) -> Vec<Sold<'s>> {
    shared
        .variants
        .iter()
        .map(|one| Sold {
            sku: &one.variant.sku,
            gtin: one.variant.gtin.as_deref(),
            name: format!("{}, {}", shared.text.name, maker.variant_words(shared.record, one.variant)),
            url: maker.site.absolute(&match shared.variants.len() {
                1 => shared.path.clone(),
                _ => variant_path(&shared.path, one.variant.sku.as_str()),
            }),
            price: maker.money(one.price.amount.minor),
            availability: shared.availability(&one.variant.sku),
            options: &one.variant.options,
            own_media: one.variant.media.filter(|index| *index > 0).and_then(|_| shared.media_of(one)),
        })
        .collect()
}

fn breadcrumb<'a>(
    maker: &Maker<'a>,
    shared: &ProductShared<'a>,
    needs: &mut BTreeSet<EntityKey>,
) -> Vec<Crumb<'a>> {
    let site = maker.site;
    let mut crumbs =
        vec![Crumb { label: site.words.plain("home").into(), url: Some(site.edition.path.as_str().into()) }];
    let primary = shared.record.product.categories.first().map(|place| &place.id);
    let path = primary.map(|id| maker.view.index.ancestry(id)).unwrap_or_default();
    let unknown = primary.filter(|_| path.is_empty());
    needs.extend(unknown.map(|id| EntityKey::absent(EntityKind::Category, id.as_str())));
    for record in path {
        needs.insert(EntityKey::new(Kind::Category, record.seq));
        let name = first_in(&site.own, |lang| record.texts.get(lang)?.name.as_ref());
        if let (Some(url), Some((_, name))) = (maker.view.category_path(record), name) {
            crumbs.push(Crumb { label: name.clone().into(), url: Some(url.into()) });
        }
    }
    crumbs.push(Crumb { label: shared.text.name.into(), url: None });
    crumbs
}

#[cfg(test)]
mod tests;
