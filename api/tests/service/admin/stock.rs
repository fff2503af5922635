//! Stock: counted, corrected, and held against what others count at the same time.

use serde_json::{Value, json};
use vitrine_core::{Origin, ProductId};
use vitrine_db::Run;

use super::office::{Office, each};
use crate::world::Answer;

async fn adjust(office: &Office, key: &str, kind: &str, quantity: i64, version: Value) -> Answer {
    let line = json!({ "sku": "PILLOW", "location": "berlin", "quantity": quantity, "version": version });
    let body = json!({ "kind": kind, "reason": "a count", "lines": [line] });
    office.post("/stock/adjustments", key, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_counted_and_corrected_once_for_its_key() {
    each(async |office| {
        let counted = adjust(&office, "k-1", "count", 20, Value::Null).await;
        assert_eq!(counted.status, 201, "{counted:?}");
        let place = &counted.json()["places"][0];
        assert_eq!(
            (&place["on_hand"], &place["free"], &place["location"]),
            (&json!(20), &json!(20), &json!("berlin"))
        );
        for repeated in ["false", "true", "true"] {
            let corrected = adjust(&office, "k-2", "correct", -3, Value::Null).await;
            assert_eq!((corrected.status, corrected.header("idempotent-replayed")), (201, repeated));
            assert_eq!(corrected.json()["places"][0]["on_hand"], 17);
        }
        let other = adjust(&office, "k-2", "correct", -4, Value::Null).await;
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_key_reused"));
        let deeds = office.deeds().await;
        assert_eq!(office.log().await, ["stock_adjusted PILLOW@berlin"; 2]);
        assert_eq!(
            (&deeds[1]["before"], &deeds[1]["after"]),
            (&json!({ "on_hand": 20 }), &json!({ "on_hand": 17, "kind": "correct", "reason": "a count" }))
        );
        assert_eq!((&deeds[1]["request"], &deeds[1]["name"]), (&json!("r-1"), &json!("test")));
        assert_eq!(deeds[1]["at"], json!(office.now()));
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_key_does_not_do_it_again() {
    each(async |office| {
        assert_eq!(adjust(&office, "k", "correct", 5, Value::Null).await.json()["places"][0]["on_hand"], 15);
        office.street.world.clock.advance_ms(86_400_000 - 1);
        let token = office.street.world.token_of("nimbus", "stock,audit").await;
        office.street.world.clock.advance_ms(1);
        let office = Office { token, ..office };
        let later = adjust(&office, "k", "correct", 5, Value::Null).await;
        assert_eq!((later.status, &later.json()["places"][0]["on_hand"]), (201, &json!(15)));
        assert_eq!(office.log().await.len(), 1);
        let other = adjust(&office, "k-2", "correct", 5, Value::Null).await;
        assert_eq!(other.json()["places"][0]["on_hand"], 20);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_count_at_once_one_is_told() {
    each(async |office| {
        let version = office.get("/stock/PILLOW").await.json()["places"][0]["version"].clone();
        let counts = (0..6).map(|number| {
            let (office, version) = (&office, version.clone());
            async move { adjust(office, &format!("k-{number}"), "count", 30 + number, version).await }
        });
        let answers = futures_util::future::join_all(counts).await;
        let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
        let [done] = done.as_slice() else { panic!("{answers:?}") };
        let refused = answers.iter().find(|answer| answer.status != 201).unwrap();
        assert_eq!((refused.status, refused.code().as_str()), (412, "version_outdated"));
        assert_eq!(refused.json()["field"], "lines[0].version");
        let now = office.get("/stock/PILLOW").await.json();
        assert_eq!(now["places"][0]["on_hand"], done.json()["places"][0]["on_hand"]);
        assert_eq!(office.log().await.len(), 1);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_has_rules_and_a_page_has_places() {
    each(async |office| {
        let set = office.put("/stock/DUVET/berlin", &json!({ "backorder": 5, "low_at": 3 })).await;
        assert_eq!((set.status, &set.json()["low"]), (200, &json!(true)), "{set:?}");
        let version = set.header("etag").trim_matches('"').to_owned();
        let rule = json!({ "backorder": 0, "low_at": 3 });
        assert_eq!(office.put_if("/stock/DUVET/berlin", "0", &rule).await.code(), "version_outdated");
        assert_eq!(office.put_if("/stock/DUVET/berlin", &version, &rule).await.status, 200);
        let one = office.get("/stock?limit=1").await.json();
        assert_eq!(one["items"].as_array().unwrap().len(), 1);
        let next = format!("/stock?limit=1&after={}", one["next"].as_str().unwrap());
        let two = office.get(&next).await.json();
        assert_ne!(one["items"][0]["sku"], two["items"][0]["sku"]);
        let low = office.get("/stock?low=true&location=berlin").await.json();
        assert_eq!((&low["items"][0]["sku"], &low["next"]), (&json!("DUVET"), &Value::Null));
        assert_eq!(office.log().await, ["stock_rule_set DUVET@berlin"; 2]);
        let deeds = office.deeds().await;
        assert_eq!(
            (&deeds[1]["before"], &deeds[1]["after"]),
            (&json!({ "backorder": 5 }), &json!({ "backorder": 0 }))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn locations_are_made_and_stock_is_put_there() {
    each(async |office| {
        let made = office.put("/locations/lyon", &json!({ "name": "Lyon", "priority": 2 })).await;
        assert_eq!((made.status, made.json()), (200, json!({ "id": "lyon", "name": "Lyon", "priority": 2 })));
        let renamed = office.put("/locations/lyon", &json!({ "name": "Lyon 2", "priority": 2 })).await;
        assert_eq!(renamed.status, 200);
        let all = office.get("/locations").await.json();
        assert_eq!((&all[0]["id"], &all[1]["name"]), (&json!("berlin"), &json!("Lyon 2")));
        let line = json!({ "sku": "PILLOW", "location": "lyon", "quantity": 4 });
        let body = json!({ "kind": "receive", "reason": "a lorry", "lines": [line] });
        office.street.world.clock.advance_ms(5);
        assert_eq!(office.post("/stock/adjustments", "k", &body).await.status, 201);
        let seen = office.get("/stock/PILLOW").await.json();
        assert_eq!((&seen["left"], &seen["state"]), (&json!(14), &json!("in")));
        assert_eq!(seen["movements"][0]["reason"], "a lorry");
        let log = ["location_put lyon", "location_put lyon", "stock_adjusted PILLOW@lyon"];
        assert_eq!(office.log().await, log);
        let deeds = office.deeds().await;
        assert_eq!(deeds[1]["before"], json!({ "name": "Lyon" }));
        assert_eq!(deeds[2]["before"], Value::Null, "nothing was there");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_of_what_a_product_has_or_had() {
    each(async |office| {
        let line = |sku: &str| json!({ "sku": sku, "location": "berlin", "quantity": 2 });
        let body = json!({ "kind": "count", "reason": "r", "lines": [line("PILLOW"), line("GHOST-9")] });
        let refused = office.post("/stock/adjustments", "k-1", &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "field_invalid"), "{refused:?}");
        assert_eq!(
            (&refused.json()["field"], &refused.json()["detail"]),
            (&json!("lines[1].sku"), &json!("no product has GHOST-9"))
        );
        let rule = json!({ "backorder": 1, "low_at": 1 });
        let refused = office.put("/stock/GHOST-9/berlin", &rule).await;
        assert_eq!((refused.status, refused.code().as_str()), (404, "sku_unknown"), "{refused:?}");
        assert_eq!(refused.json()["detail"], "no product has GHOST-9");
        assert_eq!(office.get("/stock/GHOST-9").await.code(), "sku_unknown");
        assert_eq!(office.log().await, [""; 0]);
        assert_eq!(office.get("/stock/PILLOW").await.json()["left"], 10, "all of it or nothing");

        let mut tx = office.street.stage.db().begin().await.unwrap();
        let gone = [ProductId::try_new("pillow").unwrap()];
        let run = Run { origin: Origin::Admin, now: office.now(), force: true };
        vitrine_catalog::Catalog::remove_in(&mut tx, office.street.stage.store(), &run, &gone).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(adjust(&office, "k-2", "count", 0, Value::Null).await.status, 201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_cant_be_taken_away() {
    each(async |office| {
        let refused = adjust(&office, "k", "correct", -11, Value::Null).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "too_few_left"));
        assert_eq!((&refused.json()["left"], &refused.json()["field"]), (&json!(10), &json!("lines[0].quantity")));
        let mend = adjust(&office, "k", "correct", -1, Value::Null).await;
        assert_eq!(mend.status, 201, "a refused key is free: {mend:?}");
        for (body, field) in [
            (json!({ "kind": "count", "reason": "", "lines": [{ "sku": "A", "location": "berlin", "quantity": 1 }] }), "reason"),
            (json!({ "kind": "count", "reason": "r", "lines": [{ "sku": "A", "location": "mars", "quantity": 1 }] }), "lines[0].location"),
            (json!({ "kind": "count", "reason": "r", "lines": [{ "sku": "A", "location": "berlin", "quantity": -1 }] }), "lines[0].quantity"),
            (json!({ "kind": "count", "reason": "r", "lines": [] }), "lines"),
            (json!({ "kind": "stolen", "reason": "r", "lines": [] }), "kind"),
        ] {
            let refused = office.post("/stock/adjustments", "k-9", &body).await;
            assert_eq!((refused.code().as_str(), &refused.json()["field"]), ("field_invalid", &json!(field)), "{body}");
        }
        let rule = office.put("/stock/PILLOW/berlin", &json!({ "backorder": -1, "low_at": 0 })).await;
        assert_eq!((rule.code().as_str(), &rule.json()["field"]), ("field_invalid", &json!("backorder")));
        assert_eq!(office.log().await.len(), 1);
    })
    .await;
}
