//! A message in the hands of whoever works on it.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use vitrine_core::Timestamp;

use crate::message::reason_text;
use crate::{Message, QueueError};

/// A message that this process holds: nobody else gets it until it is answered, or this is dropped, or the process
/// dies.
///
/// Dropped without an answer, the message goes to the next receiver at once and the attempt doesn't count. After an
/// error of an answer it comes again as well.
#[derive(Debug)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// Which delivery this is, from 1. One that was lost with its process counts only in the embedded queue.
    pub attempt: u32,
    /// When it was published.
    pub enqueued_at: Timestamp,
    limit: u32,
    claim: Box<dyn Claim>,
}

/// What became of a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is tried again later.
    Later,
    /// That was the last attempt: it is dead.
    Dead,
}

impl Delivery {
    pub(crate) fn new(
        message: Message,
        attempt: u32,
        enqueued_at: Timestamp,
        limit: u32,
        claim: Box<dyn Claim>,
    ) -> Self {
        Self { message, attempt, enqueued_at, limit, claim }
    }

    /// It is done: the message is gone.
    ///
    /// # Errors
    /// [`QueueError::Lost`] when the message went to somebody else meanwhile, or the queue can't be reached; then it
    /// is delivered again.
    pub async fn ack(self) -> Result<(), QueueError> {
        self.claim.ack().await
    }

    /// It failed and should be tried again, not before the delay is over and with the same priority; after the last
    /// attempt it is dead instead.
    ///
    /// RabbitMQ knows only the delays of [`RETRY_STEPS`](crate::RETRY_STEPS) and takes the next longer one.
    ///
    /// # Errors
    /// As [`ack`](Self::ack).
    pub async fn retry_after(self, delay: Duration, reason: &str) -> Result<Retried, QueueError> {
        let reason = reason_text(reason);
        let attempt = Attempt { message: &self.message, number: self.attempt, reason: &reason };
        if self.attempt >= self.limit {
            self.claim.bury(&attempt).await?;
            return Ok(Retried::Dead);
        }
        self.claim.retry(&attempt, delay).await?;
        Ok(Retried::Later)
    }

    /// It can't succeed: it is put among the dead, where an operator finds it with the reason.
    ///
    /// # Errors
    /// As [`ack`](Self::ack).
    pub async fn dead_letter(self, reason: &str) -> Result<(), QueueError> {
        let reason = reason_text(reason);
        let attempt = Attempt { message: &self.message, number: self.attempt, reason: &reason };
        self.claim.bury(&attempt).await
    }

    /// Gives it to the next receiver, and the attempt doesn't count: for a worker that stops.
    ///
    /// Dropping does the same in the background, which a process that is about to end may not live to see.
    ///
    /// # Errors
    /// As [`ack`](Self::ack).
    pub async fn put_back(self) -> Result<(), QueueError> {
        self.claim.put_back().await
    }
}

/// An attempt that failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) message: &'a Message,
    /// From 1.
    pub(crate) number: u32,
    pub(crate) reason: &'a str,
}

/// How a queue holds a message. Dropped, it lets go of it.
#[async_trait]
pub(crate) trait Claim: Send + Sync + Debug {
    async fn ack(self: Box<Self>) -> Result<(), QueueError>;
    async fn put_back(self: Box<Self>) -> Result<(), QueueError>;
    async fn retry(self: Box<Self>, attempt: &Attempt<'_>, delay: Duration) -> Result<(), QueueError>;
    async fn bury(self: Box<Self>, attempt: &Attempt<'_>) -> Result<(), QueueError>;
}
