//! What promotions give.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use vitrine_core::{Rate, Sku};

use super::delivery::MethodId;
use super::promotion::{Class, Selector};
use crate::Amounts;

/// What a promotion gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromotionAction)]
pub enum Action {
    /// A percentage off.
    Percent(Percent),
    /// An amount off.
    Fixed(Fixed),
    /// The more, the more off.
    Tiers(Tiers),
    /// Some units cheaper or free for buying others.
    BuyGet(BuyGet),
    /// Some goods together for one price.
    Bundle(Bundle),
    /// Goods for nothing.
    Gift(Gift),
    /// Delivery for less or nothing.
    FreeDelivery(FreeDelivery),
}

/// What an amount or percentage is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OffOf)]
pub enum On {
    /// Each unit, rounded for one: what pages can show.
    #[default]
    Units,
    /// The sum of the goods, once.
    Order,
}

/// A percentage off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PercentOff)]
pub struct Percent {
    /// How much.
    pub off: Rate,
    /// What from.
    #[serde(default)]
    pub on: On,
    /// Of which goods.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
}

/// An amount off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AmountOff)]
pub struct Fixed {
    /// How much; at most what there is.
    pub off: Amounts,
    /// What from.
    #[serde(default)]
    pub on: On,
    /// Of which goods.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
}

/// The more, the more off: the last tier that is reached holds, for all the goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TiersOff)]
pub struct Tiers {
    /// From little to much.
    pub tiers: Vec<Tier>,
    /// What from.
    #[serde(default)]
    pub on: On,
    /// Which goods count, and are reduced.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
}

/// A step of [`Tiers`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OffTier)]
pub struct Tier {
    /// Units it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_quantity: Option<u32>,
    /// What the goods must cost, before promotions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_subtotal: Option<Amounts>,
    /// What it gives.
    pub off: Off,
}

/// A percentage or an amount.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TierOff)]
pub enum Off {
    /// A part.
    Percent(Rate),
    /// An amount.
    Fixed(Amounts),
}

/// Buy X, get Y: the dearest units count as bought, the cheapest are given. A unit takes part in one set at most,
/// of all promotions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyGet {
    /// What must be bought.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub buy: Selector,
    /// Units of it.
    pub buy_quantity: u32,
    /// What is given.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub get: Selector,
    /// Units of it.
    pub get_quantity: u32,
    /// How much these cost less; 100 makes them free.
    pub off: Rate,
    /// How often at most in one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// Some goods together for one price. The dearest units are taken, a set only if it becomes cheaper, and a unit
/// takes part in one set at most, of all promotions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BundlePrice)]
pub struct Bundle {
    /// What belongs together.
    pub parts: Vec<BundlePart>,
    /// What a set costs.
    pub price: Amounts,
    /// How many sets at most in one order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// A part of a [`Bundle`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundlePart {
    /// Which goods.
    #[serde(default, skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
    /// Units.
    pub quantity: u32,
}

/// Goods for nothing, added as a line of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FreeGift)]
pub struct Gift {
    /// The variant.
    pub sku: Sku,
    /// Units.
    #[serde(default = "one")]
    pub quantity: u32,
}

/// Delivery for less or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FreeDelivery {
    /// By which methods; by all, if none is named.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub methods: BTreeSet<MethodId>,
    /// Up to which amount it is taken over; wholly without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<Amounts>,
}

impl Action {
    /// What it takes from; a gift goes with the order.
    pub fn class(&self) -> Class {
        let on = match self {
            Self::Percent(Percent { on, .. })
            | Self::Fixed(Fixed { on, .. })
            | Self::Tiers(Tiers { on, .. }) => on,
            Self::BuyGet(_) | Self::Bundle(_) => &On::Units,
            Self::Gift(_) => &On::Order,
            Self::FreeDelivery(_) => return Class::Delivery,
        };
        match on {
            On::Units => Class::Product,
            On::Order => Class::Order,
        }
    }
}

impl Action {
    /// All amounts it states.
    pub(super) fn amounts(&self) -> Vec<&Amounts> {
        match self {
            Self::Fixed(rule) => vec![&rule.off],
            Self::Bundle(rule) => vec![&rule.price],
            Self::FreeDelivery(rule) => rule.up_to.iter().collect(),
            Self::Tiers(rule) => rule.tiers.iter().flat_map(Tier::amounts).collect(),
            Self::Percent(_) | Self::BuyGet(_) | Self::Gift(_) => Vec::new(),
        }
    }
}

impl Tier {
    fn amounts(&self) -> impl Iterator<Item = &Amounts> {
        let off = match &self.off {
            Off::Fixed(off) => Some(off),
            Off::Percent(_) => None,
        };
        self.from_subtotal.iter().chain(off)
    }
}

fn one() -> u32 {
    1
}
