//! The drain: tells the CDN what to forget, again and again until it confirms.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use vitrine_cdn::{COLLECTED, Invalidation, Limits, Planned, plan};
use vitrine_core::{Clock, Country, StoreId};
use vitrine_db::Db;
use vitrine_generator::{Invalidations, Stale};
use vitrine_store::Stores;
use vitrine_telemetry::{random_u64, record};

use crate::{Shops, WorkerError};

/// Paths taken at a time.
const TAKEN: usize = 5_000;
/// How often waiting paths are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);
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
        let mut pause = FIRST_PAUSE;
        loop {
            let wait = match self.round().await {
                Ok(_) => {
                    pause = FIRST_PAUSE;
                    LOOK_EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "a CDN was not told what to forget; it will be told again");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    pause
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = &mut stop => return,
            }
        }
    }

    /// Tells what waits; answers how many paths were confirmed. What is younger than 250 ms waits for more to come.
    ///
    /// # Errors
    /// The first failure; others that wait have been told all the same.
    pub async fn round(&self) -> Result<u64, WorkerError> {
        let mut confirmed = 0;
        let mut first = None;
        for store in Stores::list_stores(&self.db).await? {
            let waiting = Invalidations::waiting(&self.db, &store, TAKEN).await?;
            let now = self.clock.now().ms();
            let ripe = i64::try_from(COLLECTED.as_millis()).unwrap_or_default();
            if waiting.first().is_none_or(|oldest| now - oldest.at.ms() < ripe) {
                continue;
            }
            let mut by_country: BTreeMap<Country, Vec<Stale>> = BTreeMap::new();
            for stale in waiting {
                by_country.entry(stale.country).or_default().push(stale);
            }
            for (country, stale) in by_country {
                match self.tell(&store, country, &stale).await {
                    Ok(()) => confirmed += stale.len() as u64,
                    Err(error) => {
                        record::invalidation(&store, country, record::Invalidated::Failed);
                        first = first.or(Some(error));
                    }
                }
            }
        }
        first.map_or(Ok(confirmed), Err)
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
                cdn.invalidate(&id, &what).await?;
            }
            let done = record::Invalidated::Confirmed { paths: cost.paths, microdollars: cost.microdollars };
            record::invalidation(store, country, done);
        }
        Ok(Invalidations::done(&self.db, store, stale).await?)
    }
}
