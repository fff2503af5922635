//! Slugs that are unique in their language and meet all the same: `de-CH` takes what it lacks from `de`.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{EntityKind, Locale, Slug, StoreId};
use vitrine_db::{AnyConnection, InList, sql};

use super::{Claim, SlugTaken};
use crate::{Error, Stores};

/// The languages that have slugs, found by as many probes of the key instead of reading all of it.
const LANGS: &str = "WITH RECURSIVE step (lang) AS (\
       SELECT min(lang) FROM store_slug WHERE store = $1 \
       UNION ALL \
       SELECT (SELECT min(lang) FROM store_slug WHERE store = $1 AND lang > step.lang) \
       FROM step WHERE step.lang IS NOT NULL\
     ) SELECT lang FROM step WHERE lang IS NOT NULL";

/// Slugs by id and language.
type Slugs = BTreeMap<String, BTreeMap<Locale, Slug>>;

impl Stores {
    /// Which of these entities have come to be found under the slug of another one in some language.
    ///
    /// [`claim_in`](Self::claim_in) sees to it that a slug is unique in its language. A text in `de-CH` takes a slug
    /// that it lacks from `de`, though, so the two may meet in the Swiss edition; giving a slug up may do it as well.
    /// Ask after claiming and releasing: what is returned must be undone, the more specific language first.
    pub async fn clashes_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        kind: EntityKind,
        ids: &[&str],
    ) -> Result<Vec<SlugTaken>, Error> {
        let chains = chains(&langs(connection, store).await?);
        if chains.is_empty() || ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut slugs = slugs_of(connection, store, kind, ids).await?;
        let others = others(connection, store, kind, &chains, &slugs).await?;
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        slugs.append(&mut slugs_of(connection, store, kind, &others).await?);
        let asked = ids.iter().copied().collect();
        Ok(chains.iter().flat_map(|chain| clashes(kind, chain, &slugs, &asked)).collect())
    }
}

async fn langs(connection: &mut AnyConnection, store: &StoreId) -> Result<BTreeSet<Locale>, Error> {
    let rows = sqlx::query(LANGS).bind(store.as_str()).fetch_all(&mut *connection).await?;
    rows.iter().map(lang_of).collect()
}

fn lang_of(row: &AnyRow) -> Result<Locale, Error> {
    let text: String = row.try_get("lang")?;
    Locale::try_new(&text).map_err(|error| corrupt(&error))
}

fn corrupt(error: &dyn std::error::Error) -> Error {
    Error::Corrupt { table: "store_slug", what: error.to_string() }
}

/// The languages that take from others, each with those, from specific to general.
fn chains(langs: &BTreeSet<Locale>) -> Vec<Vec<Locale>> {
    let chain = |lang: &Locale| lang.chain().into_iter().filter(|step| langs.contains(step)).collect();
    langs.iter().map(chain).filter(|chain: &Vec<Locale>| chain.len() > 1).collect()
}

async fn slugs_of(
    connection: &mut AnyConnection,
    store: &StoreId,
    kind: EntityKind,
    ids: &[&str],
) -> Result<Slugs, Error> {
    let mut slugs = Slugs::new();
    for list in InList::chunks(ids) {
        let query = "SELECT id, lang, slug FROM store_slug WHERE store = $1 AND kind = $2 AND id IN";
        let query =
            sql(format!("{query} {}", list.sql(3))).bind(store.as_str().to_owned()).bind(kind.as_str());
        for row in list.bind(query).fetch_all(&mut *connection).await? {
            let slug = Slug::try_new(row.try_get("slug")?).map_err(|error| corrupt(&error))?;
            slugs.entry(row.try_get("id")?).or_default().insert(lang_of(&row)?, slug);
        }
    }
    Ok(slugs)
}

/// The ids beyond these that have one of their slugs in a language of the chains.
async fn others(
    connection: &mut AnyConnection,
    store: &StoreId,
    kind: EntityKind,
    chains: &[Vec<Locale>],
    slugs: &Slugs,
) -> Result<BTreeSet<String>, Error> {
    let langs: BTreeSet<&Locale> = chains.iter().flatten().collect();
    let wanted: BTreeSet<&str> = slugs.values().flat_map(BTreeMap::values).map(Slug::as_str).collect();
    let wanted: Vec<&str> = wanted.into_iter().collect();
    let mut others = BTreeSet::new();
    for lang in langs {
        for list in InList::chunks(&wanted) {
            let query = "SELECT id FROM store_slug WHERE store = $1 AND lang = $2 AND kind = $3 AND slug IN";
            let query = sql(format!("{query} {}", list.sql(4)))
                .bind(store.as_str().to_owned())
                .bind(lang.as_str().to_owned())
                .bind(kind.as_str());
            for row in list.bind(query).fetch_all(&mut *connection).await? {
                others.insert(row.try_get::<String, _>("id")?);
            }
        }
    }
    others.retain(|id| !slugs.contains_key(id));
    Ok(others)
}

/// The entities asked for that are found under one slug with another in the first language of a chain.
fn clashes(kind: EntityKind, chain: &[Locale], slugs: &Slugs, asked: &BTreeSet<&str>) -> Vec<SlugTaken> {
    let mut found: BTreeMap<&Slug, Vec<(usize, &str)>> = BTreeMap::new();
    for (id, own) in slugs {
        let place = chain.iter().enumerate().find_map(|(step, lang)| Some((step, own.get(lang)?)));
        if let Some((step, slug)) = place {
            found.entry(slug).or_default().push((step, id));
        }
    }
    let taken = found.into_iter().filter_map(|(slug, holders)| {
        // The language that is the exception gives way.
        let (step, id) = *holders.iter().filter(|(_, id)| asked.contains(id)).min()?;
        let (_, by) = holders.iter().find(|(_, other)| *other != id)?;
        let claim = Claim { lang: chain.get(step)?.clone(), kind, id: id.to_owned(), slug: slug.clone() };
        Some(SlugTaken { claim, by: (*by).to_owned() })
    });
    taken.collect()
}
