//! What a shop begins with, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod shop;

use shop::{MODULES, NOW, Shop, at, sku, write};
use vitrine_db::testing::for_each_backend;
use vitrine_inventory::AdjustmentKind::Count;
use vitrine_inventory::{Error, Inventory, Location, Opened, Opening};

fn opening(what: &str, place: &str, pieces: i64) -> Opening {
    Opening { sku: sku(what), location: at(place), pieces, backorder: 0, low_at: 2 }
}

async fn open(shop: &Shop, locations: &[Location], openings: &[Opening]) -> Result<Opened, Error> {
    let mut tx = shop.db.begin().await.unwrap();
    let opened = Inventory::open_in(&mut tx, &shop.store, locations, openings, &write()).await?;
    tx.commit().await.unwrap();
    Ok(opened)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_never_written_over() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.adjust("june", Count, &[("A", "berlin", 3)]).await.unwrap();
        let osaka = Location { id: at("osaka"), name: "Osaka".into(), priority: 9 };
        let renamed = Location { id: at("berlin"), name: "Elsewhere".into(), priority: 7 };
        let locations = [renamed, osaka];
        let openings = [opening("A", "berlin", 50), opening("A", "osaka", 4), opening("B", "berlin", 8)];
        let opened = open(&shop, &locations, &openings).await.unwrap();
        assert_eq!(opened, Opened { locations: 1, places: 2 });
        assert_eq!((shop.sums("A").await, shop.sums("B").await), ((7, 0), (8, 0)));
        let names = Inventory::locations(&db, &shop.store).await.unwrap();
        assert_eq!(
            names.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
            ["BERLIN", "LYON", "Osaka"]
        );
        shop.assert_sound().await;

        shop.reserve("r", &[("B", 8)]).await.unwrap();
        shop.commit("r").await.unwrap();
        assert_eq!(open(&shop, &locations, &openings).await.unwrap(), Opened::default());
        assert_eq!(shop.sums("B").await, (0, 0), "what was sold stays sold");
        let history = Inventory::history(&db, &shop.store, &sku("B"), NOW.plus_ms(1), 10).await.unwrap();
        let kinds: Vec<&str> = history.iter().map(|movement| movement.kind.as_str()).collect();
        assert!(kinds.contains(&"count") && kinds.contains(&"sold"), "{kinds:?}");
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_states_that_are_news_are_told() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.adjust("june", Count, &[("D", "lyon", 0)]).await.unwrap();
        let openings = [
            opening("A", "berlin", 5),
            opening("B", "berlin", 2),
            opening("C", "berlin", 0),
            opening("D", "berlin", 9),
        ];
        assert_eq!(open(&shop, &[], &openings).await.unwrap().places, 4);
        assert_eq!(shop.states("A").await, [""; 0], "it was taken to be in stock");
        assert_eq!(shop.states("B").await, ["low"]);
        assert_eq!(shop.states("C").await, ["out"]);
        assert_eq!(shop.states("D").await, ["out", "in"]);
        shop.adjust("july", Count, &[("A", "berlin", 0)]).await.unwrap();
        assert_eq!(shop.states("A").await, ["out"]);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_open_a_place_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let shop = shop.clone();
                tokio::spawn(async move {
                    let openings = [opening("A", "berlin", 5), opening("B", "lyon", 5)];
                    open(&shop, &[], &openings).await.unwrap().places
                })
            })
            .collect();
        let mut places = 0;
        for task in tasks {
            places += task.await.unwrap();
        }
        assert_eq!((places, shop.sums("A").await, shop.sums("B").await), (2, (5, 0), (5, 0)));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        let refused = open(&shop, &[], &[opening("A", "berlin", -1)]).await;
        assert!(matches!(refused, Err(Error::Quantity { found: -1, .. })));
        let refused = open(&shop, &[], &[opening("A", "osaka", 1)]).await;
        assert!(matches!(refused, Err(Error::UnknownLocation(_))));
        let refused = open(&shop, &[], &[opening("A", "berlin", 1), opening("A", "berlin", 2)]).await;
        assert!(matches!(refused, Err(Error::Twice { .. })));
        assert_eq!(shop.stock("A").await, []);
    })
    .await;
}
