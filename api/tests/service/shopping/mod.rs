//! Shoppers at a small shop: what they may do, and what they may not.

mod carts;
mod orders;
mod refusals;
pub(crate) mod visitor;

pub(crate) use refusals::of_shoppers;
