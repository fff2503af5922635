//! What is taken, what is refused.

use vitrine_intake::{Error, State, sign};

use crate::shop::{first_items, items, prices, product};
use crate::world::{NOW, World, secret};

#[tokio::test(flavor = "multi_thread")]
async fn items_of_a_body_reach_the_catalog() {
    World::each(async |world| {
        let body = first_items("d-1", &[product("a", "499.00"), product("b", "20")]);
        let receipt = world.send(&body).await.unwrap();
        assert_eq!((receipt.state, receipt.is_new), (State::Received, true));
        assert_eq!(prices(&world.db, "tiny").await, [], "the work comes later");
        assert_eq!(world.work().await, 1);
        assert_eq!(prices(&world.db, "tiny").await, [("a".into(), 49_900), ("b".into(), 2_000)]);
        let delivery = world.delivery("d-1").await;
        let outcome = delivery.outcome.unwrap();
        assert_eq!((delivery.state, delivery.attempts, delivery.error), (State::Done, 1, None));
        assert_eq!((outcome.added, outcome.failed, outcome.findings.len()), (4, 0, 0), "{outcome:?}");
        assert_eq!(delivery.finished_at, Some(NOW));
        assert_eq!(world.spooled(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_delivery_is_done_once() {
    World::each(async |world| {
        let body = first_items("d-1", &[product("a", "1")]);
        assert!(world.send(&body).await.unwrap().is_new);
        // The answer was lost: the sender signs again, later.
        world.clock.advance_ms(30_000);
        let again = world.send(&body).await.unwrap();
        assert_eq!((again.state, again.is_new), (State::Received, false));
        assert_eq!(world.work().await, 1);
        world.clock.advance_ms(30_000);
        let later = world.send(&body).await.unwrap();
        assert_eq!((later.state, later.is_new), (State::Done, false));
        assert_eq!(world.work().await, 0);
        assert_eq!(world.state("d-1").await, (State::Done, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_request_is_refused_as_long_as_it_would_pass() {
    World::each(async |world| {
        let body = first_items("d-1", &[product("a", "1")]);
        let signature = sign(&secret(), NOW, body.as_bytes());
        world.send_signed("tiny", Some(&signature), &body).await.unwrap();
        for at in [0, 1, 299_999, 300_000] {
            world.clock.set(NOW.plus_ms(at));
            world.intake.collect().await.unwrap();
            let copy = world.send_signed("tiny", Some(&signature), &body).await;
            assert!(matches!(copy, Err(Error::Replayed)), "after {at} ms: {copy:?}");
        }
        world.clock.set(NOW.plus_ms(300_001));
        assert_eq!(world.intake.collect().await.unwrap(), 1, "it is forgotten when its time is over");
        let late = world.send_signed("tiny", Some(&signature), &body).await;
        assert!(matches!(late, Err(Error::Outdated { age_s: 300, .. })), "{late:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_copies_that_come_together_one_is_taken() {
    World::each(async |world| {
        let body = first_items("d-1", &[product("a", "1")]);
        let signature = sign(&secret(), NOW, body.as_bytes());
        let send = || world.send_signed("tiny", Some(&signature), &body);
        let (a, b, c, d) = tokio::join!(send(), send(), send(), send());
        let taken = [&a, &b, &c, &d].into_iter().filter(|sent| sent.is_ok()).count();
        let refused =
            [&a, &b, &c, &d].into_iter().filter(|sent| matches!(sent, Err(Error::Replayed))).count();
        assert_eq!((taken, refused), (1, 3), "{a:?} {b:?} {c:?} {d:?}");
        assert_eq!(world.work().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_belongs_to_one_body_and_one_store() {
    World::each(async |world| {
        world.send(&items("d-1", &[product("a", "1")])).await.unwrap();
        let other = world.send(&items("d-1", &[product("a", "2")])).await;
        assert!(matches!(&other, Err(Error::IdReused(id)) if id == "d-1"), "{other:?}");
        let elsewhere = world.send_to("other", &items("d-1", &[product("a", "2")])).await.unwrap();
        assert!(elsewhere.is_new);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_well_leaves_nothing_behind() {
    World::each(async |world| {
        let body = items("d-1", &[product("a", "1")]);
        let good = sign(&secret(), NOW, body.as_bytes());
        let unsigned = world.send_signed("tiny", None, &body).await;
        assert!(matches!(unsigned, Err(Error::Unsigned)), "{unsigned:?}");
        let tampered = world.send_signed("tiny", Some(&good), &body.replace("\"1\"", "\"0.01\"")).await;
        assert!(matches!(tampered, Err(Error::Signature)), "{tampered:?}");
        let old = sign(&secret(), NOW.plus_ms(-301_000), body.as_bytes());
        let outdated = world.send_signed("tiny", Some(&old), &body).await;
        assert!(matches!(outdated, Err(Error::Outdated { age_s: 301, .. })), "{outdated:?}");
        let nobody = world.send_signed("nobody", Some(&good), &body).await;
        assert!(matches!(nobody, Err(Error::NoSecret(_))), "{nobody:?}");
        let wrong = world.send(r#"{"id":"d-1"}"#).await;
        assert!(matches!(wrong, Err(Error::Body { .. })), "{wrong:?}");
        let private = world.send(r#"{"id":"d-1","feed":"https://169.254.169.254/"}"#).await;
        assert!(matches!(private, Err(Error::Address(_))), "{private:?}");
        assert_eq!(world.work().await, 0);
        assert!(world.intake.delivery(&crate::shop::store("tiny"), "d-1").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn items_that_are_wrong_are_told_and_the_others_go_in() {
    World::each(async |world| {
        let body = first_items("d-1", &[product("a", "1"), product("b", "-5")]);
        world.send(&body).await.unwrap();
        world.work().await;
        let outcome = world.delivery("d-1").await.outcome.unwrap();
        assert_eq!((outcome.added, outcome.failed), (3, 1));
        assert!(outcome.findings[0].starts_with("items:5: product 'b'"), "{:?}", outcome.findings);
        assert_eq!(prices(&world.db, "tiny").await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn finished_deliveries_are_forgotten_after_a_month() {
    World::each(async |world| {
        world.send(&first_items("d-1", &[product("a", "1")])).await.unwrap();
        world.work().await;
        world.clock.set(NOW.plus_days(30));
        world.intake.collect().await.unwrap();
        assert_eq!(world.state("d-1").await, (State::Done, 1));
        world.clock.set(NOW.plus_days(30).plus_ms(1));
        world.send(&items("d-2", &[product("a", "2")])).await.unwrap();
        world.intake.collect().await.unwrap();
        let tiny = crate::shop::store("tiny");
        assert!(world.intake.delivery(&tiny, "d-1").await.unwrap().is_none());
        assert_eq!(world.state("d-2").await, (State::Received, 0), "what is not finished stays");
        world.work().await;
    })
    .await;
}
