//! Orders on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::testing::for_each_backend;
use vitrine_db::{Db, Tx};
use vitrine_order::{
    Contents, Error, NewOrder, NewRefund, NewReturn, NewShipment, NewWithdrawal, OrderAccess, OrderId,
    OrderNumber, OrderQuery, OrderState, Orders, Units, Write, customer_of, new_order_id,
};

const MODULES: [&vitrine_db::Module; 2] = [&vitrine_db::MODULE, &vitrine_order::MODULE];
const NOW: Timestamp = Timestamp::from_ms(1_780_000_000_000);

fn store() -> StoreId {
    StoreId::try_new("nimbus").unwrap()
}

fn write() -> Write<'static> {
    Write::new(NOW, "a test")
}

/// Three pillows and a duvet for 169.00.
fn contents() -> Contents {
    let eur = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    let line = |id: &str, sku: &str, quantity: u32| {
        json!({ "id": id, "sku": sku, "product": sku.to_lowercase(), "name": sku, "quantity": quantity,
            "pieces": [[sku, 1]] })
    };
    let address = json!({ "name": "A. Shopper", "line1": "Musterstraße 1", "postcode": "10115", "city": "Berlin",
        "country": "DE" });
    let quote = json!({
        "lines": [], "promotions": [], "codes": [], "skipped": [], "taxes": [], "tax_included": true,
        "tax_final": true, "uses": [], "steps": [],
        "delivery": { "zone": null, "offers": [], "chosen": null, "problem": null },
        "totals": { "goods": eur(16_900), "delivery": eur(0), "discounts": eur(0), "tax": eur(2_698),
            "total": eur(16_900) },
    });
    serde_json::from_value(json!({
        "locale": "de-DE", "contact": { "email": "shopper@example.com" }, "shipping": address, "billing": address,
        "lines": [line("1", "PILLOW", 3), line("2", "DUVET", 1)], "quote": quote, "delivery": "parcel",
        "payment": "card",
    }))
    .unwrap()
}

struct Made {
    id: OrderId,
    number: OrderNumber,
    access: OrderAccess,
}

async fn made(db: &Db) -> Made {
    let made = Made {
        id: new_order_id().unwrap(),
        number: OrderNumber::random().unwrap(),
        access: OrderAccess::random().unwrap(),
    };
    let (contents, customer) = (contents(), customer_of("shopper@example.com"));
    let new = NewOrder {
        id: &made.id,
        number: &made.number,
        access: &made.access,
        country: Country::try_new("DE").unwrap(),
        cart: "cart",
        customer: &customer,
        contents: &contents,
    };
    let mut tx = db.begin().await.unwrap();
    assert!(Orders::create_in(&mut tx, &store(), &new, &write()).await.unwrap());
    assert!(!Orders::create_in(&mut tx, &store(), &new, &write()).await.unwrap());
    tx.commit().await.unwrap();
    made
}

/// Does something in a transaction that is committed if it goes well.
async fn within<T>(db: &Db, work: impl AsyncFnOnce(&mut Tx) -> Result<T, Error>) -> Result<T, Error> {
    let mut tx = db.begin().await.unwrap();
    let done = work(&mut tx).await?;
    tx.commit().await.unwrap();
    Ok(done)
}

async fn place(db: &Db, id: &OrderId) -> Result<bool, Error> {
    within(db, async |tx| Ok(Orders::place_in(tx, &store(), id, &write()).await?.is_some())).await
}

async fn cancel(db: &Db, id: &OrderId) -> Result<bool, Error> {
    within(db, async |tx| Orders::cancel_in(tx, &store(), id, "changed their mind", &write()).await).await
}

async fn ship(db: &Db, id: &OrderId, name: &str, units: &Units) -> Result<bool, Error> {
    let new = NewShipment { id: name, carrier: "DHL", tracking: "00340", units };
    within(db, async |tx| Orders::ship_in(tx, &store(), id, &new, &write()).await).await.map(|(_, new)| new)
}

async fn take_back(db: &Db, id: &OrderId, name: &str, units: &Units) -> Result<bool, Error> {
    let new = NewReturn { id: name, units, reason: "too soft" };
    within(db, async |tx| Orders::return_in(tx, &store(), id, &new, &write()).await).await.map(|(_, new)| new)
}

async fn state(db: &Db, id: &OrderId) -> OrderState {
    Orders::get(db, &store(), id).await.unwrap().state
}

fn units(of: &[(&str, u32)]) -> Units {
    of.iter().map(|(line, units)| ((*line).to_owned(), *units)).collect()
}

async fn events(db: &Db) -> Vec<String> {
    let rows = vitrine_db::sql("SELECT kind, version FROM db_outbox".to_owned()).fetch_all(db.reader()).await;
    let mut events: Vec<(i64, String)> = rows
        .unwrap()
        .iter()
        .map(|row| (sqlx::Row::get(row, "version"), sqlx::Row::get(row, "kind")))
        .collect();
    events.sort();
    events.into_iter().map(|(_, kind)| kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_found_by_id_number_and_link() {
    for_each_backend(&MODULES, async |db| {
        let made = made(&db).await;
        let order = Orders::get(&db, &store(), &made.id).await.unwrap();
        assert_eq!(
            (order.state, order.contents.clone(), order.version),
            (OrderState::PendingPayment, contents(), 1)
        );
        assert_eq!(Orders::by_number(&db, &store(), &made.number).await.unwrap(), order);
        assert_eq!(Orders::by_access(&db, &store(), &made.access).await.unwrap(), order);
        let more = within(&db, async |tx| Orders::link_in(tx, &store(), &made.id, NOW).await).await.unwrap();
        assert_ne!(more, made.access);
        assert_eq!(Orders::by_access(&db, &store(), &more).await.unwrap(), order);
        let other = OrderAccess::random().unwrap();
        assert!(matches!(Orders::by_access(&db, &store(), &other).await, Err(Error::NoOrder)));
        let elsewhere = StoreId::try_new("other").unwrap();
        assert!(matches!(Orders::get(&db, &elsewhere, &made.id).await, Err(Error::NoOrder)));
        for access in [&made.access, &more] {
            assert!(matches!(Orders::by_access(&db, &elsewhere, access).await, Err(Error::NoOrder)));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_lives_its_life_once() {
    for_each_backend(&MODULES, async |db| {
        let made = made(&db).await;
        let customer = customer_of(" Shopper@Example.com ");
        assert!(!Orders::has_ordered(&db, &store(), &customer).await.unwrap());
        assert!(matches!(ship(&db, &made.id, "s1", &Units::new()).await, Err(Error::NotNow { .. })));
        assert!(place(&db, &made.id).await.unwrap());
        assert!(!place(&db, &made.id).await.unwrap(), "a webhook comes twice");
        assert!(Orders::has_ordered(&db, &store(), &customer).await.unwrap());
        assert!(ship(&db, &made.id, "s1", &units(&[("1", 2)])).await.unwrap());
        assert!(!ship(&db, &made.id, "s1", &units(&[("1", 2)])).await.unwrap(), "asked twice");
        assert!(matches!(ship(&db, &made.id, "s1", &units(&[("1", 1)])).await, Err(Error::Reused { .. })));
        assert_eq!(state(&db, &made.id).await, OrderState::PartlyShipped);
        let wrong = ship(&db, &made.id, "s2", &units(&[("1", 2)])).await.unwrap_err();
        assert!(matches!(wrong, Error::Units { wanted: 2, left: 1, .. }), "{wrong}");
        assert!(!place(&db, &made.id).await.unwrap(), "later still");
        assert!(matches!(cancel(&db, &made.id).await, Err(Error::State { .. })), "something was sent");
        assert!(ship(&db, &made.id, "s2", &Units::new()).await.unwrap());
        assert_eq!(state(&db, &made.id).await, OrderState::Shipped);
        assert!(matches!(ship(&db, &made.id, "s3", &Units::new()).await, Err(Error::NotNow { .. })));
        assert!(take_back(&db, &made.id, "r1", &units(&[("2", 1)])).await.unwrap());
        assert_eq!(state(&db, &made.id).await, OrderState::Shipped);
        assert!(matches!(
            take_back(&db, &made.id, "r2", &units(&[("2", 1)])).await,
            Err(Error::Units { .. })
        ));
        assert!(take_back(&db, &made.id, "r2", &Units::new()).await.unwrap());
        assert_eq!(state(&db, &made.id).await, OrderState::Returned);
        let goods = Orders::goods(&db, &store(), &made.id).await.unwrap();
        assert_eq!((goods.shipments.len(), goods.returns.len()), (2, 2));
        assert_eq!(goods.shipments[1].units, units(&[("1", 1), ("2", 1)]));
        let history = Orders::history(&db, &store(), &made.id).await.unwrap();
        let told: Vec<&str> = history.iter().map(|one| one.what.as_str()).collect();
        assert_eq!(told, ["created", "placed", "shipped", "shipped", "returned", "returned"]);
        let kinds = ["order_placed", "order_shipped", "order_shipped", "order_returned", "order_returned"];
        assert_eq!(events(&db).await, kinds);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_back_for_each_unit_once_unless_it_failed() {
    for_each_backend(&MODULES, async |db| {
        let made = made(&db).await;
        let refund = async |name: &str, of: &[(&str, u32)], failed: &[&str]| {
            let (units, failed) = (units(of), failed.iter().map(ToString::to_string).collect());
            let new = NewRefund { id: name, units: &units, failed: &failed };
            within(&db, async |tx| Orders::refund_in(tx, &store(), &made.id, &new, &write()).await).await
        };
        refund("a", &[("1", 2)], &[]).await.unwrap();
        let over = refund("b", &[("2", 1), ("1", 2)], &[]).await.unwrap_err();
        assert!(matches!(&over, Error::Units { line, wanted: 2, left: 1, .. } if line == "1"), "{over}");
        refund("b", &[("2", 1), ("1", 1)], &[]).await.unwrap();
        assert!(matches!(refund("c", &[("2", 1)], &[]).await, Err(Error::Units { left: 0, .. })));
        assert!(matches!(refund("c", &[("9", 1)], &[]).await, Err(Error::Units { left: 0, .. })));
        assert!(matches!(refund("c", &[("1", 0)], &[]).await, Err(Error::Nothing { .. })));
        refund("c", &[("1", 2)], &["a"]).await.unwrap();
        assert!(matches!(refund("d", &[("1", 1)], &["a"]).await, Err(Error::Units { left: 0, .. })));
        let mut connection = db.reader().acquire().await.unwrap();
        let refunds = Orders::refunds_in(&mut connection, &store(), &made.id).await.unwrap();
        assert_eq!(refunds.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(refunds["b"], units(&[("1", 1), ("2", 1)]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_stays_so() {
    for_each_backend(&MODULES, async |db| {
        let made = made(&db).await;
        assert!(cancel(&db, &made.id).await.unwrap());
        assert!(!cancel(&db, &made.id).await.unwrap());
        assert!(matches!(place(&db, &made.id).await, Err(Error::State { found: OrderState::Cancelled, .. })));
        let withdrawal = NewWithdrawal { id: "w", name: "A", email: "a@example.com", units: &Units::new() };
        let refused =
            within(&db, async |tx| Orders::withdraw_in(tx, &store(), &made.id, &withdrawal, &write()).await)
                .await;
        assert!(matches!(refused, Err(Error::NotNow { .. })));
        assert_eq!(events(&db).await, ["order_cancelled"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_received_once_and_moves_nothing() {
    for_each_backend(&MODULES, async |db| {
        let made = made(&db).await;
        place(&db, &made.id).await.unwrap();
        let withdrawal =
            NewWithdrawal { id: "w1", name: "A. Shopper", email: "a@example.com", units: &Units::new() };
        for is_new in [true, false] {
            let (received, new) = within(&db, async |tx| {
                Orders::withdraw_in(tx, &store(), &made.id, &withdrawal, &write()).await
            })
            .await
            .unwrap();
            assert_eq!((new, received.units), (is_new, contents().units()));
        }
        assert_eq!(state(&db, &made.id).await, OrderState::Placed);
        let wrong = NewWithdrawal { name: "bell\u{7}", ..withdrawal };
        let refused =
            within(&db, async |tx| Orders::withdraw_in(tx, &store(), &made.id, &wrong, &write()).await).await;
        assert!(matches!(refused, Err(Error::Text { field: "name", .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_place_and_cancel_at_once_one_wins() {
    for_each_backend(&MODULES, async |db| {
        let made = made(&db).await;
        let (placed, cancelled) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let one = async |number: usize| match number % 2 {
            0 => match place(&db, &made.id).await {
                Ok(first) => drop(placed.fetch_add(usize::from(first), Ordering::SeqCst)),
                Err(error) => assert!(matches!(error, Error::State { .. }), "{error}"),
            },
            _ => match cancel(&db, &made.id).await {
                Ok(first) => drop(cancelled.fetch_add(usize::from(first), Ordering::SeqCst)),
                Err(error) => panic!("{error}"),
            },
        };
        tokio::join!(one(0), one(1), one(2), one(3), one(4), one(5));
        // A placed order may be cancelled, a cancelled one not placed.
        assert_eq!(state(&db, &made.id).await, OrderState::Cancelled);
        assert_eq!(cancelled.load(Ordering::SeqCst), 1);
        assert!(placed.load(Ordering::SeqCst) <= 1);
        let waiting = Orders::waiting(&db, NOW.plus_days(1), 10).await.unwrap();
        assert_eq!(waiting, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_found_page_by_page_by_state_and_customer() {
    for_each_backend(&MODULES, async |db| {
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(made(&db).await.id);
        }
        place(&db, &all[2]).await.unwrap();
        let mut paged = Vec::new();
        let mut query = OrderQuery { limit: 2, ..OrderQuery::default() };
        loop {
            let page = Orders::find(&db, &store(), &query).await.unwrap();
            let Some(last) = page.last() else { break };
            query.before = Some((last.created_at, last.id.clone()));
            paged.extend(page.into_iter().map(|order| order.id));
        }
        let mut sorted = paged.clone();
        sorted.sort();
        all.sort();
        assert_eq!(sorted, all, "each once");

        let state = |state| OrderQuery { state: Some(state), limit: 9, ..OrderQuery::default() };
        assert_eq!(Orders::find(&db, &store(), &state(OrderState::Placed)).await.unwrap().len(), 1);
        let customer = Some(customer_of(" Shopper@example.com"));
        let both = OrderQuery { customer, ..state(OrderState::PendingPayment) };
        assert_eq!(Orders::find(&db, &store(), &both).await.unwrap().len(), 4);
        let nobody = OrderQuery { customer: Some(customer_of("x@example.com")), ..state(OrderState::Placed) };
        assert_eq!(Orders::find(&db, &store(), &nobody).await.unwrap(), []);
        let other = StoreId::try_new("other").unwrap();
        assert_eq!(Orders::find(&db, &other, &state(OrderState::Placed)).await.unwrap(), []);
    })
    .await;
}

#[test]
fn parts_of_a_line_never_add_up_to_more_than_was_charged() {
    let eur = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    let mut contents = contents();
    let line = json!({ "id": "1", "sku": "PILLOW", "quantity": 3, "unit_price": eur(334), "compare_at": null,
        "subtotal": eur(1_002), "discounts": [], "total": eur(1_000),
        "taxes": [{ "rate": "19", "of": eur(1_000), "tax": eur(190) }], "gift_of": null });
    contents.quote.lines = vec![serde_json::from_value(line).unwrap()];
    let charged = |contents: &Contents, count| contents.charged(&units(&[("1", count)])).unwrap().minor();
    assert_eq!([1, 2, 3].map(|count| charged(&contents, count)), [333, 666, 1_000]);
    contents.quote.tax_included = false;
    assert_eq!([1, 3].map(|count| charged(&contents, count)), [396, 1_190]);
    assert!(matches!(contents.charged(&units(&[("1", 4)])), Err(Error::Units { left: 3, .. })));
    assert!(matches!(contents.charged(&units(&[("9", 1)])), Err(Error::Units { left: 0, .. })));
    assert!(matches!(contents.charged(&units(&[("1", 0)])), Err(Error::Nothing { .. })));
}
