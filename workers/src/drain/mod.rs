//! The drain: tells CDNs what to forget, again and again until they confirm.

mod tell;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use vitrine_cdn::COLLECTED;
use vitrine_core::{Clock, Country, StoreId};
use vitrine_db::{Db, Wakeups};
use vitrine_generator::Invalidations;
use vitrine_store::Stores;
use vitrine_telemetry::record;

use crate::{Shops, WorkerError};
use tell::Told;

/// After a CDN or the database failed, doubled with each further time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Tells CDNs what to forget, each country by itself: a CDN that is slow or gone holds up nobody else's.
///
/// Several may run: a path told twice does no harm.
#[derive(Clone, Debug)]
pub struct Drain {
    db: Db,
    clock: Arc<dyn Clock>,
    shops: Arc<dyn Shops>,
}

/// One storefront of a store.
type Front = (StoreId, Country);

/// What a drain has under way.
#[derive(Debug, Default)]
struct Desk {
    telling: JoinSet<(Front, Result<Told, WorkerError>)>,
    busy: BTreeSet<Front>,
    /// Storefronts that have to wait, until when, and how long the next pause after a failure is.
    resting: BTreeMap<Front, (Instant, Duration)>,
}

impl Drain {
    /// A drain for all stores of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>, shops: Arc<dyn Shops>) -> Self {
        Self { db, clock, shops }
    }

    /// Drains until `stop` ends.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut wakeups = self.db.wakeups(Invalidations::TOPIC);
        let mut desk = Desk::default();
        let mut pause = FIRST_PAUSE;
        loop {
            let begun = tokio::select! {
                begun = self.begin(&mut desk) => begun,
                () = &mut stop => return,
            };
            let wait = match begun {
                Ok(wait) => {
                    pause = FIRST_PAUSE;
                    wait
                }
                Err(error) => {
                    tracing::warn!(%error, "what CDNs must forget can't be read; it will be tried again");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    Some(pause)
                }
            };
            tokio::select! {
                Some(told) = desk.telling.join_next() => desk.end(told),
                // Woken by each commit that made paths stale; what waits already does not need it.
                _ = wakeups.wait(wait.unwrap_or(Wakeups::POLL).min(Wakeups::POLL)) => {}
                () = &mut stop => return,
            }
        }
    }

    /// Begins to tell what has waited for 250 ms, so that what belongs together goes together. Answers how long it is
    /// until more may be told; `None` where nothing waits.
    async fn begin(&self, desk: &mut Desk) -> Result<Option<Duration>, WorkerError> {
        let mut next: Option<Duration> = None;
        for store in Stores::list_stores(&self.db).await? {
            for (country, oldest) in Invalidations::countries(&self.db, &store).await? {
                let front = (store.clone(), country);
                if desk.busy.contains(&front) {
                    continue;
                }
                let age = u64::try_from(self.clock.now().ms() - oldest.ms()).unwrap_or_default();
                let collects = COLLECTED.saturating_sub(Duration::from_millis(age));
                let left = collects.max(desk.rests(&front));
                if left.is_zero() {
                    desk.busy.insert(front.clone());
                    let drain = self.clone();
                    desk.telling.spawn(async move {
                        let told = drain.tell(&front.0, front.1).await;
                        (front, told)
                    });
                } else {
                    next = Some(next.map_or(left, |next| next.min(left)));
                }
            }
        }
        Ok(next)
    }
}

impl Desk {
    /// How long a storefront has to wait.
    fn rests(&self, front: &Front) -> Duration {
        self.resting
            .get(front)
            .map_or(Duration::ZERO, |(until, _)| until.saturating_duration_since(Instant::now()))
    }

    fn end(&mut self, told: Result<(Front, Result<Told, WorkerError>), tokio::task::JoinError>) {
        let (front, told) = match told {
            Ok(ended) => ended,
            Err(error) => {
                // Which it was can't be said, so nobody is taken for busy: a path told twice does no harm.
                tracing::error!(%error, "telling a CDN broke off");
                self.busy.clear();
                return;
            }
        };
        self.busy.remove(&front);
        let (wait, pause) = match told {
            Ok(Told::Confirmed) => {
                self.resting.remove(&front);
                return;
            }
            Ok(Told::Later(wait)) => {
                tracing::info!(store = %front.0, country = %front.1, ?wait, "the CDN's budget asks to wait");
                (wait, FIRST_PAUSE)
            }
            Err(error) => {
                let (store, country) = &front;
                record::invalidation(store, *country, record::Invalidated::Failed);
                tracing::warn!(%store, %country, %error, "a CDN was not told what to forget; it will be told again");
                let pause = self.resting.get(&front).map_or(FIRST_PAUSE, |(_, pause)| *pause);
                (pause, (pause * 2).min(LONGEST_PAUSE))
            }
        };
        self.resting.insert(front, (Instant::now() + wait, pause));
    }
}
