//! The test provider's books.

use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Currency, Money, StoreId, Timestamp};
use vitrine_db::{Db, DbError, Tx, sql};

use crate::{Attempt, AttemptId, Capture, Refund};

const COLUMNS: &str = "attempt, outcome, amount, currency, capture, state, captured, refunded, calls";
const STATES: [&str; 8] = [
    "new",
    "processing",
    "requires_action",
    "authorised",
    "captured",
    "cancelled",
    "declined",
    "not_recognised",
];

/// The provider's books of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestAccount {
    /// Which attempt.
    pub attempt: AttemptId,
    /// How it stands there, in one word.
    pub state: String,
    /// What was taken from the shopper.
    pub captured: Money,
    /// What went back.
    pub refunded: Money,
}

/// A row, for the provider's own use.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) attempt: AttemptId,
    pub(super) amount: Money,
    pub(super) capture: Capture,
    pub(super) state: &'static str,
    pub(super) captured: i64,
    pub(super) refunded: i64,
    /// How often it was asked for.
    pub(super) calls: i64,
}

impl Account {
    /// One that is about to be opened.
    pub(super) fn new(attempt: &Attempt) -> Self {
        Self {
            attempt: attempt.id.clone(),
            amount: attempt.amount,
            capture: attempt.capture,
            state: "new",
            captured: 0,
            refunded: 0,
            calls: 1,
        }
    }
}

/// Opens an account if there is none, locks it and counts the call; answers with the one that is there.
pub(super) async fn open_in(
    tx: &mut Tx,
    store: &StoreId,
    new: &Account,
    outcome: &str,
) -> Result<Account, DbError> {
    let query = sql(format!(
        "INSERT INTO payment_test_account (store, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 1) \
         ON CONFLICT (store, attempt) DO UPDATE SET calls = payment_test_account.calls + 1 RETURNING {COLUMNS}"
    ));
    let query = query.bind(store.as_str().to_owned()).bind(new.attempt.as_str().to_owned());
    let query = query.bind(outcome.to_owned()).bind(new.amount.minor());
    let query = query.bind(new.amount.currency().code()).bind(new.capture.as_str());
    let query = query.bind(new.state).bind(new.captured);
    account(&query.fetch_one(&mut **tx).await?)
}

/// Locks an account.
pub(super) async fn lock_in(
    tx: &mut Tx,
    store: &StoreId,
    attempt: &AttemptId,
) -> Result<Option<Account>, DbError> {
    let query = sql(format!(
        "UPDATE payment_test_account SET calls = calls WHERE store = $1 AND attempt = $2 RETURNING {COLUMNS}"
    ));
    let query = query.bind(store.as_str().to_owned()).bind(attempt.as_str().to_owned());
    query.fetch_optional(&mut **tx).await?.as_ref().map(account).transpose()
}

pub(super) async fn put_in(tx: &mut Tx, store: &StoreId, account: &Account) -> Result<(), DbError> {
    let query = sqlx::query(
        "UPDATE payment_test_account SET state = $1, captured = $2 WHERE store = $3 AND attempt = $4",
    );
    let query = query.bind(account.state).bind(account.captured);
    query.bind(store.as_str()).bind(account.attempt.as_str()).execute(&mut **tx).await?;
    Ok(())
}

/// Pays back once; `false` if that is more than there is, and the caller rolls back.
pub(super) async fn refund_in(
    tx: &mut Tx,
    store: &StoreId,
    attempt: &Attempt,
    refund: &Refund,
) -> Result<bool, DbError> {
    let query = sqlx::query(
        "INSERT INTO payment_test_refund (store, id, attempt, amount) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (store, id) DO NOTHING",
    );
    let query = query.bind(store.as_str()).bind(refund.id.as_str());
    let query = query.bind(attempt.id.as_str()).bind(refund.amount.minor());
    if query.execute(&mut **tx).await?.rows_affected() == 0 {
        return Ok(true);
    }
    let query = sqlx::query(
        "UPDATE payment_test_account SET refunded = refunded + $1 \
         WHERE store = $2 AND attempt = $3 AND refunded + $1 <= captured",
    );
    let query = query.bind(refund.amount.minor()).bind(store.as_str()).bind(attempt.id.as_str());
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

/// Deletes books of attempts that came to an end before a time, with webhooks and refunds; at most so many attempts.
pub(super) async fn prune(db: &Db, before: Timestamp, limit: u32) -> Result<u64, DbError> {
    let mut tx = db.begin_soft().await?;
    let query = sqlx::query(
        "SELECT t.store AS store, t.attempt AS attempt FROM payment_test_account t \
         JOIN payment_attempt a ON a.store = t.store AND a.id = t.attempt \
         WHERE a.changed_at < $1 AND a.refunding = 0 \
         AND a.state NOT IN ('created', 'pending', 'requires_action', 'unknown') LIMIT $2",
    );
    let ended = query.bind(before.ms()).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
    for row in &ended {
        let [store, attempt]: [String; 2] = [row.try_get("store")?, row.try_get("attempt")?];
        for table in ["payment_test_webhook", "payment_test_refund", "payment_test_account"] {
            let query = sql(format!("DELETE FROM {table} WHERE store = $1 AND attempt = $2"));
            query.bind(store.clone()).bind(attempt.clone()).execute(&mut *tx).await?;
        }
    }
    tx.commit().await?;
    Ok(ended.len() as u64)
}

pub(super) async fn all(db: &Db, store: &StoreId) -> Result<Vec<TestAccount>, DbError> {
    let query = sql(format!("SELECT {COLUMNS} FROM payment_test_account WHERE store = $1"));
    let rows = query.bind(store.as_str().to_owned()).fetch_all(db.reader()).await?;
    let mut accounts = Vec::with_capacity(rows.len());
    for row in &rows {
        let Account { attempt, amount, state, captured, refunded, .. } = account(row)?;
        let [captured, refunded] = [captured, refunded].map(|minor| Money::new(minor, amount.currency()));
        accounts.push(TestAccount { attempt, state: state.to_owned(), captured, refunded });
    }
    accounts.sort_by(|a, b| a.attempt.cmp(&b.attempt));
    Ok(accounts)
}

fn account(row: &AnyRow) -> Result<Account, DbError> {
    let wrong = |what: String| DbError::Corrupt { table: "payment_test_account", what };
    let text = |column: &str| row.try_get::<String, _>(column);
    let (attempt, currency, capture, state) =
        (text("attempt")?, text("currency")?, text("capture")?, text("state")?);
    let currency = Currency::try_new(&currency).map_err(|_| wrong(currency))?;
    Ok(Account {
        attempt: AttemptId::try_new(&attempt).map_err(|_| wrong(attempt))?,
        amount: Money::new(row.try_get("amount")?, currency),
        capture: Capture::parse(&capture).ok_or_else(|| wrong(capture))?,
        state: STATES.into_iter().find(|known| *known == state).ok_or_else(|| wrong(state))?,
        captured: row.try_get("captured")?,
        refunded: row.try_get("refunded")?,
        calls: row.try_get("calls")?,
    })
}
