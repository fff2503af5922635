//! Too much, too slow, too often.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitrine_api::{Limits, StatusSource};

use crate::world::{PATIENCE, Setup, World, answer};

fn limited(limits: Limits) -> Setup {
    Setup { limits, ..Setup::default() }
}

fn number(number: u32) -> NonZeroU32 {
    number.try_into().unwrap()
}

/// A status that never comes.
pub(crate) fn silent() -> StatusSource {
    Arc::new(|_| Box::pin(std::future::pending()))
}

/// Writes bytes and reads all that comes back.
pub(crate) async fn raw(world: &World, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut text = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await.expect("the server closes").unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_refused_before_it_is_read() {
    let world = World::with(limited(Limits { body_bytes: 100, hook_bytes: 200, ..Limits::default() })).await;
    let token = world.token("publish").await;
    let padded = |length: usize| format!("{}{{}}", " ".repeat(length - 2));
    assert_eq!(world.publish(&token, &padded(100)).await.status, 202);
    let large = world.publish(&token, &padded(101)).await;
    assert_eq!((large.status, large.code().as_str()), (413, "body_too_large"));
    assert_eq!(world.deliver("tiny", &padded(200)).await.code(), "field_invalid");
    assert_eq!(world.deliver("tiny", &padded(201)).await.code(), "body_too_large");
    // Without a length it shows only as it comes.
    let head = format!(
        "POST /api/v1/admin/publish HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunked = raw(&world, format!("{head}65\r\n{}\r\n0\r\n\r\n", padded(101)).as_bytes()).await;
    assert!(chunked.starts_with("HTTP/1.1 413 ") && chunked.contains("body_too_large"), "{chunked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_is_not_waited_for() {
    let world =
        World::with(limited(Limits { body_time: Duration::from_millis(150), ..Limits::default() })).await;
    let token = world.token("publish").await;
    let head = format!(
        "POST /api/v1/admin/publish HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 50\r\n\r\n{{"
    );
    let slow = raw(&world, head.as_bytes()).await;
    assert!(slow.starts_with("HTTP/1.1 408 ") && slow.contains("body_timeout"), "{slow}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_is_not_waited_for() {
    let world =
        World::with(limited(Limits { head_time: Duration::from_millis(150), ..Limits::default() })).await;
    let slow = raw(&world, b"GET /livez HTTP/1.1\r\nhost: x\r\n").await;
    assert!(!slow.starts_with("HTTP/1.1 200"), "{slow}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let limits = Limits { burst: number(3), per_minute: number(6), ..Limits::default() };
    let world = World::with(Setup { proxies: vec!["127.0.0.0/8".into()], ..limited(limits) }).await;
    let ask = |client: &str| {
        answer(world.request(Method::GET, "/api/v1/nothing").header("x-forwarded-for", client.to_owned()))
    };
    for _ in 0..3 {
        assert_eq!(ask("203.0.113.1").await.status, 404);
    }
    let refused = ask("203.0.113.1").await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "rate_limited"));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=11).contains(&wait), "{wait} s");
    assert_eq!(ask("203.0.113.2").await.status, 404, "another client");
    assert_eq!(world.get("/livez", None).await.status, 200, "probes are not counted");
    for _ in 0..5 {
        assert_eq!(world.get("/readyz", None).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_word_on_who_it_is_does_not_count() {
    let world =
        World::with(limited(Limits { burst: number(2), per_minute: number(2), ..Limits::default() })).await;
    let mut seen = Vec::new();
    for number in 0..3 {
        let request =
            world.request(Method::GET, "/nothing").header("x-forwarded-for", format!("203.0.113.{number}"));
        seen.push(answer(request).await.status);
    }
    assert_eq!(seen, [404, 404, 429]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_finds_no_room_is_refused_at_once() {
    let limits = Limits { in_flight: 1, request_time: Duration::from_secs(2), ..Limits::default() };
    let (asked, mut under_way) = tokio::sync::mpsc::channel(1);
    let status: StatusSource = Arc::new(move |_| {
        let _ = asked.try_send(());
        Box::pin(std::future::pending())
    });
    let world = World::with(Setup { status: Some(status), ..limited(limits) }).await;
    let token = world.token("status").await;
    let hanging = world.get("/api/v1/admin/status", Some(&token));
    let refused = async {
        under_way.recv().await.unwrap();
        world.get("/api/v1/nothing", None).await
    };
    let (hanging, refused) = tokio::join!(hanging, refused);
    assert_eq!(
        (refused.status, refused.code().as_str(), refused.header("retry-after")),
        (503, "overloaded", "1")
    );
    assert_eq!((hanging.status, hanging.code().as_str()), (503, "timed_out"));
    assert_eq!(world.get("/api/v1/nothing", None).await.status, 404, "there is room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_wait() {
    let limits = Limits { connections: 1, head_time: Duration::from_millis(300), ..Limits::default() };
    let world = World::with(limited(limits)).await;
    let _idle = TcpStream::connect(world.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    // It is served once the idle one is closed for saying nothing.
    assert_eq!(world.get("/livez", None).await.status, 200);
}
