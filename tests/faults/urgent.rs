//! A publish that somebody asked for goes before what can wait.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use vitrine_core::{Clock as _, Country, Priority, Reason, StoreId, SystemClock};
use vitrine_db::Db;
use vitrine_generator::{Demand, StorefrontStatus, bare_status};
use vitrine_store::{Asked, Stores, Write};

use crate::changes::price_only_in;
use crate::content::Content;
use crate::edits::copy_product;
use crate::program::Program;
use crate::scene::Scene;
use crate::until;

/// Countries besides those of the demo shop, for forty scheduled rebuilds.
const MORE: [&str; 39] = [
    "AT", "AU", "BE", "BG", "BR", "CA", "CL", "CO", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GR", "HR",
    "HU", "IE", "IN", "IS", "IT", "KE", "LT", "LU", "LV", "MT", "MX", "MY", "NL", "NO", "NZ", "PH", "PL",
    "PT", "RO", "SE", "SG", "ZA",
];
/// Products that only Germany sells: enough for a full build of some seconds.
const CROWD: usize = 300;
const ONE_SLOT: (&str, &str) = ("VITRINE_WORKER_SLOTS", "1");

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_publish_passes_forty_rebuilds_and_a_full_build() {
    let scene = Scene::folder();
    large(&Content::new(scene.shop.path("content")));
    scene.first_publish().await;
    let db = scene.db().await;

    let all: BTreeSet<Country> = MORE.iter().chain(&["JP"]).map(|code| country(code)).collect();
    scheduled(&db, all).await;
    // It stops on its own at the sixth of them, so that the rest wait however fast the machine is.
    let at_the_sixth = [ONE_SLOT, ("VITRINE_AT_STEP", "STOP@lease taken:6")];
    let worker = Program::start_with(&scene.shop, "worker", &at_the_sixth);
    worker.stops_itself("the rebuilds are under way").await;
    let rebuilt = published(&scene, Reason::Scheduled).len();
    let before = waiting(&db, Reason::Scheduled).await;
    assert!(before > 10, "too few rebuilds are left to pass: {before}");
    scene.said(&["publish", "--country", "GB"]);
    worker.signal("CONT");
    until("it is published", async || !published(&scene, Reason::Manual).is_empty()).await;
    let asked_for = published(&scene, Reason::Manual)[0];
    let passed =
        published(&scene, Reason::Scheduled).iter().filter(|line| **line < asked_for).count() - rebuilt;
    // The one under way, and one that is begun before the relay has passed the wish on.
    assert!(passed <= 2, "{passed} rebuilds went before it");
    until("the rebuilds are done", async || waiting(&db, Reason::Scheduled).await == 0).await;
    worker.ends().await;

    // A program of another epoch renders all of Germany.
    scheduled(&db, [country("DE")].into()).await;
    let newer = [ONE_SLOT, ("VITRINE_RENDER_EPOCH", "2"), ("VITRINE_AT_STEP", "STOP@batch recorded:1")];
    let worker = Program::start_with(&scene.shop, "worker", &newer);
    worker.stops_itself("a full build is under way").await;
    assert!(is_running(&db, "DE").await);
    let (wishes, rebuilds) =
        (published(&scene, Reason::Manual).len(), published(&scene, Reason::Scheduled).len());
    scene.said(&["publish", "--country", "GB"]);
    worker.signal("CONT");
    until("both are published", async || {
        published(&scene, Reason::Manual).len() > wishes
            && published(&scene, Reason::Scheduled).len() > rebuilds
    })
    .await;
    let (wish, rebuild) =
        (published(&scene, Reason::Manual)[wishes], published(&scene, Reason::Scheduled)[rebuilds]);
    assert!(wish < rebuild, "the full build ended before\n{}", scene.log());
    scene.converges().await;
}

/// Adds countries that sell nothing yet, and products that one country sells.
fn large(content: &Content) {
    let british = fs::read_to_string(content.root().join("countries/gb.toml")).unwrap();
    for code in MORE {
        let lower = code.to_lowercase();
        let text =
            british.replace("\"/gb/\"", &format!("\"/{lower}/\"")).replace("en-GB", &format!("en-{code}"));
        content.put_raw(&format!("countries/{lower}.toml"), text.as_bytes());
    }
    for number in 0..CROWD {
        let id = format!("crowd-{number:03}");
        copy_product(content, "protector", &id);
        price_only_in(content, &id, "DE");
    }
}

fn country(code: &str) -> Country {
    Country::try_new(code).unwrap()
}

fn store() -> StoreId {
    StoreId::try_new("nimbus").unwrap()
}

/// Asks for scheduled rebuilds, as the scheduler does.
async fn scheduled(db: &Db, countries: BTreeSet<Country>) {
    let mut tx = db.begin().await.unwrap();
    for country in countries {
        let asked = Asked::for_reason(Reason::Scheduled, [country].into()).sweeping();
        let now = SystemClock.now();
        let id = format!("schedule-{country}-{}", now.ms());
        Stores::request_in(&mut tx, &store(), &id, &asked, &Write::at(now)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn status(db: &Db) -> BTreeMap<Country, StorefrontStatus> {
    let all = bare_status(db, &store(), SystemClock.now()).await.unwrap();
    all.into_iter().map(|one| (one.country, one)).collect()
}

/// How many storefronts are asked for with the priority of a reason.
async fn waiting(db: &Db, reason: Reason) -> usize {
    let priority: Priority = reason.priority();
    let asked = |demand: &Demand| demand.priority() == priority;
    status(db).await.values().filter(|one| one.waiting.as_ref().is_some_and(asked)).count()
}

/// The lines of the log that tell of publishes for a reason.
fn published(scene: &Scene, reason: Reason) -> Vec<usize> {
    let log = fs::read_to_string(scene.shop.path("log")).unwrap_or_default();
    let told = format!("reason={reason} ");
    let lines = log.lines().enumerate();
    lines.filter(|(_, line)| line.contains("published") && line.contains(&told)).map(|(at, _)| at).collect()
}

/// Whether somebody has begun to publish pages of a country.
async fn is_running(db: &Db, code: &str) -> bool {
    let all = status(db).await;
    let progress = all[&country(code)].running.as_ref().and_then(|held| held.progress);
    progress.is_some_and(|progress| progress.rendered > 0)
}
