//! A shop at which orders are placed, with a provider of payments whose books can be looked into.

use std::sync::Arc;

use serde_json::json;
use vitrine_cart::{CartToken, Carts, Change};
use vitrine_checkout::{Checkout, Details, Error, PaymentMethod, PaymentMethods, Placed, Placing};
use vitrine_core::{Clock as _, Money, Sku, StoreId};
use vitrine_db::Db;
use vitrine_db::testing::for_each_backend;
use vitrine_delivery::Deliveries;
use vitrine_inventory::{Inventory, Level};
use vitrine_payment::{Capture, Offline, Payments, TestProvider, Webhook};
use vitrine_promotion::Promotions;

use crate::scene::{Scene, nobody};

/// Modules in floor order.
const MODULES: [&vitrine_db::Module; 10] = [
    &vitrine_db::MODULE,
    &vitrine_store::MODULE,
    &vitrine_catalog::MODULE,
    &vitrine_inventory::MODULE,
    &vitrine_promotion::MODULE,
    &vitrine_delivery::MODULE,
    &vitrine_cart::MODULE,
    &vitrine_payment::MODULE,
    &vitrine_order::MODULE,
    &vitrine_checkout::MODULE,
];

pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) checkout: Checkout,
    pub(crate) payments: Payments,
    pub(crate) provider: TestProvider,
}

/// Runs a test on both databases.
pub(crate) async fn each(body: impl AsyncFn(Arc<Stage>)) {
    for_each_backend(&MODULES, async |db| body(Arc::new(Stage::new(db).await)).await).await;
}

impl Stage {
    async fn new(db: Db) -> Self {
        let scene = Scene::new(db).await;
        let (db, clock) = (scene.db.clone(), scene.clock.clone());
        let provider = TestProvider::new(db.clone(), clock.clone(), "secret".to_owned().into());
        let payments = Payments::new(
            db.clone(),
            clock.clone(),
            vec![Arc::new(provider.clone()), Arc::new(Offline::BankTransfer), Arc::new(Offline::Invoice)],
        );
        let method = |provider: &str, capture, hold_ms| PaymentMethod {
            provider: provider.to_owned(),
            capture,
            hold_ms,
        };
        let methods = PaymentMethods::from([
            ("card".to_owned(), method("test", Capture::Automatic, PaymentMethod::CARD_HOLD_MS)),
            ("set_aside".to_owned(), method("test", Capture::Manual, PaymentMethod::CARD_HOLD_MS)),
            (
                "transfer".to_owned(),
                method("bank_transfer", Capture::Manual, PaymentMethod::TRANSFER_HOLD_MS),
            ),
            ("invoice".to_owned(), method("invoice", Capture::Manual, PaymentMethod::CARD_HOLD_MS)),
        ]);
        let promotions = Promotions::new(db.clone(), clock.clone());
        let deliveries = Deliveries::new(db.clone(), clock.clone());
        let carts = Carts::new(db.clone(), clock.clone(), promotions.clone(), deliveries.clone());
        let checkout = Checkout::new(db, clock, carts, promotions, deliveries, payments.clone(), methods);
        Self { scene, checkout, payments, provider }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.scene.db
    }

    pub(crate) fn store(&self) -> &StoreId {
        &self.scene.store
    }

    pub(crate) async fn cart(&self, changes: &[Change]) -> CartToken {
        self.checkout.carts().change(self.scene.at(), None, changes, &nobody()).await.unwrap().0
    }

    /// The total of a cart with all details.
    pub(crate) async fn total(&self, cart: &CartToken, details: &Details) -> Money {
        let quoted = self.checkout.quote(self.scene.at(), cart, details).await.unwrap();
        assert_eq!(quoted.missing, []);
        quoted.priced.quote.totals.total
    }

    /// Places an order whose payment ends as a token of the test provider says.
    pub(crate) async fn place(
        &self,
        cart: &CartToken,
        details: &Details,
        expected: Money,
        token: &str,
        key: &str,
    ) -> Result<Placed, Error> {
        let placing = Placing { details, expected, payment_token: token, key, trace: None };
        self.checkout.place(self.scene.at(), cart, &placing).await
    }

    /// Posts the webhooks that are due; answers how many.
    pub(crate) async fn webhooks(&self) -> usize {
        let due = self.provider.due_webhooks(100).await.unwrap();
        for one in &due {
            let (signature, body) = (Some(one.signature.as_str()), one.body.as_bytes());
            let webhook = Webhook { signature, body, now: self.scene.clock.now() };
            self.checkout.webhook(&one.store, "test", &webhook).await.unwrap();
        }
        due.len()
    }

    pub(crate) async fn level(&self, sku: &str) -> Level {
        let sku = Sku::try_new(sku).unwrap();
        let levels = Inventory::levels(self.db(), self.store(), std::slice::from_ref(&sku)).await.unwrap();
        levels[&sku]
    }

    /// Everything agrees: stock with its reservations, promotions with their holds, payments with their sums.
    pub(crate) async fn audit(&self) {
        assert_eq!(Inventory::audit(self.db(), self.store()).await.unwrap(), []);
        let promotions = Promotions::new(self.db().clone(), self.scene.clock.clone());
        assert_eq!(promotions.audit(self.store()).await.unwrap(), []);
        assert_eq!(self.payments.audit(self.store()).await.unwrap(), []);
        assert_eq!(vitrine_checkout::audit(self.db(), self.store()).await.unwrap(), []);
    }
}

/// All that a German order needs.
pub(crate) fn details(email: &str, payment: &str) -> Details {
    let address = json!({ "name": "A. Shopper", "line1": "Musterstraße 1", "postcode": "10115", "city": "Berlin",
        "country": "DE" });
    serde_json::from_value(json!({ "locale": "de-DE", "contact": { "email": email }, "shipping": address,
        "delivery": "parcel", "payment": payment }))
    .unwrap()
}
