//! The pages of a product: its own, and one for each variant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use vitrine_catalog::{
    Availability, MediaRef, ProductRecord, ResolvedText, VisibleVariant, text, valid_until, visible_variants,
};
use vitrine_content::markdown::may_refer;
use vitrine_core::{ContentHash, EntityKind, Hasher, Sku, Timestamp};
use vitrine_theme::Html;
use vitrine_theme::views::{AlternateLink, AlternatesView, Crumb, Head, Link, Point, ProductPage};

use super::choices::option_groups;
use super::head::{About, breadcrumb_json, excerpt, lang_of};
use super::inputs::Inputs;
use super::jsonld::{self, Sold};
use super::pieces::{delivery_link, gallery, part_inputs, parts, points, reviews};
use super::{Body, Draft, Maker, media_key};
use crate::error::BuildError;
use crate::index::{View, variant_path};
use crate::key::{EntityKey, Kind};
use crate::rich::first_in;
use crate::site::{DELIVERY_PAGE, RETURNS_PAGE, Site};

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
    /// The product in an edition; `None` where it is not shown.
    pub(crate) fn new(site: &'a Site, view: &View<'_>, record: &'a ProductRecord) -> Option<Self> {
        let country = site.edition.country;
        let offer = &record.offer(country)?.offer;
        let variants = visible_variants(&record.product, offer, country, view.as_of);
        if variants.is_empty() {
            return None;
        }
        let text = text(&site.chain, |lang| record.text(lang))?;
        let path = format!("{}p/{}/", site.edition.path, text.slug.as_str());
        let valid_until = valid_until(&record.product, Some(offer), country, view.as_of);
        Some(Self { record, text, variants, path, valid_until })
    }

    /// The variant shown first: the first that can be bought, or the first.
    pub(super) fn leading(&self) -> &VisibleVariant<'a> {
        // A shared product has at least one variant.
        &self.variants[self.leading_at()]
    }

    fn leading_at(&self) -> usize {
        let buyable =
            self.variants.iter().position(|visible| self.availability(&visible.variant.sku).is_buyable());
        buyable.unwrap_or_default()
    }

    /// The state of a variant.
    pub(super) fn availability(&self, sku: &Sku) -> Availability {
        self.record.availability.get(sku).copied().unwrap_or_default()
    }

    /// The best state of any variant.
    pub(super) fn best_availability(&self) -> Availability {
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

/// Where a product stands in every edition that shows it: the same on each of its main pages.
#[derive(Debug)]
pub(crate) struct Alternates {
    links: Vec<(String, String)>,
    hash: ContentHash,
    html: OnceLock<Html>,
}

impl Alternates {
    /// Of `(hreflang, absolute URL)`, as [`Maker::alternate_links`] gives them.
    pub(crate) fn new(links: Vec<(String, String)>) -> Self {
        let mut hasher = Hasher::new("vitrine alternates");
        for (hreflang, url) in &links {
            hasher.field(hreflang.as_bytes()).field(url.as_bytes());
        }
        Self { links, hash: hasher.finish(), html: OnceLock::new() }
    }

    fn html(&self, maker: &Maker<'_>) -> Result<Html, BuildError> {
        if let Some(made) = self.html.get() {
            return Ok(made.clone());
        }
        let link = |(hreflang, url): &(String, String)| AlternateLink {
            hreflang: hreflang.clone().into(),
            url: url.clone().into(),
        };
        let made = maker.fragment(&AlternatesView { links: self.links.iter().map(link).collect() })?;
        Ok(self.html.get_or_init(|| made).clone())
    }
}

/// All pages of a product in the maker's edition.
pub(crate) fn product_pages<'a>(
    maker: &Maker<'a>,
    shared: &Arc<ProductShared<'a>>,
    alternates: &Arc<Alternates>,
) -> Result<Vec<Draft<'a>>, BuildError> {
    let entity = EntityKey::new(Kind::Product, shared.record.seq);
    let inputs = inputs(maker, shared, alternates)?;
    let needs = Arc::new(inputs.needs().clone());
    let valid_until = maker.cards.valid_until(inputs.products()).into_iter().chain(shared.valid_until).min();
    let family: Arc<Family<'a>> = Arc::new(Family {
        maker: *maker,
        shared: Arc::clone(shared),
        alternates: Arc::clone(alternates),
        needs: Arc::clone(&needs),
        common: OnceLock::new(),
    });
    let draft = |sub: u16, path: String, variant: usize, main| {
        let (family, name) = (Arc::clone(&family), path.clone());
        Draft {
            page: entity.page_at(sub),
            edition: maker.site.number,
            fingerprint: inputs.fingerprint(&path, sub),
            path,
            shape: 0,
            valid_until,
            needs: Arc::clone(&needs),
            body: Body::Render(Box::new(move |out| family.render(variant, main, &name, out))),
        }
    };
    let mut drafts = Vec::with_capacity(shared.variants.len() + 1);
    drafts.push(draft(0, shared.path.clone(), shared.leading_at(), true));
    if shared.variants.len() > 1 {
        for (at, visible) in shared.variants.iter().enumerate() {
            let path = variant_path(&shared.path, visible.variant.sku.as_str());
            drafts.push(draft(visible.variant.number.saturating_add(1), path, at, false));
        }
    }
    Ok(drafts)
}

/// Everything that the pages of a product in an edition are made from.
fn inputs<'a>(
    maker: &Maker<'a>,
    shared: &ProductShared<'a>,
    alternates: &Alternates,
) -> Result<Inputs<'a>, BuildError> {
    let record = shared.record;
    let mut inputs = Inputs::new(maker, "vitrine product");
    inputs.hash(&record.hash);
    inputs.texts(record, &maker.site.chain);
    inputs.hash(&alternates.hash);
    for visible in &shared.variants {
        inputs.int(i64::from(visible.variant.number));
        inputs.int(visible.price.amount.minor);
        inputs.maybe(visible.price.amount.compare_at);
        inputs.maybe(visible.price.prior);
        visible.variant.parts.iter().for_each(|part| part_inputs(maker, part, &mut inputs));
    }
    record.product.media.iter().for_each(|media| inputs.media(media));
    if let Some(place) = record.product.categories.first() {
        inputs.trail(&place.id);
    }
    if let Some(body) = shared.text.body.filter(|body| may_refer(body.text)) {
        inputs.rich(&maker.texts.parse(body.text, &shared.path)?.segments);
    }
    inputs.cards(record.product.related.iter().map(vitrine_core::ProductId::as_str));
    // Promises name the pages that explain them.
    for page in [RETURNS_PAGE, DELIVERY_PAGE] {
        inputs.page(page);
    }
    Ok(inputs)
}

/// The pages of a product in an edition, to be rendered.
struct Family<'a> {
    maker: Maker<'a>,
    shared: Arc<ProductShared<'a>>,
    alternates: Arc<Alternates>,
    needs: Arc<BTreeSet<EntityKey>>,
    common: OnceLock<Common<'a>>,
}

impl<'a> Family<'a> {
    fn render(&self, variant: usize, main: bool, path: &str, out: &mut Vec<u8>) -> Result<(), BuildError> {
        let Self { maker, shared, .. } = self;
        let Some(visible) = shared.variants.get(variant) else { return Err(BuildError::State("variant")) };
        let mut shown = BTreeSet::new();
        let view = self.common()?.page(maker, shared, visible, main, &mut shown)?;
        self.check(&shown);
        let rendered = maker.theme().render(&maker.site.ready.shell, &view, out);
        rendered.map_err(|source| BuildError::Theme { page: path.to_owned(), source })
    }

    fn common(&self) -> Result<&Common<'a>, BuildError> {
        if let Some(made) = self.common.get() {
            return Ok(made);
        }
        let mut shown = BTreeSet::new();
        let made = Common::new(&self.maker, &self.shared, self.alternates.html(&self.maker)?, &mut shown)?;
        self.check(&shown);
        Ok(self.common.get_or_init(|| made))
    }

    /// What a model shows of others must be among its inputs, or it would not follow their changes.
    fn check(&self, shown: &BTreeSet<EntityKey>) {
        debug_assert!(
            shown.is_subset(&self.needs),
            "{}: {shown:?} not in {:?}",
            self.shared.path,
            self.needs
        );
    }
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
        alternates: Html,
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
            alternates,
            breadcrumb: breadcrumb(maker, shared, needs),
            description: maker.rich(&body, needs)?,
            excerpt: excerpt(&body.text, DESCRIPTION_LENGTH),
            specs: super::specs::specs(maker, record, &shared.text)?,
            reviews: reviews(maker, record)?,
            related: maker.cards_by_id(&related, needs)?,
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
