//! Orders: placed once, seen by who has the link, withdrawn from.

use reqwest::Method;
use serde_json::{Value, json};

use super::visitor::{Street, details, each};
use crate::world::{Answer, answer};

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_says_what_is_missing() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 2).await;
        let quoted = visitor.post("/checkout/quote", &json!({ "details": { "locale": "de-DE" } })).await;
        assert_eq!(quoted.status, 200, "{quoted:?}");
        let missing = |field: &str| json!({ "field": field, "trouble": "missing" });
        let wanted = ["contact.email", "shipping", "payment", "delivery"].map(missing);
        assert_eq!(quoted.json()["missing"], json!(wanted));
        assert_eq!(quoted.json()["payment_methods"][0], "card");
        let mut almost = details();
        almost["shipping"]["postcode"] = json!("1");
        let quoted = visitor.post("/checkout/quote", &json!({ "details": almost })).await.json();
        assert_eq!(quoted["missing"], json!([{ "field": "shipping.postcode", "trouble": "invalid" }]));
        assert_eq!(visitor.total().await, json!({ "minor": 8490, "currency": "EUR" }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_placed_once_for_its_key() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 2).await;
        let total = visitor.total().await;
        let placed = visitor.order(&total, "approve", "key").await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let body = placed.json();
        assert_eq!((&body["state"], &body["payment"]), (&json!("placed"), &json!("captured")));
        assert_eq!((&body["total"], &body["action"], &body["failure"]), (&total, &Value::Null, &Value::Null));
        let again = visitor.order(&total, "approve", "key").await;
        assert_eq!((again.status, again.json()), (201, body.clone()));
        let other = visitor.order(&total, "decline", "key").await;
        assert_eq!((other.status, other.code().as_str()), (422, "idempotency_key_reused"));
        assert_eq!(street.stage.level("PILLOW").await.free, 8);
        assert_eq!(visitor.get("/cart").await.code(), "cart_unknown", "it was ordered");
        street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_declined_pays_otherwise() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 4).await;
        let total = visitor.total().await;
        let declined = visitor.order(&total, "decline", "first").await.json();
        assert_eq!((&declined["state"], &declined["payment"]), (&json!("cancelled"), &json!("failed")));
        assert_eq!(declined["failure"], "declined");
        let placed = visitor.order(&total, "approve", "second").await.json();
        assert_eq!(placed["state"], "placed");
        assert_ne!(placed["id"], declined["id"]);
        assert_eq!(street.stage.level("PILLOW").await.free, 6);
        street.stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_seen_by_its_link_only() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 2).await;
        let placed = visitor.order(&visitor.total().await, "approve", "key").await.json();
        let link = format!("/orders/{}", placed["access"].as_str().unwrap());
        let stranger = street.visitor();
        let seen = stranger.get(&link).await;
        assert_eq!(seen.status, 200, "{seen:?}");
        let order = seen.json();
        assert_eq!((&order["number"], &order["state"]), (&placed["number"], &json!("placed")));
        assert_eq!(
            (&order["lines"][0]["name"], &order["lines"][0]["quantity"]),
            (&json!("pillow"), &json!(2))
        );
        assert_eq!(order["totals"]["total"], placed["total"]);
        assert_eq!(order["contact"]["email"], "shopper@example.com");
        let steps: Vec<&str> =
            order["history"].as_array().unwrap().iter().map(|step| step["what"].as_str().unwrap()).collect();
        assert_eq!(steps, ["created", "placed"]);
        for internal in ["\"by\"", "\"detail\"", "\"cart\"", "\"customer\"", "\"steps\"", "\"uses\""] {
            assert!(!seen.text.contains(internal), "{internal}: {}", seen.text);
        }
        for wrong in ["/orders/x".to_owned(), format!("/orders/{}", "0".repeat(32))] {
            let refused = stranger.get(&wrong).await;
            assert_eq!((refused.status, refused.code().as_str()), (404, "order_unknown"), "{wrong}");
        }
        assert_eq!(stranger.get("/orders/%FF").await.code(), "not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_received_once() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 2).await;
        let placed = visitor.order(&visitor.total().await, "approve", "key").await.json();
        let link = format!("/orders/{}", placed["access"].as_str().unwrap());
        let path = format!("{link}/withdrawals");
        let said =
            json!({ "id": "w-1", "name": "A. Shopper", "email": "shopper@example.com", "units": { "1": 1 } });
        let stranger = street.visitor();
        let first = stranger.post(&path, &said).await;
        assert_eq!((first.status, &first.json()["units"]), (201, &json!({ "1": 1 })));
        let again = stranger.post(&path, &said).await;
        assert_eq!((again.status, again.json()), (200, first.json()));
        let seen = stranger.get(&link).await.json();
        assert_eq!(seen["goods"]["withdrawals"], json!([first.json()]));
        let nowhere = format!("/orders/{}/withdrawals", "0".repeat(32));
        assert_eq!(stranger.post(&nowhere, &said).await.code(), "order_unknown");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_believed_by_its_signature_only() {
    each(async |street| {
        let visitor = street.with_cart("PILLOW", 1).await;
        let placed = visitor.order(&visitor.total().await, "webhook_late", "key").await.json();
        assert_eq!(placed["state"], "pending_payment");
        street.stage.scene.clock.advance_ms(5_000);
        let due = street.stage.provider.due_webhooks(10).await.unwrap();
        let (body, signature) = (due[0].body.as_str(), due[0].signature.as_str());
        for (signature, body) in [
            (None, body.to_owned()),
            (Some("t=1,v1=00"), body.to_owned()),
            (Some("nonsense"), body.to_owned()),
            (Some(signature), body.replace("EUR", "USD")),
            (Some(signature), String::new()),
        ] {
            let refused = hook(&street, "test", signature, &body).await;
            assert_eq!((refused.status, refused.code().as_str()), (400, "webhook_refused"));
        }
        assert_eq!(hook(&street, "nobody", Some(signature), body).await.code(), "hook_unknown");
        assert_eq!(hook(&street, "stripe", Some(signature), body).await.code(), "hook_unknown", "not set up");
        let link = format!("/orders/{}", placed["access"].as_str().unwrap());
        assert_eq!(visitor.get(&link).await.json()["state"], "pending_payment");

        let taken = hook(&street, "test", Some(signature), body).await;
        assert_eq!((taken.status, taken.json()), (200, json!({ "used": true })));
        assert_eq!(hook(&street, "test", Some(signature), body).await.status, 200, "twice is once");
        assert_eq!(visitor.get(&link).await.json()["state"], "placed");
        street.stage.scene.clock.advance_ms(301_000);
        assert_eq!(hook(&street, "test", Some(signature), body).await.code(), "webhook_refused", "too old");
        street.stage.audit().await;
    })
    .await;
}

async fn hook(street: &Street, provider: &str, signature: Option<&str>, body: &str) -> Answer {
    let path = format!("/api/v1/hooks/payments/{provider}");
    let request = street.world.request(Method::POST, &path).body(body.to_owned());
    answer(match signature {
        Some(signature) => {
            request.header("vitrine-test-signature", signature).header("stripe-signature", signature)
        }
        None => request,
    })
    .await
}
