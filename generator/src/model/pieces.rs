//! The pieces of a product page: gallery, bundle parts, promises, reviews.

use std::collections::BTreeSet;

use vitrine_catalog::{AttributeValue, MediaRef, Part, ProductRecord, Review, Variant, VisibleVariant, text};
use vitrine_theme::Html;
use vitrine_theme::views::{
    BundlePart, GalleryView, Icon, Link, Point, ReviewBar, ReviewView, ReviewsView, Slot,
};

use super::inputs::Inputs;
use super::product::ProductShared;
use super::{Maker, media_key};
use crate::error::BuildError;
use crate::key::{EntityKey, Kind};
use crate::pictures::Showing;
use crate::site::DELIVERY_PAGE;

/// Attribute from which the page promises a guarantee, in years.
const GUARANTEE: &str = "guarantee";
/// Reviews handed to the theme, newest first; how many of them it shows is the theme's matter.
const REVIEWS_SHOWN: usize = 5;
/// Reviews from which the spread of stars says something.
const BARS_FROM: usize = 10;

/// All pictures of a product, that numbered `leads` first.
pub(super) fn gallery(maker: &Maker<'_>, shared: &ProductShared<'_>, leads: u16) -> Result<Html, BuildError> {
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

/// A part of a bundle: number and record of its product, with the picture that shows it.
fn part_of<'a>(maker: &Maker<'a>, part: &Part) -> Option<(i64, Option<PartOf<'a>>)> {
    let seq = maker.view.index.seq_of_sku(&part.sku)?;
    let found = || {
        let record = maker.parts.get(&seq)?;
        let variant = record.product.variants.iter().find(|variant| variant.sku == part.sku)?;
        let media = &record.product.media;
        let media = variant.media.and_then(|index| media.get(usize::from(index))).or(media.first());
        Some(PartOf { record, variant, media })
    };
    Some((seq, found()))
}

struct PartOf<'a> {
    record: &'a ProductRecord,
    variant: &'a Variant,
    media: Option<&'a MediaRef>,
}

/// What a page shows of a part.
pub(super) fn part_inputs(maker: &Maker<'_>, part: &Part, inputs: &mut Inputs<'_>) {
    let Some((seq, found)) = part_of(maker, part) else {
        inputs.need(EntityKey::absent_sku(&part.sku));
        return;
    };
    inputs.need(EntityKey::new(Kind::Product, seq));
    if let Some(PartOf { record, media, .. }) = found {
        inputs.hash(&record.hash);
        inputs.texts(record, &maker.site.chain);
        if let Some(media) = media {
            inputs.media(media);
        }
    }
    inputs.text(&maker.view.variant_path(seq, &part.sku).unwrap_or_default());
}

/// What a bundle consists of.
pub(super) fn parts(
    maker: &Maker<'_>,
    visible: &VisibleVariant<'_>,
    needs: &mut BTreeSet<EntityKey>,
) -> Vec<BundlePart<'static>> {
    let part = |part: &Part| {
        let Some((seq, found)) = part_of(maker, part) else {
            needs.insert(EntityKey::absent_sku(&part.sku));
            return None;
        };
        needs.insert(EntityKey::new(Kind::Product, seq));
        let PartOf { record, variant, media } = found?;
        let words = maker.variant_words(record, variant);
        let name = text(&maker.site.chain, |lang| record.text(lang))?.name.to_owned();
        if let Some(MediaRef::File(file)) = media {
            needs.insert(media_key(file));
        }
        let showing = Showing { slot: Slot::Thumb, chain: &[], name: "", eager: false };
        Some(BundlePart {
            name: if words.is_empty() { name } else { format!("{name}, {words}") }.into(),
            quantity: maker.site.words.counted("part_quantity", "count", i64::from(part.quantity)).into(),
            url: maker.view.variant_path(seq, &part.sku).map(Into::into),
            picture: media.and_then(|media| maker.pictures.show(media, showing)),
        })
    };
    visible.variant.parts.iter().filter_map(part).collect()
}

/// What the shop promises with this product.
pub(super) fn points(
    maker: &Maker<'_>,
    record: &ProductRecord,
    needs: &mut BTreeSet<EntityKey>,
) -> Vec<Point<'static>> {
    let words = &maker.site.words;
    let country = &maker.site.country;
    let mut points = Vec::new();
    points.extend(maker.returns_point(needs));
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
        let url = maker.page_path(DELIVERY_PAGE, needs).map(Into::into);
        points.push(Point { icon: Icon::Truck, title: title.into(), text: text.into(), url });
    }
    points
}

/// The page that explains delivery.
pub(super) fn delivery_link(maker: &Maker<'_>, needs: &mut BTreeSet<EntityKey>) -> Option<Link<'static>> {
    let url = maker.page_path(DELIVERY_PAGE, needs)?.into();
    Some(Link { label: maker.site.words.plain("delivery_link").into(), url })
}

/// The reviews that a page shows.
fn newest(record: &ProductRecord) -> Vec<&Review> {
    let mut newest: Vec<_> = record.reviews.iter().collect();
    newest.sort_by_key(|review| std::cmp::Reverse(review.date));
    newest.truncate(REVIEWS_SHOWN);
    newest
}

/// The reviews of a product, newest first.
pub(super) fn reviews(maker: &Maker<'_>, record: &ProductRecord) -> Result<Html, BuildError> {
    let Some(rating) = record.rating.filter(|_| !record.reviews.is_empty()) else {
        return Ok(Html::default());
    };
    let words = &maker.site.words;
    let total = record.reviews.len();
    let bars = (1..=5u8).rev().filter(|_| total >= BARS_FROM).map(|stars| {
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

#[cfg(test)]
mod tests;
