//! Events on RabbitMQ: a durable topic exchange, confirmed publishing, and a connection of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use lapin::options::{BasicPublishOptions, ExchangeDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, ExchangeKind};
use tokio::sync::watch;

use super::link::Link;
use super::supervisor::{self, Broker, Needs};
use super::{properties, usable_soon};
use crate::{Announcement, Exchange, QueueError};

/// Longest name of an exchange, bytes, by AMQP.
const LONGEST_NAME: usize = 255;
const CONTENT_TYPE: &str = "application/json";

/// How events get to RabbitMQ.
#[derive(Debug, Clone)]
pub struct ExchangeOptions {
    /// The exchange's name, 1 to 255 bytes. All stores of a deployment share it.
    pub exchange: String,
    /// A connection that was silent for twice as long is given up. Whole seconds, at least one.
    pub heartbeat: Duration,
}

impl Default for ExchangeOptions {
    fn default() -> Self {
        Self { exchange: "vitrine.events".to_owned(), heartbeat: Duration::from_secs(10) }
    }
}

/// A topic exchange on RabbitMQ.
///
/// It has a connection of its own, so that a broker that takes no events stands in no other's way.
#[derive(Debug)]
pub struct RabbitExchange {
    links: watch::Receiver<Option<Arc<Link>>>,
    name: ShortString,
}

impl RabbitExchange {
    /// Connects, as [`RabbitQueue::connect`](crate::RabbitQueue::connect) does, and declares the exchange.
    ///
    /// # Errors
    /// When the address or name is none, the broker can't be reached or refuses the login, or an exchange of that name
    /// is there with other properties.
    pub async fn connect(url: &str, options: ExchangeOptions) -> Result<Self, QueueError> {
        let text = &options.exchange;
        let is_name = (1..=LONGEST_NAME).contains(&text.len()) && !text.contains(char::is_control);
        let name = ShortString::try_new(text.as_str()).ok().filter(|_| is_name);
        let name = name.ok_or_else(|| QueueError::Name(text.escape_debug().to_string()))?;
        let broker = Broker::try_new(url, options.heartbeat, Needs::Exchange(name.clone()))?;
        Ok(Self { links: supervisor::start(broker).await?, name })
    }
}

#[async_trait]
impl Exchange for RabbitExchange {
    async fn announce(&self, announcements: &[Announcement]) -> Result<(), QueueError> {
        if announcements.is_empty() {
            return Ok(());
        }
        let link = usable_soon(&self.links).await?;
        let lane = link.lane().await?;
        let stored = link.answered("store events", confirmed(&lane, &self.name, announcements)).await?;
        // That nobody listens is as it should be; that the broker has no such exchange closes the channel.
        if stored.iter().any(|said| !matches!(said, Confirmation::Ack(_))) {
            link.give_up();
            return Err(QueueError::Refused { queue: self.name.to_string() });
        }
        link.give_back(lane);
        Ok(())
    }
}

/// Sends events without waiting in between, then awaits what the broker says to each.
async fn confirmed(
    channel: &Channel,
    exchange: &ShortString,
    announcements: &[Announcement],
) -> Result<Vec<Confirmation>, lapin::Error> {
    // Each is queued for sending when it is first polled, which happens in order.
    let sent = try_join_all(announcements.iter().map(|one| {
        let key = ShortString::try_new(one.routing_key()).unwrap_or_default();
        let options = BasicPublishOptions::default();
        channel.basic_publish(exchange.clone(), key, options, &one.body, of(one))
    }));
    try_join_all(sent.await?).await
}

/// What stands beside an event's bytes.
fn of(one: &Announcement) -> BasicProperties {
    let text = |text: &str| AMQPValue::LongString(LongString::from(text));
    let mut headers = FieldTable::default();
    headers.insert(properties::STORE.into(), text(one.store.as_str()));
    if let Some(trace) = &one.trace {
        headers.insert(properties::TRACE.into(), text(trace));
    }
    let properties = BasicProperties::default()
        .with_delivery_mode(properties::PERSISTENT)
        .with_content_type(CONTENT_TYPE.into())
        .with_timestamp(u64::try_from(one.at.ms() / 1_000).unwrap_or_default())
        .with_headers(headers);
    let properties = match ShortString::try_new(one.kind.as_str()) {
        Ok(kind) => properties.with_type(kind),
        Err(_) => properties,
    };
    // One that is too long is still in the body.
    match ShortString::try_new(one.id.as_str()) {
        Ok(id) => properties.with_message_id(id),
        Err(_) => properties,
    }
}

/// Declares the exchange if it is missing; one that is there must be as declared.
pub(super) async fn declare(link: &Link, channel: &Channel, name: &ShortString) -> Result<(), QueueError> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declare = channel.exchange_declare(name.clone(), ExchangeKind::Topic, options, FieldTable::default());
    link.answered("declare an exchange", declare).await
}
