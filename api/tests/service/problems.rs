//! Every problem there is, met at least once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vitrine_api::{Code, Limits, StatusSource};
use vitrine_intake::sign;

use crate::admin::of_admins;
use crate::limits::{raw, silent};
use crate::shop::{items, product};
use crate::shopping::of_shoppers;
use crate::world::{NOW, Setup, World, answer, secret};

const STATUS: &str = "/api/v1/admin/status";
/// Only met by who loses a race; tests of the API's own files hold their form.
const RACES: [&str; 2] = ["cart_changed", "promotion_exhausted"];

#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_met() {
    let mut met = BTreeSet::new();
    met.extend(of_tokens().await);
    met.extend(of_bodies().await);
    met.extend(of_hooks().await);
    met.extend(of_limits().await);
    met.extend(of_shoppers().await);
    met.extend(of_admins().await);
    let mut all: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    for race in RACES {
        assert!(all.remove(race), "{race}");
    }
    let missed: Vec<_> = all.difference(&met).collect();
    assert!(missed.is_empty(), "not met: {missed:?}");
    assert!(met.is_subset(&all), "{met:?}");
}

async fn of_tokens() -> Vec<String> {
    let world = World::new().await;
    let (token, gone) = (world.token("status").await, world.token_of("gone", "status").await);
    let mut met = vec![
        world.get(STATUS, None).await.code(),
        world.get(STATUS, Some("vt_x")).await.code(),
        world.publish(&token, "{}").await.code(),
        world.get(STATUS, Some(&gone)).await.code(),
        world.get("/", None).await.code(),
        answer(world.request(Method::DELETE, STATUS)).await.code(),
    ];
    let unsupported = answer(world.request(Method::DELETE, STATUS)).await;
    assert_eq!((unsupported.status, unsupported.header("allow")), (405, "GET,HEAD"));
    world.clock.advance_ms(86_400_000);
    met.push(world.get(STATUS, Some(&token)).await.code());
    met
}

async fn of_bodies() -> Vec<String> {
    let world = World::with(Setup {
        limits: Limits { body_bytes: 100, body_time: Duration::from_millis(100), ..Limits::default() },
        ..Setup::default()
    })
    .await;
    let token = world.token("publish").await;
    let keyed =
        |key: &str, body: &str| answer(world.publish_request(&token, body).header("idempotency-key", key));
    assert_eq!(keyed("k", "{}").await.status, 202);
    let untyped = world.request(Method::POST, "/api/v1/admin/publish").bearer_auth(&token).body("{}");
    let head = format!(
        "POST /api/v1/admin/publish HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 50\r\n\r\n{{"
    );
    let slow = raw(&world, head.as_bytes()).await;
    let mut half = TcpStream::connect(world.address).await.unwrap();
    half.write_all(head.as_bytes()).await.unwrap();
    half.shutdown().await.unwrap();
    let mut incomplete = String::new();
    half.read_to_string(&mut incomplete).await.unwrap();
    vec![
        world.publish(&token, "{").await.code(),
        world.publish(&token, r#"{"countries":1}"#).await.code(),
        world.publish(&token, &" ".repeat(101)).await.code(),
        answer(untyped).await.code(),
        keyed("a b", "{}").await.code(),
        keyed("k", r#"{"reason":"scheduled"}"#).await.code(),
        code_in(&slow),
        code_in(&incomplete),
    ]
}

/// The code in the text of an answer.
fn code_in(answer: &str) -> String {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no body: {answer:?}"));
    serde_json::from_str::<serde_json::Value>(body).unwrap()["code"].as_str().unwrap().to_owned()
}

async fn of_hooks() -> Vec<String> {
    let world = World::new().await;
    let token = world.token("webhook").await;
    let body = items("d-1", &[product("a", "1")]);
    let good = sign(&secret("tiny"), NOW, body.as_bytes());
    let old = sign(&secret("tiny"), NOW.plus_ms(-301_000), body.as_bytes());
    assert_eq!(world.deliver_signed("tiny", Some(&good), &body).await.status, 202);
    vec![
        world.deliver_signed("tiny", None, &body).await.code(),
        world.deliver_signed("tiny", Some("t=1"), &body).await.code(),
        world.deliver_signed("tiny", Some(&old), &body).await.code(),
        world.deliver_signed("tiny", Some(&good), &body).await.code(),
        world.deliver("nobody", &body).await.code(),
        world.deliver("tiny", &items("d-1", &[product("a", "2")])).await.code(),
        world.deliver("tiny", r#"{"id":"d-2","feed":"https://10.0.0.1/"}"#).await.code(),
        world.get("/api/v1/hooks/tiny/deliveries/d-9", Some(&token)).await.code(),
    ]
}

async fn of_limits() -> Vec<String> {
    let broken: StatusSource = Arc::new(|_| Box::pin(async { Err("SELECT secret FROM nowhere".into()) }));
    let world = World::with(Setup { status: Some(broken), ..Setup::default() }).await;
    let failed = world.get(STATUS, Some(&world.token("status").await)).await;
    assert_eq!(failed.status, 500);
    assert!(!failed.text.contains("SELECT"), "{failed:?}");
    world.db.close().await;
    let unready = world.get("/readyz", None).await;
    let away = world.get(STATUS, Some(&format!("vt_{}_{}", "0".repeat(16), "0".repeat(64)))).await;

    let limits = Limits { request_time: Duration::from_millis(50), ..Limits::default() };
    let world = World::with(Setup { limits, status: Some(silent()), ..Setup::default() }).await;
    let late = world.get(STATUS, Some(&world.token("status").await)).await;
    let full =
        World::with(Setup { limits: Limits { in_flight: 0, ..Limits::default() }, ..Setup::default() }).await;
    let once =
        Limits { burst: 1.try_into().unwrap(), per_minute: 1.try_into().unwrap(), ..Limits::default() };
    let often = World::with(Setup { limits: once, ..Setup::default() }).await;
    often.get("/", None).await;
    [failed, unready, away, late, full.get("/", None).await, often.get("/", None).await]
        .iter()
        .map(|met| met.code())
        .collect()
}
