//! A payment provider that says nothing, or is not there: carts and browsing go on, the checkout says so, and nothing
//! is lost.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::buyer::{Buyer, Client};
use crate::ledger;
use crate::town::{Town, each};

const GOODS: &str = "ARC-M";

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

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
