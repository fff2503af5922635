//! The drain: tells the CDN what to forget, again and again until it confirms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use vitrine_cdn::{COLLECTED, Invalidation, Limits, Planned, plan};
use vitrine_core::{Clock, Country, StoreId};
use vitrine_db::{Db, Wakeups};
use vitrine_generator::{Invalidations, Stale, rehearsal};
use vitrine_store::Stores;
use vitrine_telemetry::{TraceContext, random_u64, record};

use crate::{Shops, WorkerError};

/// Paths taken at a time.
const TAKEN: usize = 5_000;
/// Traces named in the log for one invalidation; a full build has one, a burst of changes as many as it likes.
const TRACES_TOLD: usize = 20;
/// After a CDN or the database failed, doubled with each further time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Tells CDNs what to forget. Several may run: a path told twice does no harm.
#[derive(Clone, Debug)]
pub struct Drain {
    db: Db,
    clock: Arc<dyn Clock>,
    shops: Arc<dyn Shops>,
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
        let mut pause = FIRST_PAUSE;
        loop {
            let next = async {
                match self.round().await {
                    Ok(wait) => {
                        pause = FIRST_PAUSE;
                        match wait {
                            Some(wait) => tokio::time::sleep(wait).await,
                            None => drop(wakeups.wait(Wakeups::POLL).await),
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a CDN was not told what to forget; it will be told again");
                        pause = (pause * 2).min(LONGEST_PAUSE);
                        tokio::time::sleep(pause).await;
                    }
                }
            };
            tokio::select! {
                () = next => {}
                () = &mut stop => return,
            }
        }
    }

    /// Tells what has waited for 250 ms, so that what belongs together goes together. Answers how long it is until
    /// the next has; `None` where nothing waits.
    ///
    /// # Errors
    /// The first failure; others that wait have been told all the same.
    pub async fn round(&self) -> Result<Option<Duration>, WorkerError> {
        let mut next = None;
        let mut first = None;
        for store in Stores::list_stores(&self.db).await? {
            let waiting = Invalidations::waiting(&self.db, &store, TAKEN).await?;
            let Some(oldest) = waiting.first() else { continue };
            let age = self.clock.now().ms() - oldest.at.ms();
            let left =
                COLLECTED.saturating_sub(Duration::from_millis(u64::try_from(age).unwrap_or_default()));
            next = Some(next.map_or(left, |next: Duration| next.min(left)));
            if !left.is_zero() {
                continue;
            }
            let mut by_country: BTreeMap<Country, Vec<Stale>> = BTreeMap::new();
            for stale in waiting {
                by_country.entry(stale.country).or_default().push(stale);
            }
            for (country, stale) in by_country {
                if let Err(error) = self.tell(&store, country, &stale).await {
                    record::invalidation(&store, country, record::Invalidated::Failed);
                    first = first.or(Some(error));
                }
            }
        }
        first.map_or(Ok(next), Err)
    }

    async fn tell(&self, store: &StoreId, country: Country, stale: &[Stale]) -> Result<(), WorkerError> {
        if let Some(cdn) = self.shops.cdn(store, country) {
            let paths: Vec<&str> = stale.iter().map(|stale| stale.path.as_str()).collect();
            let (what, cost) = match plan(&paths, &Limits::new(cdn.price())) {
                Planned::Invalidate { what, cost } => (what, cost),
                // Without a budget nothing is too much.
                Planned::ShortLives { cost } => (Invalidation::default(), cost),
            };
            if !what.is_empty() {
                let id = format!("{store}-{country}-{:016x}", random_u64());
                rehearsal::step("before purge");
                cdn.invalidate(&id, &what).await?;
                rehearsal::step("purged");
            }
            let done = record::Invalidated::Confirmed { paths: cost.paths, microdollars: cost.microdollars };
            record::invalidation(store, country, done);
            let traces: BTreeSet<&str> = stale.iter().filter_map(|stale| stale.trace.as_deref()).collect();
            for trace in traces.into_iter().take(TRACES_TOLD) {
                let trace = TraceContext::continued(Some(trace));
                tracing::info!(
                    trace_id = %trace.trace_id(), %store, %country, paths = stale.len(), "the CDN has forgotten"
                );
            }
        }
        Ok(Invalidations::done(&self.db, store, stale).await?)
    }
}
