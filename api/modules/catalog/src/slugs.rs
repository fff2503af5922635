//! Slugs of many things at once: an item gets all of those it asks for, or keeps those it has.

use std::collections::BTreeMap;

use vitrine_core::{EntityKind, Locale, Slug, StoreId, Timestamp};
use vitrine_db::Tx;
use vitrine_store::{Claim, Stores};

use crate::error::{Error, ItemError};

/// The slugs that one thing wants and those it has.
#[derive(Clone, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) id: &'a str,
    pub(crate) wanted: BTreeMap<&'a Locale, &'a Slug>,
    pub(crate) held: BTreeMap<Locale, Slug>,
}

impl Wish<'_> {
    fn claims(&self, kind: EntityKind) -> impl Iterator<Item = Claim> {
        let new = self.wanted.iter().filter(|(lang, slug)| self.held.get(**lang) != Some(**slug));
        new.map(move |(lang, slug)| Claim {
            lang: (*lang).clone(),
            kind,
            id: self.id.to_owned(),
            slug: (*slug).clone(),
        })
    }

    /// Whether it asks for anything new, or for less.
    fn is_change(&self) -> bool {
        let is_held = |(lang, slug): (&&Locale, &&Slug)| self.held.get(*lang) == Some(*slug);
        self.held.len() != self.wanted.len() || !self.wanted.iter().all(is_held)
    }

    fn released(&self) -> impl Iterator<Item = (&str, &Locale)> {
        self.held.keys().filter(|lang| !self.wanted.contains_key(lang)).map(|lang| (self.id, lang))
    }
}

/// Gives the wishes their slugs, and returns the refused ones by index; nothing of a refused wish is written.
///
/// The store answers claim by claim, so a round with a refusal is undone and repeated without the refused wishes.
pub(crate) async fn settle_in(
    tx: &mut Tx,
    store: &StoreId,
    now: Timestamp,
    kind: EntityKind,
    wishes: &[Wish<'_>],
) -> Result<BTreeMap<usize, ItemError>, Error> {
    let mut refused: BTreeMap<usize, ItemError> = BTreeMap::new();
    loop {
        sqlx::raw_sql("SAVEPOINT catalog_slugs").execute(&mut **tx).await?;
        let errors = round_in(tx, store, now, kind, wishes, &refused).await?;
        if errors.is_empty() {
            sqlx::raw_sql("RELEASE SAVEPOINT catalog_slugs").execute(&mut **tx).await?;
            return Ok(refused);
        }
        sqlx::raw_sql("ROLLBACK TO SAVEPOINT catalog_slugs").execute(&mut **tx).await?;
        sqlx::raw_sql("RELEASE SAVEPOINT catalog_slugs").execute(&mut **tx).await?;
        refused.extend(errors);
    }
}

async fn round_in(
    tx: &mut Tx,
    store: &StoreId,
    now: Timestamp,
    kind: EntityKind,
    wishes: &[Wish<'_>],
    refused: &BTreeMap<usize, ItemError>,
) -> Result<BTreeMap<usize, ItemError>, Error> {
    let open = || wishes.iter().enumerate().filter(|(index, _)| !refused.contains_key(index));
    let released: Vec<_> = open().flat_map(|(_, wish)| wish.released()).collect();
    Stores::release_langs_in(tx, store, now, kind, &released).await?;
    let claims: Vec<Claim> = open().flat_map(|(_, wish)| wish.claims(kind)).collect();
    let index_of: BTreeMap<&str, usize> = open().map(|(index, wish)| (wish.id, index)).collect();
    let mut refused = Stores::claim_in(tx, store, now, &claims).await?;
    if refused.is_empty() {
        let touched: Vec<&str> =
            open().filter(|(_, wish)| wish.is_change()).map(|(_, wish)| wish.id).collect();
        refused = Stores::clashes_in(tx, store, kind, &touched).await?;
    }
    let mut errors = BTreeMap::new();
    for taken in refused {
        if let Some(index) = index_of.get(taken.claim.id.as_str()) {
            let slug = taken.claim.slug.as_str().to_owned();
            errors.entry(*index).or_insert(ItemError::SlugTaken {
                lang: taken.claim.lang,
                slug,
                by: taken.by,
            });
        }
    }
    Ok(errors)
}
