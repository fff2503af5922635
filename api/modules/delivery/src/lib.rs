//! How goods reach the shopper and how they are taxed there: zones, methods, rates, warehouses, calendars, tax tables.
//!
//! Owns the tables `delivery_*`. What delivery and taxes cost is [`vitrine_pricing`]'s; this module stores the rules,
//! checks them, hands them out from memory, and tells when goods arrive ([`promise`]: pure, the moment comes in).
//! Must not know: carts, orders, HTTP.

mod calendar;
mod error;
mod promise;
mod repo;
mod rules;
mod setup;
mod stored;

use std::sync::Arc;

use vitrine_core::{Clock, StoreId};
use vitrine_db::{Db, Documents, Remembered, Versions};

pub use calendar::{Calendar, CalendarError, Day, TimeOfDay, TimeZone, Warehouse, WarehouseId, Weekday};
pub use error::Error;
pub use promise::{Promise, promise};
pub use rules::Rules;
pub use setup::{DeliverySetup, read_delivery, read_taxes};
pub use stored::Stored;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "delivery",
    steps: &[
        ("1-documents", vitrine_db::documents_ddl!("delivery_document")),
        ("2-version", include_str!("../migrations/2-version.sql")),
    ],
};

const DOCUMENTS: Documents = Documents { table: "delivery_document" };
const VERSIONS: Versions = Versions { table: "delivery_version", column: "version", topic: "delivery_rules" };
const SETUP: &str = "setup";
const TAX: &str = "tax";

/// The module's door; clones share what is cached.
#[derive(Clone, Debug)]
pub struct Deliveries {
    db: Db,
    clock: Arc<dyn Clock>,
    rules: Arc<Remembered<Rules>>,
}

impl Deliveries {
    /// A door to the deliveries of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, rules: Arc::new(Remembered::new(VERSIONS)) }
    }

    /// The rules of a store, from memory; none if nothing was written yet.
    ///
    /// A change is seen at once where it was made, and everywhere within a second.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rules(&self, store: &StoreId) -> Result<Arc<Rules>, Error> {
        self.rules.get(&self.db, store, self.clock.now()).await
    }
}
