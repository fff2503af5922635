//! A process that dies anywhere: whoever comes after drives every attempt to an end, and both sides agree.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod shop;

use shop::{MINUTE, MODULES, NOW, Shop, id, write};
use vitrine_core::Money;
use vitrine_db::testing::for_each_backend;
use vitrine_payment::AttemptState::{Authorised, Cancelled, Captured, Failed};
use vitrine_payment::{Capture, NewAttempt, TestOutcome};

/// Where the process died.
const DEATHS: [&str; 4] = ["begun", "marked as sent", "answered", "applied"];

async fn live_until(shop: &Shop, name: &str, outcome: TestOutcome, capture: Capture, death: &str) {
    let attempt = id(name);
    let new = NewAttempt {
        id: &attempt,
        reference: "order-1",
        provider: "test",
        amount: Money::eur(5_000),
        capture,
        token: outcome.as_str(),
    };
    if death == "begun" {
        shop.try_begin(&new).await.unwrap();
        return;
    }
    let mut tx = shop.db.begin().await.unwrap();
    let (begun, first) = shop.payments.begin_sent_in(&mut tx, &shop.store, &new, &write()).await.unwrap();
    let again = shop.payments.begin_sent_in(&mut tx, &shop.store, &new, &write()).await.unwrap();
    assert!(first && again == (begun.clone(), false), "it is to be sent once");
    tx.commit().await.unwrap();
    if death == "marked as sent" {
        return;
    }
    let heard = shop.payments.send(&shop.store, begun).await.unwrap();
    if death == "applied" {
        shop.apply(&heard).await;
    }
}

/// Asks, and gives up what has no money by now.
async fn recover(shop: &Shop) {
    let claimed = shop.payments.claim_unsettled(NOW.plus_ms(MINUTE), 1_000).await.unwrap();
    for (store, attempt) in claimed {
        assert_eq!(store, shop.store);
        let name = attempt.id.as_str();
        let asked = shop.ask(name).await.attempt.state;
        if !asked.is_good() && !asked.is_dead() {
            shop.cancel(name).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_comes_to_an_end_and_both_sides_agree() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        let mut names = Vec::new();
        for (o, outcome) in TestOutcome::ALL.into_iter().enumerate() {
            for (d, death) in DEATHS.into_iter().enumerate() {
                for capture in [Capture::Automatic, Capture::Manual] {
                    let name = format!("{o}-{d}-{capture}");
                    live_until(&shop, &name, outcome, capture, death).await;
                    names.push((name, outcome, death, capture));
                }
            }
        }
        shop.clock.advance_ms(2 * MINUTE);
        recover(&shop).await;
        // Webhooks come after all is over, and change nothing that counts.
        let before = shop.payments.audit(&shop.store).await.unwrap();
        shop.deliver().await;
        assert_eq!(before, []);
        shop.assert_sound().await;

        for (name, outcome, death, capture) in &names {
            let attempt = shop.attempt(name).await;
            let what = format!("{outcome:?}, died when {death}, {capture}: {}", attempt.state);
            let books = shop.books(name).await;
            let sent = ["answered", "applied"].contains(death);
            let expected = match outcome {
                TestOutcome::Decline if sent => Failed,
                TestOutcome::ThreeDSecure | TestOutcome::TimeoutBeforeMoney => Cancelled,
                _ if !sent => Cancelled,
                _ if *capture == Capture::Manual => Authorised,
                _ => Captured,
            };
            assert_eq!(attempt.state, expected, "{what}");
            let at_provider = books.as_ref().map_or(0, |(_, captured, _)| *captured);
            assert_eq!(at_provider, attempt.captured.minor(), "{what}");
            let theirs = books.map(|(state, ..)| state);
            match expected {
                Cancelled if *death == "begun" => assert_eq!(theirs, None, "{what}"),
                Cancelled => assert_eq!(theirs.as_deref(), Some("cancelled"), "{what}"),
                Failed => assert_eq!(theirs.as_deref(), Some("declined"), "{what}"),
                state => assert_eq!(theirs.as_deref(), Some(state.as_str()), "{what}"),
            }
        }
        let left = shop.payments.claim_unsettled(NOW.plus_days(9), 1_000).await.unwrap();
        assert_eq!(left, [], "nothing is left to be driven");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sender_and_a_recovery_that_gives_up_agree_whoever_is_faster() {
    for_each_backend(MODULES, async |db| {
        let shop = Shop::open(&db, Vec::new());
        for round in 0..20 {
            let name = format!("r{round}");
            shop.begin(&name, "test", Capture::Automatic, "approve").await;
            let sender = tokio::spawn({
                let (shop, name) = (shop.clone(), name.clone());
                async move { shop.send(&name).await }
            });
            let other = tokio::spawn({
                let (shop, name) = (shop.clone(), name.clone());
                async move {
                    // That it is paid already is an error, and no harm.
                    if let Ok(heard) = shop.payments.cancel(&shop.store, &id(&name)).await {
                        shop.apply(&heard).await;
                    }
                }
            });
            sender.await.unwrap();
            other.await.unwrap();
            let state = shop.ask(&name).await.attempt.state;
            let theirs = shop.books(&name).await.map_or(0, |(_, captured, _)| captured);
            assert_eq!(shop.sums(&name).await.0, theirs, "{state}");
            assert!([Captured, Cancelled].contains(&state), "{state}");
        }
        shop.assert_sound().await;
    })
    .await;
}
