//! Deliveries and taxes: stored on both databases, read from files, and applied.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod carts;
mod file;
mod sample;
mod stored;
