//! Who sends which letter: each once, claimed while it is sent, tried again later where that may do.

use std::fmt;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ContentHash, StoreId, Timestamp};
use vitrine_db::{Db, Tx, sql};

use crate::{MailError, MessageId};

/// Wait after the first failure, doubled after each further one.
const FIRST_RETRY_MS: i64 = 60_000;
const LONGEST_RETRY_MS: i64 = 6 * 60 * 60 * 1_000;
/// Then it is given up: about two days later, as mail servers do it.
const MOST_ATTEMPTS: i64 = 16;
/// Characters of an error that are kept.
const ERROR_CHARS: usize = 500;
/// Longest event, kind or recipient, bytes.
const NAME_BYTES: usize = 254;

/// A letter that is to be sent once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivery {
    /// Whose.
    pub store: StoreId,
    /// Id of the event that it is about.
    pub event: String,
    /// What kind of letter, as `order_received`.
    pub kind: String,
    /// The address that it goes to.
    pub recipient: String,
}

impl Delivery {
    /// The letter's name, always the same.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if the domain can't stand in one.
    pub fn message_id(&self, domain: &str) -> Result<MessageId, MailError> {
        MessageId::try_new(&format!("{}@{domain}", self.hash()))
    }

    /// What people name it by, who look into what became of it.
    pub fn name(&self) -> String {
        self.hash().short()
    }

    fn hash(&self) -> ContentHash {
        let parts = [self.store.as_str(), &self.event, &self.kind, &self.recipient];
        // Parts are told apart by their lengths.
        let text: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
        ContentHash::of(text.as_bytes())
    }

    fn check(&self) -> Result<(), MailError> {
        let parts = [("event", &self.event), ("kind", &self.kind), ("recipient", &self.recipient)];
        for (field, text) in parts {
            if !(1..=NAME_BYTES).contains(&text.len()) || text.chars().any(char::is_control) {
                return Err(MailError::invalid(field, format!("must be 1 to {NAME_BYTES} bytes of text")));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Delivery {
    /// Whom it goes to is not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Delivery");
        shown.field("store", &self.store).field("event", &self.event).field("kind", &self.kind);
        shown.finish_non_exhaustive()
    }
}

/// Whether a letter may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Send it, and say what came of it with this number.
    Yours(i64),
    /// It was sent.
    Sent,
    /// Somebody is at it, or it waits to be tried again, until this time.
    Later(Timestamp),
    /// It was given up.
    Dead,
}

/// What becomes of a letter that could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It is tried again at this time.
    RetryAt(Timestamp),
    /// It is given up.
    Dead,
    /// The claim had ended, and another has it.
    NotYours,
}

/// A letter that was not sent yet, or never will be.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    /// Which one.
    pub delivery: Delivery,
    /// What it is to say, as whoever owes it wrote it down.
    pub about: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it failed last.
    pub error: Option<String>,
}

impl fmt::Debug for Pending {
    /// What servers say of it repeats whom it goes to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Pending");
        shown.field("delivery", &self.delivery).field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

/// The deliveries.
#[derive(Clone, Copy, Debug)]
pub struct Deliveries;

impl Deliveries {
    /// Woken after each commit that owes a letter.
    pub const TOPIC: &'static str = "mail";

    /// Owes a letter, within the transaction that makes it so; `false` if it is owed or was sent already.
    ///
    /// `about` is what it is to say, in whatever form its writer reads.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if a part of its name is empty or too long, or the database fails.
    pub async fn owe_in(
        tx: &mut Tx,
        delivery: &Delivery,
        about: &str,
        now: Timestamp,
    ) -> Result<bool, MailError> {
        delivery.check()?;
        let query = sql(
            "INSERT INTO mail_delivery (store, event, kind, recipient, state, attempts, free_at, about, \
             created_at, changed_at) VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $6, $5, $5) \
             ON CONFLICT (store, event, kind, recipient) DO NOTHING"
                .to_owned(),
        );
        let query = bind(query, delivery).bind(now.ms()).bind(about.to_owned());
        let is_new = query.execute(&mut **tx).await?.rows_affected() > 0;
        if is_new {
            tx.wake(Self::TOPIC);
        }
        Ok(is_new)
    }

    /// Claims a letter until a time, unless it was sent, is claimed or waits.
    ///
    /// # Errors
    /// [`MailError::Invalid`] if a part of its name is empty or too long, or the database fails.
    pub async fn claim(
        db: &Db,
        delivery: &Delivery,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Claim, MailError> {
        delivery.check()?;
        let mut tx = db.begin().await?;
        let query = sql("INSERT INTO mail_delivery (store, event, kind, recipient, state, attempts, free_at, created_at, \
             changed_at) VALUES ($1, $2, $3, $4, 'claimed', 1, $5, $6, $6) \
             ON CONFLICT (store, event, kind, recipient) DO UPDATE SET state = 'claimed', \
             attempts = mail_delivery.attempts + 1, free_at = excluded.free_at, changed_at = excluded.changed_at \
             WHERE mail_delivery.state IN ('claimed', 'waiting') AND mail_delivery.free_at <= $6 \
             RETURNING attempts"
            .to_owned());
        let query = bind(query, delivery).bind(until.ms()).bind(now.ms());
        let claimed = query.fetch_optional(&mut *tx).await?;
        tx.commit().await?;
        if let Some(row) = claimed {
            return Ok(Claim::Yours(row.try_get("attempts")?));
        }
        let query = sql(format!("SELECT state, free_at FROM mail_delivery WHERE {KEY}"));
        let row = bind(query, delivery).fetch_one(db.reader()).await?;
        let (state, free_at): (String, i64) = (row.try_get("state")?, row.try_get("free_at")?);
        Ok(match state.as_str() {
            "sent" => Claim::Sent,
            "dead" => Claim::Dead,
            _ => Claim::Later(Timestamp::from_ms(free_at)),
        })
    }

    /// Marks a claimed letter as sent; `false` if the claim had ended and another has it.
    ///
    /// # Errors
    /// When the database fails: then the letter may be sent once more, with the same Message-ID.
    pub async fn sent(db: &Db, delivery: &Delivery, claim: i64, now: Timestamp) -> Result<bool, MailError> {
        end(db, delivery, claim, "sent", 0, None, now).await
    }

    /// Notes that a claimed letter could not be sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn failed(
        db: &Db,
        delivery: &Delivery,
        claim: i64,
        error: &MailError,
        now: Timestamp,
    ) -> Result<Failed, MailError> {
        let retry_at = (error.is_transient() && claim < MOST_ATTEMPTS).then(|| retry_at(now, claim));
        let state = if retry_at.is_some() { "waiting" } else { "dead" };
        let why: String = error.to_string().chars().filter(|c| *c != '\0').take(ERROR_CHARS).collect();
        let free_at = retry_at.map_or(0, Timestamp::ms);
        Ok(match end(db, delivery, claim, state, free_at, Some(why), now).await? {
            true => retry_at.map_or(Failed::Dead, Failed::RetryAt),
            false => Failed::NotYours,
        })
    }

    /// Letters that can be claimed now, of any store: they are owed, wait to be tried again, or their sender died.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due(db: &Db, now: Timestamp, limit: u32) -> Result<Vec<Pending>, MailError> {
        let query = sql(format!(
            "SELECT {COLUMNS} FROM mail_delivery WHERE state IN ('claimed', 'waiting') AND free_at <= $1 \
             ORDER BY free_at LIMIT $2"
        ));
        let rows = query.bind(now.ms()).bind(i64::from(limit)).fetch_all(db.reader()).await?;
        rows.iter().map(pending).collect()
    }

    /// Forgets letters that ended before a time, at most so many; returns how many. Keep them for as long as their
    /// events may come again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(db: &Db, before: Timestamp, limit: u32) -> Result<u64, MailError> {
        let mut tx = db.begin_soft().await?;
        let query = sql("DELETE FROM mail_delivery WHERE (store, event, kind, recipient) IN \
             (SELECT store, event, kind, recipient FROM mail_delivery \
              WHERE state IN ('sent', 'dead') AND changed_at < $1 LIMIT $2)"
            .to_owned());
        let pruned = query.bind(before.ms()).bind(i64::from(limit)).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(pruned)
    }
}

pub(crate) const KEY: &str = "store = $1 AND event = $2 AND kind = $3 AND recipient = $4";
pub(crate) const COLUMNS: &str = "store, event, kind, recipient, about, attempts, last_error";

pub(crate) fn bind(query: vitrine_db::Query, delivery: &Delivery) -> vitrine_db::Query {
    let query = query.bind(delivery.store.as_str().to_owned()).bind(delivery.event.clone());
    query.bind(delivery.kind.clone()).bind(delivery.recipient.clone())
}

/// Ends a claim, as long as it is the last one.
async fn end(
    db: &Db,
    delivery: &Delivery,
    claim: i64,
    state: &str,
    free_at: i64,
    error: Option<String>,
    now: Timestamp,
) -> Result<bool, MailError> {
    let mut tx = db.begin().await?;
    let query = sql(format!(
        "UPDATE mail_delivery SET state = $5, free_at = $6, last_error = $7, changed_at = $8 \
         WHERE {KEY} AND state = 'claimed' AND attempts = $9"
    ));
    let query = bind(query, delivery).bind(state.to_owned()).bind(free_at).bind(error);
    let done = query.bind(now.ms()).bind(claim).execute(&mut *tx).await?.rows_affected();
    tx.commit().await?;
    Ok(done > 0)
}

pub(crate) fn pending(row: &AnyRow) -> Result<Pending, MailError> {
    let store: String = row.try_get("store")?;
    let corrupt = |_| vitrine_db::DbError::Corrupt { table: "mail_delivery", what: store.clone() };
    let delivery = Delivery {
        store: StoreId::try_new(&store).map_err(corrupt)?,
        event: row.try_get("event")?,
        kind: row.try_get("kind")?,
        recipient: row.try_get("recipient")?,
    };
    Ok(Pending {
        delivery,
        about: row.try_get("about")?,
        attempts: row.try_get("attempts")?,
        error: row.try_get("last_error")?,
    })
}

/// When a letter is tried again that was tried so often.
fn retry_at(now: Timestamp, attempts: i64) -> Timestamp {
    let doublings = u32::try_from(attempts.clamp(1, 32) - 1).unwrap_or(0);
    now.plus_ms(FIRST_RETRY_MS.saturating_mul(1 << doublings).min(LONGEST_RETRY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_six_hours_and_ends_after_two_days() {
        let wait = |attempts| retry_at(Timestamp::from_ms(7), attempts).ms() - 7;
        assert_eq!([wait(1), wait(2), wait(5)], [60_000, 120_000, 960_000]);
        assert_eq!([wait(10), wait(100), wait(i64::MAX)], [LONGEST_RETRY_MS; 3]);
        let all: i64 = (1..MOST_ATTEMPTS).map(wait).sum();
        assert!((40..60).contains(&(all / 3_600_000)), "{} h", all / 3_600_000);
    }

    #[test]
    fn a_letter_has_one_name() {
        let delivery = |event: &str, kind: &str| Delivery {
            store: StoreId::try_new("nimbus").unwrap(),
            event: event.to_owned(),
            kind: kind.to_owned(),
            recipient: "ada@example.com".to_owned(),
        };
        let id = |event, kind| delivery(event, kind).message_id("nimbus.example").unwrap();
        assert_eq!(id("e1", "shipped"), id("e1", "shipped"));
        assert_ne!(id("e1", "shipped"), id("e1s", "hipped"));
        assert!(id("e1", "x").as_str().ends_with("@nimbus.example"));
        assert!(!id("e1", "x").as_str().contains("ada"));
        assert!(delivery("e1", "x").message_id("a b").is_err());
    }
}
