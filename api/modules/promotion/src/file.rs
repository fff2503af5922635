//! Promotions as a file, `promotions.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vitrine_pricing::{Coupon, Invalid, Promotion, PromotionId, TextError, read_toml};

/// What stands in a `promotions.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromotionFile {
    /// The promotions.
    pub promotions: Vec<Promotion>,
    /// The codes of those that need one.
    pub coupons: Vec<Coupon>,
}

/// Reads promotions from TOML and checks them.
///
/// # Errors
/// All that is wrong, with line, column and key.
pub fn read_promotions(text: &str) -> Result<PromotionFile, Vec<TextError>> {
    read_toml(text, PromotionFile::check)
}

impl PromotionFile {
    /// All that is wrong with promotions and coupons, by themselves and with each other.
    pub fn check(&self) -> Vec<Invalid> {
        let mut found = Vec::new();
        let mut by_id: BTreeMap<&PromotionId, &Promotion> = BTreeMap::new();
        for (number, promotion) in self.promotions.iter().enumerate() {
            found.extend(below(&format!("promotions[{number}]"), promotion.check()));
            if by_id.insert(&promotion.id, promotion).is_some() {
                found.push(invalid(format!("promotions[{number}].id"), "is given twice"));
            }
        }
        let mut codes = BTreeMap::new();
        for (number, coupon) in self.coupons.iter().enumerate() {
            found.extend(below(&format!("coupons[{number}]"), coupon.check()));
            if codes.insert(&coupon.code, number).is_some() {
                found.push(invalid(format!("coupons[{number}].code"), "is given twice"));
            }
            let promotion = by_id.get(&coupon.promotion).copied();
            let wrong =
                opens(coupon, promotion).map(|what| invalid(format!("coupons[{number}].promotion"), &what));
            found.extend(wrong);
        }
        found
    }
}

/// Why a coupon does not open a promotion.
pub(crate) fn opens(coupon: &Coupon, promotion: Option<&Promotion>) -> Option<String> {
    match promotion {
        None => Some(format!("names `{}`, which is no promotion", coupon.promotion)),
        Some(promotion) if !promotion.by_code => {
            Some(format!("names `{}`, which applies without a code", coupon.promotion))
        }
        Some(_) => None,
    }
}

fn below(field: &str, found: Vec<Invalid>) -> impl Iterator<Item = Invalid> + use<'_> {
    found.into_iter().map(move |wrong| Invalid { field: format!("{field}.{}", wrong.field), ..wrong })
}

fn invalid(field: String, what: &str) -> Invalid {
    Invalid { field, what: what.to_owned() }
}
