//! localstripe in the place of Stripe: <https://github.com/adrienverge/localstripe>.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::Mutex;
use vitrine_core::{Clock, SystemClock};
use vitrine_payment::{AttemptState, Outcome, Provider, Stripe, Webhook};

use crate::Bank;
use crate::shop::Shop;

pub(crate) const SECRET: &str = "whsec_test_secret";
/// Made with `python3 -m venv`.
const VENV: &str = "../../../target/localstripe-venv";
const INSTALL: &str = "install it with 'python3 -m venv target/localstripe-venv && \
    target/localstripe-venv/bin/pip install localstripe==1.15.10'";

type Posted = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A running localstripe, and what it posted to us.
pub(crate) struct Server {
    child: Child,
    http: reqwest::Client,
    pub(crate) base: String,
    posted: Posted,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(VENV).join("bin/localstripe");
        let mut command = Command::new(&program);
        command.args(["--port", &port.to_string(), "--from-scratch"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{}: {error}; {INSTALL}", program.display()));
        let base = format!("http://127.0.0.1:{port}");
        let server = Self { child, http: reqwest::Client::new(), base, posted: Posted::default() };
        for _ in 0..600 {
            if server.http.get(&server.base).send().await.is_ok() {
                server.listen().await;
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("localstripe did not answer");
    }

    async fn listen(&self) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let posted = Arc::clone(&self.posted);
        let keep = async move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
            let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
            posted.lock().await.push((signature, body.to_vec()));
        };
        let router = axum::Router::new().route("/", axum::routing::post(keep));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let body = serde_json::json!({"url": url, "secret": SECRET}).to_string();
        let request = self.http.post(format!("{}/_config/webhooks/one", self.base)).body(body);
        assert!(request.send().await.unwrap().status().is_success());
    }

    /// Forgets all payments.
    pub(crate) async fn forget(&self) {
        self.http.delete(format!("{}/_config/data", self.base)).send().await.unwrap();
        self.posted.lock().await.clear();
    }

    async fn post(&self, path: &str, form: &str) -> Value {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth("sk_test_12345");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(form.to_owned()).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// Webhooks come about a second later. By then all is known, and a forged copy is not believed.
    pub(crate) async fn webhooks_agree(&self, shop: &Shop) {
        let mut succeeded = 0;
        for _ in 0..100 {
            for (signature, body) in std::mem::take(&mut *self.posted.lock().await) {
                let webhook = Webhook { signature: Some(&signature), body: &body, now: SystemClock.now() };
                let heard = shop.payments.read_webhook(&shop.store, "stripe", &webhook).await.unwrap();
                let mut forged = body.clone();
                forged.push(b' ');
                let forged = Webhook { body: &forged, ..webhook };
                assert!(shop.payments.read_webhook(&shop.store, "stripe", &forged).await.is_err());
                let Some(heard) = heard else { continue };
                let first = shop.apply(&heard).await;
                assert!(matches!(first.outcome, Outcome::Same | Outcome::Stale), "{heard:?}: {first:?}");
                assert_eq!(shop.apply(&heard).await.outcome, Outcome::Duplicate);
                succeeded += i32::from(first.attempt.state == AttemptState::Captured);
            }
            // auto, manual, known, paid and asked; what was paid back is told apart.
            if succeeded >= 5 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{succeeded} webhooks told of money");
    }
}

/// Stripe, as tests drive it.
pub(crate) struct StripeBank<'a> {
    pub(crate) server: &'a Server,
    pub(crate) stripe: Stripe,
}

#[async_trait]
impl Bank for StripeBank<'_> {
    fn name(&self) -> &'static str {
        "stripe"
    }

    async fn token(&self, kind: &str) -> String {
        let number = match kind {
            "approve" => "4242424242424242",
            "decline" => "4000000000000341",
            _ => "4000002500003155",
        };
        let form =
            format!("type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123");
        let method = self.server.post("/v1/payment_methods", &form).await;
        method["id"].as_str().unwrap_or_else(|| panic!("{method}")).to_owned()
    }

    async fn authenticate(&self, shop: &Shop, attempt: &str, recognised: bool) {
        let attempt = shop.attempt(attempt).await;
        let secret = attempt.action.unwrap().client_secret.unwrap();
        let path = format!("/v1/payment_intents/{}/_authenticate", attempt.provider_ref.unwrap());
        let answer = self.server.post(&path, &format!("client_secret={secret}&success={recognised}")).await;
        assert!(answer["id"].is_string(), "{answer}");
    }

    fn provider(&self) -> Arc<dyn Provider> {
        Arc::new(self.stripe.clone())
    }
}
