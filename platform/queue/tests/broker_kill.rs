//! RabbitMQ killed, restarted and paused under load: nothing is lost, and nobody has to do anything.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::broker::Broker;
use support::{ATTEMPTS, Rabbit, message, receive};
use tokio::time::Instant;
use vitrine_queue::{Queue, QueueError, RabbitQueue, State};

/// Long enough for the longest pause between two connects, and a busy machine.
const RECOVERY: Duration = Duration::from_secs(30);
const MESSAGES: usize = 2_000;
const BATCH: usize = 10;

fn rabbit(broker: &Broker) -> Rabbit {
    Rabbit { url: broker.url(), ..Rabbit::new() }
}

/// What each message is to meet with, by the last digit of its number.
fn number(id: &str) -> usize {
    id[1..].parse().unwrap()
}

fn is_to_die(id: &str) -> bool {
    number(id) % 10 == 7
}

fn is_to_be_retried(id: &str) -> bool {
    number(id) % 10 == 3
}

#[derive(Default)]
struct Seen {
    confirmed: Mutex<BTreeSet<String>>,
    /// In order, repeated where one came twice.
    done: Mutex<Vec<String>>,
    failed_publishes: Mutex<usize>,
}

impl Seen {
    fn confirmed(&self) -> usize {
        self.confirmed.lock().unwrap().len()
    }

    fn distinct(&self) -> BTreeSet<String> {
        self.done.lock().unwrap().iter().cloned().collect()
    }
}

/// Publishes like the relay: the same again until it is confirmed.
async fn publish_all(queue: Arc<RabbitQueue>, seen: Arc<Seen>) {
    for batch in 0..MESSAGES / BATCH {
        let batch: Vec<_> =
            (0..BATCH).map(|n| message(&format!("m{}", batch * BATCH + n), 1 + n as u8 % 9)).collect();
        while let Err(error) = queue.publish(&batch).await {
            assert!(error.is_transient(), "{error}");
            *seen.failed_publishes.lock().unwrap() += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        seen.confirmed.lock().unwrap().extend(batch.into_iter().map(|message| message.id));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Works through messages; after an answer that failed a message comes again.
async fn consume(queue: Arc<RabbitQueue>, seen: Arc<Seen>) {
    loop {
        let delivery = queue.receive().await.unwrap();
        let id = delivery.message.id.clone();
        let done = if is_to_die(&id) {
            delivery.dead_letter("it is to die").await.is_ok()
        } else if is_to_be_retried(&id) && delivery.attempt < ATTEMPTS {
            let _ = delivery.retry_after(Duration::from_millis(1), "not yet").await;
            false
        } else {
            delivery.ack().await.is_ok()
        };
        if done {
            seen.done.lock().unwrap().push(id);
        }
    }
}

async fn within<T>(limit: Duration, what: &str, so: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = so().await {
            return found;
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_killed_under_load_loses_nothing() {
    let mut broker = Broker::start().await;
    let rabbit = rabbit(&broker);
    let processes = [Arc::new(rabbit.connect().await), Arc::new(rabbit.connect().await)];
    let seen = Arc::new(Seen::default());
    let publisher = tokio::spawn(publish_all(Arc::clone(&processes[0]), Arc::clone(&seen)));
    let consumers: Vec<_> =
        (0..6).map(|n| tokio::spawn(consume(Arc::clone(&processes[n % 2]), Arc::clone(&seen)))).collect();

    for kill_at in [MESSAGES / 4, MESSAGES / 2] {
        let reached = || (seen.confirmed() >= kill_at).then_some(());
        within(4 * RECOVERY, "the load", async || reached()).await;
        broker.kill();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = seen.confirmed();
        broker.start_again().await;
        let up = Instant::now();
        within(RECOVERY, "publishing again", async || (seen.confirmed() > before).then_some(())).await;
        println!("publishing {:?} after the broker listened again", up.elapsed());
    }
    tokio::time::timeout(4 * RECOVERY, publisher).await.expect("the publisher hangs").unwrap();
    // Now there is nothing to publish: receivers that only wait have to come back as well.
    broker.kill();
    broker.start_again().await;

    let all = async || (seen.distinct().len() == MESSAGES).then_some(());
    if tokio::time::timeout(4 * RECOVERY, within(5 * RECOVERY, "all", all)).await.is_err() {
        let missing: Vec<_> = seen.confirmed.lock().unwrap().difference(&seen.distinct()).cloned().collect();
        panic!("{missing:?} never came; {:?}", processes[1].depth().await);
    }
    assert_eq!(seen.distinct(), *seen.confirmed.lock().unwrap());
    assert!(consumers.iter().all(|consumer| !consumer.is_finished()), "a consumer gave up");
    let empty = async || {
        let depth = processes[1].depth().await.ok()?;
        (depth.waiting + depth.delayed == 0).then_some(depth.dead)
    };
    let dead = within(RECOVERY, "an empty queue", empty).await;
    let listed = processes[1].list(State::Dead, usize::try_from(dead).unwrap()).await.unwrap();
    let died: BTreeSet<_> = listed.iter().map(|dead| dead.id.clone()).collect();
    let to_die: BTreeSet<_> = seen.distinct().into_iter().filter(|id| is_to_die(id)).collect();
    assert_eq!(died, to_die);
    println!(
        "{} publishes failed and were repeated, {} messages came twice",
        seen.failed_publishes.lock().unwrap(),
        seen.done.lock().unwrap().len() - MESSAGES,
    );
    assert!(*seen.failed_publishes.lock().unwrap() > 0, "no publish met with the kill");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_hangs_is_noticed_and_found_again() {
    let broker = Broker::start().await;
    let rabbit = rabbit(&broker);
    let queue = Arc::new(rabbit.connect().await);
    queue.publish(&[message("m1", 5), message("m2", 5)]).await.unwrap();
    let held = receive(&*queue).await;

    broker.pause();
    let start = Instant::now();
    let error = queue.publish(&[message("m3", 5)]).await.unwrap_err();
    assert!(matches!(error, QueueError::TimedOut { .. }) && error.is_transient(), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    let error = queue.depth().await.unwrap_err();
    assert!(matches!(error, QueueError::Disconnected), "{error}");
    broker.go_on();

    let published = async || queue.publish(&[message("m3", 5)]).await.ok();
    within(RECOVERY, "publishing again", published).await;
    // What was held on the old connection is answered there, or comes again.
    let mut ids = BTreeSet::new();
    if held.ack().await.is_ok() {
        ids.insert("m1".to_owned());
    }
    let expected: BTreeSet<_> = ["m1", "m2", "m3"].map(ToOwned::to_owned).into();
    while ids != expected {
        let delivery = receive(&*queue).await;
        ids.insert(delivery.message.id.clone());
        delivery.ack().await.unwrap();
    }
}
