//! What changes without an edit: stock states and the opinions of shoppers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_core::Sku;

use crate::domain::{Availability, Rating, Review, Variant};

/// Stock states and opinions of one product, either as its source states them or as stock and reviews say.
///
/// Both are kept: what stock and reviews say wins, and an export still gives back what the source stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signals {
    /// By SKU; one without a state is [`Availability::In`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub availability: BTreeMap<Sku, Availability>,
    /// Sum of all reviews; without it that of `reviews` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// Reviews to show; `None` where nobody speaks of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviews: Option<Vec<Review>>,
}

impl Signals {
    /// What pages show: `live` over `stated`, a state for each variant, the rating of the reviews without another.
    pub(crate) fn effective(stated: &Self, live: &Self, variants: &[Variant]) -> Self {
        let state = |sku| live.availability.get(sku).or_else(|| stated.availability.get(sku)).copied();
        let availability = variants
            .iter()
            .map(|variant| (variant.sku.clone(), state(&variant.sku).unwrap_or_default()))
            .collect();
        let speaker = if live.reviews.is_some() { live } else { stated };
        let reviews = speaker.reviews.clone().unwrap_or_default();
        let rating = live.rating.or(speaker.rating).or_else(|| Rating::of(&reviews));
        Self { availability, rating, reviews: Some(reviews) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sku(text: &str) -> Sku {
        Sku::try_new(text).unwrap()
    }

    fn variant(text: &str) -> Variant {
        serde_json::from_value(serde_json::json!({ "sku": text })).unwrap()
    }

    #[test]
    fn stock_wins_over_the_source_and_unknown_means_in_stock() {
        let stated = Signals {
            availability: [(sku("A"), Availability::Out), (sku("B"), Availability::Low)].into(),
            ..Signals::default()
        };
        let live = Signals {
            availability: [(sku("B"), Availability::Out), (sku("GONE"), Availability::Out)].into(),
            ..Signals::default()
        };
        let shown =
            Signals::effective(&stated, &live, &[variant("A"), variant("B"), variant("C")]).availability;
        let expected =
            [(sku("A"), Availability::Out), (sku("B"), Availability::Out), (sku("C"), Availability::In)];
        assert_eq!(shown, expected.into());
    }

    #[test]
    fn a_rating_of_elsewhere_wins_over_that_of_the_reviews_at_hand() {
        let review: Review =
            serde_json::from_value(serde_json::json!({ "rating": 5, "date": 0, "lang": "de" })).unwrap();
        let stated = Signals { reviews: Some(vec![review]), ..Signals::default() };
        let shown = Signals::effective(&stated, &Signals::default(), &[]);
        assert_eq!(shown.rating, Some(Rating { tenths: 50, count: 1 }));
        let live = Signals { rating: Some(Rating { tenths: 46, count: 12 }), ..Signals::default() };
        assert_eq!(Signals::effective(&stated, &live, &[]).rating, live.rating);
    }
}
