//! Writing and reading what is stored.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::{Document, NewDocument, Outcome, Provenance, Run, Tx};
use vitrine_pricing::{CountryTax, Invalid, TaxRules};

use crate::{DOCUMENTS, Deliveries, DeliverySetup, Error, SETUP, TAX, VERSIONS};

/// A stored rule with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The rule.
    pub rule: T,
    /// Who owns it, and who edited it since.
    pub provenance: Provenance,
    /// When it last changed.
    pub changed_at: Timestamp,
}

impl Deliveries {
    /// Writes how a store delivers, as a whole, by the rule of origins.
    ///
    /// # Errors
    /// When it is not valid (nothing is written then), or the database fails.
    pub async fn put_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        setup: &DeliverySetup,
    ) -> Result<Outcome, Error> {
        valid("delivery", setup.check())?;
        let item = document(SETUP, SETUP, serde_json::to_string(setup)?);
        let outcomes = DOCUMENTS.put_in(tx, store, run, &[item]).await?;
        VERSIONS.raise_in(tx, store, &outcomes).await?;
        Ok(outcomes.first().copied().unwrap_or(Outcome::Unchanged))
    }

    /// Writes the tax tables of some countries by the rule of origins; the outcomes are by country.
    ///
    /// # Errors
    /// When one of them is not valid (nothing is written then), or the database fails.
    pub async fn put_taxes_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        taxes: &TaxRules,
    ) -> Result<Vec<(Country, Outcome)>, Error> {
        valid("taxes", taxes.check())?;
        let items = taxes
            .countries
            .iter()
            .map(|(country, table)| Ok(document(TAX, country.code(), serde_json::to_string(table)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let outcomes = DOCUMENTS.put_in(tx, store, run, &items).await?;
        VERSIONS.raise_in(tx, store, &outcomes).await?;
        Ok(taxes.countries.keys().copied().zip(outcomes).collect())
    }

    /// Removes the tax tables of the run's origin whose countries are not in `keep`, by country.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retain_taxes_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<Country>,
    ) -> Result<Vec<(Country, Outcome)>, Error> {
        let keep = keep.iter().map(|country| country.code().to_owned()).collect();
        let removed = DOCUMENTS.remove_entities_in(tx, store, run, TAX, &keep).await?;
        let outcomes: Vec<Outcome> = removed.iter().map(|(_, outcome)| *outcome).collect();
        VERSIONS.raise_in(tx, store, &outcomes).await?;
        removed.into_iter().map(|(code, outcome)| Ok((Country::try_new(&code)?, outcome))).collect()
    }

    /// How a store delivers, as it is stored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, store: &StoreId) -> Result<Option<Stored<DeliverySetup>>, Error> {
        let mut connection = self.db.reader().acquire().await?;
        let found = DOCUMENTS.get(&mut connection, store, SETUP, &[SETUP]).await?;
        found.first().map(stored).transpose()
    }

    /// The tax tables of a store, as they are stored, by country.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_taxes(&self, store: &StoreId) -> Result<Vec<(Country, Stored<CountryTax>)>, Error> {
        let mut connection = self.db.reader().acquire().await?;
        let found = DOCUMENTS.list(&mut connection, store, TAX).await?;
        found.iter().map(|document| Ok((Country::try_new(&document.id)?, stored(document)?))).collect()
    }
}

fn valid(what: &'static str, invalid: Vec<Invalid>) -> Result<(), Error> {
    if invalid.is_empty() { Ok(()) } else { Err(Error::Invalid { what, invalid }) }
}

fn document(kind: &'static str, id: &str, doc: String) -> NewDocument {
    NewDocument { kind, id: id.to_owned(), lang: String::new(), doc }
}

fn stored<T: DeserializeOwned>(document: &Document) -> Result<Stored<T>, Error> {
    Ok(Stored {
        rule: serde_json::from_str(&document.doc)?,
        provenance: document.provenance,
        changed_at: document.changed_at,
    })
}
