//! The audit log, and the scopes that open what it tells of.

use reqwest::Method;
use serde_json::{Value, json};

use super::office::{Office, each};
use crate::shopping::visitor::with_json;
use crate::world::answer;

/// Every route, with a scope that opens it.
const ROUTES: [(&str, &str, &str); 26] = [
    ("GET", "/stock", "stock"),
    ("GET", "/stock/PILLOW", "stock"),
    ("POST", "/stock/adjustments", "stock"),
    ("PUT", "/stock/PILLOW/berlin", "stock"),
    ("GET", "/locations", "stock"),
    ("PUT", "/locations/berlin", "stock"),
    ("GET", "/prices/PILLOW", "prices"),
    ("GET", "/prices/PILLOW/DE", "prices"),
    ("PUT", "/prices/PILLOW/DE", "prices"),
    ("GET", "/promotions", "promotions"),
    ("GET", "/promotions/ten", "promotions"),
    ("PUT", "/promotions/ten", "promotions"),
    ("PATCH", "/promotions/ten", "promotions"),
    ("GET", "/coupons", "promotions"),
    ("GET", "/coupons/TEN", "promotions"),
    ("PUT", "/coupons/TEN", "promotions"),
    ("DELETE", "/coupons/NONE", "promotions"),
    ("GET", "/orders", "orders"),
    ("GET", "/orders/7K3F9-QXM2A", "orders"),
    ("POST", "/orders/7K3F9-QXM2A/shipments", "orders"),
    ("POST", "/orders/7K3F9-QXM2A/cancel", "orders"),
    ("POST", "/orders/7K3F9-QXM2A/refunds", "orders"),
    ("POST", "/orders/7K3F9-QXM2A/returns", "orders"),
    ("POST", "/orders/7K3F9-QXM2A/payment", "orders"),
    ("GET", "/audit", "audit"),
    ("GET", "/audit?limit=1", "audit"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_route_has_a_scope_and_opens_to_no_other() {
    each(async |office| {
        let world = &office.street.world;
        for (method, path, scope) in ROUTES {
            let others: Vec<&str> = ["stock", "prices", "promotions", "orders", "audit", "publish", "status"]
                .into_iter()
                .filter(|other| *other != scope)
                .collect();
            let (right, wrong) =
                (world.token_of("nimbus", scope).await, world.token_of("nimbus", &others.join(",")).await);
            let asked = async |token: Option<&str>| {
                let method: Method = method.parse().unwrap();
                let request = world.request(method, &format!("/api/v1/admin{path}"));
                let request = with_json(request, &json!({})).header("idempotency-key", "k");
                answer(match token {
                    Some(token) => request.bearer_auth(token),
                    None => request,
                })
                .await
            };
            let missing = asked(None).await;
            assert_eq!((missing.status, missing.code().as_str()), (401, "token_missing"), "{method} {path}");
            let refused = asked(Some(&wrong)).await;
            assert_eq!((refused.status, refused.code().as_str()), (403, "scope_missing"), "{method} {path}");
            let opened = asked(Some(&right)).await;
            assert!(matches!(opened.status, 200 | 404 | 422), "{method} {path}: {opened:?}");
        }
        assert_eq!(office.log().await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_stores_token_finds_nothing_of_this_one() {
    each(async |office| {
        let number = office.order(1, "card", "a").await;
        let ten = office.get("/promotions/ten").await.json()["promotion"].clone();
        assert_eq!(
            office.put("/locations/lyon", &json!({ "name": "Lyon", "priority": 2 })).await.status,
            200
        );
        let token = office.street.world.token_of("tiny", "stock,prices,promotions,orders,audit").await;
        let stranger = Office { token, ..office };
        for path in ["/stock", "/promotions", "/coupons", "/orders", "/audit"] {
            assert_eq!(stranger.get(path).await.json()["items"], json!([]), "{path}");
        }
        assert_eq!(stranger.get("/locations").await.json(), json!([]));
        assert_eq!(stranger.get("/stock/PILLOW").await.code(), "sku_unknown");
        assert_eq!(stranger.get("/prices/PILLOW").await.code(), "sku_unknown");
        assert_eq!(stranger.get("/promotions/ten").await.code(), "promotion_unknown");
        assert_eq!(stranger.get(&format!("/orders/{number}")).await.code(), "order_unknown");
        let cancel = format!("/orders/{number}/cancel");
        assert_eq!(stranger.post(&cancel, "k", &json!({ "reason": "r" })).await.code(), "order_unknown");
        assert_eq!(stranger.put("/promotions/ten", &ten).await.status, 200, "its own of the same name");
        assert_eq!(stranger.log().await, ["promotion_put ten"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_read_page_by_page_and_by_what_was_done() {
    each(async |office| {
        for (name, priority) in [("lyon", 2), ("paris", 3), ("lyon", 4)] {
            let body = json!({ "name": name, "priority": priority });
            assert_eq!(office.put(&format!("/locations/{name}"), &body).await.status, 200);
        }
        let numbers = async |query: &str| -> Value {
            let page = office.get(&format!("/audit?{query}")).await.json();
            let items = page["items"].as_array().unwrap();
            items.iter().map(|deed| deed["number"].clone()).collect()
        };
        assert_eq!(numbers("").await, json!([3, 2, 1]));
        assert_eq!(numbers("entity=lyon").await, json!([3, 1]));
        assert_eq!(numbers("action=location_put&before=3").await, json!([2, 1]));
        assert_eq!(numbers("token=0123456789abcdef").await, json!([]));
        let page = office.get("/audit?limit=2").await.json();
        assert_eq!(page["next"], "2");
        assert_eq!(numbers("limit=2&before=2").await, json!([1]));
        assert_eq!(office.get("/audit?who=me").await.code(), "query_invalid");
    })
    .await;
}
