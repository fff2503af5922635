//! HTTP to Stripe: one attempt a call, every failure told apart by whether money may have moved.

use std::fmt::Display;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::NAME;
use crate::ProviderError;

/// The version of the API that this crate reads; Stripe keeps old ones.
const API_VERSION: &str = "2024-06-20";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer that is read, bytes; a PaymentIntent has some 4 KB, a list of 100 refunds some 100.
const LONGEST_ANSWER: usize = 1 << 20;

/// Fields of a request.
#[derive(Debug, Default)]
pub(super) struct Form(String);

impl Form {
    pub(super) fn push(&mut self, name: &str, value: impl Display) {
        let separator = if self.0.is_empty() { "" } else { "&" };
        let value = value.to_string();
        let [name, value] = [name, &value].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
        self.0.push_str(&format!("{separator}{name}={value}"));
    }
}

#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    key: SecretString,
    base: String,
}

impl Client {
    pub(super) fn try_new(key: SecretString, base: &str, timeout_ms: u64) -> Result<Self, ProviderError> {
        let base = base.trim_end_matches('/').to_owned();
        let near = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
        if !base.starts_with("https://") && !near.iter().any(|near| is_host(&base, near)) {
            return Err(refused("base_url must begin with https:// unless it is this machine"));
        }
        if key.expose_secret().is_empty() || key.expose_secret().chars().any(|c| !c.is_ascii_graphic()) {
            return Err(refused("secret_key must be Stripe's, as sk_live_.."));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(Duration::from_millis(timeout_ms))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("vitrine/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| refused(&error.to_string()))?;
        Ok(Self { http, key, base })
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value, ProviderError> {
        let request = self.http.request(Method::GET, format!("{}{path}", self.base));
        self.send(request).await
    }

    /// A declined card is an answer too: the PaymentIntent, or the error where there is none.
    pub(super) async fn post(&self, path: &str, form: Form, key: &str) -> Result<Value, ProviderError> {
        let request = self.http.request(Method::POST, format!("{}{path}", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.header("idempotency-key", key).body(form.0)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, ProviderError> {
        let request = request.bearer_auth(self.key.expose_secret()).header("stripe-version", API_VERSION);
        let response =
            request.send().await.map_err(|error| match error.is_connect() || error.is_builder() {
                true => ProviderError::Unreachable { provider: NAME, why: in_full(&error) },
                false => silent(in_full(&error)),
            })?;
        let status = response.status();
        let body = body(response).await?;
        let Ok(value) = serde_json::from_slice::<Value>(&body) else {
            // A proxy's page says nothing of what Stripe did.
            return Err(silent(format!("HTTP {status} without JSON")));
        };
        answer(status, value)
    }
}

/// What an answer means, by <https://docs.stripe.com/error-low-level> and <https://docs.stripe.com/api/errors>.
pub(super) fn answer(status: StatusCode, value: Value) -> Result<Value, ProviderError> {
    let error = &value["error"];
    let why = || {
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        format!("HTTP {}: {} {} {}", status.as_u16(), text("type"), text("code"), text("message"))
    };
    match status.as_u16() {
        200..=299 => Ok(value),
        402 => Ok(value),
        // Another call with the same key is at work, and may move money.
        409 => Err(silent(why())),
        // Nothing is done for who asks too often.
        429 => Err(ProviderError::Unreachable { provider: NAME, why: why() }),
        400..=499 => Err(refused(&why())),
        _ => Err(silent(why())),
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silent(in_full(&error)))? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_ANSWER {
            return Err(silent(format!("an answer of more than {LONGEST_ANSWER} bytes")));
        }
    }
    Ok(body)
}

/// Whether an address is of a host, and not of one whose name begins alike.
fn is_host(base: &str, host: &str) -> bool {
    let rest = base.strip_prefix(host);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':') || rest.starts_with('/'))
}

fn silent(why: String) -> ProviderError {
    ProviderError::Silent { provider: NAME, why }
}

fn refused(why: &str) -> ProviderError {
    ProviderError::Refused { provider: NAME, why: why.to_owned() }
}

/// An error with its causes; addresses are left out by reqwest's `without_url`.
fn in_full(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { "failed".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// JSON as text, without what only the shopper's browser may know.
pub(super) fn without_secrets(mut value: Value) -> String {
    strip(&mut value);
    value.to_string()
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("client_secret");
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(status: u16, value: Value) -> &'static str {
        match answer(StatusCode::from_u16(status).unwrap(), value) {
            Ok(_) => "answer",
            Err(ProviderError::Silent { .. }) => "silent",
            Err(ProviderError::Unreachable { .. }) => "unreachable",
            Err(ProviderError::Refused { .. }) => "refused",
            Err(_) => "other",
        }
    }

    #[test]
    fn failures_are_told_apart_by_whether_money_may_have_moved() {
        let error = json!({"error": {"type": "invalid_request_error", "message": "No such payment_intent"}});
        assert_eq!(kind(200, json!({})), "answer");
        assert_eq!(kind(402, json!({"error": {"type": "card_error"}})), "answer");
        for status in [400, 401, 403, 404] {
            assert_eq!(kind(status, error.clone()), "refused", "{status}");
        }
        for status in [409, 500, 502, 503, 504] {
            assert_eq!(kind(status, error.clone()), "silent", "{status}");
        }
        assert_eq!(kind(429, error.clone()), "unreachable");
        let told = answer(StatusCode::NOT_FOUND, error).unwrap_err().to_string();
        assert_eq!(
            told,
            "stripe refused the request: HTTP 404: invalid_request_error  No such payment_intent"
        );
    }

    #[test]
    fn fields_are_escaped() {
        let mut form = Form::default();
        form.push("metadata[a&b]", "1 = ü");
        form.push("amount", 5);
        assert_eq!(form.0, "metadata%5Ba%26b%5D=1%20%3D%20%C3%BC&amount=5");
    }

    #[test]
    fn a_key_goes_to_no_other_machine_in_plain_text() {
        let open = |base: &str, key: &str| Client::try_new(key.to_owned().into(), base, 1).is_ok();
        for base in ["https://api.stripe.com/", "http://127.0.0.1:8420", "http://localhost", "http://[::1]:1"]
        {
            assert!(open(base, "sk_test_1"), "{base}");
        }
        for base in ["http://api.stripe.com", "http://localhost.example", "http://127.0.0.1.example", "x", ""]
        {
            assert!(!open(base, "sk_test_1"), "{base}");
        }
        assert!(!open("https://api.stripe.com", "") && !open("https://api.stripe.com", "sk\n"));
        let client = Client::try_new("sk_secret".to_owned().into(), "https://x.example", 1).unwrap();
        assert!(!format!("{client:?}").contains("sk_secret"));
    }

    #[test]
    fn what_only_the_shopper_may_know_is_not_recorded() {
        let intent = json!({"id": "pi_1", "client_secret": "s", "data": [{"client_secret": "s", "a": 1}]});
        assert_eq!(without_secrets(intent), r#"{"data":[{"a":1}],"id":"pi_1"}"#);
    }
}
