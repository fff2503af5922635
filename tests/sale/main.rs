//! Buying, as shoppers do it: the program's own processes, HTTP, one and several of them on one database.
//!
//! Crowds that want more than there is, processes killed at every step of an order, and a sale from the last piece to
//! the page that says so. PostgreSQL and RabbitMQ must be installed; the tests start their own.
//! `VITRINE_LONG=1` brings larger crowds and more kills.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::print_stdout, reason = "a failure is easier to read with what went before it")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests have no configuration file, and measure how long they wait"
)]

mod attacks;
mod buyer;
mod kills;
mod ledger;
mod outages;
mod story;
mod town;

#[path = "../faults/program.rs"]
#[allow(dead_code, reason = "another test program uses the rest")]
mod program;
#[path = "../faults/services/mod.rs"]
#[allow(dead_code, reason = "another test program uses the rest")]
#[allow(unused_imports, reason = "another test program uses the rest")]
mod services;
#[path = "../shop/mod.rs"]
mod shop;

use std::time::{Duration, Instant};

/// Longest wait for something that takes seconds on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(240);

fn is_long() -> bool {
    std::env::var("VITRINE_LONG").is_ok_and(|long| long == "1")
}

/// Waits until something is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !so().await {
        assert!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
