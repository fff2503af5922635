//! Deliveries from their request to what became of them.

use vitrine_db::testing::for_each_backend;
use vitrine_intake::sign;

use crate::shop::{first_items, items, prices, product};
use crate::world::{MODULES, NOW, Setup, World, secret};

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_taken_imported_and_looked_up() {
    for_each_backend(MODULES, async |db| {
        let world = World::on(db, tempfile::tempdir().unwrap(), Setup::default()).await;
        let token = world.token("webhook").await;
        let body = first_items("d-1", &[product("a", "5.50")]);
        let taken = world.deliver("tiny", &body).await;
        assert_eq!(taken.status, 202, "{taken:?}");
        assert_eq!(taken.json(), serde_json::json!({"id": "d-1", "state": "received"}));
        let place = taken.header("location");
        assert_eq!(place, "/api/v1/hooks/tiny/deliveries/d-1");
        assert_eq!(world.get(place, Some(&token)).await.json()["state"], "received");
        assert_eq!(world.intake.work().await.unwrap(), 1);
        let done = world.get(place, Some(&token)).await.json();
        assert_eq!((&done["state"], &done["outcome"]["added"]), (&"done".into(), &3.into()), "{done}");
        assert_eq!(prices(&world.db, "tiny").await, [("a".into(), 550)]);
        assert_eq!(prices(&world.db, "other").await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_twice_is_imported_once() {
    let world = World::new().await;
    let body = first_items("d-1", &[product("a", "1")]);
    assert_eq!(world.deliver("tiny", &body).await.status, 202);
    world.clock.advance_ms(1_000);
    let again = world.deliver("tiny", &body).await;
    assert_eq!((again.status, &again.json()["state"]), (202, &"received".into()));
    assert_eq!(world.intake.work().await.unwrap(), 1);
    assert_eq!(world.intake.work().await.unwrap(), 0);
    world.clock.advance_ms(1_000);
    assert_eq!(world.deliver("tiny", &body).await.json()["state"], "done");
    assert_eq!(world.intake.work().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_well_is_refused() {
    let world = World::new().await;
    let body = items("d-1", &[product("a", "1")]);
    let good = sign(&secret("tiny"), NOW, body.as_bytes());
    let old = sign(&secret("tiny"), NOW.plus_ms(-301_000), body.as_bytes());
    let early = sign(&secret("tiny"), NOW.plus_ms(301_000), body.as_bytes());
    let foreign = sign(&secret("other"), NOW, body.as_bytes());
    let cheaper = body.replace("\"1\"", "\"0\"");
    for (signature, sent, code) in [
        (None, &body, "signature_missing"),
        (Some("t=1,v1=00"), &body, "signature_invalid"),
        (Some(good.as_str()), &cheaper, "signature_invalid"),
        (Some(foreign.as_str()), &body, "signature_invalid"),
        (Some(old.as_str()), &body, "signature_outdated"),
        (Some(early.as_str()), &body, "signature_outdated"),
    ] {
        let refused = world.deliver_signed("tiny", signature, sent).await;
        assert_eq!((refused.status, refused.code().as_str()), (401, code), "{signature:?}");
        assert_eq!(refused.header("www-authenticate"), "Vitrine-Signature");
    }
    assert_eq!(world.intake.work().await.unwrap(), 0);
    assert_eq!(world.deliver_signed("tiny", Some(&good), &body).await.status, 202);
    let replayed = world.deliver_signed("tiny", Some(&good), &body).await;
    assert_eq!((replayed.status, replayed.code().as_str()), (409, "request_replayed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn either_of_two_secrets_signs() {
    let world = World::new().await;
    let body = items("d-1", &[product("a", "1")]);
    let old = sign(&secret("TINY"), NOW, body.as_bytes());
    assert_eq!(world.deliver_signed("tiny", Some(&old), &body).await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_refused_at_the_door() {
    let world = World::new().await;
    for host in
        ["10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "127.0.0.2", "0x7f000002", "[fe80::1]"]
    {
        let refused = world.deliver("tiny", &format!(r#"{{"id":"d-1","feed":"https://{host}/feed"}}"#)).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "feed_refused"), "{host}");
        let told = refused.json();
        assert_eq!(told["field"], "feed");
        assert!(told["detail"].as_str().unwrap().contains("private address"), "{told}");
    }
    let plain = world.deliver("tiny", r#"{"id":"d-1","feed":"ftp://pim.example/"}"#).await;
    assert_eq!(plain.code(), "feed_refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_delivery_is_named() {
    let world = World::new().await;
    for (body, status, code, field) in [
        ("{", 400, "json_invalid", None),
        ("{}", 422, "field_invalid", Some("id")),
        (r#"{"id":"a"}"#, 422, "field_invalid", Some("feed")),
        (r#"{"id":"a","items":[{"product":{}},{"end":1}]}"#, 422, "field_invalid", Some("items[1]")),
    ] {
        let refused = world.deliver("tiny", body).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{body}");
        assert_eq!(refused.json()["field"].as_str(), field, "{body}");
    }
    let body = items("d-1", &[product("a", "1")]);
    assert_eq!(world.deliver("tiny", &body).await.status, 202);
    let reused = world.deliver("tiny", &items("d-1", &[product("a", "2")])).await;
    assert_eq!((reused.status, reused.code().as_str()), (409, "delivery_id_reused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_a_webhook_is_as_good_as_none() {
    let world = World::new().await;
    let body = items("d-1", &[product("a", "1")]);
    let signature = sign(&secret("tiny"), NOW, body.as_bytes());
    for store in ["nobody", "Not-An-Id", "%FF"] {
        let refused = world.deliver_signed(store, Some(&signature), &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (404, "hook_unknown"), "{store}");
    }
    let token = world.token("webhook").await;
    let unknown = world.get("/api/v1/hooks/tiny/deliveries/none", Some(&token)).await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "delivery_unknown"));
}
