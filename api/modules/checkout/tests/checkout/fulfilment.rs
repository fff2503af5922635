//! What people do with orders afterwards.

use vitrine_checkout::{Error, PaymentMethod, Placed};
use vitrine_core::Money;
use vitrine_order::{NewReturn, NewShipment, OrderState, Orders, Units};
use vitrine_payment::{Attempt, AttemptState, RefundState};

use crate::scene::add;
use crate::stage::{Stage, details, each};

const MAIL: &str = "shopper@example.com";

async fn placed(stage: &Stage, payment: &str, key: &str) -> Placed {
    let cart = stage.cart(&[add("PILLOW", 2)]).await;
    let buyer = details(MAIL, payment);
    let total = stage.total(&cart, &buyer).await;
    stage.place(&cart, &buyer, total, "approve", key).await.unwrap()
}

async fn attempt(stage: &Stage, placed: &Placed) -> Attempt {
    stage.payments.attempt(stage.store(), &placed.order.id.as_str().parse().unwrap()).await.unwrap()
}

async fn state(stage: &Stage, placed: &Placed) -> OrderState {
    Orders::get(stage.db(), stage.store(), &placed.order.id).await.unwrap().state
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_set_aside_is_taken_when_goods_leave() {
    each(async |stage| {
        let placed = placed(&stage, "set_aside", "key").await;
        assert_eq!((placed.order.state, placed.payment), (OrderState::Placed, AttemptState::Authorised));
        let new = NewShipment { id: "s1", carrier: "DHL", tracking: "00340", units: &Units::new() };
        for is_new in [true, false] {
            let (_, first) =
                stage.checkout.ship(stage.store(), &placed.order.id, &new, "shop").await.unwrap();
            assert_eq!(first, is_new);
        }
        let attempt = attempt(&stage, &placed).await;
        assert_eq!((attempt.state, attempt.captured), (AttemptState::Captured, placed.order.total));
        assert_eq!(stage.checkout.recover().await.unwrap().tasks, 0, "nothing is left to do");
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_is_set_aside_is_let_go_with_the_order() {
    each(async |stage| {
        let placed = placed(&stage, "set_aside", "key").await;
        assert!(stage.checkout.cancel(stage.store(), &placed.order.id, "sold out", "shop").await.unwrap());
        assert_eq!(attempt(&stage, &placed).await.state, AttemptState::Cancelled);
        assert_eq!(stage.level("PILLOW").await.free, 10);
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_waited_for_and_given_up() {
    each(async |stage| {
        let (paid, unpaid) =
            (placed(&stage, "transfer", "one").await, placed(&stage, "transfer", "two").await);
        assert_eq!(paid.order.state, OrderState::PendingPayment);
        assert_eq!(stage.level("PILLOW").await.free, 6, "both are held");
        stage.scene.clock.advance_ms(PaymentMethod::TRANSFER_HOLD_MS - 1_000);
        stage.checkout.recover().await.unwrap();
        let total = paid.order.total;
        stage.checkout.money_arrived(stage.store(), &paid.order.id, total).await.unwrap();
        assert_eq!(state(&stage, &paid).await, OrderState::Placed);
        stage.scene.clock.advance_ms(120_000);
        stage.checkout.recover().await.unwrap();
        assert_eq!(state(&stage, &unpaid).await, OrderState::Cancelled);
        assert_eq!(stage.level("PILLOW").await.free, 8);
        stage.checkout.money_arrived(stage.store(), &unpaid.order.id, total).await.unwrap_err();
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn goods_come_back_and_money_goes_back_once() {
    each(async |stage| {
        let placed = placed(&stage, "card", "key").await;
        let id = &placed.order.id;
        let new = NewShipment { id: "s1", carrier: "DHL", tracking: "", units: &Units::new() };
        stage.checkout.ship(stage.store(), id, &new, "shop").await.unwrap();
        let one = Units::from([("1".to_owned(), 1)]);
        let back = NewReturn { id: "r1", units: &one, reason: "too soft" };
        let berlin = "berlin".parse().unwrap();
        for is_new in [true, false] {
            let (_, first) =
                stage.checkout.take_back(stage.store(), id, &back, Some(&berlin), "shop").await.unwrap();
            assert_eq!(first, is_new);
        }
        assert_eq!(stage.level("PILLOW").await.free, 9);
        let (name, amount) = ("r1".parse().unwrap(), Money::eur(4_000));
        for _ in 0..2 {
            let refund =
                stage.checkout.refund(stage.store(), id, &name, amount, "too soft", "shop").await.unwrap();
            assert_eq!(refund.state, RefundState::Succeeded);
        }
        assert_eq!(attempt(&stage, &placed).await.refunded, amount);
        let (name, all) = ("r2".parse().unwrap(), placed.order.total);
        let refused =
            stage.checkout.refund(stage.store(), id, &name, all, "all of it", "shop").await.unwrap_err();
        assert!(matches!(refused, Error::Payment(vitrine_payment::Error::TooMuch { .. })), "{refused}");
        let history = Orders::history(stage.db(), stage.store(), id).await.unwrap();
        assert_eq!(history.iter().filter(|one| one.what == "refunded").count(), 1);
        stage.audit().await;
    })
    .await;
}
