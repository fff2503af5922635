//! Which rules may apply to a purchase, and which of them are used up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vitrine_core::{Country, StoreId, Timestamp};
use vitrine_db::{AnyConnection, Db, OfStore as _};
use vitrine_pricing::{Code, Coupon, Exhausted, Limited, Promotion, Use};

use crate::repo::StoreRules;
use crate::{COUPON, Error, Promotions, VERSIONS, rows, stored};

/// More entered codes than these are not looked up.
const MOST_CODES: usize = 10;

/// What [`vitrine_pricing::price`] needs of promotions.
#[derive(Clone, Debug, Default)]
pub struct Active {
    /// Automatic promotions of a country that have not ended, and those that the codes open.
    pub promotions: Vec<Arc<Promotion>>,
    /// The coupons there are of the codes.
    pub coupons: Vec<Coupon>,
}

impl Active {
    /// What of them has a limit.
    fn limited(&self) -> Vec<Use> {
        let promotions = self.promotions.iter().filter(|promotion| !promotion.limits.is_empty());
        let promotions = promotions.map(|promotion| Use {
            limited: Limited::Promotion(promotion.id.clone()),
            limits: promotion.limits,
        });
        let coupons = self.coupons.iter().filter(|coupon| !coupon.limits.is_empty());
        let coupons = coupons
            .map(|coupon| Use { limited: Limited::Coupon(coupon.code.clone()), limits: coupon.limits });
        let first = self.promotions.iter().any(|promotion| promotion.conditions.first_order);
        promotions.chain(coupons).chain(first.then(Use::first_order)).collect()
    }
}

impl Promotions {
    /// What a commit that changes promotions calls out ([`Db::wakeups`](vitrine_db::Db::wakeups)).
    pub const TOPIC: &str = VERSIONS.topic;

    /// Grows with every change of a store's promotions; 0 before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn version(db: &Db, store: &StoreId) -> Result<i64, Error> {
        let mut connection = db.reader().acquire().await?;
        Ok(VERSIONS.of_in(&mut connection, store).await?)
    }

    /// The automatic promotions of a store that are not switched off, by id, those ended too, as a connection or
    /// transaction sees them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn automatic_in(
        connection: &mut AnyConnection,
        store: &StoreId,
    ) -> Result<Vec<Arc<Promotion>>, Error> {
        Ok(StoreRules::load_in(connection, store).await?.automatic)
    }

    /// The rules that may apply in a country at a moment, with those that codes, as entered, open.
    ///
    /// Promotions come from memory; the database is asked for the codes only. A change is seen at once where it was
    /// made, and everywhere within a second.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn active(
        &self,
        store: &StoreId,
        country: Country,
        codes: &[String],
        now: Timestamp,
    ) -> Result<Active, Error> {
        let rules = self.rules.get(&self.db, store, self.clock.now()).await?;
        let here = |promotion: &&Arc<Promotion>| {
            let in_country = promotion.countries.is_empty() || promotion.countries.contains(&country);
            in_country && promotion.ends_at.is_none_or(|end| now < end)
        };
        let mut active = Active {
            promotions: rules.automatic.iter().filter(here).cloned().collect(),
            coupons: Vec::new(),
        };
        let codes: BTreeSet<Code> =
            codes.iter().filter_map(|code| Code::try_new(code).ok()).take(MOST_CODES).collect();
        if codes.is_empty() || rules.by_code.is_empty() {
            return Ok(active);
        }
        let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
        let mut connection = self.db.reader().acquire().await?;
        let coupons = stored::rules::<Coupon>(&mut connection, store, COUPON, &codes).await?;
        active.coupons = coupons.into_iter().map(|stored| stored.rule).collect();
        let opened: BTreeSet<_> = active.coupons.iter().map(|coupon| &coupon.promotion).collect();
        active.promotions.extend(opened.into_iter().filter_map(|id| rules.by_code.get(id)).cloned());
        Ok(active)
    }

    /// What of the rules is used up, in all or by a customer: for [`Facts::exhausted`](vitrine_pricing::Facts).
    ///
    /// It is what a price goes by; what counts is whether a hold can be taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exhausted(
        &self,
        store: &StoreId,
        active: &Active,
        customer: Option<&str>,
    ) -> Result<BTreeMap<Limited, Exhausted>, Error> {
        let mut limited = active.limited();
        // Of somebody who is not known nothing is counted.
        limited.retain(|one| customer.is_some() || one.limits.total.is_some());
        if limited.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut connection = self.db.reader().acquire().await?;
        rows::exhausted_in(&mut connection, store, &limited, customer).await
    }
}
