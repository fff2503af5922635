//! The rules of a shop as they are written down and stored.

pub(crate) mod action;
pub(crate) mod coupon;
pub(crate) mod delivery;
pub(crate) mod promotion;
pub(crate) mod tax;

use std::sync::Arc;

use self::coupon::Coupon;
use self::delivery::DeliveryRules;
use self::promotion::Promotion;
use self::tax::TaxRules;

/// All that [`price`](crate::price) applies.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Promotions that may apply, in any order: the automatic ones, and those of the entered codes.
    pub promotions: &'a [Arc<Promotion>],
    /// The coupons there are of the entered codes.
    pub coupons: &'a [Coupon],
    /// Taxes of the countries that are delivered to.
    pub taxes: &'a TaxRules,
    /// How goods are delivered.
    pub delivery: &'a DeliveryRules,
}
