//! The revision, a store's change counter, and the log of what each one changed.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{Change, ChangeKind, Entity, EntityKind, RevisedChange, Revision, StoreId, Write};
use vitrine_db::{AnyConnection, Batch, Db, Outbox, Tx, Versions};

use crate::{Asked, Error, Stores};

impl Stores {
    /// Raises the revision, logs the changes and tells the outbox; without changes it returns the present revision.
    ///
    /// The row stays locked until the transaction ends, so revisions are committed in their order and a reader
    /// who has seen one will never meet an older one later. Changes of one entity are merged into one. The event
    /// ([`Stores::REVISED`]) says why pages are to be looked at and in which countries.
    ///
    /// # Errors
    /// When there is no such store, or the database fails.
    pub async fn bump_in(
        tx: &mut Tx,
        store: &StoreId,
        changes: &[Change],
        write: &Write<'_>,
    ) -> Result<Revision, Error> {
        let query = match changes.is_empty() {
            true => "SELECT revision FROM store_store WHERE store = $1",
            false => "UPDATE store_store SET revision = revision + 1 WHERE store = $1 RETURNING revision",
        };
        let row: Option<(i64,)> =
            sqlx::query_as(query).bind(store.as_str()).fetch_optional(&mut **tx).await?;
        let revision = row.ok_or_else(|| Error::Unknown(store.clone()))?.0;
        let mut batch = Batch::new("INSERT INTO store_change (store, revision, kind, id, change)", 5, "");
        for ((kind, id), change) in merged(changes) {
            batch.push([
                store.as_str().into(),
                revision.into(),
                kind.into(),
                id.into(),
                change.as_str().into(),
            ]);
        }
        batch.run_in(tx).await?;
        let revision = Revision(revision);
        if !changes.is_empty() {
            Self::revised_in(tx, store, revision, &Asked::by(changes), write).await?;
        }
        Ok(revision)
    }

    /// The present revision of every store.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revisions(db: &Db) -> Result<BTreeMap<StoreId, Revision>, Error> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT store, revision FROM store_store").fetch_all(db.reader()).await?;
        let revision = |(store, revision): (String, i64)| {
            let corrupt = |_| Error::Corrupt { table: "store_store", what: store.clone() };
            Ok((StoreId::try_new(&store).map_err(corrupt)?, Revision(revision)))
        };
        rows.into_iter().map(revision).collect()
    }

    /// For what is remembered of a store until its catalog or content changes.
    pub const REVISIONS: Versions =
        Versions { table: "store_store", column: "revision", topic: Outbox::TOPIC };

    /// The present revision of a store.
    pub async fn revision(db: &Db, store: &StoreId) -> Result<Revision, Error> {
        let mut connection = db.reader().acquire().await?;
        Self::revision_in(&mut connection, store).await
    }

    /// The same within a caller's transaction or connection.
    pub async fn revision_in(connection: &mut AnyConnection, store: &StoreId) -> Result<Revision, Error> {
        let row: Option<(i64,)> = sqlx::query_as("SELECT revision FROM store_store WHERE store = $1")
            .bind(store.as_str())
            .fetch_optional(connection)
            .await?;
        row.map(|(revision,)| Revision(revision)).ok_or_else(|| Error::Unknown(store.clone()))
    }

    /// What changed after a revision, oldest first; nothing means that the reader is up to date.
    ///
    /// About `limit` changes, but only whole revisions, so that the last revision returned is the next cursor.
    pub async fn changes_since(
        db: &Db,
        store: &StoreId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<RevisedChange>, Error> {
        let mut connection = db.reader().acquire().await?;
        Self::changes_since_in(&mut connection, store, after, limit).await
    }

    /// The same within a caller's transaction or connection.
    pub async fn changes_since_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<RevisedChange>, Error> {
        let limit = i64::try_from(limit.max(1)).unwrap_or(i64::MAX);
        // Up to the revision that holds the change number `limit`, or the last one. One statement, because each costs
        // more than what it reads.
        let rows = sqlx::query(
            "SELECT revision, kind, id, change FROM store_change
             WHERE store = $1 AND revision > $2 AND revision <= COALESCE(
                 (SELECT revision FROM store_change WHERE store = $1 AND revision > $2
                  ORDER BY revision LIMIT 1 OFFSET $3), $4)",
        )
        .bind(store.as_str())
        .bind(after.0)
        .bind(limit - 1)
        .bind(i64::MAX)
        .fetch_all(connection)
        .await?;
        let mut changes = rows.iter().map(revised).collect::<Result<Vec<_>, _>>()?;
        changes.sort_by(|a, b| {
            let (left, right) = (&a.change.entity, &b.change.entity);
            (a.revision.0, left.kind.as_str(), &left.id).cmp(&(b.revision.0, right.kind.as_str(), &right.id))
        });
        Ok(changes)
    }
}

fn revised(row: &AnyRow) -> Result<RevisedChange, Error> {
    let corrupt = |what: &str| Error::Corrupt { table: "store_change", what: what.to_owned() };
    let (kind, change): (String, String) = (row.try_get("kind")?, row.try_get("change")?);
    let entity = Entity { kind: kind.parse().map_err(|_| corrupt(&kind))?, id: row.try_get("id")? };
    let kind = change.parse().map_err(|_| corrupt(&change))?;
    Ok(RevisedChange { revision: Revision(row.try_get("revision")?), change: Change::new(entity, kind) })
}

fn merged(changes: &[Change]) -> BTreeMap<(&str, &str), ChangeKind> {
    let mut merged: BTreeMap<_, ChangeKind> = BTreeMap::new();
    for Change { entity, kind, .. } in changes {
        merged
            .entry((EntityKind::as_str(entity.kind), entity.id.as_str()))
            .and_modify(|first| *first = merge(*first, *kind))
            .or_insert(*kind);
    }
    merged
}

/// What two changes of one entity are together, to a reader who sees only the end.
fn merge(first: ChangeKind, second: ChangeKind) -> ChangeKind {
    use ChangeKind::{Added, Changed, Removed};
    match (first, second) {
        (first, second) if first == second => first,
        (_, Removed) => Removed,
        (Added, _) => Added,
        _ => Changed,
    }
}
