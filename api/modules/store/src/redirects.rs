//! Redirects: those that renames leave behind, and those that files state.
//!
//! A row with a language came from a rename: its path lies below the base path of each edition in that language.
//! A row without one came from a source and its path is absolute.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ContentHash, Locale, StoreId, Timestamp};
use vitrine_db::{
    AnyConnection, Batch, Db, InList, Outcome, Provenance, Run, Tx, decide, decide_removal, sql,
};

use crate::{Error, Stores};

/// Where a redirect leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RedirectTarget {
    /// A link as in Markdown: `product:cloud`, `page:shipping#costs`.
    Entity(String),
    /// An absolute path of the same site.
    Path(String),
    /// An address elsewhere.
    Url(String),
    /// Nowhere: it answers 410.
    Gone,
}

impl fmt::Display for RedirectTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entity(text) | Self::Path(text) | Self::Url(text) => formatter.write_str(text),
            Self::Gone => formatter.write_str("gone"),
        }
    }
}

impl FromStr for RedirectTarget {
    type Err = Infallible;

    /// Tells the forms apart by their beginnings; what is neither path nor address is a link.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "gone" => Self::Gone,
            path if path.starts_with('/') => Self::Path(path.to_owned()),
            url if url.starts_with("https://") || url.starts_with("http://") => Self::Url(url.to_owned()),
            link => Self::Entity(link.to_owned()),
        })
    }
}

/// A redirect as a source states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectInput {
    /// Absolute path, `/de/alte-seite/`.
    pub from: String,
    /// Where it leads.
    pub to: RedirectTarget,
}

/// A redirect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Its number in the store, never reused.
    pub seq: i64,
    /// The language whose editions it belongs to; `None` means that the path is absolute.
    pub lang: Option<Locale>,
    /// `p/old-slug` below an edition's base path, or an absolute path.
    pub path: String,
    /// Where it leads.
    pub target: RedirectTarget,
}

impl Stores {
    /// Writes the redirects of a source; those of the same origin that are not among them are removed.
    ///
    /// The outcomes are those of the inputs in order, then those removed. Of several inputs with the same path
    /// the last counts.
    pub async fn put_redirects_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        redirects: &[RedirectInput],
    ) -> Result<Vec<(String, Outcome)>, Error> {
        let existing = stated_in(tx, store).await?;
        let wanted: BTreeMap<&str, &RedirectInput> =
            redirects.iter().map(|redirect| (redirect.from.as_str(), redirect)).collect();
        let mut outcomes = Vec::with_capacity(redirects.len());
        let mut rows = Vec::new();
        for redirect in redirects {
            let target = redirect.to.to_string();
            let hash = ContentHash::of(target.as_bytes());
            let is_last =
                wanted.get(redirect.from.as_str()).is_some_and(|last| std::ptr::eq(*last, redirect));
            let outcome = match is_last {
                true => decide(existing.get(&redirect.from), &hash, run),
                false => Outcome::Unchanged,
            };
            if outcome.writes() {
                rows.push(Stated {
                    lang: "",
                    path: &redirect.from,
                    target,
                    origin: run.origin.as_str(),
                    source: hash.hex(),
                });
            }
            outcomes.push((redirect.from.clone(), outcome));
        }
        upsert_in(tx, store, run.now, &rows).await?;
        let mut removed = Vec::new();
        for (path, provenance) in &existing {
            let outcome = decide_removal(provenance, run);
            if !wanted.contains_key(path.as_str()) && outcome != Outcome::Unchanged {
                outcomes.push((path.clone(), outcome));
                removed.extend((outcome == Outcome::Removed).then(|| path.clone()));
            }
        }
        forget_paths_in(tx, store, "", &removed).await?;
        Ok(outcomes)
    }

    /// All redirects of a store, sorted by language and path.
    pub async fn redirects(db: &Db, store: &StoreId) -> Result<Vec<Redirect>, Error> {
        let mut connection = db.reader().acquire().await?;
        Self::redirects_in(&mut connection, store).await
    }

    /// The same within a caller's transaction or connection.
    pub async fn redirects_in(
        connection: &mut AnyConnection,
        store: &StoreId,
    ) -> Result<Vec<Redirect>, Error> {
        let rows = sqlx::query("SELECT seq, lang, path, target FROM store_redirect WHERE store = $1")
            .bind(store.as_str())
            .fetch_all(connection)
            .await?;
        let mut redirects = rows.iter().map(redirect).collect::<Result<Vec<_>, _>>()?;
        redirects.sort_by(|a, b| (&a.lang, &a.path).cmp(&(&b.lang, &b.path)));
        Ok(redirects)
    }
}

fn corrupt(what: String) -> Error {
    Error::Corrupt { table: "store_redirect", what }
}

fn redirect(row: &AnyRow) -> Result<Redirect, Error> {
    let lang: String = row.try_get("lang")?;
    let lang = match lang.is_empty() {
        true => None,
        false => Some(Locale::try_new(&lang).map_err(|_| corrupt(lang))?),
    };
    let Ok(target) = row.try_get::<String, _>("target")?.parse();
    Ok(Redirect { seq: row.try_get("seq")?, lang, path: row.try_get("path")?, target })
}

/// The redirects that sources stated, by path.
async fn stated_in(tx: &mut Tx, store: &StoreId) -> Result<BTreeMap<String, Provenance>, Error> {
    let rows =
        sqlx::query("SELECT path, origin, source_hash FROM store_redirect WHERE store = $1 AND lang = ''")
            .bind(store.as_str())
            .fetch_all(&mut **tx)
            .await?;
    let mut stated = BTreeMap::new();
    for row in rows {
        let (origin, hash): (String, String) = (row.try_get("origin")?, row.try_get("source_hash")?);
        let provenance = Provenance {
            origin: origin.parse().map_err(|_| corrupt(origin))?,
            source_hash: ContentHash::parse_hex(&hash).map_err(|_| corrupt(hash))?,
            edited: None,
        };
        stated.insert(row.try_get("path")?, provenance);
    }
    Ok(stated)
}

/// An address that its holder left.
pub(crate) struct Rename {
    pub(crate) lang: String,
    pub(crate) path: String,
    pub(crate) target: RedirectTarget,
}

/// Writes the redirects of addresses that were left.
pub(crate) async fn rename_in(
    tx: &mut Tx,
    store: &StoreId,
    now: Timestamp,
    renames: Vec<Rename>,
) -> Result<(), Error> {
    let rows: Vec<Stated> = renames
        .iter()
        .map(|rename| Stated {
            lang: &rename.lang,
            path: &rename.path,
            target: rename.target.to_string(),
            origin: "",
            source: String::new(),
        })
        .collect();
    upsert_in(tx, store, now, &rows).await
}

/// Lets redirects of renames that lead to these targets answer 410.
pub(crate) async fn retarget_gone_in(
    tx: &mut Tx,
    store: &StoreId,
    now: Timestamp,
    targets: &[String],
) -> Result<(), Error> {
    for list in InList::chunks(targets) {
        let query = format!(
            "UPDATE store_redirect SET target = 'gone', changed_at = $2 WHERE store = $1 AND lang <> '' AND target IN {}",
            list.sql(3)
        );
        list.bind(sql(query).bind(store.as_str().to_owned()).bind(now.ms())).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Deletes redirects of renames that lead to these targets.
pub(crate) async fn forget_targets_in(tx: &mut Tx, store: &StoreId, targets: &[String]) -> Result<(), Error> {
    for list in InList::chunks(targets) {
        let query = format!(
            "DELETE FROM store_redirect WHERE store = $1 AND lang <> '' AND target IN {}",
            list.sql(2)
        );
        list.bind(sql(query).bind(store.as_str().to_owned())).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Deletes the redirects at these paths of a language.
pub(crate) async fn forget_paths_in(
    tx: &mut Tx,
    store: &StoreId,
    lang: &str,
    paths: &[String],
) -> Result<(), Error> {
    for list in InList::chunks(paths) {
        let query =
            format!("DELETE FROM store_redirect WHERE store = $1 AND lang = $2 AND path IN {}", list.sql(3));
        let query = sql(query).bind(store.as_str().to_owned()).bind(lang.to_owned());
        list.bind(query).execute(&mut **tx).await?;
    }
    Ok(())
}

/// A row to write; `origin` and `source` are empty for renames.
struct Stated<'a> {
    lang: &'a str,
    path: &'a str,
    target: String,
    origin: &'a str,
    source: String,
}

/// Writes rows; a row that is there keeps its number.
async fn upsert_in(tx: &mut Tx, store: &StoreId, now: Timestamp, rows: &[Stated<'_>]) -> Result<(), Error> {
    let distinct: BTreeSet<_> = rows.iter().map(|row| (row.lang, row.path)).collect();
    debug_assert_eq!(distinct.len(), rows.len());
    let Some(count) = i64::try_from(rows.len()).ok().filter(|count| *count > 0) else { return Ok(()) };
    let (last,): (i64,) = sqlx::query_as(
        "INSERT INTO store_redirect_counter (store, seq) VALUES ($1, $2) \
         ON CONFLICT (store) DO UPDATE SET seq = store_redirect_counter.seq + excluded.seq RETURNING seq",
    )
    .bind(store.as_str())
    .bind(count)
    .fetch_one(&mut **tx)
    .await?;
    let mut batch = Batch::new(
        "INSERT INTO store_redirect (store, lang, path, target, seq, origin, source_hash, changed_at)",
        8,
        "ON CONFLICT (store, lang, path) DO UPDATE SET target = excluded.target, origin = excluded.origin, \
         source_hash = excluded.source_hash, changed_at = excluded.changed_at",
    );
    for (row, seq) in rows.iter().zip(last - count + 1..) {
        batch.push([
            store.as_str().into(),
            row.lang.into(),
            row.path.into(),
            row.target.as_str().into(),
            seq.into(),
            row.origin.into(),
            row.source.as_str().into(),
            now.ms().into(),
        ]);
    }
    batch.run_in(tx).await?;
    Ok(())
}
