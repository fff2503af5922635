//! The test provider's webhooks: queued in its books, and delivered by whoever runs it.

use serde::{Deserialize, Serialize};
use sqlx::Row;
use vitrine_core::{Money, StoreId, Timestamp};
use vitrine_db::{Backend, DbError, Tx, sql};

use super::repo::Account;
use super::{TestProvider, standing};
use crate::{AttemptId, Named, Notice, ProviderError, Said, Statement, signature};

/// A webhook to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestWebhook {
    /// To which store.
    pub store: StoreId,
    /// Value of the header [`signature_header`](crate::signature_header).
    pub signature: String,
    /// JSON.
    pub body: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Event {
    id: String,
    attempt: AttemptId,
    state: String,
    amount: Money,
    captured: Money,
}

/// Queues a webhook about a state, so many times with the same id.
pub(super) async fn queue_in(
    tx: &mut Tx,
    store: &StoreId,
    account: &Account,
    state: &str,
    due: Timestamp,
    copies: u32,
) -> Result<(), DbError> {
    let captured = Money::new(account.captured, account.amount.currency());
    let event = Event {
        id: format!("evt-{}-{state}", account.attempt),
        attempt: account.attempt.clone(),
        state: state.to_owned(),
        amount: account.amount,
        captured,
    };
    let wrong = |error: serde_json::Error| DbError::Corrupt {
        table: "payment_test_webhook",
        what: error.to_string(),
    };
    let body = serde_json::to_string(&event).map_err(wrong)?;
    for _ in 0..copies {
        let query = sql("INSERT INTO payment_test_webhook (store, attempt, number, body, due_at) \
             SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, CAST($4 AS BIGINT) FROM payment_test_webhook \
             WHERE store = $1 AND attempt = $2"
            .to_owned());
        let query = query.bind(store.as_str().to_owned()).bind(account.attempt.as_str().to_owned());
        query.bind(body.clone()).bind(due.ms()).execute(&mut **tx).await?;
    }
    Ok(())
}

impl TestProvider {
    /// Webhooks that are due, of any store, each once; at most so many, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_webhooks(&self, limit: u32) -> Result<Vec<TestWebhook>, DbError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let skip = if tx.backend() == Backend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
        let query = sql(format!(
            "UPDATE payment_test_webhook SET sent_at = $1 WHERE (store, attempt, number) IN \
             (SELECT store, attempt, number FROM payment_test_webhook WHERE sent_at IS NULL AND due_at <= $1 \
              ORDER BY due_at, number LIMIT $2{skip}) RETURNING store, attempt, number, body, due_at"
        ));
        let rows = query.bind(now.ms()).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let mut webhooks = Vec::with_capacity(rows.len());
        for row in &rows {
            let (store, attempt, body): (String, String, String) =
                (row.try_get("store")?, row.try_get("attempt")?, row.try_get("body")?);
            let (due, number): (i64, i64) = (row.try_get("due_at")?, row.try_get("number")?);
            let wrong = |_| DbError::Corrupt { table: "payment_test_webhook", what: store.clone() };
            let store = StoreId::try_new(&store).map_err(wrong)?;
            let signature = signature::sign(&self.secret, now, body.as_bytes());
            webhooks.push(((due, attempt, number), TestWebhook { store, signature, body }));
        }
        webhooks.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(webhooks.into_iter().map(|(_, webhook)| webhook).collect())
    }
}

pub(super) fn read(body: &[u8]) -> Result<Notice, ProviderError> {
    let event: Event =
        serde_json::from_slice(body).map_err(|_| ProviderError::Webhook("the body is no event"))?;
    let standing = standing(&event.state, &event.attempt, event.captured);
    let statement = Statement { standing, amount: Some(event.amount), provider_ref: None };
    Ok(Notice {
        attempt: Named::Ours(event.attempt),
        event: event.id,
        said: Said::Attempt(statement),
        raw: String::from_utf8_lossy(body).into_owned(),
    })
}
