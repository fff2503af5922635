//! Shoppers at a small shop: what they may do, and what they may not.

mod carts;
mod orders;
mod refusals;
mod test_payments;
pub(crate) mod visitor;

pub(crate) use refusals::of_shoppers;
pub(crate) use visitor::{HERE, Street, Visitor, details, each, with_json};
