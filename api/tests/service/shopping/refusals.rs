//! What shoppers are refused, and how they are told.

use std::sync::Mutex;

use reqwest::Method;
use serde_json::{Value, json};

use super::visitor::{Street, details, each, with_json};
use crate::world::answer;

/// Every code that a shopper can bring about alone.
pub(crate) async fn of_shoppers() -> Vec<String> {
    let met = Mutex::new(Vec::new());
    each(async |street| {
        let codes = [of_carts(&street).await, of_checkouts(&street).await, of_orders(&street).await].concat();
        met.lock().unwrap().extend(codes);
    })
    .await;
    met.into_inner().unwrap()
}

async fn of_carts(street: &Street) -> Vec<String> {
    let visitor = street.with_cart("PILLOW", 1).await;
    let few = visitor.put_in("PILLOW", 10).await;
    assert_eq!(
        (few.status, &few.json()["left"], &few.json()["field"]),
        (409, &json!(10), &json!("quantity"))
    );
    let unsold = visitor.put_in("NOPE", 1).await;
    assert_eq!((unsold.status, &unsold.json()["sku"]), (409, &json!("NOPE")));
    let most = visitor.patch("/cart/lines/1", &json!({ "quantity": 100 })).await;
    assert_eq!((most.status, &most.json()["most"]), (422, &json!(99)));
    for number in 0..5 {
        assert_eq!(visitor.post("/cart/codes", &json!({ "code": format!("C{number}") })).await.status, 200);
    }
    let nowhere = json!({ "destination": { "country": "US", "region": "CA" } });
    let nowhere = visitor.patch("/cart", &nowhere).await;
    assert_eq!((nowhere.status, &nowhere.json()["field"]), (422, &json!("destination.country")));
    let country = street.world.get("/api/v1/JP/cart", None).await;
    assert_eq!(country.status, 404);
    assert_eq!(street.world.get("/api/v1/xx/cart", None).await.code(), "country_unknown");
    vec![
        few.code(),
        unsold.code(),
        most.code(),
        nowhere.code(),
        country.code(),
        visitor.post("/cart/codes", &json!({ "code": "C5" })).await.code(),
        visitor.post("/cart/codes", &json!({ "code": "a b" })).await.code(),
        visitor.patch("/cart/lines/9", &json!({ "quantity": 1 })).await.code(),
        street.visitor().get("/cart").await.code(),
        visitor.get("/stock").await.code(),
    ]
}

async fn of_checkouts(street: &Street) -> Vec<String> {
    let visitor = street.with_cart("PILLOW", 2).await;
    let total = visitor.total().await;
    let body = json!({ "details": details(), "expected": total });
    let keyless = answer(with_json(visitor.request(Method::POST, "/checkout/orders"), &body)).await;
    let cheaper = json!({ "minor": 1, "currency": "EUR" });
    let dearer = visitor.order(&cheaper, "approve", "k").await;
    let told = dearer.json();
    assert_eq!((dearer.status, &told["expected"], &told["total"]), (409, &cheaper, &total));
    let with = |field: &str, value: Value| {
        let mut details = details();
        details[field] = value;
        details
    };
    let missing = visitor.order_with(&with("contact", Value::Null), &total, "approve", "k").await;
    let field = json!([{ "field": "contact.email", "trouble": "missing" }]);
    assert_eq!((missing.status, &missing.json()["fields"]), (422, &field));
    assert_eq!(missing.json()["field"], "details.contact.email");
    let pigeon = with("delivery", json!("pigeon"));
    let unoffered = with("payment", json!("bitcoin"));
    let long = visitor.order(&total, &"x".repeat(10_000), "k").await;
    assert_eq!((long.status, &long.json()["field"]), (422, &json!("payment_token")));
    let mut met = vec![
        keyless.code(),
        dearer.code(),
        missing.code(),
        long.code(),
        visitor.order_with(&unoffered, &total, "approve", "k").await.code(),
        visitor.order_with(&pigeon, &total, "approve", "k").await.code(),
    ];
    street.stage.scene.stock("pillow", 1).await;
    let stopped = visitor.order(&total, "approve", "k").await;
    assert_eq!(stopped.json()["notices"][0]["code"], "too_few_left");
    met.push(stopped.code());
    street.stage.scene.stock("pillow", 9).await;
    assert_eq!(visitor.delete("/cart/lines/1").await.status, 200);
    met.push(visitor.order(&total, "approve", "k").await.code());
    met
}

async fn of_orders(street: &Street) -> Vec<String> {
    let visitor = street.with_cart("PILLOW", 1).await;
    let total = visitor.total().await;
    let link = |placed: &Value| format!("/orders/{}/withdrawals", placed["access"].as_str().unwrap());
    let said =
        |units: Value| json!({ "id": "w", "name": "A. Shopper", "email": "a@example.com", "units": units });
    let declined = visitor.order(&total, "decline", "a").await.json();
    let cancelled = visitor.post(&link(&declined), &said(json!({}))).await;
    assert_eq!((cancelled.status, &cancelled.json()["state"]), (409, &json!("cancelled")));
    let placed = visitor.order(&total, "approve", "b").await.json();
    let too_many = visitor.post(&link(&placed), &said(json!({ "1": 2 }))).await;
    assert_eq!((too_many.status, &too_many.json()["field"]), (422, &json!("units.1")));
    let nameless = json!({ "id": "w", "name": "", "email": "a@example.com" });
    let nameless = visitor.post(&link(&placed), &nameless).await;
    assert_eq!((nameless.code().as_str(), &nameless.json()["field"]), ("field_invalid", &json!("name")));
    let forged = street.world.request(Method::POST, "/api/v1/hooks/payments/test").body("{}");
    vec![
        cancelled.code(),
        too_many.code(),
        visitor.get("/orders/x").await.code(),
        answer(forged).await.code(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_reaches_nobody() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 1).await;
        let paths = ["/cart/lines", "/cart/codes", "/checkout/quote", "/checkout/orders"];
        for path in paths {
            for body in [
                "",
                "{",
                "[]",
                "{}",
                "null",
                "\"a\"",
                "{\"sku\":1}",
                "{\"details\":[]}",
                "{\"code\":null}",
                "\u{fffd}",
            ] {
                let request = visitor.request(Method::POST, path).header("idempotency-key", "k");
                let refused = answer(request.header("content-type", "application/json").body(body)).await;
                assert!(matches!(refused.status, 400 | 422), "{path} {body}: {refused:?}");
                refused.code();
            }
            let untyped = visitor.request(Method::POST, path).header("idempotency-key", "k").body("{}");
            assert_eq!(answer(untyped).await.code(), "media_type_unsupported", "{path}");
            let large = json!({ "code": "x".repeat(70_000) });
            assert_eq!(visitor.post(path, &large).await.code(), "body_too_large", "{path}");
        }
        for body in [
            json!({ "sku": "PILLOW", "quantity": -1 }),
            json!({ "sku": "PILLOW", "quantity": 1.5 }),
            json!({ "sku": "a b" }),
            json!({ "sku": "PILLOW", "price": 1 }),
        ] {
            assert_eq!(visitor.post("/cart/lines", &body).await.code(), "field_invalid", "{body}");
        }
        assert_eq!(visitor.put_in("PILLOW", 0).await.code(), "quantity_invalid");
        assert_eq!(visitor.get("/cart").await.json()["version"], 1, "nothing of it changed the cart");
    })
    .await;
}
