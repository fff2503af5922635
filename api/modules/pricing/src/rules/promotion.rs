//! Promotions: what must hold, and how often they may be used.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use vitrine_core::{CategoryId, Country, Currency, Locale, ProductId, Sku, Timestamp, typed_id};

use super::action::Action;
use super::coupon::Code;
use crate::{Amounts, Line};

typed_id!(
    /// Names a promotion.
    PromotionId, "promotion id"
);

/// A rule that takes something off, or adds something for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Names it.
    pub id: PromotionId,
    /// What shoppers read, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Locale, String>,
    /// Off without being removed.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Whether it needs a coupon; otherwise it applies by itself.
    #[serde(default, skip_serializing_if = "is_no")]
    pub by_code: bool,
    /// First moment it holds.
    #[serde(default, with = "moment", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// First moment it no longer holds.
    #[serde(default, with = "moment", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// Storefronts it is for; all, if none is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub countries: BTreeSet<Country>,
    /// The higher, the earlier it is taken.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Classes it combines with, its own too if it is named; exclusive, if there are none. Both sides must agree.
    pub combines_with: BTreeSet<Class>,
    /// What must hold.
    #[serde(default, skip_serializing_if = "Conditions::is_empty")]
    pub conditions: Conditions,
    /// What it gives.
    pub action: Action,
    /// How often it may be used.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
}

/// What a promotion takes from, and what decides whether two combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromotionClass)]
pub enum Class {
    /// The price of units.
    Product,
    /// The sum of the goods.
    Order,
    /// The price of delivery.
    Delivery,
}

/// What must hold for a promotion; everything that is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = PromotionConditions)]
pub struct Conditions {
    /// Which goods count for subtotal and quantity.
    #[serde(skip_serializing_if = "Selector::is_empty")]
    pub of: Selector,
    /// What those goods must cost at least, before promotions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_subtotal: Option<Amounts>,
    /// How many units of them there must be at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_quantity: Option<u32>,
    /// Whether the shopper must not have ordered before.
    #[serde(skip_serializing_if = "is_no")]
    pub first_order: bool,
    /// Groups of which the shopper must be in one.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Payment methods of which one must be chosen.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub payment_methods: BTreeSet<String>,
}

/// Goods a rule is about: those in any of the first three, all if these are empty, but none that is excepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = GoodsSelector)]
pub struct Selector {
    /// Products.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub products: BTreeSet<ProductId>,
    /// Categories.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub categories: BTreeSet<CategoryId>,
    /// Variants.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub skus: BTreeSet<Sku>,
    /// Products left out.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub except_products: BTreeSet<ProductId>,
    /// Categories left out.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub except_categories: BTreeSet<CategoryId>,
    /// Leaves out what is reduced already (has a compare-at price).
    #[serde(skip_serializing_if = "is_no")]
    pub except_reduced: bool,
}

impl Selector {
    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a line's goods are meant.
    pub fn matches(&self, line: &Line) -> bool {
        let named = self.products.is_empty() && self.categories.is_empty() && self.skus.is_empty()
            || self.products.contains(&line.product)
            || self.skus.contains(&line.sku)
            || line.categories.iter().any(|category| self.categories.contains(category));
        let excepted = self.except_products.contains(&line.product)
            || line.categories.iter().any(|category| self.except_categories.contains(category))
            || self.except_reduced && line.compare_at.is_some();
        named && !excepted
    }
}

impl Promotion {
    /// One that applies by itself, everywhere and always, alone: what else it should be is set field by field.
    pub fn new(id: PromotionId, action: Action) -> Self {
        Self {
            id,
            labels: BTreeMap::new(),
            enabled: true,
            by_code: false,
            starts_at: None,
            ends_at: None,
            countries: BTreeSet::new(),
            priority: 0,
            combines_with: BTreeSet::new(),
            conditions: Conditions::default(),
            action,
            limits: Limits::default(),
        }
    }

    /// What it takes from.
    pub fn class(&self) -> Class {
        self.action.class()
    }

    /// Whether both may apply to one order: each must name the other's class.
    pub fn combines(&self, other: &Self) -> bool {
        self.combines_with.contains(&other.class()) && other.combines_with.contains(&self.class())
    }

    /// Whether it states all its amounts in a currency; otherwise it does not apply there.
    pub fn is_stated_in(&self, currency: Currency) -> bool {
        let mut amounts = self.conditions.min_subtotal.iter().chain(self.action.amounts());
        amounts.all(|amounts| amounts.minor(currency).is_some())
    }

    /// The variant it gives away.
    pub fn gift(&self) -> Option<&Sku> {
        match &self.action {
            Action::Gift(gift) => Some(&gift.sku),
            _ => None,
        }
    }
}

/// How often something may be used, by orders that stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = UseLimits)]
pub struct Limits {
    /// In all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// By one customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_customer: Option<u32>,
}

impl Limits {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What has a limit of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Limited {
    /// A promotion, however it was opened.
    Promotion(PromotionId),
    /// One code.
    Coupon(Code),
    /// Being a customer's first order: all promotions that ask for it share one use by each customer.
    FirstOrder,
}

impl Use {
    /// The one use that a customer has of what is for first orders.
    pub fn first_order() -> Self {
        Self { limited: Limited::FirstOrder, limits: Limits { total: None, per_customer: Some(1) } }
    }
}

impl fmt::Display for Limited {
    /// `promotion:summer`, `coupon:SUMMER10`, `first_order:`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Promotion(id) => write!(f, "promotion:{id}"),
            Self::Coupon(code) => write!(f, "coupon:{code}"),
            Self::FirstOrder => f.write_str("first_order:"),
        }
    }
}

/// Something limited that an order uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What.
    pub limited: Limited,
    /// How often it may be used.
    pub limits: Limits,
}

/// In what way something is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exhausted {
    /// For everybody.
    InAll,
    /// For this customer.
    ForCustomer,
}

fn yes() -> bool {
    true
}

// Serde hands references to these.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_yes(flag: &bool) -> bool {
    *flag
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_no(flag: &bool) -> bool {
    !flag
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

impl Conditions {
    /// Whether nothing must hold.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Moments written for people, as `2026-11-27T00:00:00+01:00`.
pub(super) mod moment {
    use std::fmt;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};
    use vitrine_core::Timestamp;

    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub(in crate::rules) fn serialize<S: Serializer>(
        moment: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => serializer.serialize_str(&moment.to_rfc3339()),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::rules) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        deserializer.deserialize_option(MomentVisitor)
    }

    struct MomentVisitor;

    impl<'de> Visitor<'de> for MomentVisitor {
        type Value = Option<Timestamp>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a time in quotes, such as \"2026-11-27T00:00:00+01:00\"")
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_str(self)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            Timestamp::parse_rfc3339(text).map(Some).map_err(E::custom)
        }
    }
}
