//! Promotions and coupons, as those who make them see them.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use vitrine_core::{ContentHash, Origin, Timestamp};
use vitrine_pricing::{Code as Word, Coupon, Limited, Promotion};
use vitrine_promotion::Stored;

use crate::{Code, Problem};

/// How often promotions and coupons are used.
pub(crate) type Taken = BTreeMap<Limited, i64>;

fn uses(taken: &Taken, limited: &Limited) -> i64 {
    taken.get(limited).copied().unwrap_or_default()
}

/// A promotion with where it comes from and how often it is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredPromotion)]
pub(crate) struct PromotionAnswer {
    promotion: Promotion,
    /// How often it is used or held now; counted only where there is a limit in all.
    uses: Option<i64>,
    origin: Origin,
    changed_at: Timestamp,
    /// Changes with every change.
    version: String,
}

impl PromotionAnswer {
    /// A stored promotion.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub(crate) fn new(stored: Stored<Promotion>, taken: &Taken) -> Result<Self, Problem> {
        Ok(Self {
            version: promotion_version(Some(&stored.rule))?,
            uses: stored.rule.limits.total.map(|_| uses(taken, &Limited::Promotion(stored.rule.id.clone()))),
            origin: stored.provenance.origin,
            changed_at: stored.changed_at,
            promotion: stored.rule,
        })
    }

    /// The version, for `ETag`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What the page after it begins with.
    pub(crate) fn place(&self) -> String {
        self.promotion.id.to_string()
    }
}

/// The version of a rule; one that is not there has one too.
///
/// # Errors
/// When it has no JSON form.
pub(crate) fn promotion_version(rule: Option<&impl Serialize>) -> Result<String, Problem> {
    Ok(ContentHash::of(serde_json::to_string(&rule)?.as_bytes()).short())
}

/// A coupon with how often it is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredCoupon)]
pub(crate) struct CouponAnswer {
    coupon: Coupon,
    /// How often it is used or held now.
    uses: i64,
    origin: Origin,
    changed_at: Timestamp,
    version: String,
}

impl CouponAnswer {
    /// A stored coupon.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub(crate) fn new(stored: Stored<Coupon>, taken: &Taken) -> Result<Self, Problem> {
        Ok(Self {
            version: promotion_version(Some(&stored.rule))?,
            uses: uses(taken, &Limited::Coupon(stored.rule.code.clone())),
            origin: stored.provenance.origin,
            changed_at: stored.changed_at,
            coupon: stored.rule,
        })
    }

    /// The version, for `ETag`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What the page after it begins with.
    pub(crate) fn place(&self) -> String {
        self.coupon.code.to_string()
    }
}

/// A code that is gone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemovedCoupon)]
pub(crate) struct RemovedAnswer {
    pub(crate) code: Word,
}

/// A promotion is switched on or off, or ends; what is left out stays.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromotionSwitch)]
pub(crate) struct Switch {
    #[serde(default)]
    enabled: Option<bool>,
    /// First moment it no longer holds, as promotions write it; `null` takes its end away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Option<Timestamp>>,
}

/// Tells `null` from a field that is not there.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Timestamp>>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(Some(None)) };
    Timestamp::parse_rfc3339(&text).map(|moment| Some(Some(moment))).map_err(D::Error::custom)
}

impl Switch {
    /// The promotion as it is to be.
    ///
    /// # Errors
    /// When nothing is said.
    pub(crate) fn applied(&self, promotion: Promotion) -> Result<Promotion, Problem> {
        if self.enabled.is_none() && self.ends_at.is_none() {
            return Err(Problem::new(Code::FieldInvalid).detail("say `enabled` or `ends_at`"));
        }
        let enabled = self.enabled.unwrap_or(promotion.enabled);
        let ends_at = self.ends_at.unwrap_or(promotion.ends_at);
        Ok(Promotion { enabled, ends_at, ..promotion })
    }
}
