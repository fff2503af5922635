//! Many at once.

use std::sync::Arc;

use vitrine_cart::{CartToken, Change};
use vitrine_checkout::Error;
use vitrine_core::{Money, Origin};
use vitrine_db::Run;
use vitrine_order::{OrderState, Orders};
use vitrine_payment::{AttemptId, RefundId};
use vitrine_pricing::{Action, Amounts, Conditions, Coupon, Fixed, On, Promotion, Selector};
use vitrine_promotion::Promotions;

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
            let key = format!("key {number} of {mail}");
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

/// How many want one of ten pieces; `VITRINE_LONG=1` makes a crowd of them.
#[allow(clippy::disallowed_methods, reason = "tests have no configuration file")]
fn buyers() -> usize {
    if std::env::var("VITRINE_LONG").is_ok_and(|long| long == "1") { 500 } else { 50 }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_buyers_get_ten_pieces() {
    each(async |stage| {
        let mut carts = Vec::new();
        for number in 0..buyers() {
            carts.push((stage.cart(&[add("PILLOW", 1)]).await, format!("buyer-{number}@example.com")));
        }
        let sold = all_at_once(&stage, carts, Money::eur(4_490)).await;
        assert_eq!(sold, Sold { placed: 10, refused: buyers() - 10 });
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

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_code_is_used_as_often_as_it_may() {
    each(async |stage| {
        stage.scene.stock("pillow", 100).await;
        let cart = async || stage.cart(&[add("PILLOW", 1), Change::Enter("FIRST".to_owned())]).await;
        let mut carts = Vec::new();
        // Four times the same customer, who may use it once.
        for mail in ["same@example.com"; 4] {
            carts.push((cart().await, mail.to_owned()));
        }
        for number in 0..20 {
            carts.push((cart().await, format!("buyer-{number}@example.com")));
        }
        let sold = all_at_once(&stage, carts, Money::eur(3_990)).await;
        assert_eq!(sold, Sold { placed: 10, refused: 14 });
        let orders = Orders::latest(stage.db(), stage.store(), later(&stage), 100).await.unwrap();
        let same = orders.iter().filter(|order| order.contents.contact.email == "same@example.com");
        assert!(same.filter(|order| order.state == OrderState::Placed).count() <= 1);
        assert_eq!(stage.level("PILLOW").await.free, 90);
        stage.audit().await;
        // A cancelled order gives its use back.
        let placed = orders.iter().find(|order| order.state == OrderState::Placed).unwrap();
        stage.checkout.cancel(stage.store(), &placed.id, "changed their mind", "shop").await.unwrap();
        let again = vec![(cart().await, "another@example.com".to_owned())];
        assert_eq!(all_at_once(&stage, again, Money::eur(3_990)).await.placed, 1);
        stage.audit().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_and_news_of_one_payment_come_at_once() {
    each(async |stage| {
        let cart = stage.cart(&[add("PILLOW", 1)]).await;
        let buyer = details("shopper@example.com", "card");
        let placed = stage.place(&cart, &buyer, Money::eur(4_490), "approve", "key").await.unwrap();
        let (order, attempt): (_, AttemptId) =
            (placed.order.id.clone(), placed.order.id.as_str().parse().unwrap());
        let heard = stage.payments.ask(stage.store(), &attempt).await.unwrap();
        let tries = (0..24).map(|number| {
            let (stage, order, heard) = (stage.clone(), order.clone(), heard.clone());
            tokio::spawn(async move {
                if number % 2 == 0 {
                    return stage.checkout.complete(stage.store(), &heard, None).await.map(|_| ());
                }
                // Each of six names twice.
                let name = RefundId::try_new(&format!("refund-{}", number / 4)).unwrap();
                let refund =
                    stage.checkout.refund(stage.store(), &order, &name, Money::eur(100), "late", "shop");
                refund.await.map(|_| ())
            })
        });
        for one in tries.collect::<Vec<_>>() {
            one.await.unwrap().unwrap();
        }
        let paid = stage.provider.account(stage.store(), &attempt).await.unwrap().unwrap();
        assert_eq!((paid.captured, paid.refunded), (Money::eur(4_490), Money::eur(600)));
        let history = Orders::history(stage.db(), stage.store(), &order).await.unwrap();
        assert_eq!(history.iter().filter(|one| one.what == "refunded").count(), 6);
        stage.audit().await;
    })
    .await;
}

fn later(stage: &Stage) -> vitrine_core::Timestamp {
    vitrine_core::Clock::now(&*stage.scene.clock).plus_days(1)
}

/// Two codes for first orders, which give 5 EUR each.
async fn open_first_order_codes(stage: &Stage) {
    let run = Run { origin: Origin::Admin, now: vitrine_core::Clock::now(&*stage.scene.clock), force: false };
    let action =
        Action::Fixed(Fixed { off: Amounts::one(Money::eur(500)), on: On::Order, of: Selector::default() });
    let promotion = |id: &str| Promotion {
        by_code: true,
        conditions: Conditions { first_order: true, ..Conditions::default() },
        ..Promotion::new(id.parse().unwrap(), action.clone())
    };
    let coupon = |code: &str, id: &str| Coupon::new(code.parse().unwrap(), id.parse().unwrap());
    let mut tx = stage.db().begin().await.unwrap();
    let promotions = [promotion("hello"), promotion("welcome")];
    Promotions::put_in(&mut tx, stage.store(), &run, &promotions).await.unwrap();
    let coupons = [coupon("HELLO", "hello"), coupon("WELCOME", "welcome")];
    Promotions::put_coupons_in(&mut tx, stage.store(), &run, &coupons).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_has_one_first_order() {
    each(async |stage| {
        open_first_order_codes(&stage).await;
        let cart = async |code: &str| stage.cart(&[add("PILLOW", 1), Change::Enter(code.to_owned())]).await;
        let mut carts = Vec::new();
        for code in ["HELLO", "WELCOME", "HELLO", "WELCOME"] {
            carts.push((cart(code).await, "new@example.com".to_owned()));
        }
        carts.push((cart("HELLO").await, "another@example.com".to_owned()));
        let sold = all_at_once(&stage, carts, Money::eur(3_990)).await;
        assert_eq!(sold, Sold { placed: 2, refused: 3 });
        stage.audit().await;
        // Whoever has ordered is told so, and pays the whole price.
        let late = cart("WELCOME").await;
        let buyer = details("new@example.com", "card");
        assert_eq!(stage.total(&late, &buyer).await, Money::eur(4_490));
        // One whose payment is refused has not ordered.
        let buyer = details("third@example.com", "card");
        let declined = cart("HELLO").await;
        let placed = stage.place(&declined, &buyer, Money::eur(3_990), "decline", "declined").await.unwrap();
        assert_eq!(placed.order.state, OrderState::Cancelled);
        let again = vec![(cart("WELCOME").await, "third@example.com".to_owned())];
        assert_eq!(all_at_once(&stage, again, Money::eur(3_990)).await.placed, 1);
        stage.audit().await;
    })
    .await;
}
