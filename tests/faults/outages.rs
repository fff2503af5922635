//! Services that go and come back while changes go on: nothing is lost, and nobody has to do anything.

use std::sync::Arc;
use std::time::Duration;

use crate::changes::Changes;
use crate::program::Program;
use crate::reader::Reader;
use crate::scene::Scene;
use crate::until;

/// How long a service is away, or ill.
const AWAY: Duration = Duration::from_secs(4);
const ILL: Duration = Duration::from_secs(20);
/// Requests that have to go wrong before it counts as an illness.
const FAULTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn services_that_go_and_come_back_lose_nothing() {
    let (scene, mut set) = Scene::production().await;
    let scene = Arc::new(scene);
    scene.first_publish().await;
    let reader = Reader::start(&scene);
    let mut programs = ["worker", "worker", "scheduler"].map(|role| Program::start(&scene.shop, role));
    let changes = Changes::start(&scene);
    goes_on(&scene, "before anything").await;

    set.broker.kill();
    tokio::time::sleep(AWAY).await;
    set.broker.start_again().await;
    goes_on(&scene, "RabbitMQ is back").await;

    set.postgres.stop_at_once();
    tokio::time::sleep(AWAY).await;
    set.postgres.start_again();
    goes_on(&scene, "PostgreSQL is back").await;

    set.bucket_trouble.begin();
    tokio::time::sleep(ILL).await;
    until("the bucket was ill", async || set.bucket_trouble.count() >= FAULTS).await;
    set.bucket_trouble.end();
    goes_on(&scene, "the bucket is well").await;

    set.purge_trouble.begin();
    until("the cache was not told", async || set.purge_trouble.count() > 1).await;
    set.purge_trouble.end();
    set.varnish.kill().await;
    tokio::time::sleep(AWAY).await;
    set.start_cache_again().await;
    goes_on(&scene, "the cache is back").await;

    println!("{} changes", changes.end());
    scene.converges().await;
    reader.met_nothing_wrong().await;
    assert!(
        programs.iter_mut().all(Program::is_alive),
        "somebody would have had to start it: {}",
        scene.log()
    );
}

/// Waits until a publish has come to its end that began after this.
async fn goes_on(scene: &Scene, when: &str) {
    let before = latest(scene);
    until(&format!("publishing goes on, {when}"), async || latest(scene) > before + 1).await;
}

/// The number of Germany's latest release.
fn latest(scene: &Scene) -> u64 {
    let releases = scene.said(&["releases", "DE"]);
    releases.split_whitespace().next().unwrap().parse().unwrap()
}
