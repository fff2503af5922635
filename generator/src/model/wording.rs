//! How a model says prices, stock, stars and choices in an edition's words.

use std::collections::BTreeSet;

use vitrine_catalog::{Availability, ProductRecord, Rating, Variant, VisibleVariant};
use vitrine_content::Arg;
use vitrine_core::{AttributeId, Money};
use vitrine_theme::views::{AvailabilityState, AvailabilityView, Icon, Point, PriceView, RatingView};

use super::Maker;
use crate::key::EntityKey;
use crate::rich::first_in;
use crate::site::RETURNS_PAGE;

impl Maker<'_> {
    /// An amount in the country's currency.
    pub(crate) fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.site.country.currency)
    }

    /// The brand, where it is not the store's own.
    pub(crate) fn brand(&self, brand: &str) -> Option<String> {
        (!brand.is_empty() && brand != self.context.store.config.name).then(|| brand.to_owned())
    }

    /// What a variant costs, and what it cost before.
    pub(super) fn price(&self, visible: &VisibleVariant<'_>) -> PriceView<'static> {
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

    /// A state of stock.
    pub(super) fn availability(&self, state: Availability) -> AvailabilityView<'static> {
        let (state, id) = match state {
            Availability::In => (AvailabilityState::In, "availability_in"),
            Availability::Low => (AvailabilityState::Low, "availability_low"),
            Availability::Backorder => (AvailabilityState::Backorder, "availability_backorder"),
            Availability::Out => (AvailabilityState::Out, "availability_out"),
        };
        AvailabilityView { state, text: self.site.words.plain(id).into() }
    }

    /// The sum of reviews; `long` says what is counted.
    pub(super) fn rating(&self, rating: Rating, long: bool) -> RatingView<'static> {
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
    pub(crate) fn variant_words(&self, record: &ProductRecord, variant: &Variant) -> String {
        let values = record.product.options.iter().filter_map(|option| {
            let value = variant.options.get(option)?;
            Some(self.value_label(option, value))
        });
        values.collect::<Vec<_>>().join(", ")
    }

    /// What a choice's value is called; its id where no language says.
    pub(crate) fn value_label(&self, attribute: &AttributeId, value: &str) -> String {
        let found = first_in(&self.site.chain, |lang| {
            self.context.schema_texts.get(lang)?.value.get(attribute)?.get(value)
        });
        found.map_or_else(|| value.to_owned(), |(_, label)| label.clone())
    }

    /// What an attribute is called; its id where no language says.
    pub(crate) fn attribute_label(&self, attribute: &AttributeId) -> String {
        let found =
            first_in(&self.site.chain, |lang| self.context.schema_texts.get(lang)?.label.get(attribute));
        found.map_or_else(|| attribute.to_string(), |(_, label)| label.clone())
    }

    /// The sentences on tax that stand under prices.
    pub(super) fn tax_note(&self) -> String {
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
    pub(crate) fn returns_point(&self, needs: &mut BTreeSet<EntityKey>) -> Option<Point<'static>> {
        let returns = self.site.country.returns?;
        let words = &self.site.words;
        let days = i64::from(returns.days);
        Some(Point {
            icon: Icon::Return,
            title: words.counted("point_returns_title", "days", days).into(),
            text: words.counted("point_returns_text", "days", days).into(),
            url: self.page_path(RETURNS_PAGE, needs).map(Into::into),
        })
    }
}

#[cfg(test)]
mod tests;
