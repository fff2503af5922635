//! Telling one country's CDN.

use std::collections::BTreeSet;
use std::time::Duration;

use vitrine_cdn::{Cdn, Cost, Invalidation, Limits, Month, Pace, Planned, Price, plan};
use vitrine_core::{Country, StoreId};
use vitrine_generator::{Invalidations, Stale, rehearsal};
use vitrine_telemetry::{TraceContext, random_u64, record};

use super::Drain;
use crate::WorkerError;

/// Paths taken at a time.
const TAKEN: usize = 5_000;
/// Traces named in the log for one invalidation; a full build has one, a burst of changes as many as it likes.
const TRACES_TOLD: usize = 20;
/// What waits for the budget is looked at again after this time at the earliest.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What came of it.
#[derive(Debug)]
pub(super) enum Told {
    /// The CDN has confirmed.
    Confirmed,
    /// The budget allows nothing for so long.
    Later(Duration),
}

impl Drain {
    pub(super) async fn tell(&self, store: &StoreId, country: Country) -> Result<Told, WorkerError> {
        let stale = Invalidations::waiting(&self.db, store, country, TAKEN).await?;
        if stale.is_empty() {
            return Ok(Told::Confirmed);
        }
        if let Some(cdn) = self.shops.cdn(store, country) {
            let (what, cost) = match self.planned(store, cdn.as_ref(), &stale).await? {
                Ok(planned) => planned,
                Err(wait) => return Ok(Told::Later(wait)),
            };
            let id = format!("{store}-{country}-{:016x}", random_u64());
            rehearsal::step("before purge");
            cdn.invalidate(&id, &what).await?;
            rehearsal::step("purged");
            let done = record::Invalidated::Confirmed { paths: cost.paths, microdollars: cost.microdollars };
            record::invalidation(store, country, done);
            log(store, country, &stale);
        }
        Invalidations::done(&self.db, store, &stale).await?;
        Ok(Told::Confirmed)
    }

    /// What the CDN is told now, counted already where it costs something; or how long it must wait.
    async fn planned(
        &self,
        store: &StoreId,
        cdn: &dyn Cdn,
        stale: &[Stale],
    ) -> Result<Result<(Invalidation, Cost), Duration>, WorkerError> {
        let paths: Vec<&str> = stale.iter().map(|stale| stale.path.as_str()).collect();
        let price = cdn.price();
        let now = self.clock.now();
        let month = Month::of(now).name();
        let pace = cdn.budget().and_then(|budget| Pace::new(price, budget, now));
        let allowed = pace.map(|pace| pace.allowed(now));
        let costs = price != Price::NOTHING;
        let used_paths = if costs { Invalidations::used(&self.db, store, &month).await? } else { 0 };
        let limits = Limits { used_paths, allowed, ..Limits::new(price) };
        if let Planned::Invalidate { what, cost } = plan(&paths, &limits) {
            // Before it is told, so that several who tell at once don't overdraw the budget together.
            if !costs || Invalidations::count(&self.db, store, &month, cost.paths, allowed).await? {
                return Ok(Ok((what, cost)));
            }
        }
        let wait = pace.map_or(0, |pace| pace.next(used_paths).ms() - now.ms());
        Ok(Err(Duration::from_millis(u64::try_from(wait).unwrap_or_default()).max(SHORTEST_WAIT)))
    }
}

/// Says which changes shoppers see from now on.
fn log(store: &StoreId, country: Country, stale: &[Stale]) {
    let traces: BTreeSet<&str> = stale.iter().filter_map(|stale| stale.trace.as_deref()).collect();
    for trace in traces.into_iter().take(TRACES_TOLD) {
        let trace = TraceContext::continued(Some(trace));
        tracing::info!(
            trace_id = %trace.trace_id(), %store, %country, paths = stale.len(), "the CDN has forgotten"
        );
    }
}
