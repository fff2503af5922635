//! SQL of orders; one text for SQLite and PostgreSQL.

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Country, Currency, Money, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Backend, Tx, sql};

use crate::{Error, Happened, NewOrder, Order, OrderId, OrderNumber, OrderState, Write};

pub(crate) const ORDER: &str = "id, number, country, cart, customer, state, version, contents, total, currency, created_at, \
     changed_at, placed_at";

/// Which order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    Id(&'a OrderId),
    Number(&'a OrderNumber),
    Access(&'a str),
}

impl Which<'_> {
    /// A condition over `$1`, the store, and `$2`, which comes with it.
    fn condition(self) -> (&'static str, String) {
        match self {
            Self::Id(id) => ("id = $2", id.to_string()),
            Self::Number(number) => ("number = $2", number.to_string()),
            Self::Access(hash) => (
                "(access = $2 OR id = (SELECT order_id FROM order_link WHERE store = $1 AND access = $2))",
                hash.to_owned(),
            ),
        }
    }
}

pub(crate) async fn insert_in(
    tx: &mut Tx,
    store: &StoreId,
    new: &NewOrder<'_>,
    write: &Write<'_>,
) -> Result<bool, Error> {
    let total = new.contents.quote.totals.total;
    let done = sqlx::query(
        "INSERT INTO order_order (store, id, number, access, country, cart, customer, state, version, contents, total,
         currency, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $11, $12, $12) ON CONFLICT (store, id) DO NOTHING",
    )
    .bind(store.as_str())
    .bind(new.id.as_str())
    .bind(new.number.as_str())
    .bind(new.access.hash(store))
    .bind(new.country.code())
    .bind(new.cart)
    .bind(new.customer)
    .bind(OrderState::PendingPayment.as_str())
    .bind(serde_json::to_string(new.contents)?)
    .bind(total.minor())
    .bind(total.currency().code())
    .bind(write.at.ms())
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn find(
    connection: &mut AnyConnection,
    store: &StoreId,
    which: Which<'_>,
) -> Result<Order, Error> {
    let (condition, value) = which.condition();
    let query = sql(format!("SELECT {ORDER} FROM order_order WHERE store = $1 AND {condition}"));
    let row = query.bind(store.as_str().to_owned()).bind(value).fetch_optional(connection).await?;
    order(&row.ok_or(Error::NoOrder)?)
}

pub(crate) async fn link_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &OrderId,
    access: &str,
    at: Timestamp,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO order_link (store, access, order_id, made_at) VALUES ($1, $2, $3, $4)")
        .bind(store.as_str())
        .bind(access)
        .bind(id.as_str())
        .bind(at.ms())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Moves an order on, if it stands where `to` is reached from; locks its row.
pub(crate) async fn move_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &OrderId,
    to: OrderState,
    write: &Write<'_>,
) -> Result<Option<Order>, Error> {
    let from: Vec<String> = to.reached_from().iter().map(|state| format!("'{state}'")).collect();
    let placed = if to == OrderState::Placed { ", placed_at = $4" } else { "" };
    let query = sql(format!(
        "UPDATE order_order SET state = $3, version = version + 1, changed_at = $4{placed} \
         WHERE store = $1 AND id = $2 AND state IN ({}) RETURNING {ORDER}",
        from.join(", ")
    ));
    let query = query.bind(store.as_str().to_owned()).bind(id.to_string());
    let row = query.bind(to.as_str()).bind(write.at.ms()).fetch_optional(&mut **tx).await?;
    row.as_ref().map(order).transpose()
}

/// Where an order stands.
pub(crate) async fn state_of(
    connection: &mut AnyConnection,
    store: &StoreId,
    id: &OrderId,
) -> Result<OrderState, Error> {
    let query = sqlx::query("SELECT state FROM order_order WHERE store = $1 AND id = $2");
    let row = query.bind(store.as_str()).bind(id.as_str()).fetch_optional(connection).await?;
    state(&row.ok_or(Error::NoOrder)?)
}

/// Locks an order's row until the transaction ends.
pub(crate) async fn lock_in(tx: &mut Tx, store: &StoreId, id: &OrderId) -> Result<Order, Error> {
    // A SQLite transaction that writes is alone.
    let lock = if tx.backend() == Backend::Postgres { " FOR UPDATE" } else { "" };
    let query = sql(format!("SELECT {ORDER} FROM order_order WHERE store = $1 AND id = $2{lock}"));
    let query = query.bind(store.as_str().to_owned()).bind(id.to_string());
    order(&query.fetch_optional(&mut **tx).await?.ok_or(Error::NoOrder)?)
}

/// Counts something that happened to an order without moving it; locks its row.
pub(crate) async fn touch_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &OrderId,
    write: &Write<'_>,
) -> Result<Order, Error> {
    let query = sql(format!(
        "UPDATE order_order SET version = version + 1, changed_at = $3 WHERE store = $1 AND id = $2 RETURNING {ORDER}"
    ));
    let query = query.bind(store.as_str().to_owned()).bind(id.to_string()).bind(write.at.ms());
    order(&query.fetch_optional(&mut **tx).await?.ok_or(Error::NoOrder)?)
}

pub(crate) async fn note_in(
    tx: &mut Tx,
    store: &StoreId,
    (id, version, state): (&OrderId, i64, OrderState),
    what: &str,
    detail: &str,
    write: &Write<'_>,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO order_history (store, order_id, version, what, state, made_by, detail, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(store.as_str())
    .bind(id.as_str())
    .bind(version)
    .bind(what)
    .bind(state.as_str())
    .bind(write.by)
    .bind(detail)
    .bind(write.at.ms())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(crate) async fn history(
    connection: &mut AnyConnection,
    store: &StoreId,
    id: &OrderId,
) -> Result<Vec<Happened>, Error> {
    let query = sqlx::query(
        "SELECT version, what, state, made_by, detail, at FROM order_history
         WHERE store = $1 AND order_id = $2 ORDER BY version",
    );
    let rows = query.bind(store.as_str()).bind(id.as_str()).fetch_all(connection).await?;
    let happened = |row: &AnyRow| {
        Ok(Happened {
            version: row.try_get("version")?,
            what: row.try_get("what")?,
            state: state(row)?,
            by: row.try_get("made_by")?,
            detail: row.try_get("detail")?,
            at: Timestamp::from_ms(row.try_get("at")?),
        })
    };
    rows.iter().map(happened).collect()
}

/// Orders of a state that were made before a time, oldest first, of any store.
pub(crate) async fn older_than(
    connection: &mut AnyConnection,
    state: OrderState,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<(StoreId, OrderId)>, Error> {
    let query = sqlx::query(
        "SELECT store, id FROM order_order WHERE state = $1 AND created_at < $2 ORDER BY created_at LIMIT $3",
    );
    let query = query.bind(state.as_str()).bind(before.ms()).bind(i64::from(limit));
    let rows = query.fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((named(row, "store", StoreId::try_new)?, named(row, "id", OrderId::try_new)?)))
        .collect()
}

/// The latest orders made before a time, newest first.
pub(crate) async fn latest(
    connection: &mut AnyConnection,
    store: &StoreId,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Order>, Error> {
    let query = sql(format!(
        "SELECT {ORDER} FROM order_order WHERE store = $1 AND created_at < $2 ORDER BY created_at DESC LIMIT $3"
    ));
    let query = query.bind(store.as_str().to_owned()).bind(before.ms()).bind(i64::from(limit));
    query.fetch_all(connection).await?.iter().map(order).collect()
}

/// Orders by id, from the one after another on.
pub(crate) async fn page(
    connection: &mut AnyConnection,
    store: &StoreId,
    after: Option<&OrderId>,
    limit: u32,
) -> Result<Vec<Order>, Error> {
    let query =
        sql(format!("SELECT {ORDER} FROM order_order WHERE store = $1 AND id > $2 ORDER BY id LIMIT $3"));
    let after = after.map_or_else(String::new, ToString::to_string);
    let query = query.bind(store.as_str().to_owned()).bind(after).bind(i64::from(limit));
    query.fetch_all(connection).await?.iter().map(order).collect()
}

/// Whether a customer has an order that stands.
pub(crate) async fn has_ordered(
    connection: &mut AnyConnection,
    store: &StoreId,
    customer: &str,
) -> Result<bool, Error> {
    let query = sqlx::query(
        "SELECT 1 FROM order_order WHERE store = $1 AND customer = $2 AND state NOT IN ('pending_payment', 'cancelled')
         LIMIT 1",
    );
    Ok(query.bind(store.as_str()).bind(customer).fetch_optional(connection).await?.is_some())
}

pub(crate) fn order(row: &AnyRow) -> Result<Order, Error> {
    let contents: String = row.try_get("contents")?;
    let country: String = row.try_get("country")?;
    let currency: String = row.try_get("currency")?;
    let currency = Currency::try_new(&currency).map_err(|_| corrupt(currency))?;
    Ok(Order {
        id: named(row, "id", OrderId::try_new)?,
        number: OrderNumber::stored(row.try_get("number")?),
        country: Country::try_new(&country).map_err(|_| corrupt(country))?,
        cart: row.try_get("cart")?,
        customer: row.try_get("customer")?,
        state: state(row)?,
        version: row.try_get("version")?,
        contents: serde_json::from_str(&contents)?,
        total: Money::new(row.try_get("total")?, currency),
        created_at: Timestamp::from_ms(row.try_get("created_at")?),
        changed_at: Timestamp::from_ms(row.try_get("changed_at")?),
        placed_at: row.try_get::<Option<i64>, _>("placed_at")?.map(Timestamp::from_ms),
    })
}

fn state(row: &AnyRow) -> Result<OrderState, Error> {
    let word: String = row.try_get("state")?;
    OrderState::parse(&word).ok_or_else(|| corrupt(word))
}

fn named<T, E>(row: &AnyRow, column: &str, read: impl Fn(&str) -> Result<T, E>) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    read(&text).map_err(|_| corrupt(text))
}

fn corrupt(what: String) -> Error {
    Error::Corrupt { table: "order_order", what }
}
