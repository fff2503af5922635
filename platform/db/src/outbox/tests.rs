use super::*;
use crate::testing::for_each_backend;

const MINUTE: i64 = 60_000;

fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(ms)
}

async fn push(db: &Db, shop: &str, entity: &str, version: i64) -> bool {
    let mut tx = db.begin().await.unwrap();
    let (store, id) = (store(shop), format!("{entity}-{version}"));
    let event = NewEvent {
        store: &store,
        id: &id,
        kind: "revised",
        entity,
        version,
        payload: "{}",
        trace: Some("00-1-2-01"),
        at: at(1),
    };
    let pushed = Outbox::push_in(&mut tx, &event).await.unwrap();
    tx.commit().await.unwrap();
    pushed
}

async fn claim(db: &Db, owner: &str, now: i64, limit: u32) -> Vec<Event> {
    let mut tx = db.begin().await.unwrap();
    let claim = OutboxClaim { owner, now: at(now), until: at(now + MINUTE), limit };
    let events = Outbox::claim_in(&mut tx, &claim).await.unwrap();
    tx.commit().await.unwrap();
    events
}

async fn published(db: &Db, events: &[Event], now: i64) -> u64 {
    let mut tx = db.begin().await.unwrap();
    let marked = Outbox::published_in(&mut tx, events, at(now)).await.unwrap();
    tx.commit().await.unwrap();
    marked
}

async fn failed(db: &Db, owner: &str, event: &Event, now: i64) -> Timestamp {
    let mut tx = db.begin().await.unwrap();
    let retry_at = Outbox::failed_in(&mut tx, owner, event, "no such\0 thing", at(now)).await.unwrap();
    tx.commit().await.unwrap();
    retry_at
}

/// Whether something could be claimed.
async fn is_free(db: &Db, now: i64) -> bool {
    Outbox::waiting(db).await.unwrap().is_some_and(|waiting| waiting.free_at <= at(now))
}

fn names(events: &[Event]) -> Vec<(&str, &str)> {
    events.iter().map(|event| (event.store.as_str(), event.id.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_claimed_once_and_gone_when_published() {
    for_each_backend(&[&MODULE], async |db| {
        assert!(!is_free(&db, 0).await);
        assert!(push(&db, "a", "store", 1).await);
        assert!(!push(&db, "a", "store", 1).await, "the same id is the same event");
        assert!(push(&db, "b", "store", 1).await, "ids are the store's own");
        assert_eq!(Outbox::waiting(&db).await.unwrap(), Some(Waiting { oldest: at(1), free_at: at(0) }));

        let events = claim(&db, "one", 10, 100).await;
        assert_eq!(names(&events), [("a", "store-1"), ("b", "store-1")]);
        let expected = Event {
            store: store("a"),
            id: "store-1".to_owned(),
            kind: "revised".to_owned(),
            entity: "store".to_owned(),
            version: 1,
            payload: "{}".to_owned(),
            trace: Some("00-1-2-01".to_owned()),
            at: at(1),
            attempts: 0,
        };
        assert_eq!(events[0], expected);
        assert_eq!(claim(&db, "two", 10 + MINUTE - 1, 100).await, []);

        assert_eq!(published(&db, &events, 20).await, 2);
        assert_eq!(published(&db, &events, 21).await, 0, "marked once");
        assert_eq!(claim(&db, "two", 10 + MINUTE, 100).await, []);
        assert_eq!(Outbox::waiting(&db).await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_relay_held_is_claimed_again() {
    for_each_backend(&[&MODULE], async |db| {
        push(&db, "a", "store", 1).await;
        assert_eq!(claim(&db, "dead", 0, 100).await.len(), 1);
        assert!(!is_free(&db, MINUTE - 1).await);
        assert!(is_free(&db, MINUTE).await);
        let events = claim(&db, "next", MINUTE, 100).await;
        assert_eq!(names(&events), [("a", "store-1")]);

        let mut tx = db.begin().await.unwrap();
        Outbox::release_in(&mut tx, "dead", &events).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claim(&db, "third", MINUTE, 100).await, [], "what is another's can't be given back");
        let mut tx = db.begin().await.unwrap();
        Outbox::release_in(&mut tx, "next", &events).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claim(&db, "third", MINUTE, 100).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_back_write_pushes_nothing() {
    for_each_backend(&[&MODULE], async |db| {
        let mut tx = db.begin().await.unwrap();
        let shop = store("a");
        let event = NewEvent {
            store: &shop,
            id: "x",
            kind: "revised",
            entity: "store",
            version: 1,
            payload: "{}",
            trace: None,
            at: at(1),
        };
        assert!(Outbox::push_in(&mut tx, &event).await.unwrap());
        tx.rollback().await.unwrap();
        assert!(!is_free(&db, 0).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_entity_holds_back_only_itself() {
    for_each_backend(&[&MODULE], async |db| {
        for version in [2, 1, 3] {
            push(&db, "a", "store", version).await;
        }
        push(&db, "a", "other", 9).await;
        push(&db, "b", "store", 2).await;
        let events = claim(&db, "one", 0, 100).await;
        assert_eq!(
            names(&events),
            [("a", "other-9"), ("a", "store-1"), ("a", "store-2"), ("a", "store-3"), ("b", "store-2")]
        );
        assert_eq!(published(&db, &[events[0].clone(), events[4].clone()], 1).await, 2);
        assert_eq!(failed(&db, "one", &events[1], 0).await, at(1_000));

        push(&db, "a", "store", 4).await;
        push(&db, "a", "other", 10).await;
        assert_eq!(names(&claim(&db, "two", 999, 100).await), [("a", "other-10")]);
        let again = claim(&db, "two", 1_000, 100).await;
        assert_eq!(
            names(&again),
            [("a", "store-1"), ("a", "store-2"), ("a", "store-3"), ("a", "store-4")],
            "the later versions waited with the first, in their order"
        );
        assert_eq!((again[0].attempts, again[1].attempts), (1, 0));
        assert_eq!(failed(&db, "two", &again[0], 1_000).await, at(3_000), "the wait doubles");

        let blocked = Outbox::blocked(&db, 10).await.unwrap();
        assert_eq!(blocked.len(), 1);
        assert_eq!((blocked[0].event.id.as_str(), blocked[0].error.as_str()), ("store-1", "no such thing"));
        assert_eq!((blocked[0].event.attempts, blocked[0].retry_at), (2, at(3_000)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_held_by_another_relay_keep_later_ones_back() {
    for_each_backend(&[&MODULE], async |db| {
        for version in 1..=5 {
            push(&db, "a", "store", version).await;
        }
        let first = claim(&db, "one", 0, 2).await;
        assert_eq!(names(&first), [("a", "store-1"), ("a", "store-2")]);
        assert_eq!(claim(&db, "two", 0, 2).await, [], "3 must not pass 1 and 2");
        assert_eq!(published(&db, &first, 0).await, 2);
        assert_eq!(names(&claim(&db, "two", 0, 2).await), [("a", "store-3"), ("a", "store-4")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_that_claim_at_once_share_the_events_and_keep_the_order() {
    for_each_backend(&[&MODULE], async |db| {
        for version in 1..=20 {
            for entity in ["x", "y", "z"] {
                push(&db, "a", entity, version).await;
            }
        }
        let relays = ["one", "two", "three"].map(|owner| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut seen = Vec::new();
                loop {
                    let events = claim(&db, owner, 0, 7).await;
                    if events.is_empty() && !is_free(&db, 0).await {
                        return seen;
                    }
                    let marked = published(&db, &events, 0).await;
                    assert_eq!(marked, events.len() as u64, "nobody else had them");
                    seen.extend(events.into_iter().map(|event| (event.entity, event.version)));
                }
            })
        });
        let mut all = Vec::new();
        for relay in relays {
            let seen = relay.await.unwrap();
            for entity in ["x", "y", "z"] {
                let versions: Vec<_> = seen.iter().filter(|(of, _)| of == entity).collect();
                assert!(versions.is_sorted(), "{versions:?}");
            }
            all.extend(seen);
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 60);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_published_long_ago_is_dropped() {
    for_each_backend(&[&MODULE], async |db| {
        for version in 1..=4 {
            push(&db, "a", "store", version).await;
        }
        let events = claim(&db, "one", 0, 100).await;
        published(&db, &events[..2], 10).await;
        published(&db, &events[2..3], 20).await;
        assert_eq!(Outbox::prune(&db, at(20), 1).await.unwrap(), 1);
        assert_eq!(Outbox::prune(&db, at(20), 100).await.unwrap(), 1);
        assert_eq!(Outbox::prune(&db, at(20), 100).await.unwrap(), 0);
        let left: (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM db_outbox").fetch_one(db.reader()).await.unwrap();
        assert_eq!(left.0, 2);
    })
    .await;
}
