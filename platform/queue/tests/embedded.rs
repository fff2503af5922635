//! What only the embedded queue does: claims that end by time, and one message for one id.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{drain, is_silent, message, receive, soon, store};
use vitrine_core::{FixedClock, Priority, SystemClock, Timestamp};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_queue::{EmbeddedQueue, MODULE, Message, Queue, QueueError, Retried, State};

const START: Timestamp = Timestamp::from_ms(1_764_150_000_000);

/// A queue and its clock, which stands until it is moved.
fn standing(db: &Db) -> (EmbeddedQueue, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::new(START));
    (EmbeddedQueue::new(db.clone(), clock.clone()).with_attempts(3), clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_killed_process_comes_back_when_its_claim_is_over() {
    for_each_backend(&[&MODULE], async |db| {
        let ((paused, _), (other, clock)) = (standing(&db), standing(&db));
        paused.publish(&[message("a", 5)]).await.unwrap();
        let held = receive(&paused).await;
        clock.advance_ms(59_999);
        assert!(is_silent(&other).await);
        assert_eq!(other.list(State::Running, 10).await.unwrap()[0].until, Some(START.plus_ms(60_000)));
        clock.advance_ms(1);
        let taken = receive(&other).await;
        assert_eq!((taken.message.id.as_str(), taken.attempt), ("a", 2), "the lost attempt counts");

        // The first one was only paused: its answer comes too late and harms nobody.
        assert!(matches!(held.ack().await, Err(QueueError::Lost)));
        taken.ack().await.unwrap();
        assert_eq!(other.depth().await.unwrap().running, Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_answers_of_every_kind_change_nothing() {
    for_each_backend(&[&MODULE], async |db| {
        let ((paused, _), (other, clock)) = (standing(&db), standing(&db));
        for (n, answer) in ["retry", "bury", "put back", "drop"].into_iter().enumerate() {
            paused.publish(&[message(answer, 5)]).await.unwrap();
            let held = receive(&paused).await;
            clock.set(START.plus_ms(60_000 + n as i64));
            let taken = receive(&other).await;
            let late = match answer {
                "retry" => held.retry_after(Duration::ZERO, "late").await.map(|_| ()),
                "bury" => held.dead_letter("late").await,
                "put back" => held.put_back().await,
                _ => {
                    drop(held);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    Err(QueueError::Lost)
                }
            };
            assert!(matches!(late, Err(QueueError::Lost)), "{answer}: {late:?}");
            let depth = other.depth().await.unwrap();
            assert_eq!((depth.running, depth.waiting, depth.dead), (Some(1), 0, 0), "{answer}");
            taken.ack().await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_message_is_kept_as_long_as_its_process_lives() {
    for_each_backend(&[&MODULE], async |db| {
        let open =
            || EmbeddedQueue::new(db.clone(), Arc::new(SystemClock)).with_claim(Duration::from_millis(900));
        let (queue, other) = (open(), open());
        queue.publish(&[message("long", 5)]).await.unwrap();
        let held = receive(&queue).await;
        let taken = tokio::time::timeout(Duration::from_millis(2_500), other.receive()).await;
        assert!(taken.is_err(), "it went to another although it was held");
        held.ack().await.unwrap();
        assert!(is_silent(&other).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_kills_its_process_each_time_is_dead_in_the_end() {
    for_each_backend(&[&MODULE], async |db| {
        let (killed, clock) = standing(&db);
        killed.publish(&[message("deadly", 9), message("fine", 1)]).await.unwrap();
        for attempt in 1..=3 {
            let held = receive(&killed).await;
            assert_eq!((held.message.id.as_str(), held.attempt), ("deadly", attempt));
            // Nobody prolongs it and nobody lets go of it.
            std::mem::forget(held);
            clock.advance_ms(60_001);
        }
        assert_eq!(drain(&killed, 1).await, ["fine"]);
        let dead = killed.list(State::Dead, 10).await.unwrap();
        assert_eq!(dead[0].id, "deadly");
        assert_eq!(dead[0].reason.as_deref(), Some("delivered 3 times and never answered"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_is_kept_to_the_millisecond() {
    for_each_backend(&[&MODULE], async |db| {
        let (queue, clock) = standing(&db);
        queue.publish(&[message("later", 5)]).await.unwrap();
        let delay = Duration::from_secs(90);
        assert_eq!(receive(&queue).await.retry_after(delay, "busy").await.unwrap(), Retried::Later);
        assert_eq!(queue.list(State::Delayed, 10).await.unwrap()[0].until, Some(START.plus_ms(90_000)));
        clock.advance_ms(89_999);
        assert!(is_silent(&queue).await);
        let waiting = queue.clone();
        let receiving = tokio::spawn(async move { waiting.receive().await });
        clock.advance_ms(1);
        assert_eq!(soon(receiving).await.unwrap().unwrap().attempt, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_waits_an_id_is_one_message_with_the_higher_priority() {
    for_each_backend(&[&MODULE], async |db| {
        let (queue, clock) = standing(&db);
        let with = |level, body: &str| {
            Message::new("same", store("rest"), Priority::from_level(level), body.as_bytes())
        };
        queue.publish(&[with(3, "1"), message("between", 5), with(6, "2"), with(4, "3")]).await.unwrap();
        clock.advance_ms(10);
        queue.publish(&[with(1, "4")]).await.unwrap();
        let depth = queue.depth().await.unwrap();
        assert_eq!((depth.waiting, depth.oldest()), (2, Some(START)), "it is as old as the first");
        let levels: Vec<_> =
            depth.levels.iter().map(|level| (level.priority.level(), level.waiting)).collect();
        assert_eq!(levels, [(6, 1), (5, 1)]);
        let delivery = receive(&queue).await;
        assert_eq!((delivery.message.body.as_slice(), delivery.enqueued_at), (&b"4"[..], START));
        delivery.ack().await.unwrap();
        assert_eq!(drain(&queue, 1).await, ["between"]);
        assert!(is_silent(&queue).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_while_it_is_held_comes_once_more() {
    for_each_backend(&[&MODULE], async |db| {
        let (queue, clock) = standing(&db);
        for answer in ["ack", "retry", "bury", "put back"] {
            queue.publish(&[message(answer, 5)]).await.unwrap();
            let held = receive(&queue).await;
            clock.advance_ms(1);
            queue.publish(&[message(answer, 5)]).await.unwrap();
            assert!(is_silent(&queue).await, "{answer}: it was given to two");
            match answer {
                "ack" => held.ack().await.unwrap(),
                "retry" => {
                    held.retry_after(Duration::from_secs(600), "late").await.unwrap();
                }
                "bury" => held.dead_letter("old").await.unwrap(),
                _ => held.put_back().await.unwrap(),
            }
            let again = receive(&queue).await;
            assert_eq!((again.message.id.as_str(), again.attempt), (answer, 1));
            again.ack().await.unwrap();
            assert!(is_silent(&queue).await, "{answer}: it came three times");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_wakes_the_delayed_and_the_dead() {
    for_each_backend(&[&MODULE], async |db| {
        let (queue, _) = standing(&db);
        queue.publish(&[message("delayed", 5), message("dead", 4)]).await.unwrap();
        receive(&queue).await.retry_after(Duration::from_secs(600), "busy").await.unwrap();
        receive(&queue).await.dead_letter("wrong").await.unwrap();
        queue.publish(&[message("delayed", 5), message("dead", 4)]).await.unwrap();
        assert_eq!(queue.depth().await.unwrap().dead, 0);
        let (delayed, dead) = (receive(&queue).await, receive(&queue).await);
        assert_eq!((delayed.attempt, dead.attempt), (2, 1));
        for delivery in [delayed, dead] {
            delivery.ack().await.unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_nobody_wrote_so_does_not_hold_up_the_others() {
    for_each_backend(&[&MODULE], async |db| {
        let (queue, _) = standing(&db);
        queue.publish(&[message("fine", 1), message("strange", 9)]).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let strange = "UPDATE queue_message SET store = 'Not A Store' WHERE id = 'strange'";
        sqlx::query(strange).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(drain(&queue, 1).await, ["fine"]);
        let dead = queue.list(State::Dead, 10).await.unwrap();
        assert_eq!((dead[0].id.as_str(), &dead[0].store), ("strange", &None));
        assert!(dead[0].reason.as_deref().unwrap().contains("Not A Store"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_in_a_transaction_is_there_once_that_is_committed() {
    for_each_backend(&[&MODULE], async |db| {
        let queue = standing(&db).0;
        assert!(queue.within(&db).is_some());
        let mut tx = db.begin().await.unwrap();
        queue.publish_in(&mut tx, &[message("never", 5)]).await.unwrap();
        tx.rollback().await.unwrap();
        let receiver = tokio::spawn({
            let queue = queue.clone();
            async move { queue.receive().await.unwrap().message.id.clone() }
        });
        let many: Vec<_> = (0..700).map(|n| message(&format!("m{n}"), 5)).collect();
        let mut tx = db.begin_soft().await.unwrap();
        queue.publish_in(&mut tx, &many).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(receiver.await.unwrap(), "m0", "the commit wakes who waits");
    })
    .await;
}
