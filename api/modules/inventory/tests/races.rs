//! Many at once: exactly what is there is sold, whoever comes, gives up or is late.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod shop;

use std::future::Future;

use shop::{MINUTE, MODULES, NOW, Shop};
use tokio::task::JoinSet;
use vitrine_db::testing::for_each_backend;
use vitrine_inventory::AdjustmentKind::Receive;
use vitrine_inventory::{Error, Inventory, Reservation};

/// Runs all at once and returns what they returned.
async fn all<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut set = JoinSet::new();
    for task in tasks {
        set.spawn(task);
    }
    set.join_all().await
}

/// So many buyers, each with a cart of its own; returns how many got what they wanted.
async fn buy(shop: &Shop, buyers: usize, cart: impl Fn(usize) -> Vec<(&'static str, i64)>) -> usize {
    let tasks = (0..buyers).map(|buyer| {
        let (shop, cart) = (shop.clone(), cart(buyer));
        async move { shop.reserve(&format!("buyer-{buyer}"), &cart).await }
    });
    all(tasks).await.into_iter().filter(got_them).count()
}

fn got_them(got: &Result<Reservation, Error>) -> bool {
    match got {
        Ok(_) => true,
        Err(Error::Short(_)) => false,
        Err(error) => panic!("{error}"),
    }
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // Constants of Knuth's MMIX generator; its upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_and_500_buyers_of_10_pieces_exactly_10_get_one() {
    for_each_backend(MODULES, async |db| {
        for buyers in [50, 500] {
            let shop = Shop::open(&db, &format!("for-{buyers}")).await;
            shop.receive(&[("A", "berlin", 7), ("A", "lyon", 3)]).await;
            assert_eq!(buy(&shop, buyers, |_| vec![("A", 1)]).await, 10);
            assert_eq!((shop.sums("A").await, shop.left("A").await), ((10, 10), 0));
            assert_eq!(shop.states("A").await, ["in", "out"]);
            shop.assert_sound().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_lines_of_a_cart_share_stock() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 10)]).await;
        assert_eq!(buy(&shop, 50, |_| vec![("A", 1), ("A", 2)]).await, 3);
        assert_eq!(shop.sums("A").await, (10, 9));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bundles_share_their_parts_and_nobody_waits_in_a_circle() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("BED", "berlin", 10), ("PILLOW", "lyon", 20), ("SHEET", "lyon", 100)]).await;
        // A set is a bed, two pillows and a sheet; others buy the parts alone, named in any order.
        let cart = |buyer: usize| match buyer % 3 {
            0 => vec![("BED", 1), ("PILLOW", 2), ("SHEET", 1)],
            1 => vec![("SHEET", 1), ("PILLOW", 2), ("BED", 1)],
            _ => vec![("PILLOW", 2), ("BED", 1)],
        };
        assert_eq!(buy(&shop, 120, cart).await, 10);
        assert_eq!((shop.sums("BED").await, shop.sums("PILLOW").await), ((10, 10), (20, 20)));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_reservation_asked_for_fifty_times_is_one() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 2), ("A", "lyon", 100)]).await;
        let tasks = (0..50).map(|_| {
            let shop = shop.clone();
            async move { shop.reserve("same", &[("A", 3)]).await.unwrap() }
        });
        let got = all(tasks).await;
        assert!(got.iter().all(|reservation| *reservation == got[0]));
        assert_eq!(shop.sums("A").await, (102, 3));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commit_release_and_expiry_of_one_reservation_end_it_once() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        shop.receive(&[("A", "berlin", 500), ("B", "lyon", 500)]).await;
        let mut sold = 0;
        for round in 0..25 {
            let name = format!("r-{round}");
            shop.reserve_until(&name, &[("A", 2), ("B", 1)], NOW.plus_ms(1)).await.unwrap();
            let tasks = (0..9).map(|hand| {
                let (shop, name) = (shop.clone(), name.clone());
                async move {
                    match (hand + round) % 3 {
                        0 => shop.commit(&name).await.is_ok_and(|settled| settled.first).then_some("sold"),
                        1 => shop.release(&name).await.is_ok_and(|settled| settled.first).then_some("back"),
                        _ => {
                            let ended = Inventory::expire(&shop.db, NOW.plus_ms(MINUTE), 10).await.unwrap();
                            (!ended.is_empty()).then_some("over")
                        }
                    }
                }
            });
            let ends: Vec<&str> = all(tasks).await.into_iter().flatten().collect();
            assert_eq!(ends.len(), 1, "{ends:?}");
            sold += i64::from(ends == ["sold"]);
        }
        assert_eq!((shop.sums("A").await, shop.sums("B").await), ((500 - 2 * sold, 0), (500 - sold, 0)));
        shop.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_at_once_no_piece_is_lost_or_made() {
    const HANDS: u64 = 12;
    const STEPS: u64 = 40;
    const SKUS: [&str; 4] = ["A", "B", "C", "D"];
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, "nimbus").await;
        for what in SKUS {
            shop.receive(&[(what, "berlin", 20), (what, "lyon", 15)]).await;
            shop.rule(what, "lyon", 5, 4).await;
        }
        let tasks = (0..HANDS).map(|hand| {
            let shop = shop.clone();
            async move {
                let (mut dice, mut received, mut sold) = (Dice(hand + 1), 0, 0);
                for step in 0..STEPS {
                    // Some reservations of other hands, some of one's own; some are not there.
                    let (whose, which) = (dice.roll(HANDS), dice.roll(step + 1));
                    let (mine, other) = (format!("r-{hand}-{step}"), format!("r-{whose}-{which}"));
                    match dice.roll(10) {
                        0..=4 => {
                            let (a, b) = (SKUS[dice.roll(4) as usize], SKUS[dice.roll(4) as usize]);
                            let cart = [(a, 1 + dice.roll(3) as i64), (b, 1 + dice.roll(2) as i64)];
                            _ = got_them(&shop.reserve_until(&mine, &cart, NOW.plus_ms(1)).await);
                        }
                        5 | 6 => sold += first(shop.commit(&other).await),
                        7 => _ = first(shop.release(&other).await),
                        8 => _ = Inventory::expire(&shop.db, NOW.plus_ms(MINUTE), 3).await.unwrap(),
                        _ => {
                            let what = SKUS[dice.roll(4) as usize];
                            let place = if dice.roll(2) == 0 { "berlin" } else { "lyon" };
                            shop.adjust(&mine, Receive, &[(what, place, 2)]).await.unwrap();
                            received += 2;
                        }
                    }
                }
                (received, sold)
            }
        });
        let auditor = tokio::spawn({
            let shop = shop.clone();
            async move {
                for _ in 0..10 {
                    shop.assert_sound().await;
                }
            }
        });
        let done = all(tasks).await;
        auditor.await.unwrap();
        shop.assert_sound().await;
        let (received, sold) = done.iter().fold((0, 0), |(r, s), (dr, ds)| (r + dr, s + ds));
        assert!(sold > 0 && received > 0, "the dice never fell so");
        while !Inventory::expire(&db, NOW.plus_ms(MINUTE), 100).await.unwrap().is_empty() {}
        let mut on_hand = 0;
        for what in SKUS {
            let (there, reserved) = shop.sums(what).await;
            assert_eq!(reserved, 0, "no reservation is left over");
            on_hand += there;
        }
        assert_eq!(on_hand, 4 * 35 + received - sold);
        shop.assert_sound().await;
    })
    .await;
}

/// Pieces that a settlement moved, if it was the first and there was something to settle.
fn first(settled: Result<vitrine_inventory::Settled, Error>) -> i64 {
    match settled {
        Ok(settled) if settled.first => settled.reservation.pieces().values().sum(),
        Ok(_) | Err(Error::Unknown(_) | Error::Ended { .. }) => 0,
        Err(error) => panic!("{error}"),
    }
}
