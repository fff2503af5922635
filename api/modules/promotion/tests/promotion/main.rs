//! Promotions, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod file;
mod holds;
mod races;
mod rules;
mod world;
