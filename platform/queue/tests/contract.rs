//! What every queue keeps: one suite for the embedded queue on SQLite and PostgreSQL, and for RabbitMQ.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::{
    ATTEMPTS, Bench, SOON, drain, is_silent, message, now, on_embedded, on_rabbit, receive, soon, store,
    until,
};
use vitrine_queue::{Message, QueueError, Retried, State};

macro_rules! contract {
    ($($case:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::on_embedded(super::$case).await;
            })*
        }
        mod rabbit {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                super::on_rabbit(super::$case).await;
            })*
        }
    };
}

contract!(
    the_most_urgent_goes_first_and_then_the_oldest,
    what_is_published_is_stored,
    an_id_that_is_none_is_refused_before_anything_is_stored,
    an_acknowledged_message_is_gone,
    a_retry_comes_later_and_counts,
    after_the_last_attempt_a_message_is_dead,
    a_dropped_delivery_goes_to_the_next_receiver,
    what_is_put_back_comes_again_and_does_not_count,
    the_messages_of_a_closed_consumer_come_back,
    dead_messages_are_listed_retried_and_dropped,
    stores_do_not_mix,
    many_consumers_hold_each_message_once,
    any_bytes_are_delivered_and_can_be_dead,
    the_trace_and_the_time_survive_retry_and_death,
    a_dropped_receive_loses_nothing,
    a_waiting_receiver_is_woken_at_once,
);

async fn the_most_urgent_goes_first_and_then_the_oldest(bench: &dyn Bench) {
    let queue = bench.open().await;
    queue.publish(&[message("low", 1), message("a", 5), message("b", 5), message("c", 5)]).await.unwrap();
    let held = receive(&*queue).await;
    assert_eq!(held.message.id, "a");
    queue.publish(&[message("high", 9), message("low 2", 1)]).await.unwrap();
    held.ack().await.unwrap();
    assert_eq!(drain(&*queue, 5).await, ["high", "b", "c", "low", "low 2"]);
}

async fn what_is_published_is_stored(bench: &dyn Bench) {
    let (queue, other) = (bench.open().await, bench.open().await);
    queue.publish(&[]).await.unwrap();
    assert_eq!(other.depth().await.unwrap().waiting, 0);
    let many: Vec<_> = (0..1_200).map(|n| message(&format!("m{n}"), 1 + n as u8 % 9)).collect();
    queue.publish(&many).await.unwrap();
    let depth = other.depth().await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.dead), (1_200, 0, 0));
    let listed = other.list(State::Waiting, 3).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|listed| listed.id.as_str()).collect();
    assert_eq!(ids, ["m8", "m17", "m26"]);
    assert_eq!(listed[0].store, Some(store("rest")));
    // Looking takes nothing; but a busy broker counts before it has put back what was looked at.
    until(async || other.depth().await.unwrap().waiting == 1_200).await;
    assert_eq!(drain(&*other, 3).await, ids);
}

async fn an_id_that_is_none_is_refused_before_anything_is_stored(bench: &dyn Bench) {
    let queue = bench.open().await;
    for wrong in ["", "a\0b", &"x".repeat(256)] {
        let error = queue.publish(&[message("fine", 5), message(wrong, 5)]).await.unwrap_err();
        assert!(matches!(error, QueueError::Message { .. }) && !error.is_transient(), "{error}");
    }
    assert_eq!(queue.depth().await.unwrap().waiting, 0);
    let longest = "ü".repeat(127);
    queue.publish(&[message(&longest, 5)]).await.unwrap();
    assert_eq!(drain(&*queue, 1).await, [longest]);
}

async fn an_acknowledged_message_is_gone(bench: &dyn Bench) {
    let queue = bench.open().await;
    let published = message("once", 6);
    queue.publish(std::slice::from_ref(&published)).await.unwrap();
    let delivery = receive(&*queue).await;
    assert_eq!((&delivery.message, delivery.attempt), (&published, 1));
    assert_eq!(queue.depth().await.unwrap().waiting, 0);
    delivery.ack().await.unwrap();
    assert!(is_silent(&*queue).await);
    let depth = bench.open().await.depth().await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.dead), (0, 0, 0));
}

async fn a_retry_comes_later_and_counts(bench: &dyn Bench) {
    let queue = bench.open().await;
    let delay = bench.shortest();
    queue.publish(&[message("again", 7), message("other", 3)]).await.unwrap();
    let before = now();
    let first = receive(&*queue).await;
    assert_eq!(first.retry_after(delay, "the store\nwas locked").await.unwrap(), Retried::Later);
    let depth = queue.depth().await.unwrap();
    assert_eq!((depth.waiting, depth.delayed), (1, 1));
    let listed = queue.list(State::Delayed, 10).await.unwrap();
    assert_eq!((listed.len(), listed[0].attempt), (1, 1));
    assert_eq!(listed[0].reason.as_deref(), Some("the store was locked"));

    // It holds nobody up, and when its time comes it is as urgent as before.
    let other = receive(&*queue).await;
    assert_eq!(other.message.id, "other");
    queue.publish(&[message("less", 6)]).await.unwrap();
    until(async || queue.depth().await.unwrap().waiting == 2).await;
    let second = receive(&*queue).await;
    assert_eq!((second.message.id.as_str(), second.attempt), ("again", 2));
    assert_eq!(second.message, message("again", 7));
    let delay_ms = i64::try_from(delay.as_millis()).unwrap();
    assert!(now() >= before.plus_ms(delay_ms), "it came too early");
    for delivery in [second, other] {
        delivery.ack().await.unwrap();
    }
    assert_eq!(drain(&*queue, 1).await, ["less"]);
}

async fn after_the_last_attempt_a_message_is_dead(bench: &dyn Bench) {
    let queue = bench.open().await;
    queue.publish(&[message("hopeless", 4)]).await.unwrap();
    for attempt in 1..=ATTEMPTS {
        let delivery = receive(&*queue).await;
        assert_eq!(delivery.attempt, attempt);
        let retried = delivery.retry_after(Duration::ZERO, &format!("failure {attempt}")).await.unwrap();
        assert_eq!(retried, if attempt == ATTEMPTS { Retried::Dead } else { Retried::Later });
    }
    assert!(is_silent(&*queue).await);
    let dead = queue.list(State::Dead, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].id.as_str(), dead[0].attempt), (1, "hopeless", ATTEMPTS));
    assert_eq!(dead[0].reason.as_deref(), Some("failure 3"));
    assert_eq!((dead[0].store.clone(), dead[0].priority), (Some(store("rest")), message("x", 4).priority));
    assert!(dead[0].dead_at.is_some_and(|at| at <= now() && at >= dead[0].enqueued_at.unwrap()));
}

async fn a_dropped_delivery_goes_to_the_next_receiver(bench: &dyn Bench) {
    let (queue, other) = (bench.open().await, bench.open().await);
    queue.publish(&[message("dropped", 5)]).await.unwrap();
    let delivery = receive(&*queue).await;
    assert!(is_silent(&*other).await, "it is held and was delivered");
    drop(delivery);
    let delivery = receive(&*other).await;
    assert_eq!((delivery.message.id.as_str(), delivery.attempt), ("dropped", 1));
    delivery.ack().await.unwrap();
    assert!(is_silent(&*queue).await);
}

async fn what_is_put_back_comes_again_and_does_not_count(bench: &dyn Bench) {
    let queue = bench.open().await;
    queue.publish(&[message("a", 5), message("b", 5)]).await.unwrap();
    for _ in 0..ATTEMPTS + 2 {
        let delivery = receive(&*queue).await;
        assert_eq!((delivery.message.id.as_str(), delivery.attempt), ("a", 1));
        delivery.put_back().await.unwrap();
    }
    assert_eq!(drain(&*queue, 2).await, ["a", "b"]);
}

async fn the_messages_of_a_closed_consumer_come_back(bench: &dyn Bench) {
    let (queue, other) = (bench.open().await, bench.open().await);
    queue.publish(&[message("a", 5), message("b", 5)]).await.unwrap();
    let held = (receive(&*queue).await, receive(&*queue).await);
    drop((held, queue));
    let ids: BTreeSet<_> = drain(&*other, 2).await.into_iter().collect();
    assert_eq!(ids, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
}

async fn dead_messages_are_listed_retried_and_dropped(bench: &dyn Bench) {
    let queue = bench.open().await;
    let ids: Vec<_> = (0..6).map(|n| format!("d{n}")).collect();
    queue.publish(&ids.iter().map(|id| message(id, 5)).collect::<Vec<_>>()).await.unwrap();
    for id in &ids {
        receive(&*queue).await.dead_letter(&format!("{id} is wrong")).await.unwrap();
    }
    let dead_ids = async || -> Vec<_> {
        queue.list(State::Dead, 100).await.unwrap().into_iter().map(|dead| dead.id).collect()
    };
    assert_eq!(dead_ids().await, ids);
    let two = queue.list(State::Dead, 2).await.unwrap();
    assert_eq!((two.len(), two[1].reason.as_deref()), (2, Some("d1 is wrong")));
    assert_eq!(queue.depth().await.unwrap().dead, 6, "looking took something");

    assert_eq!(queue.retry_dead(Some("d3")).await.unwrap(), 1);
    assert_eq!(queue.retry_dead(Some("d3")).await.unwrap(), 0);
    let retried = receive(&*queue).await;
    assert_eq!((retried.message.id.as_str(), retried.attempt), ("d3", 1), "it is as new");
    retried.ack().await.unwrap();
    assert_eq!(queue.drop_dead(Some("d0")).await.unwrap(), 1);
    assert_eq!(queue.drop_dead(Some("nobody")).await.unwrap(), 0);
    assert_eq!(dead_ids().await, ["d1", "d2", "d4", "d5"]);

    assert_eq!(queue.retry_dead(None).await.unwrap(), 4);
    assert_eq!(drain(&*queue, 3).await, ["d1", "d2", "d4"]);
    receive(&*queue).await.dead_letter("still wrong").await.unwrap();
    assert_eq!(queue.drop_dead(None).await.unwrap(), 1);
    assert_eq!(queue.depth().await.unwrap().dead, 0);
    assert!(is_silent(&*queue).await);
}

async fn stores_do_not_mix(bench: &dyn Bench) {
    let queue = bench.open().await;
    let of = |of: &str, body: &str| Message::new("same", store(of), message("x", 5).priority, body);
    queue.publish(&[of("rest", "one"), of("nimbus", "two")]).await.unwrap();
    let (first, second) = (receive(&*queue).await, receive(&*queue).await);
    let bodies: BTreeMap<_, _> =
        [&first, &second].map(|held| (held.message.store.as_str(), held.message.body.as_slice())).into();
    assert_eq!(bodies, BTreeMap::from([("rest", &b"one"[..]), ("nimbus", &b"two"[..])]));
    let other = second.message.store.clone();
    first.ack().await.unwrap();
    second.dead_letter("wrong").await.unwrap();
    let dead = queue.list(State::Dead, 10).await.unwrap();
    assert_eq!((dead.len(), dead[0].store.clone()), (1, Some(other)));
}

async fn many_consumers_hold_each_message_once(bench: &dyn Bench) {
    const MESSAGES: usize = 240;
    let held: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut consumers = Vec::new();
    for _ in 0..3 {
        let queue = bench.open().await;
        for _ in 0..4 {
            let (queue, held, seen) = (Arc::clone(&queue), Arc::clone(&held), Arc::clone(&seen));
            consumers.push(tokio::spawn(async move {
                loop {
                    let delivery = queue.receive().await.unwrap();
                    let id = delivery.message.id.clone();
                    assert!(held.lock().unwrap().insert(id.clone()), "{id} is held twice");
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    held.lock().unwrap().remove(&id);
                    delivery.ack().await.unwrap();
                    seen.lock().unwrap().push(id);
                }
            }));
        }
    }
    let queue = bench.open().await;
    for batch in 0..MESSAGES / 20 {
        let batch: Vec<_> =
            (0..20).map(|n| message(&format!("m{}", batch * 20 + n), 1 + n as u8 % 9)).collect();
        queue.publish(&batch).await.unwrap();
    }
    let all = tokio::time::timeout(6 * SOON, async {
        while seen.lock().unwrap().len() < MESSAGES {
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert!(consumers.iter().all(|consumer| !consumer.is_finished()), "a consumer failed");
        }
    });
    all.await.expect("messages were lost");
    for consumer in &consumers {
        consumer.abort();
    }
    let once: BTreeSet<_> = seen.lock().unwrap().iter().cloned().collect();
    assert_eq!((once.len(), seen.lock().unwrap().len()), (MESSAGES, MESSAGES));
    assert!(is_silent(&*queue).await);
}

async fn any_bytes_are_delivered_and_can_be_dead(bench: &dyn Bench) {
    let queue = bench.open().await;
    let bodies: [&[u8]; 4] = [b"", b"\x00\xff\\x41", b"\\x41", "{\"v\":99,\"n\":\"ü\"}".as_bytes()];
    for (n, body) in bodies.into_iter().enumerate() {
        let id = format!("b{n}");
        queue
            .publish(&[Message::new(id.as_str(), store("rest"), message("x", 5).priority, body)])
            .await
            .unwrap();
        let delivery = receive(&*queue).await;
        assert_eq!(delivery.message.body, body);
        delivery.dead_letter("not a render request").await.unwrap();
        assert_eq!(queue.list(State::Dead, 10).await.unwrap()[0].body, body);
        assert_eq!(queue.retry_dead(Some(&id)).await.unwrap(), 1);
        let delivery = receive(&*queue).await;
        assert_eq!(delivery.message.body, body);
        delivery.ack().await.unwrap();
    }
}

async fn the_trace_and_the_time_survive_retry_and_death(bench: &dyn Bench) {
    let queue = bench.open().await;
    let trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let before = now();
    let traced = message("traced", 5).with_trace(trace.clone());
    let broken = message("broken", 4).with_trace(Some("not\0a trace".to_owned()));
    queue.publish(&[traced, broken]).await.unwrap();
    let first = receive(&*queue).await;
    let enqueued_at = first.enqueued_at;
    assert!((before..=now()).contains(&enqueued_at));
    assert_eq!(first.message.trace, trace);
    first.retry_after(Duration::ZERO, "once more").await.unwrap();
    let second = receive(&*queue).await;
    assert_eq!((&second.message.trace, second.enqueued_at), (&trace, enqueued_at));
    second.dead_letter("no").await.unwrap();
    assert_eq!(queue.list(State::Dead, 1).await.unwrap()[0].enqueued_at, Some(enqueued_at));
    queue.retry_dead(None).await.unwrap();
    let third = receive(&*queue).await;
    assert_eq!(third.message.trace, trace);
    assert!(third.enqueued_at >= enqueued_at, "it is as new");
    third.ack().await.unwrap();
    let broken = receive(&*queue).await;
    assert_eq!(broken.message.trace, None);
    broken.ack().await.unwrap();
}

async fn a_dropped_receive_loses_nothing(bench: &dyn Bench) {
    const ROUNDS: usize = 40;
    let queue = bench.open().await;
    let mut ids = BTreeSet::new();
    for round in 0..ROUNDS {
        let published = message(&format!("r{round}"), 5);
        let publisher = Arc::clone(&queue);
        let publishing = tokio::spawn(async move { publisher.publish(&[published]).await });
        // At another point each time: before, while and after the message is handed out.
        let patience = Duration::from_millis(round as u64 % 8);
        if let Ok(delivery) = tokio::time::timeout(patience, queue.receive()).await {
            let delivery = delivery.unwrap();
            ids.insert(delivery.message.id.clone());
            delivery.ack().await.unwrap();
        }
        publishing.await.unwrap().unwrap();
    }
    let left = drain(&*queue, ROUNDS - ids.len()).await;
    assert!(!left.is_empty(), "no receive was dropped");
    ids.extend(left);
    assert_eq!(ids.len(), ROUNDS);
    assert!(is_silent(&*queue).await);
}

async fn a_waiting_receiver_is_woken_at_once(bench: &dyn Bench) {
    const ROUNDS: u32 = 20;
    let queue = bench.open().await;
    let mut waited = Duration::ZERO;
    for round in 0..ROUNDS {
        let receiver = Arc::clone(&queue);
        let receiving = tokio::spawn(async move { receiver.receive().await });
        tokio::time::sleep(Duration::from_millis(30)).await;
        let start = tokio::time::Instant::now();
        queue.publish(&[message(&format!("w{round}"), 5)]).await.unwrap();
        let delivery = soon(receiving).await.unwrap().unwrap();
        waited += start.elapsed();
        delivery.ack().await.unwrap();
    }
    // Half of what looking every 200 ms would take on average.
    assert!(waited < ROUNDS * Duration::from_millis(50), "{waited:?} for {ROUNDS} messages");
}
