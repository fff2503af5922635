//! Those who run the shop: what they may do, what is written down of it, and what they are refused.

mod audit;
mod money;
mod office;
mod orders;
mod prices;
mod promotions;
mod refusals;
mod stock;

pub(crate) use refusals::of_admins;
