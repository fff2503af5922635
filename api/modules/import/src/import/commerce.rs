//! Rules of `commerce/`, and the stock a shop begins with.

use std::fmt::Display;
use std::sync::Arc;

use vitrine_db::{Outcome, Tx};
use vitrine_delivery::{Deliveries, DeliverySetup};
use vitrine_inventory::Inventory;
use vitrine_pricing::TaxRules;
use vitrine_promotion::{PromotionFile, Promotions};

use super::Import;
use crate::error::ImportError;
use crate::source::commerce::{Commerce, PROMOTIONS, StockFile, at_top};

impl Import<'_> {
    /// Writes what the files that are right say, unless it was written by the last import.
    ///
    /// No page shows any of it, so the revision stays.
    pub(super) async fn put_commerce_in(
        &mut self,
        tx: &mut Tx,
        known: Option<&Arc<Commerce>>,
    ) -> Result<(), ImportError> {
        let commerce = Arc::clone(&self.folder.commerce);
        self.report.commerce.failed += commerce.wrong();
        if known.is_some_and(|known| Arc::ptr_eq(known, &commerce)) {
            self.report.commerce.unchanged += commerce.things();
            return Ok(());
        }
        if let Some(setup) = commerce.delivery.right() {
            self.put_delivery_in(tx, setup).await?;
        }
        if let Some(taxes) = commerce.taxes.right() {
            self.put_taxes_in(tx, taxes).await?;
        }
        if let Some(file) = commerce.promotions.right() {
            self.put_promotions_in(tx, file).await?;
        }
        if let Some(stock) = commerce.stock.right() {
            self.open_stock_in(tx, stock).await?;
        }
        Ok(())
    }

    async fn put_delivery_in(&mut self, tx: &mut Tx, setup: &DeliverySetup) -> Result<(), ImportError> {
        let outcome = Deliveries::put_in(tx, &self.store, &self.run, setup).await?;
        self.note_rule("the rules of", "delivery", outcome);
        Ok(())
    }

    async fn put_taxes_in(&mut self, tx: &mut Tx, taxes: &TaxRules) -> Result<(), ImportError> {
        let keep = taxes.countries.keys().copied().collect();
        let mut outcomes = Deliveries::put_taxes_in(tx, &self.store, &self.run, taxes).await?;
        outcomes.extend(Deliveries::retain_taxes_in(tx, &self.store, &self.run, &keep).await?);
        outcomes.into_iter().for_each(|(country, outcome)| self.note_rule("taxes of", country, outcome));
        Ok(())
    }

    /// Promotions before the coupons that open them; what is gone goes the other way round.
    async fn put_promotions_in(&mut self, tx: &mut Tx, file: &PromotionFile) -> Result<(), ImportError> {
        let PromotionFile { promotions, coupons } = file;
        let outcomes = Promotions::put_in(tx, &self.store, &self.run, promotions).await?;
        for (promotion, outcome) in promotions.iter().zip(outcomes) {
            self.note_rule("promotion", &promotion.id, outcome);
        }
        match Promotions::put_coupons_in(tx, &self.store, &self.run, coupons).await {
            Ok(outcomes) => coupons
                .iter()
                .zip(outcomes)
                .for_each(|(coupon, outcome)| self.note_rule("coupon", &coupon.code, outcome)),
            // The promotion was edited elsewhere, and has no codes any more. Nothing was written.
            Err(error @ vitrine_promotion::Error::Invalid { .. }) => {
                self.report.commerce.failed += coupons.len() as u64;
                self.report.find(at_top(&self.folder.root, PROMOTIONS, error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        let keep = coupons.iter().map(|coupon| coupon.code.clone()).collect();
        for (code, outcome) in Promotions::retain_coupons_in(tx, &self.store, &self.run, &keep).await? {
            self.note_rule("coupon", code, outcome);
        }
        let keep = promotions.iter().map(|promotion| promotion.id.clone()).collect();
        for (id, outcome) in Promotions::retain_in(tx, &self.store, &self.run, &keep).await? {
            self.note_rule("promotion", id, outcome);
        }
        Ok(())
    }

    /// What inventory knows already is not the files' any more: it was counted, sold and received since.
    async fn open_stock_in(&mut self, tx: &mut Tx, stock: &StockFile) -> Result<(), ImportError> {
        let StockFile { locations, openings } = stock;
        let opened = Inventory::open_in(tx, &self.store, locations, openings, &self.write).await?;
        self.report.commerce.added += opened.places as u64;
        self.report.commerce.unchanged += (openings.len() - opened.places) as u64;
        Ok(())
    }

    fn note_rule(&mut self, what: &str, id: impl Display, outcome: Outcome) {
        let counts = &mut self.report.commerce;
        match outcome {
            Outcome::Added => counts.added += 1,
            Outcome::Changed => counts.changed += 1,
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::Removed => counts.removed += 1,
            Outcome::Conflict => {
                counts.conflicts += 1;
                self.report.notes.push(format!(
                    "conflict: {what} '{id}' was edited elsewhere or belongs to another source; \
                     `vitrine import --force` overwrites it"
                ));
            }
        }
    }
}
