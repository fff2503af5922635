//! Events on a real RabbitMQ: chosen by key, heard in order, and told to nobody where nobody listens; and on one that is
//! killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use lapin::options::{
    BasicGetOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use support::broker::Broker;
use support::{Rabbit, random};
use tokio::time::Instant;
use vitrine_core::{StoreId, Timestamp};
use vitrine_queue::{Announcement, Exchange, ExchangeOptions, QueueError, RabbitExchange};

/// Long enough for the longest pause between two connects, and a busy machine.
const RECOVERY: Duration = Duration::from_secs(60);

fn event(number: usize, store: &str, kind: &str) -> Announcement {
    Announcement {
        id: format!("{kind} o1 {number}"),
        store: StoreId::try_new(store).unwrap(),
        kind: kind.to_owned(),
        at: Timestamp::from_ms(1_764_150_000_000),
        trace: Some("00-1-2-01".to_owned()),
        body: format!("{{\"n\":{number}}}").into_bytes(),
    }
}

fn options(name: &str) -> ExchangeOptions {
    ExchangeOptions { exchange: name.to_owned(), ..ExchangeOptions::default() }
}

/// A queue that hears what the keys choose.
async fn listen(channel: &Channel, exchange: &str, queue: &str, keys: &[&str]) {
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), durable, FieldTable::default()).await.unwrap();
    for key in keys {
        let bind = channel.queue_bind(
            queue.into(),
            exchange.into(),
            (*key).into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        bind.await.unwrap();
    }
}

async fn heard(channel: &Channel, queue: &str) -> Vec<(String, BasicProperties, Vec<u8>)> {
    let mut heard = Vec::new();
    let take = BasicGetOptions { no_ack: true };
    while let Some(message) = channel.basic_get(queue.into(), take).await.unwrap() {
        let delivery = message.delivery;
        heard.push((delivery.routing_key.to_string(), delivery.properties, delivery.data));
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_choose_by_key_and_hear_in_order() {
    let rabbit = Rabbit::new();
    let name = format!("vitrine-test-events-{:016x}", random());
    let exchange = RabbitExchange::connect(&rabbit.url, options(&name)).await.unwrap();
    // Nobody listens yet, which is no error.
    exchange.announce(&[event(0, "nimbus", "order_placed")]).await.unwrap();
    let connection = rabbit.plain().await;
    let channel = connection.create_channel().await.unwrap();
    let (all, some) = (format!("{name}-all"), format!("{name}-some"));
    listen(&channel, &name, &all, &["#"]).await;
    listen(&channel, &name, &some, &["nimbus.order_placed", "nimbus.stock_ran_low"]).await;
    let events: Vec<Announcement> = (1..=600)
        .map(|n| match n % 3 {
            0 => event(n, "nimbus", "order_placed"),
            1 => event(n, "other", "order_placed"),
            _ => event(n, "nimbus", "order_shipped"),
        })
        .collect();
    exchange.announce(&events).await.unwrap();

    let whole = heard(&channel, &all).await;
    let bodies: Vec<&[u8]> = whole.iter().map(|(_, _, body)| body.as_slice()).collect();
    assert_eq!(bodies, events.iter().map(|event| event.body.as_slice()).collect::<Vec<_>>());
    let (key, properties, _) = &whole[0];
    assert_eq!(key, "other.order_placed");
    assert_eq!(properties.message_id().as_ref().unwrap().as_str(), "order_placed o1 1");
    assert_eq!(properties.kind().as_ref().unwrap().as_str(), "order_placed");
    assert_eq!(properties.content_type().as_ref().unwrap().as_str(), "application/json");
    assert_eq!(*properties.delivery_mode(), Some(2));
    let headers = properties.headers().as_ref().unwrap();
    assert!(headers.inner().contains_key("vitrine-store") && headers.inner().contains_key("traceparent"));
    let chosen = heard(&channel, &some).await;
    assert_eq!(chosen.len(), 200);
    assert!(chosen.iter().all(|(key, ..)| key == "nimbus.order_placed"));

    for queue in [&all, &some] {
        channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    }
    channel.exchange_delete(name.as_str().into(), ExchangeDeleteOptions::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none_is_refused() {
    for wrong in ["", "a\nb", &"x".repeat(256)] {
        let error = RabbitExchange::connect(&Rabbit::new().url, options(wrong)).await.unwrap_err();
        assert!(matches!(error, QueueError::Name(_)), "{wrong}");
    }
}

/// Announces until the broker has it.
async fn announce(exchange: &RabbitExchange, event: &Announcement) {
    let deadline = Instant::now() + RECOVERY;
    while let Err(error) = exchange.announce(std::slice::from_ref(event)).await {
        assert!(error.is_transient(), "{error}");
        assert!(Instant::now() < deadline, "the broker is back and takes nothing: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_killed_takes_events_again_and_has_lost_none() {
    let mut broker = Broker::start().await;
    let exchange = RabbitExchange::connect(&broker.url(), options("vitrine.events")).await.unwrap();
    let plain = async |url: &str| {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
        (connection.create_channel().await.unwrap(), connection)
    };
    let (channel, connection) = plain(&broker.url()).await;
    listen(&channel, "vitrine.events", "all", &["nimbus.#"]).await;
    drop((channel, connection));
    for number in 0..20 {
        announce(&exchange, &event(number, "nimbus", "order_placed")).await;
    }
    broker.kill();
    let error = exchange.announce(&[event(20, "nimbus", "order_placed")]).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    broker.start_again().await;
    for number in 20..40 {
        announce(&exchange, &event(number, "nimbus", "order_placed")).await;
    }
    let (channel, _connection) = plain(&broker.url()).await;
    let mut numbers: Vec<String> = Vec::new();
    for (_, _, body) in heard(&channel, "all").await {
        let body = String::from_utf8(body).unwrap();
        // What was on its way when the broker died may be there twice.
        if numbers.last() != Some(&body) {
            numbers.push(body);
        }
    }
    let expected: Vec<String> = (0..40).map(|number| format!("{{\"n\":{number}}}")).collect();
    assert_eq!(numbers, expected);
}
