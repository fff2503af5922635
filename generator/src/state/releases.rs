//! Releases: the delta that one publish made to a storefront, for looking back and for going back.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;
use vitrine_core::{ContentHash, Country, Reason, Revision, Timestamp};
use vitrine_db::{AnyConnection, Batch, DbError, Tx, Value, sql};

use super::{State, parse_hash};
use crate::build::Counts;
use crate::error::BuildError;
use crate::invalidations::Invalidations;

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// It is being written, or its writer was killed; the next publish goes on with it.
    Publishing,
    /// It was written whole.
    Published,
    /// A later roll-back took it back.
    RolledBack,
}

impl ReleaseState {
    const ALL: [Self; 3] = [Self::Publishing, Self::Published, Self::RolledBack];

    /// As in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// The delta that one publish made to a storefront.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Release {
    /// The storefront.
    pub country: Country,
    /// Its number there, from 1.
    pub release: i64,
    /// What became of it.
    pub state: ReleaseState,
    /// The revision it shows.
    pub revision: Revision,
    /// The moment it is true for.
    pub as_of: Timestamp,
    /// Why it was made.
    pub reason: Reason,
    /// When its first byte was about to be written.
    pub started_at: Timestamp,
    /// When it was whole.
    pub finished_at: Option<Timestamp>,
    /// Files written.
    pub written: i64,
    /// Files removed.
    pub removed: i64,
    /// Bytes written.
    pub bytes: i64,
}

/// A path that a release changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub country: Country,
    pub path: String,
    /// Hash and version of what was there; `None` for nothing.
    pub old: Option<(ContentHash, String)>,
    /// Hash and version of what is there; `None` for nothing.
    pub new: Option<(ContentHash, String)>,
}

/// What a release begins with.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub revision: Revision,
    pub as_of: Timestamp,
    pub reason: Reason,
    pub now: Timestamp,
    /// W3C `traceparent` of the change that is published.
    pub trace: Option<String>,
}

impl State {
    /// The release that a publish of a country writes to: the one that an interrupted publish has left, or a new one.
    pub(crate) async fn open_release_in(
        &self,
        tx: &mut Tx,
        country: Country,
        opening: &Opening,
    ) -> Result<i64, BuildError> {
        let left = sqlx::query(
            "UPDATE generator_release SET revision = $4, as_of = $5
             WHERE store = $1 AND target = $2 AND country = $3 AND state = 'publishing' RETURNING release",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(country.code())
        .bind(opening.revision.0)
        .bind(opening.as_of.ms())
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(row) = left {
            return Ok(row.try_get(0)?);
        }
        let row = sqlx::query(
            "INSERT INTO generator_release (store, target, country, release, state, revision, as_of, reason,
             started_at, written, removed, bytes)
             SELECT $1, $2, $3, COALESCE(MAX(release), 0) + 1, 'publishing', $4, $5, $6, $7, 0, 0, 0
             FROM generator_release WHERE store = $1 AND target = $2 AND country = $3 RETURNING release",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(country.code())
        .bind(opening.revision.0)
        .bind(opening.as_of.ms())
        .bind(opening.reason.as_str())
        .bind(opening.now.ms())
        .fetch_one(&mut **tx)
        .await?;
        Ok(row.try_get(0)?)
    }

    /// Adds what releases changed, keeping of each path what was there before the release.
    pub(crate) async fn release_in(
        &self,
        tx: &mut Tx,
        releases: &BTreeMap<Country, i64>,
        changes: &[Change],
    ) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_release_path (store, target, country, release, path, old_hash, old_version, \
             new_hash, new_version)",
            9,
            "ON CONFLICT (store, target, country, release, path) DO UPDATE SET
             new_hash = excluded.new_hash, new_version = excluded.new_version",
        );
        for change in changes {
            let Some(release) = releases.get(&change.country) else { continue };
            let hash =
                |side: &Option<(ContentHash, String)>| Value::Text(side.as_ref().map(|(hash, _)| hash.hex()));
            let version = |side: &Option<(ContentHash, String)>| {
                Value::Text(side.as_ref().map(|(_, name)| name.clone()))
            };
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                change.country.code().into(),
                (*release).into(),
                change.path.as_str().into(),
                hash(&change.old),
                version(&change.old),
                hash(&change.new),
                version(&change.new),
            ]);
        }
        batch.run_in(tx).await?;
        Ok(())
    }

    /// Asks for the CDN to forget paths.
    pub(crate) async fn invalidate_in(
        &self,
        tx: &mut Tx,
        releases: &BTreeMap<Country, i64>,
        changes: &[Change],
        opening: &Opening,
    ) -> Result<(), BuildError> {
        let mut batch = Batch::new(
            "INSERT INTO generator_invalidation (store, target, path, country, release, at, attempts, trace)",
            8,
            "ON CONFLICT (store, target, path) DO UPDATE SET release = excluded.release, at = excluded.at,
             attempts = 0, trace = excluded.trace",
        );
        let mut sorted: Vec<&Change> = changes.iter().collect();
        sorted.sort_by_key(|change| &change.path);
        for change in sorted {
            batch.push([
                self.store.as_str().into(),
                self.target.into(),
                change.path.as_str().into(),
                change.country.code().into(),
                releases.get(&change.country).copied().unwrap_or_default().into(),
                opening.now.ms().into(),
                0.into(),
                Value::Text(opening.trace.clone()),
            ]);
        }
        batch.run_in(tx).await?;
        if !changes.is_empty() {
            tx.wake(Invalidations::TOPIC);
        }
        Ok(())
    }

    /// Closes the open releases of countries with what was counted; those that changed nothing are dropped.
    pub(crate) async fn close_releases_in(
        &self,
        tx: &mut Tx,
        counts: &BTreeMap<Country, Counts>,
        opening: &Opening,
    ) -> Result<(), BuildError> {
        for (country, Counts { written, removed, bytes, .. }) in counts {
            let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            sqlx::query(
                "UPDATE generator_release SET state = 'published', finished_at = $4, revision = $5, as_of = $6,
                 written = written + $7, removed = removed + $8, bytes = bytes + $9
                 WHERE store = $1 AND target = $2 AND country = $3 AND state = 'publishing'",
            )
            .bind(self.store.as_str())
            .bind(self.target)
            .bind(country.code())
            .bind(opening.now.ms())
            .bind(opening.revision.0)
            .bind(opening.as_of.ms())
            .bind(count(*written))
            .bind(count(*removed))
            .bind(count(*bytes))
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }

    /// The latest releases of a country, newest first.
    pub(crate) async fn releases(&self, country: Country, limit: usize) -> Result<Vec<Release>, BuildError> {
        let rows = sqlx::query(
            "SELECT release, state, revision, as_of, reason, started_at, finished_at, written, removed, bytes
             FROM generator_release WHERE store = $1 AND target = $2 AND country = $3
             ORDER BY release DESC LIMIT $4",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(country.code())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.db.reader())
        .await?;
        rows.iter().map(|row| release_of(row, country)).collect()
    }

    /// Forgets releases that nobody can go back to any more, because versions replaced before a time are dropped: of
    /// each country all but the newest that was begun before it, and what that one changed.
    pub(crate) async fn forget_releases(&self, before: Timestamp) -> Result<(), BuildError> {
        let mut tx = self.db.begin().await?;
        for (table, older) in [("generator_release_path", "<="), ("generator_release", "<")] {
            let text = format!(
                "DELETE FROM {table} WHERE store = $1 AND target = $2 AND release {older} (
                   SELECT MAX(newest.release) FROM generator_release newest
                   WHERE newest.store = $1 AND newest.target = $2 AND newest.country = {table}.country
                   AND newest.started_at < $3)"
            );
            let query = sql(text).bind(self.store.as_str()).bind(self.target).bind(before.ms());
            query.execute(&mut *tx).await?;
        }
        tx.commit().await.map_err(DbError::from)?;
        Ok(())
    }

    /// What each path was before the first of the releases after `release`, and is now: what a roll-back restores.
    pub(crate) async fn changed_since(
        &self,
        country: Country,
        release: i64,
    ) -> Result<BTreeMap<String, Option<(ContentHash, String)>>, BuildError> {
        let rows = sqlx::query(
            "SELECT path, old_hash, old_version FROM generator_release_path
             WHERE store = $1 AND target = $2 AND country = $3 AND release > $4 ORDER BY release DESC",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(country.code())
        .bind(release)
        .fetch_all(self.db.reader())
        .await?;
        let mut before = BTreeMap::new();
        for row in &rows {
            let (hash, version): (Option<&str>, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
            let old = hash.map(parse_hash).transpose()?.zip(version);
            // The oldest release comes last and says what was there before all of them.
            before.insert(row.try_get(0)?, old);
        }
        Ok(before)
    }

    /// The countries whose later publishes are held back, with the release they stay at.
    pub(crate) async fn holds(
        &self,
        reader: &mut AnyConnection,
    ) -> Result<BTreeMap<Country, i64>, BuildError> {
        let rows =
            sqlx::query("SELECT country, release FROM generator_hold WHERE store = $1 AND target = $2")
                .bind(self.store.as_str())
                .bind(self.target)
                .fetch_all(reader)
                .await?;
        rows.iter()
            .map(|row| {
                let country: &str = row.try_get(0)?;
                Ok((Country::try_new(country).map_err(|_| BuildError::State("country"))?, row.try_get(1)?))
            })
            .collect()
    }

    /// Holds later publishes of a country back.
    pub(crate) async fn hold_in(
        &self,
        tx: &mut Tx,
        country: Country,
        release: i64,
        at: Timestamp,
    ) -> Result<(), BuildError> {
        sqlx::query(
            "INSERT INTO generator_hold (store, target, country, release, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (store, target, country) DO UPDATE SET release = excluded.release, at = excluded.at",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(country.code())
        .bind(release)
        .bind(at.ms())
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Records that a path shows an older version again, or nothing: whatever page the ledger has there is not the
    /// one that is there, so it will be rendered and put again.
    pub(crate) async fn rolled_back_in(
        &self,
        tx: &mut Tx,
        path: &str,
        there: Option<&(ContentHash, String)>,
    ) -> Result<(), BuildError> {
        sqlx::query(
            "UPDATE generator_ledger SET fingerprint = 0, hash = $4, version = $5, etag = NULL
             WHERE store = $1 AND target = $2 AND path = $3",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(path)
        .bind(there.map(|(hash, _)| hash.hex()))
        .bind(there.map(|(_, version)| version.clone()))
        .execute(&mut **tx)
        .await?;
        Ok(())
    }

    /// Marks the releases between two as rolled back, and forgets what the storefront was built from: the publish
    /// after a resume compares every page.
    pub(crate) async fn take_back_in(
        &self,
        tx: &mut Tx,
        country: Country,
        after: i64,
        before: i64,
    ) -> Result<(), BuildError> {
        sqlx::query(
            "UPDATE generator_release SET state = 'rolled_back'
             WHERE store = $1 AND target = $2 AND country = $3 AND release > $4 AND release < $5",
        )
        .bind(self.store.as_str())
        .bind(self.target)
        .bind(country.code())
        .bind(after)
        .bind(before)
        .execute(&mut **tx)
        .await?;
        sqlx::query("DELETE FROM generator_storefront WHERE store = $1 AND target = $2 AND country = $3")
            .bind(self.store.as_str())
            .bind(self.target)
            .bind(country.code())
            .execute(&mut **tx)
            .await?;
        if let Some(lease) = &self.lease {
            lease.end_in(tx).await?;
        }
        Ok(())
    }

    /// Lets publishes of a country go on; answers whether they were held.
    pub(crate) async fn resume_in(&self, tx: &mut Tx, country: Country) -> Result<bool, BuildError> {
        let done =
            sqlx::query("DELETE FROM generator_hold WHERE store = $1 AND target = $2 AND country = $3")
                .bind(self.store.as_str())
                .bind(self.target)
                .bind(country.code())
                .execute(&mut **tx)
                .await?;
        Ok(done.rows_affected() > 0)
    }
}

fn release_of(row: &AnyRow, country: Country) -> Result<Release, BuildError> {
    let (state, reason): (&str, &str) = (row.try_get(1)?, row.try_get(4)?);
    let known = ReleaseState::ALL.into_iter().find(|one| one.as_str() == state);
    Ok(Release {
        country,
        release: row.try_get(0)?,
        state: known.ok_or(BuildError::State("release"))?,
        revision: Revision(row.try_get(2)?),
        as_of: Timestamp::from_ms(row.try_get(3)?),
        reason: reason.parse().map_err(|_| BuildError::State("reason"))?,
        started_at: Timestamp::from_ms(row.try_get(5)?),
        finished_at: row.try_get::<Option<i64>, _>(6)?.map(Timestamp::from_ms),
        written: row.try_get(7)?,
        removed: row.try_get(8)?,
        bytes: row.try_get(9)?,
    })
}
