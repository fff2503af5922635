use vitrine_store::Stores;

use super::*;
use crate::{Amount, CurrentPrice, PriceInput};

fn numbers(record: &ProductRecord) -> Vec<(&str, u16)> {
    record.product.variants.iter().map(|variant| (variant.sku.as_str(), variant.number)).collect()
}

async fn redirects(db: &Db) -> Vec<(String, String)> {
    let redirects = Stores::redirects(db, &nimbus()).await.unwrap();
    let mut redirects: Vec<_> =
        redirects.iter().map(|redirect| (redirect.path.clone(), redirect.target.to_string())).collect();
    redirects.sort();
    redirects
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_is_unchanged_and_a_difference_writes_only_its_layer() {
    on_both(async |db| {
        let store = nimbus();
        let mut input = product("cloud", "wolke", &["A", "B"]);
        let first = put(&db, &store, &files(1), std::slice::from_ref(&input)).await;
        assert_eq!(outcomes(&first), [("cloud", Outcome::Added)]);
        assert_eq!(kinds(&first.changes), [("cloud", ChangeKind::Added)]);
        let before = one(&db, &store, "cloud").await;

        let again = put(&db, &store, &files(2), std::slice::from_ref(&input)).await;
        assert_eq!(outcomes(&again), [("cloud", Outcome::Unchanged)]);
        assert!(again.changes.is_empty());
        assert_eq!(one(&db, &store, "cloud").await, before);

        input.texts.get_mut(&lang("de")).unwrap().summary = Some("Weich.".into());
        let changed = put(&db, &store, &files(3), &[input]).await;
        assert_eq!(kinds(&changed.changes), [("cloud", ChangeKind::Changed)]);
        let after = one(&db, &store, "cloud").await;
        assert_eq!((after.seq, after.hash, &after.offers), (before.seq, before.hash, &before.offers));
        assert_ne!(after.texts, before.texts);
        assert_eq!((before.changed_at, after.changed_at), (day(1), day(3)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_gets_its_number_back_and_no_other_gets_it() {
    on_both(async |db| {
        let store = nimbus();
        put(&db, &store, &files(1), &[product("cloud", "wolke", &["A", "B"])]).await;
        put(&db, &store, &files(2), &[product("cloud", "wolke", &["B", "C"])]).await;
        assert_eq!(numbers(&one(&db, &store, "cloud").await), [("B", 1), ("C", 2)]);
        assert_eq!(Catalog::variant_by_sku(&db, &store, &sku("A")).await.unwrap(), None);
        put(&db, &store, &files(3), &[product("cloud", "wolke", &["C", "A", "D"])]).await;
        assert_eq!(numbers(&one(&db, &store, "cloud").await), [("C", 2), ("A", 0), ("D", 3)]);
        // Another product may take a SKU that was given up; its old number stays unused.
        put(&db, &store, &files(4), &[product("drift", "drift", &["B"])]).await;
        put(&db, &store, &files(5), &[product("cloud", "wolke", &["E", "A"])]).await;
        assert_eq!(numbers(&one(&db, &store, "cloud").await), [("E", 4), ("A", 0)]);
        let found = Catalog::variant_by_sku(&db, &store, &sku("B")).await.unwrap().unwrap();
        assert_eq!((found.product.as_str(), found.number), ("drift", 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_sku_or_slug_is_an_error_of_its_item_only() {
    on_both(async |db| {
        let store = nimbus();
        put(&db, &store, &files(1), &[product("cloud", "wolke", &["A"])]).await;
        let mut half = product("half", "halb", &["H"]);
        half.texts.insert(lang("en"), half.texts[&lang("de")].clone());
        let result = put(
            &db,
            &store,
            &files(2),
            &[
                product("thief", "dieb", &["X", "A"]),
                product("double", "wolke", &["D"]),
                half.clone(),
                product("fine", "gut", &["F"]),
                product("twin", "zwilling", &["F"]),
                product("fine", "gut", &["F2"]),
                product("pair", "paar", &["P", "P"]),
            ],
        )
        .await;
        assert_eq!(outcomes(&result), [("half", Outcome::Added), ("fine", Outcome::Added)]);
        assert_eq!(
            errors(&result),
            [
                "thief: SKU A belongs to product cloud",
                "twin: SKU F belongs to product fine",
                "pair: has two variants of SKU P",
                "double: slug 'wolke' in de belongs to cloud",
                "fine: comes more than once",
            ]
        );
        // A refused item has claimed nothing, not even the slugs that were free.
        let mut refused = product("refused", "frei", &["R"]);
        refused.texts.insert(lang("en"), half.texts[&lang("en")].clone());
        assert_eq!(put(&db, &store, &files(3), &[refused]).await.errors.len(), 1);
        let result = put(&db, &store, &files(4), &[product("other", "frei", &["R", "X", "D"])]).await;
        assert_eq!(outcomes(&result), [("other", Outcome::Added)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn skus_and_slugs_move_between_products_of_one_call() {
    on_both(async |db| {
        let store = nimbus();
        put(&db, &store, &files(1), &[product("a", "eins", &["A"]), product("b", "zwei", &["B"])]).await;
        let swapped = [product("a", "zwei", &["A"]), product("b", "eins", &["B"])];
        assert!(put(&db, &store, &files(2), &swapped).await.errors.is_empty());
        // The new product comes first and wants what the other gives up.
        let moved = [product("c", "drei", &["A"]), product("a", "zwei", &["A2"])];
        let result = put(&db, &store, &files(3), &moved).await;
        assert_eq!(errors(&result), [""; 0]);
        let found = Catalog::variant_by_sku(&db, &store, &sku("A")).await.unwrap().unwrap();
        assert_eq!(found.product.as_str(), "c");
        assert_eq!(redirects(&db).await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_writes_its_redirect_and_a_removal_is_gone() {
    on_both(async |db| {
        let store = nimbus();
        put(&db, &store, &files(1), &[product("cloud", "wolke", &["A"])]).await;
        let mut tx = db.begin().await.unwrap();
        Catalog::put_products_in(&mut tx, &store, &files(2), &[product("cloud", "wolke-2", &["A"])])
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(redirects(&db).await, [], "the redirect belongs to the transaction");

        put(&db, &store, &files(2), &[product("cloud", "wolke-2", &["A"])]).await;
        assert_eq!(redirects(&db).await, pairs(&[("p/wolke", "product:cloud")]));
        let removed = remove(&db, &store, &files(3), &["cloud", "never"]).await;
        assert_eq!(outcomes(&removed), [("cloud", Outcome::Removed)]);
        assert_eq!(redirects(&db).await, pairs(&[("p/wolke", "gone"), ("p/wolke-2", "gone")]));
        assert!(all(&db, &store).await.is_empty());

        let back = put(&db, &store, &files(4), &[product("cloud", "wolke", &["A"])]).await;
        assert_eq!(outcomes(&back), [("cloud", Outcome::Added)]);
        assert_eq!(one(&db, &store, "cloud").await.seq, 2, "numbers are never reused");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_with_equal_slugs_and_skus_do_not_touch() {
    on_both(async |db| {
        let (one_store, other_store) = (nimbus(), store("other"));
        let input = [product("cloud", "wolke", &["A"])];
        for store in [&one_store, &other_store] {
            assert_eq!(outcomes(&put(&db, store, &files(1), &input).await), [("cloud", Outcome::Added)]);
        }
        let other = all(&db, &other_store).await;
        put(&db, &one_store, &files(2), &[product("cloud", "nebel", &["B"])]).await;
        remove(&db, &one_store, &files(3), &["cloud"]).await;
        assert!(all(&db, &one_store).await.is_empty());
        assert_eq!(all(&db, &other_store).await, other);
        assert!(Catalog::variant_by_sku(&db, &other_store, &sku("A")).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_another_origin_is_a_conflict_unless_forced() {
    on_both(async |db| {
        let store = nimbus();
        put(&db, &store, &files(1), &[product("cloud", "wolke", &["A"])]).await;
        let theirs = [product("cloud", "anders", &["A"])];
        assert_eq!(outcomes(&put(&db, &store, &admin(2), &theirs).await), [("cloud", Outcome::Conflict)]);
        assert_eq!(
            outcomes(&remove(&db, &store, &admin(2), &["cloud"]).await),
            [("cloud", Outcome::Conflict)]
        );
        let forced = Run { force: true, ..admin(3) };
        assert_eq!(outcomes(&put(&db, &store, &forced, &theirs).await), [("cloud", Outcome::Changed)]);
        let keep = [product_id("drift")].into();
        let mut tx = db.begin().await.unwrap();
        assert_eq!(Catalog::missing(&mut tx, &store, Origin::Files, &keep).await.unwrap(), []);
        let missing = Catalog::missing(&mut tx, &store, Origin::Admin, &keep).await.unwrap();
        assert_eq!(missing, [product_id("cloud")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_prices_become_past_and_then_history() {
    on_both(async |db| {
        let store = nimbus();
        let mut input = product("cloud", "wolke", &["A"]);
        let mut at = async |day, minor, compare_at| {
            let price = PriceInput { base: Some(Amount { minor, compare_at }), windows: vec![] };
            input.prices.get_mut(&sku("A")).unwrap().insert(country("DE"), price);
            put(&db, &store, &files(day), std::slice::from_ref(&input)).await;
        };
        at(1, 500, None).await;
        at(100, 450, None).await;
        at(110, 480, None).await;
        at(120, 400, Some(480)).await;
        let record = one(&db, &store, "cloud").await;
        let price = record.offer(country("DE")).unwrap().offer.prices[&0].at(day(121));
        let amount = Amount { minor: 400, compare_at: Some(480) };
        assert_eq!(price, Some(CurrentPrice { amount, prior: Some(450) }));
        // Long after, the next change splits off what no prior price reaches.
        at(300, 490, None).await;
        let (count,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM catalog_price_history WHERE store = $1 AND sku = 'A'")
                .bind(store.as_str())
                .fetch_one(db.reader())
                .await
                .unwrap();
        assert_eq!(count, 3, "500, 450 and 480 are out of reach, 400 held until now");
        remove(&db, &store, &files(301), &["cloud"]).await;
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM catalog_price_history")
            .fetch_one(db.reader())
            .await
            .unwrap();
        assert_eq!(count, 5, "all that ever held");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn languages_and_countries_that_are_left_out_disappear() {
    on_both(async |db| {
        let store = nimbus();
        let mut input = product("cloud", "wolke", &["A"]);
        let english = serde_json::from_value(json!({ "name": "Cloud", "slug": "cloud" })).unwrap();
        input.texts.insert(lang("en"), english);
        let price = input.prices[&sku("A")][&country("DE")].clone();
        input.prices.get_mut(&sku("A")).unwrap().insert(country("GB"), price);
        put(&db, &store, &files(1), &[input]).await;
        assert_eq!(one(&db, &store, "cloud").await.texts.len(), 2);
        put(&db, &store, &files(2), &[product("cloud", "wolke", &["A"])]).await;
        let record = one(&db, &store, "cloud").await;
        assert_eq!(record.texts.len(), 1);
        assert_eq!(redirects(&db).await, pairs(&[("p/cloud", "product:cloud")]));
        let gb = record.offer(country("GB")).map(|layer| layer.offer.prices[&0].at(day(3)));
        assert_eq!(gb, Some(None), "what held stays in reach of a prior price, and is no offer");
        let outline = &Catalog::outline(&db, &store, 0, 9).await.unwrap()[0];
        assert_eq!(outline.visible_variants(country("GB"), day(3)).count(), 0);
    })
    .await;
}
