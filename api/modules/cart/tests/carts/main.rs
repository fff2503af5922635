//! Carts on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod scene;

use std::collections::{BTreeMap, BTreeSet};

use scene::{Scene, add, each, nobody, sku};
use vitrine_cart::{CartToken, Change, Error, Goods, Notice, Priced};
use vitrine_core::{ChangeKind, Country, Entity, EntityKind, Money, Sku, Timestamp};
use vitrine_inventory::Inventory;
use vitrine_store::{Stores, Write};

async fn filled(scene: &Scene, changes: &[Change]) -> (CartToken, Priced) {
    scene.carts.change(scene.at(), None, changes, &nobody()).await.unwrap()
}

async fn change(scene: &Scene, token: &CartToken, changes: &[Change]) -> Result<Priced, Error> {
    scene.carts.change(scene.at(), Some(token), changes, &nobody()).await.map(|(_, priced)| priced)
}

async fn read(scene: &Scene, token: &CartToken) -> Priced {
    scene.carts.read(scene.at(), token, &nobody()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_in_is_there_with_its_price() {
    each(async |scene| {
        let (token, priced) = filled(&scene, &[add("PILLOW", 2), Change::Enter(" ten ".to_owned())]).await;
        assert_eq!(priced.cart.version, 1);
        let again = read(&scene, &token).await;
        assert_eq!((&again.cart.contents, again.cart.version), (&priced.cart.contents, 1));
        // Two at 40.00, a tenth off, 4.90 for the parcel, a nineteenth of 119 in it.
        assert_eq!(again.quote.totals.total, Money::eur(7_690));
        assert_eq!(again.quote.totals.discounts, Money::eur(800));
        assert_eq!(again.quote.totals.tax, Money::eur(1_228));
        assert_eq!(again.notices, []);
        assert_eq!(again.quote.codes[0].refused, None);
        let shop = scene.carts.shop(&scene.store).await.unwrap();
        assert_eq!(shop.country(scene.at().country).unwrap().payment_methods[0], "card");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_grow_shrink_and_go() {
    each(async |scene| {
        let (token, _) = filled(&scene, &[add("PILLOW", 1), add("DUVET", 1), add("PILLOW", 2)]).await;
        let priced = change(&scene, &token, &[]).await.unwrap();
        let lines = |priced: &Priced| {
            let items = priced.cart.contents.items.iter();
            items.map(|item| (item.sku.to_string(), item.quantity)).collect::<Vec<_>>()
        };
        assert_eq!(lines(&priced), [("PILLOW".to_owned(), 3), ("DUVET".to_owned(), 1)]);
        let set = |line: &str, quantity| Change::Set { line: line.to_owned(), quantity };
        let priced = change(&scene, &token, &[set("1", 0), set("2", 2)]).await.unwrap();
        assert_eq!(lines(&priced), [("DUVET".to_owned(), 2)]);
        // A number is not used again, or an old tab would change the wrong goods.
        let priced = change(&scene, &token, &[add("PILLOW", 1)]).await.unwrap();
        assert_eq!(priced.cart.contents.items[1].id, "3");
        let missing = change(&scene, &token, &[set("1", 4)]).await.unwrap_err();
        assert!(matches!(missing, Error::NoLine(line) if line == "1"));
        assert!(matches!(change(&scene, &token, &[add("PILLOW", 0)]).await, Err(Error::Quantity { .. })));
        assert!(matches!(change(&scene, &token, &[add("PILLOW", 100)]).await, Err(Error::Quantity { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_can_not_be_put_in() {
    each(async |scene| {
        let refused = scene.carts.change(scene.at(), None, &[add("NOTHING", 1)], &nobody()).await;
        assert!(matches!(refused, Err(Error::NotSold(sku)) if sku.as_str() == "NOTHING"));
        let (token, _) = filled(&scene, &[add("PILLOW", 8)]).await;
        let refused = change(&scene, &token, &[add("PILLOW", 3)]).await.unwrap_err();
        assert!(matches!(refused, Error::TooFewLeft { left: 10, .. }), "{refused}");
        // Eight pillows are spoken for, so one set of two more is left.
        let refused = change(&scene, &token, &[add("SET", 2)]).await.unwrap_err();
        assert!(matches!(refused, Error::TooFewLeft { left: 1, .. }), "{refused}");
        let priced = change(&scene, &token, &[add("SET", 1)]).await.unwrap();
        let mut pieces = priced.pieces();
        pieces.sort();
        let pieces: Vec<(&str, i64)> = pieces.iter().map(|(sku, many)| (sku.as_str(), *many)).collect();
        assert_eq!(pieces, [("DUVET", 1), ("PILLOW", 2), ("PILLOW", 8)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_says_what_changed_since_the_shopper_looked() {
    each(async |scene| {
        let (token, _) = filled(&scene, &[add("PILLOW", 5), add("DUVET", 1)]).await;
        scene.sell("pillow", 4_500).await;
        scene.stock("pillow", 2).await;
        scene.withdraw("duvet").await;
        let priced = read(&scene, &token).await;
        let line = "1".to_owned();
        let sku = |text| scene::sku(text);
        assert_eq!(
            priced.notices,
            [
                Notice::TooFewLeft { line: line.clone(), sku: sku("PILLOW"), wanted: 5, left: 2 },
                Notice::PriceChanged { line, before: Money::eur(4_000), after: Money::eur(4_500) },
                Notice::NotSold { line: "2".to_owned(), sku: sku("DUVET") },
            ]
        );
        assert_eq!(priced.quote.totals.goods, Money::eur(22_500), "what is not sold costs nothing");
        assert_eq!(read(&scene, &token).await.notices.len(), 3, "reading changes nothing");
        let set = |line: &str, quantity| Change::Set { line: line.to_owned(), quantity };
        change(&scene, &token, &[set("1", 2), set("2", 0)]).await.unwrap();
        assert_eq!(read(&scene, &token).await.notices, [], "the shopper has seen them");
    })
    .await;
}

/// What a page shows beside its own words: remembered until the catalog changes, and never what is left.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_what_the_catalog_says_and_what_is_left() {
    each(async |scene| {
        let asked = BTreeSet::from(["PILLOW", "SET", "NEWCOMER"].map(sku));
        let now = vitrine_core::Clock::now(&*scene.clock);
        let shown = async || {
            let goods = scene.carts.goods(scene.at(), &asked).await.unwrap();
            asked
                .iter()
                .map(|sku| (shown_price(&goods, sku, now), goods.left(sku, &BTreeMap::new())))
                .collect()
        };
        let first: Vec<(Option<i64>, Option<i64>)> = shown().await;
        assert_eq!(first, [(None, None), (Some(4_000), Some(10)), (Some(25_000), Some(3))]);
        scene.stock("pillow", 4).await;
        assert_eq!(shown().await, [(None, None), (Some(4_000), Some(4)), (Some(25_000), Some(2))]);
        scene.sell("pillow", 4_500).await;
        scene.sell("newcomer", 100).await;
        revise(&scene, "pillow").await;
        assert_eq!(shown().await, [(Some(100), None), (Some(4_500), Some(4)), (Some(25_000), Some(2))]);
        scene.stock("duvet", 0).await;
        assert_eq!(shown().await, [(Some(100), None), (Some(4_500), Some(4)), (Some(25_000), Some(0))]);
    })
    .await;
}

/// Raises the revision, as every write of the catalog ends.
async fn revise(scene: &Scene, product: &str) {
    let change = vitrine_core::Change::new(Entity::new(EntityKind::Product, product), ChangeKind::Changed);
    let write = Write::at(vitrine_core::Clock::now(&*scene.clock));
    let mut tx = scene.db.begin().await.unwrap();
    Stores::bump_in(&mut tx, &scene.store, &[change], &write).await.unwrap();
    tx.commit().await.unwrap();
}

fn shown_price(goods: &Goods, sku: &Sku, now: Timestamp) -> Option<i64> {
    goods.sold.get(sku)?.price(now).map(|price| price.amount.minor)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_meets_the_cart_of_another_country_store_or_time() {
    each(async |scene| {
        let (token, _) = filled(&scene, &[add("PILLOW", 1)]).await;
        let is_gone = async |at| matches!(scene.carts.load(at, &token).await, Err(Error::NoCart));
        assert!(
            is_gone(vitrine_cart::Storefront { country: Country::try_new("CH").unwrap(), ..scene.at() })
                .await
        );
        let other = "other".parse().unwrap();
        assert!(is_gone(vitrine_cart::Storefront { store: &other, ..scene.at() }).await);
        assert!(!is_gone(scene.at()).await);
        let unknown = CartToken::parse(&"0".repeat(32)).unwrap();
        assert!(matches!(scene.carts.load(scene.at(), &unknown).await, Err(Error::NoCart)));
        scene.clock.advance_ms(29 * 86_400_000);
        change(&scene, &token, &[]).await.unwrap();
        scene.clock.advance_ms(29 * 86_400_000);
        assert!(!is_gone(scene.at()).await, "a change makes it live longer");
        assert_eq!(scene.carts.expire(10).await.unwrap(), 0);
        scene.clock.advance_ms(2 * 86_400_000);
        assert!(is_gone(scene.at()).await);
        assert_eq!(scene.carts.expire(10).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_the_same_time_all_count() {
    each(async |scene| {
        let (token, _) = filled(&scene, &[add("DUVET", 1)]).await;
        let tries = (0..6).map(|_| {
            let (carts, store, token) = (scene.carts.clone(), scene.store.clone(), token.clone());
            tokio::spawn(async move {
                let at = vitrine_cart::Storefront { store: &store, country: scene::germany() };
                carts.change(at, Some(&token), &[add("PILLOW", 1)], &nobody()).await.map(|_| ())
            })
        });
        let mut done = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(()) => done += 1,
                Err(error) => assert!(matches!(error, Error::Raced), "{error}"),
            }
        }
        let priced = read(&scene, &token).await;
        assert_eq!(priced.cart.contents.items[1].quantity, done);
        assert!(done >= 4, "{done}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordered_cart_is_closed_until_it_is_given_back() {
    each(async |scene| {
        let (token, priced) = filled(&scene, &[add("PILLOW", 1)]).await;
        change(&scene, &token, &[add("PILLOW", 1)]).await.unwrap();
        let mark = async |cart: &vitrine_cart::Loaded, order: &str| {
            let mut tx = scene.db.begin().await.unwrap();
            let done = vitrine_cart::Carts::ordered_in(&mut tx, &scene.store, cart, order).await.unwrap();
            tx.commit().await.unwrap();
            done
        };
        assert!(!mark(&priced.cart, "order-1").await, "it was changed since");
        let now = read(&scene, &token).await.cart;
        assert!(mark(&now, "order-1").await);
        assert!(!mark(&now, "order-2").await, "only one order");
        assert!(matches!(change(&scene, &token, &[]).await, Err(Error::NoCart)));
        let mut tx = scene.db.begin().await.unwrap();
        let back = async |tx: &mut vitrine_db::Tx, order: &str| {
            vitrine_cart::Carts::given_back_in(tx, &scene.store, now.id.as_str(), order).await.unwrap()
        };
        assert!(!back(&mut tx, "order-2").await);
        assert!(back(&mut tx, "order-1").await);
        tx.commit().await.unwrap();
        assert_eq!(read(&scene, &token).await.cart.contents, now.contents);
        let levels = Inventory::levels(&scene.db, &scene.store, &[scene::sku("PILLOW")]).await.unwrap();
        assert_eq!(levels.values().next().unwrap().free, 10, "a cart holds no stock");
    })
    .await;
}
