//! Workers killed at every named step of a publish, changes going on, somebody reading.

use std::sync::Arc;

use vitrine_generator::rehearsal::STEPS;

use crate::changes::Changes;
use crate::is_long;
use crate::program::Program;
use crate::reader::Reader;
use crate::scene::{Scene, Trouble};

/// What only a shop behind a cache comes to.
const PURGES: [&str; 2] = ["before purge", "purged"];
/// Walks through all steps: 24 kills at the two places together, or 100.
const WALKS: usize = 1;
const WALKS_LONG: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_survives_workers_killed_at_every_step() {
    killed_at_every_step(Arc::new(Scene::folder()), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_behind_a_cache_survives_workers_killed_at_every_step() {
    let (scene, set) = Scene::production().await;
    killed_at_every_step(Arc::new(scene), Some(&set.bucket_trouble)).await;
}

async fn killed_at_every_step(scene: Arc<Scene>, bucket: Option<&Trouble>) {
    scene.first_publish().await;
    let reader = Reader::start(&scene);
    let changes = Changes::start(&scene);
    let scheduler = Program::start(&scene.shop, "scheduler");
    let is_met = |step: &&str| scene.cache().is_some() || !PURGES.contains(step);
    let steps: Vec<&str> = STEPS.iter().copied().filter(is_met).collect();
    for walk in 0..if is_long() { WALKS_LONG } else { WALKS } {
        for step in &steps {
            if let Some(bucket) = bucket {
                bucket.is_quiet().await;
            }
            scene.leases_end().await;
            // Each walk kills one time later.
            let worker = Program::worker_at(&scene.shop, "KILL", step, walk + 1);
            worker.kills_itself(&format!("{step}, walk {walk}\n{}", scene.log())).await;
        }
    }
    // The last kill's lease ends in its own time.
    let made = changes.end();
    let _worker = Program::start(&scene.shop, "worker");
    scene.converges().await;
    reader.met_nothing_wrong().await;
    println!("{made} changes");
    drop(scheduler);
}
