//! Each country's CDN is told by itself, within its budget.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use vitrine_cdn::{Cdn, CdnError, Invalidation, Month, Price};
use vitrine_core::{Clock as _, Country, FixedClock, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_generator::{BuildError, Generator, Invalidations, Place};
use vitrine_workers::{Drain, Shops};

mod shop;

/// A CDN that says what it is told, and confirms when it is allowed to.
#[derive(Debug)]
struct Asked {
    told: mpsc::UnboundedSender<(Invalidation, oneshot::Sender<bool>)>,
    price: Price,
    budget: Option<u64>,
}

#[async_trait]
impl Cdn for Asked {
    async fn invalidate(&self, _id: &str, what: &Invalidation) -> Result<(), CdnError> {
        let (confirm, confirmed) = oneshot::channel();
        self.told.send((what.clone(), confirm)).unwrap();
        match confirmed.await {
            Ok(true) => Ok(()),
            _ => Err(CdnError::Silent { place: "here".to_owned(), why: "the test says so".to_owned() }),
        }
    }

    fn price(&self) -> Price {
        self.price
    }

    fn budget(&self) -> Option<u64> {
        self.budget
    }
}

#[derive(Debug, Default)]
struct Edges(BTreeMap<Country, Arc<Asked>>);

#[async_trait]
impl Shops for Edges {
    async fn generator(&self, _: &StoreId) -> Result<Generator, BuildError> {
        Err(BuildError::State("nothing is published here"))
    }

    async fn place(&self, _: &StoreId, _: Country) -> Result<Place, BuildError> {
        Err(BuildError::State("nothing is published here"))
    }

    fn place_number(&self, _: &StoreId, _: Country) -> usize {
        0
    }

    fn cdn(&self, _: &StoreId, country: Country) -> Option<Arc<dyn Cdn>> {
        Some(Arc::clone(self.0.get(&country)?) as Arc<dyn Cdn>)
    }
}

type Told = mpsc::UnboundedReceiver<(Invalidation, oneshot::Sender<bool>)>;

impl Edges {
    fn add(&mut self, country: &str, price: Price, budget: Option<u64>) -> Told {
        let (told, hears) = mpsc::unbounded_channel();
        self.0.insert(Country::try_new(country).unwrap(), Arc::new(Asked { told, price, budget }));
        hears
    }
}

async fn stale(db: &Db, store: &StoreId, country: &str, path: &str, at: Timestamp) {
    let mut tx = db.begin().await.unwrap();
    sqlx::query(
        "INSERT INTO generator_invalidation (store, target, path, country, release, at, attempts)
         VALUES ($1, 1, $2, $3, 1, $4, 0)",
    )
    .bind(store.as_str())
    .bind(path)
    .bind(country)
    .bind(at.ms())
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.wake(Invalidations::TOPIC);
    tx.commit().await.unwrap();
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new(Timestamp::parse_rfc3339("2026-11-01T00:00:00Z").unwrap()))
}

/// Runs a drain beside what a test does.
async fn beside(db: &Db, clock: &Arc<FixedClock>, edges: Edges, test: impl AsyncFnOnce()) {
    let drain = Drain::new(db.clone(), clock.clone(), Arc::new(edges));
    let (stop, stopped) = oneshot::channel::<()>();
    let run = drain.run(async {
        let _ = stopped.await;
    });
    let test = async {
        test().await;
        drop(stop);
    };
    tokio::join!(run, test);
}

async fn until_empty(db: &Db, store: &StoreId) {
    while !Invalidations::countries(db, store).await.unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cdn_that_does_not_answer_holds_up_no_other() {
    for_each_backend(shop::MODULES, async |db| {
        let (clock, store) = (clock(), shop::quiet(&db, "a").await);
        let before = clock.now().plus_ms(-1_000);
        let mut edges = Edges::default();
        let (mut de, mut fr) = (edges.add("DE", Price::NOTHING, None), edges.add("FR", Price::NOTHING, None));
        stale(&db, &store, "DE", "/de/p/a/", before).await;
        beside(&db, &clock, edges, async || {
            let (what, hangs) = de.recv().await.unwrap();
            assert_eq!(what, Invalidation::paths(["/de/p/a/"]));
            for path in ["/fr/p/a/", "/fr/p/b/"] {
                stale(&db, &store, "FR", path, before).await;
                let (what, confirm) = fr.recv().await.unwrap();
                assert_eq!(what, Invalidation::paths([path]), "while DE's has said nothing");
                confirm.send(true).unwrap();
            }
            // One that fails is told again.
            hangs.send(false).unwrap();
            let (what, confirm) = de.recv().await.unwrap();
            assert_eq!(what, Invalidation::paths(["/de/p/a/"]));
            confirm.send(true).unwrap();
            until_empty(&db, &store).await;
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_a_cdn_is_told_is_told_after_it() {
    for_each_backend(shop::MODULES, async |db| {
        let (clock, store) = (clock(), shop::quiet(&db, "a").await);
        let before = clock.now().plus_ms(-1_000);
        let mut edges = Edges::default();
        let mut de = edges.add("DE", Price::NOTHING, None);
        stale(&db, &store, "DE", "/de/p/a/", before).await;
        beside(&db, &clock, edges, async || {
            let (_, confirm) = de.recv().await.unwrap();
            // The page is replaced once more before the CDN has confirmed.
            let again = "UPDATE generator_invalidation SET at = at + 1 WHERE path = '/de/p/a/'";
            let mut tx = db.begin().await.unwrap();
            sqlx::query(again).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            confirm.send(true).unwrap();
            let (what, confirm) = de.recv().await.unwrap();
            assert_eq!(what, Invalidation::paths(["/de/p/a/"]));
            confirm.send(true).unwrap();
            until_empty(&db, &store).await;
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_makes_paths_wait_and_loses_none() {
    for_each_backend(shop::MODULES, async |db| {
        let (clock, store) = (clock(), shop::quiet(&db, "a").await);
        let month = Month::of(clock.now()).name();
        let before = clock.now().plus_ms(-1_000);
        // What costs nothing: 33 of 1,000 paths on the first day, 32 of which are used.
        assert!(Invalidations::count(&db, &store, &month, 32, Some(33)).await.unwrap());
        assert!(!Invalidations::count(&db, &store, &month, 2, Some(33)).await.unwrap());
        let mut edges = Edges::default();
        let mut de = edges.add("DE", Price::CLOUDFRONT, Some(0));
        for path in ["/de/p/a/", "/de/p/b/"] {
            stale(&db, &store, "DE", path, before).await;
        }
        beside(&db, &clock, edges, async || {
            let (what, confirm) = de.recv().await.unwrap();
            assert_eq!(what, Invalidation::prefixes(["/de/p/"]), "two for the price of one");
            confirm.send(true).unwrap();
            until_empty(&db, &store).await;
            assert_eq!(Invalidations::used(&db, &store, &month).await.unwrap(), 33);
            stale(&db, &store, "DE", "/de/p/c/", before).await;
            assert!(de.try_recv().is_err());
            // 720 hours for 1,000 paths are 44 minutes for one.
            clock.advance_ms(44 * 60_000);
            let (what, confirm) = de.recv().await.unwrap();
            assert_eq!(what, Invalidation::paths(["/de/p/c/"]));
            confirm.send(true).unwrap();
            until_empty(&db, &store).await;
        })
        .await;
        assert_eq!(Invalidations::used(&db, &store, &month).await.unwrap(), 34);
    })
    .await;
}
