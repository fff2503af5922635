//! Uses of what is limited: held for an order, committed, given back.
//!
//! A use is a row of `promotion_hold` (its state) and one in each counter it is counted in: for everybody, and for
//! its customer. Of a code without a limit there is only the former, so that orders with it wait for nobody. Whoever
//! changes both locks holds first and counters after, each in sorted order, so that nobody waits in a circle.

use std::collections::BTreeMap;

use sqlx::Row;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, Tx};
use vitrine_pricing::{Exhausted, Limited, Use};

use crate::rows::{self, COMMITTED, Counter, EXPIRED, HELD, Hold, RELEASED, Standing};
use crate::{Error, Promotions};

/// Holds whose end is noticed in one transaction.
const BATCH: i64 = 100;

/// What an order wants to use.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'a> {
    /// The order, opaque.
    pub order: &'a str,
    /// The customer, opaque; the same text for the same person, as a hash of the address of mail.
    pub customer: &'a str,
    /// What is used: [`Quote::uses`](vitrine_pricing::Quote).
    pub uses: &'a [Use],
    /// From then on others may have it.
    pub ends_at: Timestamp,
}

/// Whether an order holds what it wants to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// All of it.
    All,
    /// Nothing more than before, for this is used up.
    Refused {
        /// What.
        limited: Limited,
        /// For whom.
        how: Exhausted,
    },
}

/// What became of an order's holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// How many uses the order has for good now; those it had before count too.
    pub committed: usize,
    /// What had ended before the money came, and that others have used up since.
    pub lost: Vec<Limited>,
}

/// A counter that does not show what the holds say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What is limited, as `promotion:summer`.
    pub subject: String,
    /// The customer; empty where everybody is counted.
    pub customer: String,
    /// What the counter shows.
    pub counted: i64,
    /// What holds and uses there are.
    pub held: i64,
}

impl Promotions {
    /// Holds all that an order uses, or nothing.
    ///
    /// Called again for the same order it takes nothing twice and moves the end; what had ended or was given back is
    /// taken anew. A refusal leaves what the order held before.
    ///
    /// # Errors
    /// When a use is limited by customer and the customer is empty, or the database fails.
    #[tracing::instrument(name = "promotion.hold", skip_all)]
    pub async fn hold_in(tx: &mut Tx, store: &StoreId, holding: &Holding<'_>) -> Result<Held, Error> {
        let mut uses: Vec<(String, &Use)> = holding
            .uses
            .iter()
            .filter(|one| !one.limits.is_empty() || matches!(one.limited, Limited::Coupon(_)))
            .map(|one| (one.limited.to_string(), one))
            .collect();
        uses.sort_by(|a, b| a.0.cmp(&b.0));
        let mut new = Vec::new();
        for (subject, one) in uses {
            if one.limits.per_customer.is_some() && holding.customer.is_empty() {
                return Err(Error::NoCustomer(subject));
            }
            let hold = Hold::new(&subject, holding.customer, one.limits);
            if rows::hold_in(tx, store, holding.order, &hold, holding.ends_at).await? {
                new.push((hold, one));
            }
        }
        let mut taken: Vec<Counter> = Vec::new();
        for (hold, one) in &new {
            for (counter, limit) in hold.limits() {
                if rows::take_in(tx, store, &counter, limit).await? {
                    taken.push(counter);
                    continue;
                }
                // The caller may go on without, so nothing of this may stay.
                rows::give_back_in(tx, store, taken).await?;
                for (hold, _) in &new {
                    rows::set_in(tx, store, holding.order, &hold.subject, RELEASED, HELD).await?;
                }
                let how = if counter.1.is_empty() { Exhausted::InAll } else { Exhausted::ForCustomer };
                return Ok(Held::Refused { limited: one.limited.clone(), how });
            }
        }
        Ok(Held::All)
    }

    /// Makes what an order holds its own for good; the order is paid.
    ///
    /// A hold that had ended is taken again if there is room, for the money may come late; what is lost is told.
    /// Called again it changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "promotion.commit", skip_all)]
    pub async fn commit_in(tx: &mut Tx, store: &StoreId, order: &str) -> Result<Committed, Error> {
        // Most orders use nothing that is limited: they are asked about once.
        let mut states = rows::states_in(tx, store, order).await?;
        let mut has = |standing| states.remove(&standing).unwrap_or_default();
        let mut committed = Committed { committed: has(Standing::Committed), ..Committed::default() };
        if has(Standing::Held) > 0 {
            committed.committed += rows::move_in(tx, store, order, COMMITTED, &[HELD]).await?.len();
        }
        let mut ended = match has(Standing::Expired) {
            0 => Vec::new(),
            _ => rows::move_in(tx, store, order, COMMITTED, &[EXPIRED]).await?,
        };
        ended.sort_by(|a, b| a.subject.cmp(&b.subject));
        committed.committed += ended.len();
        for hold in ended {
            if !retake_in(tx, store, &hold).await? {
                rows::set_in(tx, store, order, &hold.subject, EXPIRED, COMMITTED).await?;
                committed.lost.push(hold.limited()?);
                committed.committed -= 1;
            }
        }
        Ok(committed)
    }

    /// Gives back what an order holds or uses; the order does not stand. Tells how many uses became free.
    ///
    /// Called again it changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    #[tracing::instrument(name = "promotion.release", skip_all)]
    pub async fn release_in(tx: &mut Tx, store: &StoreId, order: &str) -> Result<usize, Error> {
        let freed = rows::move_in(tx, store, order, RELEASED, &[HELD, COMMITTED]).await?;
        rows::move_in(tx, store, order, RELEASED, &[EXPIRED]).await?;
        let counters = freed.iter().flat_map(Hold::counters).collect();
        rows::give_back_in(tx, store, counters).await?;
        Ok(freed.len())
    }

    /// Frees at most 100 holds whose time is over, of all stores; call it again while it frees any.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn expire(&self) -> Result<usize, Error> {
        let now = self.clock.now().ms();
        let due = sqlx::query(
            "SELECT store, order_ref, subject FROM promotion_hold
             WHERE state = 'held' AND ends_at <= $1 ORDER BY ends_at LIMIT $2",
        )
        .bind(now)
        .bind(BATCH)
        .fetch_all(self.db.reader())
        .await?;
        if due.is_empty() {
            return Ok(0);
        }
        let mut keys = due
            .iter()
            .map(|row| Ok((row.try_get("store")?, row.try_get("order_ref")?, row.try_get("subject")?)))
            .collect::<Result<Vec<(String, String, String)>, sqlx::Error>>()?;
        keys.sort();
        let mut tx = self.db.begin().await?;
        let mut freed: BTreeMap<(String, Counter), i64> = BTreeMap::new();
        let mut count = 0;
        for (store, order, subject) in keys {
            if let Some(hold) = rows::end_in(&mut tx, &store, &order, &subject, now).await? {
                count += 1;
                for counter in hold.counters() {
                    *freed.entry((store.clone(), counter)).or_default() += 1;
                }
            }
        }
        for ((store, counter), number) in freed {
            rows::subtract_in(&mut tx, &store, &counter, number).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    /// Forgets holds that came to nothing and whose time was over before a moment, of any store, at most so many;
    /// returns how many. Money that comes for one of them later finds nothing that it held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(db: &Db, before: Timestamp, limit: u32) -> Result<u64, Error> {
        let mut tx = db.begin_soft().await?;
        let query = sqlx::query(
            "DELETE FROM promotion_hold WHERE (store, order_ref, subject) IN \
             (SELECT store, order_ref, subject FROM promotion_hold \
             WHERE state IN ('expired', 'released') AND ends_at < $1 LIMIT $2)",
        );
        let pruned = query.bind(before.ms()).bind(i64::from(limit)).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok(pruned)
    }

    /// How often something is used or held now, by everybody; promotions are counted only where there is a limit in all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn taken(&self, store: &StoreId, limited: &Limited) -> Result<i64, Error> {
        let mut connection = self.db.reader().acquire().await?;
        let taken = Self::taken_in(&mut connection, store, std::slice::from_ref(limited)).await?;
        Ok(taken.get(limited).copied().unwrap_or_default())
    }

    /// The same of many, within a caller's transaction or connection; what nobody has used is not in it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn taken_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        limited: &[Limited],
    ) -> Result<BTreeMap<Limited, i64>, Error> {
        let by_subject: BTreeMap<String, &Limited> =
            limited.iter().map(|limited| (limited.to_string(), limited)).collect();
        let subjects: Vec<&str> = by_subject.keys().map(String::as_str).collect();
        let mut taken = BTreeMap::new();
        for (subject, uses) in rows::taken_in(connection, store, &subjects).await? {
            if let Some(limited) = by_subject.get(&subject) {
                *taken.entry((*limited).clone()).or_default() += uses;
            }
        }
        Ok(taken)
    }

    /// How the uses of some orders stand, by order; those of promotions without a limit are not kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn uses_of_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        orders: &[&str],
    ) -> Result<Vec<(String, Standing)>, Error> {
        rows::uses_of_in(connection, store, orders).await
    }

    /// Counters that don't show what the holds say; there are none unless something is broken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, store: &StoreId) -> Result<Vec<Disagreement>, Error> {
        let mut snapshot = self.db.snapshot().await?;
        let mut both: BTreeMap<Counter, (i64, i64)> = BTreeMap::new();
        let counted = sqlx::query("SELECT subject, customer, taken FROM promotion_count WHERE store = $1")
            .bind(store.as_str())
            .fetch_all(&mut *snapshot)
            .await?;
        for row in counted {
            both.insert((row.try_get("subject")?, row.try_get("customer")?), (row.try_get("taken")?, 0));
        }
        let held = sqlx::query(
            "SELECT subject, customer, limit_all, limit_customer FROM promotion_hold
             WHERE store = $1 AND state IN ('held', 'committed')",
        )
        .bind(store.as_str())
        .fetch_all(&mut *snapshot)
        .await?;
        for row in held {
            for counter in Hold::read(&row)?.counters() {
                both.entry(counter).or_default().1 += 1;
            }
        }
        let differing = both.into_iter().filter(|(_, (counted, held))| counted != held);
        Ok(differing
            .map(|((subject, customer), (counted, held))| Disagreement { subject, customer, counted, held })
            .collect())
    }
}

/// Counts an ended hold again; whether there was room.
async fn retake_in(tx: &mut Tx, store: &StoreId, hold: &Hold) -> Result<bool, Error> {
    let mut taken = Vec::new();
    for (counter, limit) in hold.limits() {
        if !rows::take_in(tx, store, &counter, limit).await? {
            rows::give_back_in(tx, store, taken).await?;
            return Ok(false);
        }
        taken.push(counter);
    }
    Ok(true)
}
