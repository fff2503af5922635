//! The announcer: tells events of orders, payments and stock to the outside.
//!
//! The relay writes down what is to be announced, in the transaction that it is done with the event in; so a broker
//! that takes nothing holds back neither pages nor letters. Of each entity only the oldest event is under way, and the
//! next not before the broker has confirmed it: whoever listens gets them in the order of their versions. Killed
//! between the confirmation and its mark, it announces the event once more, under the same id.

mod message;
mod rows;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use vitrine_core::{Clock, Timestamp};
use vitrine_db::{Db, Rounds, rounds};
use vitrine_queue::Exchange;

use crate::WorkerError;

pub(crate) use rows::{TOPIC, push_in};

/// How long events are claimed, ms: longer than the broker is waited for, so nobody announces what is on its way.
const CLAIM_MS: i64 = 30_000;
/// Events of one round, of as many entities.
const BATCH: u32 = 200;
const TIDY_EVERY: Duration = Duration::from_secs(10 * 60);
/// How long it is known what was announced: longer than the relay may come with it again.
const KEEP_DAYS: i64 = 2;
/// Events forgotten in one transaction.
const FORGOTTEN_AT_ONCE: u32 = 1_000;
/// What is under way when somebody stops it gets this long.
const FAREWELL: Duration = Duration::from_secs(5);

/// Announces events. Several may run, in one process or many.
#[derive(Debug)]
pub struct Announcer {
    db: Db,
    exchange: Arc<dyn Exchange>,
    clock: Arc<dyn Clock>,
}

impl Announcer {
    /// An announcer from a database to an exchange.
    pub fn new(db: Db, exchange: Arc<dyn Exchange>, clock: Arc<dyn Clock>) -> Self {
        Self { db, exchange, clock }
    }

    /// Announces events as they come, until `stop` ends. A failure is logged and tried again.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let how = Rounds {
            trouble: "events could not be announced",
            farewell: FAREWELL,
            wakeups: self.db.wakeups(TOPIC),
            tidy_every: TIDY_EVERY,
        };
        let round = move || async move { self.round().await.map(|announced| announced > 0) };
        rounds(how, stop, round, move || self.tidy(self.clock.now())).await;
    }

    /// Announces the oldest event of each entity, and returns how many these were; 0 if there is nothing to do. An
    /// event that can't be read is logged and left out.
    ///
    /// # Errors
    /// When database or broker fail. The events are given back, or claimed again once the claim has ended.
    pub async fn round(&self) -> Result<usize, WorkerError> {
        let now = self.clock.now();
        let claimed = rows::claim(&self.db, now, now.plus_ms(CLAIM_MS), BATCH).await?;
        let (mut events, mut announcements) = (Vec::new(), Vec::new());
        for event in claimed {
            match message::announcement(&event) {
                Ok(announcement) => {
                    announcements.push(announcement);
                    events.push(event);
                }
                // It stays claimed, is tried again when that ends, and holds up nothing but its own entity.
                Err(error) => tracing::error!(%error, store = %event.store, id = event.id, "not announced"),
            }
        }
        if events.is_empty() {
            return Ok(0);
        }
        if let Err(error) = self.exchange.announce(&announcements).await {
            // Nothing is wrong with the events, so they don't wait longer than the broker makes them.
            rows::release(&self.db, &events).await?;
            return Err(error.into());
        }
        rows::announced(&self.db, &events, self.clock.now()).await?;
        Ok(events.len())
    }

    /// Forgets what was announced long ago; a failure is logged and waits for the next time.
    async fn tidy(&self, now: Timestamp) {
        loop {
            match rows::prune(&self.db, now.plus_days(-KEEP_DAYS), FORGOTTEN_AT_ONCE).await {
                Ok(forgotten) if forgotten >= u64::from(FORGOTTEN_AT_ONCE) => {}
                Ok(_) => return,
                Err(error) => return tracing::warn!(%error, "announced events could not be forgotten"),
            }
        }
    }
}
