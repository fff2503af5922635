//! SQL of tokens; one text for SQLite and PostgreSQL.

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::Db;

use crate::{Error, Grant, Token};

/// A token with what is kept of its secret.
pub(crate) struct Kept {
    pub(crate) store: StoreId,
    pub(crate) token: Token,
    pub(crate) secret_hash: String,
}

pub(crate) async fn insert(db: &Db, store: &StoreId, token: &Token, secret_hash: &str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    sqlx::query(
        "INSERT INTO access_token (store, id, name, secret_hash, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(store.as_str())
    .bind(&token.id)
    .bind(&token.name)
    .bind(secret_hash)
    .bind(token.scopes.to_string())
    .bind(token.created_at.ms())
    .bind(token.expires_at.ms())
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

pub(crate) async fn list(db: &Db, store: &StoreId) -> Result<Vec<Token>, Error> {
    let rows = sqlx::query(
        "SELECT store, id, name, secret_hash, scopes, created_at, expires_at, revoked_at, last_used_at
         FROM access_token WHERE store = $1",
    )
    .bind(store.as_str())
    .fetch_all(db.reader())
    .await?;
    let kept = rows.iter().map(kept).collect::<Result<Vec<_>, _>>()?;
    let mut tokens: Vec<Token> = kept.into_iter().map(|kept| kept.token).collect();
    tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(tokens)
}

pub(crate) async fn by_id(db: &Db, id: &str) -> Result<Vec<Kept>, Error> {
    let rows = sqlx::query(
        "SELECT store, id, name, secret_hash, scopes, created_at, expires_at, revoked_at, last_used_at
         FROM access_token WHERE id = $1",
    )
    .bind(id)
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(kept).collect()
}

pub(crate) async fn revoke(db: &Db, store: &StoreId, id: &str, now: Timestamp) -> Result<bool, Error> {
    let mut tx = db.begin().await?;
    let revoked = sqlx::query(
        "UPDATE access_token SET revoked_at = $1 WHERE store = $2 AND id = $3 AND revoked_at IS NULL",
    )
    .bind(now.ms())
    .bind(store.as_str())
    .bind(id)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(revoked.rows_affected() == 1)
}

pub(crate) async fn note_use(
    db: &Db,
    grant: &Grant,
    now: Timestamp,
    noted_before: Timestamp,
) -> Result<(), Error> {
    let mut tx = db.begin_soft().await?;
    sqlx::query(
        "UPDATE access_token SET last_used_at = $1
         WHERE store = $2 AND id = $3 AND (last_used_at IS NULL OR last_used_at <= $4)",
    )
    .bind(now.ms())
    .bind(grant.store.as_str())
    .bind(&grant.token)
    .bind(noted_before.ms())
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

fn kept(row: &AnyRow) -> Result<Kept, Error> {
    let (store, scopes): (String, String) = (row.try_get("store")?, row.try_get("scopes")?);
    let time = |column: &str| Ok::<_, sqlx::Error>(Timestamp::from_ms(row.try_get(column)?));
    let maybe =
        |column: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_ms));
    let token = Token {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        scopes: scopes.parse().map_err(|_| Error::Corrupt(scopes.clone()))?,
        created_at: time("created_at")?,
        expires_at: time("expires_at")?,
        revoked_at: maybe("revoked_at")?,
        last_used_at: maybe("last_used_at")?,
    };
    let store = StoreId::try_new(&store).map_err(|_| Error::Corrupt(store))?;
    Ok(Kept { store, token, secret_hash: row.try_get("secret_hash")? })
}
