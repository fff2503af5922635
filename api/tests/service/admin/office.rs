//! A shop, and somebody with tokens for everything in it.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use vitrine_core::{Clock as _, Timestamp};

use crate::shopping::visitor::{Street, with_json};
use crate::stage;
use crate::world::{Answer, MODULES, answer};

/// Every scope of those who run the shop.
const ALL: &str = "stock,prices,promotions,orders,audit";

pub(crate) struct Office {
    pub(crate) street: Street,
    pub(crate) token: String,
}

/// Runs a test on both databases.
pub(crate) async fn each(body: impl AsyncFn(Office)) {
    stage::each(async |stage| {
        stage.db().migrate(MODULES).await.unwrap();
        let now = stage.scene.clock.now();
        let street = Street::new(stage).await;
        street.world.clock.set(now);
        let token = street.world.token_of("nimbus", ALL).await;
        body(Office { street, token }).await;
    })
    .await;
}

impl Office {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/api/v1/admin{path}");
        self.street.world.request(method, &path).bearer_auth(&self.token).header("x-request-id", "r-1")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        answer(with_json(self.request(method, path), body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, body).await
    }

    /// Puts something that must still be of a version.
    pub(crate) async fn put_if(&self, path: &str, version: &str, body: &Value) -> Answer {
        let request = self.request(Method::PUT, path).header("if-match", format!("\"{version}\""));
        answer(with_json(request, body)).await
    }

    /// Posts something that is done once for its key.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        answer(with_json(request, body)).await
    }

    /// The audit log, the oldest first, as `action entity`.
    pub(crate) async fn log(&self) -> Vec<String> {
        let told = |deed: &Value| {
            format!("{} {}", deed["action"].as_str().unwrap(), deed["entity"].as_str().unwrap())
        };
        self.deeds().await.iter().map(told).collect()
    }

    /// The audit log, the oldest first.
    pub(crate) async fn deeds(&self) -> Vec<Value> {
        let page = self.get("/audit?limit=200").await;
        assert_eq!(page.status, 200, "{page:?}");
        let mut deeds = page.json()["items"].as_array().unwrap().clone();
        deeds.reverse();
        deeds
    }

    /// Places an order of pillows; answers its number.
    pub(crate) async fn order(&self, quantity: u32, payment: &str, key: &str) -> String {
        let visitor = self.street.with_cart("PILLOW", quantity).await;
        let mut details = crate::shopping::visitor::details();
        details["payment"] = json!(payment);
        let quoted = visitor.post("/checkout/quote", &json!({ "details": details })).await.json();
        let total = &quoted["cart"]["totals"]["total"];
        let placed = visitor.order_with(&details, total, "approve", key).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        placed.json()["number"].as_str().unwrap().to_owned()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.street.world.clock.now()
    }
}

pub(crate) fn eur(minor: i64) -> Value {
    json!({ "minor": minor, "currency": "EUR" })
}
