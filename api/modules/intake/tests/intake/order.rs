//! Crashes, retries and the order of a store's deliveries.

use std::time::Duration;

use vitrine_intake::State;

use crate::shop::{first_items, items, prices, product};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_receiving_and_importing_loses_nothing() {
    World::each(async |world| {
        world.send(&first_items("d-1", &[product("a", "1")])).await.unwrap();
        let next = world.restarted();
        assert_eq!(next.work().await.unwrap(), 1);
        assert_eq!(world.state("d-1").await, (State::Done, 1));
        assert_eq!(prices(&world.db, "tiny").await.len(), 1);
    })
    .await;
}

/// Puts the row into the state a killed process leaves it in.
async fn as_if_killed(world: &World, id: &str, attempts: i64) {
    let mut tx = world.db.begin().await.unwrap();
    let until = vitrine_core::Clock::now(&*world.clock).plus_ms(60_000);
    sqlx::query("UPDATE intake_delivery SET state = 'running', owner = 'dead', attempts = $1, due_at = $2 WHERE id = $3")
        .bind(attempts)
        .bind(until.ms())
        .bind(id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_is_taken_over_after_a_minute() {
    World::each(async |world| {
        world.send(&first_items("d-1", &[product("a", "1")])).await.unwrap();
        as_if_killed(&world, "d-1", 1).await;
        world.clock.advance_ms(59_999);
        assert_eq!(world.work().await, 0, "it may still be at work");
        world.clock.advance_ms(1);
        assert_eq!(world.work().await, 1);
        assert_eq!(world.state("d-1").await, (State::Done, 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_kills_its_process_is_given_up() {
    World::each(async |world| {
        world.send(&first_items("poison", &[product("a", "1")])).await.unwrap();
        world.send(&first_items("good", &[product("b", "1")])).await.unwrap();
        as_if_killed(&world, "poison", 6).await;
        world.clock.advance_ms(60_000);
        assert_eq!(world.work().await, 2);
        let poison = world.delivery("poison").await;
        assert_eq!(poison.state, State::Failed);
        assert!(poison.error.unwrap().contains("no attempt came to an end (6 began)"));
        assert_eq!(world.state("good").await, (State::Done, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_price_is_never_written_over_a_newer_one() {
    World::each(async |world| {
        world.send(&first_items("d-0", &[product("a", "1")])).await.unwrap();
        for price in 2..=6 {
            world.send(&items(&format!("d-{price}"), &[product("a", &price.to_string())])).await.unwrap();
        }
        // While the first is held by a dead process, its store waits.
        as_if_killed(&world, "d-0", 1).await;
        assert_eq!(world.work().await, 0);
        world.clock.advance_ms(60_000);
        let others = [world.restarted(), world.restarted()];
        loop {
            let (a, b, c) = tokio::join!(world.intake.work(), others[0].work(), others[1].work());
            if a.unwrap() + b.unwrap() + c.unwrap() == 0 {
                break;
            }
            let price = prices(&world.db, "tiny").await[0].1;
            let next = world.delivery("d-6").await.state;
            assert!(price < 600 || next == State::Done, "{price} before its turn");
        }
        assert_eq!(prices(&world.db, "tiny").await, [("a".into(), 600)]);
        for id in ["d-2", "d-3", "d-4", "d-5", "d-6"] {
            assert_eq!(world.state(id).await, (State::Done, 1), "{id} is done once");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_stores_trouble_does_not_hold_up_another() {
    World::each(async |world| {
        world.send(&items("stuck", &[product("a", "1")])).await.unwrap();
        as_if_killed(&world, "stuck", 1).await;
        world.send_to("other", &first_items("d-1", &[product("a", "3")])).await.unwrap();
        assert_eq!(world.work().await, 1);
        assert_eq!(prices(&world.db, "other").await, [("a".into(), 300)]);
        assert_eq!(prices(&world.db, "tiny").await, []);
        world.clock.advance_ms(60_000);
        assert_eq!(world.work().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_wakes_up_for_a_delivery_and_stops_when_asked() {
    World::each(async |world| {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let intake = world.intake.clone();
        let running = tokio::spawn(async move {
            intake
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        });
        world.send(&first_items("d-1", &[product("a", "1")])).await.unwrap();
        let done = async {
            while world.delivery("d-1").await.state != State::Done {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), done).await.expect("the delivery is done");
        drop(stop);
        tokio::time::timeout(Duration::from_secs(20), running).await.expect("the loop stops").unwrap();
    })
    .await;
}
