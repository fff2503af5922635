//! Leases: who may publish a storefront at the moment.
//!
//! A lease cannot fence an object store. So it is held anew in every transaction of a publish, with a margin, and
//! what a lost one may have written afterwards is looked at again later (`State::recheck_in`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sqlx::Row;
use vitrine_core::{Clock, Country, StoreId, Timestamp};
use vitrine_db::{Batch, Db, InList, Tx, Value, sql};

use crate::error::BuildError;

/// How long a lease lasts unless it is held on to, ms. A batch is at most 500 pages; uploading them takes seconds
/// where every put is tried again, so this leaves room, and a killed worker's countries wait no longer.
pub const LEASE_MS: i64 = 30_000;
/// A batch begins only while this much of the lease is left, ms: clocks differ, and requests are under way.
pub(crate) const MARGIN_MS: i64 = 5_000;

/// The right to publish some storefronts of a store.
#[derive(Clone, Debug)]
pub struct Lease {
    db: Db,
    store: StoreId,
    owner: String,
    clock: Arc<dyn Clock>,
    countries: BTreeSet<Country>,
}

impl Lease {
    /// Takes the storefronts of `countries` that nobody holds; `None` if all are held.
    ///
    /// `owner` must be one that no other lease has or had.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(
        db: &Db,
        store: &StoreId,
        countries: &BTreeSet<Country>,
        owner: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Self>, BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_lease (store, country, owner, fence, until, progress)",
            6,
            format!(
                "ON CONFLICT (store, country) DO UPDATE SET owner = excluded.owner,
                 fence = generator_lease.fence + 1, until = excluded.until, progress = NULL
                 WHERE generator_lease.until <= excluded.until - {LEASE_MS} RETURNING country"
            ),
        );
        let until = clock.now().ms() + LEASE_MS;
        for country in countries {
            batch.push([
                store.as_str().into(),
                country.code().into(),
                owner.into(),
                1.into(),
                until.into(),
                Value::Text(None),
            ]);
        }
        let mut tx = db.begin_soft().await?;
        let rows = batch.fetch_in(&mut tx).await?;
        tx.commit().await?;
        let mut taken = BTreeSet::new();
        for row in &rows {
            let code: String = row.try_get(0)?;
            taken.insert(Country::try_new(&code).map_err(|_| BuildError::State("country"))?);
        }
        let (db, store, owner) = (db.clone(), store.clone(), owner.to_owned());
        Ok((!taken.is_empty()).then_some(Self { db, store, owner, clock, countries: taken }))
    }

    /// Takes, for the same publish, storefronts that it is not for; those that somebody else publishes are left out.
    pub(crate) async fn beside(&self, countries: &BTreeSet<Country>) -> Result<Option<Self>, BuildError> {
        let owner = format!("{}/beside", self.owner);
        Self::take(&self.db, &self.store, countries, &owner, self.clock.clone()).await
    }

    /// The storefronts it is for.
    pub fn countries(&self) -> &BTreeSet<Country> {
        &self.countries
    }

    /// Holds on to it within a transaction of the publish, and tells how far that is.
    ///
    /// # Errors
    /// [`BuildError::LeaseLost`] when its time was over, or nearly so: somebody else may publish.
    pub(crate) async fn hold_in(&self, tx: &mut Tx, progress: &Progress) -> Result<(), BuildError> {
        let now = self.clock.now();
        let codes: Vec<&str> = self.countries.iter().map(Country::code).collect();
        let mut held = 0;
        for list in InList::chunks(&codes) {
            let query = sql(format!(
                "UPDATE generator_lease SET until = $1, progress = $2
                 WHERE store = $3 AND owner = $4 AND until > $5 AND country IN {}",
                list.sql(6)
            ));
            let query = query
                .bind(now.ms() + LEASE_MS)
                .bind(progress.to_json())
                .bind(self.store.as_str().to_owned())
                .bind(self.owner.clone())
                .bind(now.ms() + MARGIN_MS);
            held += list.bind(query).execute(&mut **tx).await?.rows_affected();
        }
        if held == codes.len() as u64 { Ok(()) } else { Err(BuildError::LeaseLost) }
    }

    /// Gives it up within the transaction that closes the publish.
    pub(crate) async fn end_in(&self, tx: &mut Tx) -> Result<(), BuildError> {
        sqlx::query("UPDATE generator_lease SET until = 0, progress = NULL WHERE store = $1 AND owner = $2")
            .bind(self.store.as_str())
            .bind(&self.owner)
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Gives it up after a publish that failed.
    ///
    /// # Errors
    /// When the database fails; then it ends by itself.
    pub async fn end(&self) -> Result<(), BuildError> {
        let mut tx = self.db.begin_soft().await?;
        self.end_in(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Gives up all leases of a worker that is known to have ended, so that its storefronts need not wait for their end.
///
/// Its leases are those whose owner begins with its name and a slash.
///
/// # Errors
/// When the database fails; then they end by themselves.
pub async fn release_leases(db: &Db, worker: &str) -> Result<(), BuildError> {
    let mut tx = db.begin_soft().await?;
    // A worker's name is letters, digits and hyphens.
    sqlx::query("UPDATE generator_lease SET until = 0, progress = NULL WHERE owner LIKE $1")
        .bind(format!("{worker}/%"))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// How far a publish is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// When it began, ms UTC.
    pub started_at: i64,
    /// Pages looked at.
    pub pages: u64,
    /// Pages rendered.
    pub rendered: u64,
    /// About how many pages are to be looked at in all.
    pub expected: u64,
}

impl Progress {
    fn to_json(self) -> String {
        serde_json::to_string(&self).unwrap_or_default()
    }
}

/// Who publishes what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The worker's name for the lease.
    pub owner: String,
    /// Until when it is held.
    pub until: Timestamp,
    /// How far it is.
    pub progress: Option<Progress>,
}

/// The leases of a store that hold at a moment.
///
/// # Errors
/// When the database fails.
pub async fn held(db: &Db, store: &StoreId, now: Timestamp) -> Result<BTreeMap<Country, Held>, BuildError> {
    let rows = sqlx::query(
        "SELECT country, owner, until, progress FROM generator_lease WHERE store = $1 AND until > $2",
    )
    .bind(store.as_str())
    .bind(now.ms())
    .fetch_all(db.reader())
    .await?;
    let mut held = BTreeMap::new();
    for row in &rows {
        let country: &str = row.try_get(0)?;
        let progress: Option<String> = row.try_get(3)?;
        let one = Held {
            owner: row.try_get(1)?,
            until: Timestamp::from_ms(row.try_get(2)?),
            progress: progress.and_then(|json| serde_json::from_str(&json).ok()),
        };
        held.insert(Country::try_new(country).map_err(|_| BuildError::State("country"))?, one);
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use vitrine_core::FixedClock;
    use vitrine_db::testing::for_each_backend;

    use super::*;

    fn countries(codes: &[&str]) -> BTreeSet<Country> {
        codes.iter().map(|code| Country::try_new(code).unwrap()).collect()
    }

    fn store(id: &str) -> StoreId {
        StoreId::try_new(id).unwrap()
    }

    async fn holds(db: &Db, lease: &Lease) -> bool {
        let mut tx = db.begin_soft().await.unwrap();
        let held = lease.hold_in(&mut tx, &Progress::default()).await;
        tx.commit().await.unwrap();
        assert!(matches!(held, Ok(()) | Err(BuildError::LeaseLost)));
        held.is_ok()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_storefront_is_held_by_one_until_its_time_is_over() {
        for_each_backend(&[&crate::state::MODULE], async |db| {
            let clock = Arc::new(FixedClock::new(Timestamp::from_ms(1_000_000)));
            let take = async |codes: &[&str], owner: &str| {
                Lease::take(&db, &store("a"), &countries(codes), owner, clock.clone()).await.unwrap()
            };
            let first = take(&["DE", "FR"], "w1/1").await.unwrap();
            assert_eq!(first.countries(), &countries(&["DE", "FR"]));
            let second = take(&["DE", "GB"], "w2/1").await.unwrap();
            assert_eq!(second.countries(), &countries(&["GB"]), "what is held is left out");
            assert!(take(&["DE"], "w2/2").await.is_none());
            let other = Lease::take(&db, &store("b"), &countries(&["DE"]), "w1/1", clock.clone()).await;
            assert!(other.unwrap().is_some(), "another store's storefronts are its own");

            clock.advance_ms(LEASE_MS - MARGIN_MS - 1);
            assert!(holds(&db, &first).await, "held on to in time");
            clock.advance_ms(LEASE_MS - MARGIN_MS);
            assert!(!holds(&db, &first).await, "too little of it is left to begin a batch");
            assert!(take(&["DE"], "w3/1").await.is_none(), "and yet it is not over");
            clock.advance_ms(MARGIN_MS);
            let third = take(&["DE"], "w3/1").await.unwrap();
            assert!(!holds(&db, &first).await && holds(&db, &third).await);
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_worker_that_ended_holds_nothing_up() {
        for_each_backend(&[&crate::state::MODULE], async |db| {
            let clock = Arc::new(FixedClock::new(Timestamp::from_ms(1_000_000)));
            let take = async |code: &str, owner: &str| {
                Lease::take(&db, &store("a"), &countries(&[code]), owner, clock.clone()).await.unwrap()
            };
            let (ended, running) =
                (take("DE", "w1/0/1").await.unwrap(), take("FR", "w11/0/1").await.unwrap());
            release_leases(&db, "w1").await.unwrap();
            assert!(!holds(&db, &ended).await && holds(&db, &running).await);
            assert!(take("DE", "w2/0/1").await.is_some());
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_that_is_given_up_is_free_and_tells_its_progress_until_then() {
        for_each_backend(&[&crate::state::MODULE], async |db| {
            let clock = Arc::new(FixedClock::new(Timestamp::from_ms(1_000_000)));
            let lease = Lease::take(&db, &store("a"), &countries(&["DE"]), "w1/1", clock.clone()).await;
            let lease = lease.unwrap().unwrap();
            let mut tx = db.begin_soft().await.unwrap();
            let progress = Progress { started_at: 1, pages: 20, rendered: 3, expected: 100 };
            lease.hold_in(&mut tx, &progress).await.unwrap();
            tx.commit().await.unwrap();
            let now = clock.now();
            let shown = held(&db, &store("a"), now).await.unwrap();
            assert_eq!(shown.values().next().unwrap().progress, Some(progress));
            lease.end().await.unwrap();
            assert!(held(&db, &store("a"), now).await.unwrap().is_empty());
            assert!(!holds(&db, &lease).await);
            assert!(Lease::take(&db, &store("a"), &countries(&["DE"]), "w2", clock).await.unwrap().is_some());
        })
        .await;
    }
}
