//! Adjustments, rules and the audit, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod shop;

use shop::{MODULES, NOW, Shop, at, id, sku, write};
use vitrine_db::testing::for_each_backend;
use vitrine_inventory::AdjustmentKind::{Correct, Count, Receive, Return};
use vitrine_inventory::{Discrepancy, Error, Inventory, Location, StockQuery, StockState};

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_changes_what_is_on_hand() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        for (name, kind, quantity, on_hand) in [
            ("in-1", Receive, 10, 10),
            ("broken", Correct, -3, 7),
            ("found", Correct, 1, 8),
            ("back", Return, 2, 10),
            ("june", Count, 6, 6),
            ("july", Count, 6, 6),
        ] {
            let adjusted = shop.adjust(name, kind, &[("A", "berlin", quantity)]).await.unwrap();
            assert!(adjusted.first);
            assert_eq!(adjusted.stock[0].on_hand, on_hand, "{name}");
            assert_eq!(adjusted.stock, shop.stock("A").await, "{name}");
        }
        let history = Inventory::history(&db, &shop.store, &sku("A"), NOW.plus_ms(1), 10).await.unwrap();
        assert_eq!(history.iter().map(|movement| movement.quantity).sum::<i64>(), 6);
        assert_eq!(history.len(), 6);
        assert!(history.iter().all(|movement| movement.reason == "a test" && movement.by == "tester"));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_adjustment_counts_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        let lines = [("A", "berlin", 4), ("B", "lyon", 4)];
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let shop = shop.clone();
                tokio::spawn(async move { shop.adjust("in-1", Receive, &lines).await.unwrap().first })
            })
            .collect();
        let mut first = 0;
        for task in tasks {
            first += i32::from(task.await.unwrap());
        }
        assert_eq!(first, 1);
        assert_eq!((shop.sums("A").await, shop.sums("B").await), ((4, 0), (4, 0)));
        assert!(shop.adjust("in-1", Return, &lines).await.unwrap().first, "another kind is another thing");
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_adjustment_names_its_fault_and_changes_nothing() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 4)]).await;
        type Lines = &'static [(&'static str, &'static str, i64)];
        let wrong: &[(_, Lines, &str)] = &[
            (Receive, &[("A", "berlin", 0)], "quantity of A must be 1 to 1000000 (found 0)"),
            (Return, &[("A", "berlin", -1)], "quantity of A must be 1 to 1000000 (found -1)"),
            (Count, &[("A", "berlin", -1)], "quantity of A must be 0 to 1000000 (found -1)"),
            (Correct, &[("A", "berlin", 0)], "quantity of A must be -1000000 to 1000000 and not 0 (found 0)"),
            (Correct, &[("A", "berlin", -5)], "A at berlin has 4 on hand, which can't change by -5"),
            (Receive, &[("A", "oslo", 1)], "there is no location oslo"),
            (Receive, &[("A", "berlin", 1), ("A", "berlin", 2)], "A at berlin is there twice"),
            (Receive, &[], "lines must not be empty"),
        ];
        for (kind, lines, message) in wrong {
            let refused = shop.adjust("x", *kind, lines).await.unwrap_err().to_string();
            assert_eq!(&refused, message);
        }
        let refused = shop.adjust("", Receive, &[("A", "berlin", 1)]).await.unwrap_err().to_string();
        assert!(refused.starts_with("id must be 1 to 200 characters long"), "{refused}");
        assert_eq!(shop.sums("A").await, (4, 0));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_below_what_is_held_is_believed() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 5)]).await;
        shop.reserve("r1", &[("A", 4)]).await.unwrap();
        let counted = shop.adjust("june", Count, &[("A", "berlin", 2)]).await.unwrap();
        assert_eq!((counted.stock[0].on_hand, counted.stock[0].reserved, counted.stock[0].free()), (2, 4, 0));
        assert!(matches!(shop.reserve("r2", &[("A", 1)]).await, Err(Error::Short(_))));
        shop.commit("r1").await.unwrap();
        assert_eq!(shop.sums("A").await, (-2, 0), "two are owed");
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_is_given_back_once_to_where_it_came_from() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 1), ("A", "lyon", 2)]).await;
        shop.reserve("r1", &[("A", 3)]).await.unwrap();
        let restock = async || {
            let mut tx = db.begin().await.unwrap();
            let done =
                Inventory::restock_in(&mut tx, &shop.store, &id("r1"), "cancelled", "tester", &write()).await;
            tx.commit().await.unwrap();
            done
        };
        assert!(matches!(restock().await, Err(Error::Ended { .. })), "it has not left");
        shop.commit("r1").await.unwrap();
        assert_eq!(shop.states("A").await, ["in", "out"]);
        assert!(restock().await.unwrap().first);
        assert!(!restock().await.unwrap().first);
        assert_eq!(shop.stock("A").await.iter().map(|row| row.on_hand).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(shop.states("A").await, ["in", "out", "in"]);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_change_the_state_too() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 3), ("A", "lyon", 3)]).await;
        shop.rule("A", "berlin", 0, 2).await;
        assert_eq!(shop.states("A").await, ["in"]);
        shop.rule("A", "lyon", 0, 4).await;
        assert_eq!(shop.states("A").await, ["in", "low"]);
        assert_eq!(shop.events(Inventory::RAN_LOW).await.len(), 1);
        let low = Inventory::low(&db, &shop.store, 10).await.unwrap();
        assert_eq!(low.iter().map(|row| row.location.as_str()).collect::<Vec<_>>(), ["lyon"]);
        shop.adjust("gone", Count, &[("A", "berlin", 0), ("A", "lyon", 0)]).await.unwrap();
        shop.rule("A", "lyon", 5, 0).await;
        assert_eq!(shop.states("A").await, ["in", "low", "out", "backorder"]);
        let levels = Inventory::levels(&db, &shop.store, &[sku("A"), sku("NONE")]).await.unwrap();
        assert_eq!(levels.len(), 1, "what inventory does not know is absent");
        assert_eq!(levels[&sku("A")].state(), StockState::Backorder);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn locations_are_listed_as_they_are_drawn_from() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 1), ("A", "lyon", 1)]).await;
        let mut tx = db.begin().await.unwrap();
        let lyon = Location { id: at("lyon"), name: "Lyon".into(), priority: 0 };
        Inventory::put_location_in(&mut tx, &shop.store, &lyon).await.unwrap();
        let unnamed = Location { name: String::new(), ..lyon.clone() };
        assert!(Inventory::put_location_in(&mut tx, &shop.store, &unnamed).await.is_err());
        tx.commit().await.unwrap();
        let locations = Inventory::locations(&db, &shop.store).await.unwrap();
        assert_eq!(locations[0], lyon);
        assert_eq!(shop.reserve("r1", &[("A", 1)]).await.unwrap().draws[0].location, at("lyon"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_finds_what_was_tampered_with() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 5), ("B", "berlin", 5), ("C", "berlin", 1)]).await;
        shop.reserve("r1", &[("A", 2)]).await.unwrap();
        shop.assert_sound().await;
        let mut tx = db.begin().await.unwrap();
        for statement in [
            "UPDATE inventory_stock SET reserved = 1 WHERE sku = 'A'",
            "UPDATE inventory_stock SET on_hand = 6 WHERE sku = 'B'",
            "UPDATE inventory_state SET state = 'out' WHERE sku = 'C'",
        ] {
            sqlx::query(statement).execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let found = Inventory::audit(&db, &shop.store).await.unwrap();
        let told: Vec<String> = found.iter().map(Discrepancy::to_string).collect();
        assert_eq!(
            told,
            [
                "A at berlin: 1 reserved, but reservations hold 2",
                "B at berlin: 6 on hand, but movements add up to 5",
                "C: told to be 'out', but is 'in'",
            ]
        );
        let mut tx = db.begin().await.unwrap();
        sqlx::query("DELETE FROM inventory_stock").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(Inventory::audit(&db, &shop.store).await.unwrap().len(), 4, "rows that are gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_read_page_by_page() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        let lines = [("B", "lyon", 1), ("A", "lyon", 9), ("A", "berlin", 2), ("a-2", "berlin", 5)];
        shop.receive(&lines).await;
        shop.rule("A", "berlin", 0, 2).await;
        let read = async |which: StockQuery| -> Vec<String> {
            let found = Inventory::places(&db, &shop.store, &which).await.unwrap();
            found.iter().map(|row| format!("{}@{}", row.sku, row.location)).collect()
        };
        let all = StockQuery { limit: 10, ..StockQuery::default() };
        let whole = read(all.clone()).await;
        assert_eq!(whole.len(), 4);
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let page = StockQuery { limit: 1, after: after.clone(), ..StockQuery::default() };
            let Some(row) = Inventory::places(&db, &shop.store, &page).await.unwrap().pop() else { break };
            paged.push(format!("{}@{}", row.sku, row.location));
            after = Some((row.sku, row.location));
        }
        assert_eq!(paged, whole);
        assert_eq!(read(StockQuery { low: true, ..all.clone() }).await, ["A@berlin"]);
        let at_lyon = StockQuery { location: Some(at("lyon")), ..all };
        assert_eq!(read(at_lyon).await, ["A@lyon", "B@lyon"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_tells_what_was_there_before() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        let first = shop.adjust("a", Receive, &[("A", "berlin", 3)]).await.unwrap();
        assert_eq!((first.before.len(), first.stock[0].on_hand), (0, 3));
        let second = shop.adjust("b", Count, &[("A", "berlin", 1)]).await.unwrap();
        assert_eq!((second.before[0].on_hand, second.stock[0].on_hand), (3, 1));
        assert_eq!(second.before[0].version + 1, second.stock[0].version);
    })
    .await;
}
