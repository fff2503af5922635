//! SQL of rules; one text for SQLite and PostgreSQL.

use std::collections::BTreeMap;
use std::sync::Arc;

use vitrine_core::StoreId;
use vitrine_db::{AnyConnection, OfStore, Outcome, Run, Tx};
use vitrine_pricing::{Promotion, PromotionId};

use crate::{DOCUMENTS, Error, PROMOTION, stored};

/// The rules of a store that are not switched off.
#[derive(Debug, Default)]
pub(crate) struct StoreRules {
    pub(crate) automatic: Vec<Arc<Promotion>>,
    pub(crate) by_code: BTreeMap<PromotionId, Arc<Promotion>>,
}

impl OfStore for StoreRules {
    type Error = Error;

    async fn load_in(snapshot: &mut AnyConnection, store: &StoreId) -> Result<Self, Error> {
        let mut rules = Self::default();
        for stored in stored::list::<Promotion>(snapshot, store, PROMOTION).await? {
            let promotion = Arc::new(stored.rule);
            if !promotion.enabled {
                continue;
            }
            if promotion.by_code {
                rules.by_code.insert(promotion.id.clone(), promotion);
            } else {
                rules.automatic.push(promotion);
            }
        }
        Ok(rules)
    }
}

pub(crate) async fn remove_in(
    tx: &mut Tx,
    store: &StoreId,
    run: &Run,
    kind: &str,
    id: &str,
) -> Result<Outcome, Error> {
    let Some(document) = DOCUMENTS.get(tx, store, kind, &[id]).await?.pop() else {
        return Ok(Outcome::Unchanged);
    };
    if document.provenance.origin != run.origin && !run.force {
        return Ok(Outcome::Conflict);
    }
    sqlx::query("DELETE FROM promotion_document WHERE store = $1 AND kind = $2 AND id = $3")
        .bind(store.as_str())
        .bind(kind)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(Outcome::Removed)
}
