//! A message held on a channel of its own; dropping closes the channel, and the broker delivers the message again.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::ShortString;
use lapin::{Acker, BasicProperties};
use vitrine_core::Clock;

use super::lane::Lane;
use super::link::Link;
use super::properties::{self, Unreadable};
use super::topology::Topology;
use crate::QueueError;
use crate::delivery::{Attempt, Claim};

#[derive(Debug)]
pub(super) struct Held {
    link: Arc<Link>,
    topology: Arc<Topology>,
    lane: Lane,
    acker: Acker,
    properties: BasicProperties,
    clock: Arc<dyn Clock>,
}

impl Held {
    pub(super) fn new(
        link: &Arc<Link>,
        topology: &Arc<Topology>,
        lane: Lane,
        acker: Acker,
        properties: BasicProperties,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let (link, topology, clock) = (Arc::clone(link), Arc::clone(topology), Arc::clone(clock));
        Self { link, topology, lane, acker, properties, clock }
    }

    /// Puts what can't be read among the dead.
    pub(super) async fn bury_unread(self, unreadable: &Unreadable) -> Result<(), QueueError> {
        let dead = properties::buried_unread(&self.properties, unreadable, self.clock.now());
        let queue = self.topology.dead.clone();
        self.pass_on(&queue, dead, &unreadable.body).await
    }

    /// Stores a copy in another queue, then lets the message go: killed in between, there are two.
    async fn pass_on(
        self,
        queue: &ShortString,
        properties: BasicProperties,
        body: &[u8],
    ) -> Result<(), QueueError> {
        self.link.publish(&self.lane, queue, &[(properties, body)]).await?;
        self.done().await
    }

    async fn done(self) -> Result<(), QueueError> {
        let ack = self.acker.ack(BasicAckOptions::default());
        let held = self.link.answered("acknowledge a message", ack).await?;
        self.let_go(held)
    }

    /// Keeps the channel, unless it was closed with the message on it.
    fn let_go(self, held: bool) -> Result<(), QueueError> {
        if !held {
            return Err(QueueError::Lost);
        }
        self.link.give_back(self.lane);
        Ok(())
    }
}

#[async_trait]
impl Claim for Held {
    async fn ack(self: Box<Self>) -> Result<(), QueueError> {
        self.done().await
    }

    async fn put_back(self: Box<Self>) -> Result<(), QueueError> {
        let nack = self.acker.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() });
        let held = self.link.answered("put a message back", nack).await?;
        self.let_go(held)
    }

    async fn retry(self: Box<Self>, attempt: &Attempt<'_>, delay: Duration) -> Result<(), QueueError> {
        let later = properties::retried(&self.properties, attempt.number, attempt.reason);
        let queue = self.topology.delayed(delay).clone();
        self.pass_on(&queue, later, &attempt.message.body).await
    }

    async fn bury(self: Box<Self>, attempt: &Attempt<'_>) -> Result<(), QueueError> {
        let dead = properties::buried(&self.properties, attempt.number, attempt.reason, self.clock.now());
        let queue = self.topology.dead.clone();
        self.pass_on(&queue, dead, &attempt.message.body).await
    }
}
