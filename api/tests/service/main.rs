//! The service as its clients meet it: over a socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod hooks;
mod limits;
mod probes;
mod problems;
mod publish;
#[path = "../../modules/intake/tests/intake/shop.rs"]
mod shop;
mod stream;
mod tokens;
mod world;
