//! What was heard becomes what we know, in the transaction that draws the consequences.

use serde::{Deserialize, Serialize};
use vitrine_core::{Money, StoreId};
use vitrine_db::{NewEvent, Outbox, Tx, sql};

use crate::refunds::apply_refund_in;
use crate::repo::{self, ATTEMPT};
use crate::{
    Attempt, AttemptId, AttemptState, Dispute, Error, Heard, Payments, Refund, RefundState, Said, Source,
    Standing, Statement, Write,
};

/// Longest piece of a provider's words that is kept, bytes.
const RAW_BYTES: usize = 16_384;

/// What came of something heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The attempt, as it is now.
    pub attempt: Attempt,
    /// The refund, if it was about one.
    pub refund: Option<Refund>,
    /// What changed.
    pub outcome: Outcome,
}

/// What something heard changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The attempt came into its state just now, from this one.
    ///
    /// From a state without money into one with it: pay it back, if nobody wants it any more.
    Moved(AttemptState),
    /// The refund came into its state just now, from this one.
    Refund(RefundState),
    /// A dispute is new, or stands otherwise.
    Disputed(Dispute),
    /// It was known.
    Same,
    /// The very same event came before.
    Duplicate,
    /// It is older than what is known.
    Stale,
    /// Amounts don't agree with ours: nothing was changed, and a person must look into it.
    Mismatch(String),
}

/// Payload of the events of this module. As JSON:
/// `{"attempt":"a1","reference":"o1","provider":"test","amount":{"minor":1999,"currency":"EUR"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentHappened {
    /// Which attempt.
    pub attempt: AttemptId,
    /// Whom it is for.
    pub reference: String,
    /// Name of the provider.
    pub provider: String,
    /// What was captured, refunded or disputed; of a failure, what was wanted.
    pub amount: Money,
}

impl Payments {
    /// Kind of the event that money was taken. The entity of all of these is the attempt, the version its own.
    pub const CAPTURED: &'static str = "payment_captured";
    /// Kind of the event that an attempt failed.
    pub const FAILED: &'static str = "payment_failed";
    /// Kind of the event that money went back.
    pub const REFUNDED: &'static str = "payment_refunded";
    /// Kind of the event that the shopper's bank wants money back.
    pub const DISPUTED: &'static str = "payment_disputed";

    /// Makes count what was heard, once.
    ///
    /// Locks the attempt's row until the transaction ends. Whatever the outcome, commit: what was heard is recorded.
    ///
    /// # Errors
    /// [`Error::UnknownAttempt`] if it is not of this store, [`Error::UnknownRefund`], or the database fails.
    #[tracing::instrument(name = "payment.apply", skip_all)]
    pub async fn apply_in(
        tx: &mut Tx,
        store: &StoreId,
        heard: &Heard,
        write: &Write<'_>,
    ) -> Result<Applied, Error> {
        if let Source::Webhook { provider, event } = &heard.source
            && !is_new_event_in(tx, store, provider, event, write).await?
        {
            let attempt = repo::attempt(tx, store, &heard.attempt).await?;
            return Ok(Applied { attempt, refund: None, outcome: Outcome::Duplicate });
        }
        let attempt = record_in(tx, store, heard, write).await?;
        match &heard.said {
            Said::Attempt(statement) => apply_statement_in(tx, store, attempt, heard, statement, write).await,
            Said::Refund(statement) => apply_refund_in(tx, store, attempt, statement, write).await,
            Said::Dispute(dispute) => apply_dispute_in(tx, store, attempt, dispute, write).await,
        }
    }
}

async fn is_new_event_in(
    tx: &mut Tx,
    store: &StoreId,
    provider: &str,
    event: &str,
    write: &Write<'_>,
) -> Result<bool, Error> {
    let query = sqlx::query(
        "INSERT INTO payment_event (store, provider, id, received_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (store, provider, id) DO NOTHING",
    );
    let query = query.bind(store.as_str()).bind(provider).bind(event).bind(write.at.ms());
    Ok(query.execute(&mut **tx).await?.rows_affected() > 0)
}

/// Adds to what the provider said, and locks the attempt.
async fn record_in(tx: &mut Tx, store: &StoreId, heard: &Heard, write: &Write<'_>) -> Result<Attempt, Error> {
    let query = sql(format!(
        "UPDATE payment_attempt SET records = records + 1, looked_at = $1 WHERE store = $2 AND id = $3 \
         RETURNING records, {ATTEMPT}"
    ));
    let query = query.bind(write.at.ms()).bind(store.as_str().to_owned());
    let row = query.bind(heard.attempt.as_str().to_owned()).fetch_optional(&mut **tx).await?;
    let row = row.ok_or_else(|| Error::UnknownAttempt(heard.attempt.clone()))?;
    let number: i64 = sqlx::Row::try_get(&row, "records")?;
    let said = match &heard.said {
        Said::Attempt(statement) => statement.standing.as_str(),
        Said::Refund(statement) => statement.standing.as_str(),
        Said::Dispute(_) => "dispute",
    };
    let query = sqlx::query(
        "INSERT INTO payment_record (store, attempt, number, source, said, raw, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let query = query.bind(store.as_str()).bind(heard.attempt.as_str()).bind(number);
    let query = query.bind(heard.source.as_str()).bind(said).bind(kept(&heard.raw)).bind(write.at.ms());
    query.execute(&mut **tx).await?;
    repo::attempt_row(&row)
}

/// The beginning of a text, without what a TEXT column refuses.
fn kept(raw: &str) -> String {
    let end = (0..=raw.len().min(RAW_BYTES)).rev().find(|end| raw.is_char_boundary(*end)).unwrap_or(0);
    raw[..end].replace('\0', "")
}

async fn apply_statement_in(
    tx: &mut Tx,
    store: &StoreId,
    before: Attempt,
    heard: &Heard,
    statement: &Statement,
    write: &Write<'_>,
) -> Result<Applied, Error> {
    let told = |attempt, outcome| Ok(Applied { attempt, refund: None, outcome });
    if let Some(why) = mismatch(&before, statement) {
        tracing::error!(attempt = %before.id, %why, "the provider's amount is not ours");
        return told(before, Outcome::Mismatch(why));
    }
    let (to, captured) = match &statement.standing {
        Standing::NotSeen => return told(before, Outcome::Same),
        // That an answer is missing is known already.
        Standing::Silent if heard.source != Source::Reply => return told(before, Outcome::Same),
        Standing::Silent => (AttemptState::Unknown, None),
        Standing::Pending => (AttemptState::Pending, None),
        Standing::RequiresAction(_) => (AttemptState::RequiresAction, None),
        Standing::Authorised => (AttemptState::Authorised, None),
        Standing::Captured(money) => (AttemptState::Captured, Some(money.minor())),
        Standing::Cancelled => (AttemptState::Cancelled, None),
        Standing::Failed(_) => (AttemptState::Failed, None),
    };
    let known = before.state == to || (captured.is_some() && before.captured.is_positive());
    let in_vain = if known { Outcome::Same } else { Outcome::Stale };
    // The row is locked, so it stands where it stood. Most webhooks tell what the reply has told.
    if !to.reached_from().contains(&before.state) {
        return told(before, in_vain);
    }
    let Some(attempt) = move_in(tx, store, &before, statement, to, captured, write).await? else {
        return told(before, in_vain);
    };
    if before.state == attempt.state {
        return told(attempt, Outcome::Same);
    }
    match to {
        AttemptState::Captured => {
            push_in(tx, store, Payments::CAPTURED, &attempt, attempt.captured, write).await?;
        }
        AttemptState::Failed => {
            push_in(tx, store, Payments::FAILED, &attempt, attempt.amount, write).await?;
        }
        _ => {}
    }
    told(attempt, Outcome::Moved(before.state))
}

/// Why a statement's amounts can't be of this attempt.
fn mismatch(attempt: &Attempt, statement: &Statement) -> Option<String> {
    let amount = statement.amount.filter(|amount| *amount != attempt.amount);
    if let Some(amount) = amount {
        return Some(format!("the provider has {amount}, the attempt is for {}", attempt.amount));
    }
    let Standing::Captured(captured) = statement.standing else { return None };
    let fits = captured.currency() == attempt.amount.currency()
        && (1..=attempt.amount.minor()).contains(&captured.minor());
    (!fits).then(|| format!("the provider captured {captured} of {}", attempt.amount))
}

async fn move_in(
    tx: &mut Tx,
    store: &StoreId,
    before: &Attempt,
    statement: &Statement,
    to: AttemptState,
    captured: Option<i64>,
    write: &Write<'_>,
) -> Result<Option<Attempt>, Error> {
    let json = |value: Result<String, serde_json::Error>| {
        value.map_err(|error| Error::Corrupt { table: "payment_attempt", what: error.to_string() })
    };
    let (action, failure) = match &statement.standing {
        Standing::RequiresAction(action) => (Some(json(serde_json::to_string(action))?), None),
        Standing::Failed(failure) => (None, Some(json(serde_json::to_string(failure))?)),
        _ => (None, None),
    };
    let query = sql(format!(
        "UPDATE payment_attempt SET state = $1, captured = COALESCE($2, captured), action = $3, failure = $4, \
         provider_ref = COALESCE(provider_ref, $5), version = version + 1, changed_at = $6 \
         WHERE store = $7 AND id = $8 AND state IN ({}) RETURNING {ATTEMPT}",
        repo::words(to.reached_from())
    ));
    let query = query.bind(to.as_str()).bind(captured).bind(action).bind(failure);
    let query = query.bind(statement.provider_ref.clone()).bind(write.at.ms());
    let query = query.bind(store.as_str().to_owned()).bind(before.id.as_str().to_owned());
    query.fetch_optional(&mut **tx).await?.as_ref().map(repo::attempt_row).transpose()
}

async fn apply_dispute_in(
    tx: &mut Tx,
    store: &StoreId,
    attempt: Attempt,
    dispute: &Dispute,
    write: &Write<'_>,
) -> Result<Applied, Error> {
    let query = sqlx::query(
        "INSERT INTO payment_dispute (store, provider, id, attempt, amount, currency, reason, status, opened_at, \
         changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (store, provider, id) DO UPDATE \
         SET amount = excluded.amount, reason = excluded.reason, status = excluded.status, \
         changed_at = excluded.changed_at WHERE payment_dispute.status <> excluded.status",
    );
    let query = query.bind(store.as_str()).bind(&attempt.provider).bind(&dispute.id);
    let query = query.bind(attempt.id.as_str()).bind(dispute.amount.minor());
    let query = query.bind(dispute.amount.currency().code()).bind(&dispute.reason).bind(&dispute.status);
    let query = query.bind(dispute.opened_at.ms()).bind(write.at.ms());
    if query.execute(&mut **tx).await?.rows_affected() == 0 {
        return Ok(Applied { attempt, refund: None, outcome: Outcome::Same });
    }
    let attempt = raise_version_in(tx, store, &attempt.id, write).await?;
    push_in(tx, store, Payments::DISPUTED, &attempt, dispute.amount, write).await?;
    Ok(Applied { attempt, refund: None, outcome: Outcome::Disputed(dispute.clone()) })
}

async fn raise_version_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &AttemptId,
    write: &Write<'_>,
) -> Result<Attempt, Error> {
    let query = sql(format!(
        "UPDATE payment_attempt SET version = version + 1, changed_at = $1 WHERE store = $2 AND id = $3 \
         RETURNING {ATTEMPT}"
    ));
    let query = query.bind(write.at.ms()).bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
    repo::attempt_row(&query.fetch_one(&mut **tx).await?)
}

pub(crate) async fn push_in(
    tx: &mut Tx,
    store: &StoreId,
    kind: &str,
    attempt: &Attempt,
    amount: Money,
    write: &Write<'_>,
) -> Result<(), Error> {
    let payload = PaymentHappened {
        attempt: attempt.id.clone(),
        reference: attempt.reference.clone(),
        provider: attempt.provider.clone(),
        amount,
    };
    let corrupt = |error: serde_json::Error| Error::Corrupt { table: "db_outbox", what: error.to_string() };
    let payload = serde_json::to_string(&payload).map_err(corrupt)?;
    let id = format!("{kind} {} {}", attempt.id, attempt.version);
    let event = NewEvent {
        store,
        id: &id,
        kind,
        entity: attempt.id.as_str(),
        version: attempt.version,
        payload: &payload,
        trace: write.trace,
        at: write.at,
    };
    Outbox::push_in(tx, &event).await?;
    Ok(())
}
