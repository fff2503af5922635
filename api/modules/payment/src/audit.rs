//! What was said and what it adds up to.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use sqlx::Row;
use vitrine_core::{Money, StoreId, Timestamp};
use vitrine_db::{Backend, sql};

use crate::repo::{self, ATTEMPT, REFUND};
use crate::{Attempt, AttemptId, AttemptState, Dispute, Error, Payments, Refund, RefundState, refunds};

/// Something that was heard of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its number, from 1.
    pub number: i64,
    /// `reply`, `answer` or `webhook`.
    pub source: String,
    /// How the attempt or refund stood, in one word.
    pub said: String,
    /// The provider's own words.
    pub raw: String,
    /// When.
    pub at: Timestamp,
}

/// Sums that don't agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// Of which attempt.
    pub attempt: AttemptId,
    /// What does not agree.
    pub what: String,
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {}: {}", self.attempt, self.what)
    }
}

impl Payments {
    /// Everything that was heard of an attempt, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn records(&self, store: &StoreId, attempt: &AttemptId) -> Result<Vec<Record>, Error> {
        let query = sqlx::query(
            "SELECT number, source, said, raw, at FROM payment_record WHERE store = $1 AND attempt = $2 \
             ORDER BY number",
        );
        let rows = query.bind(store.as_str()).bind(attempt.as_str()).fetch_all(self.db.reader()).await?;
        let record = |row: &sqlx::any::AnyRow| {
            Ok(Record {
                number: row.try_get("number")?,
                source: row.try_get("source")?,
                said: row.try_get("said")?,
                raw: row.try_get("raw")?,
                at: Timestamp::from_ms(row.try_get("at")?),
            })
        };
        rows.iter().map(record).collect()
    }

    /// Refunds of an attempt, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refunds_of(&self, store: &StoreId, attempt: &Attempt) -> Result<Vec<Refund>, Error> {
        refunds::of_attempt(&mut *self.db.reader().acquire().await?, store, attempt).await
    }

    /// Disputes of a store, latest change first, at most so many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn disputes(&self, store: &StoreId, limit: u32) -> Result<Vec<(AttemptId, Dispute)>, Error> {
        let query = sqlx::query(
            "SELECT id, attempt, amount, currency, reason, status, opened_at FROM payment_dispute \
             WHERE store = $1 ORDER BY changed_at DESC LIMIT $2",
        );
        let rows = query.bind(store.as_str()).bind(i64::from(limit)).fetch_all(self.db.reader()).await?;
        let wrong = |what: String| Error::Corrupt { table: "payment_dispute", what };
        let dispute = |row: &sqlx::any::AnyRow| {
            let attempt: String = row.try_get("attempt")?;
            let dispute = Dispute {
                id: row.try_get("id")?,
                amount: Money::new(row.try_get("amount")?, repo::currency(row, wrong)?),
                reason: row.try_get("reason")?,
                status: row.try_get("status")?,
                opened_at: Timestamp::from_ms(row.try_get("opened_at")?),
            };
            Ok((AttemptId::try_new(&attempt).map_err(|_| wrong(attempt))?, dispute))
        };
        rows.iter().map(dispute).collect()
    }

    /// Holds the sums of all attempts of a store against their refunds and states; nothing is right.
    ///
    /// Reads one snapshot, so it may run while the shop sells.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, store: &StoreId) -> Result<Vec<Discrepancy>, Error> {
        let mut tx = self.db.reader().begin().await?;
        if self.db.backend() == Backend::Postgres {
            let snapshot = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
            sql(snapshot.to_owned()).execute(&mut *tx).await?;
        }
        let query = sql(format!("SELECT {ATTEMPT} FROM payment_attempt WHERE store = $1"));
        let attempts = query.bind(store.as_str().to_owned()).fetch_all(&mut *tx).await?;
        let query = sql(format!("SELECT {REFUND} FROM payment_refund WHERE store = $1"));
        let refunds = query.bind(store.as_str().to_owned()).fetch_all(&mut *tx).await?;
        tx.rollback().await?;

        let mut sums: BTreeMap<AttemptId, [i64; 2]> = BTreeMap::new();
        for row in &refunds {
            let refund = repo::refund_row(row)?;
            let [back, on_its_way] = sums.entry(refund.attempt).or_default();
            match refund.state {
                RefundState::Succeeded => *back += refund.amount.minor(),
                RefundState::Failed => {}
                _ => *on_its_way += refund.amount.minor(),
            }
        }
        let mut found = Vec::new();
        for row in &attempts {
            let attempt = repo::attempt_row(row)?;
            let sums = sums.remove(&attempt.id).unwrap_or_default();
            let what = faults(&attempt, sums);
            found.extend(what.into_iter().map(|what| Discrepancy { attempt: attempt.id.clone(), what }));
        }
        let lost = |attempt| Discrepancy { attempt, what: "has refunds and is not there".to_owned() };
        found.extend(sums.into_keys().map(lost));
        Ok(found)
    }
}

fn faults(attempt: &Attempt, [back, on_its_way]: [i64; 2]) -> Vec<String> {
    let mut faults = Vec::new();
    let (captured, refunded) = (attempt.captured.minor(), attempt.refunded.minor());
    if refunded != back {
        faults.push(format!("{} refunded, but refunds add up to {back} minor units", attempt.refunded));
    }
    if attempt.refunding.minor() != on_its_way {
        faults.push(format!("{} on its way back, but open refunds are {on_its_way}", attempt.refunding));
    }
    if captured > 0 && attempt.state != AttemptState::of_sums(captured, refunded) {
        faults.push(format!("{} captured, but it is {}", attempt.captured, attempt.state));
    }
    let has_money = matches!(
        attempt.state,
        AttemptState::Captured | AttemptState::PartiallyRefunded | AttemptState::Refunded
    );
    if captured == 0 && has_money {
        faults.push(format!("it is {}, but nothing was captured", attempt.state));
    }
    faults
}
