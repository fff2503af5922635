//! Asking for countries to be published.

use serde_json::json;
use vitrine_access::AuditQuery;
use vitrine_core::StoreId;
use vitrine_db::testing::for_each_backend;

use crate::world::{MODULES, Setup, World, answer};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_is_stored_before_it_is_answered() {
    for_each_backend(MODULES, async |db| {
        let world = World::on(db, tempfile::tempdir().unwrap(), Setup::default()).await;
        let token = world.token("publish").await;
        let request = world.publish_request(&token, r#"{"countries":["DE"]}"#).header("traceparent", TRACE);
        let accepted = answer(request).await;
        assert_eq!(accepted.status, 202, "{accepted:?}");
        assert_eq!(
            (&accepted.json()["revision"], &accepted.json()["countries"]),
            (&json!(0), &json!(["DE"]))
        );
        assert_eq!(accepted.header("idempotent-replayed"), "false");
        let wishes = world.wishes().await;
        let [(store, payload, trace)] = wishes.as_slice() else { panic!("{wishes:?}") };
        assert_eq!(
            (store.as_str(), payload.as_str()),
            ("tiny", r#"{"reasons":["manual"],"countries":["DE"]}"#)
        );
        let trace_id = trace.as_deref().unwrap_or_default().split('-').nth(1);
        assert_eq!(
            trace_id,
            Some("4bf92f3577b34da6a3ce929d0e0e4736"),
            "the wish belongs to the caller's trace"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_countries_all_are_meant() {
    let world = World::new().await;
    let token = world.token("publish").await;
    let accepted = world.publish(&token, r#"{"reason":"theme_changed"}"#).await;
    assert_eq!(accepted.json()["countries"], json!(["AT", "DE"]));
    assert_eq!(world.wishes().await[0].1, r#"{"reasons":["theme_changed"]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_done_once() {
    for_each_backend(MODULES, async |db| {
        let world = World::on(db, tempfile::tempdir().unwrap(), Setup::default()).await;
        let (token, other) = (world.token("publish").await, world.token_of("other", "publish").await);
        let ask =
            |token: &str, body: &str| world.publish_request(token, body).header("idempotency-key", "k-1");
        let (first, second) = tokio::join!(answer(ask(&token, "{}")), answer(ask(&token, "{}")));
        assert_eq!((first.status, second.status), (202, 202), "{first:?} {second:?}");
        assert_eq!(first.json(), second.json());
        let mut repeated = [first.header("idempotent-replayed"), second.header("idempotent-replayed")];
        repeated.sort_unstable();
        assert_eq!(repeated, ["false", "true"]);
        let different = answer(ask(&token, r#"{"countries":["DE"]}"#)).await;
        assert_eq!((different.status, different.code().as_str()), (422, "idempotency_key_reused"));
        assert_eq!(world.wishes().await.len(), 1);
        let log = AuditQuery { limit: 10, ..AuditQuery::default() };
        let deeds = world.access.audit(&StoreId::try_new("tiny").unwrap(), &log).await.unwrap();
        let [deed] = deeds.as_slice() else { panic!("{deeds:?}") };
        assert_eq!((deed.action.as_str(), &json!(deed.entity)), ("publish_asked", &first.json()["id"]));
        assert_eq!((&deed.before, &deed.after), (&json!(null), &json!({ "reason": "manual" })));
        assert_eq!(
            answer(ask(&other, "{}")).await.header("idempotent-replayed"),
            "false",
            "another store's key"
        );
        world.clock.advance_ms(86_400_000 - 1);
        assert_eq!(answer(ask(&token, "{}")).await.json(), first.json());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_wish_does_not_use_up_its_key() {
    let world = World::new().await;
    let token = world.token("publish").await;
    let ask = |body: &str| world.publish_request(&token, body).header("idempotency-key", "k-1");
    assert_eq!(answer(ask(r#"{"countries":["JP"]}"#)).await.status, 422);
    let accepted = answer(ask(r#"{"countries":["DE"]}"#)).await;
    assert_eq!((accepted.status, accepted.header("idempotent-replayed")), (202, "false"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_wish_is_named() {
    let world = World::new().await;
    let token = world.token("publish").await;
    for (body, status, code, field, detail) in [
        ("", 400, "json_invalid", None, "EOF while parsing"),
        ("{", 400, "json_invalid", None, "EOF while parsing"),
        ("{} {}", 400, "json_invalid", None, "trailing characters"),
        ("[]", 422, "field_invalid", None, "expected an object"),
        ("1", 422, "field_invalid", None, "invalid type: integer"),
        (r#"{"country":"DE"}"#, 422, "field_invalid", Some("country"), "unknown field `country`"),
        (r#"{"countries":"DE"}"#, 422, "field_invalid", Some("countries"), "invalid type"),
        (r#"{"countries":["DE","de"]}"#, 422, "field_invalid", Some("countries[1]"), "`de`"),
        (r#"{"countries":["DE","JP"]}"#, 422, "field_invalid", Some("countries[1]"), "does not sell in JP"),
        (r#"{"countries":[]}"#, 422, "field_invalid", Some("countries"), "name a country"),
        (r#"{"reason":"boredom"}"#, 422, "field_invalid", Some("reason"), "unknown variant `boredom`"),
    ] {
        let refused = world.publish(&token, body).await;
        assert_eq!((refused.status, refused.code().as_str()), (status, code), "{body}: {refused:?}");
        let told = refused.json();
        assert_eq!(told["field"].as_str(), field, "{body}: {told}");
        assert!(told["detail"].as_str().unwrap_or_default().contains(detail), "{body}: {told}");
    }
    for key in ["", "a b", "ü", &"k".repeat(256)] {
        let value = reqwest::header::HeaderValue::from_bytes(key.as_bytes()).unwrap();
        let refused = answer(world.publish_request(&token, "{}").header("idempotency-key", value)).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "idempotency_key_invalid"), "{key}");
    }
    assert_eq!(world.wishes().await, []);
}
