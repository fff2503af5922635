//! The card of a product: what other pages show of it.

use vitrine_catalog::{Availability, MediaRef, VisibleVariant};
use vitrine_theme::Html;
use vitrine_theme::views::{CardView, Slot};

use super::Maker;
use super::inputs::Inputs;
use super::product::ProductShared;
use crate::error::BuildError;
use crate::pictures::Showing;

/// What a card shows of a product: both its fingerprint and its model are made from this.
struct Shown<'a> {
    cheapest: &'a VisibleVariant<'a>,
    /// Whether variants differ in price.
    varies: bool,
    media: Option<&'a MediaRef>,
    availability: Availability,
}

impl<'a> Shown<'a> {
    fn new(shared: &'a ProductShared<'a>) -> Self {
        let cheapest = shared.variants.iter().min_by_key(|visible| visible.price.amount.minor);
        let varies = shared.variants.iter().any(|visible| {
            cheapest.is_some_and(|cheapest| visible.price.amount.minor != cheapest.price.amount.minor)
        });
        Self {
            cheapest: cheapest.unwrap_or_else(|| shared.leading()),
            varies,
            media: shared.media_of(shared.leading()),
            availability: shared.best_availability(),
        }
    }
}

/// The fingerprint of a product's card in the maker's edition.
pub(crate) fn card_print(maker: &Maker<'_>, shared: &ProductShared<'_>) -> i64 {
    let shown = Shown::new(shared);
    let mut inputs = Inputs::new(maker, "vitrine card");
    inputs.text(shared.text.name);
    inputs.text(&shared.record.product.brand);
    let price = shown.cheapest.price;
    inputs.int(price.amount.minor);
    inputs.maybe(price.amount.compare_at);
    inputs.maybe(price.prior);
    inputs.int(i64::from(shown.varies));
    if let Some(media) = shown.media {
        inputs.media(media);
        if let MediaRef::External(external) = media {
            inputs.text(&external.url);
            external.widths.iter().for_each(|width| inputs.int(i64::from(*width)));
            inputs.int(i64::from(external.width) << 32 | i64::from(external.height));
            let alt = maker.site.chain.iter().find_map(|lang| Some((lang, external.alt.get(lang)?)));
            inputs.text(alt.map_or("", |(lang, _)| lang.as_str()));
            inputs.text(alt.map_or("", |(_, alt)| alt));
        }
    }
    inputs.int(shown.availability as i64);
    let rating = shared.record.rating.map(|rating| i64::from(rating.tenths) << 32 | i64::from(rating.count));
    inputs.maybe(rating);
    inputs.fingerprint(&shared.path, 0)
}

/// The card of a product in the maker's edition.
pub(crate) fn card(maker: &Maker<'_>, shared: &ProductShared<'_>) -> Result<Html, BuildError> {
    let showing =
        Showing { slot: Slot::Card, chain: &maker.site.chain, name: shared.text.name, eager: false };
    let shown = Shown::new(shared);
    let mut price = maker.price(shown.cheapest);
    // A card states the price and what it was; the page says the rest.
    price.save = None;
    if shown.varies {
        price.text = maker.site.words.text("price_from", "price", price.text.into_owned()).into();
        price.compare_at = None;
        price.prior = None;
    }
    maker.fragment(&CardView {
        url: shared.path.as_str().into(),
        picture: shown.media.and_then(|media| maker.pictures.show(media, showing)),
        brand: maker.brand(&shared.record.product.brand).map(Into::into),
        name: shared.text.name.into(),
        name_lang: None,
        summary: None,
        price,
        availability: maker.availability(shown.availability),
        rating: shared.record.rating.map(|rating| maker.rating(rating, false)),
        badge: None,
    })
}
