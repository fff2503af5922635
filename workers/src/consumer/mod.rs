//! The consumer: takes reminders from the queue and publishes what is asked for.

mod catch_up;
mod coalesce;
mod failing;
mod forgotten;
mod generators;
mod owed;
mod slot;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use vitrine_cdn::Cdn;
use vitrine_core::{Clock, Country, Reason, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_generator::{BuildError, BuildReport, Generator, Place, Renditions};
use vitrine_queue::Queue;
use vitrine_telemetry::random_u64;

use crate::WorkerError;
use failing::Failing;
use generators::Generators;
use owed::Owed;
use slot::Slot;

/// What a worker must know of the shops it publishes.
#[async_trait]
pub trait Shops: Send + Sync + std::fmt::Debug {
    /// A generator of a store's pages; asked for where all that there are of the store are publishing.
    async fn generator(&self, store: &StoreId) -> Result<Generator, BuildError>;

    /// Where a country is published, and the number of that place: countries of the same number are published
    /// together.
    async fn place(&self, store: &StoreId, country: Country) -> Result<Place, BuildError>;

    /// The number of the place where a country is published.
    fn place_number(&self, store: &StoreId, country: Country) -> usize;

    /// The CDN in front of a country, if there is one.
    fn cdn(&self, store: &StoreId, country: Country) -> Option<Arc<dyn Cdn>>;

    /// When pictures are encoded: before the pages that show them, but for a dev server.
    fn renditions(&self) -> Renditions {
        Renditions::Wait
    }

    /// Called with a slot's generator before each publish: the theme of a dev server changes while it runs.
    fn prepare(&self, _: &mut Generator) {}

    /// Hears how a publish ended.
    fn ended(&self, _: &Ended<'_>) {}
}

/// How a publish ended.
#[derive(Debug)]
pub struct Ended<'a> {
    /// Whose.
    pub store: &'a StoreId,
    /// The storefronts.
    pub countries: &'a BTreeSet<Country>,
    /// The most urgent reason.
    pub reason: Reason,
    /// When the first of the requests that it answers was made; `None` where nobody asked, as for late sitemaps.
    pub since: Option<Timestamp>,
    /// What it did, or why it failed.
    pub outcome: Result<&'a BuildReport, &'a WorkerError>,
}

/// Publishes what is asked for, with a number of slots. Several may run, in one process or many.
#[derive(Clone, Debug)]
pub struct Consumer {
    db: Db,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    shops: Arc<dyn Shops>,
    slots: usize,
    name: String,
    generators: Generators,
    owed: Owed,
    failing: Failing,
}

impl Consumer {
    /// A consumer of a queue.
    pub fn new(
        db: Db,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
        shops: Arc<dyn Shops>,
        slots: usize,
    ) -> Self {
        let name = format!("worker-{:016x}", random_u64());
        let (slots, generators) = (slots.max(1), Generators::default());
        let (owed, failing) = (Owed::default(), Failing::default());
        Self { db, queue, clock, shops, slots, name, generators, owed, failing }
    }

    /// What its leases are called by ([`vitrine_generator::release_leases`]).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Publishes until `stop` ends. A publish under way stops at its next step: what it wrote is in the ledger, and
    /// its message goes back to the queue.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (send, receive) = tokio::sync::watch::channel(false);
        let slots: Vec<_> = (0..self.slots)
            .map(|number| {
                let slot = Slot::new(self.clone(), number, receive.clone());
                tokio::spawn(slot.run())
            })
            .collect();
        stop.await;
        // The receivers end with their slots.
        let _ = send.send(true);
        for slot in slots {
            if let Err(error) = slot.await {
                tracing::error!(%error, "a slot ended badly");
            }
        }
    }
}
