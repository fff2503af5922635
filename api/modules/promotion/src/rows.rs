//! SQL of holds and counters; one text for SQLite and PostgreSQL.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Backend, InList, Tx, sql};
use vitrine_pricing::{Code, Exhausted, Limited, Limits, PromotionId, Use};

use crate::Error;

/// The counter's customer where everybody is counted.
pub(crate) const EVERYBODY: &str = "";

/// It waits for its order's money.
pub(crate) const HELD: &str = "held";
/// Its order stands.
pub(crate) const COMMITTED: &str = "committed";
/// Its time was over before the money came.
pub(crate) const EXPIRED: &str = "expired";
/// Its order does not stand.
pub(crate) const RELEASED: &str = "released";

/// How a use of an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It waits for its order's money.
    Held,
    /// Its order stands.
    Committed,
    /// Its time was over before the money came.
    Expired,
    /// Its order does not stand.
    Released,
}

impl Standing {
    fn parse(word: &str) -> Option<Self> {
        match word {
            HELD => Some(Self::Held),
            COMMITTED => Some(Self::Committed),
            EXPIRED => Some(Self::Expired),
            RELEASED => Some(Self::Released),
            _ => None,
        }
    }
}

/// How the uses of some orders stand.
pub(crate) async fn uses_of_in(
    connection: &mut AnyConnection,
    store: &StoreId,
    orders: &[&str],
) -> Result<Vec<(String, Standing)>, Error> {
    let mut uses = Vec::new();
    for list in InList::chunks(orders) {
        let query = sql(format!(
            "SELECT order_ref, state FROM promotion_hold WHERE store = $1 AND order_ref IN {}",
            list.sql(2)
        ));
        let query = list.bind(query.bind(store.as_str().to_owned()));
        for row in query.fetch_all(&mut *connection).await? {
            let (order, word): (String, String) = (row.try_get("order_ref")?, row.try_get("state")?);
            let corrupt = || Error::Corrupt { table: "promotion_hold", what: format!("no state is {word}") };
            uses.push((order, Standing::parse(&word).ok_or_else(corrupt)?));
        }
    }
    Ok(uses)
}

/// How often subjects are used or held, by everybody: as counted, and as there are holds that are counted nowhere.
pub(crate) async fn taken_in(
    connection: &mut AnyConnection,
    store: &StoreId,
    subjects: &[&str],
) -> Result<Vec<(String, i64)>, Error> {
    let mut taken = Vec::new();
    for list in InList::chunks(subjects) {
        let subjects = list.sql(2);
        for text in [
            format!(
                "SELECT subject, taken FROM promotion_count \
                 WHERE store = $1 AND customer = '{EVERYBODY}' AND subject IN {subjects}"
            ),
            format!(
                "SELECT subject, COUNT(*) AS taken FROM promotion_hold WHERE store = $1 AND limit_all IS NULL \
                 AND state IN ('held', 'committed') AND subject IN {subjects} GROUP BY subject"
            ),
        ] {
            let query = list.bind(sql(text).bind(store.as_str().to_owned()));
            for row in query.fetch_all(&mut *connection).await? {
                taken.push((row.try_get("subject")?, row.try_get("taken")?));
            }
        }
    }
    Ok(taken)
}

/// A counter of uses: `(subject, customer)`.
pub(crate) type Counter = (String, String);

/// A hold's row.
#[derive(Debug)]
pub(crate) struct Hold {
    /// What is used, as `promotion:summer`.
    pub(crate) subject: String,
    customer: String,
    limit_all: Option<i64>,
    limit_customer: Option<i64>,
}

impl Hold {
    pub(crate) fn new(subject: &str, customer: &str, limits: Limits) -> Self {
        Self {
            subject: subject.to_owned(),
            customer: customer.to_owned(),
            limit_all: limits.total.map(i64::from),
            limit_customer: limits.per_customer.map(i64::from),
        }
    }

    pub(crate) fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            subject: row.try_get("subject")?,
            customer: row.try_get("customer")?,
            limit_all: row.try_get("limit_all")?,
            limit_customer: row.try_get("limit_customer")?,
        })
    }

    /// The counters it is counted in, in order, with their limits.
    pub(crate) fn limits(&self) -> Vec<(Counter, i64)> {
        let all = self.limit_all.map(|limit| ((self.subject.clone(), EVERYBODY.to_owned()), limit));
        let own = self.limit_customer.map(|limit| ((self.subject.clone(), self.customer.clone()), limit));
        all.into_iter().chain(own).collect()
    }

    pub(crate) fn counters(&self) -> Vec<Counter> {
        self.limits().into_iter().map(|(counter, _)| counter).collect()
    }

    /// What is used.
    pub(crate) fn limited(&self) -> Result<Limited, Error> {
        let corrupt = || Error::Corrupt { table: "promotion_hold", what: self.subject.clone() };
        match self.subject.split_once(':').ok_or_else(corrupt)? {
            ("promotion", id) => Ok(Limited::Promotion(PromotionId::try_new(id).map_err(|_| corrupt())?)),
            ("coupon", code) => Ok(Limited::Coupon(Code::try_new(code).map_err(|_| corrupt())?)),
            ("first_order", "") => Ok(Limited::FirstOrder),
            _ => Err(corrupt()),
        }
    }
}

/// Writes a hold, or moves the end of one there is; whether its counters are still to be taken.
pub(crate) async fn hold_in(
    tx: &mut Tx,
    store: &StoreId,
    order: &str,
    hold: &Hold,
    ends_at: Timestamp,
) -> Result<bool, Error> {
    let written = sqlx::query(
        "INSERT INTO promotion_hold
             (store, order_ref, subject, customer, limit_all, limit_customer, state, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'held', $7)
         ON CONFLICT (store, order_ref, subject) DO UPDATE SET state = 'held', ends_at = excluded.ends_at,
             customer = excluded.customer, limit_all = excluded.limit_all,
             limit_customer = excluded.limit_customer
         WHERE promotion_hold.state IN ('expired', 'released')",
    )
    .bind(store.as_str())
    .bind(order)
    .bind(&hold.subject)
    .bind(&hold.customer)
    .bind(hold.limit_all)
    .bind(hold.limit_customer)
    .bind(ends_at.ms())
    .execute(&mut **tx)
    .await?;
    if written.rows_affected() == 1 {
        return Ok(true);
    }
    sqlx::query(
        "UPDATE promotion_hold SET ends_at = $1
         WHERE store = $2 AND order_ref = $3 AND subject = $4 AND state = 'held' AND ends_at < $1",
    )
    .bind(ends_at.ms())
    .bind(store.as_str())
    .bind(order)
    .bind(&hold.subject)
    .execute(&mut **tx)
    .await?;
    Ok(false)
}

/// Counts a use if the limit allows it: the one statement that holds the limit.
pub(crate) async fn take_in(
    tx: &mut Tx,
    store: &StoreId,
    (subject, customer): &Counter,
    limit: i64,
) -> Result<bool, Error> {
    let taken = sqlx::query(
        "INSERT INTO promotion_count (store, subject, customer, taken) VALUES ($1, $2, $3, 1)
         ON CONFLICT (store, subject, customer) DO UPDATE SET taken = promotion_count.taken + 1
         WHERE promotion_count.taken < $4",
    )
    .bind(store.as_str())
    .bind(subject)
    .bind(customer)
    .bind(limit)
    .execute(&mut **tx)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Counts one use less in each counter.
pub(crate) async fn give_back_in(
    tx: &mut Tx,
    store: &StoreId,
    mut counters: Vec<Counter>,
) -> Result<(), Error> {
    counters.sort();
    for counter in counters {
        subtract_in(tx, store.as_str(), &counter, 1).await?;
    }
    Ok(())
}

pub(crate) async fn subtract_in(
    tx: &mut Tx,
    store: &str,
    (subject, customer): &Counter,
    number: i64,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE promotion_count SET taken = taken - $1
         WHERE store = $2 AND subject = $3 AND customer = $4 AND taken >= $1",
    )
    .bind(number)
    .bind(store)
    .bind(subject)
    .bind(customer)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives all holds of an order that are in some states another, and tells which these were.
pub(crate) async fn move_in(
    tx: &mut Tx,
    store: &StoreId,
    order: &str,
    to: &str,
    from: &[&str],
) -> Result<Vec<Hold>, Error> {
    let mut moved = Vec::new();
    for list in InList::chunks(from) {
        let query = sql(format!(
            "UPDATE promotion_hold SET state = $1 WHERE store = $2 AND order_ref = $3 AND state IN {}
             RETURNING subject, customer, limit_all, limit_customer",
            list.sql(4)
        ));
        let query = query.bind(to.to_owned()).bind(store.as_str().to_owned()).bind(order.to_owned());
        for row in list.bind(query).fetch_all(&mut **tx).await? {
            moved.push(Hold::read(&row)?);
        }
    }
    Ok(moved)
}

/// Gives one hold another state; whether it was in the state named.
pub(crate) async fn set_in(
    tx: &mut Tx,
    store: &StoreId,
    order: &str,
    subject: &str,
    to: &str,
    from: &str,
) -> Result<bool, Error> {
    let set = sqlx::query(
        "UPDATE promotion_hold SET state = $1
         WHERE store = $2 AND order_ref = $3 AND subject = $4 AND state = $5",
    )
    .bind(to)
    .bind(store.as_str())
    .bind(order)
    .bind(subject)
    .bind(from)
    .execute(&mut **tx)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// How many holds of an order are in each state, locked until the transaction ends.
pub(crate) async fn states_in(
    tx: &mut Tx,
    store: &StoreId,
    order: &str,
) -> Result<BTreeMap<Standing, usize>, Error> {
    // A SQLite transaction that writes is alone.
    let lock = if tx.backend() == Backend::Postgres { " ORDER BY subject FOR UPDATE" } else { "" };
    let query = sql(format!("SELECT state FROM promotion_hold WHERE store = $1 AND order_ref = $2{lock}"));
    let mut states = BTreeMap::new();
    for row in query.bind(store.as_str().to_owned()).bind(order.to_owned()).fetch_all(&mut **tx).await? {
        let word: String = row.try_get("state")?;
        let standing = Standing::parse(&word);
        let standing = standing.ok_or(Error::Corrupt { table: "promotion_hold", what: word })?;
        *states.entry(standing).or_default() += 1;
    }
    Ok(states)
}

/// Ends a hold whose time is over, unless somebody else did or moved its end.
pub(crate) async fn end_in(
    tx: &mut Tx,
    store: &str,
    order: &str,
    subject: &str,
    now: i64,
) -> Result<Option<Hold>, Error> {
    let ended = sqlx::query(
        "UPDATE promotion_hold SET state = 'expired'
         WHERE store = $1 AND order_ref = $2 AND subject = $3 AND state = 'held' AND ends_at <= $4
         RETURNING subject, customer, limit_all, limit_customer",
    )
    .bind(store)
    .bind(order)
    .bind(subject)
    .bind(now)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(ended.map(|row| Hold::read(&row)).transpose()?)
}

/// What of some limited things is used up, for everybody or a customer.
pub(crate) async fn exhausted_in(
    connection: &mut AnyConnection,
    store: &StoreId,
    limited: &[Use],
    customer: Option<&str>,
) -> Result<BTreeMap<Limited, Exhausted>, Error> {
    let by_subject: BTreeMap<String, &Use> =
        limited.iter().map(|one| (one.limited.to_string(), one)).collect();
    let subjects: Vec<&str> = by_subject.keys().map(String::as_str).collect();
    let mut exhausted = BTreeMap::new();
    for list in InList::chunks(&subjects) {
        let query = sql(format!(
            "SELECT subject, customer, taken FROM promotion_count
             WHERE store = $1 AND customer IN ($2, $3) AND subject IN {}",
            list.sql(4)
        ));
        let query = query
            .bind(store.as_str().to_owned())
            .bind(EVERYBODY.to_owned())
            .bind(customer.unwrap_or(EVERYBODY).to_owned());
        for row in list.bind(query).fetch_all(&mut *connection).await? {
            let (subject, counted): (String, String) = (row.try_get("subject")?, row.try_get("customer")?);
            let taken: i64 = row.try_get("taken")?;
            let Some(one) = by_subject.get(&subject) else { continue };
            let (limit, how) = match counted == EVERYBODY {
                true => (one.limits.total, Exhausted::InAll),
                false => (one.limits.per_customer, Exhausted::ForCustomer),
            };
            if limit.is_some_and(|limit| taken >= i64::from(limit)) {
                // That nobody gets any more says more than that this customer does not.
                let known = exhausted.entry(one.limited.clone()).or_insert(how);
                if how == Exhausted::InAll {
                    *known = how;
                }
            }
        }
    }
    Ok(exhausted)
}
