//! SQL of carts; one text for SQLite and PostgreSQL.

use sqlx::Row;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, Tx};

use crate::Error;
use crate::domain::Contents;
use crate::token::CartId;

/// A cart as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) version: i64,
    pub(crate) contents: Contents,
}

fn text(id: &CartId, contents: &Contents) -> Result<String, Error> {
    serde_json::to_string(contents).map_err(|source| Error::Corrupt { id: id.as_str().to_owned(), source })
}

/// A cart that can still be changed; `None` if there is none of this country, or it was ordered or has expired.
pub(crate) async fn load(
    connection: &mut AnyConnection,
    store: &StoreId,
    id: &CartId,
    country: Country,
    now: Timestamp,
) -> Result<Option<Stored>, Error> {
    let row = sqlx::query(
        "SELECT version, contents FROM cart_cart
         WHERE store = $1 AND id = $2 AND country = $3 AND ordered IS NULL AND expires_at > $4",
    )
    .bind(store.as_str())
    .bind(id.as_str())
    .bind(country.code())
    .bind(now.ms())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let contents = serde_json::from_str(row.try_get("contents")?)
        .map_err(|source| Error::Corrupt { id: id.as_str().to_owned(), source })?;
    Ok(Some(Stored { version: row.try_get("version")?, contents }))
}

/// Stores a new cart.
pub(crate) async fn insert(
    db: &Db,
    store: &StoreId,
    id: &CartId,
    country: Country,
    contents: &Contents,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), Error> {
    let query = sqlx::query(
        "INSERT INTO cart_cart (store, id, country, version, contents, touched_at, expires_at)
         VALUES ($1, $2, $3, 1, $4, $5, $6)",
    );
    let query = query.bind(store.as_str().to_owned()).bind(id.as_str().to_owned());
    let query = query.bind(country.code().to_owned()).bind(text(id, contents)?);
    db.write(query.bind(now.ms()).bind(expires_at.ms())).await?;
    Ok(())
}

/// Stores what a cart holds now, if nobody changed it since `version`; answers whether it did.
pub(crate) async fn update(
    db: &Db,
    store: &StoreId,
    id: &CartId,
    stored: &Stored,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<bool, Error> {
    let query = sqlx::query(
        "UPDATE cart_cart SET version = version + 1, contents = $4, touched_at = $5, expires_at = $6
         WHERE store = $1 AND id = $2 AND version = $3 AND ordered IS NULL",
    );
    let query = query.bind(store.as_str().to_owned()).bind(id.as_str().to_owned()).bind(stored.version);
    let query = query.bind(text(id, &stored.contents)?).bind(now.ms()).bind(expires_at.ms());
    Ok(db.write(query).await? > 0)
}

/// Marks a cart as ordered, if it still is what was priced; answers whether it was.
pub(crate) async fn ordered_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &CartId,
    version: i64,
    order: &str,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE cart_cart SET ordered = $4 WHERE store = $1 AND id = $2 AND version = $3 AND ordered IS NULL",
    )
    .bind(store.as_str())
    .bind(id.as_str())
    .bind(version)
    .bind(order)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives a cart back that was marked for an order which did not come about; answers whether it was marked.
pub(crate) async fn given_back_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &CartId,
    order: &str,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "UPDATE cart_cart SET ordered = NULL, version = version + 1
         WHERE store = $1 AND id = $2 AND ordered = $3",
    )
    .bind(store.as_str())
    .bind(id.as_str())
    .bind(order)
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes at most `limit` carts that have expired; answers how many.
pub(crate) async fn expire(db: &Db, now: Timestamp, limit: u32) -> Result<u64, Error> {
    let mut tx = db.begin().await?;
    let done = sqlx::query(
        "DELETE FROM cart_cart WHERE (store, id) IN (
           SELECT store, id FROM cart_cart WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    )
    .bind(now.ms())
    .bind(i64::from(limit))
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}
