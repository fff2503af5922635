//! What PostgreSQL's planner knows of the catalog's tables.

use vitrine_db::{Backend, Tx};

use crate::Catalog;
use crate::error::Error;

const ANALYZE: &str = "ANALYZE catalog_product, catalog_product_text, catalog_product_offer, catalog_sku, catalog_price_history";

impl Catalog {
    /// Has PostgreSQL count what is in the catalog, after a bulk of rows was written; on SQLite nothing happens.
    pub async fn analyze_in(tx: &mut Tx) -> Result<(), Error> {
        if tx.backend() == Backend::Postgres {
            sqlx::raw_sql(ANALYZE).execute(&mut **tx).await?;
        }
        Ok(())
    }
}
