//! The status as it changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use reqwest::{Method, Response};
use vitrine_api::{Limits, Status, StatusSource};
use vitrine_core::Revision;

use crate::world::{PATIENCE, Setup, World};

const STREAM: &str = "/api/v1/admin/status/stream";

/// A status that shows a number of ours.
fn numbered() -> (StatusSource, Arc<AtomicI64>) {
    let number = Arc::new(AtomicI64::new(1));
    let shown = number.clone();
    let source: StatusSource = Arc::new(move |store| {
        let revision = Revision(shown.load(Ordering::SeqCst));
        Box::pin(async move { Ok(Some(Status { store, revision, countries: vec![] })) })
    });
    (source, number)
}

fn setup(status: StatusSource) -> Setup {
    Setup { status: Some(status), ..Setup::default() }
}

async fn open(world: &World, token: &str) -> Response {
    let response = world.request(Method::GET, STREAM).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response
}

/// Reads until a text comes; all that came.
async fn until(response: &mut Response, text: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(text) {
        let chunk = tokio::time::timeout(PATIENCE, response.chunk()).await.expect("an event").unwrap();
        let chunk = chunk.unwrap_or_else(|| panic!("the stream ended before '{text}': {seen}"));
        seen.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    seen
}

async fn ends(response: &mut Response) -> bool {
    let rest = async { while let Ok(Some(_)) = response.chunk().await {} };
    tokio::time::timeout(PATIENCE, rest).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_comes_at_once_and_after_each_change() {
    let (source, number) = numbered();
    let world = World::with(setup(source)).await;
    let token = world.token("status").await;
    let mut stream = open(&world, &token).await;
    let first = until(&mut stream, "\n\n").await;
    let event = "event: status\nid: 1\ndata: {\"store\":\"tiny\",\"revision\":1,\"countries\":[]}\n\n";
    assert_eq!(first, event);
    // One who comes later sees it at once, too.
    let mut second = open(&world, &token).await;
    assert_eq!(until(&mut second, "\n\n").await, event);
    number.store(2, Ordering::SeqCst);
    assert!(until(&mut stream, "\n\n").await.contains("id: 2\ndata: {\"store\":\"tiny\",\"revision\":2"));
    assert!(until(&mut second, "\n\n").await.contains("\"revision\":2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_broken_by_a_heartbeat() {
    let (source, _) = numbered();
    let limits = Limits { heartbeat: Duration::from_millis(50), ..Setup::default().limits };
    let world = World::with(Setup { limits, ..setup(source) }).await;
    let mut stream = open(&world, &world.token("status").await).await;
    let seen = until(&mut stream, "\n\n:").await;
    assert_eq!(seen.matches("event: status").count(), 1, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_token_and_its_time() {
    let (source, _) = numbered();
    let limits = Limits { stream_life: Duration::from_millis(100), ..Setup::default().limits };
    let world = World::with(Setup { limits, ..setup(source.clone()) }).await;
    assert!(ends(&mut open(&world, &world.token("status").await).await).await);
    let world = World::with(setup(source)).await;
    let token = world.token("status").await;
    world.clock.advance_ms(86_400_000 - 100);
    assert!(ends(&mut open(&world, &token).await).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_does_not_hold_up_the_end() {
    let (source, _) = numbered();
    let mut world = World::with(setup(source)).await;
    let mut stream = open(&world, &world.token("status").await).await;
    until(&mut stream, "\n\n").await;
    world.stop();
    assert!(ends(&mut stream).await);
    world.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_beyond_the_limit_are_refused_and_make_room_when_they_end() {
    let (source, _) = numbered();
    let limits = Limits { streams: 1, ..Setup::default().limits };
    let world = World::with(Setup { limits, ..setup(source) }).await;
    let token = world.token("status").await;
    let first = open(&world, &token).await;
    let refused = world.get(STREAM, Some(&token)).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "overloaded"));
    drop(first);
    let room = async {
        while world.request(Method::GET, STREAM).bearer_auth(&token).send().await.unwrap().status() != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, room).await.expect("there is room again");
}
