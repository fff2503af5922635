//! The collector: deletes assets and versions that nothing shows or restores any more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use vitrine_core::{Clock, Country, StoreId};
use vitrine_db::Db;
use vitrine_generator::Storefronts;
use vitrine_store::Stores;

use crate::{Shops, WorkerError};

/// What is kept after it was replaced: longer than a page may live in a browser or a CDN that was not told, and as far
/// back as somebody rolls a storefront back.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// A start is busy enough.
const FIRST: Duration = Duration::from_secs(10 * 60);
/// How often it looks.
const EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Collects what is no longer needed at all places. Several may run: what is deleted twice does no harm.
#[derive(Clone, Debug)]
pub struct Collector {
    db: Db,
    clock: Arc<dyn Clock>,
    shops: Arc<dyn Shops>,
}

impl Collector {
    /// A collector for all stores of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>, shops: Arc<dyn Shops>) -> Self {
        Self { db, clock, shops }
    }

    /// Collects from time to time until `stop` ends.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut wait = FIRST;
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = &mut stop => return,
            }
            wait = EVERY;
            match self.round().await {
                Ok(0) => {}
                Ok(dropped) => tracing::info!(dropped, "old assets and versions are collected"),
                Err(error) => tracing::warn!(%error, "old assets and versions could not be collected"),
            }
        }
    }

    /// Collects once; answers how many assets and versions were dropped.
    ///
    /// # Errors
    /// When a place or the database fails; what was dropped before stays so.
    pub async fn round(&self) -> Result<u64, WorkerError> {
        let before = self.clock.now().plus_ms(-KEPT_MS);
        let mut dropped = 0;
        for store in Stores::list_stores(&self.db).await? {
            for countries in countries_by_place(&self.db, &*self.shops, &store).await? {
                let Some(any) = countries.first() else { continue };
                let place = self.shops.place(&store, *any).await?;
                if let Some(published) = Storefronts::open(&self.db, &store, &place).await? {
                    dropped += published.collect(before).await?;
                }
            }
        }
        Ok(dropped)
    }
}

/// The countries of a store, those of one place together.
pub(crate) async fn countries_by_place(
    db: &Db,
    shops: &dyn Shops,
    store: &StoreId,
) -> Result<Vec<BTreeSet<Country>>, WorkerError> {
    let config = Stores::load(db, store).await?;
    let mut places: BTreeMap<usize, BTreeSet<Country>> = BTreeMap::new();
    for country in config.into_iter().flat_map(|config| config.countries).map(|config| config.country) {
        places.entry(shops.place_number(store, country)).or_default().insert(country);
    }
    Ok(places.into_values().collect())
}
