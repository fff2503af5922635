//! The pages of a product: its own, and one for each variant.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_catalog::{
    AttributeValue, Availability, MediaRef, ProductRecord, ResolvedText, VisibleVariant, text, valid_until,
    visible_variants,
};
use vitrine_content::Arg;
use vitrine_core::{Money, Sku, Timestamp};
use vitrine_theme::Html;
use vitrine_theme::views::{
    AvailabilityState, AvailabilityView, BundlePart, CardView, Crumb, GalleryView, Head, Icon, Link,
    OptionGroup, OptionValue, Point, PriceView, ProductPage, RatingView, ReviewBar, ReviewView, ReviewsView,
    Slot,
};

use super::head::{About, breadcrumb_json, excerpt, lang_of};
use super::jsonld::{self, Sold};
use super::{Draft, Maker};
use crate::error::BuildError;
use crate::index::variant_path;
use crate::key::{EntityKey, Kind};
use crate::pictures::Showing;
use crate::rich::first_in;
use crate::site::{DELIVERY_PAGE, RETURNS_PAGE};

/// Attribute from which the page promises a guarantee, in years.
const GUARANTEE: &str = "guarantee";
/// Reviews shown on a page, newest first.
const REVIEWS_SHOWN: usize = 5;
/// Characters of a description that search engines show.
const DESCRIPTION_LENGTH: usize = 155;

/// A product as one edition sees it, with all that its pages share.
pub(crate) struct ProductShared<'a> {
    record: &'a ProductRecord,
    text: ResolvedText<'a>,
    variants: Vec<VisibleVariant<'a>>,
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

    /// Until when the product stays as it is in this edition.
    pub(crate) fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    /// The variant shown first: the first that can be bought, or the first.
    fn leading(&self) -> &VisibleVariant<'a> {
        let buyable =
            self.variants.iter().find(|visible| self.availability(&visible.variant.sku).is_buyable());
        // A shared product has at least one variant.
        buyable.unwrap_or(&self.variants[0])
    }

    fn availability(&self, sku: &Sku) -> Availability {
        self.record.availability.get(sku).copied().unwrap_or_default()
    }

    /// The best state of any variant.
    fn best_availability(&self) -> Availability {
        let states = self.variants.iter().map(|visible| self.availability(&visible.variant.sku));
        states.min().unwrap_or_default()
    }

    fn media_of(&self, visible: &VisibleVariant<'_>) -> Option<&'a MediaRef> {
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
        summary: shared.text.summary.map(|found| found.text.into()),
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
        let view = common.page(maker, shared, visible, main)?;
        let mut draft = maker.draft(page, path, view, needs.clone())?;
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
            MediaRef::File(file) => maker.media_entity(file),
            MediaRef::External(_) => None,
        }));
        let description = match shared.text.body {
            Some(found) => {
                let rich = maker.texts.parse(found.text, &shared.path)?;
                maker.rich(&rich, needs)?
            }
            None => Html::default(),
        };
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
            description,
            specs: super::specs::specs(maker, record, &shared.text)?,
            reviews: reviews(maker, record)?,
            related: maker.cards_by_id(&related, needs),
            points: points(maker, record),
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
            parts: parts(maker, visible),
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
        let description = description
            .unwrap_or_else(|| excerpt(shared.text.body.map_or("", |found| found.text), DESCRIPTION_LENGTH));
        let sold: Vec<Sold<'_>> = shared
            .variants
            .iter()
            .map(|one| Sold {
                sku: &one.variant.sku,
                gtin: one.variant.gtin.as_deref(),
                name: format!("{}, {}", shared.text.name, maker.variant_words(shared.record, one.variant)),
                url: site.absolute(&variant_path(&shared.path, one.variant.sku.as_str())),
                price: maker.money(one.price.amount.minor),
                availability: shared.availability(&one.variant.sku),
                options: &one.variant.options,
                own_media: one.variant.media.filter(|index| *index > 0).and_then(|_| shared.media_of(one)),
            })
            .collect();
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
        let picture = media.and_then(|media| {
            maker.pictures.show(
                media,
                Showing { slot: Slot::Gallery, chain: &site.chain, name: shared.text.name, eager: true },
            )
        });
        let mut head = maker.head(About {
            title: name,
            description,
            path: shared.path.clone(),
            alternates: if main { self.alternates.clone() } else { Html::default() },
            kind: "product",
            image: media
                .and_then(|media| maker.pictures.social(media, &site.edition.origin, shared.text.name)),
            price: Some(maker.money(visible.price.amount.minor).to_decimal()),
            json_ld: vec![product, breadcrumb_json(&self.breadcrumb, &site.edition.origin, &shared.path)],
        });
        head.preload = picture.as_ref().map(super::head::preload);
        head
    }
}

impl Maker<'_> {
    /// An amount in the country's currency.
    pub(crate) fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.site.country.currency)
    }

    /// The brand, where it is not the store's own.
    pub(crate) fn brand(&self, brand: &str) -> Option<String> {
        (!brand.is_empty() && brand != self.context.store.config.name).then(|| brand.to_owned())
    }

    fn price(&self, visible: &VisibleVariant<'_>) -> PriceView<'static> {
        let words = &self.site.words;
        let amount = visible.price.amount;
        let written = |minor| words.money(self.money(minor));
        let compare_at = amount.compare_at.filter(|compare_at| *compare_at > amount.minor);
        let prior = visible.price.prior.filter(|_| self.site.country.prior_price && compare_at.is_some());
        PriceView {
            text: written(amount.minor).into(),
            compare_at: compare_at.map(|minor| written(minor).into()),
            save: compare_at
                .map(|minor| words.text("save_amount", "amount", written(minor - amount.minor)).into()),
            prior: prior.map(|minor| words.text("prior_price", "price", written(minor)).into()),
        }
    }

    fn availability(&self, state: Availability) -> AvailabilityView<'static> {
        let (state, id) = match state {
            Availability::In => (AvailabilityState::In, "availability_in"),
            Availability::Low => (AvailabilityState::Low, "availability_low"),
            Availability::Backorder => (AvailabilityState::Backorder, "availability_backorder"),
            Availability::Out => (AvailabilityState::Out, "availability_out"),
        };
        AvailabilityView { state, text: self.site.words.plain(id).into() }
    }

    fn rating(&self, rating: vitrine_catalog::Rating, long: bool) -> RatingView<'static> {
        let words = &self.site.words;
        let value = words.decimal(&format!("{}.{}", rating.tenths / 10, rating.tenths % 10));
        let count = i64::from(rating.count);
        RatingView {
            // Tenths to half stars: 46 tenths are 9.2 half stars, shown as 9.
            halves: (rating.tenths + 2) / 5,
            count: if long { words.count("review_count", count) } else { words.integer(count) }.into(),
            label: words.text("rating_label", "value", value.clone()).into(),
            value: value.into(),
        }
    }

    /// The values that make a variant, in words: '140 × 200 cm, medium'.
    pub(crate) fn variant_words(&self, record: &ProductRecord, variant: &vitrine_catalog::Variant) -> String {
        let values = record.product.options.iter().filter_map(|option| {
            let value = variant.options.get(option)?;
            Some(self.value_label(option, value))
        });
        values.collect::<Vec<_>>().join(", ")
    }

    /// What a choice's value is called; its id where no language says.
    pub(crate) fn value_label(&self, attribute: &vitrine_core::AttributeId, value: &str) -> String {
        let found = first_in(&self.site.chain, |lang| {
            self.context.schema_texts.get(lang)?.value.get(attribute)?.get(value)
        });
        found.map_or_else(|| value.to_owned(), |(_, label)| label.clone())
    }

    /// What an attribute is called; its id where no language says.
    pub(crate) fn attribute_label(&self, attribute: &vitrine_core::AttributeId) -> String {
        let found =
            first_in(&self.site.chain, |lang| self.context.schema_texts.get(lang)?.label.get(attribute));
        found.map_or_else(|| attribute.to_string(), |(_, label)| label.clone())
    }

    fn tax_note(&self) -> String {
        let notes = self.site.country.legal_notes.iter().map(|id| self.site.words.plain(id));
        notes.collect::<Vec<_>>().join(" ")
    }

    /// How long the country's first way of delivery takes, in the words of message `id`.
    pub(crate) fn delivery_days(&self, id: &str) -> Option<String> {
        let (from, to) = self.site.country.delivery.first()?.days;
        let words = &self.site.words;
        let number = |days| Arg::Text(words.integer(i64::from(days)));
        Some(words.with(id, &[("from", number(from)), ("to", number(to))]))
    }

    /// How long goods may come back.
    pub(crate) fn returns_point(&self) -> Option<Point<'static>> {
        let returns = self.site.country.returns?;
        let words = &self.site.words;
        let days = i64::from(returns.days);
        Some(Point {
            icon: Icon::Return,
            title: words.counted("point_returns_title", "days", days).into(),
            text: words.counted("point_returns_text", "days", days).into(),
            url: self.page_path(RETURNS_PAGE).map(Into::into),
        })
    }
}

fn gallery(maker: &Maker<'_>, shared: &ProductShared<'_>, leads: u16) -> Result<Html, BuildError> {
    let media = &shared.record.product.media;
    let leading = media.get(usize::from(leads));
    let others =
        media.iter().enumerate().filter(|(index, _)| *index != usize::from(leads)).map(|(_, media)| media);
    let mut pictures = Vec::with_capacity(media.len());
    let mut thumbs = Vec::with_capacity(media.len());
    for (position, one) in leading.into_iter().chain(others).enumerate() {
        let showing = Showing {
            slot: Slot::Gallery,
            chain: &maker.site.chain,
            name: shared.text.name,
            eager: position == 0,
        };
        pictures.extend(maker.pictures.show(one, showing));
        thumbs.extend(maker.pictures.thumb(one).map(Into::into));
    }
    if pictures.len() < 2 {
        thumbs.clear();
    }
    maker.fragment(&GalleryView { pictures, thumbs })
}

fn breadcrumb<'a>(
    maker: &Maker<'a>,
    shared: &ProductShared<'a>,
    needs: &mut BTreeSet<EntityKey>,
) -> Vec<Crumb<'a>> {
    let site = maker.site;
    let mut crumbs =
        vec![Crumb { label: site.words.plain("home").into(), url: Some(site.edition.path.as_str().into()) }];
    let primary = shared.record.product.categories.first();
    for record in primary.map(|place| maker.view.index.ancestry(&place.id)).unwrap_or_default() {
        needs.insert(EntityKey::new(Kind::Category, record.seq));
        let name = first_in(&site.own, |lang| record.texts.get(lang)?.name.as_ref());
        if let (Some(url), Some((_, name))) = (maker.view.category_path(record), name) {
            crumbs.push(Crumb { label: name.clone().into(), url: Some(url.into()) });
        }
    }
    crumbs.push(Crumb { label: shared.text.name.into(), url: None });
    crumbs
}

/// The choices of each option as links: to the variant that differs in this choice alone, or else to the first that
/// has it and agrees in most others.
fn option_groups<'a>(
    maker: &Maker<'a>,
    shared: &ProductShared<'a>,
    shown: &VisibleVariant<'a>,
) -> Vec<OptionGroup<'a>> {
    let product = &shared.record.product;
    let mut groups = Vec::with_capacity(product.options.len());
    for option in &product.options {
        let order = maker
            .context
            .schema
            .attribute
            .get(option)
            .map(|attribute| attribute.values.as_slice())
            .unwrap_or_default();
        let used: BTreeSet<&str> = shared
            .variants
            .iter()
            .filter_map(|one| one.variant.options.get(option).map(String::as_str))
            .collect();
        if used.is_empty() {
            continue;
        }
        let values = order.iter().map(String::as_str).filter(|value| used.contains(value)).map(|value| {
            let selected = shown.variant.options.get(option).is_some_and(|has| has == value);
            let agreement = |one: &&VisibleVariant<'_>| {
                one.variant
                    .options
                    .iter()
                    .filter(|(other, has)| {
                        *other != option && shown.variant.options.get(*other) == Some(*has)
                    })
                    .count()
            };
            let candidates = shared
                .variants
                .iter()
                .filter(|one| one.variant.options.get(option).is_some_and(|has| has == value));
            // `max_by_key` takes the last of equals; the first in the product's order is wanted.
            let best = candidates.rev().max_by_key(agreement);
            let pictured =
                best.and_then(|one| one.variant.media).is_some() && differs_in_picture(shared, option);
            OptionValue {
                label: maker.value_label(option, value).into(),
                url: best.map(|one| variant_path(&shared.path, one.variant.sku.as_str()).into()),
                thumb: best
                    .filter(|_| pictured)
                    .and_then(|one| shared.media_of(one))
                    .and_then(|media| maker.pictures.thumb(media))
                    .map(Into::into),
                selected,
                sold_out: best.is_some_and(|one| !shared.availability(&one.variant.sku).is_buyable()),
            }
        });
        groups.push(OptionGroup { label: maker.attribute_label(option).into(), values: values.collect() });
    }
    groups
}

/// Whether variants with the same value of an option share a picture and others have another: colours, woods.
fn differs_in_picture(shared: &ProductShared<'_>, option: &vitrine_core::AttributeId) -> bool {
    let mut by_value: BTreeMap<Option<&String>, BTreeSet<Option<u16>>> = BTreeMap::new();
    for one in &shared.variants {
        by_value.entry(one.variant.options.get(option)).or_default().insert(one.variant.media);
    }
    let distinct: BTreeSet<_> = by_value.values().collect();
    by_value.values().all(|media| media.len() == 1) && distinct.len() > 1
}

fn parts(maker: &Maker<'_>, visible: &VisibleVariant<'_>) -> Vec<BundlePart<'static>> {
    let part = |part: &vitrine_catalog::Part| {
        let seq = maker.view.index.seq_of_sku(&part.sku)?;
        let record = maker.parts.get(&seq)?;
        let variant = record.product.variants.iter().find(|variant| variant.sku == part.sku)?;
        let words = maker.variant_words(record, variant);
        let name = text(&maker.site.chain, |lang| record.text(lang))?.name.to_owned();
        let media = &record.product.media;
        let media = variant.media.and_then(|index| media.get(usize::from(index))).or(media.first());
        let showing = Showing { slot: Slot::Thumb, chain: &[], name: "", eager: false };
        Some(BundlePart {
            name: if words.is_empty() { name } else { format!("{name}, {words}") }.into(),
            quantity: maker.site.words.counted("part_quantity", "count", i64::from(part.quantity)).into(),
            url: maker.view.product_path(seq).map(|path| variant_path(&path, part.sku.as_str()).into()),
            picture: media.and_then(|media| maker.pictures.show(media, showing)),
        })
    };
    visible.variant.parts.iter().filter_map(part).collect()
}

fn points(maker: &Maker<'_>, record: &ProductRecord) -> Vec<Point<'static>> {
    let words = &maker.site.words;
    let country = &maker.site.country;
    let mut points = Vec::new();
    points.extend(maker.returns_point());
    let guarantee = record.product.attributes.iter().find(|(id, _)| id.as_str() == GUARANTEE);
    if let Some((_, AttributeValue::Number(years))) = guarantee
        && let Ok(years) = years.number.parse::<i64>()
    {
        let title = words.counted("point_guarantee_title", "years", years);
        points.push(Point { icon: Icon::Shield, title: title.into(), text: "".into(), url: None });
    }
    if let Some(method) = country.delivery.first() {
        let title = match method.free_from {
            Some(free_from) => words.text("free_delivery_from", "amount", words.money(free_from)),
            None if method.price.minor() == 0 => words.plain("free_delivery"),
            None => words.plain(&format!("delivery_{}", method.id)),
        };
        let text = maker.delivery_days("point_delivery_text").unwrap_or_default();
        let url = maker.page_path(DELIVERY_PAGE).map(Into::into);
        points.push(Point { icon: Icon::Truck, title: title.into(), text: text.into(), url });
    }
    points
}

fn delivery_link(maker: &Maker<'_>, needs: &mut BTreeSet<EntityKey>) -> Option<Link<'static>> {
    let page = maker.page(DELIVERY_PAGE)?;
    needs.insert(crate::index::Index::page_entity(page));
    Some(Link {
        label: maker.site.words.plain("delivery_link").into(),
        url: maker.view.page_path(page)?.into(),
    })
}

/// The reviews that a page shows.
pub(super) fn newest(record: &ProductRecord) -> Vec<&vitrine_catalog::Review> {
    let mut newest: Vec<_> = record.reviews.iter().collect();
    newest.sort_by_key(|review| std::cmp::Reverse(review.date));
    newest.truncate(REVIEWS_SHOWN);
    newest
}

fn reviews(maker: &Maker<'_>, record: &ProductRecord) -> Result<Html, BuildError> {
    let Some(rating) = record.rating.filter(|_| !record.reviews.is_empty()) else {
        return Ok(Html::default());
    };
    let words = &maker.site.words;
    let total = record.reviews.len();
    let bars = (1..=5u8).rev().map(|stars| {
        let count = record.reviews.iter().filter(|review| review.rating == stars).count();
        ReviewBar {
            stars: words.integer(i64::from(stars)).into(),
            count: words.integer(i64::try_from(count).unwrap_or(i64::MAX)).into(),
            percent: u8::try_from(count * 100 / total).unwrap_or(100),
        }
    });
    let shown = newest(record).into_iter().map(|review| ReviewView {
        halves: review.rating * 2,
        label: words.text("rating_label", "value", words.integer(i64::from(review.rating))).into(),
        title: review.title.as_str().into(),
        body: review.body.as_str().into(),
        author: review.author.clone().unwrap_or_else(|| words.plain("verified_buyer")).into(),
        date: words.date(review.date).into(),
        date_iso: review.date.to_date().into(),
        lang: crate::pictures::other_language(&review.lang, &maker.site.chain).map(Into::into),
    });
    maker.fragment(&ReviewsView {
        lang: maker.site.edition.locale.as_str().into(),
        rating: maker.rating(rating, true),
        bars: bars.collect(),
        reviews: shown.collect(),
    })
}
