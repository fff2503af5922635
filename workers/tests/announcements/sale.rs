//! A store in which everything happens, relays and announcers over it, and a hall for what they say.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use vitrine_catalog::{Catalog, ProductInput};
use vitrine_core::{Clock as _, Country, FixedClock, Money, Origin, Revision, Sku, StoreId, Timestamp};
use vitrine_db::{Db, Module, Run};
use vitrine_inventory::{Adjustment, AdjustmentKind, AdjustmentLine, Inventory, Location, StockRule};
use vitrine_order::{
    Contents, NewOrder, NewReturn, NewShipment, NewWithdrawal, OrderAccess, OrderId, OrderNumber, Orders,
    Units, Write, customer_of, new_order_id,
};
use vitrine_payment::{
    AttemptId, Capture, Dispute, Failure, FailureCode, Heard, NewAttempt, Offline, Payments, RefundId,
    RefundStanding, RefundStatement, Said, Source, Standing, Statement,
};
use vitrine_queue::{Announcement, EmbeddedQueue, Exchange, QueueError};
use vitrine_store::{CountryConfig, StoreConfig, Stores};
use vitrine_workers::{Announcer, Relay, RelayOptions, Round, WorkerError};

pub(crate) const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_payment::MODULE,
    &vitrine_order::MODULE,
    &vitrine_mail::MODULE,
    &vitrine_queue::MODULE,
    &vitrine_generator::MODULE,
    &vitrine_workers::MODULE,
];
const NOW: Timestamp = Timestamp::from_ms(1_780_000_000_000);
/// Longer than an announcer that died holds events, ms.
const CLAIM: i64 = 60_000;

/// What becomes of announcements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Doors {
    #[default]
    Open,
    Closed,
    /// Nothing ever comes back, and nothing is taken.
    Hanging,
}

/// Keeps what it is told.
#[derive(Debug, Default)]
pub(crate) struct Hall {
    doors: Mutex<Doors>,
    heard: Mutex<Vec<Value>>,
}

impl Hall {
    pub(crate) fn open(&self) {
        self.set(Doors::Open);
    }

    pub(crate) fn close(&self) {
        self.set(Doors::Closed);
    }

    pub(crate) fn hang(&self) {
        self.set(Doors::Hanging);
    }

    fn set(&self, doors: Doors) {
        *self.doors.lock().unwrap_or_else(PoisonError::into_inner) = doors;
    }

    pub(crate) fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Exchange for Hall {
    async fn announce(&self, announcements: &[Announcement]) -> Result<(), QueueError> {
        let doors = *self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        match doors {
            Doors::Open => {}
            Doors::Closed => return Err(QueueError::Disconnected),
            Doors::Hanging => std::future::pending().await,
        }
        let bodies = announcements.iter().map(|one| serde_json::from_slice::<Value>(&one.body).unwrap());
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend(bodies);
        Ok(())
    }
}

/// The store.
pub(crate) struct Sale {
    db: Db,
    store: StoreId,
    clock: Arc<FixedClock>,
    payments: Payments,
    counted: AtomicI64,
}

impl Sale {
    pub(crate) async fn open(db: &Db) -> Self {
        let clock = Arc::new(FixedClock::new(NOW));
        let store = StoreId::try_new("nimbus").unwrap();
        let config: StoreConfig = serde_json::from_value(json!({ "id": "nimbus", "name": "Nimbus",
            "origin": "https://nimbus.example", "default_country": "DE", "organization": { "legal_name": "x",
                "street": "x", "postcode": "x", "city": "x", "country": "DE", "email": "hello@nimbus.example" } }))
        .unwrap();
        let germany: CountryConfig = serde_json::from_value(json!({ "country": "DE", "currency": "EUR",
            "time_zone": "Europe/Berlin", "schedule": "never", "locales": [], "tax": { "included": true,
                "rates": {} } }))
        .unwrap();
        let product: ProductInput = serde_json::from_value(json!({
            "product": { "id": "pillow", "type": "pillow", "status": "published", "tax_class": "standard",
                "variants": [{ "sku": "PILLOW" }] },
            "texts": { "de": { "name": "Kissen", "slug": "kissen" } },
            "prices": { "PILLOW": { "DE": { "base": { "minor": 4000 } } } },
        }))
        .unwrap();
        let run = Run { origin: Origin::Files, now: NOW, force: false };
        let mut tx = db.begin().await.unwrap();
        Stores::put_config_in(&mut tx, &run, &config).await.unwrap();
        Stores::put_countries_in(&mut tx, &store, &run, &[germany]).await.unwrap();
        Catalog::put_products_in(&mut tx, &store, &run, &[product]).await.unwrap();
        let berlin = Location { id: "berlin".parse().unwrap(), name: "Berlin".to_owned(), priority: 1 };
        Inventory::put_location_in(&mut tx, &store, &berlin).await.unwrap();
        tx.commit().await.unwrap();
        let payments = Payments::new(db.clone(), clock.clone(), vec![Arc::new(Offline::Invoice)]);
        let sale = Self { db: db.clone(), store, clock, payments, counted: AtomicI64::new(0) };
        sale.count(9).await;
        let rule = StockRule { location: "berlin".parse().unwrap(), sku: pillow(), backorder: 0, low_at: 2 };
        let mut tx = db.begin().await.unwrap();
        let write = vitrine_inventory::Write::at(NOW);
        Inventory::set_rules_in(&mut tx, &sale.store, &[rule], &write).await.unwrap();
        tx.commit().await.unwrap();
        sale
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets claims of those who died end.
    pub(crate) fn claims_end(&self) {
        self.clock.advance_ms(CLAIM);
    }

    pub(crate) async fn revision(&self) -> Revision {
        Stores::revision(&self.db, &self.store).await.unwrap()
    }

    /// Everything that can happen, once.
    pub(crate) async fn everything(&self) {
        let sold = self.order().await;
        self.heard(&sold, Standing::Captured(Money::eur(4_000))).await;
        self.place(&sold).await;
        let units = Units::new();
        let mut tx = self.db.begin().await.unwrap();
        let (store, write) = (&self.store, self.write());
        let shipment = NewShipment { id: "s1", carrier: "DHL", tracking: "", units: &units };
        Orders::ship_in(&mut tx, store, &sold, &shipment, &write).await.unwrap();
        let withdrawal =
            NewWithdrawal { id: "w1", name: "A. Shopper", email: "receipts@example.com", units: &units };
        Orders::withdraw_in(&mut tx, store, &sold, &withdrawal, &write).await.unwrap();
        let back = NewReturn { id: "r1", units: &units, reason: "too soft" };
        Orders::return_in(&mut tx, store, &sold, &back, &write).await.unwrap();
        tx.commit().await.unwrap();
        let refund = RefundStatement {
            id: RefundId::try_new(&format!("{sold}-back")).unwrap(),
            amount: Money::eur(4_000),
            standing: RefundStanding::Succeeded,
            provider_ref: None,
        };
        self.said(&sold, Said::Refund(refund)).await;
        let dispute = Dispute {
            id: format!("d-{sold}"),
            amount: Money::eur(4_000),
            reason: "fraudulent".to_owned(),
            status: "open".to_owned(),
            opened_at: self.now(),
        };
        self.said(&sold, Said::Dispute(dispute)).await;

        let declined = self.order().await;
        let failure = Failure { code: FailureCode::Declined, detail: String::new() };
        self.heard(&declined, Standing::Failed(failure)).await;
        let mut tx = self.db.begin().await.unwrap();
        Orders::cancel_in(&mut tx, store, &declined, "the payment failed", &write).await.unwrap();
        tx.commit().await.unwrap();
        for left in [9, 1, 0] {
            self.count(left).await;
        }
    }

    /// An order of a pillow, with its payment attempt.
    pub(crate) async fn order(&self) -> OrderId {
        let id = new_order_id().unwrap();
        let contents = contents();
        let new = NewOrder {
            id: &id,
            number: &OrderNumber::random().unwrap(),
            access: &OrderAccess::random().unwrap(),
            country: Country::try_new("DE").unwrap(),
            cart: "cart",
            customer: &customer_of("shopper@example.com"),
            contents: &contents,
        };
        let mut tx = self.db.begin().await.unwrap();
        Orders::create_in(&mut tx, &self.store, &new, &self.write()).await.unwrap();
        let attempt = NewAttempt {
            id: &AttemptId::try_new(id.as_str()).unwrap(),
            reference: id.as_str(),
            provider: "invoice",
            amount: Money::eur(4_000),
            capture: Capture::Manual,
            token: "",
        };
        let write = vitrine_payment::Write::at(self.now());
        self.payments.begin_in(&mut tx, &self.store, &attempt, &write).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn place(&self, order: &OrderId) {
        let mut tx = self.db.begin().await.unwrap();
        assert!(Orders::place_in(&mut tx, &self.store, order, &self.write()).await.unwrap().is_some());
        tx.commit().await.unwrap();
    }

    async fn heard(&self, order: &OrderId, standing: Standing) {
        self.said(order, Said::Attempt(Statement { standing, amount: None, provider_ref: None })).await;
    }

    async fn said(&self, order: &OrderId, said: Said) {
        let attempt = AttemptId::try_new(order.as_str()).unwrap();
        let heard = Heard { attempt, source: Source::Answer, said, raw: String::new() };
        let mut tx = self.db.begin().await.unwrap();
        let write = vitrine_payment::Write::at(self.now());
        Payments::apply_in(&mut tx, &self.store, &heard, &write).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn count(&self, quantity: i64) {
        let name = format!("count-{}", self.counted.fetch_add(1, Ordering::Relaxed));
        let line = AdjustmentLine { sku: pillow(), location: "berlin".parse().unwrap(), quantity };
        let kind = AdjustmentKind::Count;
        let adjustment = Adjustment { id: &name, kind, reason: "counted", by: "a test", lines: &[line] };
        let mut tx = self.db.begin().await.unwrap();
        let write = vitrine_inventory::Write::at(self.now());
        Inventory::adjust_in(&mut tx, &self.store, &adjustment, &write).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn write(&self) -> Write<'static> {
        Write::new(self.now(), "a test")
    }

    /// A relay until there is nothing to do.
    pub(crate) async fn relay(&self, announces: bool) {
        let queue = Arc::new(EmbeddedQueue::new(self.db.clone(), self.clock.clone()));
        let options = RelayOptions { announces, ..RelayOptions::default() };
        let relay = Relay::new(self.db.clone(), queue, self.clock.clone(), options);
        while relay.round().await.unwrap() != Round::default() {}
    }

    /// An announcer until there is nothing to do.
    pub(crate) async fn announce(&self, exchange: Arc<dyn Exchange>) -> Result<(), WorkerError> {
        let announcer = Announcer::new(self.db.clone(), exchange, self.clock.clone());
        while announcer.round().await? > 0 {}
        Ok(())
    }

    /// An announcer that is dropped while it waits for the broker.
    pub(crate) async fn announce_and_die(&self, hall: &Arc<Hall>) {
        let announcer = Announcer::new(self.db.clone(), hall.clone(), self.clock.clone());
        let round = tokio::spawn(async move { announcer.round().await.map(drop) });
        let held = "SELECT COUNT(*) FROM workers_announcement WHERE free_at > 0";
        while self.number(held).await == 0 {
            tokio::task::yield_now().await;
        }
        round.abort();
        assert!(round.await.unwrap_err().is_cancelled());
    }

    /// What a relay leaves behind that dies before it marks anything.
    pub(crate) async fn forget_that_it_was_relayed(&self) {
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query("UPDATE db_outbox SET published_at = NULL").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Has the events of an order that wait to be announced say something else.
    pub(crate) async fn say_instead(&self, payload: &str, order: &OrderId) {
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query("UPDATE workers_announcement SET payload = $1 WHERE entity = $2")
            .bind(payload)
            .bind(order.as_str())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// Ids of events that are not relayed.
    pub(crate) async fn waiting(&self) -> Vec<String> {
        let query = sqlx::query_as("SELECT id FROM db_outbox WHERE published_at IS NULL");
        let rows: Vec<(String,)> = query.fetch_all(self.db.reader()).await.unwrap();
        rows.into_iter().map(|(id,)| id).collect()
    }

    /// How many events there were for the outside.
    pub(crate) async fn told(&self) -> usize {
        let all = "SELECT COUNT(*) FROM db_outbox WHERE kind <> 'revised'";
        usize::try_from(self.number(all).await).unwrap()
    }

    async fn number(&self, query: &'static str) -> i64 {
        let (number,): (i64,) = sqlx::query_as(query).fetch_one(self.db.reader()).await.unwrap();
        number
    }
}

fn pillow() -> Sku {
    Sku::try_new("PILLOW").unwrap()
}

fn contents() -> Contents {
    let eur = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    let address = json!({ "name": "A. Shopper", "line1": "Musterstraße 1", "postcode": "10115", "city": "Berlin",
        "country": "DE" });
    serde_json::from_value(json!({
        "locale": "de-DE", "contact": { "email": "shopper@example.com" }, "shipping": address, "billing": address,
        "lines": [{ "id": "1", "sku": "PILLOW", "product": "pillow", "name": "Kissen", "quantity": 1,
            "pieces": [["PILLOW", 1]] }],
        "quote": { "lines": [], "promotions": [], "codes": [], "skipped": [], "taxes": [], "tax_included": true,
            "tax_final": true, "uses": [], "steps": [],
            "delivery": { "zone": null, "offers": [], "chosen": null, "problem": null },
            "totals": { "goods": eur(4_000), "delivery": eur(0), "discounts": eur(0), "tax": eur(639),
                "total": eur(4_000) } },
        "delivery": "parcel", "payment": "invoice",
    }))
    .unwrap()
}
