//! Deliveries from their signature to the catalog, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod feeds;
mod order;
mod receive;
mod shop;
mod world;
