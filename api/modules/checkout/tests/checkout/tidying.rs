//! Forgetting what nobody asks for any more.

use vitrine_cart::Change;
use vitrine_checkout::Tidied;
use vitrine_core::Money;
use vitrine_order::{OrderState, Orders};

use crate::scene::add;
use crate::stage::{details, each};

const DAY_MS: i64 = 24 * 3_600_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_is_forgotten_and_orders_and_payments_stay() {
    each(async |stage| {
        let cart = async || stage.cart(&[add("PILLOW", 1), Change::Enter("FIRST".to_owned())]).await;
        let bought = cart().await;
        let total = Money::eur(3_990);
        let buyer = details("shopper@example.com", "card");
        let placed = stage.place(&bought, &buyer, total, "approve", "paid").await.unwrap();
        let other = details("other@example.com", "card");
        let refused = stage.place(&cart().await, &other, total, "decline", "refused").await.unwrap();
        assert_eq!(refused.order.state, OrderState::Cancelled);
        stage.webhooks().await;
        assert_eq!(stage.checkout.tidy().await.unwrap(), Tidied::default(), "nothing is old yet");

        // Carts live for a month, keys too; two carts, two keys.
        stage.scene.clock.advance_ms(60 * DAY_MS);
        let tidied = stage.checkout.tidy().await.unwrap();
        assert_eq!(tidied, Tidied { carts: 2, keys: 2, ..Tidied::default() });
        // The refused order's uses of the code and of what it opens, and the books of both payments.
        stage.scene.clock.advance_ms(31 * DAY_MS);
        let tidied = stage.checkout.tidy().await.unwrap();
        assert_eq!(tidied, Tidied { holds: 2, test: 2, ..Tidied::default() });
        assert_eq!(stage.provider.accounts(stage.store()).await.unwrap(), []);
        stage.scene.clock.advance_ms(310 * DAY_MS);
        let tidied = stage.checkout.tidy().await.unwrap();
        assert_eq!(tidied, Tidied { reservations: 2, ..Tidied::default() });
        assert_eq!(stage.checkout.tidy().await.unwrap(), Tidied::default());

        let order = Orders::get(stage.db(), stage.store(), &placed.order.id).await.unwrap();
        assert_eq!(order.state, OrderState::Placed);
        let latest = Orders::latest(
            stage.db(),
            stage.store(),
            vitrine_core::Clock::now(&*stage.scene.clock).plus_days(1),
            10,
        );
        assert_eq!(latest.await.unwrap().len(), 2);
        let id = vitrine_payment::AttemptId::try_new(order.id.as_str()).unwrap();
        let attempt = stage.payments.attempt(stage.store(), &id).await.unwrap();
        assert_eq!(attempt.captured, total);
        // The use that counts is still taken.
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_takes_more_than_one_batch() {
    each(async |stage| {
        for _ in 0..501 {
            stage.cart(&[add("PILLOW", 1)]).await;
        }
        stage.scene.clock.advance_ms(60 * DAY_MS);
        let kept = stage.cart(&[add("PILLOW", 1)]).await;
        assert_eq!(stage.checkout.tidy().await.unwrap(), Tidied { carts: 501, ..Tidied::default() });
        let buyer = details("shopper@example.com", "card");
        assert_eq!(stage.total(&kept, &buyer).await, Money::eur(4_490));
    })
    .await;
}
