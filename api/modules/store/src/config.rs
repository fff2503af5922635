//! Stores and countries as documents.

use std::collections::BTreeSet;

use vitrine_core::{Country, StoreId};
use vitrine_db::{AnyConnection, Batch, Db, Documents, NewDocument, Outcome, Run, Tx};

use crate::{CountryConfig, Error, Store, StoreConfig, Stores};

const DOCUMENTS: Documents = Documents { table: "store_document" };
const CONFIG: &str = "config";
const COUNTRY: &str = "country";

impl Stores {
    /// Writes what holds in all countries of a store, and makes the store if it is new.
    pub async fn put_config_in(tx: &mut Tx, run: &Run, config: &StoreConfig) -> Result<Outcome, Error> {
        let mut row =
            Batch::new("INSERT INTO store_store (store, revision)", 2, "ON CONFLICT (store) DO NOTHING");
        row.push([config.id.as_str().into(), 0i64.into()]);
        row.run_in(tx).await?;
        let item = document(CONFIG, config.id.as_str(), serde_json::to_string(config)?);
        let outcomes = DOCUMENTS.put_in(tx, &config.id, run, &[item]).await?;
        Ok(outcomes.first().copied().unwrap_or(Outcome::Unchanged))
    }

    /// Writes all countries of a store; those of the same origin that are not among them are removed.
    ///
    /// The outcomes are those of the countries in order, then those removed or kept in conflict.
    pub async fn put_countries_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        countries: &[CountryConfig],
    ) -> Result<Vec<(Country, Outcome)>, Error> {
        let items = countries
            .iter()
            .map(|config| Ok(document(COUNTRY, config.country.code(), serde_json::to_string(config)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let keep: BTreeSet<_> = items.iter().map(|item| (item.id.clone(), item.lang.clone())).collect();
        let written = DOCUMENTS.put_in(tx, store, run, &items).await?;
        let mut outcomes: Vec<_> = countries.iter().map(|config| config.country).zip(written).collect();
        for removed in DOCUMENTS.remove_missing_in(tx, store, run, COUNTRY, &keep).await? {
            let country = Country::try_new(&removed.id)
                .map_err(|_| Error::Corrupt { table: DOCUMENTS.table, what: removed.id })?;
            outcomes.push((country, removed.outcome));
        }
        Ok(outcomes)
    }

    /// A store with its countries; `None` if there is no such store.
    pub async fn load(db: &Db, store: &StoreId) -> Result<Option<Store>, Error> {
        let mut snapshot = db.snapshot().await?;
        Self::load_in(&mut snapshot, store).await
    }

    /// The same within a caller's transaction or connection.
    pub async fn load_in(connection: &mut AnyConnection, store: &StoreId) -> Result<Option<Store>, Error> {
        let configs = DOCUMENTS.list(connection, store, CONFIG).await?;
        let Some(config) = configs.first() else { return Ok(None) };
        let config = serde_json::from_str(&config.doc)?;
        let documents = DOCUMENTS.list(connection, store, COUNTRY).await?;
        let countries = documents
            .iter()
            .map(|document| serde_json::from_str(&document.doc))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Store { config, countries }))
    }

    /// The ids of all stores, sorted.
    pub async fn list_stores(db: &Db) -> Result<Vec<StoreId>, Error> {
        let rows: Vec<(String,)> =
            sqlx::query_as("SELECT store FROM store_store").fetch_all(db.reader()).await?;
        let mut stores = rows
            .into_iter()
            .map(|(id,)| {
                StoreId::try_new(&id).map_err(|_| Error::Corrupt { table: "store_store", what: id.clone() })
            })
            .collect::<Result<Vec<_>, _>>()?;
        stores.sort();
        Ok(stores)
    }
}

fn document(kind: &'static str, id: &str, doc: String) -> NewDocument {
    NewDocument { kind, id: id.to_owned(), lang: String::new(), doc }
}
