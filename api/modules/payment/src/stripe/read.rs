//! Reading Stripe's objects: pure, so that recorded ones are tests.

use serde_json::Value;
use vitrine_core::{ContentHash, Currency, Money, Timestamp};

use super::client::without_secrets;
use super::{NAME, named};
use crate::{
    Action, AttemptId, Dispute, Failure, FailureCode, Named, Notice, ProviderError, RefundId, RefundStanding,
    RefundStatement, Said, Spoken, Standing, Statement,
};

pub(super) fn unreadable(what: &str) -> ProviderError {
    ProviderError::Silent { provider: NAME, why: what.to_owned() }
}

/// Whether a text may be a name in Stripe's addresses.
pub(super) fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Amounts as Stripe counts them: minor units, but for a few currencies.
///
/// Source: <https://docs.stripe.com/currencies#special-cases> and `#zero-decimal`, against ISO 4217.
pub(super) fn to_units(money: Money) -> Result<i64, ProviderError> {
    let code = money.currency().code();
    let units = match code {
        "ISK" | "UGX" => money.minor().checked_mul(100),
        "MGA" => (money.minor() % 100 == 0).then_some(money.minor() / 100),
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => (money.minor() % 10 == 0).then_some(money.minor()),
        _ => Some(money.minor()),
    };
    let why = format!("{money} is an amount that Stripe can't take in {code}");
    units.ok_or(ProviderError::Refused { provider: NAME, why })
}

fn to_money(units: i64, currency: Currency) -> Option<Money> {
    let minor = match currency.code() {
        "ISK" | "UGX" => (units % 100 == 0).then_some(units / 100)?,
        "MGA" => units.checked_mul(100)?,
        _ => units,
    };
    Some(Money::new(minor, currency))
}

fn money(object: &Value, field: &str) -> Result<Money, ProviderError> {
    let currency = object["currency"].as_str().map(str::to_ascii_uppercase);
    let currency = currency.and_then(|code| Currency::try_new(&code).ok());
    let read = || to_money(object[field].as_i64()?, currency?);
    read().ok_or_else(|| unreadable(&format!("{field} or currency can't be read")))
}

/// A PaymentIntent, or a card error that has one.
pub(super) fn spoken(value: &Value, wanted: Money) -> Result<Spoken, ProviderError> {
    Ok((statement(value, wanted)?, without_secrets(value.clone())))
}

fn statement(value: &Value, wanted: Money) -> Result<Statement, ProviderError> {
    let intent = intent(value);
    let standing = standing(value, wanted)?;
    let amount = if intent.is_null() { None } else { Some(money(intent, "amount")?) };
    Ok(Statement { amount, ..named(standing, intent["id"].as_str()) })
}

/// An error may carry its PaymentIntent.
fn intent(value: &Value) -> &Value {
    if value["error"].is_null() { value } else { &value["error"]["payment_intent"] }
}

/// How a PaymentIntent stands, by <https://docs.stripe.com/payments/paymentintents/lifecycle>.
pub(super) fn standing(value: &Value, wanted: Money) -> Result<Standing, ProviderError> {
    if !value["error"].is_null() {
        return Ok(Standing::Failed(failure(&value["error"])));
    }
    Ok(match value["status"].as_str().unwrap_or_default() {
        "requires_confirmation" => Standing::NotSeen,
        "requires_payment_method" => match &value["last_payment_error"] {
            Value::Null => Standing::NotSeen,
            error => Standing::Failed(failure(error)),
        },
        "requires_action" => Standing::RequiresAction(Action {
            redirect: value["next_action"]["redirect_to_url"]["url"].as_str().map(ToOwned::to_owned),
            client_secret: value["client_secret"].as_str().map(ToOwned::to_owned),
        }),
        "processing" => Standing::Pending,
        "requires_capture" => Standing::Authorised,
        "canceled" => Standing::Cancelled,
        "succeeded" if value["amount_received"].is_null() => {
            // Stand-ins leave it out; the whole amount is what Stripe takes unless told otherwise.
            Standing::Captured(money(value, "amount").unwrap_or(wanted))
        }
        "succeeded" => Standing::Captured(money(value, "amount_received")?),
        other => return Err(unreadable(&format!("status '{other}' is not known"))),
    })
}

/// Codes: <https://docs.stripe.com/declines/codes> and <https://docs.stripe.com/error-codes>.
fn failure(error: &Value) -> Failure {
    let text = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
    let detail = text("decline_code").or(text("code")).unwrap_or("unknown");
    let code = match detail {
        "insufficient_funds" | "withdrawal_count_limit_exceeded" | "card_velocity_exceeded" => {
            FailureCode::InsufficientFunds
        }
        "expired_card" => FailureCode::ExpiredCard,
        "authentication_required" | "payment_intent_authentication_failure" => {
            FailureCode::AuthenticationFailed
        }
        "incorrect_number"
        | "invalid_number"
        | "incorrect_cvc"
        | "invalid_cvc"
        | "invalid_expiry_month"
        | "invalid_expiry_year"
        | "card_not_supported"
        | "currency_not_supported"
        | "invalid_account"
        | "payment_method_unactivated" => FailureCode::InvalidMethod,
        _ => FailureCode::Declined,
    };
    Failure { code, detail: detail.chars().take(64).collect() }
}

/// A Refund object.
pub(super) fn refund(value: &Value) -> Result<RefundStatement, ProviderError> {
    if !value["error"].is_null() {
        let why = format!("no refund: {}", failure(&value["error"]).detail);
        return Err(ProviderError::Refused { provider: NAME, why });
    }
    let name = value["id"].as_str().filter(|name| is_name(name));
    let name = name.ok_or_else(|| unreadable("a refund without id"))?;
    let ours = value["metadata"]["refund"].as_str().and_then(|id| RefundId::try_new(id).ok());
    // One made at Stripe has no id of ours: its own, hashed, for ours have no capitals.
    let theirs = || RefundId::try_new(&format!("stripe-{}", ContentHash::of(name.as_bytes()))).ok();
    let id = ours.or_else(theirs).ok_or_else(|| unreadable("a refund's name"))?;
    let standing = match value["status"].as_str().unwrap_or_default() {
        "succeeded" => RefundStanding::Succeeded,
        "pending" | "requires_action" => RefundStanding::Pending,
        "failed" => RefundStanding::Failed(value["failure_reason"].as_str().unwrap_or("failed").to_owned()),
        "canceled" => RefundStanding::Failed("canceled".to_owned()),
        other => return Err(unreadable(&format!("refund status '{other}' is not known"))),
    };
    Ok(RefundStatement { id, amount: money(value, "amount")?, standing, provider_ref: Some(name.to_owned()) })
}

fn dispute(value: &Value) -> Result<Dispute, ProviderError> {
    let text = |name: &str| value[name].as_str().map(ToOwned::to_owned);
    let words = text("id").zip(text("reason")).zip(text("status"));
    let ((id, reason), status) = words.ok_or_else(|| unreadable("a dispute without id, reason or status"))?;
    let opened_at = Timestamp::from_ms(value["created"].as_i64().unwrap_or(0).saturating_mul(1_000));
    Ok(Dispute { id, amount: money(value, "amount")?, reason, status, opened_at })
}

/// An event; `None` for kinds of no interest and for what was not made by this shop.
pub(super) fn event(body: &[u8]) -> Result<Option<Notice>, ProviderError> {
    let wrong = ProviderError::Webhook("the body is no event");
    let Ok(event) = serde_json::from_slice::<Value>(body) else { return Err(wrong) };
    let (Some(id), Some(kind)) = (event["id"].as_str(), event["type"].as_str()) else { return Err(wrong) };
    let object = &event["data"]["object"];
    let unread = |_| ProviderError::Webhook("the event's object can't be read");
    let (attempt, said) = match kind {
        "payment_intent.created" => return Ok(None),
        kind if kind.starts_with("payment_intent.") => {
            let wanted = money(object, "amount").map_err(unread)?;
            (ours(object), Said::Attempt(statement(object, wanted).map_err(unread)?))
        }
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            (ours(object), Said::Refund(refund(object).map_err(unread)?))
        }
        kind if kind.starts_with("charge.dispute.") => {
            (ours(object), Said::Dispute(dispute(object).map_err(unread)?))
        }
        _ => return Ok(None),
    };
    let attempt =
        attempt.or_else(|| object["payment_intent"].as_str().map(|name| Named::Theirs(name.to_owned())));
    let event_id = id.chars().take(255).collect();
    Ok(attempt.map(|attempt| Notice { attempt, event: event_id, said, raw: without_secrets(event.clone()) }))
}

fn ours(object: &Value) -> Option<Named> {
    object["metadata"]["attempt"].as_str().and_then(|id| AttemptId::try_new(id).ok()).map(Named::Ours)
}

#[cfg(test)]
mod tests;
