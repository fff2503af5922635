//! Reservations from beginning to end, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod shop;

use shop::{MINUTE, MODULES, NOW, Shop, id, sku};
use vitrine_core::StoreId;
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_inventory::{Error, Inventory, ReservationState, StockState};

async fn expire(db: &Db, after_ms: i64, limit: u32) -> Vec<String> {
    let expired = Inventory::expire(db, NOW.plus_ms(after_ms), limit).await.unwrap();
    expired.into_iter().map(|(store, reservation)| format!("{store}/{}", reservation.id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_are_held_and_then_leave() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 3), ("B", "lyon", 5)]).await;
        let held = shop.reserve("r1", &[("B", 1), ("A", 2), ("B", 1)]).await.unwrap();
        assert_eq!((held.owner.as_str(), held.state), ("order-1", ReservationState::Held));
        assert_eq!(held.pieces(), [(sku("A"), 2), (sku("B"), 2)].into());
        assert_eq!((shop.sums("A").await, shop.sums("B").await), ((3, 2), (5, 2)));
        shop.assert_sound().await;

        let settled = shop.commit("r1").await.unwrap();
        assert!(settled.first && settled.reservation.state == ReservationState::Committed);
        assert_eq!((shop.sums("A").await, shop.sums("B").await), ((1, 0), (3, 0)));
        let history = Inventory::history(&db, &shop.store, &sku("A"), NOW.plus_ms(1), 10).await.unwrap();
        let lines: Vec<_> = history.iter().map(|m| (m.kind.as_str(), m.quantity, m.by.as_str())).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.contains(&("sold", -2, "order-1")) && lines.contains(&("receive", 3, "tester")));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_held_or_nothing_and_the_refusal_says_what_is_left() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 3), ("A", "lyon", 1), ("B", "lyon", 1), ("C", "lyon", 9)]).await;
        let refused = shop.reserve("r1", &[("C", 1), ("A", 3), ("A", 2), ("B", 2), ("NONE", 1)]).await;
        let text = refused.as_ref().unwrap_err().to_string();
        assert_eq!(
            text,
            "A has 4 left (asked for 5); B has 1 left (asked for 2); NONE has 0 left (asked for 1)"
        );
        let Err(Error::Short(short)) = refused else { panic!("{refused:?}") };
        assert_eq!(short.iter().map(|s| (s.sku.as_str(), s.left)).collect::<Vec<_>>()[0], ("A", 4));
        assert_eq!((shop.sums("A").await, shop.sums("C").await), ((4, 0), (9, 0)));
        assert_eq!(Inventory::reservation(&db, &shop.store, &id("r1")).await.unwrap(), None);
        assert!(shop.reserve("r1", &[("A", 4), ("B", 1)]).await.is_ok(), "the id is still free");
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_location_is_drawn_from_and_a_line_is_split() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 2), ("A", "lyon", 5)]).await;
        shop.reserve("r1", &[("A", 1)]).await.unwrap();
        let split = shop.reserve("r2", &[("A", 3)]).await.unwrap();
        let places: Vec<_> = split.draws.iter().map(|d| (d.location.as_str(), d.quantity)).collect();
        assert_eq!(places, [("berlin", 1), ("lyon", 2)]);
        shop.commit("r2").await.unwrap();
        let left: Vec<_> =
            shop.stock("A").await.iter().map(|s| (s.location.to_string(), s.on_hand, s.reserved)).collect();
        assert_eq!(left, [("berlin".to_owned(), 1, 1), ("lyon".to_owned(), 3, 0)]);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_reserves_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 2), ("B", "berlin", 9)]).await;
        let first = shop.reserve("r1", &[("A", 2), ("B", 1)]).await.unwrap();
        assert_eq!(shop.reserve("r1", &[("B", 1), ("A", 2)]).await.unwrap(), first, "the pieces are its own");
        let small = shop.reserve("r2", &[("B", 1)]).await.unwrap();
        assert_eq!(shop.reserve("r2", &[("B", 1)]).await.unwrap(), small, "enough would be left");
        assert_eq!(shop.sums("B").await, (9, 2));
        let other = shop.reserve("r2", &[("B", 2)]).await;
        assert!(matches!(other, Err(Error::Reused(_))), "{other:?}");
        shop.release("r2").await.unwrap();
        let ended = shop.reserve("r2", &[("B", 1)]).await;
        assert!(matches!(ended, Err(Error::Ended { state: ReservationState::Released, .. })), "{ended:?}");
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_once_and_final() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 5)]).await;
        shop.reserve("sold", &[("A", 1)]).await.unwrap();
        shop.reserve("back", &[("A", 2)]).await.unwrap();
        for first in [true, false] {
            assert_eq!(shop.commit("sold").await.unwrap().first, first);
            assert_eq!(shop.release("back").await.unwrap().first, first);
        }
        assert!(matches!(
            shop.release("sold").await,
            Err(Error::Ended { state: ReservationState::Committed, .. })
        ));
        assert!(matches!(
            shop.commit("back").await,
            Err(Error::Ended { state: ReservationState::Released, .. })
        ));
        for unknown in [shop.commit("none").await, shop.release("none").await] {
            assert!(matches!(unknown, Err(Error::Unknown(_))), "{unknown:?}");
        }
        assert_eq!(shop.sums("A").await, (4, 0));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_ends_at_its_time_oldest_first() {
    for_each_backend(MODULES, async |db| {
        let (shop, other) = (Shop::open(&db, "nimbus").await, Shop::open(&db, "other").await);
        for shop in [&shop, &other] {
            shop.receive(&[("A", "berlin", 4), ("A", "lyon", 4)]).await;
            shop.reserve_until("early", &[("A", 3)], NOW.plus_ms(MINUTE)).await.unwrap();
            shop.reserve_until("late", &[("A", 3)], NOW.plus_ms(2 * MINUTE)).await.unwrap();
        }
        assert_eq!(expire(&db, MINUTE - 1, 10).await, [""; 0]);
        assert_eq!(expire(&db, 2 * MINUTE, 2).await, ["nimbus/early", "other/early"]);
        assert_eq!(shop.sums("A").await, (8, 3));
        // Its time is over, but nobody has taken the pieces back yet.
        assert!(shop.commit("late").await.unwrap().first);
        assert_eq!(expire(&db, 2 * MINUTE, 10).await, ["other/late"]);
        assert_eq!((shop.sums("A").await, other.sums("A").await), ((5, 0), (8, 0)));
        let paid = shop.commit("early").await;
        assert!(matches!(paid, Err(Error::Ended { state: ReservationState::Expired, .. })), "{paid:?}");
        assert!(!shop.release("early").await.unwrap().first);
        shop.assert_sound().await;
        other.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_takes_long_moves_the_end_away() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 1)]).await;
        shop.reserve_until("r1", &[("A", 1)], NOW.plus_ms(MINUTE)).await.unwrap();
        for minutes in [3, 2] {
            let mut tx = db.begin().await.unwrap();
            let until = NOW.plus_ms(minutes * MINUTE);
            Inventory::extend_in(&mut tx, &shop.store, &id("r1"), until).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(expire(&db, 3 * MINUTE - 1, 10).await, [""; 0]);
        assert_eq!(expire(&db, 3 * MINUTE, 10).await, ["nimbus/r1"]);
        let mut tx = db.begin().await.unwrap();
        let late = Inventory::extend_in(&mut tx, &shop.store, &id("r1"), NOW.plus_ms(9 * MINUTE)).await;
        assert!(matches!(late, Err(Error::Ended { .. })), "{late:?}");
        tx.rollback().await.unwrap();
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_can_be_sold_up_to_a_limit() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 1), ("A", "lyon", 1)]).await;
        shop.rule("A", "berlin", 3, 0).await;
        let held = shop.reserve("r1", &[("A", 4)]).await.unwrap();
        assert_eq!(held.backordered(), [(sku("A"), 2)].into());
        let level = Inventory::levels(&db, &shop.store, &[sku("A")]).await.unwrap()[&sku("A")];
        assert_eq!((level.free, level.backorder_left, level.state()), (0, 1, StockState::Backorder));
        shop.commit("r1").await.unwrap();
        assert_eq!(shop.sums("A").await, (-2, 0), "two are owed");
        assert!(matches!(shop.reserve("r2", &[("A", 2)]).await, Err(Error::Short(_))));
        shop.reserve("r3", &[("A", 1)]).await.unwrap();
        shop.receive(&[("A", "berlin", 5)]).await;
        let level = Inventory::levels(&db, &shop.store, &[sku("A")]).await.unwrap()[&sku("A")];
        assert_eq!((level.free, level.backorder_left), (2, 3));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_changes_of_state_are_told() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.rule("A", "berlin", 0, 2).await;
        assert_eq!(shop.states("A").await, ["out"]);
        shop.receive(&[("A", "berlin", 5)]).await;
        for (name, pieces) in [("r1", 1), ("r2", 1), ("r3", 1), ("r4", 1)] {
            shop.reserve(name, &[("A", pieces)]).await.unwrap();
        }
        assert_eq!(shop.states("A").await, ["out", "in", "low"], "4, 3, 2 and 1 are left");
        assert_eq!(
            shop.events(Inventory::RAN_LOW).await,
            [r#"A@berlin 6 {"sku":"A","location":"berlin","free":2,"low_at":2}"#]
        );
        shop.commit("r1").await.unwrap();
        shop.reserve("r5", &[("A", 1)]).await.unwrap();
        shop.release("r5").await.unwrap();
        shop.release("r4").await.unwrap();
        shop.release("r3").await.unwrap();
        assert_eq!(shop.states("A").await, ["out", "in", "low", "out", "low", "in"]);
        let stored: (i64,) =
            sqlx::query_as("SELECT version FROM inventory_state").fetch_one(db.reader()).await.unwrap();
        assert_eq!(stored.0, 6);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_was_never_held() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 1)]).await;
        let before = shop.events(Inventory::STATE_CHANGED).await;
        let (name, lines) = (id("r1"), [(sku("A"), 1)]);
        let new = vitrine_inventory::NewReservation {
            id: &name,
            owner: "order-1",
            lines: &lines,
            until: NOW.plus_ms(MINUTE),
        };
        let mut tx = db.begin().await.unwrap();
        Inventory::reserve_in(&mut tx, &shop.store, &new, &shop::write()).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!((shop.sums("A").await, shop.left("A").await), ((1, 0), 1));
        assert_eq!(shop.events(Inventory::STATE_CHANGED).await, before);
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_with_the_same_names_are_apart() {
    for_each_backend(MODULES, async |db| {
        let (one, two) = (Shop::open(&db, "one").await, Shop::open(&db, "two").await);
        one.receive(&[("A", "berlin", 1)]).await;
        two.receive(&[("A", "berlin", 1)]).await;
        one.reserve("r1", &[("A", 1)]).await.unwrap();
        assert_eq!((one.left("A").await, two.left("A").await), (0, 1));
        two.reserve("r1", &[("A", 1)]).await.unwrap();
        one.release("r1").await.unwrap();
        two.commit("r1").await.unwrap();
        assert_eq!((one.sums("A").await, two.sums("A").await), ((1, 0), (0, 0)));
        one.assert_sound().await;
        two.assert_sound().await;
        let owned = Inventory::reservations_of(&db, &two.store, &["order-1", "nobody"]).await.unwrap();
        assert_eq!(
            owned.iter().map(|r| (r.id.as_str(), r.state.as_str())).collect::<Vec<_>>(),
            [("r1", "committed")]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_asked_for_is_refused_by_name() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 1)]).await;
        assert!(matches!(shop.reserve("r", &[]).await, Err(Error::Empty)));
        for (pieces, found) in [(0, 0), (-1, -1), (1_000_001, 1_000_001), (i64::MAX, i64::MAX)] {
            let refused = shop.reserve("r", &[("A", pieces)]).await.unwrap_err().to_string();
            assert_eq!(refused, format!("quantity of A must be 1 to 1000000 (found {found})"));
        }
        let twice = shop.reserve("r", &[("A", 1_000_000), ("A", 1_000_000)]).await.unwrap_err().to_string();
        assert_eq!(twice, "quantity of A must be 1 to 1000000 (found 2000000)");
        let past = shop.reserve_until("r", &[("A", 1)], NOW).await;
        assert!(matches!(past, Err(Error::Until { .. })), "{past:?}");
        let many: Vec<String> = (0..501).map(|n| format!("S{n}")).collect();
        let many: Vec<(&str, i64)> = many.iter().map(|name| (name.as_str(), 1)).collect();
        assert!(matches!(shop.reserve("r", &many).await, Err(Error::TooMany { found: 501, most: 500 })));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_cart_is_one_reservation() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        let names: Vec<String> = (0..500).map(|n| format!("S{n}")).collect();
        let lines: Vec<(&str, &str, i64)> = names.iter().map(|name| (name.as_str(), "lyon", 2)).collect();
        shop.receive(&lines).await;
        let lines: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        shop.reserve("r1", &lines).await.unwrap();
        shop.reserve("r2", &lines).await.unwrap();
        shop.commit("r1").await.unwrap();
        shop.release("r2").await.unwrap();
        assert_eq!((shop.sums("S0").await, shop.sums("S499").await), ((1, 0), (1, 0)));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_reservations_are_forgotten_and_held_ones_are_not() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 9)]).await;
        for name in ["a", "b", "c"] {
            shop.reserve(name, &[("A", 1)]).await.unwrap();
        }
        shop.commit("a").await.unwrap();
        shop.release("b").await.unwrap();
        assert_eq!(Inventory::prune(&db, NOW, 10).await.unwrap(), 0);
        assert_eq!(Inventory::prune(&db, NOW.plus_ms(1), 1).await.unwrap(), 1);
        assert_eq!(Inventory::prune(&db, NOW.plus_ms(1), 10).await.unwrap(), 1);
        let store = StoreId::try_new("nimbus").unwrap();
        assert!(Inventory::reservation(&db, &store, &id("c")).await.unwrap().is_some());
        shop.assert_sound().await;
    })
    .await;
}
