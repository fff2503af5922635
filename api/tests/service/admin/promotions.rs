//! Promotions and coupons: made, ended, and counted.

use reqwest::Method;
use serde_json::{Value, json};

use super::office::{Office, each, eur};

fn spring() -> Value {
    json!({ "id": "spring", "labels": { "de": "Frühling" }, "by_code": true, "combines_with": ["product"],
        "action": { "fixed": { "off": { "EUR": "5.00" }, "on": "order" } }, "limits": { "total": 7 } })
}

async fn make(office: &Office) {
    let made = office.put("/promotions/spring", &spring()).await;
    assert_eq!(made.status, 200, "{made:?}");
    let coupon = json!({ "code": "SPRING", "promotion": "spring", "limits": { "total": 3 } });
    let made = office.put("/coupons/spring", &coupon).await;
    assert_eq!(made.status, 200, "{made:?}");
}

/// Orders a pillow with a code; answers what was taken off.
async fn buy(office: &Office, code: &str, key: &str) -> Value {
    let visitor = office.street.with_cart("PILLOW", 1).await;
    assert_eq!(visitor.post("/cart/codes", &json!({ "code": code })).await.status, 200);
    let total = visitor.total().await;
    let placed = visitor.order(&total, "approve", key).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let link = format!("/orders/{}", placed.json()["access"].as_str().unwrap());
    visitor.get(&link).await.json()["totals"]["discounts"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_a_limit_is_counted_too() {
    each(async |office| {
        let endless = json!({ "id": "endless", "labels": { "de": "Endlos" }, "by_code": true,
            "combines_with": [],
            "action": { "fixed": { "off": { "EUR": "1.00" }, "on": "order" } } });
        assert_eq!(office.put("/promotions/endless", &endless).await.status, 200);
        let made =
            office.put("/coupons/ENDLESS", &json!({ "code": "ENDLESS", "promotion": "endless" })).await;
        assert_eq!(made.json()["uses"], 0, "{made:?}");
        for key in ["one", "two"] {
            assert_eq!(buy(&office, "ENDLESS", key).await, eur(100));
        }
        assert_eq!(office.get("/coupons/ENDLESS").await.json()["uses"], 2);
        assert_eq!(office.get("/promotions/endless").await.json()["uses"], json!(null));
        let orders = office.get("/orders?limit=1").await.json();
        let cancel = format!("/orders/{}/cancel", orders["items"][0]["number"].as_str().unwrap());
        assert_eq!(office.post(&cancel, "c", &json!({ "reason": "a mistake" })).await.status, 200);
        assert_eq!(office.get("/coupons?promotion=endless").await.json()["items"][0]["uses"], 1);
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_is_made_used_counted_and_ended() {
    each(async |office| {
        make(&office).await;
        assert_eq!(buy(&office, "SPRING", "one").await, eur(500));
        let read = office.get("/promotions/spring").await.json();
        assert_eq!((&read["uses"], &read["origin"]), (&json!(1), &json!("admin")));
        assert_eq!(office.get("/coupons/SPRING").await.json()["uses"], 1);
        let listed = office.get("/coupons?promotion=spring").await.json();
        assert_eq!(
            (&listed["items"][0]["coupon"]["code"], &listed["items"][0]["uses"]),
            (&json!("SPRING"), &json!(1))
        );
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);

        let off = office.send(Method::PATCH, "/promotions/spring", &json!({ "enabled": false })).await;
        assert_eq!((off.status, &off.json()["promotion"]["enabled"]), (200, &json!(false)), "{off:?}");
        assert_eq!(buy(&office, "SPRING", "two").await, eur(0));
        let body = json!({ "enabled": true, "ends_at": office.now().to_rfc3339() });
        assert_eq!(office.send(Method::PATCH, "/promotions/spring", &body).await.status, 200);
        assert_eq!(buy(&office, "SPRING", "three").await, eur(0));
        let body = json!({ "ends_at": null });
        assert_eq!(office.send(Method::PATCH, "/promotions/spring", &body).await.status, 200);
        assert_eq!(buy(&office, "SPRING", "four").await, eur(500));

        assert_eq!(office.send(Method::DELETE, "/coupons/SPRING", &json!({})).await.status, 200);
        assert_eq!(office.get("/coupons/SPRING").await.code(), "coupon_unknown");
        let log =
            ["promotion_put spring", "coupon_put SPRING", "promotion_put spring", "promotion_put spring"];
        let log = [&log[..], &["promotion_put spring", "coupon_removed SPRING"]].concat();
        assert_eq!(office.log().await, log);
        let deeds = office.deeds().await;
        assert_eq!((&deeds[2]["before"], &deeds[2]["after"]), (&json!({}), &json!({ "enabled": false })));
        office.street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_files_own_may_be_replaced_by_hand_and_is_kept_from_then_on() {
    each(async |office| {
        let read = office.get("/promotions/ten").await;
        assert_eq!((read.status, &read.json()["origin"]), (200, &json!("files")));
        let version = read.header("etag").trim_matches('"').to_owned();
        let mut ten = read.json()["promotion"].clone();
        ten["priority"] = json!(9);
        assert_eq!(office.put_if("/promotions/ten", "stale", &ten).await.code(), "version_outdated");
        let put = office.put_if("/promotions/ten", &version, &ten).await;
        assert_eq!((put.status, &put.json()["origin"]), (200, &json!("admin")), "{put:?}");
        assert_eq!(office.put_if("/promotions/ten", &version, &ten).await.status, 412);
        assert_eq!(office.log().await.len(), 1);
        assert_eq!(office.put("/promotions/ten", &ten).await.status, 200, "the same again");
        assert_eq!(office.log().await.len(), 1, "nothing was written");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_replace_a_promotion_at_once_one_is_told() {
    each(async |office| {
        make(&office).await;
        let read = office.get("/promotions/spring").await.json();
        let version = read["version"].as_str().unwrap();
        let puts = (1..=5).map(|priority| {
            let mut promotion = spring();
            promotion["priority"] = json!(priority);
            let office = &office;
            async move { office.put_if("/promotions/spring", version, &promotion).await.status }
        });
        let mut statuses = futures_util::future::join_all(puts).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_listed_page_by_page() {
    each(async |office| {
        make(&office).await;
        let ids = async |path: &str| -> (Vec<String>, Value) {
            let page = office.get(path).await.json();
            let id = |item: &Value| item["promotion"]["id"].as_str().unwrap().to_owned();
            (page["items"].as_array().unwrap().iter().map(id).collect(), page["next"].clone())
        };
        assert_eq!(
            ids("/promotions?limit=2").await,
            (vec!["first-ten".into(), "spring".into()], json!("spring"))
        );
        assert_eq!(ids("/promotions?limit=2&after=spring").await, (vec!["ten".into()], Value::Null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_cant_be_is_refused_by_its_field() {
    each(async |office| {
        let with = |name: &str, value: Value| {
            let mut promotion = spring();
            promotion[name] = value;
            promotion
        };
        let percent = |off: &str| json!({ "percent": { "off": off, "on": "order" } });
        for (body, field) in [
            (with("action", percent("101")), "action.percent.off"),
            (with("action", json!({ "free": {} })), "action"),
            (with("ends_at", json!("tomorrow")), "ends_at"),
            (with("limits", json!({ "total": -1 })), "limits.total"),
            (with("id", json!("summer")), "id"),
            (with("color", json!("red")), ""),
        ] {
            let refused = office.put("/promotions/spring", &body).await;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (422, "field_invalid"),
                "{body}: {refused:?}"
            );
            let named = refused.json()["field"].as_str().unwrap_or_default().to_owned();
            assert!(named.starts_with(field), "{body}: {refused:?}");
        }
        for (body, field) in [
            (json!({ "code": "A", "promotion": "none" }), "promotion"),
            (json!({ "code": "A", "promotion": "spring" }), "promotion"),
            (json!({ "code": "B", "promotion": "ten" }), "code"),
        ] {
            let refused = office.put("/coupons/A", &body).await;
            assert_eq!((refused.code().as_str(), &refused.json()["field"]), ("field_invalid", &json!(field)));
        }
        assert_eq!(office.send(Method::PATCH, "/promotions/ten", &json!({})).await.code(), "field_invalid");
        assert_eq!(
            office.send(Method::PATCH, "/promotions/no", &json!({ "enabled": true })).await.code(),
            "promotion_unknown"
        );
        assert_eq!(office.log().await, [""; 0]);
    })
    .await;
}
