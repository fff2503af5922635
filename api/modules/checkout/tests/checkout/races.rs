//! Many at once.

use std::sync::Arc;

use vitrine_cart::CartToken;
use vitrine_checkout::Error;
use vitrine_core::Money;
use vitrine_order::{OrderState, Orders};

use crate::scene::add;
use crate::stage::{Stage, details, each};

/// What became of those who tried to buy.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sold {
    placed: usize,
    refused: usize,
}

async fn all_at_once(stage: &Arc<Stage>, carts: Vec<(CartToken, String)>, total: Money) -> Sold {
    let tries = carts.into_iter().enumerate().map(|(number, (cart, mail))| {
        let stage = stage.clone();
        tokio::spawn(async move {
            let key = format!("key {number}");
            match stage.place(&cart, &details(&mail, "card"), total, "approve", &key).await {
                Ok(placed) => placed.order.state == OrderState::Placed,
                Err(Error::Short(_) | Error::Stopped(_) | Error::Exhausted { .. }) => false,
                // A gift or promotion that is gone changes the total.
                Err(Error::PriceChanged { .. }) => false,
                Err(error) => panic!("{error}"),
            }
        })
    });
    let mut sold = Sold::default();
    for one in tries.collect::<Vec<_>>() {
        match one.await.unwrap() {
            true => sold.placed += 1,
            false => sold.refused += 1,
        }
    }
    sold
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_buyers_get_ten_pieces() {
    each(async |stage| {
        let mut carts = Vec::new();
        for number in 0..50 {
            carts.push((stage.cart(&[add("PILLOW", 1)]).await, format!("buyer-{number}@example.com")));
        }
        let sold = all_at_once(&stage, carts, Money::eur(4_490)).await;
        assert_eq!(sold, Sold { placed: 10, refused: 40 });
        assert_eq!(stage.level("PILLOW").await.left(), 0);
        let orders = Orders::latest(stage.db(), stage.store(), later(&stage), 100).await.unwrap();
        assert_eq!(orders.iter().filter(|order| order.state == OrderState::Placed).count(), 10);
        let paid = stage.provider.accounts(stage.store()).await.unwrap();
        assert_eq!(paid.iter().filter(|account| account.captured.is_positive()).count(), 10);
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_and_their_parts_share_what_is_there() {
    each(async |stage| {
        // Three duvets and ten pillows: three sets at most, each of which takes two pillows.
        let mut carts = Vec::new();
        for number in 0..8 {
            carts.push((stage.cart(&[add("SET", 1)]).await, format!("buyer-{number}@example.com")));
        }
        let sold = all_at_once(&stage, carts, Money::eur(25_490)).await;
        assert_eq!(sold.placed, 3);
        assert_eq!((stage.level("DUVET").await.free, stage.level("PILLOW").await.free), (0, 4));
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_many_times_is_one_order_and_one_payment() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 1)]).await;
        let tries = (0..20).map(|_| {
            let (stage, cart) = (stage.clone(), cart.clone());
            tokio::spawn(async move {
                let buyer = details("shopper@example.com", "card");
                stage.place(&cart, &buyer, Money::eur(4_490), "approve", "key").await.unwrap().order.id
            })
        });
        let mut ids = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            ids.push(one.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
        let paid = stage.provider.accounts(stage.store()).await.unwrap();
        assert_eq!((paid.len(), paid[0].captured), (1, Money::eur(4_490)));
        assert_eq!(stage.level("PILLOW").await.free, 9);
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shop_webhook_and_recovery_complete_an_order_once() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 1)]).await;
        let buyer = details("shopper@example.com", "card");
        let placed = stage.place(&cart, &buyer, Money::eur(4_490), "webhook_duplicate", "key").await.unwrap();
        stage.scene.clock.advance_ms(120_000);
        let (webhooks, recovered, again) = tokio::join!(
            stage.webhooks(),
            stage.checkout.recover(),
            stage.place(&cart, &buyer, Money::eur(4_490), "webhook_duplicate", "key"),
        );
        assert!(webhooks >= 1);
        recovered.unwrap();
        assert_eq!(again.unwrap().order.id, placed.order.id);
        let history = Orders::history(stage.db(), stage.store(), &placed.order.id).await.unwrap();
        assert_eq!(history.iter().filter(|one| one.what == "placed").count(), 1);
        assert_eq!(stage.level("PILLOW").await.free, 9);
        stage.audit().await;
    })
    .await;
}

fn later(stage: &Stage) -> vitrine_core::Timestamp {
    vitrine_core::Clock::now(&*stage.scene.clock).plus_days(1)
}
