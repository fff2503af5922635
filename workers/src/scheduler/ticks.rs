//! Claiming a moment in the database, so that it is asked for once.

use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::{Db, Tx};
use vitrine_store::{Asked, Stores, Write};
use vitrine_telemetry::TraceContext;

use crate::WorkerError;

/// What kind of moment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a cron expression.
    Schedule,
    /// A page's truth ends.
    Due,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Due => "due",
        }
    }
}

/// A moment of a storefront.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tick<'a> {
    pub(super) store: &'a StoreId,
    pub(super) country: Country,
    pub(super) kind: Kind,
    /// The nominal time.
    pub(super) at: Timestamp,
}

impl Tick<'_> {
    /// Asks for a build unless somebody has for this moment or a later one; whether it was this call.
    ///
    /// The first tick of a schedule that is ever seen is only noted: nothing was missed before there was a schedule.
    ///
    /// # Errors
    /// When the database fails; then nothing is asked for.
    pub(super) async fn ask(&self, db: &Db, wish: &Asked, now: Timestamp) -> Result<bool, WorkerError> {
        // A power failure takes claim and event back together, and the moment is asked for again.
        let mut tx = db.begin_soft().await?;
        let is_first = self.note_first_in(&mut tx).await?;
        let is_ours = match (is_first, self.kind) {
            (true, Kind::Schedule) => false,
            (true, Kind::Due) => true,
            (false, _) => self.move_on_in(&mut tx).await?,
        };
        if is_ours {
            let id = format!("{}-{}-{}", self.kind.as_str(), self.country, self.at.ms());
            let trace = TraceContext::root().traceparent();
            let write = Write::at(now).traced(Some(&trace));
            Stores::request_in(&mut tx, self.store, &id, wish, &write).await?;
        }
        tx.commit().await?;
        Ok(is_ours)
    }

    async fn note_first_in(&self, tx: &mut Tx) -> Result<bool, WorkerError> {
        let query = sqlx::query(
            "INSERT INTO workers_tick (store, country, kind, tick_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (store, country, kind) DO NOTHING",
        );
        let query = query.bind(self.store.as_str()).bind(self.country.code()).bind(self.kind.as_str());
        Ok(query.bind(self.at.ms()).execute(&mut **tx).await?.rows_affected() == 1)
    }

    async fn move_on_in(&self, tx: &mut Tx) -> Result<bool, WorkerError> {
        let query = sqlx::query(
            "UPDATE workers_tick SET tick_at = $4 \
             WHERE store = $1 AND country = $2 AND kind = $3 AND tick_at < $4",
        );
        let query = query.bind(self.store.as_str()).bind(self.country.code()).bind(self.kind.as_str());
        Ok(query.bind(self.at.ms()).execute(&mut **tx).await?.rows_affected() == 1)
    }
}
