//! Workers paused past their lease, in the middle of what is hardest to take back.

use std::time::{Duration, Instant};

use crate::changes::{front, price};
use crate::content::Content;
use crate::edits::copy_product;
use crate::program::Program;
use crate::scene::Scene;
use crate::until;

/// How long a lease lasts (`vitrine_generator::LEASE_MS`).
const LEASE: Duration = Duration::from_millis(vitrine_generator::LEASE_MS.unsigned_abs());

/// Scenes begun anew where a sleeper held the database.
const ATTEMPTS: usize = 4;

/// Where the worker stops, what it publishes there, and what is changed meanwhile.
type Pause = (&'static str, fn(&Content), fn(&Content));

/// It has put half of the pages of a change and puts the others over newer ones.
const HALF_PUT: Pause = ("half put", |content| rename(content, "first"), |content| rename(content, "second"));
/// It has said what it will delete, and deletes what is there again.
const ABOUT_TO_DELETE: Pause = (
    "deletions journaled",
    |content| content.park("products/newcomer"),
    |content| content.bring_back("products/newcomer"),
);

fn rename(content: &Content, name: &str) {
    front(content, "products/cloud/de.md", "title", name);
    price(content, "cloud", "DE", i64::try_from(name.len()).unwrap() * 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_slept_past_its_lease_does_no_lasting_harm() {
    let ((one, _set_one), (two, _set_two)) = (Scene::production().await, Scene::production().await);
    // Side by side: they mostly wait for leases to end.
    tokio::join!(
        slept(Scene::folder(), HALF_PUT),
        slept(Scene::folder(), ABOUT_TO_DELETE),
        slept(one, HALF_PUT),
        slept(two, ABOUT_TO_DELETE),
    );
}

async fn slept(scene: Scene, pause: Pause) {
    if met_asleep(&scene, pause).await {
        return;
    }
    // It was stopped in the middle of a write to SQLite, by another of its threads, and so nobody can write: that is
    // another story than that of a lease.
    println!("the sleeper holds the database; once more");
    for _ in 0..ATTEMPTS {
        if met_asleep(&Scene::folder(), pause).await {
            return;
        }
    }
    panic!("each time the sleeper held the database");
}

/// Answers whether the others could write while it slept.
async fn met_asleep(scene: &Scene, (step, first, second): Pause) -> bool {
    let content = Content::new(scene.shop.path("content"));
    copy_product(&content, "protector", "newcomer");
    scene.first_publish().await;
    let _scheduler = Program::start(&scene.shop, "scheduler");
    let mut sleeper = Program::worker_at(&scene.shop, "STOP", step, 1);
    first(&content);
    scene.import();
    sleeper.stops_itself(step).await;
    let asleep = Instant::now();
    second(&content);
    if !scene.try_import() {
        assert!(scene.cache().is_none(), "PostgreSQL locks no database\n{}", scene.log());
        return false;
    }
    let _other = Program::start(&scene.shop, "worker");
    scene.is_live().await;
    assert!(asleep.elapsed() > LEASE / 2, "the lease was not respected: {:?}", asleep.elapsed());
    sleeper.signal("CONT");
    // What it has written since is put right when its lease has passed twice; nobody does anything.
    until("the paths of the lost publish are put once more", async || scene.rechecks().await == 0).await;
    scene.converges().await;
    assert!(sleeper.is_alive(), "{}", scene.log());
    true
}
