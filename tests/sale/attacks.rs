//! Crowds that want more than there is: as many get it as there is, never one more or fewer.

use std::collections::BTreeSet;

use vitrine_core::Sku;
use vitrine_inventory::Inventory;
use vitrine_order::Orders;

use crate::buyer::{Answer, Buyer, ROOM};
use crate::town::{Town, at_once, each};
use crate::{is_long, ledger, until};

/// What somebody may be refused with who came too late.
const TOO_LATE: [&str; 4] = ["too_few_left", "cart_stopped", "price_changed", "promotion_exhausted"];

/// Prepares a cart for each of a crowd.
async fn crowd(town: &Town, name: &str, count: usize, goods: &'static [(&str, u32)]) -> Vec<Buyer> {
    let buyers = (0..count).map(|number| {
        let (client, mail) = (town.client(number).clone(), format!("{name}-{number}@shop.example"));
        async move { Buyer::with(&client, &mail, goods).await }
    });
    at_once(buyers).await
}

/// All order at once what the first of them was quoted; answers how many were placed.
async fn all_order(town: &Town, buyers: Vec<Buyer>) -> usize {
    let total = buyers[0].total().await;
    let orders = buyers.into_iter().map(|buyer| {
        let (total, key) = (total.clone(), format!("order of {}", buyer.mail));
        async move {
            loop {
                let answer = buyer.order(&total, "approve", &key).await.unwrap();
                // Hundreds at once may wait too long for the database; then they ask again, under the same key.
                if (answer.status, answer.code()) != (503, "unavailable") {
                    return answer;
                }
                tokio::time::sleep(ROOM).await;
            }
        }
    });
    let answers = at_once(orders).await;
    let (placed, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(Answer::is_placed);
    for answer in refused {
        assert!(answer.status == 409 && TOO_LATE.contains(&answer.code()), "{answer:?}\n{}", town.log());
    }
    placed.len()
}

/// Pieces that are free.
async fn left(town: &Town, sku: &str) -> i64 {
    let sku = Sku::try_new(sku).unwrap();
    let levels = Inventory::levels(&town.db, &town.store(), std::slice::from_ref(&sku)).await.unwrap();
    levels[&sku].left()
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_are_sold_as_there_are() {
    each(async |town| {
        let buyers = crowd(town, "fifty", 50, &[("ARC-M", 1)]).await;
        assert_eq!(all_order(town, buyers).await, 10, "50 buyers for 10 pieces");
        assert_eq!(left(town, "ARC-M").await, 0);
        assert_eq!(town.client(0).stock("ARC-M").await, "out");

        // Five sets with a mattress of their own: each takes two of the ten.
        let buyers = crowd(town, "two-lines", 12, &[("REST-160200", 1), ("CLOUD-160200-M", 1)]).await;
        assert_eq!(all_order(town, buyers).await, 5, "two lines of a cart share ten pieces");
        assert_eq!((left(town, "CLOUD-160200-M").await, left(town, "DRIFT-4080-W").await), (0, 10));

        let mut sets = crowd(town, "set-140", 10, &[("REST-140200", 1)]).await;
        let others = crowd(town, "set-180", 10, &[("REST-180200", 1)]).await;
        let (one, other) = tokio::join!(all_order(town, std::mem::take(&mut sets)), all_order(town, others));
        assert_eq!(one + other, 10, "two sets share a part of which there are ten: {one} and {other}");
        assert_eq!(left(town, "DRIFT-4080-W").await, 0);
        ledger::agrees(town, "crowds").await;

        if is_long() {
            let buyers = crowd(town, "five-hundred", 500, &[("ARC-F", 1)]).await;
            assert_eq!(all_order(town, buyers).await, 10, "500 buyers for 10 pieces");
            assert_eq!(left(town, "ARC-F").await, 0);
            ledger::agrees(town, "500 buyers").await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_promotions_hold() {
    each(async |town| {
        let buyers = crowd(town, "coupon", 30, &[("SOFT-160200", 1)]).await;
        at_once(buyers.clone().into_iter().map(|buyer| async move { buyer.enter("TENCODES").await })).await;
        assert_eq!(all_order(town, buyers).await, 10, "a coupon limited to ten");

        let buyers = crowd(town, "by-itself", 30, &[("SOFT-140200", 1)]).await;
        assert_eq!(all_order(town, buyers).await, 10, "a promotion limited to ten that needs no code");

        let mut buyers = crowd(town, "once", 12, &[("SOFT-180200", 1)]).await;
        // The same person, spelled as people do.
        for (number, buyer) in buyers.iter_mut().enumerate() {
            buyer.mail = if number % 2 == 0 { "One@shop.example" } else { "one@shop.example" }.to_owned();
        }
        at_once(buyers.clone().into_iter().map(|buyer| async move { buyer.enter("ONCEEACH").await })).await;
        let total = buyers[0].total().await;
        let orders = buyers.into_iter().enumerate().map(|(number, buyer)| {
            let total = total.clone();
            async move { buyer.order(&total, "approve", &format!("once {number}")).await.unwrap() }
        });
        let placed = at_once(orders).await.iter().filter(|answer| answer.is_placed()).count();
        assert_eq!(placed, 1, "a code that each customer may use once");
        ledger::agrees(town, "limits").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_order_and_one_charge() {
    each(async |town| {
        let buyer = Buyer::with(town.client(0), "same@shop.example", &[("SHEET-160200-W", 1)]).await;
        let total = buyer.total().await;
        let orders = (0..50).map(|number| {
            let (mut buyer, total) = (buyer.clone(), total.clone());
            buyer.client = town.client(number).clone();
            async move { buyer.order(&total, "approve", "the same key").await.unwrap() }
        });
        let mut ids = BTreeSet::new();
        for answer in at_once(orders).await {
            assert_eq!(answer.status, 201, "{answer:?}");
            ids.insert(answer.body["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(ledger::orders(town).await.len(), 1);
        assert_eq!(ledger::books(town).await.len(), 1);
        ledger::agrees(town, "one key").await;
    })
    .await;
}

/// A process that stops just when it has heard from the provider, while the webhook arrives at another.
#[tokio::test(flavor = "multi_thread")]
async fn shop_and_webhook_complete_an_order_once() {
    each(async |town| {
        if town.apis.len() > 1 {
            // The stopped one holds the order's locks, or whatever its other tasks were writing just then: on SQLite
            // nobody could write meanwhile.
            completes_beside_a_stopped_process(town, "provider answered").await;
            completes_beside_a_stopped_process(town, "completion written").await;
        }
        let tokens = ["webhook_duplicate", "webhook_out_of_order", "timeout_after_money", "approve"];
        let buyers = crowd(town, "webhooks", 40, &[("SHEET-160200-M", 1)]).await;
        let total = buyers[0].total().await;
        let orders = buyers.into_iter().enumerate().map(|(number, buyer)| {
            let total = total.clone();
            async move { buyer.order(&total, tokens[number % tokens.len()], &buyer.mail).await.unwrap() }
        });
        assert!(at_once(orders).await.iter().all(|answer| answer.status == 201));
        town.settles().await;
        placed_once(town).await;
        ledger::agrees(town, "webhooks").await;
    })
    .await;
}

async fn completes_beside_a_stopped_process(town: &Town, step: &str) {
    let slow = town.api(&[("VITRINE_AT_STEP", &format!("STOP@{step}:1"))]).await;
    let buyer = Buyer::with(&slow.client, "slow@shop.example", &[("SHEET-160200-W", 1)]).await;
    let total = buyer.total().await;
    let key = format!("stopped at {step}");
    let order = tokio::spawn(async move { buyer.order(&total, "webhook_duplicate", &key).await.unwrap() });
    slow.program.stops_itself(step).await;
    until("another process has received the webhooks", async || {
        town.count("SELECT attempt FROM payment_test_webhook WHERE sent_at IS NULL").await == 0
    })
    .await;
    slow.program.signal("CONT");
    let answer = order.await.unwrap();
    assert!(answer.is_placed(), "{step}: {answer:?}\n{}", town.log());
    slow.program.ends().await;
}

/// Every order was placed, and that happened once.
async fn placed_once(town: &Town) {
    for order in ledger::orders(town).await {
        let history = Orders::history(&town.db, &town.store(), &order.id).await.unwrap();
        let placed = history.iter().filter(|one| one.what == "placed").count();
        assert_eq!(placed, 1, "order {}: {history:?}", order.number);
    }
}
