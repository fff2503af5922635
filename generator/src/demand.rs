//! What storefronts are asked for: the desired state that messages only remind of.
//!
//! A duplicate, stale or late message finds nothing open here and costs a read. What is asked for while a build
//! runs stays open after it, because the build closes only what it saw (`asked`).

use std::collections::BTreeSet;

use sqlx::Row;
use vitrine_core::{Country, Priority, Reason, Revision, StoreId, Timestamp};
use vitrine_db::{Batch, Db, InList, Tx, Value, sql};

use crate::error::BuildError;

/// Asks for storefronts to be looked at.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// Whose storefronts.
    pub store: &'a StoreId,
    /// Which.
    pub countries: &'a BTreeSet<Country>,
    /// The revision that should be live.
    pub revision: Revision,
    /// Why.
    pub reason: Reason,
    /// Whether every page is compared, as a scheduled build does.
    pub sweep: bool,
    /// When the change was committed or the request made.
    pub at: Timestamp,
    /// W3C `traceparent` of the write.
    pub trace: Option<&'a str>,
}

/// A storefront that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Which.
    pub country: Country,
    /// The revision that should be live.
    pub revision: Revision,
    /// The most urgent reason.
    pub reason: Reason,
    /// Whether every page is to be compared.
    pub sweep: bool,
    /// How often it was asked for; a build closes the demand if this has not risen meanwhile.
    pub asked: i64,
    /// When the first of the requests was made that no build has answered.
    pub requested_at: Timestamp,
    /// W3C `traceparent` of the latest write.
    pub trace: Option<String>,
}

impl Demand {
    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        self.reason.priority()
    }
}

/// The open demands of storefronts.
#[derive(Clone, Copy, Debug)]
pub struct Demands;

impl Demands {
    /// Asks for storefronts within a caller's transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_in(tx: &mut Tx, ask: &Ask<'_>) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_demand (store, country, revision, reason, priority, sweep, asked, \
             requested_at, trace)",
            9,
            "ON CONFLICT (store, country) DO UPDATE SET
             revision = CASE WHEN excluded.revision > generator_demand.revision
                 THEN excluded.revision ELSE generator_demand.revision END,
             reason = CASE WHEN excluded.priority > generator_demand.priority
                 THEN excluded.reason ELSE generator_demand.reason END,
             priority = CASE WHEN excluded.priority > generator_demand.priority
                 THEN excluded.priority ELSE generator_demand.priority END,
             sweep = CASE WHEN excluded.sweep > generator_demand.sweep
                 THEN excluded.sweep ELSE generator_demand.sweep END,
             asked = generator_demand.asked + 1,
             trace = COALESCE(excluded.trace, generator_demand.trace)",
        );
        for country in ask.countries {
            batch.push([
                ask.store.as_str().into(),
                country.code().into(),
                ask.revision.0.into(),
                ask.reason.as_str().into(),
                i64::from(ask.reason.priority().level()).into(),
                i64::from(ask.sweep).into(),
                1.into(),
                ask.at.ms().into(),
                Value::Text(ask.trace.map(str::to_owned)),
            ]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    /// The open demands of a store, most urgent first, then oldest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open(db: &Db, store: &StoreId) -> Result<Vec<Demand>, BuildError> {
        let rows = sqlx::query(
            "SELECT country, revision, reason, sweep, asked, requested_at, trace FROM generator_demand
             WHERE store = $1",
        )
        .bind(store.as_str())
        .fetch_all(db.reader())
        .await?;
        let mut open = Vec::with_capacity(rows.len());
        for row in &rows {
            let (country, reason): (&str, &str) = (row.try_get(0)?, row.try_get(2)?);
            open.push(Demand {
                country: Country::try_new(country).map_err(|_| BuildError::State("country"))?,
                revision: Revision(row.try_get(1)?),
                reason: reason.parse().map_err(|_| BuildError::State("reason"))?,
                sweep: row.try_get::<i64, _>(3)? != 0,
                asked: row.try_get(4)?,
                requested_at: Timestamp::from_ms(row.try_get(5)?),
                trace: row.try_get(6)?,
            });
        }
        open.sort_by_key(|demand| {
            (std::cmp::Reverse(demand.priority()), demand.requested_at, demand.country)
        });
        Ok(open)
    }

    /// The stores that have open demands.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stores(db: &Db) -> Result<BTreeSet<StoreId>, BuildError> {
        let rows = sqlx::query("SELECT DISTINCT store FROM generator_demand").fetch_all(db.reader()).await?;
        rows.iter()
            .map(|row| {
                let store: &str = row.try_get(0)?;
                StoreId::try_new(store).map_err(|_| BuildError::State("store"))
            })
            .collect()
    }

    /// Closes demands that a build answered; those asked for once more meanwhile stay open.
    pub(crate) async fn answer_in(
        tx: &mut Tx,
        store: &StoreId,
        answered: &[(Country, i64)],
    ) -> Result<(), BuildError> {
        for part in answered.chunks(100) {
            let rows: Vec<String> =
                (0..part.len()).map(|at| format!("(${}, ${})", 2 * at + 2, 2 * at + 3)).collect();
            let mut query = sql(format!(
                "DELETE FROM generator_demand WHERE store = $1 AND (country, asked) IN (VALUES {})",
                rows.join(", ")
            ))
            .bind(store.as_str().to_owned());
            for (country, asked) in part {
                query = query.bind(country.code()).bind(*asked);
            }
            query.execute(&mut **tx).await?;
        }
        Ok(())
    }
}

/// The parts of a query's answer that name countries; used where a list may be empty.
pub(crate) fn codes(countries: &BTreeSet<Country>) -> Vec<&'static str> {
    countries.iter().map(Country::code).collect()
}

/// Deletes rows of some countries from a table of the generator.
pub(crate) async fn forget_in(
    tx: &mut Tx,
    table: &str,
    store: &StoreId,
    countries: &BTreeSet<Country>,
) -> Result<(), BuildError> {
    let codes = codes(countries);
    for list in InList::chunks(&codes) {
        let query = sql(format!("DELETE FROM {table} WHERE store = $1 AND country IN {}", list.sql(2)));
        list.bind(query.bind(store.as_str().to_owned())).execute(&mut **tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use vitrine_db::testing::for_each_backend;

    use super::*;

    fn store(id: &str) -> StoreId {
        StoreId::try_new(id).unwrap()
    }

    fn countries(codes: &[&str]) -> BTreeSet<Country> {
        codes.iter().map(|code| Country::try_new(code).unwrap()).collect()
    }

    async fn ask(db: &Db, store_id: &str, codes: &[&str], reason: Reason, revision: i64) {
        let ask = Ask {
            store: &store(store_id),
            countries: &countries(codes),
            revision: Revision(revision),
            reason,
            sweep: reason == Reason::Scheduled,
            at: Timestamp::from_ms(1_000 + revision),
            trace: None,
        };
        let mut tx = db.begin().await.unwrap();
        Demands::ask_in(&mut tx, &ask).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn requests_of_a_storefront_become_one_with_the_most_urgent_reason_and_the_oldest_time() {
        for_each_backend(&[&crate::state::MODULE], async |db| {
            ask(&db, "a", &["DE", "FR"], Reason::Scheduled, 3).await;
            ask(&db, "a", &["DE"], Reason::CatalogChanged, 5).await;
            ask(&db, "a", &["DE"], Reason::AvailabilityChanged, 4).await;
            ask(&db, "b", &["DE"], Reason::Manual, 1).await;
            let open = Demands::open(&db, &store("a")).await.unwrap();
            let de = &open[0];
            assert_eq!(
                (de.country.code(), de.reason, de.revision),
                ("DE", Reason::CatalogChanged, Revision(5))
            );
            assert_eq!((de.asked, de.requested_at, de.sweep), (3, Timestamp::from_ms(1_003), true));
            assert_eq!((open[1].country.code(), open[1].reason), ("FR", Reason::Scheduled));
            assert_eq!(Demands::stores(&db).await.unwrap(), [store("a"), store("b")].into());
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_build_closes_only_what_it_saw() {
        for_each_backend(&[&crate::state::MODULE], async |db| {
            ask(&db, "a", &["DE", "FR"], Reason::CatalogChanged, 3).await;
            let seen: Vec<(Country, i64)> = Demands::open(&db, &store("a"))
                .await
                .unwrap()
                .iter()
                .map(|demand| (demand.country, demand.asked))
                .collect();
            ask(&db, "a", &["FR"], Reason::Manual, 3).await;
            let mut tx = db.begin().await.unwrap();
            Demands::answer_in(&mut tx, &store("a"), &seen).await.unwrap();
            tx.commit().await.unwrap();
            let open = Demands::open(&db, &store("a")).await.unwrap();
            assert_eq!(open.iter().map(|demand| demand.country.code()).collect::<Vec<_>>(), ["FR"]);
            assert_eq!(open[0].reason, Reason::Manual);
        })
        .await;
    }
}
