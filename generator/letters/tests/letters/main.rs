//! Letters about orders of the demo shop, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod every_letter;
mod once;
mod server;
mod shop;
