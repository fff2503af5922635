//! Replies by the caller's key: what was done once is answered again, not done again.

use vitrine_core::{ContentHash, StoreId, Timestamp};

use crate::{Db, DbError, Tx};

/// What a caller wants done once.
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    /// Whose.
    pub store: &'a StoreId,
    /// What kind of work; keys of different kinds don't meet.
    pub scope: &'a str,
    /// The caller's name for it.
    pub key: &'a str,
    /// Hash of what is asked, to tell a repetition from a mistake.
    pub request: ContentHash,
}

/// Whether something was done before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// No: do it, and [`Idempotency::reply_in`] the answer in the same transaction.
    Never,
    /// Yes, with this reply.
    Replied(String),
    /// The key was used for another request.
    Different,
}

/// The replies.
#[derive(Clone, Copy, Debug)]
pub struct Idempotency;

impl Idempotency {
    /// Claims a key until a time, unless it is claimed.
    ///
    /// The claim commits with the work: who comes at the same time waits for that commit, and who comes after a
    /// rollback is the first. A key whose time is over may be claimed anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_in(
        tx: &mut Tx,
        once: &Once<'_>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Before, DbError> {
        Self::claim_for_in(tx, once, "", now, expires_at).await
    }

    /// The same with a reply that is known before the work is done; it counts with the commit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_for_in(
        tx: &mut Tx,
        once: &Once<'_>,
        reply: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Before, DbError> {
        let claimed = sqlx::query(
            "INSERT INTO db_idempotency (store, scope, caller_key, request, reply, expires_at) \
             VALUES ($1, $2, $3, $4, $7, $5) ON CONFLICT (store, scope, caller_key) DO UPDATE \
             SET request = excluded.request, reply = excluded.reply, expires_at = excluded.expires_at \
             WHERE db_idempotency.expires_at <= $6",
        )
        .bind(once.store.as_str())
        .bind(once.scope)
        .bind(once.key)
        .bind(once.request.hex())
        .bind(expires_at.ms())
        .bind(now.ms())
        .bind(reply)
        .execute(&mut **tx)
        .await?;
        if claimed.rows_affected() > 0 {
            return Ok(Before::Never);
        }
        let (request, reply): (String, String) = sqlx::query_as(
            "SELECT request, reply FROM db_idempotency WHERE store = $1 AND scope = $2 AND caller_key = $3",
        )
        .bind(once.store.as_str())
        .bind(once.scope)
        .bind(once.key)
        .fetch_one(&mut **tx)
        .await?;
        Ok(if request == once.request.hex() { Before::Replied(reply) } else { Before::Different })
    }

    /// Keeps the reply of what was claimed in this transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reply_in(tx: &mut Tx, once: &Once<'_>, reply: &str) -> Result<(), DbError> {
        let query = sqlx::query(
            "UPDATE db_idempotency SET reply = $1 WHERE store = $2 AND scope = $3 AND caller_key = $4",
        );
        let query = query.bind(reply).bind(once.store.as_str()).bind(once.scope).bind(once.key);
        query.execute(&mut **tx).await?;
        Ok(())
    }

    /// Forgets keys whose time is over, at most so many; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(db: &Db, now: Timestamp, limit: u32) -> Result<u64, DbError> {
        let mut tx = db.begin_soft().await?;
        let query = sqlx::query(
            "DELETE FROM db_idempotency WHERE (store, scope, caller_key) IN \
             (SELECT store, scope, caller_key FROM db_idempotency WHERE expires_at <= $1 LIMIT $2)",
        );
        let pruned = query.bind(now.ms()).bind(i64::from(limit)).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(pruned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MODULE;
    use crate::testing::for_each_backend;

    const NOW: Timestamp = Timestamp::from_ms(1_000);
    const END: Timestamp = Timestamp::from_ms(2_000);

    fn once<'a>(store: &'a StoreId, key: &'a str, asked: &str) -> Once<'a> {
        Once { store, scope: "publish", key, request: ContentHash::of(asked.as_bytes()) }
    }

    async fn claim(db: &Db, once: &Once<'_>, now: Timestamp) -> Before {
        let mut tx = db.begin().await.unwrap();
        let before = Idempotency::claim_in(&mut tx, once, now, END).await.unwrap();
        if before == Before::Never {
            Idempotency::reply_in(&mut tx, once, &format!("done at {}", now.ms())).await.unwrap();
        }
        tx.commit().await.unwrap();
        before
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_key_is_answered_again_and_kept_to_its_request() {
        for_each_backend(&[&MODULE], async |db| {
            let (one, two) = (StoreId::try_new("one").unwrap(), StoreId::try_new("two").unwrap());
            let asked = once(&one, "k", "a");
            assert_eq!(claim(&db, &asked, NOW).await, Before::Never);
            assert_eq!(claim(&db, &asked, NOW.plus_ms(1)).await, Before::Replied("done at 1000".into()));
            assert_eq!(claim(&db, &once(&one, "k", "b"), NOW).await, Before::Different);
            assert_eq!(claim(&db, &once(&two, "k", "b"), NOW).await, Before::Never, "another store");
            let refund = Once { scope: "refund", ..asked };
            assert_eq!(claim(&db, &refund, NOW).await, Before::Never, "another kind of work");
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_rolled_back_was_not_done() {
        for_each_backend(&[&MODULE], async |db| {
            let store = StoreId::try_new("one").unwrap();
            let mut tx = db.begin().await.unwrap();
            let asked = once(&store, "k", "a");
            assert_eq!(Idempotency::claim_in(&mut tx, &asked, NOW, END).await.unwrap(), Before::Never);
            tx.rollback().await.unwrap();
            assert_eq!(claim(&db, &asked, NOW).await, Before::Never);
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_those_who_come_together_one_does_it() {
        for_each_backend(&[&MODULE], async |db| {
            let tasks: Vec<_> = (0..8)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move {
                        let store = StoreId::try_new("one").unwrap();
                        claim(&db, &once(&store, "k", "a"), NOW).await
                    })
                })
                .collect();
            let mut first = 0;
            for task in tasks {
                match task.await.unwrap() {
                    Before::Never => first += 1,
                    Before::Replied(reply) => assert_eq!(reply, "done at 1000"),
                    Before::Different => panic!("the same request"),
                }
            }
            assert_eq!(first, 1);
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_key_is_free_again_when_its_time_is_over() {
        for_each_backend(&[&MODULE], async |db| {
            let store = StoreId::try_new("one").unwrap();
            assert_eq!(claim(&db, &once(&store, "k", "a"), NOW).await, Before::Never);
            assert_eq!(claim(&db, &once(&store, "k", "b"), END.plus_ms(-1)).await, Before::Different);
            assert_eq!(claim(&db, &once(&store, "k", "b"), END).await, Before::Never);
            assert_eq!(Idempotency::prune(&db, END.plus_ms(-1), 10).await.unwrap(), 0);
            assert_eq!(Idempotency::prune(&db, END, 0).await.unwrap(), 0);
            assert_eq!(Idempotency::prune(&db, END, 10).await.unwrap(), 1);
        })
        .await;
    }
}
