//! Prices: set by hand, published by themselves, and not written over by an import.

use serde_json::{Value, json};
use vitrine_core::{ChangeKind, Clock as _, Revision};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Outbox, OutboxClaim};
use vitrine_store::Stores;

use super::office::{each, eur};
use crate::shop::{first_items, items, prices, product, store};
use crate::shopping::visitor::with_json;
use crate::world::{MODULES, Setup, World, answer};

const PATH: &str = "/prices/PILLOW/DE";

#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_set_and_reaches_cart_change_log_and_outbox() {
    each(async |office| {
        let world = &office.street.world;
        let before = office.get(PATH).await;
        assert_eq!((before.status, &before.json()["price"]), (200, &eur(4_000)), "{before:?}");
        let (db, nimbus) = (&world.db, store("nimbus"));
        let revision = Stores::revision(db, &nimbus).await.unwrap();

        let body = json!({ "price": eur(3_500), "compare_at": eur(4_000) });
        let set = office.put(PATH, &body).await;
        assert_eq!(
            (set.status, &set.json()["price"], &set.json()["compare_at"]),
            (200, &eur(3_500), &eur(4_000))
        );
        assert_eq!(set.header("etag"), format!("\"{}\"", set.json()["version"].as_str().unwrap()));
        assert_eq!(office.get(PATH).await.json(), set.json());
        let all = office.get("/prices/PILLOW").await.json();
        assert_eq!((&all["product"], &all["prices"]["DE"]), (&json!("pillow"), &set.json()));
        let cart = office.street.with_cart("PILLOW", 1).await;
        assert_eq!(cart.get("/cart").await.json()["lines"][0]["unit_price"], eur(3_500));

        let changes = Stores::changes_since(db, &nimbus, revision, 10).await.unwrap();
        let told: Vec<_> =
            changes.iter().map(|one| (one.change.entity.id.as_str(), one.change.kind)).collect();
        assert_eq!(told, [("pillow", ChangeKind::Price)]);
        assert_eq!(revised(world, &nimbus).await, [Revision(revision.0 + 1)]);

        assert_eq!(office.put(PATH, &body).await.status, 200);
        assert_eq!(Stores::revision(db, &nimbus).await.unwrap(), Revision(revision.0 + 1), "nothing changed");
        assert_eq!(office.log().await, ["price_set PILLOW/DE"]);
        let deed = &office.deeds().await[0];
        let (was, is) = (json!({ "minor": 4_000 }), json!({ "minor": 3_500, "compare_at": 4_000 }));
        assert_eq!((&deed["before"]["base"], &deed["after"]["base"]), (&was, &is));
    })
    .await;
}

/// Revisions that the outbox tells of a store.
async fn revised(world: &World, store: &vitrine_core::StoreId) -> Vec<Revision> {
    let now = world.clock.now();
    let mut tx = world.db.begin().await.unwrap();
    let claim = OutboxClaim { owner: "test", now, until: now.plus_ms(1), limit: 100 };
    let events = Outbox::claim_in(&mut tx, &claim).await.unwrap();
    tx.rollback().await.unwrap();
    let of = events.into_iter().filter(|event| event.kind == Stores::REVISED && event.store == *store);
    of.map(|event| Revision(event.version)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_may_hold_for_a_time() {
    each(async |office| {
        let now = office.now();
        let sale = json!({ "price": eur(3_000), "compare_at": eur(4_000), "from": now.plus_ms(1_000), "until": now.plus_ms(2_000) });
        let body = json!({ "price": eur(4_000), "windows": [sale] });
        let set = office.put(PATH, &body).await;
        assert_eq!((set.status, &set.json()["windows"][0]["price"]), (200, &eur(3_000)), "{set:?}");
        let paid = async || {
            let cart = office.street.with_cart("PILLOW", 1).await;
            cart.get("/cart").await.json()["lines"][0]["unit_price"].clone()
        };
        let clock = &office.street.stage.scene.clock;
        assert_eq!(paid().await, eur(4_000));
        clock.advance_ms(1_000);
        assert_eq!(paid().await, eur(3_000));
        clock.advance_ms(1_000);
        assert_eq!(paid().await, eur(4_000));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_set_a_price_at_once_one_is_told() {
    each(async |office| {
        let version = office.get(PATH).await.json()["version"].as_str().unwrap().to_owned();
        let sets = (0..6).map(|number| {
            let (office, version) = (&office, version.clone());
            async move { office.put_if(PATH, &version, &json!({ "price": eur(5_000 + number) })).await }
        });
        let answers = futures_util::future::join_all(sets).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 5, "{statuses:?}");
        assert_eq!(office.log().await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_cant_be_is_refused_by_its_field() {
    each(async |office| {
        let now = office.now();
        let sek = json!({ "minor": 1, "currency": "SEK" });
        let window = |until: Value| json!({ "price": eur(1), "from": now, "until": until });
        for (body, field) in [
            (json!({}), json!("price")),
            (json!({ "price": eur(0) }), json!("price")),
            (json!({ "price": eur(-5) }), json!("price")),
            (json!({ "price": sek }), json!("price.currency")),
            (json!({ "price": eur(5), "compare_at": eur(5) }), json!("compare_at")),
            (json!({ "price": eur(5), "windows": [window(json!(now))] }), json!("windows[0].until")),
            (json!({ "windows": [window(Value::Null), window(Value::Null)] }), json!("windows[1].from")),
            (json!({ "price": 5 }), json!("price")),
        ] {
            let refused = office.put(PATH, &body).await;
            assert_eq!((refused.status, refused.code().as_str()), (422, "field_invalid"), "{body}");
            assert_eq!(refused.json()["field"], field, "{body}: {refused:?}");
        }
        assert_eq!(office.put(PATH, &json!({ "price": eur(5), "vat": 1 })).await.code(), "field_invalid");
        assert_eq!(office.put("/prices/NOPE/DE", &json!({ "price": eur(5) })).await.code(), "sku_unknown");
        assert_eq!(
            office.put("/prices/PILLOW/JP", &json!({ "price": eur(5) })).await.code(),
            "country_unknown"
        );
        assert_eq!(office.get(PATH).await.json()["price"], eur(4_000));
        assert_eq!(office.log().await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_reports_a_conflict_and_leaves_the_price() {
    for_each_backend(MODULES, async |db| {
        let world = World::on(db, tempfile::tempdir().unwrap(), Setup::default()).await;
        let token = world.token("prices,webhook").await;
        let first = first_items("d-1", &[product("a", "5.50"), product("b", "1.00")]);
        assert_eq!(world.deliver("tiny", &first).await.status, 202);
        assert_eq!(world.intake.work().await.unwrap(), 1);

        let request = world.request(reqwest::Method::PUT, "/api/v1/admin/prices/T-a/DE").bearer_auth(&token);
        let set = answer(with_json(request, &json!({ "price": eur(499) }))).await;
        assert_eq!(set.status, 200, "{set:?}");
        world.clock.advance_ms(1_000);
        let second = items("d-2", &[product("a", "6.00"), product("b", "2.00")]);
        assert_eq!(world.deliver("tiny", &second).await.status, 202);
        assert_eq!(world.intake.work().await.unwrap(), 1);
        let done = world.get("/api/v1/hooks/tiny/deliveries/d-2", Some(&token)).await.json();
        assert_eq!((&done["state"], &done["outcome"]["changed"]), (&json!("done"), &json!(1)), "{done}");
        assert_eq!(done["outcome"]["conflicts"], 1, "{done}");
        assert_eq!(prices(&world.db, "tiny").await, [("a".into(), 499), ("b".into(), 200)]);
    })
    .await;
}
