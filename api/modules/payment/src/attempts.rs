//! Attempts: written before anything is sent, read, and found again by whoever drives them to an end.

use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Backend, Tx, sql};

use crate::error::check_text;
use crate::repo::{self, ATTEMPT, REFUND};
use crate::{Attempt, AttemptId, AttemptState, Error, NewAttempt, Payments, Refund, RefundId, Write};

/// Longest reference, characters: an id of another module.
const REFERENCE_CHARS: usize = 64;
/// Longest token, characters; Stripe's are about 30 and said to stay below 255.
const TOKEN_CHARS: usize = 255;

impl Payments {
    /// Writes an attempt, of which nothing is sent yet. The same id with the same facts answers with what is there.
    ///
    /// # Errors
    /// [`Error::NoProvider`], [`Error::Amount`], [`Error::Text`], [`Error::AttemptReused`], or the database fails.
    #[tracing::instrument(name = "payment.begin", skip_all)]
    pub async fn begin_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        new: &NewAttempt<'_>,
        write: &Write<'_>,
    ) -> Result<Attempt, Error> {
        Ok(self.insert_in(tx, store, new, AttemptState::Created, write).await?.0)
    }

    /// The same, and marks it as sent, for whoever sends it right after the commit ([`send`](Self::send)).
    ///
    /// Spares a commit. `true` if it is new: only then send it. If the process dies before, it is like a message
    /// that got lost: ask.
    ///
    /// # Errors
    /// As [`begin_in`](Self::begin_in).
    #[tracing::instrument(name = "payment.begin", skip_all)]
    pub async fn begin_sent_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        new: &NewAttempt<'_>,
        write: &Write<'_>,
    ) -> Result<(Attempt, bool), Error> {
        self.insert_in(tx, store, new, AttemptState::Pending, write).await
    }

    async fn insert_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        new: &NewAttempt<'_>,
        state: AttemptState,
        write: &Write<'_>,
    ) -> Result<(Attempt, bool), Error> {
        let provider = self.provider(new.provider)?.name();
        check_text("reference", new.reference, 1, REFERENCE_CHARS)?;
        check_text("token", new.token, 0, TOKEN_CHARS)?;
        if !new.amount.is_positive() {
            return Err(Error::Amount(new.amount));
        }
        let query = sql(format!(
            "INSERT INTO payment_attempt (store, id, reference, provider, amount, currency, capture, token, state, \
             captured, refunded, refunding, records, version, created_at, changed_at, looked_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, 1, $10, $10, $10) \
             ON CONFLICT (store, id) DO NOTHING RETURNING {ATTEMPT}"
        ));
        let query = query.bind(store.as_str().to_owned()).bind(new.id.as_str().to_owned());
        let query = query.bind(new.reference.to_owned()).bind(provider).bind(new.amount.minor());
        let query = query.bind(new.amount.currency().code()).bind(new.capture.as_str());
        let query = query.bind(new.token.to_owned()).bind(state.as_str()).bind(write.at.ms());
        if let Some(row) = query.fetch_optional(&mut **tx).await? {
            return Ok((repo::attempt_row(&row)?, true));
        }
        let found = repo::attempt(tx, store, new.id).await?;
        let same = found.reference == new.reference
            && (found.provider.as_str(), found.amount) == (provider, new.amount)
            && (found.capture, found.token.as_str()) == (new.capture, new.token);
        if same { Ok((found, false)) } else { Err(Error::AttemptReused(found.id)) }
    }

    /// An attempt.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], or the database fails.
    pub async fn attempt(&self, store: &StoreId, id: &AttemptId) -> Result<Attempt, Error> {
        repo::attempt(&mut *self.db.reader().acquire().await?, store, id).await
    }

    /// An attempt, within a caller's transaction or connection.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], or the database fails.
    pub async fn attempt_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        id: &AttemptId,
    ) -> Result<Attempt, Error> {
        repo::attempt(connection, store, id).await
    }

    /// An attempt, its row locked until the transaction ends.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`], or the database fails.
    pub async fn lock_in(tx: &mut Tx, store: &StoreId, id: &AttemptId) -> Result<Attempt, Error> {
        let query = sql(format!(
            "UPDATE payment_attempt SET version = version WHERE store = $1 AND id = $2 RETURNING {ATTEMPT}"
        ));
        let query = query.bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
        let row = query.fetch_optional(&mut **tx).await?;
        repo::attempt_row(&row.ok_or_else(|| Error::UnknownAttempt(id.clone()))?)
    }

    /// All attempts for something, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn attempts_of(
        connection: &mut AnyConnection,
        store: &StoreId,
        reference: &str,
    ) -> Result<Vec<Attempt>, Error> {
        let query = sql(format!("SELECT {ATTEMPT} FROM payment_attempt WHERE store = $1 AND reference = $2"));
        let query = query.bind(store.as_str().to_owned()).bind(reference.to_owned());
        let rows = query.fetch_all(connection).await?;
        let mut attempts = rows.iter().map(repo::attempt_row).collect::<Result<Vec<_>, _>>()?;
        attempts.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(attempts)
    }

    /// Claims attempts that are neither paid nor given up and that nobody has looked at since a time, of any store,
    /// longest ago first: each call gets others. Those that wait for a transfer are left out.
    ///
    /// To be driven to an end: [`ask`](Self::ask), and [`cancel`](Self::cancel) what should not be paid any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_unsettled(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StoreId, Attempt)>, Error> {
        let waiting = self.providers.values().filter(|provider| provider.awaits_money());
        // Names are constants of this crate.
        let waiting: Vec<String> = waiting.map(|provider| format!("'{}'", provider.name())).collect();
        let waiting = if waiting.is_empty() { "''".to_owned() } else { waiting.join(", ") };
        use AttemptState::{Created, Pending, RequiresAction, Unknown};
        let open = repo::words(&[Created, Pending, RequiresAction, Unknown]);
        let which = format!("state IN ({open}) AND provider NOT IN ({waiting})");
        let rows = self.claim("payment_attempt", &which, ATTEMPT, since, limit).await?;
        rows.iter().map(|row| Ok((repo::store(row)?, repo::attempt_row(row)?))).collect()
    }

    /// Claims refunds that have not ended and that nobody has looked at since a time, in the same way: to be sent
    /// again by [`refund`](Self::refund), which counts once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_open_refunds(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StoreId, Refund)>, Error> {
        let which = "state IN ('created', 'pending', 'unknown')";
        let rows = self.claim("payment_refund", which, REFUND, since, limit).await?;
        rows.iter().map(|row| Ok((repo::store(row)?, repo::refund_row(row)?))).collect()
    }

    async fn claim(
        &self,
        table: &str,
        which: &str,
        columns: &str,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<sqlx::any::AnyRow>, Error> {
        let mut tx = self.db.begin_soft().await?;
        let skip = if tx.backend() == Backend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
        let query = sql(format!(
            "UPDATE {table} SET looked_at = $1 WHERE (store, id) IN (SELECT store, id FROM {table} \
             WHERE {which} AND looked_at < $2 ORDER BY looked_at LIMIT $3{skip}) RETURNING store, {columns}"
        ));
        let query = query.bind(self.clock.now().ms()).bind(since.ms()).bind(i64::from(limit));
        let rows = query.fetch_all(&mut *tx).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// A refund.
    ///
    /// # Errors
    /// [`Error::UnknownRefund`], or the database fails.
    pub async fn find_refund(&self, store: &StoreId, id: &RefundId) -> Result<Refund, Error> {
        let found = repo::refund(&mut *self.db.reader().acquire().await?, store, id).await?;
        found.ok_or_else(|| Error::UnknownRefund(id.clone()))
    }
}
