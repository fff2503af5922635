//! Somebody with a browser at a shop.

use std::num::NonZeroU32;
use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use vitrine_api::{Limits, Shopfront};

use crate::stage::{self, Stage};
use crate::world::{Answer, Setup, World, answer};

pub(crate) const HERE: &str = "/api/v1/de";

/// A service with a shop behind it.
pub(crate) struct Street {
    pub(crate) stage: Arc<Stage>,
    pub(crate) world: World,
}

/// Runs a test on both databases.
pub(crate) async fn each(body: impl AsyncFn(Street)) {
    stage::each(async |stage| body(Street::new(stage).await).await).await;
}

impl Street {
    pub(crate) async fn new(stage: Arc<Stage>) -> Self {
        Self::set_up(stage, |_| ()).await
    }

    /// The same shop behind another service.
    pub(crate) async fn with(&self, change: impl FnOnce(&mut Setup)) -> Self {
        Self::set_up(self.stage.clone(), change).await
    }

    async fn set_up(stage: Arc<Stage>, change: impl FnOnce(&mut Setup)) -> Self {
        let front = Shopfront {
            store: stage.store().clone(),
            db: stage.db().clone(),
            clock: stage.scene.clock.clone(),
            checkout: stage.checkout.clone(),
            test: Some(stage.provider.clone()),
        };
        let mut setup = Setup { shop: Some(front), ..Setup::default() };
        change(&mut setup);
        let world = World::on(stage.db().clone(), tempfile::tempdir().unwrap(), setup).await;
        Self { stage, world }
    }

    /// The same without limits for a client.
    pub(crate) async fn unhurried(&self) -> Self {
        let often = NonZeroU32::MAX;
        self.with(|setup| setup.limits = Limits { per_minute: often, burst: often, ..Limits::default() })
            .await
    }

    /// Where the store's pages are.
    pub(crate) async fn origin(&self) -> String {
        let shop = self.stage.checkout.carts().shop(self.stage.store()).await.unwrap();
        shop.store.config.origin.clone()
    }

    /// Somebody without a cart.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        Visitor { street: self, cart: None }
    }

    /// Somebody with goods in a new cart.
    pub(crate) async fn with_cart(&self, sku: &str, quantity: u32) -> Visitor<'_> {
        let mut visitor = self.visitor();
        let added = visitor.put_in(sku, quantity).await;
        assert_eq!(added.status, 201, "{added:?}");
        visitor.cart = added.json()["token"].as_str().map(str::to_owned);
        visitor
    }
}

pub(crate) struct Visitor<'a> {
    street: &'a Street,
    pub(crate) cart: Option<String>,
}

impl Visitor<'_> {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.street.world.request(method, &format!("{HERE}{path}"));
        match &self.cart {
            Some(token) => request.header("vitrine-cart", token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        answer(with_json(self.request(method, path), body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, body).await
    }

    pub(crate) async fn put_in(&self, sku: &str, quantity: u32) -> Answer {
        self.post("/cart/lines", &json!({ "sku": sku, "quantity": quantity })).await
    }

    /// The total with all details.
    pub(crate) async fn total(&self) -> Value {
        let quoted = self.post("/checkout/quote", &json!({ "details": details() })).await;
        assert_eq!(quoted.status, 200, "{quoted:?}");
        quoted.json()["cart"]["totals"]["total"].clone()
    }

    /// Places an order whose payment ends as a token of the test provider says.
    pub(crate) async fn order(&self, expected: &Value, token: &str, key: &str) -> Answer {
        self.order_with(&details(), expected, token, key).await
    }

    pub(crate) async fn order_with(
        &self,
        details: &Value,
        expected: &Value,
        token: &str,
        key: &str,
    ) -> Answer {
        let body = json!({ "details": details, "expected": expected, "payment_token": token });
        let request = self.request(Method::POST, "/checkout/orders").header("idempotency-key", key);
        answer(with_json(request, &body)).await
    }
}

pub(crate) fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header("content-type", "application/json").body(body.to_string())
}

/// All that a German order needs.
pub(crate) fn details() -> Value {
    serde_json::to_value(stage::details("shopper@example.com", "card")).unwrap()
}
