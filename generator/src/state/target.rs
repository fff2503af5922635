//! Targets: the places that pages are written to, and what of the theme and the pictures is there.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher as _};

use sqlx::Row;
use vitrine_core::{ContentHash, Country, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Batch, Db, InList, Tx, Value, sql};
use vitrine_store::Stores;

use super::{State, parse_hash};
use crate::editions::countries_of_editions;
use crate::error::BuildError;
use crate::key::EntityKey;
use crate::lease::Lease;

impl State {
    /// The state of the target called `name`, made if it is not known; written under `lease`, if there is one.
    pub(crate) async fn open(
        db: &Db,
        store: &StoreId,
        name: &str,
        known: Option<Known>,
        lease: Option<Lease>,
    ) -> Result<Self, BuildError> {
        let known = match known {
            Some(known) => known,
            None => made(db, store, name).await?,
        };
        let random = std::hash::RandomState::new().build_hasher().finish();
        let job = i64::try_from(random >> 2).unwrap_or_default() * 2;
        Ok(Self { job, lease, ..Self::of(db, store, known) })
    }

    /// The state of a target for reading.
    pub(crate) fn of(db: &Db, store: &StoreId, known: Known) -> Self {
        let Known { target, machine } = known;
        Self { db: db.clone(), store: store.clone(), target, job: 0, lease: None, machine }
    }

    /// Another store that has a target of a name that this one does not have: names are drawn at random for a place.
    pub(crate) async fn other_owner(
        reader: &mut AnyConnection,
        name: &str,
    ) -> Result<Option<String>, BuildError> {
        let query = "SELECT store FROM generator_target WHERE name = $1 ORDER BY store LIMIT 1";
        let row = sqlx::query(query).bind(name).fetch_optional(reader).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    /// Which of some editions that the store had may be cleared away, with what guards them meanwhile.
    ///
    /// A country that is gone may come back and be published by somebody else while its pages are deleted here. So
    /// they are deleted under its lease, and only if it is still gone; else whoever sweeps next does it.
    pub(crate) async fn guard_gone(
        &self,
        editions: &BTreeSet<i64>,
    ) -> Result<(BTreeSet<i64>, Option<Lease>), BuildError> {
        let Some(lease) = self.lease.as_ref().filter(|_| !editions.is_empty()) else {
            return Ok((editions.clone(), None));
        };
        let mut countries = countries_of_editions(&self.db, &self.store).await?;
        countries.retain(|edition, _| editions.contains(edition));
        let own = |country: &Country| lease.countries().contains(country);
        let gone = countries.values().copied().filter(|country| !own(country)).collect();
        let guard = lease.beside(&gone).await?;
        let config = Stores::load(&self.db, &self.store).await?;
        let back: BTreeSet<Country> =
            config.into_iter().flat_map(|config| config.countries).map(|config| config.country).collect();
        let guarded = |country: &Country| {
            guard.as_ref().is_some_and(|guard| guard.countries().contains(country)) && !back.contains(country)
        };
        countries.retain(|_, country| own(country) || guarded(country));
        Ok((countries.into_keys().collect(), guard))
    }

    /// Hash of the assets and pictures that were last put.
    pub(crate) async fn assets_hash(&self) -> Result<Option<ContentHash>, BuildError> {
        let row = sqlx::query("SELECT assets FROM generator_target WHERE store = $1 AND target = $2")
            .bind(self.store.as_str())
            .bind(self.target)
            .fetch_one(self.db.reader())
            .await?;
        row.try_get::<Option<&str>, _>(0)?.map(parse_hash).transpose()
    }

    /// Paths of the assets and pictures that were put.
    pub(crate) async fn assets(&self) -> Result<BTreeSet<String>, BuildError> {
        let rows = sqlx::query("SELECT path FROM generator_asset WHERE store = $1 AND target = $2")
            .bind(self.store.as_str())
            .bind(self.target)
            .fetch_all(self.db.reader())
            .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Records what was put, and since when others are of no use.
    pub(crate) async fn record_assets_in(
        &self,
        tx: &mut Tx,
        used: &BTreeSet<String>,
        hash: &ContentHash,
        as_of: Timestamp,
    ) -> Result<(), BuildError> {
        sqlx::query(
            "UPDATE generator_asset SET unused_since = $3
             WHERE store = $1 AND target = $2 AND unused_since IS NULL",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(as_of.ms())
        .execute(&mut **tx)
        .await?;
        let mut batch = Batch::new(
            "INSERT INTO generator_asset (store, target, path, unused_since)",
            4,
            "ON CONFLICT (store, target, path) DO UPDATE SET unused_since = NULL",
        );
        for path in used {
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                path.as_str().into(),
                Value::Int(None),
            ]);
        }
        batch.run_in(tx).await?;
        sqlx::query("UPDATE generator_target SET assets = $3 WHERE store = $1 AND target = $2")
            .bind(self.store.as_str())
            .bind(self.target)
            .bind(hash.hex())
            .execute(&mut **tx)
            .await?;
        Ok(())
    }

    /// Assets that nothing has used since before a time, at most 1,000.
    pub(crate) async fn unused_assets(&self, before: Timestamp) -> Result<Vec<String>, BuildError> {
        let rows = sqlx::query(
            "SELECT path FROM generator_asset WHERE store = $1 AND target = $2 AND unused_since < $3 LIMIT 1000",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(before.ms())
        .fetch_all(self.db.reader())
        .await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Forgets assets that were deleted. If one came into use meanwhile, the next publish looks at all of them.
    pub(crate) async fn forget_assets(&self, paths: &[String]) -> Result<(), BuildError> {
        let mut tx = self.db.begin().await?;
        let mut used = false;
        for list in InList::chunks(paths) {
            let query = sql(format!(
                "DELETE FROM generator_asset WHERE store = $1 AND target = $2 AND path IN {} RETURNING unused_since",
                list.sql(3)
            ));
            let query = query.bind(self.store.as_str().to_owned()).bind(self.target);
            for row in list.bind(query).fetch_all(&mut *tx).await? {
                used |= row.try_get::<Option<i64>, _>(0)?.is_none();
            }
        }
        if used {
            sqlx::query("UPDATE generator_target SET assets = NULL WHERE store = $1 AND target = $2")
                .bind(self.store.as_str())
                .bind(self.target)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Which start of which machine had last written the target when this was opened.
    pub(crate) fn machine(&self) -> Option<&str> {
        self.machine.as_deref()
    }

    /// Notes which start of which machine writes the target from now on.
    pub(crate) async fn set_machine(&self, machine: &str) -> Result<(), BuildError> {
        let mut tx = self.db.begin().await?;
        sqlx::query("UPDATE generator_target SET machine = $3 WHERE store = $1 AND target = $2")
            .bind(self.store.as_str())
            .bind(self.target)
            .bind(machine)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sitemap shards that an urgent publish has left for later.
    pub(crate) async fn late(&self) -> Result<BTreeSet<EntityKey>, BuildError> {
        let rows = sqlx::query("SELECT entity FROM generator_late WHERE store = $1 AND target = $2")
            .bind(self.store.as_str())
            .bind(self.target)
            .fetch_all(self.db.reader())
            .await?;
        rows.iter().map(|row| Ok(EntityKey::from_raw(row.try_get(0)?))).collect()
    }

    /// Leaves sitemap shards for later.
    pub(crate) async fn put_off_in(
        &self,
        tx: &mut Tx,
        entities: &BTreeSet<EntityKey>,
    ) -> Result<(), BuildError> {
        let mut batch =
            Batch::new("INSERT INTO generator_late (store, target, entity)", 3, "ON CONFLICT DO NOTHING");
        for entity in entities {
            batch.push([self.store.as_str().into(), self.target.into(), entity.raw().into()]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    /// Ends what was left for later.
    pub(crate) async fn caught_up_in(
        &self,
        tx: &mut Tx,
        entities: &BTreeSet<EntityKey>,
    ) -> Result<(), BuildError> {
        let keys: Vec<i64> = entities.iter().map(|entity| entity.raw()).collect();
        for list in InList::chunks(&keys) {
            let query = sql(format!(
                "DELETE FROM generator_late WHERE store = $1 AND target = $2 AND entity IN {}",
                list.sql(3)
            ));
            let query = query.bind(self.store.as_str().to_owned()).bind(self.target);
            list.bind(query).execute(&mut **tx).await?;
        }
        Ok(())
    }
}

/// A target's row.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    target: i64,
    /// Which start of which machine last wrote it.
    machine: Option<String>,
}

impl Known {
    /// The target called `name`; `None` where nothing was ever published under the name.
    pub(crate) async fn read(
        reader: &mut AnyConnection,
        store: &StoreId,
        name: &str,
    ) -> Result<Option<Self>, BuildError> {
        let query = "SELECT target, machine FROM generator_target WHERE store = $1 AND name = $2";
        let row = sqlx::query(query).bind(store.as_str()).bind(name).fetch_optional(reader).await?;
        row.map(|row| Ok(Self { target: row.try_get(0)?, machine: row.try_get(1)? })).transpose()
    }
}

/// Gives a new target its number; of two processes that do, both get the same.
async fn made(db: &Db, store: &StoreId, name: &str) -> Result<Known, BuildError> {
    loop {
        let mut tx = db.begin().await?;
        let row = sqlx::query(
            "INSERT INTO generator_target (store, target, name)
             SELECT $1, COALESCE(MAX(target), 0) + 1, $2 FROM generator_target WHERE store = $1
             ON CONFLICT DO NOTHING RETURNING target",
        )
        .bind(store.as_str())
        .bind(name)
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        if let Some(row) = row {
            return Ok(Known { target: row.try_get(0)?, machine: None });
        }
        // Somebody took the number or the name; under the name it is ours as well.
        if let Some(known) = Known::read(&mut *db.reader().acquire().await?, store, name).await? {
            return Ok(known);
        }
    }
}
