//! The audit log: who did what, to what, and what it was before.
//!
//! Deeds of a store are numbered without gaps in the order of their commits, so a deed that was taken out shows. The
//! counter's row stays locked until the commit: record last in a transaction.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{Batch, Tx, sql};

use crate::{Access, Error, Grant};

/// Longest text of what something was or is, bytes; of what is longer, the length is kept.
const DETAIL_BYTES: usize = 8_192;
/// Most deeds of one page.
const MOST: u32 = 200;

/// Something done by the owner of a token. Nothing in it names a shopper.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// What was done, in past tense: `price_set`.
    pub action: &'static str,
    /// To what, in people's words: `MAT-90@berlin`, an order's number.
    pub entity: String,
    /// What it was; `null` if it is new.
    before: Value,
    /// What it is; `null` if it is gone.
    after: Value,
}

impl Deed {
    /// A deed that made something what it is. Of two objects only the members that differ are kept.
    pub fn new(action: &'static str, entity: impl Into<String>, before: Value, after: Value) -> Self {
        let (before, after) = match (before, after) {
            (Value::Object(before), Value::Object(after)) => differing(before, after),
            both => both,
        };
        Self { action, entity: entity.into(), before, after }
    }
}

fn differing(mut before: Map<String, Value>, mut after: Map<String, Value>) -> (Value, Value) {
    let same = |(name, value): (&String, &Value)| (after.get(name) == Some(value)).then(|| name.clone());
    let same: Vec<String> = before.iter().filter_map(same).collect();
    for name in same {
        before.remove(&name);
        after.remove(&name);
    }
    (before.into(), after.into())
}

/// A deed as it stands in the log.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = AuditedDeed)]
pub struct Audited {
    /// Its place in the log of its store, from 1.
    pub number: i64,
    /// When it was done.
    pub at: Timestamp,
    /// Id of the token.
    pub token: String,
    /// What people recognised the token by then.
    pub name: String,
    /// Id of the request.
    pub request: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub entity: String,
    /// What it was.
    pub before: Value,
    /// What it became.
    pub after: Value,
}

/// Which deeds to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only those before this number.
    pub before: Option<i64>,
    /// Only what was done to this.
    pub entity: Option<String>,
    /// Only by this token.
    pub token: Option<String>,
    /// Only this kind of deed.
    pub action: Option<String>,
    /// At most so many, and never more than 200.
    pub limit: u32,
}

impl Access {
    /// Writes deeds of a token's owner into the log, in the transaction that does them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_in(
        tx: &mut Tx,
        by: &Grant,
        request: &str,
        at: Timestamp,
        deeds: &[Deed],
    ) -> Result<(), Error> {
        let count = i64::try_from(deeds.len()).unwrap_or(i64::MAX);
        if count == 0 {
            return Ok(());
        }
        let row = sqlx::query(
            "INSERT INTO access_audit_counter (store, last) VALUES ($1, $2) ON CONFLICT (store) DO UPDATE
             SET last = access_audit_counter.last + excluded.last RETURNING last",
        )
        .bind(by.store.as_str())
        .bind(count)
        .fetch_one(&mut **tx)
        .await?;
        let first = row.try_get::<i64, _>("last")? - count + 1;
        let mut batch = Batch::new(
            "INSERT INTO access_audit (store, number, at, token, name, request, action, entity, before, after)",
            10,
            "",
        );
        for (number, deed) in (first..).zip(deeds) {
            batch.push([
                by.store.as_str().into(),
                number.into(),
                at.ms().into(),
                by.token.as_str().into(),
                by.name.as_str().into(),
                request.into(),
                deed.action.into(),
                deed.entity.as_str().into(),
                short(&deed.before).into(),
                short(&deed.after).into(),
            ]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    /// Deeds of a store, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, store: &StoreId, which: &AuditQuery) -> Result<Vec<Audited>, Error> {
        let named = [("entity", &which.entity), ("token", &which.token), ("action", &which.action)];
        let named: Vec<(&str, &String)> =
            named.into_iter().filter_map(|(column, value)| Some((column, value.as_ref()?))).collect();
        let mut text = String::from(
            "SELECT number, at, token, name, request, action, entity, before, after FROM access_audit
             WHERE store = $1 AND number < $2",
        );
        for (place, (column, _)) in (3..).zip(&named) {
            text.push_str(&format!(" AND {column} = ${place}"));
        }
        text.push_str(&format!(" ORDER BY number DESC LIMIT ${}", named.len() + 3));
        let mut query = sql(text).bind(store.as_str().to_owned()).bind(which.before.unwrap_or(i64::MAX));
        for (_, value) in named {
            query = query.bind(value.clone());
        }
        let rows = query.bind(i64::from(which.limit.min(MOST))).fetch_all(self.db.reader()).await?;
        rows.iter().map(audited).collect()
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.len() <= DETAIL_BYTES { text } else { json!({ "bytes": text.len() }).to_string() }
}

fn audited(row: &AnyRow) -> Result<Audited, Error> {
    let json = |column: &str| Ok::<_, Error>(serde_json::from_str(&row.try_get::<String, _>(column)?)?);
    Ok(Audited {
        number: row.try_get("number")?,
        at: Timestamp::from_ms(row.try_get("at")?),
        token: row.try_get("token")?,
        name: row.try_get("name")?,
        request: row.try_get("request")?,
        action: row.try_get("action")?,
        entity: row.try_get("entity")?,
        before: json("before")?,
        after: json("after")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_kept() {
        let deed =
            Deed::new("price_set", "A/DE", json!({ "a": 1, "b": 2 }), json!({ "a": 1, "b": 3, "c": 4 }));
        assert_eq!((deed.before, deed.after), (json!({ "b": 2 }), json!({ "b": 3, "c": 4 })));
        let new = Deed::new("price_set", "A/DE", Value::Null, json!({ "a": 1 }));
        assert_eq!((new.before, new.after), (Value::Null, json!({ "a": 1 })));
    }

    #[test]
    fn what_is_too_long_is_told_by_its_length() {
        assert_eq!(short(&json!("a")), "\"a\"");
        assert_eq!(short(&json!("a".repeat(9_000))), r#"{"bytes":9002}"#);
    }
}
