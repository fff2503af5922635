//! Behind the routes for those who run the shop: how their writes are done, and what they are answered.
//!
//! Answers are types of their own, so that what modules keep for themselves does not leave with a new field.

mod order;
mod prices;
mod promotions;
mod query;
mod stock;
mod trouble;
mod work;

pub(crate) use order::{OrderAnswer, OrderSummary, next_order, order_answer, order_query};
pub(crate) use prices::{PriceAnswer, PricesAnswer, Stated, checked_price};
pub(crate) use promotions::{CouponAnswer, PromotionAnswer, RemovedAnswer, Switch, promotion_version};
pub(crate) use query::{Asked, Page};
pub(crate) use stock::{
    AdjustedAnswer, LocationAnswer, NewAdjustment, NewLocation, NewRule, PlaceAnswer, SkuAnswer, adjust_in,
    location_in, rule_in, stock_query,
};
pub(crate) use trouble::WrongField;
pub(crate) use work::{Asks, Begun, Work, tagged};
