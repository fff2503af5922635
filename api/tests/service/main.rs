//! The service as its clients meet it: over a socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod admin;
mod attacks;
mod cors;
mod described;
mod hooks;
mod limits;
mod openapi;
mod outage;
mod probes;
mod problems;
mod publish;
#[path = "../../modules/cart/tests/carts/scene.rs"]
#[allow(dead_code, reason = "carts use the rest")]
mod scene;
#[path = "../../modules/intake/tests/intake/shop.rs"]
mod shop;
mod shopping;
#[path = "../../modules/checkout/tests/checkout/stage.rs"]
#[allow(dead_code, reason = "the checkout uses the rest")]
mod stage;
mod stream;
mod tokens;
mod trace;
mod world;
