//! The scheduler: asks for builds when their time comes.
//!
//! Two kinds of time: the ticks of each country's cron expression, and the moments at which a page's truth ends. Either
//! is claimed in the database by the moment itself, which is the same wherever it is computed, so of several schedulers
//! one asks. The claim and the event commit together; the relay does the rest.

mod plan;
mod ticks;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};
use vitrine_core::{Clock, Country, Reason, Revision, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_generator::BuildError;
use vitrine_store::{Asked, Stores};

use crate::WorkerError;
use plan::Planned;
use ticks::{Kind, Tick};

/// Every second. tokio-cron-scheduler gives the beat only: it keeps a zone's distance from UTC as it was when a job was
/// added, so a country's job would be an hour off after the clocks changed. Ticks are computed by
/// [`vitrine_store::Schedule`].
const BEAT: &str = "* * * * * *";
/// How often pages are asked for that are due; a page is published at most this long after its moment.
const LOOK: Duration = Duration::from_millis(500);

/// Knows when pages are no longer true by time alone.
#[async_trait]
pub trait DuePages: Send + Sync + Debug {
    /// The earliest moment at which a page's truth ends, of each country that has one; the past if it has ended.
    ///
    /// # Errors
    /// When the database fails.
    async fn due(&self, store: &StoreId) -> Result<BTreeMap<Country, Timestamp>, BuildError>;
}

/// How a scheduler works.
#[derive(Clone, Debug)]
pub struct SchedulerOptions {
    /// Countries with the same schedule are spread over this time, each tick elsewhere in it, but over no more than a
    /// tenth of the time to the next tick.
    pub jitter: Duration,
}

impl Default for SchedulerOptions {
    fn default() -> Self {
        Self { jitter: Duration::from_secs(120) }
    }
}

/// Asks for builds in time. Several may run, in one process or many.
#[derive(Debug)]
pub struct Scheduler {
    db: Db,
    due: Arc<dyn DuePages>,
    clock: Arc<dyn Clock>,
    options: SchedulerOptions,
    /// Revisions whose countries are planned.
    revisions: BTreeMap<StoreId, Revision>,
    planned: BTreeMap<(StoreId, Country), Planned>,
    /// Due moments that this process has claimed, or found claimed.
    asked: BTreeMap<(StoreId, Country), Timestamp>,
}

impl Scheduler {
    /// A scheduler for all stores of a database.
    pub fn new(db: Db, due: Arc<dyn DuePages>, clock: Arc<dyn Clock>, options: SchedulerOptions) -> Self {
        Self {
            db,
            due,
            clock,
            options,
            revisions: BTreeMap::new(),
            planned: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Asks until `stop` ends. A failure is logged and tried again with the next beat.
    ///
    /// A tick that came while no scheduler ran is made up for at once; of several in one country the last.
    ///
    /// # Errors
    /// When the clockwork does not start.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), WorkerError> {
        let beat = Arc::new(Notify::new());
        let mut clockwork = clockwork(&beat).await?;
        beat.notify_one();
        let mut next = None;
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = beat.notified() => self.beat().await,
                () = tokio::time::sleep(self.until(next)) => next = self.look().await,
            }
        }
        Ok(clockwork.shutdown().await?)
    }

    async fn beat(&mut self) {
        if let Err(error) = self.tick().await {
            tracing::warn!(%error, "scheduled builds could not be asked for; they are tried again");
        }
    }

    async fn look(&mut self) -> Option<Timestamp> {
        self.ask_for_due().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "pages that are due could not be asked for; they are tried again");
            None
        })
    }

    /// How long to wait for the next due page, as far as is known.
    fn until(&self, next: Option<Timestamp>) -> Duration {
        let ms = next.map(|next| next.ms().saturating_sub(self.clock.now().ms()));
        let wait = ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        wait.map_or(LOOK, |wait| wait.min(LOOK))
    }

    /// Asks for the scheduled builds whose time has come and returns how many.
    ///
    /// # Errors
    /// When the database fails; what is not asked for by then is next time.
    pub async fn tick(&mut self) -> Result<usize, WorkerError> {
        self.replan().await?;
        let now = self.clock.now();
        let mut asked = 0;
        for ((store, country), planned) in &mut self.planned {
            if now < planned.look_at {
                continue;
            }
            let jitter =
                |tick: Timestamp| plan::jitter(store, *country, tick, planned.gap(tick), self.options.jitter);
            if let Some(at) = planned.last_due(now, jitter) {
                let tick = Tick { store, country: *country, kind: Kind::Schedule, at };
                let wish = Asked::for_reason(Reason::Scheduled, [*country].into()).sweeping();
                asked += usize::from(tick.ask(&self.db, &wish, now).await?);
            }
            planned.look_at = planned.next_due(now, jitter);
        }
        Ok(asked)
    }

    /// Asks for pages whose truth has ended and returns the next moment at which one's will.
    ///
    /// # Errors
    /// When the database fails; what is not asked for by then is next time.
    pub async fn ask_for_due(&mut self) -> Result<Option<Timestamp>, WorkerError> {
        let now = self.clock.now();
        let mut next: Option<Timestamp> = None;
        for store in Stores::list_stores(&self.db).await? {
            for (country, at) in self.due.due(&store).await? {
                if at > now {
                    next = Some(next.map_or(at, |next| next.min(at)));
                    continue;
                }
                let front = (store.clone(), country);
                if self.asked.get(&front).is_some_and(|asked| *asked >= at) {
                    continue;
                }
                let tick = Tick { store: &store, country, kind: Kind::Due, at };
                tick.ask(&self.db, &Asked::for_reason(Reason::Scheduled, [country].into()), now).await?;
                self.asked.insert(front, at);
            }
        }
        Ok(next)
    }

    /// Reads the countries of stores that have changed.
    async fn replan(&mut self) -> Result<(), WorkerError> {
        let revisions = Stores::revisions(&self.db).await?;
        for (store, revision) in &revisions {
            if self.revisions.get(store) == Some(revision) {
                continue;
            }
            let loaded = Stores::load(&self.db, store).await?;
            let countries = loaded.map(|loaded| loaded.countries).unwrap_or_default();
            plan::replan(&mut self.planned, store, &countries);
        }
        self.planned.retain(|(store, _), _| revisions.contains_key(store));
        self.revisions = revisions;
        Ok(())
    }
}

/// A running scheduler of another make, which gives the beat.
async fn clockwork(beat: &Arc<Notify>) -> Result<JobScheduler, WorkerError> {
    let clockwork = JobScheduler::new().await?;
    let beat = Arc::clone(beat);
    let job = Job::new_async(BEAT, move |_, _| {
        beat.notify_one();
        Box::pin(std::future::ready(()))
    })?;
    clockwork.add(job).await?;
    clockwork.start().await?;
    Ok(clockwork)
}
