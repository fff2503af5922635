//! Money of orders: paid back, never more than was taken, and noted when it arrives.

use serde_json::json;

use super::office::{each, eur};

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_by_amount_or_by_line_once_for_each_key() {
    each(async |office| {
        let number = office.order(2, "card", "a").await;
        let path = format!("/orders/{number}/refunds");
        let some = json!({ "amount": eur(500), "reason": "a scratch" });
        for repeated in ["false", "true", "true"] {
            let back = office.post(&path, "k-1", &some).await;
            assert_eq!((back.status, back.header("idempotent-replayed")), (201, repeated), "{back:?}");
            let money = &back.json()["money"];
            assert_eq!((&money["refunded"], &money["state"]), (&eur(500), &json!("partially_refunded")));
            assert_eq!(money["refunds"][0]["state"], "succeeded");
        }
        let line = json!({ "units": { "1": 1 }, "reason": "too soft" });
        let back = office.post(&path, "k-2", &line).await;
        assert_eq!(back.json()["money"]["refunded"], eur(4_500), "{back:?}");
        let both = json!({ "units": { "1": 1 }, "amount": eur(1), "reason": "r" });
        assert_eq!(office.post(&path, "k-3", &both).await.json()["field"], "amount");
        let unknown = json!({ "units": { "9": 1 }, "reason": "r" });
        assert_eq!(office.post(&path, "k-3", &unknown).await.code(), "units_invalid");
        let sek = json!({ "amount": { "minor": 1, "currency": "SEK" }, "reason": "r" });
        assert_eq!(office.post(&path, "k-3", &sek).await.json()["field"], "amount");
        let log = format!("order_refunded {number}");
        assert_eq!(office.log().await, [log.clone(), log]);
        assert_eq!(office.deeds().await[0]["after"]["amount"], eur(500));
        let history = office.get(&format!("/orders/{number}")).await.json()["history"].clone();
        let refunded = history.as_array().unwrap().iter().filter(|step| step["what"] == "refunded").count();
        assert_eq!(refunded, 2);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_never_pay_more_back_than_was_taken() {
    each(async |office| {
        let number = office.order(2, "card", "a").await;
        let order = office.get(&format!("/orders/{number}")).await.json();
        assert_eq!(order["money"]["captured"], eur(8_490));
        let path = format!("/orders/{number}/refunds");
        let refunds = (0..20).map(|key| {
            let (office, path) = (&office, &path);
            let body = json!({ "amount": eur(1_000), "reason": "a crowd" });
            async move { office.post(path, &format!("k-{key}"), &body).await }
        });
        let answers = futures_util::future::join_all(refunds).await;
        let done = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(done, 8, "{answers:?}");
        for refused in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!((refused.status, refused.code().as_str()), (409, "amount_exceeded"));
            assert_eq!(refused.json()["field"], "amount");
        }
        let money = office.get(&format!("/orders/{number}")).await.json()["money"].clone();
        assert_eq!((&money["refunded"], &money["refunding"]), (&eur(8_000), &eur(0)));
        assert_eq!(office.log().await.len(), 8, "what was refused is not in the log");
        let over = office.post(&path, "last", &json!({ "amount": eur(491), "reason": "r" })).await;
        assert_eq!((over.code().as_str(), &over.json()["left"]), ("amount_exceeded", &eur(490)));
        assert_eq!(
            office.post(&path, "rest", &json!({ "amount": eur(490), "reason": "r" })).await.status,
            201
        );
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_money_of_a_unit_goes_back_once() {
    each(async |office| {
        let number = office.order(3, "card", "a").await;
        let path = format!("/orders/{number}/refunds");
        let units = |units: u32| json!({ "units": { "1": units }, "reason": "too soft" });
        let first = office.post(&path, "k-1", &units(2)).await;
        assert_eq!(first.json()["money"]["refunds"][0]["units"], json!({ "1": 2 }), "{first:?}");
        let both = office.post(&path, "k-2", &units(2)).await;
        assert_eq!((both.status, both.code().as_str()), (422, "units_invalid"), "{both:?}");
        assert_eq!((&both.json()["field"], &both.json()["left"]), (&json!("units.1"), &json!(1)));
        assert_eq!(office.post(&path, "k-1", &units(2)).await.header("idempotent-replayed"), "true");
        assert_eq!(office.post(&path, "k-3", &units(1)).await.status, 201);
        let over = office.post(&path, "k-4", &units(1)).await;
        assert_eq!((over.code().as_str(), &over.json()["left"]), ("units_invalid", &json!(0)), "{over:?}");
        let rest = office.post(&path, "k-5", &json!({ "amount": eur(490), "reason": "delivery" })).await;
        let money = &rest.json()["money"];
        assert_eq!((&money["refunded"], &money["state"]), (&money["captured"], &json!("refunded")));
        let of_amounts = money["refunds"].as_array().unwrap().iter().filter(|one| one["units"].is_null());
        assert_eq!(of_amounts.count(), 1, "{money}");
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_pay_each_unit_back_once() {
    each(async |office| {
        let number = office.order(3, "card", "a").await;
        let path = format!("/orders/{number}/refunds");
        let refunds = (0..20).map(|key| {
            let (office, path) = (&office, &path);
            let body = json!({ "units": { "1": 1 }, "reason": "a crowd" });
            async move { office.post(path, &format!("k-{key}"), &body).await }
        });
        let answers = futures_util::future::join_all(refunds).await;
        let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(done.len(), 3, "{answers:?}");
        for refused in refused {
            assert_eq!(
                (refused.code().as_str(), &refused.json()["field"]),
                ("units_invalid", &json!("units.1"))
            );
        }
        let money = office.get(&format!("/orders/{number}")).await.json()["money"].clone();
        assert_eq!(money["refunded"], eur(12_000));
        assert_eq!(office.log().await.len(), 3);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_times_one_key_pay_back_once() {
    each(async |office| {
        let number = office.order(2, "card", "a").await;
        let path = format!("/orders/{number}/refunds");
        let refunds = (0..20).map(|_| {
            let (office, path) = (&office, &path);
            let body = json!({ "amount": eur(300), "reason": "a nervous finger" });
            async move { office.post(path, "k", &body).await }
        });
        for answer in futures_util::future::join_all(refunds).await {
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        let money = office.get(&format!("/orders/{number}")).await.json()["money"].clone();
        assert_eq!((&money["refunded"], money["refunds"].as_array().unwrap().len()), (&eur(300), 1));
        assert_eq!(office.log().await.len(), 1);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_money_of_a_transfer_places_its_order() {
    each(async |office| {
        let number = office.order(1, "transfer", "a").await;
        let path = format!("/orders/{number}/payment");
        let order = office.get(&format!("/orders/{number}")).await.json();
        assert_eq!(order["state"], "pending_payment");
        let total = order["money"]["amount"].clone();
        let less = office.post(&path, "k-1", &json!({ "amount": eur(1) })).await;
        assert_eq!((less.code().as_str(), &less.json()["field"]), ("field_invalid", &json!("amount")));
        for key in ["k-2", "k-2", "k-3"] {
            let paid = office.post(&path, key, &json!({ "amount": total })).await;
            assert_eq!((paid.status, &paid.json()["state"]), (200, &json!("placed")), "{paid:?}");
            assert_eq!(paid.json()["money"]["captured"], total);
        }
        assert_eq!(office.log().await, [format!("order_paid {number}")]);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_that_a_card_was_paid() {
    each(async |office| {
        let number = office.order(1, "set_aside", "a").await;
        let total = office.get(&format!("/orders/{number}")).await.json()["money"]["amount"].clone();
        let path = format!("/orders/{number}/payment");
        let refused = office.post(&path, "k", &json!({ "amount": total })).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "payment_not_open"));
        assert_eq!(refused.json()["state"], "authorised");
        let early = json!({ "amount": eur(1), "reason": "r" });
        let early = office.post(&format!("/orders/{number}/refunds"), "k", &early).await;
        assert_eq!(
            (early.code().as_str(), &early.json()["left"]),
            ("amount_exceeded", &eur(0)),
            "nothing is taken yet"
        );
        assert_eq!(office.log().await, [""; 0]);
    })
    .await;
}
