//! Writing and reading rules one by one.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use vitrine_core::{StoreId, Timestamp};
use vitrine_db::{AnyConnection, Document, NewDocument, Outcome, Provenance, Run, Tx};
use vitrine_pricing::{Code, Coupon, Invalid, Promotion, PromotionId};

use crate::{COUPON, DOCUMENTS, Error, PROMOTION, Promotions, VERSIONS, file, repo};

/// Coupons that are read at once.
const PAGE: usize = 500;

/// A stored rule with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The rule.
    pub rule: T,
    /// Who owns it, and who edited it since.
    pub provenance: Provenance,
    /// When it last changed.
    pub changed_at: Timestamp,
}

impl Promotions {
    /// Writes promotions by the rule of origins; the outcomes are in their order.
    ///
    /// An admin who changes what files own speaks with [`Run::force`], and owns it from then on.
    ///
    /// # Errors
    /// When one of them is not valid (nothing is written then), or the database fails.
    pub async fn put_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        promotions: &[Promotion],
    ) -> Result<Vec<Outcome>, Error> {
        for promotion in promotions {
            valid(PROMOTION, promotion.id.as_str(), promotion.check())?;
        }
        let items = promotions
            .iter()
            .map(|promotion| {
                Ok(document(PROMOTION, promotion.id.as_str(), serde_json::to_string(promotion)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let outcomes = DOCUMENTS.put_in(tx, store, run, &items).await?;
        VERSIONS.raise_in(tx, store, &outcomes).await?;
        Ok(outcomes)
    }

    /// Writes coupons by the rule of origins; the outcomes are in their order.
    ///
    /// # Errors
    /// When one of them is not valid or opens no promotion (nothing is written then), or the database fails.
    pub async fn put_coupons_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        coupons: &[Coupon],
    ) -> Result<Vec<Outcome>, Error> {
        let ids: BTreeSet<&str> = coupons.iter().map(|coupon| coupon.promotion.as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let opened: BTreeMap<PromotionId, Promotion> = rules::<Promotion>(tx, store, PROMOTION, &ids)
            .await?
            .into_iter()
            .map(|stored| (stored.rule.id.clone(), stored.rule))
            .collect();
        for coupon in coupons {
            let mut found = coupon.check();
            let wrong = file::opens(coupon, opened.get(&coupon.promotion));
            found.extend(wrong.map(|what| Invalid { field: "promotion".to_owned(), what }));
            valid(COUPON, coupon.code.as_str(), found)?;
        }
        let items = coupons
            .iter()
            .map(|coupon| Ok(document(COUPON, coupon.code.as_str(), serde_json::to_string(coupon)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(DOCUMENTS.put_in(tx, store, run, &items).await?)
    }

    /// Removes the promotions of the run's origin that are not in `keep`, sorted by id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retain_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<PromotionId>,
    ) -> Result<Vec<(PromotionId, Outcome)>, Error> {
        let keep = keep.iter().map(ToString::to_string).collect();
        let removed = DOCUMENTS.remove_entities_in(tx, store, run, PROMOTION, &keep).await?;
        let outcomes: Vec<Outcome> = removed.iter().map(|(_, outcome)| *outcome).collect();
        VERSIONS.raise_in(tx, store, &outcomes).await?;
        removed.into_iter().map(|(id, outcome)| Ok((PromotionId::try_new(&id)?, outcome))).collect()
    }

    /// Removes the coupons of the run's origin that are not in `keep`, sorted by code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retain_coupons_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        keep: &BTreeSet<Code>,
    ) -> Result<Vec<(Code, Outcome)>, Error> {
        let keep = keep.iter().map(ToString::to_string).collect();
        let removed = DOCUMENTS.remove_entities_in(tx, store, run, COUPON, &keep).await?;
        removed.into_iter().map(|(code, outcome)| Ok((Code::try_new(&code)?, outcome))).collect()
    }

    /// Removes one promotion; its coupons open nothing from then on.
    ///
    /// `Unchanged` if there is none, `Conflict` if another origin owns it and the run does not force.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        id: &PromotionId,
    ) -> Result<Outcome, Error> {
        let outcome = repo::remove_in(tx, store, run, PROMOTION, id.as_str()).await?;
        VERSIONS.raise_in(tx, store, &[outcome]).await?;
        Ok(outcome)
    }

    /// Removes one coupon, as [`remove_in`](Self::remove_in) does a promotion.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_coupon_in(
        tx: &mut Tx,
        store: &StoreId,
        run: &Run,
        code: &Code,
    ) -> Result<Outcome, Error> {
        repo::remove_in(tx, store, run, COUPON, code.as_str()).await
    }

    /// Keeps everybody else from changing a store's rules until the transaction ends: for those who decide by what is
    /// there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_in(tx: &mut Tx, store: &StoreId) -> Result<(), Error> {
        Ok(VERSIONS.lock_in(tx, store).await?)
    }

    /// One promotion, within a caller's transaction or connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        id: &PromotionId,
    ) -> Result<Option<Stored<Promotion>>, Error> {
        Ok(rules(connection, store, PROMOTION, &[id.as_str()]).await?.pop())
    }

    /// One coupon, within a caller's transaction or connection.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get_coupon_in(
        connection: &mut AnyConnection,
        store: &StoreId,
        code: &Code,
    ) -> Result<Option<Stored<Coupon>>, Error> {
        Ok(rules(connection, store, COUPON, &[code.as_str()]).await?.pop())
    }

    /// Coupons after a code, of one promotion or of all: a page, in the database's order of texts.
    ///
    /// Of one promotion it reads past those of others.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn coupons(
        &self,
        store: &StoreId,
        promotion: Option<&PromotionId>,
        after: Option<&Code>,
        limit: usize,
    ) -> Result<Vec<Stored<Coupon>>, Error> {
        let mut connection = self.db.reader().acquire().await?;
        let (mut after, mut found) = (after.map(ToString::to_string).unwrap_or_default(), Vec::new());
        while found.len() < limit {
            let page = DOCUMENTS.page(&mut connection, store, COUPON, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for document in &page {
                let coupon: Stored<Coupon> = stored(document)?;
                if promotion.is_none_or(|promotion| coupon.rule.promotion == *promotion) {
                    found.push(coupon);
                }
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// One promotion.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, store: &StoreId, id: &PromotionId) -> Result<Option<Stored<Promotion>>, Error> {
        let mut connection = self.db.reader().acquire().await?;
        Self::get_in(&mut connection, store, id).await
    }

    /// All promotions of a store, by id, those ended too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, store: &StoreId) -> Result<Vec<Stored<Promotion>>, Error> {
        let mut connection = self.db.reader().acquire().await?;
        list(&mut connection, store, PROMOTION).await
    }

    /// One coupon.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get_coupon(&self, store: &StoreId, code: &Code) -> Result<Option<Stored<Coupon>>, Error> {
        let mut connection = self.db.reader().acquire().await?;
        Self::get_coupon_in(&mut connection, store, code).await
    }

    /// All coupons of a store, by code; there may be many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_coupons(&self, store: &StoreId) -> Result<Vec<Stored<Coupon>>, Error> {
        let mut connection = self.db.reader().acquire().await?;
        list(&mut connection, store, COUPON).await
    }
}

fn valid(what: &'static str, id: &str, invalid: Vec<Invalid>) -> Result<(), Error> {
    if invalid.is_empty() { Ok(()) } else { Err(Error::Invalid { what, id: id.to_owned(), invalid }) }
}

fn document(kind: &'static str, id: &str, doc: String) -> NewDocument {
    NewDocument { kind, id: id.to_owned(), lang: String::new(), doc }
}

/// Some rules of a kind, by id.
pub(crate) async fn rules<T: DeserializeOwned>(
    connection: &mut AnyConnection,
    store: &StoreId,
    kind: &str,
    ids: &[&str],
) -> Result<Vec<Stored<T>>, Error> {
    DOCUMENTS.get(connection, store, kind, ids).await?.iter().map(stored).collect()
}

/// All rules of a kind, by id.
pub(crate) async fn list<T: DeserializeOwned>(
    connection: &mut AnyConnection,
    store: &StoreId,
    kind: &str,
) -> Result<Vec<Stored<T>>, Error> {
    DOCUMENTS.list(connection, store, kind).await?.iter().map(stored).collect()
}

fn stored<T: DeserializeOwned>(document: &Document) -> Result<Stored<T>, Error> {
    Ok(Stored {
        rule: serde_json::from_str(&document.doc)?,
        provenance: document.provenance,
        changed_at: document.changed_at,
    })
}
