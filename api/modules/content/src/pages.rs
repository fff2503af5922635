//! Writing content pages.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{EntityKind, Locale, PageName, StoreId};
use vitrine_db::{NewDocument, Outcome, Plan, Run, Tx};
use vitrine_store::{Claim, SlugTaken, Stores};

use crate::door::{DOCUMENTS, PAGE};
use crate::{Content, Error, PageInput, Written};

impl Content {
    /// Writes whole pages: facts, texts, slugs; languages that a page no longer has go.
    ///
    /// A page whose slug another page holds is left as it is. Call [`retain_pages_in`](Self::retain_pages_in)
    /// before, so that the slugs of pages that are gone are free.
    pub async fn put_pages_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        pages: &[PageInput],
    ) -> Result<Written, Error> {
        let mut clashes: Vec<SlugTaken> = Vec::new();
        loop {
            let losers: BTreeSet<&str> = clashes.iter().map(|taken| taken.claim.id.as_str()).collect();
            let open: Vec<&PageInput> =
                pages.iter().filter(|page| !losers.contains(page.facts.name.as_str())).collect();
            let ids: Vec<&str> = open.iter().map(|page| page.facts.name.as_str()).collect();
            sqlx::raw_sql("SAVEPOINT content_pages").execute(&mut **tx).await?;
            let mut written = Self::put_unless_taken_in(tx, store, run, &open).await?;
            // What was written is known to meet another page's address only once it stands.
            let found = Stores::clashes_in(tx, store, EntityKind::Page, &ids).await?;
            if found.is_empty() {
                sqlx::raw_sql("RELEASE SAVEPOINT content_pages").execute(&mut **tx).await?;
                written.refused.append(&mut clashes);
                return Ok(written);
            }
            sqlx::raw_sql("ROLLBACK TO SAVEPOINT content_pages").execute(&mut **tx).await?;
            sqlx::raw_sql("RELEASE SAVEPOINT content_pages").execute(&mut **tx).await?;
            clashes.extend(found);
        }
    }

    async fn put_unless_taken_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        pages: &[&PageInput],
    ) -> Result<Written, Error> {
        let items = documents(pages)?;
        let mut plan = DOCUMENTS.plan_in(tx, store, run, &items).await?;
        let mut merged = conflicts(&mut plan, &items);
        let claims = claims(&plan, &items, pages);
        let refused = Stores::claim_in(tx, store, run.now, &claims).await?;
        let losers: BTreeSet<&str> = refused.iter().map(|taken| taken.claim.id.as_str()).collect();
        drop_all(&mut plan, &items, |item| losers.contains(item.id.as_str()));

        let put: Vec<&PageInput> =
            pages.iter().copied().filter(|page| !losers.contains(page.facts.name.as_str())).collect();
        let mut left = langs_without_slug(&plan, &items, &put);
        let outcomes = plan.outcomes().to_vec();
        plan.write_in(tx).await?;
        for (item, outcome) in items.iter().zip(outcomes) {
            // A new language is a change of its page; only new facts are a new page.
            let is_text = outcome == Outcome::Added && !item.lang.is_empty();
            merged.entry(item.id.clone()).or_default().add(if is_text { Outcome::Changed } else { outcome });
        }
        let ids: Vec<&str> = put.iter().map(|page| page.facts.name.as_str()).collect();
        let keep = items.iter().map(|item| (item.id.clone(), item.lang.clone())).collect();
        for removed in DOCUMENTS.remove_missing_of_in(tx, store, run, PAGE, &ids, &keep).await? {
            merged.entry(removed.id.clone()).or_default().add(removed.outcome);
            if let Some(lang) = Locale::try_new(&removed.lang).ok().filter(|_| removed.outcome.writes()) {
                left.push((removed.id, lang));
            }
        }
        let left: Vec<_> = left.iter().map(|(id, lang)| (id.as_str(), lang)).collect();
        Stores::release_langs_in(tx, store, run.now, EntityKind::Page, &left).await?;

        let mut written = Written { refused, ..Written::default() };
        for id in ids {
            let merged = merged.remove(id).unwrap_or_default();
            written.changes.extend(merged.wrote.change(EntityKind::Page, id));
            written.outcomes.push((id.to_owned(), merged.outcome()));
        }
        Ok(written)
    }

    /// Removes the pages that are not in `keep`; their addresses answer 410 from now on.
    pub async fn retain_pages_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<PageName>,
    ) -> Result<Written, Error> {
        let keep = keep.iter().map(|name| name.as_str().to_owned()).collect();
        let mut written = Written::default();
        for (id, outcome) in DOCUMENTS.remove_entities_in(tx, store, run, PAGE, &keep).await? {
            if outcome == Outcome::Removed {
                Stores::release_in(tx, store, run.now, EntityKind::Page, &[&id], true).await?;
            }
            written.push(EntityKind::Page, &id, outcome);
        }
        Ok(written)
    }
}

fn documents(pages: &[&PageInput]) -> Result<Vec<NewDocument>, Error> {
    let mut items = Vec::new();
    for page in pages {
        let id = page.facts.name.as_str();
        let document =
            |lang: &str, doc| NewDocument { kind: PAGE, id: id.to_owned(), lang: lang.to_owned(), doc };
        items.push(document("", serde_json::to_string(&page.facts)?));
        for (lang, text) in &page.texts {
            items.push(document(lang.as_str(), serde_json::to_string(text)?));
        }
    }
    Ok(items)
}

/// A page whose facts are in conflict is in conflict as a whole.
fn conflicts(plan: &mut Plan<'_>, items: &[NewDocument]) -> BTreeMap<String, Merged> {
    let facts = items.iter().zip(plan.outcomes()).filter(|(item, _)| item.lang.is_empty());
    let in_conflict = facts.filter(|(_, outcome)| **outcome == Outcome::Conflict);
    let conflict = Merged { has_conflict: true, ..Merged::default() };
    let conflicts: BTreeMap<_, _> = in_conflict.map(|(item, _)| (item.id.clone(), conflict)).collect();
    drop_all(plan, items, |item| conflicts.contains_key(&item.id));
    conflicts
}

fn drop_all(plan: &mut Plan<'_>, items: &[NewDocument], is_dropped: impl Fn(&NewDocument) -> bool) {
    for (index, item) in items.iter().enumerate() {
        if is_dropped(item) {
            plan.drop_item(index);
        }
    }
}

/// The (page, language) pairs that are about to be written.
fn about_to_write(plan: &Plan<'_>, items: &[NewDocument]) -> BTreeSet<(String, String)> {
    let pairs = items.iter().zip(plan.outcomes()).filter(|(_, outcome)| outcome.writes());
    pairs.map(|(item, _)| (item.id.clone(), item.lang.clone())).collect()
}

fn claims(plan: &Plan<'_>, items: &[NewDocument], pages: &[&PageInput]) -> Vec<Claim> {
    let writes = about_to_write(plan, items);
    let mut claims = Vec::new();
    for page in pages {
        for (lang, text) in &page.texts {
            let id = page.facts.name.as_str().to_owned();
            if let Some(slug) = text.slug.clone().filter(|_| writes.contains(&(id.clone(), lang.to_string())))
            {
                claims.push(Claim { lang: lang.clone(), kind: EntityKind::Page, id, slug });
            }
        }
    }
    claims
}

fn langs_without_slug(plan: &Plan<'_>, items: &[NewDocument], pages: &[&PageInput]) -> Vec<(String, Locale)> {
    let writes = about_to_write(plan, items);
    let texts = pages.iter().flat_map(|page| page.texts.iter().map(move |(lang, text)| (page, lang, text)));
    texts
        .filter(|(_, _, text)| text.slug.is_none())
        .map(|(page, lang, _)| (page.facts.name.as_str().to_owned(), lang.clone()))
        .filter(|(id, lang)| writes.contains(&(id.clone(), lang.to_string())))
        .collect()
}

/// What became of a page's documents together.
#[derive(Clone, Copy)]
struct Merged {
    wrote: Outcome,
    has_conflict: bool,
}

impl Default for Merged {
    fn default() -> Self {
        Self { wrote: Outcome::Unchanged, has_conflict: false }
    }
}

impl Merged {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Unchanged => {}
            Outcome::Conflict => self.has_conflict = true,
            Outcome::Added => self.wrote = Outcome::Added,
            Outcome::Changed | Outcome::Removed if self.wrote == Outcome::Added => {}
            Outcome::Changed | Outcome::Removed => self.wrote = Outcome::Changed,
        }
    }

    /// A conflict in one language is reported even when others were written.
    fn outcome(self) -> Outcome {
        if self.has_conflict { Outcome::Conflict } else { self.wrote }
    }
}
