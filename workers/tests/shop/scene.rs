//! A relay on the bench.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use vitrine_core::{FixedClock, StoreId, Timestamp};
use vitrine_db::Db;
use vitrine_generator::{Demand, Demands};
use vitrine_workers::{Relay, RelayOptions, Round};

use crate::recorder::Recorder;

/// A relay into a queue that keeps what it is given, at a time that stands still.
pub(crate) struct Scene {
    pub(crate) db: Db,
    pub(crate) queue: Arc<Recorder>,
    pub(crate) clock: Arc<FixedClock>,
}

/// The time in tests, ms.
const NOW: i64 = 1_000_000;
/// How long a relay's claim holds.
const CLAIM: Duration = Duration::from_secs(10);

impl Scene {
    pub(crate) fn new(db: &Db) -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::from_ms(NOW)));
        Self { db: db.clone(), queue: Arc::default(), clock }
    }

    pub(crate) fn relay(&self) -> Relay {
        let options = RelayOptions { claim: CLAIM, ..RelayOptions::default() };
        Relay::new(self.db.clone(), self.queue.clone(), self.clock.clone(), options)
    }

    /// Rounds until there is nothing to do; how many events were marked.
    pub(crate) async fn rounds(&self) -> u64 {
        let relay = self.relay();
        let mut marked = 0;
        loop {
            match relay.round().await.unwrap() {
                Round { claimed: 0, .. } => return marked,
                round => marked += round.published,
            }
        }
    }

    /// Waits until the claims of a relay that died are over.
    pub(crate) fn claims_end(&self) {
        self.clock.advance_ms(i64::try_from(CLAIM.as_millis()).unwrap());
    }

    pub(crate) async fn demands(&self, store: &StoreId) -> BTreeMap<String, Demand> {
        let open = Demands::open(&self.db, store).await.unwrap();
        open.into_iter().map(|demand| (demand.country.to_string(), demand)).collect()
    }
}
