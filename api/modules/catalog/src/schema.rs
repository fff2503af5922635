//! Attributes and product types as one entity of documents.

use std::collections::{BTreeMap, BTreeSet};

use vitrine_core::{
    AttributeId, Change, ChangeKind, Entity, EntityKind, Hasher, Locale, Origin, ProductTypeId, StoreId,
};
use vitrine_db::{AnyConnection, Db, Document, Outcome, Run, Tx};

use crate::Catalog;
use crate::documents::{self, DOCUMENTS, NewEntity};
use crate::domain::SchemaText;
use crate::error::Error;
use crate::input::SchemaInput;
use crate::record::SchemaRecord;
use crate::repo;

/// Kind and id of the one entity.
const SCHEMA: &str = "schema";

impl Catalog {
    /// Writes attributes and product types with their words, all together; validate them first.
    ///
    /// The changes name each attribute that is different now, and each product type as attribute `type:<id>`.
    pub async fn put_schema_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        input: &SchemaInput,
    ) -> Result<(Outcome, Vec<Change>), Error> {
        repo::lock_in(tx, store, 0).await?;
        let before = stated(&DOCUMENTS.get(tx, store, SCHEMA, &[SCHEMA]).await?)?;
        let entity = NewEntity::try_new(SCHEMA, &input.schema, &input.texts)?;
        let items = documents::items(SCHEMA, std::slice::from_ref(&entity));
        let plan = DOCUMENTS.plan_in(tx, store, run, &items).await?;
        let outcome = documents::outcomes(&plan, std::slice::from_ref(&entity)).first().copied();
        if outcome == Some(Outcome::Conflict) {
            return Ok((Outcome::Conflict, Vec::new()));
        }
        plan.write_in(tx).await?;
        let shrunk = documents::remove_texts_in(tx, store, run, SCHEMA, &[&entity]).await?;
        let outcome = match outcome.unwrap_or(Outcome::Unchanged) {
            Outcome::Unchanged if !shrunk.is_empty() => Outcome::Changed,
            outcome => outcome,
        };
        let after = stated(&DOCUMENTS.get(tx, store, SCHEMA, &[SCHEMA]).await?)?;
        Ok((outcome, differences(&before, &after)))
    }

    /// Attributes and product types with their words; empty where none was put.
    pub async fn schema(db: &Db, store: &StoreId) -> Result<SchemaRecord, Error> {
        Self::schema_in(&mut *db.snapshot().await?, store).await
    }

    /// [`Catalog::schema`] within the caller's connection.
    pub async fn schema_in(connection: &mut AnyConnection, store: &StoreId) -> Result<SchemaRecord, Error> {
        let documents = DOCUMENTS.get(connection, store, SCHEMA, &[SCHEMA]).await?;
        let mut hasher = Hasher::new("catalog.schema");
        for document in &documents {
            hasher.field(document.lang.as_bytes()).hash(&document.hash);
        }
        let SchemaInput { schema, texts } = stated(&documents)?;
        Ok(SchemaRecord { schema, texts, hash: hasher.finish() })
    }

    /// Attributes and product types as they were put; `None` where another origin or nobody put them.
    pub async fn schema_for_export(
        db: &Db,
        store: &StoreId,
        origin: Origin,
    ) -> Result<Option<SchemaInput>, Error> {
        let documents = DOCUMENTS.get(&mut *db.snapshot().await?, store, SCHEMA, &[SCHEMA]).await?;
        let own =
            documents.iter().any(|document| document.lang.is_empty() && document.provenance.origin == origin);
        own.then(|| stated(&documents)).transpose()
    }
}

fn stated(documents: &[Document]) -> Result<SchemaInput, Error> {
    let facts = documents.iter().find(|document| document.lang.is_empty());
    let schema = facts.map(|facts| serde_json::from_str(&facts.doc)).transpose()?.unwrap_or_default();
    Ok(SchemaInput { schema, texts: documents::texts(documents)? })
}

fn differences(before: &SchemaInput, after: &SchemaInput) -> Vec<Change> {
    let attributes: BTreeSet<&AttributeId> =
        before.schema.attribute.keys().chain(after.schema.attribute.keys()).collect();
    let attributes = attributes.into_iter().filter_map(|id| {
        let facts = (before.schema.attribute.get(id), after.schema.attribute.get(id));
        let same_words = words(&before.texts, |text| (text.label.get(id), text.value.get(id)))
            == words(&after.texts, |text| (text.label.get(id), text.value.get(id)));
        change(id.as_str(), facts, same_words)
    });
    let types: BTreeSet<&ProductTypeId> =
        before.schema.types.keys().chain(after.schema.types.keys()).collect();
    let types = types.into_iter().filter_map(|id| {
        let facts = (before.schema.types.get(id), after.schema.types.get(id));
        let same_words =
            words(&before.texts, |text| text.types.get(id)) == words(&after.texts, |text| text.types.get(id));
        change(&format!("type:{id}"), facts, same_words)
    });
    attributes.chain(types).collect()
}

/// What each language says of one thing; a language without a word says nothing.
fn words<'a, T: Default + PartialEq>(
    texts: &'a BTreeMap<Locale, SchemaText>,
    word: impl Fn(&'a SchemaText) -> T,
) -> BTreeMap<&'a Locale, T> {
    texts.iter().map(|(lang, text)| (lang, word(text))).filter(|(_, word)| *word != T::default()).collect()
}

fn change<T: PartialEq>(id: &str, facts: (Option<&T>, Option<&T>), same_words: bool) -> Option<Change> {
    let kind = match facts {
        (None, Some(_)) => ChangeKind::Added,
        (Some(_), None) => ChangeKind::Removed,
        (before, after) if before == after && same_words => return None,
        _ => ChangeKind::Changed,
    };
    Some(Change::new(Entity::new(EntityKind::Attribute, id), kind))
}
