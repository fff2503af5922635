//! Facts and texts of one entity as documents that are put and refused together.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{Locale, StoreId};
use vitrine_db::{Document, Documents, NewDocument, Outcome, Plan, Run, Tx, decide_removal};

use crate::error::Error;
use crate::repo::parsed;

pub(crate) const DOCUMENTS: Documents = Documents { table: "catalog_document" };

/// An entity's documents: facts under the empty language, texts under theirs.
#[derive(Clone, Debug)]
pub(crate) struct NewEntity {
    pub(crate) id: String,
    pub(crate) docs: BTreeMap<String, String>,
}

impl NewEntity {
    /// An entity with a text for each language.
    pub(crate) fn try_new<T: serde::Serialize>(
        id: &str,
        facts: &impl serde::Serialize,
        texts: &BTreeMap<Locale, T>,
    ) -> Result<Self, Error> {
        let mut docs = BTreeMap::from([(String::new(), serde_json::to_string(facts)?)]);
        for (lang, text) in texts {
            docs.insert(lang.as_str().to_owned(), serde_json::to_string(text)?);
        }
        Ok(Self { id: id.to_owned(), docs })
    }
}

/// All documents of some entities, in order.
pub(crate) fn items(kind: &'static str, entities: &[NewEntity]) -> Vec<NewDocument> {
    let docs =
        entities.iter().flat_map(|entity| entity.docs.iter().map(move |(lang, doc)| (entity, lang, doc)));
    docs.map(|(entity, lang, doc)| NewDocument {
        kind,
        id: entity.id.clone(),
        lang: lang.clone(),
        doc: doc.clone(),
    })
    .collect()
}

/// The outcome of each entity: one document in conflict holds back all of them.
pub(crate) fn outcomes(plan: &Plan<'_>, entities: &[NewEntity]) -> Vec<Outcome> {
    let mut rest = plan.outcomes();
    let mut outcomes = Vec::with_capacity(entities.len());
    for entity in entities {
        let (own, others) = rest.split_at(entity.docs.len().min(rest.len()));
        rest = others;
        outcomes.push(if own.contains(&Outcome::Conflict) {
            Outcome::Conflict
        } else if own.iter().all(|outcome| *outcome == Outcome::Added) {
            Outcome::Added
        } else if own.iter().any(|outcome| outcome.writes()) {
            Outcome::Changed
        } else {
            Outcome::Unchanged
        });
    }
    outcomes
}

/// Leaves the documents of some entities as they are.
pub(crate) fn drop_entities(plan: &mut Plan<'_>, entities: &[NewEntity], drop: &BTreeSet<usize>) {
    let mut first = 0;
    for (index, entity) in entities.iter().enumerate() {
        if drop.contains(&index) {
            (first..first + entity.docs.len()).for_each(|item| plan.drop_item(item));
        }
        first += entity.docs.len();
    }
}

/// Deletes texts that the entities no longer have, and returns the ids of those entities.
pub(crate) async fn remove_texts_in(
    tx: &mut Tx,
    store: &StoreId,
    run: &Run,
    kind: &str,
    entities: &[&NewEntity],
) -> Result<BTreeSet<String>, Error> {
    let ids: Vec<&str> = entities.iter().map(|entity| entity.id.as_str()).collect();
    let keep =
        entities.iter().flat_map(|entity| entity.docs.keys().map(|lang| (entity.id.clone(), lang.clone())));
    let removed = DOCUMENTS.remove_missing_of_in(tx, store, run, kind, &ids, &keep.collect()).await?;
    Ok(removed
        .into_iter()
        .filter(|document| document.outcome == Outcome::Removed)
        .map(|document| document.id)
        .collect())
}

/// Deletes the entities of a kind that are not among `keep`, as far as they are of the run's origin.
pub(crate) async fn remove_missing_in(
    tx: &mut Tx,
    store: &StoreId,
    run: &Run,
    kind: &str,
    keep: &BTreeSet<&str>,
) -> Result<Vec<(String, Outcome)>, Error> {
    let stored = by_id(DOCUMENTS.list(tx, store, kind).await?);
    let mut kept = BTreeSet::new();
    let mut outcomes = Vec::new();
    for (id, documents) in stored {
        let decided = documents.iter().map(|document| decide_removal(&document.provenance, run));
        let outcome = match keep.contains(id.as_str()) {
            true => Outcome::Unchanged,
            false => decided.max().unwrap_or(Outcome::Unchanged),
        };
        if outcome != Outcome::Removed {
            kept.extend(documents.into_iter().map(|document| (document.id, document.lang)));
        }
        if outcome != Outcome::Unchanged {
            outcomes.push((id, outcome));
        }
    }
    DOCUMENTS.remove_missing_in(tx, store, run, kind, &kept).await?;
    Ok(outcomes)
}

/// Documents of each entity, the facts first.
pub(crate) fn by_id(documents: Vec<Document>) -> BTreeMap<String, Vec<Document>> {
    let mut entities: BTreeMap<String, Vec<Document>> = BTreeMap::new();
    for document in documents {
        entities.entry(document.id.clone()).or_default().push(document);
    }
    entities
}

/// The texts among an entity's documents.
pub(crate) fn texts<T: serde::de::DeserializeOwned>(
    documents: &[Document],
) -> Result<BTreeMap<Locale, T>, Error> {
    let texts = documents.iter().filter(|document| !document.lang.is_empty());
    texts
        .map(|document| {
            let lang = parsed(DOCUMENTS.table, document.lang.clone(), |text| Locale::try_new(text).ok())?;
            Ok((lang, serde_json::from_str(&document.doc)?))
        })
        .collect()
}
