//! Whether all agree in the end: orders, stock, promotions, payments, and the provider's books, which are the truth of
//! money.

use std::collections::BTreeMap;
use std::sync::Arc;

use vitrine_core::SystemClock;
use vitrine_order::{Order, OrderState, Orders};
use vitrine_payment::{TestAccount, TestProvider};

use crate::town::Town;

const ALL: u32 = 100_000;

/// Every order there is.
pub(crate) async fn orders(town: &Town) -> Vec<Order> {
    let mut connection = town.db.reader().acquire().await.unwrap();
    Orders::page_in(&mut connection, &town.store(), None, ALL).await.unwrap()
}

/// The provider's books, by the order that an account is of.
pub(crate) async fn books(town: &Town) -> BTreeMap<String, TestAccount> {
    let provider = TestProvider::new(town.db.clone(), Arc::new(SystemClock), "unused".to_owned().into());
    let accounts = provider.accounts(&town.store()).await.unwrap();
    accounts.into_iter().map(|account| (account.attempt.to_string(), account)).collect()
}

/// Nothing is open, every charge has its order or its refund, once, and the audit finds nothing.
pub(crate) async fn agrees(town: &Town, what: &str) {
    let said = town.shop.run(&["audit"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{what}: {}\n{}", said.err, town.log());
    let mut books = books(town).await;
    for order in orders(town).await {
        let account = books.remove(order.id.as_str());
        let (taken, back) =
            account.map_or((0, 0), |account| (account.captured.minor(), account.refunded.minor()));
        match order.state {
            OrderState::PendingPayment => panic!("{what}: order {} is still open", order.number),
            OrderState::Cancelled => assert_eq!(taken, back, "{what}: cancelled order {}", order.number),
            _ => assert_eq!((taken, back), (order.total.minor(), 0), "{what}: order {}", order.number),
        }
    }
    let lost: Vec<_> = books.values().filter(|account| account.captured.is_positive()).collect();
    assert!(lost.is_empty(), "{what}: charges without an order: {lost:?}");
}
