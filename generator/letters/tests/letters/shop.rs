//! The demo shop with orders of all kinds, and a mailer that can be told to fail.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use vitrine_core::{Clock as _, Country, FixedClock, StoreId, Timestamp};
use vitrine_db::{Db, Event, Module, NewEvent, Outbox, OutboxClaim};
use vitrine_import::{ImportCache, ImportOptions, import_folder};
use vitrine_letters::{Postman, owe_in};
use vitrine_mail::{Letter, MailError, Mailer};
use vitrine_order::{
    Contents, NewOrder, NewShipment, NewWithdrawal, OrderAccess, OrderId, OrderNumber, Orders, Units, Write,
    customer_of, new_order_id,
};
use vitrine_theme::Theme;

pub(crate) const MODULES: &[&Module] = &[
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_content::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_promotion::MODULE,
    &vitrine_delivery::MODULE,
    &vitrine_payment::MODULE,
    &vitrine_order::MODULE,
    &vitrine_mail::MODULE,
];
/// 26 November 2026, 13:05 UTC: 14:05 in Berlin and Zurich, 22:05 in Tokyo, 17:05 in Dubai.
pub(crate) const NOW: &str = "2026-11-26T13:05:00Z";
/// Who ordered, with what a careless template would let through.
pub(crate) const SHOPPER: &str = "A. <b>Shopper</b> & Co";
pub(crate) const MAIL: &str = "shopper@example.com";

/// The demo shop in a database.
pub(crate) struct Shop {
    pub(crate) db: Db,
    pub(crate) store: StoreId,
    pub(crate) clock: Arc<FixedClock>,
    _pictures: tempfile::TempDir,
}

impl Shop {
    /// Imports `content/`.
    pub(crate) async fn open(db: &Db) -> Self {
        let now = Timestamp::parse_rfc3339(NOW).unwrap();
        let pictures = tempfile::tempdir().unwrap();
        let options = ImportOptions {
            force: false,
            now,
            media_dir: pictures.path().to_owned(),
            required_messages: Vec::new(),
            trace: None,
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
        import_folder(db, &folder, &options, &mut ImportCache::default()).await.unwrap();
        let store = StoreId::try_new("nimbus").unwrap();
        Self { db: db.clone(), store, clock: Arc::new(FixedClock::new(now)), _pictures: pictures }
    }

    pub(crate) fn postman(&self, mailer: Arc<dyn Mailer>) -> Postman {
        let theme = Arc::new(Theme::embedded().unwrap());
        Postman::new(self.db.clone(), self.clock.clone(), mailer, None, Arc::new(move || theme.clone()))
    }

    fn write(&self) -> Write<'static> {
        Write::new(self.clock.now(), "a test")
    }

    /// An order that waits for its money.
    pub(crate) async fn order(&self, country: &str, locale: &str) -> Ordered {
        let contents = contents(country, locale);
        let country = Country::try_new(country).unwrap();
        let (id, number) = (new_order_id().unwrap(), OrderNumber::random().unwrap());
        let new = NewOrder {
            id: &id,
            number: &number,
            access: &OrderAccess::random().unwrap(),
            country,
            cart: "cart",
            customer: &customer_of(MAIL),
            contents: &contents,
        };
        let mut tx = self.db.begin().await.unwrap();
        Orders::create_in(&mut tx, &self.store, &new, &self.write()).await.unwrap();
        tx.commit().await.unwrap();
        Ordered { id, number }
    }

    pub(crate) async fn place(&self, order: &Ordered) {
        let mut tx = self.db.begin().await.unwrap();
        assert!(Orders::place_in(&mut tx, &self.store, &order.id, &self.write()).await.unwrap().is_some());
        tx.commit().await.unwrap();
    }

    /// Sends one of the two pillows.
    pub(crate) async fn ship(&self, order: &Ordered) {
        let units = Units::from([("1".to_owned(), 1)]);
        let new = NewShipment { id: "s1", carrier: "DHL", tracking: "00340434", units: &units };
        let mut tx = self.db.begin().await.unwrap();
        Orders::ship_in(&mut tx, &self.store, &order.id, &new, &self.write()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn withdraw(&self, order: &Ordered) {
        let units = Units::from([("2".to_owned(), 1)]);
        let new = NewWithdrawal { id: "w1", name: SHOPPER, email: "receipts@example.com", units: &units };
        let mut tx = self.db.begin().await.unwrap();
        Orders::withdraw_in(&mut tx, &self.store, &order.id, &new, &self.write()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Tells of the payment of an order.
    pub(crate) async fn pay(&self, kind: &str, version: i64, order: &Ordered, amount: Value) {
        let payload =
            json!({ "attempt": order.id, "reference": order.id, "provider": "test", "amount": amount });
        let event = NewEvent {
            store: &self.store,
            id: &format!("{kind} {} {version}", order.id),
            kind,
            entity: order.id.as_str(),
            version,
            payload: &payload.to_string(),
            trace: None,
            at: self.clock.now(),
        };
        let mut tx = self.db.begin().await.unwrap();
        Outbox::push_in(&mut tx, &event).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Events that are not relayed; they stay so.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let now = self.clock.now();
        let claim = OutboxClaim { owner: "a test", now, until: now.plus_ms(1), limit: 1_000 };
        let mut tx = self.db.begin().await.unwrap();
        let events = Outbox::claim_in(&mut tx, &claim).await.unwrap();
        tx.rollback().await.unwrap();
        events
    }

    /// Relays all events; how many letters that owed.
    pub(crate) async fn relay(&self) -> usize {
        let mut owed = 0;
        let events = self.events().await;
        let mut tx = self.db.begin().await.unwrap();
        for event in &events {
            owed += usize::from(owe_in(&mut tx, event, self.clock.now()).await.unwrap());
        }
        tx.commit().await.unwrap();
        owed
    }
}

/// An order by its names.
pub(crate) struct Ordered {
    pub(crate) id: OrderId,
    pub(crate) number: OrderNumber,
}

/// Two pillows less a discount, and a mattress as a gift.
fn contents(country: &str, locale: &str) -> Contents {
    let currency = currency(country);
    let money = |minor: i64| json!({ "minor": minor, "currency": currency });
    let line = |id: &str, sku: &str, name: &str, quantity: u32, options: Value| {
        json!({ "id": id, "sku": sku, "product": "arc", "name": name, "quantity": quantity, "options": options,
            "pieces": [[sku, 1]] })
    };
    let priced = |id: &str, sku: &str, quantity: u32, total: i64, gift: Option<&str>| {
        json!({ "id": id, "sku": sku, "quantity": quantity, "unit_price": money(total / i64::from(quantity)),
            "compare_at": null, "subtotal": money(total), "discounts": [], "total": money(total), "taxes": [],
            "gift_of": gift })
    };
    let address = json!({ "name": SHOPPER, "line1": "Musterstraße 1", "postcode": "10115", "city": "Berlin",
        "region": "Tokyo", "country": country });
    let quote = json!({
        "lines": [priced("1", "ARC-40", 2, 15_800, None), priced("2", "GIFT-1", 1, 0, Some("welcome"))],
        "promotions": [], "codes": [], "skipped": [],
        "taxes": [{ "rate": "19", "net": money(13_445), "tax": money(2_555) }], "tax_included": country != "AE",
        "tax_final": true, "uses": [], "steps": [],
        "delivery": { "zone": null, "offers": [], "chosen": null, "problem": null },
        "totals": { "goods": money(15_800), "delivery": money(490), "discounts": money(290),
            "tax": money(2_555), "total": money(123_456) },
    });
    serde_json::from_value(json!({
        "locale": locale, "contact": { "email": MAIL }, "shipping": address, "billing": address,
        "lines": [
            line("1", "ARC-40", "Arc & Bow", 2, json!({ "size": "140x200" })),
            line("2", "GIFT-1", "Cover", 1, json!({})),
        ],
        "quote": quote, "delivery": "parcel", "payment": "card",
        "promised": { "earliest": "2026-12-01", "latest": "2026-12-03" },
    }))
    .unwrap()
}

pub(crate) fn currency(country: &str) -> &'static str {
    match country {
        "CH" => "CHF",
        "GB" => "GBP",
        "JP" => "JPY",
        "AE" => "AED",
        _ => "EUR",
    }
}

/// What happens to letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They go out.
    #[default]
    Takes,
    /// Not now.
    PutsOff,
    /// Never.
    Refuses,
    /// Nothing comes back.
    Hangs,
}

/// Counts letters, and can be told to fail.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    mode: Mutex<Mode>,
    ids: Mutex<Vec<String>>,
}

impl Recorder {
    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// Message-IDs of what went out, sorted.
    pub(crate) fn sent(&self) -> Vec<String> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ids.sort();
        ids
    }
}

#[async_trait]
impl Mailer for Recorder {
    async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let mode = *self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        match mode {
            Mode::PutsOff => return Err(MailError::Transient(format!("451 not now, {MAIL}"))),
            Mode::Refuses => return Err(MailError::Permanent(format!("550 nobody at {MAIL}"))),
            Mode::Hangs => std::future::pending().await,
            Mode::Takes => {}
        }
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).push(letter.id().as_str().to_owned());
        Ok(())
    }
}

/// A folder of its own for letters.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("mail");
    (state, path)
}
