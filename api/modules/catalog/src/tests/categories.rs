use std::collections::BTreeSet;

use vitrine_core::CategoryId;

use super::*;
use crate::{CategoryInput, SchemaInput};

fn category(id: &str, slug: &str) -> CategoryInput {
    serde_json::from_value(json!({
        "category": { "id": id, "rank": 10 },
        "texts": { "de": { "name": id, "slug": slug }, "en": { "name": id, "slug": format!("{slug}-en") } },
    }))
    .unwrap()
}

async fn put_categories(db: &Db, run: &Run, inputs: &[CategoryInput]) -> Put<CategoryId> {
    let mut tx = db.begin().await.unwrap();
    let put = Catalog::put_categories_in(&mut tx, &nimbus(), run, inputs).await.unwrap();
    tx.commit().await.unwrap();
    put
}

fn outcomes(put: &Put<CategoryId>) -> Vec<(&str, Outcome)> {
    put.outcomes.iter().map(|(id, outcome)| (id.as_str(), *outcome)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_are_put_changed_refused_and_removed_as_wholes() {
    on_both(async |db| {
        let both = [category("beds", "betten"), category("linen", "waesche")];
        let first = put_categories(&db, &files(1), &both).await;
        assert_eq!(outcomes(&first), [("beds", Outcome::Added), ("linen", Outcome::Added)]);
        assert_eq!(outcomes(&put_categories(&db, &files(2), &both).await)[0].1, Outcome::Unchanged);

        let mut beds = category("beds", "betten");
        beds.texts.remove(&lang("en"));
        let mut stolen = category("new", "neu");
        stolen.texts.get_mut(&lang("en")).unwrap().slug = both[1].texts[&lang("en")].slug.clone();
        let second = put_categories(&db, &files(3), &[beds, stolen]).await;
        assert_eq!(outcomes(&second), [("beds", Outcome::Changed)]);
        assert_eq!(second.errors[0].1.to_string(), "slug 'waesche-en' in en belongs to linen");
        let records = Catalog::categories(&db, &nimbus()).await.unwrap();
        let ids: Vec<_> =
            records.iter().map(|record| (record.category.id.as_str(), record.texts.len())).collect();
        assert_eq!(ids, [("beds", 1), ("linen", 2)]);
        let exported = Catalog::categories_for_export(&db, &nimbus(), Origin::Files).await.unwrap();
        assert_eq!(exported[1], both[1]);

        let keep: BTreeSet<CategoryId> = [CategoryId::try_new("beds").unwrap()].into();
        let mut tx = db.begin().await.unwrap();
        let theirs =
            Catalog::remove_missing_categories_in(&mut tx, &nimbus(), &admin(4), &keep).await.unwrap();
        assert!(theirs.outcomes.is_empty(), "rows of another origin are not missing");
        let removed =
            Catalog::remove_missing_categories_in(&mut tx, &nimbus(), &files(4), &keep).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(outcomes(&removed), [("linen", Outcome::Removed)]);
        let again = put_categories(&db, &files(5), &[category("new", "waesche")]).await;
        assert_eq!(outcomes(&again), [("new", Outcome::Added)], "its slugs are free");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_names_the_attributes_that_changed() {
    on_both(async |db| {
        let mut input: SchemaInput = serde_json::from_value(json!({
            "schema": {
                "attribute": { "size": { "type": "choice", "values": ["s", "m"] }, "core": { "type": "text" } },
                "type": { "bed": { "options": ["size"], "attributes": ["core"] } },
            },
            "texts": { "de": { "label": { "size": "Größe" } } },
        }))
        .unwrap();
        let put = async |run: Run, input: &SchemaInput| {
            let mut tx = db.begin().await.unwrap();
            let result = Catalog::put_schema_in(&mut tx, &nimbus(), &run, input).await.unwrap();
            tx.commit().await.unwrap();
            result
        };
        let (outcome, changes) = put(files(1), &input).await;
        assert_eq!(outcome, Outcome::Added);
        assert_eq!(kinds(&changes).iter().map(|change| change.0).collect::<Vec<_>>(), ["core", "size", "type:bed"]);
        assert_eq!(put(files(2), &input).await, (Outcome::Unchanged, vec![]));
        assert_eq!(put(admin(2), &SchemaInput::default()).await.0, Outcome::Conflict);
        let before = Catalog::schema(&db, &nimbus()).await.unwrap();
        assert_eq!((&before.schema, &before.texts), (&input.schema, &input.texts));

        let english = serde_json::from_value(json!({ "label": { "core": "Core" } })).unwrap();
        input.texts.insert(lang("en"), english);
        let (outcome, changes) = put(files(3), &input).await;
        assert_eq!((outcome, kinds(&changes)), (Outcome::Changed, vec![("core", ChangeKind::Changed)]));
        input.texts.remove(&lang("en"));
        let (outcome, changes) = put(files(4), &input).await;
        assert_eq!((outcome, kinds(&changes)), (Outcome::Changed, vec![("core", ChangeKind::Changed)]));
        assert_eq!(Catalog::schema(&db, &nimbus()).await.unwrap().hash, before.hash);
        assert_eq!(Catalog::schema_for_export(&db, &nimbus(), Origin::Files).await.unwrap(), Some(input));
        assert_eq!(Catalog::schema_for_export(&db, &nimbus(), Origin::Feed).await.unwrap(), None);
    })
    .await;
}
