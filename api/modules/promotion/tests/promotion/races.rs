//! Limits hold whoever comes at once.

use std::sync::Arc;

use tokio::task::JoinSet;
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_pricing::Use;
use vitrine_promotion::{Held, MODULE};

use super::world::*;

/// So many shoppers at once, each with an order of her own; how many got it.
async fn rush(db: &Db, shoppers: usize, customers: usize, uses: &[Use]) -> usize {
    let uses: Arc<[Use]> = uses.into();
    let mut rush = JoinSet::new();
    for number in 0..shoppers {
        let (db, uses) = (db.clone(), Arc::clone(&uses));
        rush.spawn(async move {
            let (order, customer) = (format!("o{number}"), format!("c{}", number % customers));
            hold(&db, "a", &order, &customer, &uses).await == Held::All
        });
    }
    rush.join_all().await.into_iter().filter(|held| *held).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_come_for_ten() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let (automatic, code) = (of_promotion("auto"), of_coupon("TEN"));
        assert_eq!(rush(&db, 50, 50, &[limited(automatic.clone(), Some(10), None)]).await, 10);
        assert_eq!(taken(&promotions, "a", &automatic).await, 10);
        // A code's limit and its promotion's both hold, whichever is the lower.
        let uses = [limited(code.clone(), Some(10), None), limited(of_promotion("by-code"), Some(12), None)];
        assert_eq!(rush(&db, 50, 50, &uses).await, 10);
        assert_eq!(taken(&promotions, "a", &code).await, 10);
        assert_eq!(
            taken(&promotions, "a", &of_promotion("by-code")).await,
            10,
            "who was refused holds nothing"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_comes_many_times() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let once = limited(of_promotion("once"), None, Some(1));
        assert_eq!(rush(&db, 50, 5, &[once]).await, 5);
        let both = limited(of_promotion("both"), Some(7), Some(2));
        assert_eq!(rush(&db, 50, 5, &[both]).await, 7);
        assert_eq!(taken(&promotions, "a", &of_promotion("both")).await, 7);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_placed_many_times_uses_it_once() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let ten = of_promotion("ten");
        let uses: Arc<[Use]> = [limited(ten.clone(), Some(10), Some(1))].into();
        let mut rush = JoinSet::new();
        for _ in 0..30 {
            let (db, uses) = (db.clone(), Arc::clone(&uses));
            rush.spawn(async move { hold(&db, "a", "o1", "ann", &uses).await == Held::All });
        }
        assert!(rush.join_all().await.into_iter().all(|held| held));
        assert_eq!(taken(&promotions, "a", &ten).await, 1);
    })
    .await;
}

/// Orders are held, paid, cancelled and run out at once, in every combination; nobody waits for ever, and counters
/// and holds agree at the end.
#[tokio::test(flavor = "multi_thread")]
async fn everything_at_once_leaves_counters_that_agree() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, clock) = door(&db);
        let uses: Arc<[Use]> = [
            limited(of_promotion("a"), Some(8), Some(2)),
            limited(of_coupon("B"), Some(6), None),
            limited(of_promotion("z"), None, Some(3)),
        ]
        .into();
        clock.advance_ms(MINUTES_15 + 1);
        let mut rush = JoinSet::new();
        for number in 0..120usize {
            let (db, uses, promotions) = (db.clone(), Arc::clone(&uses), promotions.clone());
            rush.spawn(async move {
                let (order, customer) = (format!("o{}", number % 20), format!("c{}", number % 4));
                match number % 5 {
                    0 | 1 => drop(hold(&db, "a", &order, &customer, &uses).await),
                    2 => drop(commit(&db, "a", &order).await),
                    3 => drop(release(&db, "a", &order).await),
                    _ => drop(promotions.expire().await.unwrap()),
                }
            });
        }
        rush.join_all().await;
        assert!(taken(&promotions, "a", &of_promotion("a")).await <= 8);
        assert!(taken(&promotions, "a", &of_coupon("B")).await <= 6);
        for number in 0..20 {
            release(&db, "a", &format!("o{number}")).await;
        }
        assert_eq!(taken(&promotions, "a", &of_promotion("a")).await, 0);
    })
    .await;
}
