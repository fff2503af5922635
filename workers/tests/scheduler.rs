//! The scheduler on both databases: each moment is asked for once, whatever the clocks do.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "shop/recorder.rs"]
mod recorder;
mod shop;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use recorder::Recorder;
use shop::{MODULES, country, hush, open, scheduled, store, time, waiting};
use vitrine_core::{Clock, Country, FixedClock, Priority, Reason, StoreId, SystemClock, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_generator::{BuildError, Demands};
use vitrine_store::CountryConfig;
use vitrine_workers::{DuePages, Relay, RelayOptions, Scheduler, SchedulerOptions};

const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;
/// Long enough for a beat of a running scheduler, which comes every second.
const BEATS: Duration = Duration::from_millis(1_600);
const NIGHTLY: &str = "0 0 4 * * *";

/// Pages that are due at times that a test sets.
#[derive(Debug, Default)]
struct Pages(Mutex<BTreeMap<(StoreId, Country), Timestamp>>);

impl Pages {
    fn set(&self, store: &StoreId, code: &str, at: Timestamp) {
        self.0.lock().unwrap().insert((store.clone(), country(code)), at);
    }
}

#[async_trait]
impl DuePages for Pages {
    async fn due(&self, store: &StoreId) -> Result<BTreeMap<Country, Timestamp>, BuildError> {
        let pages = self.0.lock().unwrap();
        let of_store = pages.iter().filter(|((of, _), _)| of == store);
        Ok(of_store.map(|((_, country), at)| (*country, *at)).collect())
    }
}

/// Schedulers at a time that a test sets.
struct Scene {
    db: Db,
    pages: Arc<Pages>,
    clock: Arc<FixedClock>,
}

impl Scene {
    fn new(db: &Db, now: &str) -> Self {
        Self { db: db.clone(), pages: Arc::default(), clock: Arc::new(FixedClock::new(time(now))) }
    }

    /// A scheduler that lets no tick wait.
    fn scheduler(&self) -> Scheduler {
        self.with_jitter(Duration::ZERO)
    }

    fn with_jitter(&self, jitter: Duration) -> Scheduler {
        let options = SchedulerOptions { jitter };
        Scheduler::new(self.db.clone(), self.pages.clone(), self.clock.clone(), options)
    }

    /// What was asked for since the last call.
    async fn asked(&self) -> Vec<String> {
        let asked = waiting(&self.db).await;
        hush(&self.db).await;
        asked
    }
}

fn berlin(schedule: &str) -> CountryConfig {
    scheduled("DE", "Europe/Berlin", schedule)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tick_is_asked_for_once_however_many_schedulers_there_are() {
    for_each_backend(MODULES, async |db| {
        open(&db, "a", &[berlin(NIGHTLY), scheduled("JP", "Asia/Tokyo", NIGHTLY)]).await;
        open(&db, "b", &[berlin(NIGHTLY)]).await;
        hush(&db).await;
        let scene = Scene::new(&db, "2026-11-20T12:00:00Z");
        let mut schedulers = [scene.scheduler(), scene.scheduler(), scene.scheduler()];
        for scheduler in &mut schedulers {
            assert_eq!(
                scheduler.tick().await.unwrap(),
                0,
                "what came before there was a schedule is not missed"
            );
        }
        scene.clock.set(time("2026-11-20T18:59:59.999Z"));
        assert_eq!(schedulers[0].tick().await.unwrap(), 0);
        for (now, expected) in [("2026-11-20T19:00:00Z", 1), ("2026-11-21T03:00:00.400Z", 2)] {
            scene.clock.set(time(now));
            let [one, two, three] = &mut schedulers;
            let (one, two, three) = tokio::join!(one.tick(), two.tick(), three.tick());
            assert_eq!(one.unwrap() + two.unwrap() + three.unwrap(), expected);
        }
        let at = |text| time(text).ms();
        assert_eq!(
            scene.asked().await,
            [
                format!("a schedule-DE-{}", at("2026-11-21T03:00:00Z")),
                format!("a schedule-JP-{}", at("2026-11-20T19:00:00Z")),
                format!("b schedule-DE-{}", at("2026-11-21T03:00:00Z")),
            ]
        );
    })
    .await;
}

/// Steps through days with two schedulers and compares the ticks asked for, in UTC.
async fn walks(zone: &str, schedule: &str, from: &str, days: i64, expected: &[&str]) {
    for_each_backend(MODULES, async |db| {
        let scene = Scene::new(&db, from);
        open(&db, "a", &[scheduled("DE", zone, schedule)]).await;
        hush(&db).await;
        let (mut one, mut two) = (scene.scheduler(), scene.scheduler());
        let mut asked = 0;
        for _ in 0..days * 24 * 4 {
            asked += one.tick().await.unwrap() + two.tick().await.unwrap();
            scene.clock.advance_ms(HOUR / 4);
        }
        let moment = |id: &String| Timestamp::from_ms(id.rsplit_once('-').unwrap().1.parse().unwrap());
        let ticks: Vec<_> = waiting(&db).await.iter().map(|id| moment(id).to_rfc3339()).collect();
        assert_eq!(ticks, expected, "{zone}");
        assert_eq!(asked, expected.len(), "each was asked for once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_night_berlin_goes_forward_is_built_once() {
    let expected = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
    walks("Europe/Berlin", "0 30 2 * * *", "2026-03-27T12:00:00Z", 3, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_night_berlin_goes_back_is_built_once() {
    let expected = ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"];
    walks("Europe/Berlin", "0 30 2 * * *", "2026-10-23T12:00:00Z", 3, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_nights_of_new_york_are_built_once() {
    let forward = ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"];
    walks("America/New_York", "0 30 2 * * *", "2026-03-07T12:00:00Z", 2, &forward).await;
    let back = ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"];
    walks("America/New_York", "0 30 1 * * *", "2026-10-31T12:00:00Z", 2, &back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_without_summer_time_is_built_every_night() {
    let expected = ["2026-03-28T17:30:00Z", "2026-03-29T17:30:00Z"];
    walks("Asia/Tokyo", "0 30 2 * * *", "2026-03-28T12:00:00Z", 2, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ticks_that_were_missed_the_last_is_made_up_for() {
    for_each_backend(MODULES, async |db| {
        open(&db, "a", &[berlin(NIGHTLY), scheduled("FR", "Europe/Paris", "never")]).await;
        hush(&db).await;
        let scene = Scene::new(&db, "2026-11-20T12:00:00Z");
        scene.scheduler().tick().await.unwrap();
        scene.clock.advance_ms(10 * DAY);
        assert_eq!(scene.scheduler().tick().await.unwrap(), 1);
        let last = time("2026-11-30T03:00:00Z").ms();
        assert_eq!(scene.asked().await, [format!("a schedule-DE-{last}")]);
        assert_eq!(scene.scheduler().tick().await.unwrap(), 0, "another start makes up for nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_schedule_counts_from_the_next_look() {
    for_each_backend(MODULES, async |db| {
        open(&db, "a", &[berlin(NIGHTLY)]).await;
        let scene = Scene::new(&db, "2026-11-20T12:00:00Z");
        let mut scheduler = scene.scheduler();
        scheduler.tick().await.unwrap();
        open(&db, "a", &[berlin("0 0 15 * * *"), scheduled("AT", "Europe/Vienna", NIGHTLY)]).await;
        hush(&db).await;
        scheduler.tick().await.unwrap();
        scene.clock.set(time("2026-11-20T14:00:00Z"));
        assert_eq!(scheduler.tick().await.unwrap(), 1);
        open(&db, "a", &[berlin("never")]).await;
        hush(&db).await;
        scene.clock.advance_ms(3 * DAY);
        assert_eq!(scheduler.tick().await.unwrap(), 0);
        assert_eq!(scene.asked().await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jitter_moves_what_is_asked_and_not_the_tick() {
    for_each_backend(MODULES, async |db| {
        open(&db, "a", &[berlin(NIGHTLY), scheduled("FR", "Europe/Paris", NIGHTLY)]).await;
        hush(&db).await;
        let scene = Scene::new(&db, "2026-11-20T12:00:00Z");
        let jitter = Duration::from_secs(1_200);
        let (mut one, mut two) = (scene.with_jitter(jitter), scene.with_jitter(jitter));
        one.tick().await.unwrap();
        scene.clock.set(time("2026-11-21T03:00:00Z"));
        let mut minutes = Vec::new();
        for minute in 0..=20 {
            let asked = one.tick().await.unwrap();
            assert_eq!(two.tick().await.unwrap(), 0, "the same moment for both");
            minutes.extend(std::iter::repeat_n(minute, asked));
            scene.clock.advance_ms(60_000);
        }
        assert_eq!(minutes.len(), 2);
        assert_ne!(minutes[0], minutes[1], "the countries are spread");
        let tick = time("2026-11-21T03:00:00Z").ms();
        assert_eq!(scene.asked().await, ["DE", "FR"].map(|code| format!("a schedule-{code}-{tick}")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_due_is_asked_for_once_at_its_moment() {
    for_each_backend(MODULES, async |db| {
        let a = open(&db, "a", &[berlin("never"), scheduled("FR", "Europe/Paris", "never")]).await;
        let b = open(&db, "b", &[berlin("never")]).await;
        hush(&db).await;
        let scene = Scene::new(&db, "2026-11-20T12:00:00Z");
        let (due, later) = (time("2026-11-20T12:00:01Z"), time("2026-11-20T13:00:00Z"));
        scene.pages.set(&a, "DE", due);
        scene.pages.set(&a, "FR", later);
        scene.pages.set(&b, "DE", due);
        let (mut one, mut two) = (scene.scheduler(), scene.scheduler());
        assert_eq!(one.ask_for_due().await.unwrap(), Some(due));
        assert_eq!(scene.asked().await, [""; 0]);

        scene.clock.set(due);
        assert_eq!(one.ask_for_due().await.unwrap(), Some(later));
        assert_eq!(scene.asked().await, ["a", "b"].map(|store| format!("{store} due-DE-{}", due.ms())));
        // Until the page is built it stays due.
        two.ask_for_due().await.unwrap();
        one.ask_for_due().await.unwrap();
        assert_eq!(scene.asked().await, [""; 0]);

        scene.clock.set(later);
        scene.pages.set(&a, "DE", later);
        two.ask_for_due().await.unwrap();
        one.ask_for_due().await.unwrap();
        assert_eq!(scene.asked().await, ["DE", "FR"].map(|code| format!("a due-{code}-{}", later.ms())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_goes_through_the_relay_with_the_lowest_priority_and_sweeps() {
    for_each_backend(MODULES, async |db| {
        let a = open(&db, "a", &[berlin(NIGHTLY), scheduled("FR", "Europe/Paris", "never")]).await;
        hush(&db).await;
        let scene = Scene::new(&db, "2026-11-20T12:00:00Z");
        let mut scheduler = scene.scheduler();
        scheduler.tick().await.unwrap();
        scene.clock.set(time("2026-11-21T03:00:00.500Z"));
        scene.pages.set(&a, "FR", time("2026-11-21T03:00:00Z"));
        scheduler.tick().await.unwrap();
        scheduler.ask_for_due().await.unwrap();

        let queue = Arc::new(Recorder::default());
        queue.set(recorder::Mode::Stores);
        let relay = Relay::new(db.clone(), queue.clone(), scene.clock.clone(), RelayOptions::default());
        relay.round().await.unwrap();
        let requests = queue.take();
        assert_eq!(requests.len(), 2);
        for request in &requests {
            assert_eq!((request.reason, request.reason.priority()), (Reason::Scheduled, Priority::SCHEDULED));
            assert_eq!((request.revision.0, request.requested_at), (1, scene.clock.now()));
            assert!(request.trace.is_some());
        }
        let demands = Demands::open(&db, &store("a")).await.unwrap();
        let sweeps: Vec<_> = demands.iter().map(|d| (d.country.code(), d.sweep)).collect();
        assert_eq!(sweeps, [("DE", true), ("FR", false)], "a due page needs no sweep");
    })
    .await;
}

/// Waits until something is asked for; how long it took.
#[allow(clippy::disallowed_methods, reason = "a duration is measured")]
async fn until_asked(db: &Db) -> Duration {
    let began = std::time::Instant::now();
    while waiting(db).await.is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "nothing was asked for");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_scheduler_keeps_the_time_and_stops_when_told() {
    for_each_backend(MODULES, async |db| {
        let a = open(&db, "a", &[berlin(NIGHTLY)]).await;
        hush(&db).await;
        let scene = Scene::new(&db, "2026-11-20T12:00:00Z");
        scene.scheduler().tick().await.unwrap();
        scene.clock.advance_ms(DAY);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(scene.scheduler().run(async {
            let _ = stopped.await;
        }));
        until_asked(&db).await;
        assert_eq!(scene.asked().await.len(), 1, "missed ticks are made up for at the start");

        scene.clock.advance_ms(DAY);
        until_asked(&db).await;
        assert_eq!(scene.asked().await.len(), 1, "and the beat goes on");

        scene.pages.set(&a, "DE", scene.clock.now());
        let took = until_asked(&db).await;
        assert!(took < Duration::from_secs(1), "{took:?}");
        assert!(scene.asked().await[0].starts_with("a due-DE-"));

        stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap().unwrap();
        scene.clock.advance_ms(DAY);
        tokio::time::sleep(Duration::from_millis(1_600)).await;
        assert_eq!(scene.asked().await, [""; 0], "nothing beats any more");
    })
    .await;
}

/// The clocks of Berlin go forward past the moment, and later back over it, while a scheduler runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_scheduler_asks_once_in_the_nights_the_clocks_change() {
    for_each_backend(MODULES, async |db| {
        open(&db, "a", &[berlin("0 30 2 * * *")]).await;
        hush(&db).await;
        let scene = Scene::new(&db, "2026-03-28T12:00:00Z");
        scene.scheduler().tick().await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(scene.scheduler().run(async {
            let _ = stopped.await;
        }));
        for (quiet, tick, again) in [
            ("2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T01:45:00Z"),
            ("2026-10-25T00:29:59Z", "2026-10-25T00:30:00Z", "2026-10-25T01:45:00Z"),
        ] {
            scene.clock.set(time(quiet));
            tokio::time::sleep(BEATS).await;
            // Of the summer between the nights the last is made up for.
            hush(&db).await;
            scene.clock.set(time(tick));
            until_asked(&db).await;
            let at = time(tick).ms();
            assert_eq!(scene.asked().await, [format!("a schedule-DE-{at}")]);
            scene.clock.set(time(again));
            tokio::time::sleep(BEATS).await;
            assert_eq!(scene.asked().await, [""; 0], "the night has one such moment");
        }
        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_page_fires_within_a_second_of_its_moment() {
    for_each_backend(MODULES, async |db| {
        let a = open(&db, "a", &[berlin("never")]).await;
        hush(&db).await;
        let pages = Arc::new(Pages::default());
        let due = SystemClock.now().plus_ms(700);
        pages.set(&a, "DE", due);
        let options = SchedulerOptions::default();
        let scheduler = Scheduler::new(db.clone(), pages, Arc::new(SystemClock), options);
        let asked = async {
            until_asked(&db).await;
        };
        scheduler.run(asked).await.unwrap();
        let late = SystemClock.now().ms() - due.ms();
        assert!((0..1_000).contains(&late), "{late} ms after its moment");
        assert_eq!(waiting(&db).await, [format!("a due-DE-{}", due.ms())]);
    })
    .await;
}
