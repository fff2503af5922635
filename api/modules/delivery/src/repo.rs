//! SQL of rules; one text for SQLite and PostgreSQL.

use vitrine_core::{Country, StoreId};
use vitrine_db::{AnyConnection, OfStore};
use vitrine_pricing::TaxRules;

use crate::{DOCUMENTS, DeliverySetup, Error, Rules, SETUP, TAX};

impl OfStore for Rules {
    type Error = Error;

    async fn load_in(snapshot: &mut AnyConnection, store: &StoreId) -> Result<Self, Error> {
        let setup = DOCUMENTS.get(snapshot, store, SETUP, &[SETUP]).await?;
        let setup: Option<DeliverySetup> =
            setup.first().map(|document| serde_json::from_str(&document.doc)).transpose()?;
        let mut taxes = TaxRules::default();
        for document in DOCUMENTS.list(snapshot, store, TAX).await? {
            taxes.countries.insert(Country::try_new(&document.id)?, serde_json::from_str(&document.doc)?);
        }
        Ok(Self::new(setup.unwrap_or_default(), taxes))
    }
}
