//! Processes killed at every step of an order: placing it, recovery of its payment, giving its money back. Whatever
//! is left behind, every order ends paid or cancelled, and every charge has its order or its refund, once.

use vitrine_checkout::rehearsal::{PLACING, RECOVERING, REFUNDING, REFUNDING_AT_ONCE};
use vitrine_core::{Clock as _, Sku, SystemClock};
use vitrine_inventory::{Adjustment, AdjustmentKind, AdjustmentLine, Inventory, LocationId};

use crate::buyer::Buyer;
use crate::town::{Api, Town};
use crate::{is_long, ledger};

/// Walks through all steps: some 25 kills, or 100.
const WALKS: usize = 1;
const WALKS_LONG: usize = 4;
/// Goods that there are enough of.
const PLENTY: &str = "SHEET-160200-W";
/// Goods of which there are ten, that get lost.
const SCARCE: &str = "ARC-F";

#[tokio::test(flavor = "multi_thread")]
async fn orders_survive_kills_at_every_step_on_sqlite() {
    survive(Town::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_survive_kills_at_every_step_on_postgres() {
    survive(Town::postgres().await).await;
}

async fn survive(town: Town) {
    town.import();
    let mut kills = 0;
    for walk in 0..if is_long() { WALKS_LONG } else { WALKS } {
        kills += placing(&town, walk).await;
        kills += recovering(&town, walk).await;
        kills += refunding(&town, walk).await;
    }
    println!("{kills} kills");
    ledger::agrees(&town, "killed at every step").await;
    let orders = ledger::orders(&town).await;
    let mails: std::collections::BTreeSet<&str> =
        orders.iter().map(|order| order.contents.contact.email.as_str()).collect();
    assert_eq!(orders.len(), mails.len(), "somebody's order was placed twice");
}

/// A process that kills itself at a step, with a shopper who is about to order.
async fn about_to_order(town: &Town, step: &str, mail: &str, goods: (&str, u32)) -> (Api, Buyer) {
    let api = town.api(&[("VITRINE_AT_STEP", &format!("KILL@{step}:1"))]).await;
    let buyer = Buyer::with(&api.client, mail, &[goods]).await;
    (api, buyer)
}

/// Somebody orders, and the process dies at a step of that. Every other one asks again with the same key.
async fn placing(town: &Town, walk: usize) -> usize {
    let mut kills = 0;
    for (number, step) in PLACING.iter().enumerate() {
        let outcome = ["approve", "decline", "timeout_after_money", "webhook_duplicate"][(walk + number) % 4];
        let mail = format!("placing-{walk}-{number}@shop.example");
        let (api, mut buyer) = about_to_order(town, step, &mail, (PLENTY, 1)).await;
        let total = buyer.total().await;
        let answer = buyer.order(&total, outcome, &mail).await;
        assert!(answer.is_none(), "killed at '{step}', it answers {answer:?}");
        api.program.kills_itself(step).await;
        kills += 1;
        if (walk + number).is_multiple_of(2) {
            let api = town.api(&[]).await;
            buyer.client = api.client.clone();
            let again = buyer.order(&total, outcome, &mail).await.unwrap();
            assert_eq!(again.status, 201, "'{step}': {again:?}\n{}", town.log());
            api.program.ends().await;
        }
        // Or the next process would come to its step by what this one has left behind.
        town.settles().await;
    }
    kills
}

/// An order whose money has moved, and whose process died before it could say so.
async fn charged_and_unheard(town: &Town, mail: &str, goods: (&str, u32)) {
    let (api, buyer) = about_to_order(town, "provider answered", mail, goods).await;
    let total = buyer.total().await;
    let answer = buyer.order(&total, "approve", mail).await;
    assert!(answer.is_none(), "{answer:?}");
    api.program.kills_itself("provider answered").await;
}

/// One recovery after the other dies at the next step.
async fn recoveries_die(town: &Town, steps: &[&str]) -> usize {
    for step in steps {
        town.time_passes().await;
        let api = town.start(&[("VITRINE_AT_STEP", &format!("KILL@{step}:1"))]);
        api.program.kills_itself(&format!("recovery at '{step}'")).await;
    }
    steps.len()
}

async fn recovering(town: &Town, walk: usize) -> usize {
    charged_and_unheard(town, &format!("recovering-{walk}@shop.example"), (PLENTY, 1)).await;
    let kills = 1 + recoveries_die(town, RECOVERING).await;
    town.settles().await;
    kills
}

/// The money comes when the goods are gone.
async fn refunding(town: &Town, walk: usize) -> usize {
    let mut kills = 0;
    let at_once = REFUNDING_AT_ONCE.iter().map(std::slice::from_ref);
    for (number, steps) in std::iter::once(REFUNDING).chain(at_once).enumerate() {
        let mail = format!("refunding-{walk}-{number}@shop.example");
        charged_and_unheard(town, &mail, (SCARCE, 10)).await;
        hold_ends(town).await;
        adjust(town, &format!("lost-{walk}-{number}"), AdjustmentKind::Correct, -1).await;
        kills += 1 + recoveries_die(town, steps).await;
        town.settles().await;
        adjust(town, &format!("found-{walk}-{number}"), AdjustmentKind::Correct, 1).await;
    }
    kills
}

/// What is held for orders is free for others.
async fn hold_ends(town: &Town) {
    town.sql(&["UPDATE inventory_reservation SET expires_at = 0 WHERE state = 'held'"]).await;
    let ended = Inventory::expire(&town.db, SystemClock.now(), 100).await.unwrap();
    assert_eq!(ended.len(), 1, "{ended:?}");
}

async fn adjust(town: &Town, id: &str, kind: AdjustmentKind, quantity: i64) {
    let line = AdjustmentLine {
        sku: Sku::try_new(SCARCE).unwrap(),
        location: LocationId::try_new("berlin").unwrap(),
        quantity,
    };
    let adjustment = Adjustment { id, kind, reason: "a test", by: "test", lines: &[line] };
    let mut tx = town.db.begin().await.unwrap();
    let write = vitrine_inventory::Write::at(SystemClock.now());
    Inventory::adjust_in(&mut tx, &town.store(), &adjustment, &write).await.unwrap();
    tx.commit().await.unwrap();
}
