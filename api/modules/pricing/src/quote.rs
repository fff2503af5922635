//! What a cart costs, and why.

use std::fmt;

use serde::{Deserialize, Serialize};
use vitrine_core::{Money, Rate, Sku, Timestamp};

use crate::{Class, MethodId, PromotionId, Use, ZoneId};

/// The price of a cart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The lines as they came in, then the gifts.
    pub lines: Vec<PricedLine>,
    /// Promotions that apply, in the order they were applied.
    pub promotions: Vec<AppliedPromotion>,
    /// What became of each entered code, in the order entered.
    pub codes: Vec<CodeAnswer>,
    /// Automatic promotions of this storefront that don't apply, by id.
    pub skipped: Vec<Skipped>,
    /// How the goods get there.
    pub delivery: DeliveryQuote,
    /// Taxes by rate, the lowest first.
    pub taxes: Vec<TaxOfRate>,
    /// Whether the taxes are in the prices; otherwise they come on top.
    pub tax_included: bool,
    /// Whether no more about the destination could change the taxes.
    pub tax_final: bool,
    /// The sums.
    pub totals: Totals,
    /// What an order of this price uses: promotions that have a limit, and codes.
    pub uses: Vec<Use>,
    /// Every step, in order.
    pub steps: Vec<Step>,
}

/// The sums of a price: `goods + delivery - discounts`, plus `tax` if it comes on top, is `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Totals {
    /// Goods before promotions.
    pub goods: Money,
    /// Delivery before promotions.
    pub delivery: Money,
    /// All that promotions take off, of goods and delivery.
    pub discounts: Money,
    /// All taxes, of goods and delivery.
    pub tax: Money,
    /// What is charged.
    pub total: Money,
}

/// A line with its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedLine {
    /// The line's id; a gift's is `gift:` and its promotion.
    pub id: String,
    /// The variant.
    pub sku: Sku,
    /// Units.
    pub quantity: u32,
    /// What one unit costs before promotions; nothing for a gift.
    pub unit_price: Money,
    /// What the unit price is shown against; for a gift what one unit costs otherwise.
    pub compare_at: Option<Money>,
    /// `unit_price` times `quantity`.
    pub subtotal: Money,
    /// What promotions take off, in the order they were applied.
    pub discounts: Vec<Discount>,
    /// `subtotal` less all discounts.
    pub total: Money,
    /// Its taxes by rate: one, or for a bundle those of its parts.
    pub taxes: Vec<LineTax>,
    /// The promotion that gives it away.
    pub gift_of: Option<PromotionId>,
}

/// What a promotion takes off a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Discount {
    /// The promotion.
    pub promotion: PromotionId,
    /// How much.
    pub amount: Money,
}

/// A tax of a line or of delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineTax {
    /// The rate.
    pub rate: Rate,
    /// What is taxed, as it stands in the total: with the tax, if prices contain it.
    pub of: Money,
    /// The tax.
    pub tax: Money,
}

/// All that is taxed at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaxOfRate {
    /// The rate.
    pub rate: Rate,
    /// What is taxed, without the tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
}

/// A promotion that applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedPromotion {
    /// The promotion.
    pub promotion: PromotionId,
    /// What it takes from.
    pub class: Class,
    /// The code that opened it, as entered.
    pub code: Option<String>,
    /// What it takes off; nothing for a gift.
    pub amount: Money,
}

/// What became of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CodeAnswer {
    /// The code as entered.
    pub code: String,
    /// The promotion it opens, if there is such a code.
    pub promotion: Option<PromotionId>,
    /// Why it does not apply; it does without a reason.
    pub refused: Option<Refusal>,
}

/// An automatic promotion that does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The promotion.
    pub promotion: PromotionId,
    /// Why.
    pub refusal: Refusal,
}

/// Why a promotion does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such code, or it was switched off.
    Unknown,
    /// It does not hold yet.
    NotStarted {
        /// From when it does.
        starts_at: Timestamp,
    },
    /// It no longer holds.
    Expired {
        /// Since when.
        ended_at: Timestamp,
    },
    /// It is for other storefronts.
    WrongCountry,
    /// It states no amount in the cart's currency.
    WrongCurrency,
    /// The goods that count cost too little.
    SubtotalTooLow {
        /// How much is missing.
        missing: Money,
    },
    /// There are too few units of the goods that count.
    QuantityTooLow {
        /// How many are missing.
        missing: u32,
    },
    /// It is for a first order.
    OnlyFirstOrder,
    /// It is for others.
    WrongGroup,
    /// It is for other ways of paying, or none is chosen yet.
    WrongPaymentMethod {
        /// Those it is for.
        allowed: Vec<String>,
    },
    /// It is used up.
    Exhausted,
    /// This customer used it as often as one may.
    AlreadyUsed,
    /// Another code has opened the same promotion, or it applies anyway.
    AlreadyApplied,
    /// It does not combine with one that goes first.
    NotCombinable {
        /// That one.
        with: PromotionId,
    },
    /// Nothing in the cart is meant, or nothing is left to take off.
    NothingMatches,
    /// What it gives away is not to be had.
    GiftUnavailable,
}

impl Refusal {
    /// The reason as a stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotStarted { .. } => "not_started",
            Self::Expired { .. } => "expired",
            Self::WrongCountry => "wrong_country",
            Self::WrongCurrency => "wrong_currency",
            Self::SubtotalTooLow { .. } => "subtotal_too_low",
            Self::QuantityTooLow { .. } => "quantity_too_low",
            Self::OnlyFirstOrder => "only_first_order",
            Self::WrongGroup => "wrong_group",
            Self::WrongPaymentMethod { .. } => "wrong_payment_method",
            Self::Exhausted => "exhausted",
            Self::AlreadyUsed => "already_used",
            Self::AlreadyApplied => "already_applied",
            Self::NotCombinable { .. } => "not_combinable",
            Self::NothingMatches => "nothing_matches",
            Self::GiftUnavailable => "gift_unavailable",
        }
    }
}

/// How goods get to their destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryQuote {
    /// The destination's zone.
    pub zone: Option<ZoneId>,
    /// What can be chosen, in the order of the rules.
    pub offers: Vec<Offer>,
    /// What is in the total.
    pub chosen: Option<ChosenDelivery>,
    /// Why nothing is.
    pub problem: Option<DeliveryProblem>,
}

/// A way of delivery that a cart can take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Offer {
    /// The way.
    pub method: MethodId,
    /// What it costs before promotions.
    pub price: Money,
    /// What the goods would have to cost more for it to be free.
    pub free_in: Option<Money>,
    /// Working days on the way, at least and at most.
    pub days: (u16, u16),
}

/// The way of delivery that is in the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChosenDelivery {
    /// The way.
    pub method: MethodId,
    /// Whether it was only assumed, as the cheapest, because none is chosen.
    pub assumed: bool,
    /// What it costs before promotions.
    pub price: Money,
    /// What promotions take off.
    pub discounts: Vec<Discount>,
    /// `price` less all discounts.
    pub total: Money,
    /// Its taxes by rate.
    pub taxes: Vec<LineTax>,
}

/// Why no delivery is in the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryProblem {
    /// The destination is in no zone.
    NoZone,
    /// No way takes this cart there: it is too heavy.
    NoMethod,
    /// The chosen way does not take this cart there.
    NotOffered,
}

/// One step of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was applied.
    pub rule: Rule,
    /// On which line; on delivery without one, or for a tax on all that has its rate.
    pub line: Option<String>,
    /// What it was before; for a tax without it.
    pub before: Money,
    /// What it was after; for a tax with it.
    pub after: Money,
}

/// What a step applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A promotion.
    Promotion(PromotionId),
    /// The rate of a way of delivery.
    Delivery(MethodId),
    /// The threshold from which a way of delivery is free.
    FreeFrom(MethodId),
    /// A tax.
    Tax(Rate),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Promotion(id) => write!(f, "promotion {id}"),
            Self::Delivery(method) => write!(f, "delivery by {method}"),
            Self::FreeFrom(method) => write!(f, "free threshold of {method}"),
            Self::Tax(rate) => write!(f, "tax {rate}%"),
        }
    }
}

impl fmt::Display for Step {
    /// `promotion summer on a: 100.00 EUR -> 90.00 EUR`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rule)?;
        if let Some(line) = &self.line {
            write!(f, " on {line}")?;
        }
        write!(f, ": {} -> {}", self.before, self.after)
    }
}
