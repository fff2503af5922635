//! The queue in the database: a table, claims that end by themselves, and wake-ups after commits.

mod body;
mod held;
mod rows;
mod view;

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use vitrine_core::{Clock, Timestamp};
use vitrine_db::{Db, Tx};

use self::held::Held;
use crate::message::check;
use crate::{ATTEMPTS, Delivery, Depth, Listed, Message, Queue, QueueError, State};

/// The queue's table.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "queue",
    steps: &[("1-messages", include_str!("../../migrations/1-messages.sql"))],
};

/// Called out after each commit that makes a message deliverable.
const TOPIC: &str = "queue";
/// How often to look without being woken: for delays that end, and for other processes on a SQLite file.
const POLL: Duration = Duration::from_millis(200);
/// How long a message is held without a sign of life. Longer than a bulk import holds SQLite's one writer.
const CLAIM: Duration = Duration::from_secs(60);
const US_PER_MS: i64 = 1_000;

/// A queue in the database; several processes may share it, and clones share their numbering.
///
/// A held message is held for a minute, which is prolonged every 20 s; a killed process's messages come back when it
/// is over. The processes' clocks should agree to some seconds.
#[derive(Clone, Debug)]
pub struct EmbeddedQueue {
    db: Db,
    clock: Arc<dyn Clock>,
    attempts: u32,
    claim: Duration,
    numbers: Arc<Numbers>,
}

impl EmbeddedQueue {
    /// The queue of a database whose [`MODULE`] is migrated.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        let numbers = Arc::new(Numbers::new());
        Self { db, clock, attempts: ATTEMPTS, claim: CLAIM, numbers }
    }

    /// The same with so many attempts, at least one.
    #[must_use]
    pub fn with_attempts(self, attempts: u32) -> Self {
        Self { attempts: attempts.max(1), ..self }
    }

    /// The same with another time that a message is held without a sign of life, at least 30 ms.
    #[must_use]
    pub fn with_claim(self, claim: Duration) -> Self {
        Self { claim: claim.max(Duration::from_millis(30)), ..self }
    }

    /// Publishes within a caller's transaction: stored if that is committed, and with what else it writes.
    ///
    /// # Errors
    /// As [`Queue::publish`].
    pub async fn publish_in(&self, tx: &mut Tx, messages: &[Message]) -> Result<(), QueueError> {
        check(messages)?;
        if messages.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let first = self.numbers.places(messages.len(), now);
        rows::publish_in(tx, messages, now, first).await?;
        tx.wake(TOPIC);
        Ok(())
    }

    /// Claims the next message, if there is one.
    ///
    /// In a task of its own: if the caller goes away in the middle, the message is claimed all the same, found by
    /// nobody, and thereby let go at once.
    async fn next(&self) -> Result<Option<Delivery>, QueueError> {
        let queue = self.clone();
        match tokio::spawn(async move { queue.claim().await }).await {
            Ok(claimed) => claimed,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(QueueError::Closed),
            },
        }
    }

    async fn claim(&self) -> Result<Option<Delivery>, QueueError> {
        loop {
            let now = self.clock.now();
            let token = self.numbers.token();
            let Some(row) = rows::claim(&self.db, now, self.claim_end(now), &token).await? else {
                return Ok(None);
            };
            let held = Held::new(self.clone(), row.store.clone(), row.id.clone(), token);
            let attempt = u32::try_from(row.attempt).unwrap_or(u32::MAX);
            let enqueued_at = Timestamp::from_ms(row.enqueued_at);
            let reason = match row.into_message() {
                Ok(message) if attempt <= self.attempts => {
                    let claim = Box::new(held);
                    return Ok(Some(Delivery::new(message, attempt, enqueued_at, self.attempts, claim)));
                }
                Ok(_) => format!("delivered {} times and never answered", self.attempts),
                Err(error) => error.to_string(),
            };
            tracing::warn!(id = held.id(), reason, "a message is put among the dead");
            match held.bury(&reason).await {
                // Somebody else got hold of it, and will see the same.
                Ok(()) | Err(QueueError::Lost) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn claim_end(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(ms(self.claim))
    }
}

#[async_trait]
impl Queue for EmbeddedQueue {
    async fn publish(&self, messages: &[Message]) -> Result<(), QueueError> {
        let mut tx = self.db.begin().await?;
        self.publish_in(&mut tx, messages).await?;
        Ok(tx.commit().await?)
    }

    fn within(&self, db: &Db) -> Option<&EmbeddedQueue> {
        self.db.is(db).then_some(self)
    }

    async fn receive(&self) -> Result<Delivery, QueueError> {
        let mut wakeups = self.db.wakeups(TOPIC);
        // A look at the table is cheap; a claim that finds nothing takes SQLite's one writer.
        let mut is_due = rows::is_due(&self.db, self.clock.now()).await?;
        loop {
            if is_due && let Some(delivery) = self.next().await? {
                return Ok(delivery);
            }
            is_due = wakeups.wait(POLL).await || rows::is_due(&self.db, self.clock.now()).await?;
        }
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        view::depth(&self.db, self.clock.now()).await
    }

    async fn list(&self, state: State, limit: usize) -> Result<Vec<Listed>, QueueError> {
        view::list(&self.db, self.clock.now(), state, limit).await
    }

    async fn retry_dead(&self, id: Option<&str>) -> Result<u64, QueueError> {
        view::retry_dead(&self.db, self.clock.now(), id).await
    }

    async fn drop_dead(&self, id: Option<&str>) -> Result<u64, QueueError> {
        view::drop_dead(&self.db, id).await
    }
}

/// Numbers that differ from those of every other process, or are higher than all before.
#[derive(Debug)]
struct Numbers {
    process: u64,
    claims: AtomicU64,
    place: AtomicI64,
}

impl Numbers {
    fn new() -> Self {
        // The hasher's keys are random in each process and differ from call to call.
        let process = std::hash::RandomState::new().build_hasher().finish();
        Self { process, claims: AtomicU64::new(0), place: AtomicI64::new(0) }
    }

    /// Names a claim.
    fn token(&self) -> String {
        format!("{:016x}-{}", self.process, self.claims.fetch_add(1, Ordering::Relaxed))
    }

    /// The first of so many places, all behind those given before.
    fn places(&self, count: usize, now: Timestamp) -> i64 {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let first = |last: i64| last.max(now.ms().saturating_mul(US_PER_MS));
        let next = |last| Some(first(last).saturating_add(count));
        let (Ok(last) | Err(last)) = self.place.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        first(last)
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_rise_within_a_millisecond_and_when_the_clock_is_set_back() {
        let numbers = Numbers::new();
        let at = Timestamp::from_ms;
        assert_eq!(numbers.places(3, at(5)), 5_000);
        assert_eq!(numbers.places(1, at(5)), 5_003);
        assert_eq!(numbers.places(2, at(4)), 5_004);
        assert_eq!(numbers.places(1, at(6)), 6_000);
    }

    #[test]
    fn no_two_claims_have_one_name() {
        let (one, other) = (Numbers::new(), Numbers::new());
        assert_ne!(one.token(), one.token());
        assert_ne!(one.process, other.process);
    }
}
