//! Small JSON documents with provenance: the table shape that several modules use.
//!
//! A document is one (kind, id, lang); `lang` is empty where there is none, so an entity's facts and its texts
//! are documents of the same kind and id. All of them share one `seq`, the entity's number, which is given once
//! from a counter and never reused.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use vitrine_core::{ContentHash, StoreId, Timestamp};

use crate::{DbError, InList, Outcome, Plan, Provenance, Run, Tx, decide, decide_removal, sql};

/// The SQL that makes a documents table and its counter; for `concat!` into a migration step.
///
/// ```
/// const DDL: &str = vitrine_db::documents_ddl!("demo_document");
/// assert!(DDL.contains("CREATE TABLE demo_document_counter"));
/// ```
#[macro_export]
macro_rules! documents_ddl {
    ($table:literal) => {
        concat!(
            "CREATE TABLE ",
            $table,
            " (store TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, lang TEXT NOT NULL, seq BIGINT NOT NULL,\n",
            " doc TEXT NOT NULL, hash TEXT NOT NULL, origin TEXT NOT NULL, source_hash TEXT NOT NULL, edited TEXT,\n",
            " changed_at BIGINT NOT NULL, PRIMARY KEY (store, kind, id, lang));\n",
            "CREATE TABLE ",
            $table,
            "_counter (store TEXT PRIMARY KEY, seq BIGINT NOT NULL);\n"
        )
    };
}

pub(crate) const COLUMNS: &str = "kind, id, lang, seq, doc, hash, origin, source_hash, edited, changed_at";

/// A documents table made with [`documents_ddl!`](crate::documents_ddl).
#[derive(Clone, Copy, Debug)]
pub struct Documents {
    /// Its name.
    pub table: &'static str,
}

/// A document as it comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// Kind of the entity.
    pub kind: &'static str,
    /// Id of the entity.
    pub id: String,
    /// Language, or empty.
    pub lang: String,
    /// JSON; equal values must be equal texts, so maps are sorted.
    pub doc: String,
}

/// A stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Kind of the entity.
    pub kind: String,
    /// Id of the entity.
    pub id: String,
    /// Language, or empty.
    pub lang: String,
    /// Number of the entity, in the table and store.
    pub seq: i64,
    /// JSON.
    pub doc: String,
    /// Hash of the JSON.
    pub hash: ContentHash,
    /// Owner, what it said last, and who edited it since.
    pub provenance: Provenance,
    /// When the JSON last changed.
    pub changed_at: Timestamp,
}

/// What became of a document that its source no longer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedDocument {
    /// Id of the entity.
    pub id: String,
    /// Language, or empty.
    pub lang: String,
    /// `Removed` or `Conflict`.
    pub outcome: Outcome,
}

impl Documents {
    /// Writes documents by the rule of origins and returns the outcome of each item, in order.
    ///
    /// Of several items with the same kind, id and lang the last one counts; the others are `Unchanged`.
    pub async fn put_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        items: &[NewDocument],
    ) -> Result<Vec<Outcome>, DbError> {
        let plan = self.plan_in(tx, store, run, items).await?;
        let outcomes = plan.outcomes.clone();
        plan.write_in(tx).await?;
        Ok(outcomes)
    }

    /// Decides what [`put_in`](Self::put_in) would do, so that the caller may drop items before it is written.
    pub async fn plan_in<'a>(
        &self,
        tx: &mut Tx,
        store: &'a StoreId,
        run: &'a Run,
        items: &'a [NewDocument],
    ) -> Result<Plan<'a>, DbError> {
        let mut ids: BTreeMap<&'static str, BTreeSet<&str>> = BTreeMap::new();
        for item in items {
            ids.entry(item.kind).or_default().insert(&item.id);
        }
        let mut seqs = BTreeMap::new();
        let mut rows = BTreeMap::new();
        for (kind, ids) in ids {
            let ids: Vec<&str> = ids.into_iter().collect();
            for row in self.heads_in(tx, store, kind, &ids).await? {
                seqs.insert((kind, row.id.clone()), row.seq);
                rows.insert((kind, row.id, row.lang), row.provenance);
            }
        }
        let mut seen = BTreeSet::new();
        let mut hashes = Vec::with_capacity(items.len());
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items.iter().rev() {
            let hash = ContentHash::of(item.doc.as_bytes());
            let key = (item.kind, item.id.clone(), item.lang.clone());
            let existing = rows.get(&key);
            outcomes.push(if seen.insert(key) { decide(existing, &hash, run) } else { Outcome::Unchanged });
            hashes.push(hash);
        }
        outcomes.reverse();
        hashes.reverse();
        Ok(Plan { documents: *self, store, run, items, hashes, outcomes, seqs })
    }

    /// Deletes what `keep`, a set of (id, lang), no longer has of a kind, as far as it is this origin's own.
    pub async fn remove_missing_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        kind: &str,
        keep: &BTreeSet<(String, String)>,
    ) -> Result<Vec<RemovedDocument>, DbError> {
        let query = format!("SELECT {HEAD} FROM {} WHERE store = $1 AND kind = $2", self.table);
        let rows =
            sql(query).bind(store.as_str().to_owned()).bind(kind.to_owned()).fetch_all(&mut **tx).await?;
        let heads = rows.iter().map(|row| self.head(row)).collect::<Result<Vec<_>, _>>()?;
        self.remove_heads_in(tx, store, run, kind, keep, heads).await
    }

    /// The same, looking at documents of these ids only: languages that an entity no longer has.
    pub async fn remove_missing_of_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        kind: &str,
        ids: &[&str],
        keep: &BTreeSet<(String, String)>,
    ) -> Result<Vec<RemovedDocument>, DbError> {
        let heads = self.heads_in(tx, store, kind, ids).await?;
        self.remove_heads_in(tx, store, run, kind, keep, heads).await
    }

    /// Deletes the entities of a kind whose ids are not in `keep`, as far as they are this origin's own.
    ///
    /// The document without language decides whose an entity is. If any of its documents was edited elsewhere or
    /// comes from another origin, all stay and it is a conflict, unless forced. Sorted by id.
    pub async fn remove_entities_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        kind: &str,
        keep: &BTreeSet<String>,
    ) -> Result<Vec<(String, Outcome)>, DbError> {
        let query = format!("SELECT {HEAD} FROM {} WHERE store = $1 AND kind = $2", self.table);
        let rows =
            sql(query).bind(store.as_str().to_owned()).bind(kind.to_owned()).fetch_all(&mut **tx).await?;
        let mut entities: BTreeMap<String, Vec<Head>> = BTreeMap::new();
        for row in &rows {
            let head = self.head(row)?;
            entities.entry(head.id.clone()).or_default().push(head);
        }
        let mut outcomes = Vec::new();
        let mut removed = Vec::new();
        for (id, heads) in entities {
            let is_own =
                heads.iter().any(|head| head.lang.is_empty() && head.provenance.origin == run.origin);
            if keep.contains(&id) || !is_own {
                continue;
            }
            let is_clean = heads.iter().all(|head| decide_removal(&head.provenance, run) == Outcome::Removed);
            let outcome = if is_clean || run.force { Outcome::Removed } else { Outcome::Conflict };
            removed.extend((outcome == Outcome::Removed).then(|| id.clone()));
            outcomes.push((id, outcome));
        }
        for list in InList::chunks(&removed) {
            let query = format!(
                "DELETE FROM {} WHERE store = $1 AND kind = $2 AND id IN {}",
                self.table,
                list.sql(3)
            );
            let query = sql(query).bind(store.as_str().to_owned()).bind(kind.to_owned());
            list.bind(query).execute(&mut **tx).await?;
        }
        Ok(outcomes)
    }

    /// All documents of a kind, sorted by id and lang.
    pub async fn list(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        kind: &str,
    ) -> Result<Vec<Document>, DbError> {
        let query = format!("SELECT {COLUMNS} FROM {} WHERE store = $1 AND kind = $2", self.table);
        let rows =
            sql(query).bind(store.as_str().to_owned()).bind(kind.to_owned()).fetch_all(connection).await?;
        let mut documents = rows.iter().map(|row| self.document(row)).collect::<Result<Vec<_>, _>>()?;
        documents.sort_by(|a, b| (&a.id, &a.lang).cmp(&(&b.id, &b.lang)));
        Ok(documents)
    }

    /// At most `limit` documents of a kind, of ids after one, in the database's order of texts.
    ///
    /// For kinds whose documents have no languages.
    pub async fn page(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        kind: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Document>, DbError> {
        let query = format!(
            "SELECT {COLUMNS} FROM {} WHERE store = $1 AND kind = $2 AND id > $3 ORDER BY id LIMIT $4",
            self.table
        );
        let query = sql(query).bind(store.as_str().to_owned()).bind(kind.to_owned()).bind(after.to_owned());
        let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        query.fetch_all(connection).await?.iter().map(|row| self.document(row)).collect()
    }

    /// The documents of some entities of a kind, sorted by id and lang.
    pub async fn get(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        kind: &str,
        ids: &[&str],
    ) -> Result<Vec<Document>, DbError> {
        let mut documents = Vec::new();
        for list in InList::chunks(ids) {
            let query = format!(
                "SELECT {COLUMNS} FROM {} WHERE store = $1 AND kind = $2 AND id IN {}",
                self.table,
                list.sql(3)
            );
            let query = sql(query).bind(store.as_str().to_owned()).bind(kind.to_owned());
            for row in list.bind(query).fetch_all(&mut *connection).await? {
                documents.push(self.document(&row)?);
            }
        }
        documents.sort_by(|a, b| (&a.id, &a.lang).cmp(&(&b.id, &b.lang)));
        Ok(documents)
    }

    async fn heads_in(
        &self,
        connection: &mut AnyConnection,
        store: &StoreId,
        kind: &str,
        ids: &[&str],
    ) -> Result<Vec<Head>, DbError> {
        let mut heads = Vec::new();
        for list in InList::chunks(ids) {
            let query = format!(
                "SELECT {HEAD} FROM {} WHERE store = $1 AND kind = $2 AND id IN {}",
                self.table,
                list.sql(3)
            );
            let query = sql(query).bind(store.as_str().to_owned()).bind(kind.to_owned());
            for row in list.bind(query).fetch_all(&mut *connection).await? {
                heads.push(self.head(&row)?);
            }
        }
        Ok(heads)
    }

    async fn remove_heads_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        kind: &str,
        keep: &BTreeSet<(String, String)>,
        mut heads: Vec<Head>,
    ) -> Result<Vec<RemovedDocument>, DbError> {
        heads.sort_by(|a, b| (&a.id, &a.lang).cmp(&(&b.id, &b.lang)));
        let delete =
            format!("DELETE FROM {} WHERE store = $1 AND kind = $2 AND id = $3 AND lang = $4", self.table);
        let mut removed = Vec::new();
        for Head { id, lang, provenance, .. } in heads {
            let key = (id, lang);
            let outcome = decide_removal(&provenance, run);
            if keep.contains(&key) || outcome == Outcome::Unchanged {
                continue;
            }
            let (id, lang) = key;
            if outcome == Outcome::Removed {
                let query = sql(delete.clone()).bind(store.as_str().to_owned()).bind(kind.to_owned());
                query.bind(id.clone()).bind(lang.clone()).execute(&mut **tx).await?;
            }
            removed.push(RemovedDocument { id, lang, outcome });
        }
        Ok(removed)
    }

    /// Takes `count` numbers and returns the first.
    pub(crate) async fn take_seqs_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        count: usize,
    ) -> Result<i64, DbError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let table = self.table;
        let query = sql(format!(
            "INSERT INTO {table}_counter (store, seq) VALUES ($1, $2) \
             ON CONFLICT (store) DO UPDATE SET seq = {table}_counter.seq + excluded.seq RETURNING seq"
        ));
        let row = query.bind(store.as_str().to_owned()).bind(count).fetch_one(&mut **tx).await?;
        Ok(row.try_get::<i64, _>(0)? - count + 1)
    }

    fn head(&self, row: &AnyRow) -> Result<Head, DbError> {
        let edited: Option<String> = row.try_get("edited")?;
        let provenance = Provenance {
            origin: self.parsed(row.try_get("origin")?, |text| text.parse().ok())?,
            source_hash: self
                .parsed(row.try_get("source_hash")?, |text| ContentHash::parse_hex(text).ok())?,
            edited: edited.map(|text| self.parsed(text, |text| text.parse().ok())).transpose()?,
        };
        Ok(Head { id: row.try_get("id")?, lang: row.try_get("lang")?, seq: row.try_get("seq")?, provenance })
    }

    fn document(&self, row: &AnyRow) -> Result<Document, DbError> {
        let Head { id, lang, seq, provenance } = self.head(row)?;
        let hash = self.parsed(row.try_get("hash")?, |text| ContentHash::parse_hex(text).ok())?;
        let changed_at = Timestamp::from_ms(row.try_get("changed_at")?);
        Ok(Document {
            kind: row.try_get("kind")?,
            id,
            lang,
            seq,
            doc: row.try_get("doc")?,
            hash,
            provenance,
            changed_at,
        })
    }

    fn parsed<T>(&self, text: String, parse: impl Fn(&str) -> Option<T>) -> Result<T, DbError> {
        parse(&text).ok_or(DbError::Corrupt { table: self.table, what: text })
    }
}

const HEAD: &str = "id, lang, seq, origin, source_hash, edited";

/// What a decision needs of a row.
struct Head {
    id: String,
    lang: String,
    seq: i64,
    provenance: Provenance,
}
