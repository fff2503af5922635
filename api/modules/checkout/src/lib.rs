//! The checkout: from a cart to a paid order, whatever crashes, repeats or comes late in between.
//!
//! Brings carts, promotions, stock, payments and orders together; owns the table `checkout_task`, and neither of
//! them knows another. Must not know: HTTP.
//!
//! **Placing** is one transaction: the key, the order, its cart, holds of promotions and stock with an end, and the
//! payment attempt. Then the provider is asked. **Completing** is another, called by shop, webhook and recovery alike.
//! Money that nobody wants any more is written down in the transaction that finds out, and given back after it.
//! **Recovery** drives all of it to an end. So no sequence of repeats, crashes and late messages charges twice, sells
//! what is not there, or loses a paid order.

mod address;
mod audit;
mod complete;
mod domain;
mod error;
mod fulfil;
mod place;
mod quote;
mod recover;
#[doc(hidden)]
pub mod rehearsal;
mod tasks;
mod tidy;

use std::sync::Arc;

use vitrine_cart::Carts;
use vitrine_core::{Clock, StoreId};
use vitrine_db::Db;
use vitrine_delivery::Deliveries;
use vitrine_payment::{Payments, Webhook};
use vitrine_promotion::Promotions;

pub use address::{Format, format_of};
pub use audit::{Discrepancy, audit};
pub use domain::{Details, Missing, PaymentMethod, PaymentMethods, Placed, Placing, Quoted, Trouble};
pub use error::Error;
pub use fulfil::{Back, Repaid};
pub use recover::Recovered;
pub use tidy::Tidied;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "checkout",
    steps: &[("1-tables", include_str!("../migrations/1-tables.sql"))],
};

/// The module's door; clones share what is cached.
#[derive(Clone, Debug)]
pub struct Checkout {
    db: Db,
    clock: Arc<dyn Clock>,
    carts: Carts,
    promotions: Promotions,
    deliveries: Deliveries,
    payments: Payments,
    methods: Arc<PaymentMethods>,
}

impl Checkout {
    /// A checkout over the doors of a database, with the ways of paying that are set up.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        carts: Carts,
        promotions: Promotions,
        deliveries: Deliveries,
        payments: Payments,
        methods: PaymentMethods,
    ) -> Self {
        Self { db, clock, carts, promotions, deliveries, payments, methods: Arc::new(methods) }
    }

    /// The carts it orders from.
    pub fn carts(&self) -> &Carts {
        &self.carts
    }

    /// Receives a webhook of a payment provider; answers whether it was of any interest.
    ///
    /// # Errors
    /// When it is forged, too old or can't be read, or the database fails: the provider sends it again.
    pub async fn webhook(
        &self,
        store: &StoreId,
        provider: &str,
        webhook: &Webhook<'_>,
    ) -> Result<bool, Error> {
        let Some(heard) = self.payments.read_webhook(store, provider, webhook).await? else {
            return Ok(false);
        };
        self.complete(store, &heard, None).await?;
        Ok(true)
    }
}
