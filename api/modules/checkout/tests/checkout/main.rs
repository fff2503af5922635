//! The checkout on both databases: what is paid is ordered, what is ordered is paid, and nothing is sold twice.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

mod fulfilment;
mod races;
#[path = "../../../cart/tests/carts/scene.rs"]
#[allow(dead_code, reason = "carts use the rest")]
mod scene;
mod stage;
mod tidying;

use scene::add;
use stage::{details, each};
use vitrine_cart::Change;
use vitrine_checkout::{Details, Error, Trouble};
use vitrine_core::Money;
use vitrine_order::{OrderState, Orders};
use vitrine_payment::AttemptState;

const CARD: &str = "card";
const MAIL: &str = "shopper@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_says_what_is_missing_and_what_it_costs() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 2)]).await;
        let nothing: Details = serde_json::from_str(r#"{ "locale": "de-DE" }"#).unwrap();
        let quoted = stage.checkout.quote(stage.scene.at(), &cart, &nothing).await.unwrap();
        let missing: Vec<(&str, Trouble)> =
            quoted.missing.iter().map(|one| (one.field.as_str(), one.trouble)).collect();
        let wanted = ["contact.email", "shipping", "payment", "delivery"];
        assert_eq!(missing, wanted.map(|field| (field, Trouble::Missing)));
        assert_eq!(
            quoted.payment_methods,
            [CARD, "set_aside", "transfer"],
            "what the country offers and the shop has set up"
        );
        let mut wrong = details("nobody", "bitcoin");
        wrong.shipping.as_mut().unwrap().postcode = Some("1011".to_owned());
        let quoted = stage.checkout.quote(stage.scene.at(), &cart, &wrong).await.unwrap();
        let missing: Vec<&str> = quoted.missing.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(missing, ["contact.email", "payment", "shipping.postcode"]);
        let refused = stage.place(&cart, &wrong, Money::eur(8_490), "approve", "key").await.unwrap_err();
        assert!(matches!(refused, Error::Missing(fields) if fields == quoted.missing));
        assert_eq!(stage.total(&cart, &details(MAIL, CARD)).await, Money::eur(8_490));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_is_placed_with_all_that_was_bought() {
    each(async |stage| {
        let cart = stage.cart(&[add("SET", 1), add("PILLOW", 1), Change::Enter("TEN".to_owned())]).await;
        let buyer = details(MAIL, CARD);
        let total = stage.total(&cart, &buyer).await;
        let placed = stage.place(&cart, &buyer, total, "approve", "key").await.unwrap();
        assert_eq!((placed.order.state, placed.payment), (OrderState::Placed, AttemptState::Captured));
        assert_eq!(placed.order.total, total);
        let contents = &placed.order.contents;
        let lines: Vec<(&str, u32)> =
            contents.lines.iter().map(|line| (line.name.as_str(), line.quantity)).collect();
        assert_eq!(lines, [("set", 1), ("pillow", 1)]);
        assert_eq!(contents.lines[0].pieces.len(), 2, "a bundle's parts");
        // Thursday before two: sent on Friday at the latest, two to four working days on the way.
        let promised = contents.promised.as_ref().unwrap();
        assert!(promised.earliest.as_str() < promised.latest.as_str(), "{promised:?}");
        assert_eq!(stage.level("PILLOW").await.free, 7);
        assert_eq!(stage.level("DUVET").await.free, 2);
        let found = Orders::by_access(stage.db(), stage.store(), &placed.access).await.unwrap();
        assert_eq!(found, placed.order);
        let gone = stage.checkout.carts().load(stage.scene.at(), &cart).await.unwrap_err();
        assert!(matches!(gone, vitrine_cart::Error::NoCart));
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_one_order() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 1)]).await;
        let buyer = details(MAIL, CARD);
        let total = stage.total(&cart, &buyer).await;
        let first = stage.place(&cart, &buyer, total, "approve", "key").await.unwrap();
        let again = stage.place(&cart, &buyer, total, "approve", "key").await.unwrap();
        assert_eq!((&again.order, again.access.reveal()), (&first.order, first.access.reveal()));
        let other = stage.place(&cart, &buyer, total, "decline", "key").await.unwrap_err();
        assert!(matches!(other, Error::KeyReused), "{other}");
        let unknown = stage.place(&cart, &buyer, total, "approve", "another").await.unwrap_err();
        assert!(matches!(unknown, Error::Cart(vitrine_cart::Error::NoCart)), "{unknown}");
        assert_eq!(stage.provider.accounts(stage.store()).await.unwrap().len(), 1);
        assert!(matches!(stage.place(&cart, &buyer, total, "approve", "").await, Err(Error::Key { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_what_they_have_not_seen() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 2)]).await;
        let buyer = details(MAIL, CARD);
        let total = stage.total(&cart, &buyer).await;
        stage.scene.sell("pillow", 4_500).await;
        match stage.place(&cart, &buyer, total, "approve", "key").await.unwrap_err() {
            Error::PriceChanged { expected, total, notices } => {
                assert_eq!((expected, total), (Money::eur(8_490), Money::eur(9_490)));
                assert_eq!(notices.len(), 1);
            }
            error => panic!("{error}"),
        }
        stage.scene.stock("pillow", 1).await;
        let stopped = stage.place(&cart, &buyer, Money::eur(9_490), "approve", "key").await.unwrap_err();
        assert!(matches!(stopped, Error::Stopped(_)), "{stopped}");
        assert_eq!(stage.provider.accounts(stage.store()).await.unwrap().len(), 0, "nothing was asked for");
        assert_eq!(stage.level("PILLOW").await.free, 1);
        // The same key may be used for the same order once it can be placed.
        stage.scene.stock("pillow", 5).await;
        let placed = stage.place(&cart, &buyer, Money::eur(9_490), "approve", "key").await.unwrap();
        assert_eq!(placed.order.state, OrderState::Placed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_declined_has_the_cart_again_and_pays_otherwise() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 4)]).await;
        let buyer = details(MAIL, CARD);
        let total = stage.total(&cart, &buyer).await;
        let declined = stage.place(&cart, &buyer, total, "decline", "first").await.unwrap();
        assert_eq!((declined.order.state, declined.payment), (OrderState::Cancelled, AttemptState::Failed));
        assert!(declined.failure.is_some());
        assert_eq!(stage.level("PILLOW").await.free, 10);
        let placed = stage.place(&cart, &buyer, total, "approve", "second").await.unwrap();
        assert_eq!(placed.order.state, OrderState::Placed);
        assert_ne!(placed.order.id, declined.order.id);
        assert_eq!(stage.level("PILLOW").await.free, 6);
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_is_recognised_first() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 1)]).await;
        let buyer = details(MAIL, CARD);
        let total = stage.total(&cart, &buyer).await;
        let waiting = stage.place(&cart, &buyer, total, "three_d_secure", "key").await.unwrap();
        assert_eq!(
            (waiting.order.state, waiting.payment),
            (OrderState::PendingPayment, AttemptState::RequiresAction)
        );
        assert!(waiting.action.unwrap().redirect.is_some());
        assert_eq!(stage.level("PILLOW").await.free, 9, "held meanwhile");
        let attempt = waiting.order.id.as_str().parse().unwrap();
        assert!(stage.provider.authenticate(stage.store(), &attempt, true).await.unwrap());
        assert!(stage.webhooks().await >= 1, "that it is asked for, and that it is paid");
        let placed = stage.place(&cart, &buyer, total, "three_d_secure", "key").await.unwrap();
        assert_eq!((placed.order.state, placed.payment), (OrderState::Placed, AttemptState::Captured));
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ending_of_a_payment_is_driven_to_one_of_the_order() {
    each(async |stage| {
        let buyer = details(MAIL, CARD);
        for outcome in vitrine_payment::TestOutcome::ALL {
            let cart = stage.cart(&[add("PILLOW", 1)]).await;
            let total = stage.total(&cart, &buyer).await;
            let before = stage.level("PILLOW").await.free;
            let token = outcome.as_str();
            let placed = stage.place(&cart, &buyer, total, token, token).await.unwrap();
            for _ in 0..6 {
                stage.scene.clock.advance_ms(10 * 60_000);
                stage.webhooks().await;
                stage.checkout.recover().await.unwrap();
            }
            let order = Orders::get(stage.db(), stage.store(), &placed.order.id).await.unwrap();
            let attempt = order.id.as_str().parse().unwrap();
            let paid = stage.provider.account(stage.store(), &attempt).await.unwrap();
            let paid = paid.map_or(0, |account| account.captured.minor() - account.refunded.minor());
            let (state, sold) = match paid {
                0 => (OrderState::Cancelled, 0),
                paid if paid == total.minor() => (OrderState::Placed, 1),
                paid => panic!("{token}: {paid} of {total}"),
            };
            assert_eq!(order.state, state, "{token}");
            assert_eq!(stage.level("PILLOW").await.free, before - sold, "{token}");
        }
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_comes_too_late_goes_back_or_finds_its_goods() {
    each(async |stage| {
        let buyer = details(MAIL, CARD);
        for left in [10, 0] {
            let cart = stage.cart(&[add("DUVET", 1)]).await;
            let total = stage.total(&cart, &buyer).await;
            let key = format!("late {left}");
            let placed = stage.place(&cart, &buyer, total, "webhook_late", &key).await.unwrap();
            assert_eq!(placed.order.state, OrderState::PendingPayment);
            // Nobody asks the provider, and the hold ends.
            stage.scene.clock.advance_ms(vitrine_checkout::PaymentMethod::CARD_HOLD_MS + 1);
            vitrine_inventory::Inventory::expire(
                stage.db(),
                vitrine_core::Clock::now(&*stage.scene.clock),
                10,
            )
            .await
            .unwrap();
            stage.scene.stock("duvet", left).await;
            assert_eq!(stage.webhooks().await, 1);
            let order = Orders::get(stage.db(), stage.store(), &placed.order.id).await.unwrap();
            let attempt =
                stage.payments.attempt(stage.store(), &order.id.as_str().parse().unwrap()).await.unwrap();
            let wanted = match left {
                0 => (OrderState::Cancelled, AttemptState::Refunded),
                _ => (OrderState::Placed, AttemptState::Captured),
            };
            assert_eq!((order.state, attempt.state), wanted);
        }
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_round_of_recovery_says_that_there_may_be_more() {
    each(async |stage| {
        stage.scene.stock("pillow", 200).await;
        let now = vitrine_core::Clock::now(&*stage.scene.clock);
        let lines = [(vitrine_core::Sku::try_new("PILLOW").unwrap(), 1)];
        let mut tx = stage.db().begin().await.unwrap();
        for number in 0..120 {
            let id = vitrine_inventory::ReservationId::try_new(&format!("held-{number}")).unwrap();
            let (owner, until) = ("nobody", now.plus_ms(1_000));
            let new = vitrine_inventory::NewReservation { id: &id, owner, lines: &lines, until };
            let write = vitrine_inventory::Write::at(now);
            vitrine_inventory::Inventory::reserve_in(&mut tx, stage.store(), &new, &write).await.unwrap();
        }
        tx.commit().await.unwrap();
        stage.scene.clock.advance_ms(1_000);
        for (holds, more) in [(100, true), (20, false), (0, false)] {
            let round = stage.checkout.recover().await.unwrap();
            assert_eq!((round.holds, round.more), (holds, more));
        }
        assert_eq!(stage.level("PILLOW").await.free, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_placed_order_is_cancelled_and_paid_back() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 3)]).await;
        let buyer = details(MAIL, CARD);
        let total = stage.total(&cart, &buyer).await;
        let placed = stage.place(&cart, &buyer, total, "approve", "key").await.unwrap();
        let id = &placed.order.id;
        assert!(stage.checkout.cancel(stage.store(), id, "changed their mind", "shop").await.unwrap());
        assert!(!stage.checkout.cancel(stage.store(), id, "changed their mind", "shop").await.unwrap());
        let attempt = stage.payments.attempt(stage.store(), &id.as_str().parse().unwrap()).await.unwrap();
        assert_eq!((attempt.state, attempt.refunded), (AttemptState::Refunded, total));
        assert_eq!(stage.level("PILLOW").await.free, 10);
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_webhook_moves_nothing() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 1)]).await;
        let buyer = details(MAIL, CARD);
        let total = stage.total(&cart, &buyer).await;
        let placed = stage.place(&cart, &buyer, total, "webhook_late", "key").await.unwrap();
        stage.scene.clock.advance_ms(5_000);
        let due = stage.provider.due_webhooks(10).await.unwrap();
        let now = vitrine_core::Clock::now(&*stage.scene.clock);
        for (signature, body) in [
            (None, due[0].body.clone()),
            (Some("t=1,v1=00"), due[0].body.clone()),
            (Some(due[0].signature.as_str()), due[0].body.replace("EUR", "USD")),
        ] {
            let webhook = vitrine_payment::Webhook { signature, body: body.as_bytes(), now };
            stage.checkout.webhook(stage.store(), "test", &webhook).await.unwrap_err();
        }
        let order = Orders::get(stage.db(), stage.store(), &placed.order.id).await.unwrap();
        assert_eq!(order.state, OrderState::PendingPayment);
    })
    .await;
}
