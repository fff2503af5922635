//! Objects written by hand after Stripe's public documentation of version 2024-06-20
//! (<https://docs.stripe.com/api/payment_intents/object>, `/refunds/object`, `/disputes/object`, `/events/object`).

use serde_json::{Value, json};

use super::*;
use crate::Source;

#[allow(clippy::needless_pass_by_value, reason = "written in place")]
fn intent(status: &str, more: Value) -> Value {
    let mut intent = json!({
        "id": "pi_3MtwBwLkdIwHu7ix28a3tqPa", "object": "payment_intent", "amount": 5000, "amount_capturable": 0,
        "amount_received": 0, "automatic_payment_methods": null, "canceled_at": null, "capture_method": "automatic",
        "client_secret": "pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH", "created": 1_764_150_000,
        "currency": "eur", "last_payment_error": null, "latest_charge": null, "livemode": false,
        "metadata": {"attempt": "attempt-1", "store": "nimbus"}, "next_action": null, "status": status
    });
    let more = more.as_object().cloned().unwrap_or_default();
    intent.as_object_mut().unwrap().extend(more);
    intent
}

fn stands(intent: &Value) -> Standing {
    spoken(intent, Money::eur(5_000)).unwrap().0.standing
}

#[test]
fn each_status_is_read() {
    assert_eq!(stands(&intent("requires_payment_method", json!({}))), Standing::NotSeen);
    assert_eq!(stands(&intent("requires_confirmation", json!({}))), Standing::NotSeen);
    assert_eq!(stands(&intent("processing", json!({}))), Standing::Pending);
    assert_eq!(stands(&intent("requires_capture", json!({"amount_capturable": 5000}))), Standing::Authorised);
    assert_eq!(stands(&intent("canceled", json!({"cancellation_reason": "abandoned"}))), Standing::Cancelled);
    let paid = intent("succeeded", json!({"amount_received": 3000, "latest_charge": "ch_1"}));
    assert_eq!(stands(&paid), Standing::Captured(Money::eur(3_000)));
    let (statement, raw) = spoken(&paid, Money::eur(5_000)).unwrap();
    assert_eq!(statement.amount, Some(Money::eur(5_000)));
    assert_eq!(statement.provider_ref.as_deref(), Some("pi_3MtwBwLkdIwHu7ix28a3tqPa"));
    assert!(!raw.contains("_secret_"), "{raw}");
    assert!(spoken(&intent("enchanted", json!({})), Money::eur(1)).is_err());
}

#[test]
fn three_d_secure_leads_on_by_address_or_script() {
    let redirect = json!({"next_action": {"type": "redirect_to_url", "redirect_to_url": {
        "return_url": "https://shop.example/checkout/", "url": "https://hooks.stripe.com/3d_secure_2/hosted?merchant=1"
    }}});
    let Standing::RequiresAction(action) = stands(&intent("requires_action", redirect)) else { panic!() };
    assert_eq!(action.redirect.unwrap(), "https://hooks.stripe.com/3d_secure_2/hosted?merchant=1");
    let script = json!({"next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}}});
    let Standing::RequiresAction(action) = stands(&intent("requires_action", script)) else { panic!() };
    assert!(action.redirect.is_none() && action.client_secret.unwrap().contains("_secret_"));
}

#[test]
fn a_declined_card_is_told_by_error_and_by_status() {
    for (code, decline, read) in [
        ("card_declined", Some("generic_decline"), FailureCode::Declined),
        ("card_declined", Some("insufficient_funds"), FailureCode::InsufficientFunds),
        ("card_declined", Some("stolen_card"), FailureCode::Declined),
        ("expired_card", None, FailureCode::ExpiredCard),
        ("incorrect_cvc", None, FailureCode::InvalidMethod),
        ("payment_intent_authentication_failure", None, FailureCode::AuthenticationFailed),
    ] {
        let error = json!({
            "charge": "ch_1", "code": code, "decline_code": decline, "doc_url": "https://docs.stripe.com/error-codes",
            "message": "Your card was declined.", "type": "card_error"
        });
        let detail = decline.unwrap_or(code).to_owned();
        let failed = Standing::Failed(Failure { code: read, detail });
        let declined = intent("requires_payment_method", json!({"last_payment_error": error}));
        assert_eq!(stands(&declined), failed);
        let mut answer = json!({"error": error});
        answer["error"]["payment_intent"] = declined;
        let (statement, raw) = spoken(&answer, Money::eur(5_000)).unwrap();
        assert_eq!((statement.standing, statement.amount), (failed, Some(Money::eur(5_000))));
        assert!(!raw.contains("_secret_"), "{raw}");
    }
}

#[test]
fn amounts_are_counted_as_stripe_does() {
    let currency = |code| Currency::try_new(code).unwrap();
    for (code, minor, units) in [
        ("EUR", 1_999, Some(1_999)),
        ("JPY", 1_999, Some(1_999)),
        ("ISK", 1_999, Some(199_900)),
        ("UGX", 5, Some(500)),
        ("KWD", 5_120, Some(5_120)),
        ("KWD", 5_124, None),
    ] {
        let money = Money::new(minor, currency(code));
        assert_eq!(to_units(money).ok(), units, "{money}");
        if let Some(units) = units {
            assert_eq!(to_money(units, money.currency()), Some(money), "{money}");
        }
    }
    assert_eq!(to_money(150, currency("ISK")), None);
}

fn event_of(kind: &str, object: &Value) -> Result<Option<Notice>, ProviderError> {
    let event = json!({
        "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy", "object": "event", "api_version": "2024-06-20",
        "created": 1_764_150_000, "data": {"object": object}, "livemode": false, "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null}, "type": kind
    });
    super::event(event.to_string().as_bytes())
}

#[test]
fn events_of_payments_are_read() {
    let paid = intent("succeeded", json!({"amount_received": 5000}));
    let notice = event_of("payment_intent.succeeded", &paid).unwrap().unwrap();
    assert_eq!(notice.attempt, Named::Ours(AttemptId::try_new("attempt-1").unwrap()));
    assert_eq!(notice.event, "evt_1NG8Du2eZvKYlo2CUI79vXWy");
    let Said::Attempt(statement) = notice.said else { panic!() };
    assert_eq!(statement.standing, Standing::Captured(Money::eur(5_000)));
    assert!(!notice.raw.contains("_secret_"));
    let source = Source::Webhook { provider: NAME, event: notice.event };
    assert_eq!(source.as_str(), "webhook");

    let mut foreign = paid.clone();
    foreign["metadata"] = json!({});
    for (kind, object) in [
        ("payment_intent.created", &paid),
        ("charge.succeeded", &paid),
        ("payment_intent.succeeded", &foreign),
    ] {
        assert_eq!(event_of(kind, object).unwrap(), None, "{kind}");
    }
    for body in [b"".as_slice(), b"[]", b"{\"id\":1}", b"\xff"] {
        assert!(event(body).is_err());
    }
    assert!(event_of("payment_intent.succeeded", &json!({"id": "pi_1"})).is_err());
}

#[test]
fn refunds_of_ours_and_of_others_are_read() {
    let made = |status: &str, metadata: Value| {
        json!({
            "id": "re_1Nispe2eZvKYlo2Cd31jOCgZ", "object": "refund", "amount": 1000, "charge": "ch_1",
            "created": 1_764_150_000, "currency": "eur", "metadata": metadata, "failure_reason": "lost_or_stolen_card",
            "payment_intent": "pi_3MtwBwLkdIwHu7ix28a3tqPa", "reason": null, "status": status
        })
    };
    let ours = json!({"refund": "refund-1", "attempt": "attempt-1"});
    let notice = event_of("charge.refund.updated", &made("succeeded", ours.clone())).unwrap().unwrap();
    assert_eq!(notice.attempt, Named::Ours(AttemptId::try_new("attempt-1").unwrap()));
    let Said::Refund(statement) = notice.said else { panic!() };
    assert_eq!((statement.id.as_str(), statement.amount), ("refund-1", Money::eur(1_000)));
    let read = |status: &str| refund(&made(status, ours.clone())).unwrap().standing;
    assert_eq!(read("pending"), RefundStanding::Pending);
    assert_eq!(read("failed"), RefundStanding::Failed("lost_or_stolen_card".into()));
    assert_eq!(read("canceled"), RefundStanding::Failed("canceled".into()));

    let notice = event_of("refund.created", &made("succeeded", json!({}))).unwrap().unwrap();
    assert_eq!(notice.attempt, Named::Theirs("pi_3MtwBwLkdIwHu7ix28a3tqPa".into()));
    let Said::Refund(statement) = notice.said else { panic!() };
    assert!(statement.id.as_str().starts_with("stripe-"));
    assert!(refund(&json!({"error": {"type": "card_error", "code": "x"}})).is_err());
}

#[test]
fn disputes_are_read() {
    let object = json!({
        "id": "du_1MtJUT2eZvKYlo2CNaw2HvEv", "object": "dispute", "amount": 1000, "charge": "ch_1",
        "created": 1_680_651_737, "currency": "eur", "metadata": {}, "payment_intent": "pi_1",
        "reason": "general", "status": "warning_needs_response"
    });
    let notice = event_of("charge.dispute.created", &object).unwrap().unwrap();
    assert_eq!(notice.attempt, Named::Theirs("pi_1".into()));
    let Said::Dispute(dispute) = notice.said else { panic!() };
    assert_eq!((dispute.amount, dispute.reason.as_str()), (Money::eur(1_000), "general"));
    assert_eq!(dispute.opened_at.to_rfc3339(), "2023-04-04T23:42:17Z");
}
