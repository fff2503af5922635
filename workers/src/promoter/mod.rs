//! The promoter: keeps the promotion prices that pages show what the promotions make of the catalog's prices.
//!
//! It follows two things: the rules (when those change that pages can show, it walks through the whole catalog) and
//! the change log (products that changed are looked at again). What it finds are rows of the catalog, for all time
//! ahead, and changes like any other: pages follow from them. Each step is one transaction with its place in it, so
//! any number of promoters may run and be killed.

mod place;
mod prices;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use vitrine_catalog::{Catalog, PromotedProducts};
use vitrine_core::{Clock, Revision, StoreId, Timestamp};
use vitrine_db::{Db, Outbox, Tx, Wakeups};
use vitrine_promotion::Promotions;
use vitrine_store::{Stores, Write};

use crate::WorkerError;
use place::{Place, Todo};
use prices::Shown;

/// Keeps promotion prices. Several may run, in one process or many.
#[derive(Debug)]
pub struct Promoter {
    db: Db,
    clock: Arc<dyn Clock>,
    /// Stores in which there was nothing left to do.
    seen: BTreeMap<StoreId, Seen>,
}

/// A store in which there was nothing left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// Version of the rules.
    version: i64,
    /// Of the catalog.
    revision: Revision,
    /// None of the rules changes a price of goods: whatever the catalog does, there is nothing to follow.
    idle: bool,
}

/// What a step came to.
enum Step {
    /// So many products have other prices.
    Done(usize),
    /// There was nothing to do; whether there is nothing to follow either.
    Nothing { idle: bool },
}

impl Promoter {
    /// A promoter for all stores of a database.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, seen: BTreeMap::new() }
    }

    /// Follows until `stop` ends. A failure is logged and tried again.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut rules = self.db.wakeups(Promotions::TOPIC);
        let mut changes = self.db.wakeups(Outbox::TOPIC);
        tokio::pin!(stop);
        loop {
            let next = async {
                if let Err(error) = self.catch_up().await {
                    tracing::warn!(%error, "promotion prices could not be followed; they are tried again");
                }
                tokio::select! {
                    _ = rules.wait(Wakeups::POLL) => {}
                    _ = changes.wait(Wakeups::POLL) => {}
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = next => {}
            }
        }
    }

    /// Does all there is to do now; answers how many products have other promotion prices than before.
    ///
    /// # Errors
    /// When the database fails; what was done before stays, and the next call goes on from there.
    pub async fn catch_up(&mut self) -> Result<usize, WorkerError> {
        let mut changed = 0;
        for (store, revision) in Stores::revisions(&self.db).await? {
            let version = Promotions::version(&self.db, &store).await?;
            let is_seen = |seen: &Seen| seen.version == version && (seen.idle || seen.revision == revision);
            if self.seen.get(&store).is_some_and(is_seen) {
                continue;
            }
            let idle = loop {
                match self.step(&store).await? {
                    Step::Done(products) => changed += products,
                    Step::Nothing { idle } => break idle,
                }
            };
            self.seen.insert(store, Seen { version, revision, idle });
        }
        Ok(changed)
    }

    /// One transaction.
    async fn step(&self, store: &StoreId) -> Result<Step, WorkerError> {
        let now = self.clock.now();
        // A power failure takes prices and place back together.
        let mut tx = self.db.begin_soft().await?;
        // Locked before the rules are read, so that nobody goes on with older ones than the last.
        let place = Place::take_in(&mut tx, store).await?;
        let shown = Shown::read_in(&mut tx, store).await?;
        let Some((todo, mut next)) = place.todo_in(&mut tx, store, &shown).await? else {
            tx.rollback().await?;
            return Ok(Step::Nothing { idle: shown.hash().is_empty() });
        };
        let PromotedProducts { changes, last } = promote_in(&mut tx, store, &shown, &todo, now).await?;
        if let Todo::Walk { .. } = todo {
            next.after = last;
        }
        if !changes.is_empty() {
            let revision = Stores::bump_in(&mut tx, store, &changes, &Write::at(now)).await?;
            // What this step changed itself need not be looked at again; what came in between must.
            if revision.0 == next.revision.0 + 1 {
                next.revision = revision;
            }
        }
        next.write_in(&mut tx, store).await?;
        tx.commit().await?;
        Ok(Step::Done(changes.len()))
    }
}

async fn promote_in(
    tx: &mut Tx,
    store: &StoreId,
    shown: &Shown,
    todo: &Todo,
    now: Timestamp,
) -> Result<PromotedProducts, WorkerError> {
    let mut reducer = shown.reducer();
    let promoted = match todo {
        Todo::Walk { after } => {
            Catalog::promote_after_in(tx, store, *after, now, |asked| reducer.reduce(asked)).await?
        }
        Todo::Products(seqs) => {
            Catalog::promote_of_in(tx, store, seqs, now, |asked| reducer.reduce(asked)).await?
        }
    };
    Ok(promoted)
}
