//! Somebody who buys over HTTP.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::until;

/// The storefront that everybody buys in.
const HERE: &str = "/api/v1/de";
/// Before a request that was refused for want of room is sent again; the service says in whole seconds.
pub(crate) const ROOM: std::time::Duration = std::time::Duration::from_millis(100);

/// One process that sells, as its clients see it.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
}

/// What was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Whether an order was placed and paid.
    pub(crate) fn is_placed(&self) -> bool {
        self.status == 201 && self.body["state"] == "placed"
    }
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned() }
    }

    /// Waits until it answers.
    pub(crate) async fn is_up(&self) {
        let url = format!("{}/readyz", self.base);
        until("the API is ready", async || {
            self.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// Asks; a process that dies meanwhile answers nothing.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Option<Answer> {
        loop {
            let mut request: RequestBuilder =
                self.http.request(method.clone(), format!("{}{HERE}{path}", self.base));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            let answer = request.send().await.ok()?;
            let (status, text) = (answer.status().as_u16(), answer.text().await.ok()?);
            let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
            if status == 503 && body["code"] == "overloaded" {
                tokio::time::sleep(ROOM).await;
                continue;
            }
            return Some(Answer { status, body });
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], None).await.unwrap()
    }

    /// How the stock of a SKU is told.
    pub(crate) async fn stock(&self, sku: &str) -> Value {
        self.get(&format!("/stock?sku={sku}")).await.body[0]["state"].clone()
    }
}

/// Somebody with a cart.
#[derive(Clone)]
pub(crate) struct Buyer {
    pub(crate) client: Client,
    pub(crate) mail: String,
    pub(crate) payment: String,
    token: String,
}

impl Buyer {
    /// Puts goods into a new cart.
    pub(crate) async fn with(client: &Client, mail: &str, goods: &[(&str, u32)]) -> Self {
        let (client, mail) = (client.clone(), mail.to_owned());
        let mut buyer = Self { client, mail, payment: "card".to_owned(), token: String::new() };
        for (sku, quantity) in goods {
            let line = json!({ "sku": sku, "quantity": quantity });
            let mut added = buyer.ask(Method::POST, "/cart/lines", &[], &line).await.unwrap();
            // A machine with hundreds of buyers at once may keep its database waiting too long.
            while (added.status, added.code()) == (503, "unavailable") {
                tokio::time::sleep(ROOM).await;
                added = buyer.ask(Method::POST, "/cart/lines", &[], &line).await.unwrap();
            }
            assert_eq!(added.status, 201, "{sku}: {added:?}");
            added.body["token"].as_str().unwrap().clone_into(&mut buyer.token);
        }
        buyer
    }

    /// Enters a code.
    pub(crate) async fn enter(&self, code: &str) {
        let entered = self.ask(Method::POST, "/cart/codes", &[], &json!({ "code": code })).await.unwrap();
        assert_eq!(entered.status, 200, "{entered:?}");
        assert_eq!(entered.body["codes"][0]["refused"], Value::Null, "{entered:?}");
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Option<Answer> {
        let mut all = headers.to_vec();
        if !self.token.is_empty() {
            all.push(("vitrine-cart", &self.token));
        }
        self.client.ask(method, path, &all, Some(body)).await
    }

    pub(crate) async fn cart(&self) -> Answer {
        self.client.ask(Method::GET, "/cart", &[("vitrine-cart", &self.token)], None).await.unwrap()
    }

    /// The total of all that is in the cart.
    pub(crate) async fn total(&self) -> Value {
        let wish = json!({ "details": self.details() });
        let quoted = self.ask(Method::POST, "/checkout/quote", &[], &wish).await.unwrap();
        assert_eq!((quoted.status, &quoted.body["missing"]), (200, &json!([])), "{quoted:?}");
        quoted.body["cart"]["totals"]["total"].clone()
    }

    /// Places an order whose payment ends as a token of the test provider says. `None` if the process died.
    pub(crate) async fn order(&self, expected: &Value, token: &str, key: &str) -> Option<Answer> {
        let wish = json!({ "details": self.details(), "expected": expected, "payment_token": token });
        // What tests call an order has blanks, which a key must not have.
        let key = key.replace(' ', "-");
        self.ask(Method::POST, "/checkout/orders", &[("idempotency-key", &key)], &wish).await
    }

    fn details(&self) -> Value {
        json!({
            "locale": "de-DE", "contact": { "email": self.mail }, "delivery": "freight",
            "payment": self.payment,
            "shipping": { "name": "A. Shopper", "line1": "Musterstraße 1", "postcode": "10115", "city": "Berlin",
                "country": "DE" },
        })
    }
}
