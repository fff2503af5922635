//! Who is let in.

use reqwest::Method;
use serde_json::json;

use crate::shop::store;
use crate::world::{World, answer};

const STATUS: &str = "/api/v1/admin/status";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_it_is_for() {
    let world = World::new().await;
    let token = world.token("status").await;
    let status = world.get(STATUS, Some(&token)).await;
    assert_eq!(
        (status.status, status.json()),
        (200, json!({"store": "tiny", "revision": 0, "countries": []}))
    );
    let wrong = world.publish(&token, "{}").await;
    assert_eq!((wrong.status, wrong.code().as_str()), (403, "scope_missing"));
    assert_eq!(wrong.header("www-authenticate"), r#"Bearer error="insufficient_scope""#);
    assert_eq!(wrong.json()["detail"], "the token lacks the scope 'publish'");
    assert_eq!(world.wishes().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_opens() {
    let world = World::new().await;
    let missing = world.get(STATUS, None).await;
    assert_eq!((missing.status, missing.code().as_str()), (401, "token_missing"));
    assert_eq!(missing.header("www-authenticate"), "Bearer");
    let basic = world.request(Method::GET, STATUS).header("authorization", "Basic dXNlcjpwYXNz");
    assert_eq!(answer(basic).await.code(), "token_missing");
    let unknown = format!("vt_{}_{}", "0".repeat(16), "0".repeat(64));
    for wrong in [unknown.as_str(), "vt_", "x", &"y".repeat(4_000)] {
        let refused = world.get(STATUS, Some(wrong)).await;
        assert_eq!((refused.status, refused.code().as_str()), (401, "token_invalid"), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_token_says_so_and_a_revoked_one_does_not() {
    let world = World::new().await;
    let (ending, revoked) = (world.token("status").await, world.token("status").await);
    let id = revoked.split('_').nth(1).unwrap();
    assert!(world.access.revoke(&store("tiny"), id).await.unwrap());
    assert_eq!(world.get(STATUS, Some(&revoked)).await.code(), "token_invalid");
    assert_eq!(world.get(STATUS, Some(&ending)).await.status, 200);
    world.clock.advance_ms(86_400_000);
    let ended = world.get(STATUS, Some(&ending)).await;
    assert_eq!((ended.status, ended.code().as_str()), (401, "token_expired"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_its_store() {
    let world = World::new().await;
    let (tiny, other) =
        (world.token("status,webhook").await, world.token_of("other", "status,webhook").await);
    assert_eq!(world.get(STATUS, Some(&tiny)).await.json()["store"], "tiny");
    assert_eq!(world.get(STATUS, Some(&other)).await.json()["store"], "other");
    assert_eq!(
        world.deliver("tiny", &crate::shop::items("d-1", &[crate::shop::product("a", "1")])).await.status,
        202
    );
    let path = "/api/v1/hooks/tiny/deliveries/d-1";
    assert_eq!(world.get(path, Some(&tiny)).await.status, 200);
    assert_eq!(world.get(path, Some(&other)).await.code(), "delivery_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_noted() {
    let world = World::new().await;
    let token = world.token("status").await;
    world.get(STATUS, Some(&token)).await;
    let noted = async {
        while world.access.list(&store("tiny")).await.unwrap()[0].last_used_at.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::world::PATIENCE, noted).await.expect("the use is noted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_store_that_is_not_there_finds_nothing() {
    let world = World::new().await;
    let token = world.token_of("gone", "publish,status").await;
    assert_eq!(world.get(STATUS, Some(&token)).await.code(), "store_unknown");
    let asked = world.publish(&token, "{}").await;
    assert_eq!((asked.status, asked.code().as_str()), (404, "store_unknown"));
}
