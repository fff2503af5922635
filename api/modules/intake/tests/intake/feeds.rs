//! Deliveries that say where to fetch.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vitrine_intake::State;

use crate::shop::{CATEGORY, SCHEMA, prices, product};
use crate::world::World;

/// A PIM that answers each request with the next status and body, and tells what it was asked.
async fn pim(answers: Vec<(u16, String)>) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/delta.ndjson", listener.local_addr().unwrap());
    let (asked, questions) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap();
            let _ = asked.send(String::from_utf8_lossy(&head[..read]).into_owned());
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, questions)
}

fn feed(store: &str, products: &[String]) -> String {
    let header = format!(r#"{{"feed":"vitrine-catalog","version":1,"store":"{store}","mode":"delta"}}"#);
    let end = format!(r#"{{"end":{{"products":{}}}}}"#, products.len());
    [&[header, SCHEMA.to_owned(), CATEGORY.to_owned()][..], products, &[end]].concat().join("\n")
}

fn body(id: &str, address: &str) -> String {
    format!(r#"{{"id":"{id}","feed":"{address}"}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_fetched_and_imported_in_the_deliverys_trace() {
    World::each(async |world| {
        let (address, mut questions) = pim(vec![(200, feed("tiny", &[product("a", "5")]))]).await;
        world.send(&body("d-1", &address)).await.unwrap();
        assert_eq!(world.work().await, 1);
        assert_eq!(world.state("d-1").await, (State::Done, 1));
        assert_eq!(prices(&world.db, "tiny").await, [("a".into(), 500)]);
        assert_eq!(world.spooled(), 0);
        let asked = questions.recv().await.unwrap();
        let (trace,): (String,) =
            sqlx::query_as("SELECT trace FROM intake_delivery").fetch_one(world.db.reader()).await.unwrap();
        let trace_id = trace.split('-').nth(1).unwrap();
        assert!(asked.contains(&format!("traceparent: 00-{trace_id}-")), "{asked}");
        let events: Vec<(Option<String>,)> =
            sqlx::query_as("SELECT trace FROM db_outbox WHERE store = 'tiny' AND created_at > 0")
                .fetch_all(world.db.reader())
                .await
                .unwrap();
        assert!(!events.is_empty());
        assert!(
            events.iter().all(|(trace,)| trace.as_ref().is_some_and(|trace| trace.contains(trace_id))),
            "{events:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_asked_again_later() {
    World::each(async |world| {
        let (address, _questions) =
            pim(vec![(503, String::new()), (404, String::new()), (200, feed("tiny", &[product("a", "5")]))])
                .await;
        world.send(&body("d-1", &address)).await.unwrap();
        assert_eq!(world.work().await, 1);
        let waiting = world.delivery("d-1").await;
        assert_eq!(
            (waiting.state, waiting.error.as_deref()),
            (State::Received, Some("the server answered 503"))
        );
        world.clock.advance_ms(4_999);
        assert_eq!(world.work().await, 0);
        world.clock.advance_ms(1);
        assert_eq!(world.work().await, 1);
        world.clock.advance_ms(10_000);
        assert_eq!(world.work().await, 1);
        let done = world.delivery("d-1").await;
        assert_eq!((done.state, done.attempts, done.error), (State::Done, 3, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_down_is_given_up_and_the_next_delivery_goes_on() {
    World::each(async |world| {
        let gone = body("gone", "http://127.0.0.1:1/feed");
        let (address, _questions) = pim(vec![(200, feed("tiny", &[product("a", "5")]))]).await;
        world.send(&gone).await.unwrap();
        world.send(&body("next", &address)).await.unwrap();
        for wait in [0, 5_000, 10_000, 20_000, 40_000] {
            world.clock.advance_ms(wait);
            assert_eq!(world.work().await, 1);
            assert_eq!(world.state("next").await, (State::Received, 0));
        }
        world.clock.advance_ms(80_000);
        assert_eq!(world.work().await, 2);
        let gone = world.delivery("gone").await;
        assert_eq!((gone.state, gone.attempts), (State::Failed, 6));
        assert!(gone.error.unwrap().starts_with("given up after 6 attempts: "));
        assert_eq!(world.state("next").await, (State::Done, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_for_another_store_is_refused() {
    World::each(async |world| {
        let (address, _questions) = pim(vec![(200, feed("other", &[product("a", "5")]))]).await;
        world.send(&body("d-1", &address)).await.unwrap();
        world.work().await;
        let refused = world.delivery("d-1").await;
        assert_eq!((refused.state, refused.attempts), (State::Failed, 1));
        assert_eq!(refused.error.unwrap(), "feed:1: the feed is for store 'other', not 'tiny'");
        assert_eq!(prices(&world.db, "other").await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_feed_is_told() {
    World::each(async |world| {
        let (address, _questions) = pim(vec![(200, "<html>login</html>".into())]).await;
        world.send(&body("d-1", &address)).await.unwrap();
        world.work().await;
        let refused = world.delivery("d-1").await;
        assert_eq!(refused.state, State::Failed);
        assert!(refused.error.unwrap().starts_with("feed:1: "));
    })
    .await;
}

/// A name is looked at when it is fetched, and then it is too late to tell the sender.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_a_private_address_fails_the_delivery() {
    World::each(async |world| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        world.send(&body("d-1", &format!("https://localhost:{port}/"))).await.unwrap();
        assert_eq!(world.strict().work().await.unwrap(), 1);
        let refused = world.delivery("d-1").await;
        assert_eq!((refused.state, refused.attempts), (State::Failed, 1));
        assert!(refused.error.unwrap().contains("localhost has the private address"));
        let met = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
        assert!(met.is_err(), "nobody connected");
    })
    .await;
}
