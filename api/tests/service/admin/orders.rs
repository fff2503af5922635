//! Orders: found, sent, cancelled, taken back.

use serde_json::{Value, json};

use super::office::{each, eur};

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_found_by_page_state_number_and_mail() {
    each(async |office| {
        let mut numbers = Vec::new();
        for key in ["a", "b", "c"] {
            numbers.push(office.order(1, "card", key).await);
            office.street.stage.scene.clock.advance_ms(1_000);
        }
        let waiting = office.order(1, "transfer", "d").await;
        let found = async |query: &str| -> Vec<String> {
            let page = office.get(&format!("/orders?{query}")).await;
            assert_eq!(page.status, 200, "{page:?}");
            let number = |item: &Value| item["number"].as_str().unwrap().to_owned();
            page.json()["items"].as_array().unwrap().iter().map(number).collect()
        };
        numbers.push(waiting.clone());
        numbers.reverse();
        assert_eq!(found("").await, numbers);
        assert_eq!(found("state=pending_payment").await, std::slice::from_ref(&waiting));
        assert_eq!(found(&format!("number={}", waiting.to_lowercase())).await, [waiting]);
        assert_eq!(found("number=x").await, [""; 0]);
        assert_eq!(found("email=Shopper%40example.com").await.len(), 4);
        assert_eq!(found("email=nobody%40example.com").await, [""; 0]);
        let page = office.get("/orders?limit=3").await.json();
        let next = page["next"].as_str().unwrap();
        assert_eq!(found(&format!("limit=3&before={next}")).await, numbers[3..]);
        for wrong in ["state=lost", "before=x", "limit=0", "colour=red"] {
            assert_eq!(office.get(&format!("/orders?{wrong}")).await.code(), "query_invalid", "{wrong}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_sent_in_parts_once_for_each_key() {
    each(async |office| {
        let number = office.order(3, "card", "a").await;
        let path = format!("/orders/{number}/shipments");
        let one = json!({ "carrier": "DHL", "tracking": "00340", "units": { "1": 1 } });
        for repeated in ["false", "true"] {
            let sent = office.post(&path, "k-1", &one).await;
            assert_eq!((sent.status, sent.header("idempotent-replayed")), (201, repeated), "{sent:?}");
            let order = sent.json();
            assert_eq!(
                (&order["state"], order["shipments"].as_array().unwrap().len()),
                (&json!("partly_shipped"), 1)
            );
            assert_eq!(order["shipments"][0]["tracking"], "00340");
        }
        let too_many = json!({ "carrier": "DHL", "units": { "1": 3 } });
        let refused = office.post(&path, "k-2", &too_many).await;
        assert_eq!((refused.code().as_str(), &refused.json()["field"]), ("units_invalid", &json!("units.1")));
        let rest = office.post(&path, "k-3", &json!({ "carrier": "DHL" })).await;
        assert_eq!(rest.json()["state"], "shipped");
        let over = office.post(&path, "k-4", &json!({ "carrier": "DHL" })).await;
        assert_eq!((over.status, over.code().as_str()), (409, "order_not_open"));
        let read = office.get(&format!("/orders/{number}")).await.json();
        let by = office.token.split('_').nth(1).unwrap();
        let last = read["history"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["what"], &last["by"]), (&json!("shipped"), &json!(by)));
        assert_eq!(read["contact"]["email"], "shopper@example.com");
        let log = format!("order_shipped {number}");
        assert_eq!(office.log().await, [log.clone(), log]);
        let deeds = office.deeds().await;
        assert_eq!(
            (&deeds[0]["before"], &deeds[0]["after"]["units"]),
            (&json!({ "state": "placed" }), &json!({ "1": 1 }))
        );
        let told = Value::from(deeds).to_string();
        assert!(!told.contains("example.com") && !told.contains("00340"), "{told}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_set_aside_is_taken_when_goods_leave() {
    each(async |office| {
        let number = office.order(1, "set_aside", "a").await;
        let sent =
            office.post(&format!("/orders/{number}/shipments"), "k", &json!({ "carrier": "DHL" })).await;
        let money = &sent.json()["money"];
        assert_eq!((&money["state"], &money["captured"]), (&json!("captured"), &money["amount"]), "{sent:?}");
        assert_eq!(office.street.stage.checkout.recover().await.unwrap().tasks, 0, "nothing is left to do");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_gives_stock_and_money_back() {
    each(async |office| {
        let number = office.order(4, "card", "a").await;
        assert_eq!(office.street.stage.level("PILLOW").await.free, 6);
        let path = format!("/orders/{number}/cancel");
        let cancelled = office.post(&path, "k", &json!({ "reason": "sold out" })).await;
        let order = cancelled.json();
        assert_eq!((cancelled.status, &order["state"]), (200, &json!("cancelled")), "{cancelled:?}");
        assert_eq!(
            (&order["money"]["state"], &order["money"]["refunded"]),
            (&json!("refunded"), &order["money"]["captured"])
        );
        assert_eq!(office.street.stage.level("PILLOW").await.free, 10);
        let again = office.post(&path, "k-2", &json!({ "reason": "sold out" })).await;
        assert_eq!(
            (again.status, &again.json()["state"]),
            (200, &json!("cancelled")),
            "nothing is done twice"
        );
        let late =
            office.post(&format!("/orders/{number}/shipments"), "k-3", &json!({ "carrier": "DHL" })).await;
        assert_eq!((late.status, &late.json()["state"]), (409, &json!("cancelled")));
        let sent = office.order(1, "card", "b").await;
        office.post(&format!("/orders/{sent}/shipments"), "k-4", &json!({ "carrier": "DHL" })).await;
        let refused = office.post(&format!("/orders/{sent}/cancel"), "k-5", &json!({ "reason": "no" })).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "order_not_open"));
        assert_eq!(
            office.log().await,
            [format!("order_cancelled {number}"), format!("order_shipped {sent}")]
        );
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_send_and_cancel_at_once_one_is_refused() {
    each(async |office| {
        let number = office.order(1, "card", "a").await;
        let (send, cancel) = (format!("/orders/{number}/shipments"), format!("/orders/{number}/cancel"));
        let (carrier, reason) = (json!({ "carrier": "DHL" }), json!({ "reason": "sold out" }));
        let (sent, cancelled) =
            tokio::join!(office.post(&send, "k-1", &carrier), office.post(&cancel, "k-2", &reason));
        let refused = if sent.status == 201 { &cancelled } else { &sent };
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (409, "order_not_open"),
            "{sent:?} {cancelled:?}"
        );
        assert_eq!(office.log().await.len(), 1);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_bring_each_unit_back_once() {
    each(async |office| {
        let number = office.order(3, "card", "a").await;
        office.post(&format!("/orders/{number}/shipments"), "s", &json!({ "carrier": "DHL" })).await;
        let path = format!("/orders/{number}/returns");
        let returns = (0..20).map(|key| {
            let (office, path) = (&office, &path);
            let body = json!({ "units": { "1": 1 }, "reason": "too soft", "location": "berlin" });
            async move { office.post(path, &format!("k-{key}"), &body).await }
        });
        let answers = futures_util::future::join_all(returns).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3, "{answers:?}");
        assert_eq!(office.street.stage.level("PILLOW").await.free, 10);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_come_back_into_stock_once() {
    each(async |office| {
        let number = office.order(3, "card", "a").await;
        office.post(&format!("/orders/{number}/shipments"), "k-1", &json!({ "carrier": "DHL" })).await;
        let path = format!("/orders/{number}/returns");
        let body = json!({ "units": { "1": 2 }, "reason": "too soft", "location": "berlin" });
        for _ in 0..2 {
            let came = office.post(&path, "k-2", &body).await;
            assert_eq!(
                (came.status, &came.json()["returns"][0]["units"]),
                (201, &json!({ "1": 2 })),
                "{came:?}"
            );
        }
        assert_eq!(office.street.stage.level("PILLOW").await.free, 9);
        let nowhere = json!({ "reason": "too soft", "location": "mars" });
        assert_eq!(office.post(&path, "k-3", &nowhere).await.json()["field"], "location");
        let rest = office.post(&path, "k-4", &json!({ "reason": "too soft" })).await;
        assert_eq!(rest.json()["state"], "returned");
        assert_eq!(office.street.stage.level("PILLOW").await.free, 9, "nobody said where");
        assert_eq!(
            office.log().await[1..],
            [format!("order_returned {number}"), format!("order_returned {number}")]
        );
        let money = &office.get(&format!("/orders/{number}")).await.json()["money"];
        assert_eq!(money["refunded"], eur(0), "goods move no money");
        office.street.stage.audit().await;
    })
    .await;
}
