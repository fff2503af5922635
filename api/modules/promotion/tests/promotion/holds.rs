//! Uses are held, committed, given back and run out, and each step may be repeated.

use vitrine_db::testing::for_each_backend;
use vitrine_pricing::{Exhausted, Limits};
use vitrine_promotion::{Active, Committed, Error, Held, Holding, MODULE, Promotions};

use super::world::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_becomes_a_use_or_is_given_back() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let ten = of_promotion("ten");
        let uses = [limited(ten.clone(), Some(2), None)];
        assert_eq!(hold(&db, "a", "o1", "ann", &uses).await, Held::All);
        assert_eq!(hold(&db, "a", "o2", "bob", &uses).await, Held::All);
        let refused = Held::Refused { limited: ten.clone(), how: Exhausted::InAll };
        assert_eq!(hold(&db, "a", "o3", "cyd", &uses).await, refused);
        assert_eq!(
            hold(&db, "other", "o3", "cyd", &uses).await,
            Held::All,
            "another store counts for itself"
        );
        assert_eq!(commit(&db, "a", "o1").await, Committed { committed: 1, lost: vec![] });
        assert_eq!(release(&db, "a", "o2").await, 1);
        assert_eq!(taken(&promotions, "a", &ten).await, 1);
        assert_eq!(hold(&db, "a", "o3", "cyd", &uses).await, Held::All);
        assert_eq!(release(&db, "a", "o1").await, 1, "an order that no longer stands uses nothing");
        assert_eq!(taken(&promotions, "a", &ten).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_a_limit_in_all_is_counted_too() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, clock) = door(&db);
        let (free, own) = (of_coupon("FREE"), of_coupon("OWN"));
        let uses = [
            limited(free.clone(), None, None),
            limited(own.clone(), None, Some(1)),
            limited(of_promotion("ten"), None, None),
        ];
        for (order, customer) in [("o1", "ann"), ("o1", "ann"), ("o2", "bob"), ("o3", "cyd"), ("o4", "dan")] {
            assert_eq!(hold(&db, "a", order, customer, &uses).await, Held::All);
        }
        assert_eq!([taken(&promotions, "a", &free).await, taken(&promotions, "a", &own).await], [4, 4]);
        assert_eq!(taken(&promotions, "a", &of_promotion("ten")).await, 0);
        assert_eq!(commit(&db, "a", "o1").await.committed, 2);
        assert_eq!(release(&db, "a", "o2").await, 2);
        clock.advance_ms(MINUTES_15);
        assert_eq!(promotions.expire().await.unwrap(), 4);
        assert_eq!([taken(&promotions, "a", &free).await, taken(&promotions, "a", &own).await], [1, 1]);
        assert_eq!(commit(&db, "a", "o3").await, Committed { committed: 2, lost: vec![] }, "late money");
        let one = [limited(free.clone(), Some(1), None)];
        assert_eq!(hold(&db, "a", "o5", "eve", &one).await, Held::All, "a new limit counts from now on");
        assert_eq!(taken(&promotions, "a", &free).await, 3);
        assert_eq!(taken(&promotions, "other", &free).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_a_step_changes_nothing() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, clock) = door(&db);
        let ten = of_promotion("ten");
        let uses = [limited(ten.clone(), Some(3), Some(2)), limited(of_coupon("ONE"), Some(1), None)];
        for _ in 0..3 {
            assert_eq!(hold(&db, "a", "o1", "ann", &uses).await, Held::All);
        }
        assert_eq!(taken(&promotions, "a", &ten).await, 1);
        for _ in 0..3 {
            assert_eq!(commit(&db, "a", "o1").await.committed, 2);
        }
        clock.advance_ms(MINUTES_15);
        assert_eq!(promotions.expire().await.unwrap(), 0, "what is committed does not run out");
        assert_eq!(hold(&db, "a", "o1", "ann", &uses).await, Held::All);
        assert_eq!(taken(&promotions, "a", &ten).await, 1);
        assert_eq!([release(&db, "a", "o1").await, release(&db, "a", "o1").await], [2, 0]);
        assert_eq!(commit(&db, "a", "o1").await.committed, 0, "what was given back stays so");
        assert_eq!(taken(&promotions, "a", &ten).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_leaves_nothing_even_if_the_transaction_goes_on() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let (free, full) = (of_coupon("FREE"), of_promotion("full"));
        hold(&db, "a", "o1", "ann", &[limited(full.clone(), Some(1), None)]).await;
        let uses = [limited(full.clone(), Some(1), None), limited(free.clone(), Some(5), Some(1))];
        let mut tx = db.begin().await.unwrap();
        let holding = Holding { order: "o2", customer: "bob", uses: &uses, ends_at: NOW.plus_ms(1) };
        let held = Promotions::hold_in(&mut tx, &store("a"), &holding).await.unwrap();
        assert_eq!(held, Held::Refused { limited: full, how: Exhausted::InAll });
        tx.commit().await.unwrap();
        assert_eq!(taken(&promotions, "a", &free).await, 0);
        assert_eq!(commit(&db, "a", "o2").await, Committed::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_has_a_limit_of_her_own() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, _) = door(&db);
        let ten = of_promotion("ten");
        let uses = [limited(ten.clone(), None, Some(1))];
        assert_eq!(hold(&db, "a", "o1", "ann", &uses).await, Held::All);
        let refused = Held::Refused { limited: ten.clone(), how: Exhausted::ForCustomer };
        assert_eq!(hold(&db, "a", "o2", "ann", &uses).await, refused);
        assert_eq!(hold(&db, "a", "o3", "bob", &uses).await, Held::All);
        let mut tx = db.begin().await.unwrap();
        let holding = Holding { order: "o4", customer: "", uses: &uses, ends_at: NOW };
        let nobody = Promotions::hold_in(&mut tx, &store("a"), &holding).await;
        assert!(matches!(nobody, Err(Error::NoCustomer(what)) if what == "promotion:ten"));
        tx.rollback().await.unwrap();

        let mut active = Active::default();
        let limits = Limits { total: None, per_customer: Some(1) };
        active.promotions =
            vec![std::sync::Arc::new(vitrine_pricing::Promotion { limits, ..promotion("ten") })];
        for (customer, used) in [(Some("ann"), true), (Some("cyd"), false), (None, false)] {
            let exhausted = promotions.exhausted(&store("a"), &active, customer).await.unwrap();
            assert_eq!(exhausted.get(&ten), used.then_some(&Exhausted::ForCustomer), "{customer:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_runs_out_and_late_money_takes_it_again_if_it_can() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, clock) = door(&db);
        let ten = of_promotion("ten");
        let uses = [limited(ten.clone(), Some(1), Some(1))];
        hold(&db, "a", "o1", "ann", &uses).await;
        clock.advance_ms(MINUTES_15 - 1);
        assert_eq!(promotions.expire().await.unwrap(), 0);
        clock.advance_ms(1);
        assert_eq!([promotions.expire().await.unwrap(), promotions.expire().await.unwrap()], [1, 0]);
        assert_eq!(taken(&promotions, "a", &ten).await, 0);
        assert_eq!(commit(&db, "a", "o1").await, Committed { committed: 1, lost: vec![] });
        assert_eq!(taken(&promotions, "a", &ten).await, 1);

        release(&db, "a", "o1").await;
        hold(&db, "a", "o2", "bob", &uses).await;
        promotions.expire().await.unwrap();
        assert_eq!(hold(&db, "a", "o3", "cyd", &uses).await, Held::All);
        assert_eq!(commit(&db, "a", "o2").await, Committed { committed: 0, lost: vec![ten.clone()] });
        assert_eq!(taken(&promotions, "a", &ten).await, 1);
        assert_eq!(release(&db, "a", "o2").await, 0);
        assert_eq!(commit(&db, "a", "o3").await.committed, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_holds_run_out_in_batches() {
    for_each_backend(&[&MODULE], async |db| {
        let (promotions, clock) = door(&db);
        let ten = of_promotion("ten");
        let uses = [limited(ten.clone(), Some(1_000), Some(5)), limited(of_coupon("C"), Some(1_000), None)];
        for number in 0..60 {
            hold(&db, "a", &format!("o{number}"), &format!("c{}", number % 20), &uses).await;
        }
        clock.advance_ms(MINUTES_15);
        let rounds = [promotions.expire().await, promotions.expire().await, promotions.expire().await];
        assert_eq!(rounds.map(Result::unwrap), [100, 20, 0]);
        assert_eq!(taken(&promotions, "a", &ten).await, 0);
    })
    .await;
}
