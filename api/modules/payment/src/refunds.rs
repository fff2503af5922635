//! Refunds: held against what was captured before they are sent, and settled by what is heard.

use vitrine_core::{Money, StoreId};
use vitrine_db::{AnyConnection, Tx, sql};

use crate::apply::push_in;
use crate::error::check_text;
use crate::repo::{self, REFUND};
use crate::send::check_amount;
use crate::{
    Applied, Attempt, Error, Heard, NewRefund, Outcome, Payments, ProviderError, Refund, RefundId,
    RefundStanding, RefundState, RefundStatement, Said, Source, Write,
};

/// Longest reason, characters.
const REASON_CHARS: usize = 200;

impl Payments {
    /// Writes a refund, of which nothing is sent yet, and holds its amount against what was captured.
    ///
    /// The same id with the same facts answers with what is there; `true` if it is new. Locks the attempt.
    ///
    /// # Errors
    /// [`Error::TooMuch`] says how much can be refunded; [`Error::UnknownAttempt`], [`Error::Amount`],
    /// [`Error::Currency`], [`Error::Text`], [`Error::RefundReused`], or the database fails.
    pub async fn begin_refund_in(
        tx: &mut Tx,
        store: &StoreId,
        new: &NewRefund<'_>,
        write: &Write<'_>,
    ) -> Result<(Refund, bool), Error> {
        check_text("reason", new.reason, 1, REASON_CHARS)?;
        let attempt = repo::attempt(tx, store, new.attempt).await?;
        check_amount(&attempt, new.amount)?;
        let minor = new.amount.minor();
        if !shift_in(tx, store, &attempt, [0, minor], write).await? {
            return match known_in(tx, store, new).await? {
                Some(refund) => Ok((refund, false)),
                None => Err(too_much(&repo::attempt(tx, store, new.attempt).await?, new.amount)),
            };
        }
        if insert_in(tx, store, new, RefundState::Created, None, write).await? {
            let made = repo::refund(tx, store, new.id).await?;
            return made.map(|made| (made, true)).ok_or_else(|| Error::UnknownRefund(new.id.clone()));
        }
        // It was there: its amount is held once.
        shift_in(tx, store, &attempt, [0, -minor], write).await?;
        let known = known_in(tx, store, new).await?;
        known.map(|known| (known, false)).ok_or_else(|| Error::UnknownRefund(new.id.clone()))
    }

    /// Refunds of an attempt, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refunds_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        attempt: &Attempt,
    ) -> Result<Vec<Refund>, Error> {
        of_attempt(connection, store, attempt).await
    }

    /// A refund, within a caller's transaction or connection; `None` if there is none of this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_refund_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        id: &RefundId,
    ) -> Result<Option<Refund>, Error> {
        repo::refund(connection, store, id).await
    }

    /// Sends a refund to the provider. Sent again, it counts once.
    ///
    /// # Errors
    /// [`Error::Provider`] if it can't be reached; [`Error::UnknownRefund`], or the database fails.
    pub async fn refund(&self, store: &StoreId, id: &RefundId) -> Result<Heard, Error> {
        let query = sql(format!(
            "UPDATE payment_refund SET tries = tries + 1, looked_at = $1, \
             state = CASE WHEN state = 'created' THEN 'pending' ELSE state END \
             WHERE store = $2 AND id = $3 AND state IN ('created', 'pending', 'unknown') RETURNING {REFUND}"
        ));
        let query = query.bind(self.clock.now().ms());
        let mut tx = self.db.begin().await?;
        let row = query.bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
        let row = row.fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(settled(self.find_refund(store, id).await?)) };
        let mut refund = repo::refund_row(&row)?;
        refund.tries -= 1;
        let attempt = self.attempt(store, &refund.attempt).await?;
        let provider = self.provider(&attempt.provider)?;
        let (statement, raw) = match provider.refund(store, &attempt, &refund).await {
            Ok(spoken) => spoken,
            Err(error @ ProviderError::Silent { .. }) => {
                (statement(&refund, RefundStanding::Silent), error.to_string())
            }
            Err(error @ ProviderError::Refused { .. }) => {
                (statement(&refund, RefundStanding::Failed(error.to_string())), error.to_string())
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Heard { attempt: attempt.id, source: Source::Reply, said: Said::Refund(statement), raw })
    }
}

fn statement(refund: &Refund, standing: RefundStanding) -> RefundStatement {
    let provider_ref = refund.provider_ref.clone();
    RefundStatement { id: refund.id.clone(), amount: refund.amount, standing, provider_ref }
}

fn settled(refund: Refund) -> Heard {
    let standing = match refund.state {
        RefundState::Succeeded => RefundStanding::Succeeded,
        RefundState::Failed => RefundStanding::Failed(refund.failure.clone().unwrap_or_default()),
        _ => RefundStanding::Pending,
    };
    let said = Said::Refund(statement(&refund, standing));
    Heard { attempt: refund.attempt, source: Source::Answer, said, raw: "as recorded".to_owned() }
}

fn too_much(attempt: &Attempt, asked: Money) -> Error {
    let left = attempt.captured.minor() - attempt.refunded.minor() - attempt.refunding.minor();
    Error::TooMuch { what: "refunded", asked, left: Money::new(left, asked.currency()) }
}

/// A refund of this id; one with other facts is an error.
async fn known_in(tx: &mut Tx, store: &StoreId, new: &NewRefund<'_>) -> Result<Option<Refund>, Error> {
    let found = repo::refund(tx, store, new.id).await?;
    match found {
        Some(found) if found.attempt != *new.attempt || found.amount != new.amount => {
            Err(Error::RefundReused(found.id))
        }
        found => Ok(found),
    }
}

async fn insert_in(
    tx: &mut Tx,
    store: &StoreId,
    new: &NewRefund<'_>,
    state: RefundState,
    provider_ref: Option<&str>,
    write: &Write<'_>,
) -> Result<bool, Error> {
    let query = sqlx::query(
        "INSERT INTO payment_refund (store, id, attempt, amount, currency, reason, state, tries, provider_ref, \
         created_at, changed_at, looked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $9, $9) \
         ON CONFLICT (store, id) DO NOTHING",
    );
    let query = query.bind(store.as_str()).bind(new.id.as_str()).bind(new.attempt.as_str());
    let query = query.bind(new.amount.minor()).bind(new.amount.currency().code()).bind(new.reason);
    let query = query.bind(state.as_str()).bind(provider_ref.map(ToOwned::to_owned)).bind(write.at.ms());
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

/// Changes what was refunded and what is on its way back; `false`, and nothing changed, beyond what was captured.
async fn shift_in(
    tx: &mut Tx,
    store: &StoreId,
    attempt: &Attempt,
    [refunded, refunding]: [i64; 2],
    write: &Write<'_>,
) -> Result<bool, Error> {
    let query = sqlx::query(
        "UPDATE payment_attempt SET refunded = refunded + $1, refunding = refunding + $2, \
         version = version + 1, changed_at = $3, \
         state = CASE WHEN refunded + $1 >= captured THEN 'refunded' WHEN refunded + $1 > 0 \
         THEN 'partially_refunded' ELSE 'captured' END \
         WHERE store = $4 AND id = $5 AND captured > 0 AND refunded + $1 >= 0 AND refunding + $2 >= 0 \
         AND refunded + $1 + refunding + $2 <= captured",
    );
    let query = query.bind(refunded).bind(refunding).bind(write.at.ms());
    let query = query.bind(store.as_str()).bind(attempt.id.as_str());
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

/// Settles a refund by what was heard of it. The attempt is locked.
pub(crate) async fn apply_refund_in(
    tx: &mut Tx,
    store: &StoreId,
    attempt: Attempt,
    said: &RefundStatement,
    write: &Write<'_>,
) -> Result<Applied, Error> {
    let Some(before) = repo::refund(tx, store, &said.id).await? else {
        return apply_foreign_in(tx, store, attempt, said, write).await;
    };
    if before.amount != said.amount || before.attempt != attempt.id {
        let why =
            format!("the provider refunds {}, refund {} is of {}", said.amount, before.id, before.amount);
        tracing::error!(attempt = %attempt.id, %why, "the provider's refund is not ours");
        return Ok(Applied { attempt, refund: Some(before), outcome: Outcome::Mismatch(why) });
    }
    use RefundState::{Created, Failed, Pending, Succeeded, Unknown};
    let minor = before.amount.minor();
    let (to, sums) = match (&said.standing, before.state) {
        (RefundStanding::Succeeded, Created | Pending | Unknown) => (Succeeded, [minor, -minor]),
        (RefundStanding::Failed(_), Created | Pending | Unknown) => (Failed, [0, -minor]),
        // A bank may send it back after all.
        (RefundStanding::Failed(_), Succeeded) => (Failed, [-minor, 0]),
        (RefundStanding::Pending, Created | Unknown) => (Pending, [0, 0]),
        (RefundStanding::Silent, Created | Pending) => (Unknown, [0, 0]),
        (RefundStanding::Succeeded, Succeeded)
        | (RefundStanding::Failed(_), Failed)
        | (RefundStanding::Pending, Pending)
        | (RefundStanding::Silent, Unknown) => {
            return Ok(Applied { attempt, refund: Some(before), outcome: Outcome::Same });
        }
        _ => return Ok(Applied { attempt, refund: Some(before), outcome: Outcome::Stale }),
    };
    let refund = settle_in(tx, store, &before, to, said, write).await?;
    if sums != [0, 0] && !shift_in(tx, store, &attempt, sums, write).await? {
        return Err(Error::Corrupt { table: "payment_attempt", what: format!("sums of {}", attempt.id) });
    }
    let attempt = repo::attempt(tx, store, &attempt.id).await?;
    if to == Succeeded {
        push_in(tx, store, Payments::REFUNDED, &attempt, refund.amount, write).await?;
    }
    Ok(Applied { attempt, refund: Some(refund), outcome: Outcome::Refund(before.state) })
}

/// A refund that was made at the provider, not by us.
async fn apply_foreign_in(
    tx: &mut Tx,
    store: &StoreId,
    attempt: Attempt,
    said: &RefundStatement,
    write: &Write<'_>,
) -> Result<Applied, Error> {
    if said.standing != RefundStanding::Succeeded {
        // It counts when the money is gone.
        return Ok(Applied { attempt, refund: None, outcome: Outcome::Same });
    }
    let fits = said.amount.currency() == attempt.amount.currency() && said.amount.is_positive();
    if !fits || !shift_in(tx, store, &attempt, [said.amount.minor(), 0], write).await? {
        let why = format!("the provider refunded {} of {}", said.amount, attempt.captured);
        tracing::error!(attempt = %attempt.id, %why, "a refund that was not ours is too much");
        return Ok(Applied { attempt, refund: None, outcome: Outcome::Mismatch(why) });
    }
    let new =
        NewRefund { id: &said.id, attempt: &attempt.id, amount: said.amount, reason: "made at the provider" };
    insert_in(tx, store, &new, RefundState::Succeeded, said.provider_ref.as_deref(), write).await?;
    let refund = repo::refund(tx, store, &said.id).await?;
    let attempt = repo::attempt(tx, store, &attempt.id).await?;
    push_in(tx, store, Payments::REFUNDED, &attempt, said.amount, write).await?;
    Ok(Applied { attempt, refund, outcome: Outcome::Refund(RefundState::Created) })
}

async fn settle_in(
    tx: &mut Tx,
    store: &StoreId,
    before: &Refund,
    to: RefundState,
    said: &RefundStatement,
    write: &Write<'_>,
) -> Result<Refund, Error> {
    let failure = match &said.standing {
        RefundStanding::Failed(why) => Some(why.chars().take(REASON_CHARS).collect::<String>()),
        _ => None,
    };
    let query = sql(format!(
        "UPDATE payment_refund SET state = $1, failure = $2, provider_ref = COALESCE($3, provider_ref), \
         changed_at = $4, looked_at = $4 WHERE store = $5 AND id = $6 AND state = $7 RETURNING {REFUND}"
    ));
    let query = query.bind(to.as_str()).bind(failure).bind(said.provider_ref.clone()).bind(write.at.ms());
    let query = query.bind(store.as_str().to_owned()).bind(before.id.as_str().to_owned());
    let row = query.bind(before.state.as_str()).fetch_optional(&mut **tx).await?;
    let row = row.ok_or_else(|| Error::Corrupt {
        table: "payment_refund", //
        what: format!("{} changed while its attempt was locked", before.id),
    })?;
    repo::refund_row(&row)
}

/// Refunds of an attempt, oldest first.
pub(crate) async fn of_attempt(
    connection: &mut AnyConnection,
    store: &StoreId,
    attempt: &Attempt,
) -> Result<Vec<Refund>, Error> {
    let query = sql(format!("SELECT {REFUND} FROM payment_refund WHERE store = $1 AND attempt = $2"));
    let query = query.bind(store.as_str().to_owned()).bind(attempt.id.as_str().to_owned());
    let rows = query.fetch_all(connection).await?;
    let mut refunds = rows.iter().map(repo::refund_row).collect::<Result<Vec<_>, _>>()?;
    refunds.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(refunds)
}
