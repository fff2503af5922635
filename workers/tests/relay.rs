//! The relay on both databases: what becomes of events.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "shop/recorder.rs"]
mod recorder;
#[path = "shop/scene.rs"]
mod scene;
mod shop;

use std::sync::Arc;
use std::time::Duration;

use scene::Scene;
use shop::{MODULES, change, quiet, store, waiting};
use vitrine_core::{ChangeKind, Clock, Reason, RenderRequest, Revision, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, NewEvent, Outbox};
use vitrine_queue::{EmbeddedQueue, Queue};
use vitrine_store::{Asked, Stores, Write};
use vitrine_workers::{Relay, RelayOptions, Round};

fn ids(requests: &[RenderRequest]) -> Vec<&str> {
    requests.iter().map(|request| request.id.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_becomes_a_demand_and_a_message_for_each_country() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let a = quiet(&db, "a").await;
        let revision = change(&db, &a, ChangeKind::Changed, &[], 77).await;
        let round = scene.relay().round().await.unwrap();
        assert_eq!(round, Round { claimed: 1, published: 1, failed: 0, messages: 3 });

        let requests = scene.queue.take();
        assert_eq!(ids(&requests), ["r2/DE", "r2/FR", "r2/JP"]);
        let demands = scene.demands(&a).await;
        for request in &requests {
            assert_eq!((request.reason, request.revision), (Reason::CatalogChanged, revision));
            assert_eq!(request.requested_at, Timestamp::from_ms(77));
            let demand = &demands[request.country.code()];
            assert_eq!((demand.reason, demand.revision), (request.reason, revision));
            assert_eq!((demand.requested_at, demand.sweep), (request.requested_at, false));
            assert_eq!(demand.trace, request.trace);
            assert!(request.trace.is_some(), "a write without a trace begins one here");
        }
        assert_eq!(scene.relay().round().await.unwrap(), Round::default());
        assert!(scene.queue.take().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_names_its_countries_asks_there_only_and_stores_do_not_touch() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let (a, b) = (quiet(&db, "a").await, quiet(&db, "b").await);
        change(&db, &a, ChangeKind::Price, &["FR", "US"], 1).await;
        assert_eq!(scene.rounds().await, 1);
        assert_eq!(ids(&scene.queue.take()), ["r2/FR"], "the store does not sell in the US");
        assert_eq!(scene.demands(&a).await.into_keys().collect::<Vec<_>>(), ["FR"]);
        assert!(scene.demands(&b).await.is_empty());

        change(&db, &a, ChangeKind::Price, &["DE"], 1).await;
        change(&db, &b, ChangeKind::Price, &["DE"], 1).await;
        assert_eq!(scene.rounds().await, 2);
        let requests = scene.queue.take();
        let fronts: Vec<_> = requests.iter().map(|r| (r.store.as_str(), r.id.as_str())).collect();
        assert_eq!(fronts, [("a", "r3/DE"), ("b", "r2/DE")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_round_are_one_message_for_each_storefront() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let a = quiet(&db, "a").await;
        change(&db, &a, ChangeKind::Price, &["DE"], 10).await;
        change(&db, &a, ChangeKind::Availability, &[], 20).await;
        let mut tx = db.begin().await.unwrap();
        let asked = Asked::for_reason(Reason::Manual, [shop::country("FR")].into()).sweeping();
        Stores::request_in(&mut tx, &a, "manual-1", &asked, &Write::at(Timestamp::from_ms(30)))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(scene.rounds().await, 3);

        let requests = scene.queue.take();
        let seen: Vec<_> =
            requests.iter().map(|r| (r.id.as_str(), r.reason, r.revision.0, r.requested_at.ms())).collect();
        // Kinds are claimed in the order of their names, so the request comes before the revisions.
        assert_eq!(
            seen,
            [
                ("r3/DE", Reason::CatalogChanged, 3, 10),
                ("r3/FR", Reason::Manual, 3, 20),
                ("r3/JP", Reason::AvailabilityChanged, 3, 20),
            ]
        );
        let demands = scene.demands(&a).await;
        assert_eq!((demands["DE"].asked, demands["FR"].asked, demands["JP"].asked), (2, 2, 1));
        assert_eq!((demands["FR"].reason, demands["FR"].sweep), (Reason::Manual, true));
    })
    .await;
}

async fn push(db: &Db, shop: &str, kind: &str, version: i64, payload: &str) {
    let (shop, id) = (store(shop), format!("x{version}"));
    let mut tx = db.begin().await.unwrap();
    let at = Timestamp::from_ms(1);
    let event = NewEvent { store: &shop, id: &id, kind, entity: "store", version, payload, trace: None, at };
    assert!(Outbox::push_in(&mut tx, &event).await.unwrap());
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_can_not_be_read_holds_back_only_its_entity() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let (a, b) = (quiet(&db, "a").await, quiet(&db, "b").await);
        push(&db, "a", Stores::REVISED, 1, "nonsense").await;
        change(&db, &a, ChangeKind::Changed, &[], 1).await;
        change(&db, &b, ChangeKind::Changed, &[], 1).await;
        push(&db, "b", "moon_landed", 1, "{}").await;

        let round = scene.relay().round().await.unwrap();
        assert_eq!((round.claimed, round.published, round.failed), (4, 1, 3));
        assert!(scene.queue.take().iter().all(|request| request.store == b));
        assert_eq!(waiting(&db).await, ["a r2", "a x1", "b x1"]);
        let blocked = Outbox::blocked(&db, 10).await.unwrap();
        let why: Vec<_> = blocked.iter().map(|blocked| blocked.error.as_str()).collect();
        assert!(why.contains(&"this program knows no event of kind 'moon_landed'"), "{why:?}");
        assert_eq!(blocked.len(), 2, "the one that only waits is not blamed");

        change(&db, &b, ChangeKind::Changed, &[], 1).await;
        assert_eq!(scene.rounds().await, 1);
        let mut tx = db.begin().await.unwrap();
        let mend = r#"UPDATE db_outbox SET payload = '{"reasons":["catalog_changed"]}' WHERE id = 'x1'"#;
        sqlx::query(mend).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(scene.rounds().await, 0, "not before its time");
        scene.queue.take();
        scene.clock.advance_ms(1_000);
        assert_eq!(scene.rounds().await, 2);
        assert!(scene.queue.take().iter().all(|request| request.revision == Revision(2)));
        assert_eq!(waiting(&db).await, ["b x1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_store_without_countries_is_done_with() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        push(&db, "gone", Stores::REVISED, 1, r#"{"reasons":["catalog_changed"]}"#).await;
        push(&db, "gone", Stores::REQUESTED, 2, r#"{"reasons":["manual"]}"#).await;
        assert_eq!(scene.rounds().await, 2);
        assert!(scene.queue.take().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::disallowed_methods, reason = "a duration is measured")]
async fn a_running_relay_passes_on_at_once_and_drains_when_it_stops() {
    for_each_backend(MODULES, async |db| {
        let a = quiet(&db, "a").await;
        let clock: Arc<dyn Clock> = Arc::new(vitrine_core::SystemClock);
        let queue: Arc<dyn Queue> = Arc::new(EmbeddedQueue::new(db.clone(), clock.clone()));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let relay = Relay::new(db.clone(), queue.clone(), clock, RelayOptions::default());
        let running = tokio::spawn(async move {
            relay
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        });
        let mut took = Vec::new();
        for _ in 0..20 {
            let revision = change(&db, &a, ChangeKind::Price, &["DE"], 1).await;
            let committed = std::time::Instant::now();
            let delivery = queue.receive().await.unwrap();
            took.push(committed.elapsed());
            let request = RenderRequest::decode(&delivery.message.body).unwrap();
            assert_eq!((request.revision, delivery.message.priority), (revision, request.reason.priority()));
            delivery.ack().await.unwrap();
        }
        took.sort();
        println!("commit to message in hand: half within {:?}, worst {:?}", took[10], took[19]);
        assert!(took[10] < Duration::from_millis(200), "polling, not waking: {:?}", took[10]);

        for at in 0..5 {
            change(&db, &a, ChangeKind::Changed, &[], at).await;
        }
        stop.send(()).unwrap();
        running.await.unwrap();
        assert_eq!(waiting(&db).await, [""; 0]);
        assert!(queue.depth().await.unwrap().waiting >= 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_relay_drops_what_was_published_long_ago() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let a = quiet(&db, "a").await;
        change(&db, &a, ChangeKind::Changed, &[], 1).await;
        scene.rounds().await;
        scene.clock.advance_ms(1_000);
        change(&db, &a, ChangeKind::Changed, &[], 1).await;
        scene.rounds().await;
        let options = RelayOptions { keep: Duration::from_millis(500), ..RelayOptions::default() };
        let relay = Relay::new(db.clone(), scene.queue.clone(), scene.clock.clone(), options);
        let kept = async || {
            let query = sqlx::query_as("SELECT id FROM db_outbox");
            let kept: Vec<(String,)> = query.fetch_all(db.reader()).await.unwrap();
            kept.into_iter().map(|(id,)| id).collect::<Vec<_>>()
        };
        let dropped = async {
            while kept().await.len() == 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), relay.run(dropped)).await.unwrap();
        assert_eq!(kept().await, ["r3"]);
    })
    .await;
}
