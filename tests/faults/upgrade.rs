//! Programs of two epochs at once, as while a deployment is rolled out.

use std::sync::Arc;
use std::time::Duration;

use crate::changes::{Changes, price};
use crate::content::Content;
use crate::program::Program;
use crate::scene::Scene;
use crate::until;

/// How long both run side by side.
const TOGETHER: Duration = Duration::from_secs(15);
const NEWER: &[(&str, &str)] = &[("VITRINE_RENDER_EPOCH", "2")];

#[tokio::test(flavor = "multi_thread")]
async fn an_older_program_leaves_to_a_newer_one_what_that_has_published() {
    let scene = Arc::new(Scene::folder());
    scene.first_publish().await;
    let mut old = Program::start(&scene.shop, "worker");
    let new = Program::start_with(&scene.shop, "worker", NEWER);
    let changes = Changes::start(&scene);
    tokio::time::sleep(TOGETHER).await;
    changes.end();
    scene.is_live().await;

    // The newer one takes all, so that the older one is left with nothing it may publish.
    scene.said(&["publish"]);
    until("the newer program has published all", async || epochs(&scene).await == [2]).await;
    new.ends().await;
    let content = Content::new(scene.shop.path("content"));
    price(&content, "cloud", "DE", 345);
    scene.import();
    let mut status = String::new();
    until("the older program says why it does not publish", async || {
        status = scene.said(&["status"]);
        status.contains("render epoch 2")
    })
    .await;
    let page = scene.site().get("/de/p/cloud-kaltschaummatratze/").await.unwrap();
    assert!(!String::from_utf8(page).unwrap().contains("345"), "{status}");
    assert!(old.is_alive(), "{}", scene.log());

    let _new = Program::start_with(&scene.shop, "worker", NEWER);
    scene.converges().await;
    assert_eq!(epochs(&scene).await, [2]);
}

/// The epochs that storefronts were published with, each once.
async fn epochs(scene: &Scene) -> Vec<i64> {
    let db = scene.db().await;
    let mut epochs = Vec::new();
    for epoch in 0..4 {
        let text = format!("SELECT country FROM generator_storefront WHERE epoch = {epoch}");
        let rows = vitrine_db::sql(text).fetch_all(db.reader()).await.unwrap();
        epochs.extend((!rows.is_empty()).then_some(epoch));
    }
    db.close().await;
    epochs
}
