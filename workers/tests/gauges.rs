//! What waits and what was given up, as the metrics show it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod shop;

use std::sync::Arc;

use vitrine_core::{FixedClock, Priority, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Module, sql};
use vitrine_queue::{EmbeddedQueue, Message, Queue};
use vitrine_telemetry::Metrics;
use vitrine_workers::Gauges;

const MODULES: &[&Module] = &[&vitrine_db::MODULE, &vitrine_queue::MODULE, &vitrine_mail::MODULE];
const DEAD_LETTER: &str = "INSERT INTO mail_delivery \
    (store, event, kind, recipient, about, state, attempts, free_at, created_at, changed_at) \
    VALUES ('a', 'e', 'k', 'ada@example.com', '', 'dead', 16, 0, 1, 1)";

async fn execute(db: &Db, text: &str) {
    let mut tx = db.begin().await.unwrap();
    sql(text.to_owned()).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

fn assert_shown(metrics: &Metrics, lines: &[String]) {
    let shown = metrics.render();
    for line in lines {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

/// Both databases in one test: a process has one registry.
#[tokio::test(flavor = "multi_thread")]
async fn a_priority_is_shown_while_it_waits_and_as_nothing_afterwards() {
    let metrics = Metrics::install().unwrap();
    for_each_backend(MODULES, async |db| {
        let clock = Arc::new(FixedClock::new(Timestamp::from_ms(1_000_000)));
        let queue = Arc::new(EmbeddedQueue::new(db.clone(), clock.clone()));
        let mut gauges = Gauges::new(db.clone(), queue.clone(), clock.clone());
        let message = |id: &str, priority| Message::new(id, shop::store("a"), priority, "{}");
        let (high, low) = (Priority::MANUAL, Priority::SCHEDULED);
        queue.publish(&[message("m", high), message("s1", low), message("s2", low)]).await.unwrap();
        execute(&db, DEAD_LETTER).await;
        clock.advance_ms(7_500);
        gauges.round().await.unwrap();
        assert_shown(
            &metrics,
            &[
                format!("vitrine_queue_messages{{priority=\"{high}\"}} 1"),
                format!("vitrine_queue_messages{{priority=\"{low}\"}} 2"),
                format!("vitrine_queue_age_seconds{{priority=\"{low}\"}} 7.5"),
                "vitrine_queue_dead_messages 0".to_owned(),
                "vitrine_mail_dead_letters 1".to_owned(),
            ],
        );

        execute(&db, "DELETE FROM queue_message WHERE id <> 'm'").await;
        execute(&db, "DELETE FROM mail_delivery").await;
        gauges.round().await.unwrap();
        assert_shown(
            &metrics,
            &[
                format!("vitrine_queue_messages{{priority=\"{high}\"}} 1"),
                format!("vitrine_queue_messages{{priority=\"{low}\"}} 0"),
                format!("vitrine_queue_age_seconds{{priority=\"{low}\"}} 0"),
                "vitrine_mail_dead_letters 0".to_owned(),
            ],
        );
    })
    .await;
}
