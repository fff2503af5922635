//! A build that looks only at what changed ends with the bytes of a build that looks at everything.
//!
//! `VITRINE_SEED` chooses the edits, `VITRINE_LONG=1` makes more of them and compares after each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests have no configuration file")]

mod collected;
mod compare;
mod content;
mod edits;
mod interrupted;
mod journey;
mod preview;
mod random;
mod scenarios;
#[path = "../shop/mod.rs"]
mod shop;
mod stores;
mod taken_back;
mod world;

use vitrine_core::Timestamp;
use vitrine_db::Db;

use crate::shop::Shop;
use crate::world::MODULES;

/// Edits of the journey, and between two of its comparisons.
const EDITS: usize = 200;
const EDITS_LONG: usize = 500;
const COMPARED_EVERY: usize = 20;
/// Edits of the short journey, which is made on PostgreSQL too.
const FEW_EDITS: usize = 20;

fn seed() -> u64 {
    let stated = std::env::var("VITRINE_SEED").ok().and_then(|seed| seed.parse().ok());
    stated.unwrap_or(20_261_120)
}

fn is_long() -> bool {
    std::env::var("VITRINE_LONG").is_ok_and(|long| long == "1")
}

/// The moment at which tests begin.
fn begin() -> Timestamp {
    Timestamp::parse_rfc3339(world::BEGIN).unwrap()
}

async fn sqlite(folder: &std::path::Path) -> Db {
    let db = Db::open_file(&folder.join("vitrine.db")).await.unwrap();
    db.migrate(MODULES).await.unwrap();
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn random_edits_end_as_a_full_build_does() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let compared_every = if is_long() { 1 } else { COMPARED_EVERY };
    let edits = if is_long() { EDITS_LONG } else { EDITS };
    let plan = journey::Plan { seed: seed(), edits, compared_every };
    println!("seed {}", plan.seed);
    let tally = journey::run(&db, &shop.path("content"), &plan).await;
    println!("{tally:?}");
    tally.assert_lively(&plan);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_few_random_edits_end_as_a_full_build_does_on_each_database() {
    let shop = Shop::new();
    let compared_every = if is_long() { 1 } else { FEW_EDITS / 2 };
    let plan = journey::Plan { seed: seed().wrapping_add(1), edits: FEW_EDITS, compared_every };
    vitrine_db::testing::for_each_backend(MODULES, async |db| {
        journey::run(&db, &shop.path("content"), &plan).await;
    })
    .await;
}
