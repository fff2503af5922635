//! What goes to Stripe and what is made of its failures, against a server that answers as it is told.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod shop;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use shop::{MODULES, Shop, id};
use vitrine_db::testing::for_each_backend;
use vitrine_payment::AttemptState::{Authorised, Captured, Failed, Pending, Refunded, Unknown};
use vitrine_payment::{
    Capture, Error, FailureCode, Outcome, ProviderError, RefundState, Stripe, StripeConfig,
};

/// Longer than the client waits.
const SLOW: Duration = Duration::from_millis(3_000);

#[derive(Clone)]
enum Answer {
    Json(u16, Value),
    Text(u16, &'static str),
    Nothing,
}

#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    /// `METHOD path key body`.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Script {
    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap().extend(answers);
    }

    fn asked(&self) -> Vec<String> {
        assert!(self.answers.lock().unwrap().is_empty(), "not everything was asked");
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn reply(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, String) {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(header("authorization"), "Bearer sk_test_1");
    assert_eq!(header("stripe-version"), "2024-06-20");
    let line = format!("{method} {uri} {} {body}", header("idempotency-key"));
    script.asked.lock().unwrap().push(line.trim().to_owned());
    let answer = script.answers.lock().unwrap().pop_front().unwrap_or(Answer::Text(404, "not expected"));
    match answer {
        Answer::Json(status, value) => (StatusCode::from_u16(status).unwrap(), value.to_string()),
        Answer::Text(status, text) => (StatusCode::from_u16(status).unwrap(), text.to_owned()),
        Answer::Nothing => {
            tokio::time::sleep(SLOW).await;
            (StatusCode::OK, "{}".to_owned())
        }
    }
}

fn stripe(base_url: String) -> Arc<Stripe> {
    let config = StripeConfig {
        secret_key: "sk_test_1".to_owned().into(),
        webhook_secrets: Vec::new(),
        base_url,
        return_url: Some("https://shop.example/checkout/".into()),
        timeout_ms: 500,
    };
    Arc::new(Stripe::try_new(config).unwrap())
}

async fn serve() -> (Script, Arc<Stripe>) {
    let script = Script::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(reply).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (script, stripe(base))
}

fn intent(status: &str) -> Answer {
    let received = if status == "succeeded" { 5_000 } else { 0 };
    Answer::Json(
        200,
        json!({"id": "pi_1", "amount": 5_000, "currency": "eur", "status": status, "amount_received": received}),
    )
}

fn error(status: u16, kind: &str, code: &str) -> Answer {
    Answer::Json(status, json!({"error": {"type": kind, "code": code, "message": "no"}}))
}

async fn begin(shop: &Shop, name: &str) {
    shop.begin(name, "stripe", Capture::Automatic, "pm_1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_known_by_name_before_money_can_move() {
    let (script, stripe) = serve().await;
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, vec![stripe.clone()]);
        begin(&shop, "a").await;
        script.answer([intent("requires_confirmation"), intent("succeeded")]);
        assert_eq!(shop.send("a").await.attempt.state, Captured);
        let asked = script.asked();
        assert_eq!(
            asked[0],
            "POST /v1/payment_intents nimbus.a.create amount=5000&currency=eur&payment%5Fmethod=pm%5F1\
             &payment%5Fmethod%5Ftypes%5B%5D=card&capture%5Fmethod=automatic&metadata%5Bstore%5D=nimbus\
             &metadata%5Battempt%5D=a&metadata%5Breference%5D=order%2D1"
        );
        assert_eq!(
            asked[1],
            "POST /v1/payment_intents/pi_1/confirm nimbus.a.confirm \
             return%5Furl=https%3A%2F%2Fshop%2Eexample%2Fcheckout%2F"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_asked_for() {
    let (script, stripe) = serve().await;
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, vec![stripe.clone()]);
        let losses = [
            Answer::Nothing,
            Answer::Text(502, "<html>bad gateway</html>"),
            Answer::Text(200, "<html>"),
            error(500, "api_error", ""),
            error(409, "idempotency_error", "idempotency_key_in_use"),
        ];
        for (number, lost) in losses.into_iter().enumerate() {
            let name = format!("a{number}");
            begin(&shop, &name).await;
            script.answer([intent("requires_confirmation"), lost]);
            assert_eq!(shop.send(&name).await.attempt.state, Unknown);
            script.asked();
            // The money had moved.
            script.answer([intent("succeeded")]);
            assert_eq!(shop.ask(&name).await.outcome, Outcome::Moved(Unknown));
            assert_eq!(script.asked(), ["GET /v1/payment_intents/pi_1"]);
        }
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_money_can_have_moved_it_failed() {
    let (script, stripe) = serve().await;
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, vec![stripe.clone()]);
        let code = async |name: &str| shop.attempt(name).await.failure.unwrap().code;
        let cases: [(&str, &[Answer], FailureCode); 5] = [
            ("silent-before", &[Answer::Nothing], FailureCode::Unavailable),
            ("too-often", &[error(429, "rate_limit", "")], FailureCode::Unavailable),
            ("bad-key", &[error(401, "invalid_request_error", "")], FailureCode::InvalidMethod),
            (
                "declined",
                &[intent("requires_confirmation"), error(402, "card_error", "expired_card")],
                FailureCode::ExpiredCard,
            ),
            (
                "refused",
                &[
                    intent("requires_confirmation"),
                    error(400, "invalid_request_error", "parameter_invalid_empty"),
                    intent("requires_confirmation"),
                ],
                FailureCode::InvalidMethod,
            ),
        ];
        for (name, answers, expected) in cases {
            begin(&shop, name).await;
            script.answer(answers.iter().cloned());
            assert_eq!(shop.send(name).await.attempt.state, Failed, "{name}");
            assert_eq!(code(name).await, expected, "{name}");
            script.asked();
        }
        // Nobody is there.
        let shop = Shop::open(&db, vec![self::stripe("http://127.0.0.1:1".into())]);
        begin(&shop, "nobody").await;
        assert_eq!(shop.send("nobody").await.attempt.state, Failed);
        assert_eq!(shop.attempt("nobody").await.failure.unwrap().code, FailureCode::Unavailable);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_is_not_an_error() {
    let (script, stripe) = serve().await;
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, vec![stripe.clone()]);
        begin(&shop, "a").await;
        let state = || error(400, "invalid_request_error", "payment_intent_unexpected_state");
        script.answer([intent("requires_confirmation"), state(), intent("succeeded")]);
        assert_eq!(shop.send("a").await.attempt.state, Captured, "the shopper's browser was faster");
        script.asked();

        shop.begin("b", "stripe", Capture::Manual, "pm_1").await;
        script.answer([intent("requires_confirmation"), intent("requires_capture")]);
        assert_eq!(shop.send("b").await.attempt.state, Authorised);
        script.answer([state(), intent("succeeded")]);
        let paid = shop.cancel("b").await;
        assert_eq!(paid.outcome, Outcome::Moved(Authorised));
        assert_eq!(paid.attempt.state, Captured, "giving up came too late");
        script.asked();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_died_before_the_name_was_kept_gives_up_by_the_same_key() {
    let (script, stripe) = serve().await;
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, vec![stripe.clone()]);
        begin(&shop, "a").await;
        // As mark_sent leaves it.
        let mut tx = db.begin().await.unwrap();
        sqlx::query("UPDATE payment_attempt SET state = 'pending'").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        script.answer([intent("requires_confirmation"), intent("requires_confirmation")]);
        let asked = shop.ask("a").await;
        assert_eq!((asked.outcome, asked.attempt.state), (Outcome::Same, Pending));
        assert!(script.asked()[0].starts_with("POST /v1/payment_intents nimbus.a.create "));
        script.answer([intent("canceled")]);
        assert_eq!(shop.cancel("a").await.outcome, Outcome::Moved(Pending));
        assert_eq!(script.asked(), ["POST /v1/payment_intents/pi_1/cancel nimbus.a.cancel"]);
        script.answer([error(500, "api_error", "")]);
        let silent = shop.payments.ask(&shop.store, &id("a")).await;
        assert!(matches!(silent, Err(Error::Provider(ProviderError::Silent { .. }))), "{silent:?}");
        script.asked();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_looked_for_before_it_is_sent_again() {
    let (script, stripe) = serve().await;
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, vec![stripe.clone()]);
        begin(&shop, "a").await;
        script.answer([intent("requires_confirmation"), intent("succeeded")]);
        shop.send("a").await;
        shop.begin_refund("r", "a", 5_000).await.unwrap();
        script.answer([Answer::Nothing]);
        assert_eq!(shop.send_refund("r").await.refund.unwrap().state, RefundState::Unknown);
        script.asked();
        let made = |name: &str, refund: &str| {
            json!({"id": name, "amount": 5_000, "currency": "eur", "status": "succeeded",
                   "metadata": {"refund": refund}})
        };
        script.answer([Answer::Json(200, json!({"data": [made("re_0", "other"), made("re_1", "r")]}))]);
        let done = shop.send_refund("r").await;
        assert_eq!(
            (done.attempt.state, done.refund.unwrap().provider_ref.as_deref()),
            (Refunded, Some("re_1"))
        );
        assert_eq!(script.asked(), ["GET /v1/refunds?payment_intent=pi_1&limit=100"]);
        shop.assert_sound().await;
    })
    .await;
}
