//! Slugs: who holds which, and what becomes of an address that its holder leaves.

mod clashes;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use vitrine_core::{EntityKind, Locale, Slug, StoreId, Timestamp};
use vitrine_db::{Backend, Batch, InList, Tx, sql};

use crate::claims::{Settlement, settle};
use crate::redirects::{Rename, forget_paths_in, forget_targets_in, rename_in, retarget_gone_in};
use crate::{Error, RedirectTarget, Stores};

/// A wish of an entity to be found under a slug in a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The language.
    pub lang: Locale,
    /// Product, category or page; each kind has its own slugs.
    pub kind: EntityKind,
    /// The entity.
    pub id: String,
    /// The slug.
    pub slug: Slug,
}

/// A claim that was refused: nothing was written for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlugTaken {
    /// The claim.
    pub claim: Claim,
    /// The entity that holds the slug.
    pub by: String,
}

/// The path of an entity below its edition's base path, without slashes at its ends: `p/cloud-matratze`.
///
/// `None` for kinds that have no page of their own.
pub fn entity_path(kind: EntityKind, slug: &str) -> Option<String> {
    match kind {
        EntityKind::Product => Some(format!("p/{slug}")),
        EntityKind::Category => Some(format!("c/{slug}")),
        EntityKind::Page => Some(slug.to_owned()),
        _ => None,
    }
}

/// The link that names an entity: `product:cloud`.
pub fn entity_target(kind: EntityKind, id: &str) -> RedirectTarget {
    RedirectTarget::Entity(format!("{}:{id}", kind.as_str()))
}

impl Stores {
    /// Gives slugs to entities, many at once, and returns the claims it had to refuse.
    ///
    /// A slug that another entity of the same kind and language holds is refused unless that one gives it up in
    /// the same call; with one claim of an entity all its claims of the call are refused. Where a slug changes, the old address becomes a redirect to the entity in the same
    /// transaction; since redirects name entities, they never chain. A redirect at a claimed address is deleted.
    ///
    /// Of two transactions that race for one slug the later fails with a unique violation and may be run again.
    pub async fn claim_in(
        tx: &mut Tx,
        store: &StoreId,
        now: Timestamp,
        claims: &[Claim],
    ) -> Result<Vec<SlugTaken>, Error> {
        let mut groups: BTreeMap<(&str, &str), Group<'_>> = BTreeMap::new();
        for claim in claims {
            entity_path(claim.kind, "").ok_or(Error::NoAddress(claim.kind))?;
            groups.entry((claim.lang.as_str(), claim.kind.as_str())).or_default().claims.push(claim);
        }
        for group in groups.values_mut() {
            group.held = held_in(tx, store, &group.claims).await?;
        }
        let refused = settle_all(groups.values_mut());
        for group in groups.values() {
            write_in(tx, store, now, group).await?;
        }
        Ok(refused)
    }

    /// Has PostgreSQL count the slugs, after a bulk of them was claimed; on SQLite nothing happens.
    pub async fn analyze_in(tx: &mut Tx) -> Result<(), Error> {
        if tx.backend() == Backend::Postgres {
            sqlx::raw_sql("ANALYZE store_slug, store_redirect").execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Takes the slugs of removed entities away, in all languages.
    ///
    /// With `gone` their addresses, and those that led to them, answer 410 from now on. Without, nothing is
    /// left: for what never was public.
    pub async fn release_in(
        tx: &mut Tx,
        store: &StoreId,
        now: Timestamp,
        kind: EntityKind,
        ids: &[&str],
        gone: bool,
    ) -> Result<(), Error> {
        let mut renames = Vec::new();
        for list in InList::chunks(ids) {
            let query = format!(
                "DELETE FROM store_slug WHERE store = $1 AND kind = $2 AND id IN {} RETURNING lang, slug",
                list.sql(3)
            );
            let query = sql(query).bind(store.as_str().to_owned()).bind(kind.as_str());
            for row in list.bind(query).fetch_all(&mut **tx).await? {
                let (lang, slug): (String, String) = (row.try_get("lang")?, row.try_get("slug")?);
                let path = entity_path(kind, &slug).ok_or(Error::NoAddress(kind))?;
                renames.push(Rename { lang, path, target: RedirectTarget::Gone });
            }
        }
        let targets: Vec<String> = ids.iter().map(|id| entity_target(kind, id).to_string()).collect();
        match gone {
            true => {
                retarget_gone_in(tx, store, now, &targets).await?;
                rename_in(tx, store, now, renames).await
            }
            false => forget_targets_in(tx, store, &targets).await,
        }
    }

    /// Takes away slugs of single languages of entities that stay; the addresses lead to the entity.
    pub async fn release_langs_in(
        tx: &mut Tx,
        store: &StoreId,
        now: Timestamp,
        kind: EntityKind,
        langs: &[(&str, &Locale)],
    ) -> Result<(), Error> {
        let mut renames = Vec::new();
        for (id, lang) in langs {
            let row: Option<(String,)> = sqlx::query_as(
                "DELETE FROM store_slug WHERE store = $1 AND kind = $2 AND id = $3 AND lang = $4 RETURNING slug",
            )
            .bind(store.as_str())
            .bind(kind.as_str())
            .bind(*id)
            .bind(lang.as_str())
            .fetch_optional(&mut **tx)
            .await?;
            if let Some((slug,)) = row {
                let path = entity_path(kind, &slug).ok_or(Error::NoAddress(kind))?;
                renames.push(Rename {
                    lang: lang.as_str().to_owned(),
                    path,
                    target: entity_target(kind, id),
                });
            }
        }
        rename_in(tx, store, now, renames).await
    }
}

/// The claims of one language and kind.
#[derive(Default)]
struct Group<'a> {
    claims: Vec<&'a Claim>,
    held: Vec<(String, String)>,
    settlement: Settlement,
}

/// Settles all groups; an entity that is refused in one gives up its claims in the others, which may refuse
/// others in turn.
fn settle_all<'g, 'a: 'g>(groups: impl Iterator<Item = &'g mut Group<'a>>) -> Vec<SlugTaken> {
    let mut groups: Vec<&mut Group<'a>> = groups.collect();
    let mut refused = Vec::new();
    loop {
        let mut losers = BTreeSet::new();
        for group in &mut groups {
            let pairs: Vec<_> =
                group.claims.iter().map(|claim| (claim.id.as_str(), claim.slug.as_str())).collect();
            group.settlement = settle(&group.held, &pairs);
            for (index, by) in &group.settlement.taken {
                let claim = group.claims[*index];
                losers.insert((claim.kind, claim.id.as_str()));
                refused.push(SlugTaken { claim: claim.clone(), by: by.clone() });
            }
        }
        if losers.is_empty() {
            return refused;
        }
        for group in &mut groups {
            group.claims.retain(|claim| !losers.contains(&(claim.kind, claim.id.as_str())));
        }
    }
}

/// The (id, slug) pairs that concern claims of one language and kind: by their ids and by their slugs.
async fn held_in(tx: &mut Tx, store: &StoreId, group: &[&Claim]) -> Result<Vec<(String, String)>, Error> {
    let mut held = BTreeMap::new();
    for claims in group.chunks(250) {
        let Some(first) = claims.first() else { continue };
        let ids: Vec<&str> = claims.iter().map(|claim| claim.id.as_str()).collect();
        let slugs: Vec<&str> = claims.iter().map(|claim| claim.slug.as_str()).collect();
        for (id_list, slug_list) in InList::chunks(&ids).zip(InList::chunks(&slugs)) {
            let (by_id, by_slug) = (id_list.sql(4), slug_list.sql(4 + id_list.width()));
            let own = "SELECT id, slug FROM store_slug WHERE store = $1 AND lang = $2 AND kind = $3";
            let query = format!("{own} AND id IN {by_id} UNION {own} AND slug IN {by_slug}");
            let query = sql(query)
                .bind(store.as_str().to_owned())
                .bind(first.lang.as_str().to_owned())
                .bind(first.kind.as_str());
            for row in slug_list.bind(id_list.bind(query)).fetch_all(&mut **tx).await? {
                held.insert(row.try_get::<String, _>("id")?, row.try_get::<String, _>("slug")?);
            }
        }
    }
    Ok(held.into_iter().collect())
}

async fn write_in(tx: &mut Tx, store: &StoreId, now: Timestamp, group: &Group<'_>) -> Result<(), Error> {
    let Group { claims, settlement, .. } = group;
    let moved: Vec<&Claim> = settlement.moved.iter().map(|index| claims[*index]).collect();
    let Some(Claim { lang, kind, .. }) = moved.first() else { return Ok(()) };
    // All old rows go before a new one comes, so that a swap never meets itself.
    let ids: Vec<&str> = moved.iter().map(|claim| claim.id.as_str()).collect();
    for list in InList::chunks(&ids) {
        let query = format!(
            "DELETE FROM store_slug WHERE store = $1 AND lang = $2 AND kind = $3 AND id IN {}",
            list.sql(4)
        );
        let query =
            sql(query).bind(store.as_str().to_owned()).bind(lang.as_str().to_owned()).bind(kind.as_str());
        list.bind(query).execute(&mut **tx).await?;
    }
    let mut batch = Batch::new("INSERT INTO store_slug (store, lang, kind, slug, id)", 5, "");
    for claim in &moved {
        batch.push([
            store.as_str().into(),
            lang.as_str().into(),
            kind.as_str().into(),
            claim.slug.as_str().into(),
            claim.id.as_str().into(),
        ]);
    }
    batch.run_in(tx).await?;
    let paths: Vec<String> =
        moved.iter().filter_map(|claim| entity_path(*kind, claim.slug.as_str())).collect();
    forget_paths_in(tx, store, lang.as_str(), &paths).await?;
    let renames = settlement.left.iter().filter_map(|(slug, id)| {
        let path = entity_path(*kind, slug)?;
        Some(Rename { lang: lang.as_str().to_owned(), path, target: entity_target(*kind, id) })
    });
    rename_in(tx, store, now, renames.collect()).await
}
