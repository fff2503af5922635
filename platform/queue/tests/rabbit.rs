//! What only RabbitMQ does: returned messages, connections that break, foreign messages, walks that are killed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};
use support::{Rabbit, drain, is_silent, message, receive, soon, until};
use tokio::io::AsyncReadExt;
use vitrine_core::SystemClock;
use vitrine_queue::{Queue, QueueError, RabbitOptions, RabbitQueue, State};

async fn send(channel: &Channel, queue: &str, body: &[u8], properties: BasicProperties) {
    channel
        .basic_publish("".into(), queue.into(), BasicPublishOptions::default(), body, properties)
        .await
        .unwrap();
}

fn header(name: &str, value: AMQPValue) -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert(name.into(), value);
    headers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_back_is_an_error_and_the_queue_is_made_again() {
    Rabbit::new()
        .run(async |rabbit| {
            let queue = rabbit.connect().await;
            let plain = rabbit.plain().await;
            let channel = plain.create_channel().await.unwrap();
            let name = rabbit.name.clone();
            channel.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
            let many: Vec<_> = (0..50).map(|n| message(&format!("m{n}"), 5)).collect();
            let error = queue.publish(&many).await.unwrap_err();
            assert!(matches!(error, QueueError::Unroutable { .. }) && error.is_transient(), "{error}");
            soon(queue.publish(&many)).await.unwrap();
            assert_eq!(queue.depth().await.unwrap().waiting, 50);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_whose_queue_is_deleted_goes_on_by_itself() {
    Rabbit::new()
        .run(async |rabbit| {
            let queue = Arc::new(rabbit.connect().await);
            let waiting = Arc::clone(&queue);
            let receiving = tokio::spawn(async move { waiting.receive().await });
            let channel = rabbit.plain().await.create_channel().await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            channel.queue_delete(rabbit.name.clone().into(), QueueDeleteOptions::default()).await.unwrap();
            until(async || queue.publish(&[message("after", 5)]).await.is_ok()).await;
            let delivery = soon(receiving).await.unwrap().unwrap();
            assert_eq!(delivery.message.id, "after");
            delivery.ack().await.unwrap();
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_messages_are_dead_with_a_reason_and_hold_nobody_up() {
    Rabbit::new()
        .run(async |rabbit| {
            let queue = rabbit.connect().await;
            let plain = rabbit.plain().await;
            let channel = plain.create_channel().await.unwrap();
            let props = BasicProperties::default;
            let store = |text: &str| header("vitrine-store", AMQPValue::LongString(text.into()));
            send(&channel, &rabbit.name, b"hello", props().with_priority(9)).await;
            send(&channel, &rabbit.name, b"{}", props().with_message_id("no-store".into())).await;
            let wrong = props().with_message_id("bad-store".into()).with_headers(store("No Store"));
            send(&channel, &rabbit.name, b"{}", wrong).await;
            let number = header("vitrine-store", AMQPValue::LongLongInt(7));
            let odd = props().with_message_id("odd".into()).with_headers(number);
            send(&channel, &rabbit.name, b"{}", odd).await;
            let mut good = store("rest");
            good.insert("vitrine-attempts".into(), AMQPValue::LongLongInt(-5));
            good.insert("vitrine-enqueued-at".into(), AMQPValue::Boolean(true));
            let good = props().with_message_id("good".into()).with_headers(good).with_priority(255);
            send(&channel, &rabbit.name, b"{}", good).await;

            let delivery = receive(&queue).await;
            assert_eq!((delivery.message.id.as_str(), delivery.attempt), ("good", 1));
            delivery.ack().await.unwrap();
            assert!(is_silent(&queue).await);
            let dead = queue.list(State::Dead, 10).await.unwrap();
            assert_eq!(dead.len(), 4);
            let unnamed = dead.iter().find(|dead| dead.id.starts_with("unnamed-")).unwrap();
            assert_eq!((unnamed.body.as_slice(), &unnamed.store), (&b"hello"[..], &None));
            assert!(unnamed.reason.as_deref().unwrap().contains("no message id"));
            assert!(
                dead.iter()
                    .filter(|dead| dead.id != unnamed.id)
                    .all(|dead| { dead.reason.as_deref().unwrap().contains("no header names a store") })
            );
            // Tried again they are no better, and still there.
            assert_eq!(queue.retry_dead(Some(&unnamed.id)).await.unwrap(), 1);
            assert!(is_silent(&queue).await);
            assert_eq!(queue.depth().await.unwrap().dead, 4);
            assert_eq!(queue.drop_dead(Some(&unnamed.id)).await.unwrap(), 1);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_is_killed_half_way_loses_nothing() {
    const MESSAGES: usize = 250;
    Rabbit::new()
        .run(async |rabbit| {
            let queue = rabbit.connect().await;
            let many: Vec<_> = (0..MESSAGES).map(|n| message(&format!("m{n}"), 5)).collect();
            queue.publish(&many).await.unwrap();
            for _ in 0..MESSAGES {
                receive(&queue).await.dead_letter("wrong").await.unwrap();
            }
            let mut cut = 0;
            for patience in [5, 15, 30, 60] {
                let retry = queue.retry_dead(None);
                cut +=
                    usize::from(tokio::time::timeout(Duration::from_millis(patience), retry).await.is_err());
                // What the killed walk held is back once its channel is closed.
                let all = async || {
                    let depth = queue.depth().await.unwrap();
                    (depth.waiting + depth.dead) as usize >= MESSAGES
                };
                until(all).await;
            }
            assert!(cut > 0, "no walk was killed");
            queue.retry_dead(None).await.unwrap();
            let waiting = queue.depth().await.unwrap().waiting as usize;
            let ids: BTreeSet<_> = drain(&queue, waiting).await.into_iter().collect();
            assert_eq!(ids.len(), MESSAGES, "of {waiting} messages");
            assert_eq!(queue.depth().await.unwrap().dead, 0);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_that_name_with_other_properties_is_refused() {
    Rabbit::new()
        .run(async |rabbit| {
            let plain = rabbit.plain().await;
            let channel = plain.create_channel().await.unwrap();
            let name = rabbit.name.clone();
            channel
                .queue_declare(name.into(), QueueDeclareOptions::durable(), FieldTable::default())
                .await
                .unwrap();
            let error = rabbit.try_connect().await.unwrap_err();
            assert!(
                error.to_string().contains("x-max-priority") || error.to_string().contains("inequivalent")
            );
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_counts_as_neither_waiting_nor_listed() {
    Rabbit::new()
        .run(async |rabbit| {
            let queue = rabbit.connect().await;
            queue.publish(&[message("held", 5), message("waits", 5)]).await.unwrap();
            let held = receive(&queue).await;
            let listed = queue.list(State::Waiting, 10).await.unwrap();
            assert_eq!((listed.len(), listed[0].id.as_str()), (1, "waits"));
            let depth = queue.depth().await.unwrap();
            assert_eq!((depth.waiting, depth.running, depth.oldest()), (1, None, None));
            let unsupported = queue.list(State::Running, 10).await.unwrap_err();
            assert!(matches!(unsupported, QueueError::Unsupported(_)));
            held.ack().await.unwrap();
            assert_eq!(drain(&queue, 1).await, ["waits"]);
        })
        .await;
}

#[tokio::test]
async fn amqps_speaks_tls() {
    const HANDSHAKE: u8 = 0x16;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connecting = tokio::spawn(async move {
        let url = format!("amqps://guest:guest@localhost:{port}/%2f");
        RabbitQueue::connect(&url, RabbitOptions::default(), Arc::new(SystemClock)).await
    });
    let (mut socket, _) = soon(listener.accept()).await.unwrap();
    assert_eq!(soon(socket.read_u8()).await.unwrap(), HANDSHAKE, "it spoke without encryption");
    drop((socket, listener));
    assert!(soon(connecting).await.unwrap().is_err());
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_an_error_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("amqp://guest:secret@127.0.0.1:{}/%2f", listener.local_addr().unwrap().port());
    let connecting = RabbitQueue::connect(&url, RabbitOptions::default(), Arc::new(SystemClock));
    let error = soon(connecting).await.unwrap_err();
    assert!(matches!(error, QueueError::TimedOut { .. }), "{error}");
    drop(listener);
    let connecting = RabbitQueue::connect(&url, RabbitOptions::default(), Arc::new(SystemClock));
    let error = soon(connecting).await.unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}
