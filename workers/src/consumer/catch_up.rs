//! What publishes of single changes have put off, done when nothing else is to be done.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Country, Reason, StoreId};
use vitrine_generator::Storefronts;
use vitrine_store::Stores;

use super::coalesce::Group;
use super::slot::{IDLE, Slot};
use crate::WorkerError;
use crate::collector::countries_by_place;

impl Slot {
    /// Publishes the sitemaps that were put off, by this slot or by others that did not get to it. A change in one
    /// country shows in the sitemaps of all, so all countries of a place are looked at together.
    pub(super) async fn catch_up(&mut self) {
        let idle = i64::try_from(IDLE.as_millis()).unwrap_or(i64::MAX);
        let now = self.consumer.clock.now();
        if !self.consumer.owed.take_before(now.plus_ms(-idle)) {
            return;
        }
        if let Err(error) = self.sitemaps().await {
            tracing::warn!(%error, "sitemaps are late");
            self.consumer.owed.note(now);
        }
        self.end().await;
    }

    async fn sitemaps(&mut self) -> Result<(), WorkerError> {
        for store in Stores::list_stores(&self.consumer.db).await? {
            let (db, shops) = (self.consumer.db.clone(), self.consumer.shops.clone());
            for countries in countries_by_place(&db, &*shops, &store).await? {
                self.sitemaps_of(&store, countries).await?;
            }
        }
        Ok(())
    }

    async fn sitemaps_of(
        &mut self,
        store: &StoreId,
        countries: BTreeSet<Country>,
    ) -> Result<(), WorkerError> {
        let Some(any) = countries.first() else { return Ok(()) };
        let place = self.consumer.shops.place(store, *any).await?;
        let db = self.consumer.db.clone();
        match Storefronts::open(&db, store, &place).await? {
            Some(published) if published.owes_sitemaps().await? => {}
            _ => return Ok(()),
        }
        let all = countries.len();
        let group = Group {
            countries,
            reason: Reason::Scheduled,
            sweep: false,
            answers: Vec::new(),
            since: BTreeMap::new(),
            trace: None,
        };
        let leased = self.lease(store, group).await?;
        if leased.as_ref().is_none_or(|(_, group)| group.countries.len() < all) {
            // Some are being published; what is owed for them stays noted.
            self.consumer.owed.note(self.consumer.clock.now());
        }
        match leased {
            Some((lease, group)) => self.publish(store, &group, lease, true).await,
            None => Ok(()),
        }
    }
}
