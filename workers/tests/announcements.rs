//! What happens is announced: by the schema, in order, and through a broker that is gone for a while.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

#[path = "announcements/listener.rs"]
mod listener;
#[path = "announcements/sale.rs"]
mod sale;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sale::{Hall, MODULES, Sale};
use serde_json::Value;
use vitrine_db::testing::for_each_backend;
use vitrine_mail::Deliveries;
use vitrine_queue::{ExchangeOptions, RabbitExchange};

const SCHEMA: &str = include_str!("../../docs/events.schema.json");

/// The documented schema, in which nothing that is not documented may stand.
fn strict_schema() -> Value {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let defs = schema["$defs"].as_object_mut().unwrap();
    for def in defs.values_mut() {
        def.as_object_mut().unwrap().insert("additionalProperties".to_owned(), false.into());
    }
    schema.as_object_mut().unwrap().insert("additionalProperties".to_owned(), false.into());
    schema
}

/// The events that the schema knows.
fn documented(schema: &Value) -> BTreeSet<String> {
    let branches = schema["oneOf"].as_array().unwrap().iter();
    let names = branches.flat_map(|branch| {
        let event = &branch["properties"]["event"];
        let several = event["enum"].as_array().cloned().unwrap_or_default();
        several.into_iter().chain(event.get("const").cloned())
    });
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// Asserts that versions of each entity came in order, and no event twice.
fn in_order(heard: &[Value]) {
    let mut last: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for event in heard {
        let word = |key: &str| event[key].as_str().unwrap().to_owned();
        assert!(ids.insert((word("store"), word("id"))), "twice: {event}");
        let stream = word("event").split('_').next().unwrap().to_owned();
        let version = event["version"].as_i64().unwrap();
        let before = last.insert((stream, word("entity")), version);
        assert!(before.is_none_or(|before| before < version), "after {before:?}: {event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_as_documented_and_every_documented_event_is_written() {
    let schema = strict_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for_each_backend(MODULES, async |db| {
        let sale = Sale::open(&db).await;
        sale.everything().await;
        let hall = Arc::new(Hall::default());
        sale.relay(true).await;
        sale.announce(hall.clone()).await.unwrap();
        let heard = hall.heard();
        for event in &heard {
            let wrong: Vec<String> = validator.iter_errors(event).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{event}: {wrong:?}");
            let text = event.to_string();
            for private in ["shopper@example.com", "Shopper", "Musterstra", "receipts@example.com"] {
                assert!(!text.contains(private), "{event}");
            }
        }
        let kinds: BTreeSet<String> =
            heard.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect();
        assert_eq!(kinds, documented(&schema));
        in_order(&heard);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_takes_nothing_holds_back_neither_pages_nor_letters() {
    for_each_backend(MODULES, async |db| {
        let sale = Sale::open(&db).await;
        let hall = Arc::new(Hall::default());
        hall.close();
        let before = sale.revision().await;
        sale.everything().await;
        sale.relay(true).await;
        assert!(sale.announce(hall.clone()).await.is_err());
        assert_eq!(hall.heard(), [Value::Null; 0]);
        assert!(!Deliveries::due(&db, sale.now(), 100).await.unwrap().is_empty(), "letters are owed");
        assert!(sale.revision().await > before, "what sold out is shown");
        assert!(sale.waiting().await.is_empty(), "the relay is done");
        // Relayed again by one who died, nothing is announced twice; and later events wait behind the first.
        sale.forget_that_it_was_relayed().await;
        sale.relay(true).await;
        hall.open();
        sale.announce(hall.clone()).await.unwrap();
        let heard = hall.heard();
        in_order(&heard);
        sale.forget_that_it_was_relayed().await;
        sale.relay(true).await;
        sale.announce(hall.clone()).await.unwrap();
        assert_eq!(hall.heard().len(), heard.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcer_that_dies_is_followed_and_only_its_own_events_wait() {
    for_each_backend(MODULES, async |db| {
        let sale = Sale::open(&db).await;
        let hall = Arc::new(Hall::default());
        sale.everything().await;
        sale.relay(true).await;
        // It dies while the broker has the word: nothing was taken.
        hall.hang();
        sale.announce_and_die(&hall).await;
        hall.open();
        // What happens meanwhile to others is announced, what it held is not yet.
        let other = sale.order().await;
        sale.place(&other).await;
        sale.relay(true).await;
        sale.announce(hall.clone()).await.unwrap();
        let heard = hall.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0]["entity"], other.as_str());
        sale.claims_end();
        sale.announce(hall.clone()).await.unwrap();
        in_order(&hall.heard());
        assert!(hall.heard().len() > 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_can_read_holds_up_its_own_entity_only() {
    for_each_backend(MODULES, async |db| {
        let sale = Sale::open(&db).await;
        let hall = Arc::new(Hall::default());
        let (torn, sound) = (sale.order().await, sale.order().await);
        sale.place(&torn).await;
        sale.relay(true).await;
        sale.say_instead("{torn", &torn).await;
        sale.place(&sound).await;
        sale.relay(true).await;
        sale.announce(hall.clone()).await.unwrap();
        let about = |order: &str| hall.heard().iter().any(|event| event["entity"] == order);
        assert!(about(sound.as_str()) && !about(torn.as_str()));
        // Mended, it is announced when its claim has ended.
        sale.say_instead("{}", &torn).await;
        sale.claims_end();
        sale.announce(hall.clone()).await.unwrap();
        assert!(about(torn.as_str()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_exchange_nothing_is_kept_for_one() {
    for_each_backend(MODULES, async |db| {
        let sale = Sale::open(&db).await;
        sale.everything().await;
        sale.relay(false).await;
        assert!(sale.waiting().await.is_empty());
        let hall = Arc::new(Hall::default());
        sale.announce(hall.clone()).await.unwrap();
        assert_eq!(hall.heard(), [Value::Null; 0]);
        assert!(!Deliveries::due(&db, sale.now(), 100).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_on_rabbitmq_hear_each_entity_in_order() {
    for_each_backend(MODULES, async |db| {
        let sale = Sale::open(&db).await;
        let listener = listener::Listener::new();
        let options = ExchangeOptions { exchange: listener.exchange(), ..ExchangeOptions::default() };
        let exchange = RabbitExchange::connect(&listener.url(), options).await.unwrap();
        listener.bind().await;
        for _ in 0..10 {
            sale.everything().await;
        }
        // Several relays and announcers at once, as several processes have them.
        let exchange = Arc::new(exchange);
        tokio::join!(
            async {
                tokio::join!(sale.relay(true), sale.relay(true));
            },
            async {
                for _ in 0..50 {
                    let both = tokio::join!(sale.announce(exchange.clone()), sale.announce(exchange.clone()));
                    both.0.and(both.1).unwrap();
                    tokio::task::yield_now().await;
                }
            }
        );
        sale.announce(exchange.clone()).await.unwrap();
        let heard = listener.heard().await;
        listener.delete().await;
        in_order(&heard);
        assert_eq!(heard.len(), sale.told().await);
    })
    .await;
}
