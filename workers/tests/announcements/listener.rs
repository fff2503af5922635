//! Somebody on RabbitMQ who hears everything that an exchange is told.

use std::hash::{BuildHasher as _, Hasher as _};

use lapin::options::{
    BasicGetOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};
use serde_json::Value;

/// Where tests find RabbitMQ, unless `VITRINE_TEST_AMQP` says otherwise.
const AMQP: &str = "amqp://guest:guest@127.0.0.1:5672/%2f";

pub(crate) struct Listener {
    name: String,
}

impl Listener {
    pub(crate) fn new() -> Self {
        let random = std::hash::RandomState::new().build_hasher().finish();
        Self { name: format!("vitrine-test-events-{random:016x}") }
    }

    #[allow(clippy::disallowed_methods, reason = "tests have no configuration file")]
    pub(crate) fn url(&self) -> String {
        std::env::var("VITRINE_TEST_AMQP").unwrap_or_else(|_| AMQP.to_owned())
    }

    pub(crate) fn exchange(&self) -> String {
        self.name.clone()
    }

    /// Hears everything from now on.
    pub(crate) async fn bind(&self) {
        let (channel, _connection) = self.channel().await;
        let name = self.name.as_str();
        let declare = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(name.into(), declare, FieldTable::default()).await.unwrap();
        let options = QueueBindOptions::default();
        channel
            .queue_bind(name.into(), name.into(), "#".into(), options, FieldTable::default())
            .await
            .unwrap();
    }

    /// What it heard since it was asked last; the routing key is that of the body.
    pub(crate) async fn heard(&self) -> Vec<Value> {
        let (channel, _connection) = self.channel().await;
        let mut heard = Vec::new();
        let take = BasicGetOptions { no_ack: true };
        while let Some(message) = channel.basic_get(self.name.as_str().into(), take).await.unwrap() {
            let body: Value = serde_json::from_slice(&message.delivery.data).unwrap();
            let key = format!("{}.{}", body["store"].as_str().unwrap(), body["event"].as_str().unwrap());
            assert_eq!(message.delivery.routing_key.as_str(), key);
            heard.push(body);
        }
        heard
    }

    pub(crate) async fn delete(&self) {
        let (channel, _connection) = self.channel().await;
        channel.queue_delete(self.name.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
        channel.exchange_delete(self.name.as_str().into(), ExchangeDeleteOptions::default()).await.unwrap();
    }

    async fn channel(&self) -> (Channel, Connection) {
        let connection = Connection::connect(&self.url(), ConnectionProperties::default()).await.unwrap();
        (connection.create_channel().await.unwrap(), connection)
    }
}
