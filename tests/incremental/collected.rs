//! What is collected is no longer offered.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use vitrine_core::{Clock as _, Country, SystemClock};
use vitrine_generator::{BuildError, JobRequest, Lease, Place, Renditions, Step, Storefronts};

use crate::shop::Shop;
use crate::sqlite;
use crate::world::World;

/// Days before today on which something is published.
const DAYS: [i64; 5] = [40, 30, 20, 10, 0];
/// What was replaced more days ago than this is dropped.
const KEPT: i64 = 25;
const PAGE: &str = "gb/p/cloud-mattress/index.html";

#[tokio::test(flavor = "multi_thread")]
async fn a_release_whose_versions_are_dropped_is_forgotten_and_refused() {
    let shop = Shop::new();
    let db = sqlite(&shop.path("")).await;
    let mut world = World::new(&db, &shop.path("content"));
    let (today, gb) = (SystemClock.now(), Country::try_new("GB").unwrap());
    let mut shown = Vec::new();
    for day in DAYS {
        world.as_of = today.plus_days(-day);
        let mut text = world.content.text("products/cloud/en.md");
        text.front.insert("title".to_owned(), format!("Cloud of {day} days ago").into());
        world.content.put_text("products/cloud/en.md", &text);
        world.import().await.unwrap();
        publish(&mut world).await;
        shown.push(fs::read(world.out().join(PAGE)).unwrap());
    }
    let place = Place::directory(&world.out(), true).unwrap();
    let storefronts = Storefronts::open(&db, &world.store, &place).await.unwrap().unwrap();
    let numbers = async || {
        let releases = storefronts.releases(gb, usize::MAX).await.unwrap();
        releases.iter().map(|one| one.release).collect::<Vec<_>>()
    };
    assert_eq!(numbers().await, [5, 4, 3, 2, 1]);
    storefronts.collect(today.plus_days(-KEPT)).await.unwrap();
    // Nobody can go back to what was before the release of 30 days ago; that one itself needs later versions only.
    assert_eq!(numbers().await, [5, 4, 3, 2]);

    let lease = async || {
        let (clock, countries) = (Arc::new(SystemClock), BTreeSet::from([gb]));
        Lease::take(&db, &world.store, &countries, "the test", clock).await.unwrap().unwrap()
    };
    let held = lease().await;
    let refused = storefronts.rollback(gb, 1, &held, today).await.unwrap_err();
    assert!(matches!(refused, BuildError::NoRelease { release: 1, .. }), "{refused}");
    held.end().await.unwrap();
    assert_eq!(fs::read(world.out().join(PAGE)).unwrap(), shown[4], "nothing was touched");
    storefronts.rollback(gb, 2, &lease().await, today).await.unwrap();
    assert_eq!(fs::read(world.out().join(PAGE)).unwrap(), shown[1]);
}

/// Publishes to a directory that keeps versions.
async fn publish(world: &mut World) {
    let place = Place::directory(&world.out(), true).unwrap();
    let request = JobRequest { renditions: Renditions::Later, ..JobRequest::new(place, world.as_of) };
    let mut job = world.generator.start(request).await.unwrap();
    while !matches!(world.generator.step(&mut job).await.unwrap(), Step::Done(_)) {}
}
