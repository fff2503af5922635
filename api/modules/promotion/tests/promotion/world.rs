//! A store with promotions.

use std::sync::Arc;

use vitrine_core::{FixedClock, Origin, Rate, StoreId, Timestamp};
use vitrine_db::{Db, Run};
use vitrine_pricing::{Action, Coupon, Limited, Limits, On, Percent, Promotion, Selector, Use};
use vitrine_promotion::{Held, Holding, Promotions};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
pub(crate) const MINUTES_15: i64 = 15 * 60_000;

pub(crate) fn store(id: &str) -> StoreId {
    StoreId::try_new(id).unwrap()
}

pub(crate) fn door(db: &Db) -> (Promotions, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::new(NOW));
    (Promotions::new(db.clone(), clock.clone()), clock)
}

pub(crate) fn run(origin: Origin) -> Run {
    Run { origin, now: NOW, force: false }
}

pub(crate) fn promotion(id: &str) -> Promotion {
    let off = Rate::parse_percent("10").unwrap();
    Promotion::new(
        id.parse().unwrap(),
        Action::Percent(Percent { off, on: On::Order, of: Selector::default() }),
    )
}

pub(crate) fn coupon(code: &str, promotion: &str) -> Coupon {
    Coupon::new(code.parse().unwrap(), promotion.parse().unwrap())
}

pub(crate) fn of_promotion(id: &str) -> Limited {
    Limited::Promotion(id.parse().unwrap())
}

pub(crate) fn of_coupon(code: &str) -> Limited {
    Limited::Coupon(code.parse().unwrap())
}

pub(crate) fn limited(limited: Limited, total: Option<u32>, per_customer: Option<u32>) -> Use {
    Use { limited, limits: Limits { total, per_customer } }
}

/// Holds in a transaction of its own, as placing an order does; a refusal is rolled back.
pub(crate) async fn hold(db: &Db, shop: &str, order: &str, customer: &str, uses: &[Use]) -> Held {
    let mut tx = db.begin().await.unwrap();
    let holding = Holding { order, customer, uses, ends_at: NOW.plus_ms(MINUTES_15) };
    let held = Promotions::hold_in(&mut tx, &store(shop), &holding).await.unwrap();
    match held {
        Held::All => tx.commit().await.unwrap(),
        Held::Refused { .. } => tx.rollback().await.unwrap(),
    }
    held
}

pub(crate) async fn commit(db: &Db, shop: &str, order: &str) -> vitrine_promotion::Committed {
    let mut tx = db.begin().await.unwrap();
    let committed = Promotions::commit_in(&mut tx, &store(shop), order).await.unwrap();
    tx.commit().await.unwrap();
    committed
}

pub(crate) async fn release(db: &Db, shop: &str, order: &str) -> usize {
    let mut tx = db.begin().await.unwrap();
    let freed = Promotions::release_in(&mut tx, &store(shop), order).await.unwrap();
    tx.commit().await.unwrap();
    freed
}

/// How often something is taken, once counters and holds are found to agree.
pub(crate) async fn taken(promotions: &Promotions, shop: &str, limited: &Limited) -> i64 {
    assert_eq!(promotions.audit(&store(shop)).await.unwrap(), []);
    promotions.taken(&store(shop), limited).await.unwrap()
}
