//! How far a promoter has come in a store.

use std::collections::BTreeSet;

use sqlx::Row;
use vitrine_catalog::Catalog;
use vitrine_core::{ChangeKind, EntityKind, ProductId, RevisedChange, Revision, StoreId};
use vitrine_db::Tx;
use vitrine_store::Stores;

use super::prices::Shown;
use crate::WorkerError;

/// Most products of one step; when more changed, the catalog is walked through, which has steps of its own.
const PRODUCTS: usize = 500;
/// Changes read for one step.
const CHANGES: usize = 1_000;

/// A store's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Of the rules that the prices follow, empty without any.
    rules: String,
    /// Changes up to here are looked at.
    pub(super) revision: Revision,
    /// Number of the last product looked at, during a walk.
    pub(super) after: Option<i64>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// The products after a number.
    Walk {
        /// The number.
        after: i64,
    },
    /// These products.
    Products(Vec<i64>),
}

/// What changed since.
enum Since {
    Nothing,
    Products(Vec<i64>),
    /// Too much, or something that any price may depend on.
    Everything,
}

impl Place {
    /// Reads and locks the place until the transaction ends, so that no two take the same step.
    pub(super) async fn take_in(tx: &mut Tx, store: &StoreId) -> Result<Self, WorkerError> {
        let row = sqlx::query(
            "INSERT INTO workers_promoter (store, rules, revision, after_seq) VALUES ($1, '', 0, NULL) \
             ON CONFLICT (store) DO UPDATE SET rules = workers_promoter.rules \
             RETURNING rules, revision, after_seq",
        )
        .bind(store.as_str())
        .fetch_one(&mut **tx)
        .await?;
        Ok(Self {
            rules: row.try_get("rules")?,
            revision: Revision(row.try_get("revision")?),
            after: row.try_get("after_seq")?,
        })
    }

    /// What is to be done next, and the place once that is done; `None` if nothing is.
    pub(super) async fn todo_in(
        self,
        tx: &mut Tx,
        store: &StoreId,
        shown: &Shown,
    ) -> Result<Option<(Todo, Self)>, WorkerError> {
        let revision = Stores::revision_in(tx, store).await?;
        let walk = |after| {
            let place = Self { rules: shown.hash().to_owned(), revision, after: Some(after) };
            Some((Todo::Walk { after }, place))
        };
        if self.rules != shown.hash() {
            return Ok(walk(0));
        }
        // Without rules there is nothing to follow: rules that come walk through everything.
        let since = match shown.hash().is_empty() {
            true => Since::Nothing,
            false => self.since_in(tx, store).await?,
        };
        Ok(match (since, self.after) {
            (Since::Everything, _) => walk(0),
            (Since::Products(seqs), _) => Some((Todo::Products(seqs), Self { revision, ..self })),
            (Since::Nothing, Some(after)) => walk(after),
            (Since::Nothing, None) => None,
        })
    }

    async fn since_in(&self, tx: &mut Tx, store: &StoreId) -> Result<Since, WorkerError> {
        let changes = Stores::changes_since_in(tx, store, self.revision, CHANGES).await?;
        if changes.len() >= CHANGES || changes.iter().any(moves_all) {
            return Ok(Since::Everything);
        }
        let ids: BTreeSet<ProductId> = changes
            .iter()
            .filter(|change| moves_prices(change))
            .filter_map(|change| ProductId::try_new(&change.change.entity.id).ok())
            .collect();
        let ids: Vec<ProductId> = ids.into_iter().collect();
        let seqs: Vec<i64> = Catalog::seqs_of_in(tx, store, &ids).await?.into_values().collect();
        Ok(match seqs.len() {
            0 => Since::Nothing,
            found if found > PRODUCTS => Since::Everything,
            _ => Since::Products(seqs),
        })
    }

    pub(super) async fn write_in(&self, tx: &mut Tx, store: &StoreId) -> Result<(), WorkerError> {
        sqlx::query(
            "UPDATE workers_promoter SET rules = $1, revision = $2, after_seq = $3 WHERE store = $4", //
        )
        .bind(&self.rules)
        .bind(self.revision.0)
        .bind(self.after)
        .bind(store.as_str())
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// Promotions select by category, and amounts are in the country's currency.
fn moves_all(change: &RevisedChange) -> bool {
    matches!(change.change.entity.kind, EntityKind::Category | EntityKind::Country | EntityKind::Store)
}

fn moves_prices(change: &RevisedChange) -> bool {
    change.change.entity.kind == EntityKind::Product
        && matches!(change.change.kind, ChangeKind::Added | ChangeKind::Changed | ChangeKind::Price)
}
