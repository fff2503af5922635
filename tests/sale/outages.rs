//! A payment provider that says nothing, or is not there: carts and browsing go on, the checkout says so, and nothing
//! is lost. A database that is restarted under those who order: whoever asks again gets one order.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use vitrine_order::OrderState;

use crate::buyer::{Buyer, Client};
use crate::program::Program;
use crate::town::{Town, at_once, each};
use crate::{PATIENCE, ledger, until};

const GOODS: &str = "ARC-M";
/// Goods that there are enough of.
const PLENTY: &str = "SHEET-160200-W";
/// Shoppers who order at the same time, and orders of each: several times what is placed until the database goes.
const SHOPPERS: usize = 12;
const ORDERS: usize = 16;
/// Orders there are when the database goes.
const BEFORE: usize = 24;
/// How long the database is away, and a shopper waits before the next try.
const AWAY: Duration = Duration::from_secs(3);
const NEXT_TRY: Duration = Duration::from_millis(200);

/// Others look around and fill carts.
async fn others_go_on(client: &Client) {
    assert_ne!(client.stock(GOODS).await, Value::Null);
    let other = Buyer::with(client, "other@shop.example", &[("SHEET-160200-M", 2)]).await;
    assert_eq!(other.cart().await.status, 200);
    other.total().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_provider_is_asked_until_it_says_something() {
    each(async |town| {
        let client = town.client(0).clone();
        let buyer = Buyer::with(&client, "silence@shop.example", &[(GOODS, 10)]).await;
        let total = buyer.total().await;
        let answer = buyer.order(&total, "timeout_before_money", "first").await.unwrap();
        assert_eq!(
            (answer.status, &answer.body["state"], &answer.body["payment"]),
            (201, &json!("pending_payment"), &json!("unknown"))
        );
        assert_eq!(client.stock(GOODS).await, "out", "it is held");
        others_go_on(&client).await;
        let again = buyer.order(&total, "timeout_before_money", "first").await.unwrap();
        assert_eq!(again.body["id"], answer.body["id"], "asked again, it is the same order");
        town.settles().await;
        let link = format!("/orders/{}", answer.body["access"].as_str().unwrap());
        assert_eq!(client.get(&link).await.body["state"], "cancelled", "the message never arrived");
        assert_eq!(client.stock(GOODS).await, "in");
        assert_eq!(buyer.cart().await.body["lines"][0]["quantity"], 10, "the cart is there again");
        let paid = buyer.order(&total, "timeout_after_money", "second").await.unwrap();
        assert_eq!(paid.status, 201, "{paid:?}");
        town.settles().await;
        let link = format!("/orders/{}", paid.body["access"].as_str().unwrap());
        assert_eq!(client.get(&link).await.body["state"], "placed", "the money has moved");
        ledger::agrees(town, "a silent provider").await;
    })
    .await;
}

/// Stripe behind a way out that leads nowhere, and behind one that takes everything and says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there_costs_nobody_a_cart() {
    let town = Town::sqlite().await;
    town.import();
    let (closed, silent) = (free_port(), TcpListener::bind("127.0.0.1:0").unwrap());
    for port in [closed, silent.local_addr().unwrap().port()] {
        let proxy = format!("http://127.0.0.1:{port}");
        let api = town
            .api(&[
                ("VITRINE_PAYMENTS", "stripe"),
                ("VITRINE_STRIPE_SECRET_KEY", "sk_test_1"),
                ("VITRINE_STRIPE_WEBHOOK_SECRETS", "whsec_1"),
                ("HTTPS_PROXY", &proxy),
            ])
            .await;
        let buyer = Buyer::with(&api.client, "nobody@shop.example", &[(GOODS, 10)]).await;
        let total = buyer.total().await;
        let (waiting, order_total) = (buyer.clone(), total.clone());
        let key = format!("by port {port}");
        let order = tokio::spawn(async move { waiting.order(&order_total, "pm_card_visa", &key).await });
        others_go_on(&api.client).await;
        let answer = order.await.unwrap().unwrap();
        assert_eq!(
            (answer.status, &answer.body["state"], &answer.body["failure"]),
            (201, &json!("cancelled"), &json!("unavailable")),
            "{answer:?}"
        );
        assert_eq!(buyer.cart().await.body["lines"][0]["quantity"], 10, "the cart is there again");
        assert_eq!(buyer.total().await, total);
        assert_eq!(api.client.stock(GOODS).await, "in");
        api.program.ends().await;
    }
    ledger::agrees(&town, "no provider").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_restarted_under_a_crowd_costs_nobody_an_order() {
    let mut town = Town::postgres().await;
    town.import();
    town.open(2).await;
    let mut carts = Vec::new();
    for shopper in 0..SHOPPERS {
        for order in 0..ORDERS {
            let mail = format!("shopper-{shopper}-{order}@shop.example");
            carts.push(Buyer::with(town.client(shopper), &mail, &[(PLENTY, 1)]).await);
        }
    }
    let total = carts[0].total().await;
    let refused = Arc::new(AtomicUsize::new(0));
    let crowd = carts.chunks(ORDERS).map(|carts| {
        let (carts, total, refused) = (carts.to_vec(), total.clone(), refused.clone());
        async move {
            for buyer in &carts {
                insists(buyer, &total, &refused).await;
            }
        }
    });
    let crowd = tokio::spawn(at_once(crowd.collect::<Vec<_>>()));
    until("orders are placed", async || town.count("SELECT id FROM order_order").await >= BEFORE).await;
    let postgres = town.postgres.as_mut().unwrap();
    postgres.stop_at_once();
    tokio::time::sleep(AWAY).await;
    postgres.start_again();
    crowd.await.unwrap();
    println!("{} refusals", refused.load(Ordering::Relaxed));
    assert!(refused.load(Ordering::Relaxed) > 0, "nobody noticed");

    town.settles().await;
    ledger::agrees(&town, "the database was restarted").await;
    let orders = ledger::orders(&town).await;
    let stand = orders.iter().filter(|order| order.state == OrderState::Placed).count();
    assert_eq!(orders.len(), SHOPPERS * ORDERS, "one order for each cart and key");
    assert!(stand > orders.len() / 2, "{stand} of {} orders stand", orders.len());
    assert!(town.apis.iter_mut().map(|api| &mut api.program).all(Program::is_alive), "{}", town.log());
    for number in 0..town.apis.len() {
        let buyer =
            Buyer::with(town.client(number), &format!("later-{number}@shop.example"), &[(PLENTY, 1)]).await;
        let placed = buyer.order(&total, "approve", &format!("later-{number}")).await.unwrap();
        assert!(placed.is_placed(), "{placed:?}");
    }
    ledger::agrees(&town, "it goes on").await;
}

/// Orders until an order is answered, always under the same key.
async fn insists(buyer: &Buyer, total: &Value, refused: &AtomicUsize) {
    let orders = async {
        loop {
            let answer = buyer.order(total, "approve", &buyer.mail).await.expect("no process has died");
            if answer.status == 201 {
                return;
            }
            assert_eq!((answer.status, answer.code()), (503, "unavailable"), "{answer:?}");
            refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(NEXT_TRY).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, orders).await.is_ok(), "{} gets no order", buyer.mail);
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
