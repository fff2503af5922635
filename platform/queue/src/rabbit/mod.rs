//! The queue on RabbitMQ: a durable priority queue, confirmed publishing, and a connection that is made again.

mod dead;
mod exchange;
mod held;
mod lane;
mod link;
mod properties;
mod supervisor;
mod topology;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions};
use lapin::types::FieldTable;
use tokio::sync::watch;
use vitrine_core::Clock;

pub use self::exchange::{ExchangeOptions, RabbitExchange};
use self::held::Held;
use self::link::Link;
use self::supervisor::{Broker, Needs};
pub use self::topology::RETRY_STEPS;
use self::topology::Topology;
use crate::delivery::Claim;
use crate::message::check;
use crate::{ATTEMPTS, Delivery, Depth, Listed, Message, Queue, QueueError, State};

/// How long a caller waits for a connection that is gone, for a confirm, and for any other answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a queue on RabbitMQ is called and behaves.
#[derive(Debug, Clone)]
pub struct RabbitOptions {
    /// The queue's name, 1 to 200 bytes; those for retries and dead letters are named after it. All stores of a
    /// deployment share it.
    pub queue: String,
    /// How often a message is delivered before [`Delivery::retry_after`] puts it among the dead.
    pub attempts: u32,
    /// A connection that was silent for twice as long is given up. Whole seconds, at least one.
    pub heartbeat: Duration,
}

impl Default for RabbitOptions {
    fn default() -> Self {
        Self { queue: "vitrine.render".to_owned(), attempts: ATTEMPTS, heartbeat: Duration::from_secs(10) }
    }
}

/// A queue on RabbitMQ.
///
/// It declares what it needs. After any error it makes a new connection, with a growing pause of at most 3 s, and
/// receivers go on by themselves; a publish waits 3 s for it and then fails. Dropped with its deliveries, it closes
/// the connection and what was held is delivered again.
#[derive(Debug)]
pub struct RabbitQueue {
    links: watch::Receiver<Option<Arc<Link>>>,
    topology: Arc<Topology>,
    attempts: u32,
    clock: Arc<dyn Clock>,
}

impl RabbitQueue {
    /// Connects to `amqp://user:password@host:5672/vhost`, or `amqps://..` with the machine's certificate authorities,
    /// and declares the queues.
    ///
    /// # Errors
    /// When the address or name is none, the broker can't be reached or refuses the login, or a queue of that name is
    /// there with other properties.
    pub async fn connect(
        url: &str,
        options: RabbitOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, QueueError> {
        let topology = Arc::new(Topology::try_new(&options.queue)?);
        let broker = Broker::try_new(url, options.heartbeat, Needs::Queues(Arc::clone(&topology)))?;
        let links = supervisor::start(broker).await?;
        Ok(Self { links, topology, attempts: options.attempts.max(1), clock })
    }

    async fn link(&self) -> Result<Arc<Link>, QueueError> {
        usable(&self.links).await
    }

    async fn link_soon(&self) -> Result<Arc<Link>, QueueError> {
        usable_soon(&self.links).await
    }

    /// Waits for one message on a channel of its own; none when it was no message of ours and is among the dead now.
    ///
    /// The subscription ends before the message is handed out. So there is never a message that was sent to somebody
    /// who isn't waiting for it, and what comes next is decided when somebody does.
    async fn next(&self, link: &Arc<Link>) -> Result<Option<Delivery>, QueueError> {
        let lane = link.lane().await?;
        let queue = self.topology.main.clone();
        let subscribe =
            lane.basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default());
        let mut consumer = link.answered("subscribe", subscribe).await?;
        let sent = tokio::select! {
            biased;
            sent = consumer.next() => sent,
            () = link.broken() => None,
        };
        let sent = sent.ok_or(QueueError::Disconnected)??;
        let end = lane.basic_cancel(consumer.tag(), BasicCancelOptions::default());
        link.answered("end a subscription", end).await?;

        let read = properties::read(&sent.properties, sent.data);
        let held = Held::new(link, &self.topology, lane, sent.acker, sent.properties, &self.clock);
        match read {
            Ok(properties::Read { message, attempts, enqueued_at }) => {
                let enqueued_at = enqueued_at.unwrap_or_else(|| self.clock.now());
                let claim: Box<dyn Claim> = Box::new(held);
                let attempt = attempts.saturating_add(1);
                Ok(Some(Delivery::new(message, attempt, enqueued_at, self.attempts, claim)))
            }
            Err(unreadable) => {
                tracing::warn!(reason = unreadable.reason, "a message is put among the dead");
                held.bury_unread(&unreadable).await?;
                Ok(None)
            }
        }
    }
}

/// The connection, when there is one again.
async fn usable(links: &watch::Receiver<Option<Arc<Link>>>) -> Result<Arc<Link>, QueueError> {
    let mut links = links.clone();
    let usable = |link: &Option<Arc<Link>>| link.as_ref().is_some_and(|link| !link.is_broken());
    let link = links.wait_for(usable).await.map_err(|_| QueueError::Closed)?;
    link.clone().ok_or(QueueError::Disconnected)
}

/// The connection, if there is one again soon.
async fn usable_soon(links: &watch::Receiver<Option<Arc<Link>>>) -> Result<Arc<Link>, QueueError> {
    tokio::time::timeout(PATIENCE, usable(links)).await.map_err(|_| QueueError::Disconnected)?
}

#[async_trait]
impl Queue for RabbitQueue {
    async fn publish(&self, messages: &[Message]) -> Result<(), QueueError> {
        check(messages)?;
        if messages.is_empty() {
            return Ok(());
        }
        let link = self.link_soon().await?;
        let lane = link.lane().await?;
        let now = self.clock.now();
        let posts: Vec<_> = messages
            .iter()
            .map(|message| (properties::of_new(message, now), message.body.as_slice()))
            .collect();
        link.publish(&lane, &self.topology.main, &posts).await?;
        link.give_back(lane);
        Ok(())
    }

    async fn receive(&self) -> Result<Delivery, QueueError> {
        loop {
            let link = self.link().await?;
            match self.next(&link).await {
                Ok(Some(delivery)) => return Ok(delivery),
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "a receiver waits for another connection");
                    link.give_up();
                }
            }
        }
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        let link = self.link_soon().await?;
        let lane = link.lane().await?;
        let waiting = link.count(&lane, &self.topology.main).await?;
        let dead = link.count(&lane, &self.topology.dead).await?;
        let mut delayed = 0;
        for (_, queue) in &self.topology.delays {
            delayed += link.count(&lane, queue).await?;
        }
        link.give_back(lane);
        Ok(Depth { waiting, delayed, running: None, dead, levels: Vec::new() })
    }

    async fn list(&self, state: State, limit: usize) -> Result<Vec<Listed>, QueueError> {
        let delays: Vec<_> = self.topology.delays.iter().map(|(_, queue)| queue.clone()).collect();
        let queues = match state {
            State::Waiting => vec![self.topology.main.clone()],
            State::Delayed => delays,
            State::Dead => vec![self.topology.dead.clone()],
            State::Running => {
                return Err(QueueError::Unsupported(
                    "RabbitMQ does not say which messages are being worked on",
                ));
            }
        };
        let link = self.link_soon().await?;
        dead::list(&link, &queues, limit).await
    }

    async fn retry_dead(&self, id: Option<&str>) -> Result<u64, QueueError> {
        let link = self.link_soon().await?;
        dead::retry(&link, &self.topology, id, self.clock.now()).await
    }

    async fn drop_dead(&self, id: Option<&str>) -> Result<u64, QueueError> {
        let link = self.link_soon().await?;
        dead::remove(&link, &self.topology, id).await
    }
}
