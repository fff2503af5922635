//! Published storefronts: looking at them, going back, going on, and holding the place against the ledger.

mod verify;

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use vitrine_core::{Country, Reason, Revision, StoreId, Timestamp};
use vitrine_db::{Batch, Db, DbError};
use vitrine_objects::Version;
use vitrine_store::Stores;

pub use self::verify::Verified;
use crate::build::Counts;
use crate::demand::{Demand, Demands};
use crate::error::BuildError;
use crate::key::{EntityKey, Kind, PageKey};
use crate::lease::{Held, Lease, Progress, held};
use crate::place::{Found, Place, key_of};
use crate::state::{Change, Known, Opening, Published, Release, Slot, State, Until};

/// What is published of a store at one place.
#[derive(Debug)]
pub struct Storefronts<'a> {
    db: &'a Db,
    store: &'a StoreId,
    place: &'a Place,
    state: State,
}

/// What a roll-back did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolledBack {
    /// The release it made.
    pub release: i64,
    /// Paths that show an older version again.
    pub restored: u64,
    /// Paths that did not exist then and are gone again.
    pub removed: u64,
}

/// One storefront at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorefrontStatus {
    /// Which.
    pub country: Country,
    /// The latest release, if there was any.
    pub release: Option<Release>,
    /// The revision its pages show; `None` before the first publish.
    pub revision: Option<Revision>,
    /// Revisions that the store is ahead, as far as they touch the storefront: 0 where nothing is asked for.
    pub behind: i64,
    /// The moment its pages are true for.
    pub as_of: Option<Timestamp>,
    /// Who publishes it now, and how far that is.
    pub running: Option<Held>,
    /// What is asked for and not answered yet.
    pub waiting: Option<Demand>,
    /// Why the last try failed, and when.
    pub trouble: Option<(String, Timestamp)>,
    /// The release it was rolled back to and stays at.
    pub held_at: Option<i64>,
}

impl<'a> Storefronts<'a> {
    /// What is published at a place; `None` where nothing ever was.
    ///
    /// # Errors
    /// When the place or the database can't be read.
    pub async fn open(db: &'a Db, store: &'a StoreId, place: &'a Place) -> Result<Option<Self>, BuildError> {
        let Found::Ours(name) = place.found().await? else { return Ok(None) };
        let known = Known::read(&mut *db.reader().acquire().await?, store, &name).await?;
        let state = known.map(|known| State::of(db, store, known));
        Ok(state.map(|state| Self { db, store, place, state }))
    }

    /// Whether sitemaps were put off that no publish has caught up on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn owes_sitemaps(&self) -> Result<bool, BuildError> {
        Ok(!self.state.late().await?.is_empty())
    }

    /// The latest releases of a country, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn releases(&self, country: Country, limit: usize) -> Result<Vec<Release>, BuildError> {
        self.state.releases(country, limit).await
    }

    /// Shows a country as it was after a release: restores what changed since from the versions that the place has
    /// kept, renders nothing, and holds later publishes back until [`resume`](Self::resume).
    ///
    /// `lease` must be for the country. Killed half-way, it can be repeated; a publish after a resume mends all.
    ///
    /// # Errors
    /// When there is no such release, or the place has dropped a version.
    pub async fn rollback(
        &self,
        country: Country,
        release: i64,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<RolledBack, BuildError> {
        let all = self.state.releases(country, usize::MAX).await?;
        let target = all.iter().find(|one| one.release == release);
        let target = target.ok_or_else(|| BuildError::NoRelease { country: country.to_string(), release })?;
        let before = self.state.changed_since(country, release).await?;
        let rows = self.rows_at(&before.keys().cloned().collect()).await?;
        let (revision, as_of) = (target.revision, target.as_of);
        let opening = Opening { revision, as_of, reason: Reason::Manual, now, trace: None };
        let state = self.state.clone().under(lease.clone());
        let mut tx = state.begin(&Progress::default()).await?;
        state.hold_in(&mut tx, country, release, now).await?;
        let number = state.open_release_in(&mut tx, country, &opening).await?;
        let edition = self.edition_of(country).await?;
        let nowhere: Slot = (EntityKey::new(Kind::Absent, 0).page(), edition);
        let entries = before.keys().map(|path| {
            let slot = rows.get(path).map_or(nowhere, |(slot, _)| *slot);
            ((slot, path.as_str()), Until::End)
        });
        // Left in the journal on purpose: the publish after a resume looks at every one of these paths.
        state.journal_in(&mut tx, entries).await?;
        tx.commit().await.map_err(DbError::from)?;
        let mut done = RolledBack { release: number, restored: 0, removed: 0 };
        let mut changes = Vec::new();
        for (path, old) in before {
            let new = match &old {
                Some((hash, version)) => {
                    let stored = self.place.objects().restore(&key_of(&path), &Version::new(version)).await?;
                    done.restored += 1;
                    Some((*hash, stored.version.as_str().to_owned()))
                }
                None => {
                    self.place.objects().delete(&[&key_of(&path)]).await?;
                    done.removed += 1;
                    None
                }
            };
            let was = rows.get(&path).and_then(|(_, row)| row.bytes_there());
            changes.push(Change { country, path, old: was, new });
        }
        self.close(&state, country, release, number, &changes, &opening, done).await
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one transaction")]
    async fn close(
        &self,
        state: &State,
        country: Country,
        release: i64,
        number: i64,
        changes: &[Change],
        opening: &Opening,
        done: RolledBack,
    ) -> Result<RolledBack, BuildError> {
        let mut tx = state.begin(&Progress::default()).await?;
        for change in changes {
            state.rolled_back_in(&mut tx, &change.path, change.new.as_ref()).await?;
        }
        let releases = BTreeMap::from([(country, number)]);
        state.release_in(&mut tx, &releases, changes).await?;
        if self.place.invalidates {
            state.invalidate_in(&mut tx, &releases, changes, opening).await?;
        }
        let counts = Counts { written: done.restored, removed: done.removed, ..Counts::default() };
        let counts = BTreeMap::from([(country, counts)]);
        state.close_releases_in(&mut tx, &counts, opening).await?;
        state.take_back_in(&mut tx, country, release, number).await?;
        tx.commit().await.map_err(DbError::from)?;
        Ok(done)
    }

    /// Lets publishes of a country go on after a roll-back, and asks for one; answers whether it was held.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resume(&self, country: Country, now: Timestamp) -> Result<bool, BuildError> {
        let revision = Stores::revision(self.db, self.store).await?;
        let mut tx = self.db.begin().await?;
        let held = self.state.resume_in(&mut tx, country).await?;
        if held {
            let ask = crate::Ask {
                store: self.store,
                countries: &BTreeSet::from([country]),
                revision,
                reason: Reason::Manual,
                sweep: true,
                at: now,
                trace: None,
            };
            Demands::ask_in(&mut tx, &ask).await?;
        }
        tx.commit().await.map_err(DbError::from)?;
        Ok(held)
    }

    /// Deletes assets that nothing has used, and drops versions that were replaced, before a time, and forgets the
    /// releases that would need them; answers how many assets and versions.
    /// The time must lie before everything that a CDN may still show or a roll-back may still restore.
    ///
    /// # Errors
    /// When the place or the database fails.
    pub async fn collect(&self, before: Timestamp) -> Result<u64, BuildError> {
        let mut dropped = 0;
        loop {
            let unused = self.state.unused_assets(before).await?;
            if unused.is_empty() {
                break;
            }
            self.place.objects().delete(&unused.iter().map(String::as_str).collect::<Vec<_>>()).await?;
            self.state.forget_assets(&unused).await?;
            dropped += unused.len() as u64;
        }
        // Whoever goes back from now on hears that there is no such release, and restores nothing of it.
        self.state.forget_releases(before).await?;
        Ok(dropped + self.place.objects().collect(before).await?)
    }

    /// The next moment at which something of each storefront must be looked at: a page whose truth ends, a path to be
    /// put once more. In the past if that has come already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due(&self) -> Result<BTreeMap<Country, Timestamp>, BuildError> {
        let mut due = BTreeMap::new();
        for (country, built) in self.state.built(&mut *self.state.reader().await?).await? {
            let next = self.state.next_due(country, built.as_of).await?;
            due.extend(next.map(|next| (country, next)));
        }
        Ok(due)
    }

    async fn rows_at(
        &self,
        paths: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, (Slot, Published)>, BuildError> {
        let rows = self.state.published(PageKey::from_raw(0), PageKey::from_raw(i64::MAX)).await?;
        let ours = rows.into_iter().filter(|(_, row)| paths.contains(&row.path));
        Ok(ours.map(|(slot, row)| (row.path.clone(), (slot, row))).collect())
    }

    /// The number of any edition of a country.
    async fn edition_of(&self, country: Country) -> Result<i64, BuildError> {
        let row = sqlx::query("SELECT MIN(edition) FROM generator_edition WHERE store = $1 AND country = $2")
            .bind(self.store.as_str())
            .bind(country.code())
            .fetch_one(self.db.reader())
            .await?;
        Ok(row.try_get::<Option<i64>, _>(0)?.unwrap_or(-1))
    }

    /// Every storefront of the store, as far as it is published here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn status(&self, now: Timestamp) -> Result<Vec<StorefrontStatus>, BuildError> {
        let mut reader = self.state.reader().await?;
        let (built, holds) = (self.state.built(&mut reader).await?, self.state.holds(&mut reader).await?);
        drop(reader);
        let mut all = bare_status(self.db, self.store, now).await?;
        for one in &mut all {
            one.release = self.state.releases(one.country, 1).await?.pop();
            one.held_at = holds.get(&one.country).copied();
            if let Some(built) = built.get(&one.country) {
                one.behind -= built.revision.0;
                // Revisions that nobody asked this country for are other countries'.
                if one.waiting.is_none() && one.running.is_none() {
                    one.behind = 0;
                }
                one.revision = Some(built.revision);
                one.as_of = Some(built.as_of);
            }
        }
        Ok(all)
    }
}

/// Every storefront of a store, as far as it is known without a place.
///
/// # Errors
/// When the database fails.
pub async fn bare_status(
    db: &Db,
    store: &StoreId,
    now: Timestamp,
) -> Result<Vec<StorefrontStatus>, BuildError> {
    let config = Stores::load(db, store).await?.ok_or_else(|| BuildError::NoStore(store.clone()))?;
    let revision = Stores::revision(db, store).await?;
    let mut running = held(db, store, now).await?;
    let mut troubles = troubles(db, store).await?;
    let mut waiting: BTreeMap<Country, Demand> =
        Demands::open(db, store).await?.into_iter().map(|demand| (demand.country, demand)).collect();
    let countries = config.countries.iter().map(|config| config.country);
    Ok(countries
        .map(|country| StorefrontStatus {
            country,
            release: None,
            revision: None,
            behind: revision.0,
            as_of: None,
            running: running.remove(&country),
            waiting: waiting.remove(&country),
            trouble: troubles.remove(&country),
            held_at: None,
        })
        .collect())
}

/// Notes why storefronts could not be published; the next publish that can forgets it.
///
/// # Errors
/// When the database fails.
pub async fn note_trouble(
    db: &Db,
    store: &StoreId,
    countries: &BTreeSet<Country>,
    error: &str,
    at: Timestamp,
) -> Result<(), BuildError> {
    let mut batch = Batch::new(
        "INSERT INTO generator_trouble (store, country, error, at)",
        4,
        "ON CONFLICT (store, country) DO UPDATE SET error = excluded.error, at = excluded.at",
    );
    for country in countries {
        batch.push([store.as_str().into(), country.code().into(), error.into(), at.ms().into()]);
    }
    let mut tx = db.begin_soft().await?;
    batch.run_in(&mut tx).await?;
    tx.commit().await.map_err(DbError::from)?;
    Ok(())
}

async fn troubles(db: &Db, store: &StoreId) -> Result<BTreeMap<Country, (String, Timestamp)>, BuildError> {
    let rows = sqlx::query("SELECT country, error, at FROM generator_trouble WHERE store = $1")
        .bind(store.as_str())
        .fetch_all(db.reader())
        .await?;
    rows.iter()
        .map(|row| {
            let country: &str = row.try_get(0)?;
            let country = Country::try_new(country).map_err(|_| BuildError::State("country"))?;
            Ok((country, (row.try_get(1)?, Timestamp::from_ms(row.try_get(2)?))))
        })
        .collect()
}
