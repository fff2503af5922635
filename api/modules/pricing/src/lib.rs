//! What a cart costs: lines, rules and facts go in; discounts, taxes, delivery and totals come out, with every step.
//!
//! Owns the types of the rules (promotions, taxes, delivery rates), how they are checked and read from TOML, and
//! [`price`], the one function that applies them. Must not know: databases, clocks, HTTP, and where stock is.
//!
//! Rules worth knowing:
//! - **Thresholds** (of promotions, tiers, delivery rates) look at what the goods cost *before* promotions, gifts
//!   left out. So no discount takes another one away, and no promotion ever makes a cart dearer.
//! - **Order.** Discounts on units come first, then those on the order, then those on delivery. Within a class the
//!   higher priority is first, a code before an automatic promotion, then the smaller id; each takes from what the
//!   ones before it left.
//! - **Choice.** Promotions are tried in that order of priority over all classes. One is taken if it combines with
//!   all taken before it and gives something without making one of these give nothing; so a promotion that gives
//!   nothing changes nothing. Codes are tried in the order entered, and one that would make the cart dearer, because
//!   something better does not combine with it, is refused.
//! - **Rounding.** A discount on units is rounded for one unit, so that a page's price times the quantity is the
//!   line; one on the order is rounded once and apportioned. Tax is rounded once for each rate of an order, see
//!   [`tax`](TaxRules).
//! - **Order of lines.** Lines are worked through by their ids, so the order they come in changes nothing.

mod amounts;
mod check;
mod delivery;
mod error;
mod evaluate;
mod facts;
mod goods;
mod price;
mod quote;
mod rules;
mod select;
mod sets;
mod shown;
mod tax;
mod text;

pub use amounts::{Amounts, AmountsError};
pub use check::Invalid;
pub use error::PriceError;
pub use facts::{Cart, Destination, Facts, Line, Part, ShopperFacts};
pub use price::price;
pub use quote::{
    AppliedPromotion, ChosenDelivery, CodeAnswer, DeliveryProblem, DeliveryQuote, Discount, LineTax, Offer,
    PricedLine, Quote, Refusal, Rule, Skipped, Step, TaxOfRate, Totals,
};
pub use rules::Rules;
pub use rules::action::{
    Action, Bundle, BundlePart, BuyGet, Fixed, FreeDelivery, Gift, Off, On, Percent, Tier, Tiers,
};
pub use rules::coupon::{Code, CodeError, Coupon};
pub use rules::delivery::{
    DeliveryRules, Method, MethodId, MethodZone, PatternError, PostcodePattern, RateStep, Zone, ZoneId,
};
pub use rules::promotion::{
    Class, Conditions, Exhausted, Limited, Limits, Promotion, PromotionId, Selector, Use,
};
pub use rules::tax::{CountryTax, DeliveryTax, RegionTax, TaxRules, Ties};
pub use shown::{ShownPrice, next_change, shown_price};
pub use text::{TextError, read_toml};
