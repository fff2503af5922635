//! What carts cost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod codes;
mod delivery;
mod laws;
mod promotions;
mod shown;
mod taxes;
mod text;
mod world;
