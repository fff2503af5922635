//! Messages that can't be worked on: among the dead with the reason, tried again and dropped by an operator.

use std::sync::Arc;

use vitrine_core::{Priority, StoreId, SystemClock};
use vitrine_queue::{EmbeddedQueue, Message, Queue, RabbitOptions, RabbitQueue};

use crate::changes::price;
use crate::content::Content;
use crate::program::Program;
use crate::scene::Scene;
use crate::until;

const TEMPLATE: &str = "templates/product.html";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_nobody_can_read_is_listed_tried_again_and_dropped() {
    let scene = Scene::folder();
    scene.import();
    let queue = EmbeddedQueue::new(scene.db().await, Arc::new(SystemClock));
    unreadable(&scene, &queue).await;
    let (scene, set) = Scene::production().await;
    scene.import();
    let clock = Arc::new(SystemClock);
    let queue = RabbitQueue::connect(&set.broker.url(), RabbitOptions::default(), clock).await.unwrap();
    unreadable(&scene, &queue).await;
}

async fn unreadable(scene: &Scene, queue: &dyn Queue) {
    let store = StoreId::try_new("nimbus").unwrap();
    queue.publish(&[Message::new("odd", store, Priority::MANUAL, "no JSON")]).await.unwrap();
    let _worker = Program::start(&scene.shop, "worker");
    dead(scene, 1, &["odd", "dead"]).await;
    assert!(scene.said(&["queue", "retry"]).contains("1 message"));
    dead(scene, 1, &["odd"]).await;
    assert!(scene.said(&["queue", "drop", "odd"]).contains("1 message"));
    dead(scene, 0, &[]).await;
    // It held up nobody.
    scene.converges().await;
}

/// Waits until so many messages are dead, and nothing else is in the queue.
async fn dead(scene: &Scene, count: usize, named: &[&str]) {
    let mut listed = String::new();
    until("the queue lists what is dead", async || {
        listed = scene.said(&["queue"]);
        let first = listed.lines().next().unwrap();
        first.starts_with("0 waiting, 0 delayed") && first.ends_with(&format!("{count} dead"))
    })
    .await;
    assert!(named.iter().all(|name| listed.contains(name)), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_theme_that_does_not_render_publishes_nothing_until_it_is_mended_and_tried_again() {
    let scene = Scene::folder();
    scene.first_publish().await;
    scene.shop.own_templates();
    let good = scene.shop.read(TEMPLATE);
    scene.shop.edit(TEMPLATE, "<h1>", "<h1>{{ view.no_such_thing }}");
    let before = scene.site().files().await;
    let content = Content::new(scene.shop.path("content"));
    price(&content, "cloud", "DE", 555);
    scene.import();
    let worker = Program::start(&scene.shop, "worker");
    dead(&scene, 1, &["product.html"]).await;
    let status = scene.said(&["status"]);
    let germany = status.lines().find(|line| line.trim_start().starts_with("DE")).unwrap();
    assert!(germany.contains("product.html"), "{status}");
    assert!(scene.site().files().await == before, "a theme that is wrong published something");
    worker.ends().await;

    scene.shop.write(TEMPLATE, &good);
    let _worker = Program::start(&scene.shop, "worker");
    assert!(scene.said(&["queue", "retry"]).contains("1 message"));
    scene.converges().await;
}
