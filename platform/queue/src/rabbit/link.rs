//! One connection to the broker and its channels.
//!
//! A channel has one user at a time: confirms and returned messages can't be taken for another's.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Event};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::PATIENCE;
use super::lane::Lane;
use crate::QueueError;

/// One message at a time: the next is chosen when somebody is free for it.
const PREFETCH: u16 = 1;
/// Channels kept for the next user; more than there are slots in a process.
const IDLE_CHANNELS: usize = 32;
/// Confirms awaited at a time, each time with fresh patience.
const PIPELINE: usize = 500;

/// A connection; once broken it stays so. Dropped with the last message held on it, it is closed.
pub(super) struct Link {
    connection: Arc<Connection>,
    idle: Mutex<Vec<Channel>>,
    broken: watch::Sender<bool>,
}

impl Link {
    pub(super) async fn open(uri: &AMQPUri) -> Result<Self, QueueError> {
        let options = ConnectionProperties::default().with_connection_name("vitrine".into());
        let connection = tokio::time::timeout(PATIENCE, Connection::connect_uri(uri.clone(), options)).await;
        let connection = connection.map_err(|_| QueueError::TimedOut { what: "connect" })??;
        Ok(Self {
            connection: Arc::new(connection),
            idle: Mutex::default(),
            broken: watch::Sender::new(false),
        })
    }

    /// Marks it as broken: the supervisor makes another. Who still holds messages on it may answer them.
    pub(super) fn give_up(&self) {
        self.broken.send_replace(true);
    }

    pub(super) fn is_broken(&self) -> bool {
        *self.broken.borrow()
    }

    /// Waits until it is broken.
    pub(super) async fn broken(&self) {
        // The sender is in `self`, so the wait can't fail.
        let _ = self.broken.subscribe().wait_for(|broken| *broken).await;
    }

    /// Marks it as broken as soon as lapin knows.
    pub(super) async fn watch(&self) {
        let mut events = Box::pin(self.connection.events_listener());
        let mut look = tokio::time::interval(PATIENCE / 6);
        while self.connection.status().connected() && !self.is_broken() {
            tokio::select! {
                event = events.next() => match event {
                    Some(Event::ConnectionBlocked(reason)) => tracing::warn!(reason, "RabbitMQ takes no messages"),
                    Some(Event::ConnectionUnblocked) => tracing::info!("RabbitMQ takes messages again"),
                    Some(Event::Error(error)) => {
                        tracing::debug!(%error, "the connection to RabbitMQ broke");
                        break;
                    }
                    Some(_) => {}
                    None => break,
                },
                () = self.broken() => {}
                _ = look.tick() => {}
            }
        }
        self.give_up();
    }

    /// A channel for one user: one message at a time, publishing confirmed.
    pub(super) async fn lane(&self) -> Result<Lane, QueueError> {
        while let Some(channel) = self.idle().pop() {
            if channel.status().connected() {
                return Ok(Lane::new(channel));
            }
        }
        let open = async {
            let lane = Lane::new(self.connection.create_channel().await?);
            lane.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
            lane.confirm_select(ConfirmSelectOptions::default()).await?;
            Ok(lane)
        };
        self.answered("open a channel", open).await
    }

    /// Keeps a channel on which nothing is held, subscribed or unconfirmed.
    pub(super) fn give_back(&self, lane: Lane) {
        let mut idle = self.idle();
        if idle.len() < IDLE_CHANNELS && !self.is_broken() {
            idle.push(lane.into_idle());
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The broker's answer. An error or none in time gives the connection up.
    pub(super) async fn answered<T>(
        &self,
        what: &'static str,
        answer: impl Future<Output = Result<T, lapin::Error>>,
    ) -> Result<T, QueueError> {
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                self.give_up();
                Err(error.into())
            }
            Err(_) => {
                self.give_up();
                Err(QueueError::TimedOut { what })
            }
        }
    }

    /// Publishes messages and returns once the broker has stored all of them.
    pub(super) async fn publish(
        &self,
        channel: &Channel,
        queue: &ShortString,
        posts: &[(BasicProperties, &[u8])],
    ) -> Result<(), QueueError> {
        for posts in posts.chunks(PIPELINE) {
            let stored = self.answered("store messages", confirmed(channel, queue, posts)).await?;
            for confirmation in stored {
                let queue = || queue.as_str().to_owned();
                match confirmation {
                    // A message that came back is acknowledged all the same.
                    Confirmation::Ack(None) => {}
                    Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => {
                        self.give_up();
                        return Err(QueueError::Unroutable { queue: queue() });
                    }
                    Confirmation::Nack(None) | Confirmation::NotRequested => {
                        return Err(QueueError::Refused { queue: queue() });
                    }
                }
            }
        }
        Ok(())
    }

    /// How many messages wait in a queue.
    pub(super) async fn count(&self, channel: &Channel, queue: &ShortString) -> Result<u64, QueueError> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let declare = channel.queue_declare(queue.clone(), passive, FieldTable::default());
        Ok(self.answered("count messages", declare).await?.message_count().into())
    }
}

/// Sends messages without waiting in between, then awaits what the broker says to each.
async fn confirmed(
    channel: &Channel,
    queue: &ShortString,
    posts: &[(BasicProperties, &[u8])],
) -> Result<Vec<Confirmation>, lapin::Error> {
    let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    // Each is queued for sending when it is first polled, which happens in order.
    let sent = try_join_all(posts.iter().map(|(properties, body)| {
        channel.basic_publish("".into(), queue.clone(), mandatory, body, properties.clone())
    }));
    try_join_all(sent.await?).await
}

impl Drop for Link {
    fn drop(&mut self) {
        if let Ok(runtime) = Handle::try_current() {
            let connection = Arc::clone(&self.connection);
            runtime.spawn(async move {
                // A broken one is closed by whichever side notices.
                let _ = tokio::time::timeout(PATIENCE, connection.close(200, "OK".into())).await;
            });
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("broken", &self.is_broken()).finish_non_exhaustive()
    }
}
