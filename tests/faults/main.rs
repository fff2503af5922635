//! What becomes of a shop when things break: workers killed and paused, brokers, databases, buckets and caches that
//! go and come back, programs of two epochs at once.
//!
//! Every test runs the program itself. Most need services of their own: PostgreSQL, RabbitMQ, Varnish and moto must be
//! installed. `VITRINE_LONG=1` kills and edits more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::print_stdout, reason = "a failure is easier to read with what went before it")]
#![allow(
    clippy::disallowed_methods,
    reason = "tests have no configuration file, and measure how long they wait"
)]

mod changes;
mod journey;
mod kills;
mod letters;
mod outages;
mod paused;
mod program;
mod reader;
mod scene;
mod services;
mod site;
mod upgrade;
mod urgent;

#[path = "../shop/bucket.rs"]
mod bucket;
#[path = "../incremental/content.rs"]
#[allow(dead_code, reason = "another test program uses the rest")]
mod content;
#[path = "../incremental/edits/mod.rs"]
#[allow(dead_code, reason = "another test program uses the rest")]
mod edits;
#[path = "../incremental/random.rs"]
#[allow(dead_code, reason = "another test program uses the rest")]
mod random;
#[path = "../shop/mod.rs"]
mod shop;

use std::time::{Duration, Instant};

/// Longest wait for something that takes seconds on a quiet machine, or the ends of two leases.
const PATIENCE: Duration = Duration::from_secs(240);

fn is_long() -> bool {
    std::env::var("VITRINE_LONG").is_ok_and(|long| long == "1")
}

/// Waits until something is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !so().await {
        assert!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
