//! Walks through a queue: messages are taken one by one and put back at the end, except those that were settled.
//!
//! Killed half-way, the channel closes and the broker puts back what was not settled.

use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions};
use lapin::types::ShortString;
use lapin::{Acker, BasicProperties};
use vitrine_core::Timestamp;

use super::lane::Lane;
use super::link::Link;
use super::properties;
use super::topology::Topology;
use crate::{Listed, QueueError};

/// Messages published anew at a time.
const BATCH: usize = 100;

/// A walk through one queue.
struct Walk<'a> {
    link: &'a Link,
    lane: Lane,
    queue: ShortString,
    /// What was there at the beginning; what comes meanwhile is not looked at.
    left: u64,
}

impl<'a> Walk<'a> {
    async fn begin(link: &'a Link, queue: &ShortString) -> Result<Self, QueueError> {
        let lane = link.lane().await?;
        let left = link.count(&lane, queue).await?;
        Ok(Self { link, lane, queue: queue.clone(), left })
    }

    async fn next(&mut self) -> Result<Option<BasicGetMessage>, QueueError> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let get = self.lane.basic_get(self.queue.clone(), BasicGetOptions::default());
        self.link.answered("look at a message", get).await
    }

    async fn settle(&self, acker: &Acker) -> Result<(), QueueError> {
        match self.link.answered("remove a message", acker.ack(BasicAckOptions::default())).await? {
            true => Ok(()),
            false => Err(QueueError::Lost),
        }
    }

    /// Puts everything back that was not settled; for a moment it may not be counted yet.
    async fn end(self) -> Result<(), QueueError> {
        let (everything, back) = (0, BasicNackOptions { multiple: true, requeue: true });
        self.link.answered("put messages back", self.lane.basic_nack(everything, back)).await?;
        // Putting back has no answer of its own; that of a count means that the broker has read it, so that the
        // connection may be closed. A busy queue answers counts before it puts back.
        self.link.count(&self.lane, &self.queue).await?;
        self.link.give_back(self.lane);
        Ok(())
    }
}

/// Lists what lies in queues.
pub(super) async fn list(
    link: &Link,
    queues: &[ShortString],
    limit: usize,
) -> Result<Vec<Listed>, QueueError> {
    let mut found = Vec::new();
    for queue in queues {
        let mut walk = Walk::begin(link, queue).await?;
        while found.len() < limit
            && let Some(BasicGetMessage { delivery, .. }) = walk.next().await?
        {
            found.push(properties::listed(&delivery.properties, delivery.data));
        }
        walk.end().await?;
    }
    Ok(found)
}

/// Publishes dead messages anew: stored first, removed then.
pub(super) async fn retry(
    link: &Link,
    topology: &Topology,
    id: Option<&str>,
    now: Timestamp,
) -> Result<u64, QueueError> {
    let mut walk = Walk::begin(link, &topology.dead).await?;
    let publisher = link.lane().await?;
    let mut retried = 0;
    loop {
        let batch = matching(&mut walk, id, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        let posts: Vec<(BasicProperties, &[u8])> = batch
            .iter()
            .map(|dead| (properties::revived(&dead.properties, now), dead.data.as_slice()))
            .collect();
        link.publish(&publisher, &topology.main, &posts).await?;
        for dead in &batch {
            walk.settle(&dead.acker).await?;
            retried += 1;
        }
    }
    link.give_back(publisher);
    walk.end().await?;
    Ok(retried)
}

/// Removes dead messages.
pub(super) async fn remove(link: &Link, topology: &Topology, id: Option<&str>) -> Result<u64, QueueError> {
    let mut walk = Walk::begin(link, &topology.dead).await?;
    let mut removed = 0;
    loop {
        let batch = matching(&mut walk, id, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for dead in &batch {
            walk.settle(&dead.acker).await?;
            removed += 1;
        }
    }
    walk.end().await?;
    Ok(removed)
}

/// The next messages with an id; fewer than asked for at the end.
async fn matching(
    walk: &mut Walk<'_>,
    id: Option<&str>,
    most: usize,
) -> Result<Vec<lapin::message::Delivery>, QueueError> {
    let mut found = Vec::new();
    while found.len() < most
        && let Some(BasicGetMessage { delivery, .. }) = walk.next().await?
    {
        if properties::is(&delivery.properties, id) {
            found.push(delivery);
        }
    }
    Ok(found)
}
