//! Rows of attempts and refunds; one SQL text for SQLite and PostgreSQL.

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Currency, Money, StoreId, Timestamp};
use vitrine_db::{AnyConnection, sql};

use crate::{Attempt, AttemptId, AttemptState, Capture, Error, Refund, RefundId, RefundState};

pub(crate) const ATTEMPT: &str = "id, reference, provider, amount, currency, capture, token, provider_ref, state, \
     captured, refunded, refunding, capture_asked, action, failure, version, created_at, changed_at";
pub(crate) const REFUND: &str = "id, attempt, amount, currency, reason, state, tries, provider_ref, failure, \
     created_at, changed_at";

fn corrupt(table: &'static str) -> impl Fn(String) -> Error {
    move |what| Error::Corrupt { table, what }
}

pub(crate) async fn attempt(
    connection: &mut AnyConnection,
    store: &StoreId,
    id: &AttemptId,
) -> Result<Attempt, Error> {
    let query = sql(format!("SELECT {ATTEMPT} FROM payment_attempt WHERE store = $1 AND id = $2"));
    let query = query.bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
    let row = query.fetch_optional(connection).await?.ok_or_else(|| Error::UnknownAttempt(id.clone()))?;
    attempt_row(&row)
}

pub(crate) async fn refund(
    connection: &mut AnyConnection,
    store: &StoreId,
    id: &RefundId,
) -> Result<Option<Refund>, Error> {
    let query = sql(format!("SELECT {REFUND} FROM payment_refund WHERE store = $1 AND id = $2"));
    let query = query.bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
    query.fetch_optional(connection).await?.as_ref().map(refund_row).transpose()
}

pub(crate) fn attempt_row(row: &AnyRow) -> Result<Attempt, Error> {
    let wrong = corrupt("payment_attempt");
    let text = |column: &str| row.try_get::<String, _>(column);
    let maybe = |column: &str| row.try_get::<Option<String>, _>(column);
    let currency = currency(row, &wrong)?;
    let money = |column: &str| Ok::<_, sqlx::Error>(Money::new(row.try_get(column)?, currency));
    let (id, capture, state) = (text("id")?, text("capture")?, text("state")?);
    let (action, failure) = (maybe("action")?, maybe("failure")?);
    let asked: Option<i64> = row.try_get("capture_asked")?;
    Ok(Attempt {
        id: AttemptId::try_new(&id).map_err(|_| wrong(id))?,
        reference: text("reference")?,
        provider: text("provider")?,
        amount: money("amount")?,
        capture: Capture::parse(&capture).ok_or_else(|| wrong(capture))?,
        token: text("token")?,
        provider_ref: maybe("provider_ref")?,
        state: AttemptState::parse(&state).ok_or_else(|| wrong(state))?,
        captured: money("captured")?,
        refunded: money("refunded")?,
        refunding: money("refunding")?,
        capture_asked: asked.map(|minor| Money::new(minor, currency)),
        action: action.map(|json| serde_json::from_str(&json).map_err(|_| wrong(json))).transpose()?,
        failure: failure.map(|json| serde_json::from_str(&json).map_err(|_| wrong(json))).transpose()?,
        version: row.try_get("version")?,
        created_at: Timestamp::from_ms(row.try_get("created_at")?),
        changed_at: Timestamp::from_ms(row.try_get("changed_at")?),
    })
}

pub(crate) fn refund_row(row: &AnyRow) -> Result<Refund, Error> {
    let wrong = corrupt("payment_refund");
    let text = |column: &str| row.try_get::<String, _>(column);
    let (id, attempt, state) = (text("id")?, text("attempt")?, text("state")?);
    Ok(Refund {
        id: RefundId::try_new(&id).map_err(|_| wrong(id))?,
        attempt: AttemptId::try_new(&attempt).map_err(|_| wrong(attempt))?,
        amount: Money::new(row.try_get("amount")?, currency(row, &wrong)?),
        reason: text("reason")?,
        state: RefundState::parse(&state).ok_or_else(|| wrong(state))?,
        tries: row.try_get("tries")?,
        provider_ref: row.try_get("provider_ref")?,
        failure: row.try_get("failure")?,
        created_at: Timestamp::from_ms(row.try_get("created_at")?),
        changed_at: Timestamp::from_ms(row.try_get("changed_at")?),
    })
}

pub(crate) fn currency(row: &AnyRow, wrong: impl Fn(String) -> Error) -> Result<Currency, Error> {
    let code: String = row.try_get("currency")?;
    Currency::try_new(&code).map_err(|_| wrong(code))
}

pub(crate) fn store(row: &AnyRow) -> Result<StoreId, Error> {
    let text: String = row.try_get("store")?;
    StoreId::try_new(&text).map_err(|_| Error::Corrupt { table: "payment_attempt", what: text })
}

/// `'pending', 'unknown'`: words of our own, so they may stand in the text.
pub(crate) fn words(states: &[AttemptState]) -> String {
    let quoted: Vec<String> = states.iter().map(|state| format!("'{state}'")).collect();
    quoted.join(", ")
}
