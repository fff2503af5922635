//! The relay: turns events of the outbox into demands and messages.
//!
//! A round claims events and writes the demand of each storefront in one transaction, then sends a message for each
//! of these storefronts, then marks the events as published. Killed at any point, the next round of any relay begins
//! with what was not marked: a demand or message that is there twice costs a look at the database. Where the queue is
//! in the same database, all of it is one transaction.
//!
//! Events that ask for no message are done with the first transaction, which writes down the letters that they owe and
//! what of them is to be announced: neither waits for a broker.

mod requests;
mod stock;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use vitrine_core::{Clock, Timestamp};
use vitrine_db::{Db, Event, Outbox, OutboxClaim, Wakeups, pause};
use vitrine_queue::{Message, Queue};
use vitrine_telemetry::{random_u64, record};

use crate::WorkerError;
use requests::{Handed, hand_over_in};

/// How long a relay that was told to stop goes on passing events.
const DRAIN: Duration = Duration::from_secs(5);
const PRUNE_EVERY_MS: i64 = 10 * 60 * 1_000;
/// Events dropped in one transaction.
const PRUNED_AT_ONCE: u32 = 1_000;

/// How a relay works.
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// Events of one round.
    pub batch: u32,
    /// How long the events of a relay that died stay claimed; longer than publishing a round may take.
    pub claim: Duration,
    /// How long published events are kept for those who look into what happened.
    pub keep: Duration,
    /// Whether events are to be announced: there is an exchange, and an [`Announcer`](crate::Announcer) somewhere.
    pub announces: bool,
}

impl Default for RelayOptions {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self { batch: 200, claim: Duration::from_secs(10), keep: day, announces: false }
    }
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Events that were claimed.
    pub claimed: usize,
    /// Events that were marked as published.
    pub published: u64,
    /// Events that can't be relayed now; they wait for another try.
    pub failed: usize,
    /// Messages sent.
    pub messages: usize,
}

/// Passes events on. Several may run, in one process or many.
#[derive(Debug)]
pub struct Relay {
    db: Db,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    options: RelayOptions,
    /// Names this relay in its claims.
    owner: String,
}

impl Relay {
    /// A relay from a database into a queue.
    pub fn new(db: Db, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>, options: RelayOptions) -> Self {
        Self { db, queue, clock, options, owner: format!("relay-{:016x}", random_u64()) }
    }

    /// Passes events on as they come, until `stop` ends; then those that are waiting, for a few seconds at most.
    ///
    /// A failure is logged and tried again: the queue or the database may be gone for a while.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut wakeups = self.db.wakeups(Outbox::TOPIC);
        let mut failures = 0;
        let mut pruned_at = Timestamp::from_ms(0);
        tokio::pin!(stop);
        loop {
            let is_full = match self.round().await {
                Ok(round) => {
                    failures = 0;
                    round.claimed >= self.batch()
                }
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, failures, "events could not be relayed; they are tried again");
                    false
                }
            };
            let next = async {
                match (failures, is_full) {
                    (0, true) => {}
                    (0, false) => self.wait(&mut wakeups, &mut pruned_at).await,
                    _ => tokio::time::sleep(pause(failures)).await,
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = next => {}
            }
        }
        let drained = tokio::time::timeout(DRAIN, self.drain()).await;
        if drained.is_err() {
            tracing::info!("events are left for the next relay");
        }
    }

    /// One round; returns at once if there is nothing to do.
    ///
    /// # Errors
    /// When database or queue fail. The events are given back, or claimed again once the claim has ended.
    pub async fn round(&self) -> Result<Round, WorkerError> {
        let Handed { events, done, messages, failed, published } = self.hand_over().await?;
        let claimed = events.len() + done.len() + failed;
        let mut round = Round { claimed, failed, messages: messages.len(), published };
        if claimed == failed {
            return Ok(round);
        }
        self.lag(events.iter().chain(&done).map(|event| event.at).min());
        if events.is_empty() {
            return Ok(round);
        }
        self.publish(&messages, &events).await?;
        let mut tx = self.db.begin_soft().await?;
        round.published += Outbox::published_in(&mut tx, &events, self.clock.now()).await?;
        tx.commit().await?;
        Ok(round)
    }

    /// Claims events and writes what they ask for, in one transaction.
    ///
    /// It need not outlive a power failure: claims and demands are lost together then, and the events are not.
    async fn hand_over(&self) -> Result<Handed, WorkerError> {
        let now = self.clock.now();
        let claim = OutboxClaim {
            owner: &self.owner,
            now,
            until: now.plus_ms(ms(self.options.claim)),
            limit: self.options.batch,
        };
        let mut tx = self.db.begin_soft().await?;
        let events = Outbox::claim_in(&mut tx, &claim).await?;
        if events.is_empty() {
            tx.rollback().await?;
            return Ok(Handed::default());
        }
        let announces = self.options.announces;
        let mut handed = hand_over_in(&mut tx, &self.owner, events, announces, now).await?;
        if let Some(queue) = self.queue.within(&self.db) {
            queue.publish_in(&mut tx, &handed.messages).await?;
            handed.done.append(&mut handed.events);
        }
        handed.published = Outbox::published_in(&mut tx, &handed.done, now).await?;
        tx.commit().await?;
        Ok(handed)
    }

    async fn publish(&self, messages: &[Message], events: &[Event]) -> Result<(), WorkerError> {
        if messages.is_empty() {
            return Ok(());
        }
        let published = self.queue.publish(messages).await;
        if published.is_err() {
            // Nothing is wrong with the events, so they don't wait longer than the queue makes them.
            let mut tx = self.db.begin_soft().await?;
            Outbox::release_in(&mut tx, &self.owner, events).await?;
            tx.commit().await?;
        }
        Ok(published?)
    }

    /// Waits until there may be something to do.
    async fn wait(&self, wakeups: &mut Wakeups, pruned_at: &mut Timestamp) {
        loop {
            if wakeups.wait(Wakeups::POLL).await {
                return;
            }
            let waiting = match Outbox::waiting(&self.db).await {
                Ok(waiting) => waiting,
                // The round tells what is wrong.
                Err(_) => return,
            };
            self.lag(waiting.map(|waiting| waiting.oldest));
            let now = self.clock.now();
            if waiting.is_some_and(|waiting| waiting.free_at <= now) {
                return;
            }
            if now >= pruned_at.plus_ms(PRUNE_EVERY_MS) {
                *pruned_at = now;
                self.prune(now).await;
            }
        }
    }

    /// Drops what was published long ago; a failure is logged and waits for the next time.
    async fn prune(&self, now: Timestamp) {
        let before = now.plus_ms(-ms(self.options.keep));
        loop {
            match Outbox::prune(&self.db, before, PRUNED_AT_ONCE).await {
                Ok(dropped) if dropped >= u64::from(PRUNED_AT_ONCE) => {}
                Ok(_) => return,
                Err(error) => return tracing::warn!(%error, "published events could not be dropped"),
            }
        }
    }

    async fn drain(&self) {
        loop {
            match self.round().await {
                Ok(round) if round.published > 0 => {}
                Ok(_) => return,
                Err(error) => return tracing::warn!(%error, "events are left for the next relay"),
            }
        }
    }

    fn lag(&self, oldest: Option<Timestamp>) {
        let age = oldest.map(|oldest| self.clock.now().ms() - oldest.ms());
        record::relay_lag(age.map(|age| Duration::from_millis(u64::try_from(age).unwrap_or(0))));
    }

    fn batch(&self) -> usize {
        usize::try_from(self.options.batch).unwrap_or(usize::MAX)
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
