//! Promotions and coupons: what rules there are, and how often each may be used.
//!
//! Owns the tables `promotion_*`. What a rule does to a cart is [`vitrine_pricing`]'s; this module stores rules,
//! hands out those that may apply, and counts. A limit holds under any race, because a use is taken by one
//! conditional statement: a hold while an order waits for its money, then for good or given back.
//! Must not know: carts, orders (an opaque text), customers (another), HTTP.

mod active;
mod error;
mod file;
mod holds;
mod repo;
mod rows;
mod stored;

use std::sync::Arc;

use vitrine_core::Clock;
use vitrine_db::{Db, Documents, Remembered, Versions};

pub use active::Active;
pub use error::Error;
pub use file::{PromotionFile, read_promotions};
pub use holds::{Committed, Disagreement, Held, Holding};
pub use rows::Standing;
pub use stored::Stored;

/// The module's tables.
pub const MODULE: vitrine_db::Module = vitrine_db::Module {
    name: "promotion",
    steps: &[
        ("1-documents", vitrine_db::documents_ddl!("promotion_document")),
        ("2-limits", include_str!("../migrations/2-limits.sql")),
        ("3-ended", include_str!("../migrations/3-ended.sql")),
        ("4-codes", include_str!("../migrations/4-codes.sql")),
    ],
};

const DOCUMENTS: Documents = Documents { table: "promotion_document" };
const VERSIONS: Versions =
    Versions { table: "promotion_version", column: "version", topic: "promotion_rules" };
const PROMOTION: &str = "promotion";
const COUPON: &str = "coupon";

/// The module's door; clones share what is cached.
#[derive(Clone, Debug)]
pub struct Promotions {
    db: Db,
    clock: Arc<dyn Clock>,
    rules: Arc<Remembered<repo::StoreRules>>,
}

impl Promotions {
    /// A door to the promotions of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, rules: Arc::new(Remembered::new(VERSIONS)) }
    }
}
