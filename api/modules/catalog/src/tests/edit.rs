use super::*;
use crate::{Amount, Availability, PriceInput, Rating, Review, Status};

#[tokio::test(flavor = "multi_thread")]
async fn stock_keeps_its_word_when_the_source_speaks_again() {
    on_both(async |db| {
        let store = nimbus();
        let mut input = product("cloud", "wolke", &["A", "B"]);
        input.availability.insert(sku("A"), Availability::Low);
        put(&db, &store, &files(1), std::slice::from_ref(&input)).await;
        let before = one(&db, &store, "cloud").await;
        assert_eq!(before.availability, [(sku("A"), Availability::Low), (sku("B"), Availability::In)].into());

        let states = [(sku("A"), Availability::Out), (sku("NONE"), Availability::Out)];
        let changes = edit(&db, async |tx| Catalog::set_availability_in(tx, &store, &states).await).await;
        assert_eq!(kinds(&changes), [("cloud", ChangeKind::Availability)]);
        let after = one(&db, &store, "cloud").await;
        assert_eq!(after.availability[&sku("A")], Availability::Out);
        assert_ne!(after.hash, before.hash);
        assert_eq!(after.changed_at, before.changed_at, "no edit");
        let again = edit(&db, async |tx| Catalog::set_availability_in(tx, &store, &states).await).await;
        assert!(again.is_empty());

        assert_eq!(
            outcomes(&put(&db, &store, &files(2), std::slice::from_ref(&input)).await),
            [("cloud", Outcome::Unchanged)]
        );
        input.product.brand = "Nimbus".into();
        put(&db, &store, &files(3), &[input]).await;
        assert_eq!(one(&db, &store, "cloud").await.availability[&sku("A")], Availability::Out);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_and_ratings_come_in_through_the_door() {
    on_both(async |db| {
        let store = nimbus();
        let reviews: Vec<Review> =
            serde_json::from_value(json!([{ "rating": 4, "date": 0, "lang": "de", "title": "Gut" }]))
                .unwrap();
        let mut input = product("cloud", "wolke", &["A"]);
        input.reviews = Some(reviews.clone());
        put(&db, &store, &files(1), std::slice::from_ref(&input)).await;
        assert_eq!(one(&db, &store, "cloud").await.rating, Some(Rating { tenths: 40, count: 1 }));

        let id = product_id("cloud");
        let rating = Rating { tenths: 46, count: 12 };
        let ratings = [(id.clone(), Some(rating)), (product_id("none"), None)];
        let changes = edit(&db, async |tx| Catalog::set_rating_in(tx, &store, &ratings).await).await;
        assert_eq!(kinds(&changes), [("cloud", ChangeKind::Rating)]);
        edit(&db, async |tx| Catalog::set_reviews_in(tx, &store, &[(id.clone(), Some(vec![]))]).await).await;
        let record = one(&db, &store, "cloud").await;
        assert_eq!((record.rating, record.reviews.len()), (Some(rating), 0));
        edit(&db, async |tx| Catalog::set_reviews_in(tx, &store, &[(id.clone(), None)]).await).await;

        input.reviews = None;
        put(&db, &store, &files(2), &[input]).await;
        assert_eq!(one(&db, &store, "cloud").await.reviews, reviews, "silence leaves them");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_not_lost_and_ends_when_the_source_has_caught_up() {
    on_both(async |db| {
        let store = nimbus();
        let mut input = product("cloud", "wolke", &["A"]);
        put(&db, &store, &files(1), std::slice::from_ref(&input)).await;
        let price = PriceInput { base: Some(Amount { minor: 9_000, compare_at: None }), windows: vec![] };
        let changes = edit(&db, async |tx| {
            Catalog::set_price_in(tx, &store, &admin(2), &sku("A"), country("DE"), &price).await
        })
        .await;
        assert_eq!(kinds(&changes), [("cloud", ChangeKind::Price)]);
        let record = one(&db, &store, "cloud").await;
        let prices = &record.offers[0].offer.prices[&0];
        assert_eq!((prices.base.map(|amount| amount.minor), prices.past.len()), (Some(9_000), 1));

        let same = put(&db, &store, &files(3), std::slice::from_ref(&input)).await;
        assert_eq!(outcomes(&same), [("cloud", Outcome::Unchanged)], "the source has nothing new to say");
        input.product.brand = "Nimbus".into();
        let argued = put(&db, &store, &files(4), std::slice::from_ref(&input)).await;
        assert_eq!(outcomes(&argued), [("cloud", Outcome::Conflict)]);

        let (_, exported) =
            Catalog::products_for_export(&db, &store, Origin::Files, 0, 9).await.unwrap().remove(0);
        assert_eq!(exported.prices[&sku("A")][&country("DE")], price);
        let caught_up = put(&db, &store, &files(5), std::slice::from_ref(&exported)).await;
        assert_eq!(outcomes(&caught_up), [("cloud", Outcome::Unchanged)]);
        let mut next = exported;
        next.product.brand = "Nimbus".into();
        assert_eq!(outcomes(&put(&db, &store, &files(6), &[next]).await), [("cloud", Outcome::Changed)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_an_edit_and_setting_it_again_is_none() {
    on_both(async |db| {
        let store = nimbus();
        put(&db, &store, &files(1), &[product("cloud", "wolke", &["A"])]).await;
        let id = product_id("cloud");
        let set = async |status| {
            edit(&db, async |tx| Catalog::set_status_in(tx, &store, &admin(2), &id, status).await).await
        };
        assert_eq!(kinds(&set(Status::Draft).await), [("cloud", ChangeKind::Changed)]);
        assert!(set(Status::Draft).await.is_empty());
        let outline = &Catalog::outline(&db, &store, 0, 9).await.unwrap()[0];
        assert_eq!((outline.status, outline.changed_at), (Status::Draft, day(2)));
        assert_eq!(outline.visible_variants(country("DE"), day(3)).count(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_seen_in_its_country_unless_it_decides_whether_the_product_is_there() {
    on_both(async |db| {
        let store = nimbus();
        let mut input = product("cloud", "wolke", &["A"]);
        let amount = |minor| PriceInput { base: Some(Amount { minor, compare_at: None }), windows: vec![] };
        input.prices.entry(sku("A")).or_default().insert(country("DE"), amount(100));
        input.prices.entry(sku("A")).or_default().insert(country("CH"), amount(200));
        let seen_in = |changes: &[Change]| -> Vec<String> {
            assert_eq!(changes.len(), 1);
            changes[0].countries.iter().map(ToString::to_string).collect()
        };
        let put_it =
            async |day, input: &_| put(&db, &store, &files(day), std::slice::from_ref(input)).await.changes;
        assert_eq!(seen_in(&put_it(1, &input).await), [""; 0], "a new product is news everywhere");

        let set = async |code, price| {
            edit(&db, async |tx| {
                Catalog::set_price_in(tx, &store, &files(2), &sku("A"), country(code), &price).await
            })
            .await
        };
        assert_eq!(seen_in(&set("DE", amount(110)).await), ["DE"]);
        assert_eq!(seen_in(&set("DE", PriceInput::default()).await), [""; 0], "other countries link to it");

        set("DE", amount(100)).await;
        input.prices.entry(sku("A")).or_default().insert(country("CH"), amount(210));
        input.prices.entry(sku("A")).or_default().insert(country("DE"), amount(120));
        assert_eq!(seen_in(&put_it(4, &input).await), ["CH", "DE"]);
        input.prices.entry(sku("A")).or_default().insert(country("DE"), amount(130));
        input.product.brand = "Nimbus".into();
        assert_eq!(seen_in(&put_it(5, &input).await), [""; 0], "the brand is seen everywhere");
        let states = [(sku("A"), Availability::Low)];
        let changes = edit(&db, async |tx| Catalog::set_availability_in(tx, &store, &states).await).await;
        assert_eq!(seen_in(&changes), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prices_of_a_variant_are_those_that_are_stated() {
    on_both(async |db| {
        let store = nimbus();
        put(&db, &store, &files(1), &[product("cloud", "wolke", &["A"])]).await;
        let price =
            PriceInput { base: Some(Amount { minor: 9_000, compare_at: Some(9_900) }), windows: vec![] };
        let held = edit(&db, async |tx| {
            let held = Catalog::lock_prices_in(tx, &store, &sku("A")).await?;
            Catalog::set_price_in(tx, &store, &admin(2), &sku("A"), country("DE"), &price).await?;
            Ok(held)
        })
        .await
        .unwrap();
        assert_eq!(held.product, product_id("cloud"));
        assert_ne!(held.prices.get(&country("DE")), Some(&price));
        let priced = Catalog::prices(&db, &store, &sku("A")).await.unwrap().unwrap();
        assert_eq!(priced.prices[&country("DE")], price);
        assert_eq!(Catalog::prices(&db, &store, &sku("NONE")).await.unwrap(), None);
        assert_eq!(Catalog::prices(&db, &StoreId::try_new("other").unwrap(), &sku("A")).await.unwrap(), None);
    })
    .await;
}
