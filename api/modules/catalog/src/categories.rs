//! Categories as documents.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{CategoryId, EntityKind, Hasher, Locale, Origin, Slug, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, Document, Outcome, Run, Tx};
use vitrine_store::Stores;

use crate::Catalog;
use crate::documents::{self, DOCUMENTS, NewEntity};
use crate::domain::CategoryText;
use crate::error::Error;
use crate::input::CategoryInput;
use crate::put::Put;
use crate::record::CategoryRecord;
use crate::repo;
use crate::slugs::{self, Wish};

const CATEGORY: &str = "category";

impl Catalog {
    /// Writes categories by the rule of origins; validate them first.
    ///
    /// A category whose slug belongs to another is left as it is and reported, the others are taken.
    pub async fn put_categories_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        inputs: &[CategoryInput],
    ) -> Result<Put<CategoryId>, Error> {
        repo::lock_in(tx, store, 0).await?;
        let entities = inputs
            .iter()
            .map(|input| NewEntity::try_new(input.category.id.as_str(), &input.category, &input.texts))
            .collect::<Result<Vec<_>, _>>()?;
        let items = documents::items(CATEGORY, &entities);
        let mut plan = DOCUMENTS.plan_in(tx, store, run, &items).await?;
        let mut outcomes = documents::outcomes(&plan, &entities);
        let conflicts: BTreeSet<usize> = indices(&outcomes, |outcome| outcome == Outcome::Conflict);
        documents::drop_entities(&mut plan, &entities, &conflicts);

        let held = held_slugs(tx, store, &entities).await?;
        let open: Vec<usize> = (0..inputs.len()).filter(|index| !conflicts.contains(index)).collect();
        let wishes: Vec<Wish<'_>> =
            open.iter().filter_map(|index| Some(wish(inputs.get(*index)?, &held))).collect();
        let refused = slugs::settle_in(tx, store, run.now, EntityKind::Category, &wishes).await?;
        let refused: BTreeMap<usize, _> =
            refused.into_iter().filter_map(|(wish, error)| Some((*open.get(wish)?, error))).collect();
        documents::drop_entities(&mut plan, &entities, &refused.keys().copied().collect());
        plan.write_in(tx).await?;

        let taken = open.iter().filter(|index| !refused.contains_key(index));
        let taken: Vec<&NewEntity> = taken.filter_map(|index| entities.get(*index)).collect();
        let shrunk = documents::remove_texts_in(tx, store, run, CATEGORY, &taken).await?;
        for (outcome, entity) in outcomes.iter_mut().zip(&entities) {
            if *outcome == Outcome::Unchanged && shrunk.contains(&entity.id) {
                *outcome = Outcome::Changed;
            }
        }
        let mut put = Put::default();
        for (index, (input, outcome)) in inputs.iter().zip(outcomes).enumerate() {
            match refused.get(&index) {
                Some(error) => put.errors.push((input.category.id.clone(), error.clone())),
                None => put.note(EntityKind::Category, input.category.id.clone(), outcome),
            }
        }
        Ok(put)
    }

    /// Removes the categories of the run's origin that are not among `keep`; their addresses answer 410.
    pub async fn remove_missing_categories_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<CategoryId>,
    ) -> Result<Put<CategoryId>, Error> {
        repo::lock_in(tx, store, 0).await?;
        let keep: BTreeSet<&str> = keep.iter().map(CategoryId::as_str).collect();
        let mut put = Put::default();
        for (id, outcome) in documents::remove_missing_in(tx, store, run, CATEGORY, &keep).await? {
            if outcome == Outcome::Removed {
                Stores::release_in(tx, store, run.now, EntityKind::Category, &[&id], true).await?;
            }
            put.note(EntityKind::Category, category_id(id)?, outcome);
        }
        Ok(put)
    }

    /// All categories, sorted by id.
    pub async fn categories(db: &Db, store: &StoreId) -> Result<Vec<CategoryRecord>, Error> {
        Self::categories_in(&mut *db.snapshot().await?, store).await
    }

    /// [`Catalog::categories`] within the caller's connection.
    pub async fn categories_in(
        connection: &mut AnyConnection,
        store: &StoreId,
    ) -> Result<Vec<CategoryRecord>, Error> {
        let entities = documents::by_id(DOCUMENTS.list(connection, store, CATEGORY).await?);
        let records = entities.values().filter_map(|documents| record(documents).transpose());
        records.collect()
    }

    /// The categories of an origin, as they were put.
    pub async fn categories_for_export(
        db: &Db,
        store: &StoreId,
        origin: Origin,
    ) -> Result<Vec<CategoryInput>, Error> {
        let documents = DOCUMENTS.list(&mut *db.snapshot().await?, store, CATEGORY).await?;
        let own = documents.into_iter().filter(|document| document.provenance.origin == origin).collect();
        let records = documents::by_id(own);
        let records = records.values().filter_map(|documents| record(documents).transpose());
        records
            .map(|record| {
                record.map(|record| CategoryInput { category: record.category, texts: record.texts })
            })
            .collect()
    }
}

fn indices(outcomes: &[Outcome], is: impl Fn(Outcome) -> bool) -> BTreeSet<usize> {
    outcomes.iter().enumerate().filter(|(_, outcome)| is(**outcome)).map(|(index, _)| index).collect()
}

fn category_id(id: String) -> Result<CategoryId, Error> {
    repo::parsed(DOCUMENTS.table, id, |text| CategoryId::try_new(text).ok())
}

/// `None` where a text has no facts.
fn record(documents: &[Document]) -> Result<Option<CategoryRecord>, Error> {
    let Some(facts) = documents.iter().find(|document| document.lang.is_empty()) else { return Ok(None) };
    let mut hasher = Hasher::new("catalog.category");
    for document in documents {
        hasher.field(document.lang.as_bytes()).hash(&document.hash);
    }
    let changed_at = documents.iter().map(|document| document.changed_at).max();
    Ok(Some(CategoryRecord {
        seq: facts.seq,
        category: serde_json::from_str(&facts.doc)?,
        texts: documents::texts(documents)?,
        hash: hasher.finish(),
        changed_at: changed_at.unwrap_or(Timestamp::from_ms(0)),
    }))
}

/// Slugs that categories have, by id.
async fn held_slugs(
    tx: &mut Tx,
    store: &StoreId,
    entities: &[NewEntity],
) -> Result<BTreeMap<String, BTreeMap<Locale, Slug>>, Error> {
    let ids: Vec<&str> = entities.iter().map(|entity| entity.id.as_str()).collect();
    let mut held = BTreeMap::new();
    for (id, documents) in documents::by_id(DOCUMENTS.get(tx, store, CATEGORY, &ids).await?) {
        let texts: BTreeMap<Locale, CategoryText> = documents::texts(&documents)?;
        held.insert(id, texts.into_iter().filter_map(|(lang, text)| Some((lang, text.slug?))).collect());
    }
    Ok(held)
}

fn wish<'a>(input: &'a CategoryInput, held: &BTreeMap<String, BTreeMap<Locale, Slug>>) -> Wish<'a> {
    let id = input.category.id.as_str();
    Wish {
        id,
        wanted: input.texts.iter().filter_map(|(lang, text)| Some((lang, text.slug.as_ref()?))).collect(),
        held: held.get(id).cloned().unwrap_or_default(),
    }
}
