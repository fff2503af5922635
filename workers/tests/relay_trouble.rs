//! Relays that die, race and meet a queue that is gone, on both databases: nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "shop/recorder.rs"]
mod recorder;
#[path = "shop/scene.rs"]
mod scene;
mod shop;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use recorder::Mode;
use scene::Scene;
use shop::{MODULES, change, quiet, waiting};
use vitrine_core::{ChangeKind, Revision, StoreId};
use vitrine_db::Outbox;
use vitrine_db::testing::for_each_backend;

/// Polls a future so many times at most; `None` if it had not ended by then. It is dropped in either case.
async fn killed_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_at_any_point_loses_nothing() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let a = quiet(&db, "a").await;
        let (mut ended, mut killed) = (0, 0);
        for polls in 1..120 {
            let revision = change(&db, &a, ChangeKind::Changed, &[], 1).await;
            let relay = scene.relay();
            let is_killed = killed_after(polls, relay.round()).await.is_none();
            drop(relay);
            let sent: BTreeSet<_> = scene.queue.take().into_iter().map(|request| request.id).collect();
            match is_killed {
                true => killed += 1,
                false => ended += 1,
            }
            scene.claims_end();
            scene.rounds().await;

            let again = scene.queue.take().into_iter().map(|request| request.id);
            let sent: BTreeSet<_> = sent.into_iter().chain(again).collect();
            let expected = ["DE", "FR", "JP"].map(|code| format!("r{revision}/{code}"));
            assert_eq!(sent, expected.into(), "killed after {polls} polls");
            assert!(scene.demands(&a).await.values().all(|demand| demand.revision == revision));
            assert_eq!(waiting(&db).await, [""; 0]);
            if ended == 3 {
                println!("a round has about {polls} steps");
                break;
            }
        }
        // How many steps a round has depends on how busy the machine is; the next test kills around the messages.
        assert!(ended == 3 && killed > 0, "{ended} ended, {killed} were killed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_around_its_messages_repeats_them() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let a = quiet(&db, "a").await;
        for (mode, sent_before) in [(Mode::HangsBefore, 0), (Mode::HangsAfter, 3)] {
            let revision = change(&db, &a, ChangeKind::Changed, &[], 1).await;
            scene.queue.set(mode);
            let relay = scene.relay();
            let killed = tokio::time::timeout(Duration::from_millis(500), relay.round()).await;
            assert!(killed.is_err(), "{mode:?}");
            scene.queue.set(Mode::Stores);
            assert_eq!(scene.queue.take().len(), sent_before, "{mode:?}");
            let demands = scene.demands(&a).await;
            assert!(
                demands.values().all(|demand| demand.revision == revision),
                "the demand stands before its message"
            );

            assert_eq!(scene.rounds().await, 0, "claimed by the one that died");
            scene.claims_end();
            assert_eq!(scene.rounds().await, 1);
            let requests = scene.queue.take();
            assert_eq!(requests.len(), 3, "{mode:?}");
            assert!(requests.iter().all(|request| request.revision == revision));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_at_once_send_everything_and_mark_it_once() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let stores = [quiet(&db, "a").await, quiet(&db, "b").await];
        let writing = tokio::spawn({
            let (db, stores) = (db.clone(), stores.clone());
            async move {
                for at in 0..20 {
                    for store in &stores {
                        change(&db, store, ChangeKind::Changed, &[], at).await;
                    }
                }
            }
        });
        let relays = [scene.relay(), scene.relay(), scene.relay()].map(|relay| {
            let db = db.clone();
            tokio::spawn(async move {
                let (mut marked, mut idle) = (0, 0);
                // Far beyond the writer's last commit.
                while idle < 60 {
                    let round = relay.round().await.unwrap();
                    marked += round.published;
                    idle = if round.claimed == 0 && waiting(&db).await.is_empty() { idle + 1 } else { 0 };
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                marked
            })
        });
        writing.await.unwrap();
        let mut marked = 0;
        for relay in relays {
            marked += relay.await.unwrap();
        }
        marked += scene.rounds().await;
        assert_eq!(marked, 40, "each of the 40 events was marked once");
        let mut newest: BTreeMap<(StoreId, String), Revision> = BTreeMap::new();
        for request in scene.queue.take() {
            let front = (request.store.clone(), request.country.to_string());
            let newest = newest.entry(front).or_default();
            assert!(request.revision > *newest, "a storefront's requests keep their order");
            *newest = request.revision;
        }
        assert_eq!(newest.len(), 6);
        assert!(newest.values().all(|revision| *revision == Revision(21)), "{newest:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_queue_is_gone_events_wait_and_do_not_wait_longer() {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db);
        let a = quiet(&db, "a").await;
        change(&db, &a, ChangeKind::Changed, &[], 1).await;
        scene.queue.set(Mode::Refuses);
        for _ in 0..3 {
            assert!(scene.relay().round().await.is_err());
        }
        assert_eq!(Outbox::blocked(&db, 10).await.unwrap(), []);
        scene.queue.set(Mode::Stores);
        assert_eq!(scene.rounds().await, 1);
        assert_eq!(scene.queue.take().len(), 3);
    })
    .await;
}
