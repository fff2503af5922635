//! What people do with orders: send, cancel, take back, pay back, and note that money arrived.
//!
//! What ends in `_in` is for whoever writes something of their own beside it, and leaves what must wait for the commit.

use std::collections::BTreeSet;

use vitrine_core::{Money, StoreId, Timestamp};
use vitrine_db::Tx;
use vitrine_inventory::{Adjustment, AdjustmentKind, AdjustmentLine, Inventory, LocationId};
use vitrine_order::{
    NewReturn, NewShipment, Order, OrderId, OrderState, Orders, Return, Shipment, Units, Write,
};
use vitrine_payment::{Applied, Attempt, Capture, NewRefund, Payments, Refund, RefundId, RefundState};
use vitrine_promotion::Promotions;

use crate::place::{attempt_of, reservation_of};
use crate::tasks::{self, Task};
use crate::{Checkout, Error};

/// Money of an order that is to go back.
#[derive(Clone, Copy, Debug)]
pub struct Repaid<'a> {
    /// Names it; the same again pays back once.
    pub id: &'a RefundId,
    /// What.
    pub what: Back<'a>,
    /// Why, in words.
    pub reason: &'a str,
}

/// What goes back.
#[derive(Clone, Copy, Debug)]
pub enum Back<'a> {
    /// So much, whatever for.
    Amount(Money),
    /// What was charged for units of lines, taxes included, of each unit once.
    Units(&'a Units),
}

impl Checkout {
    /// Notes that goods left; money that was set aside for it is taken. Answers the shipment, and whether it is new.
    ///
    /// # Errors
    /// As [`Orders::ship_in`]; or the database fails.
    pub async fn ship(
        &self,
        store: &StoreId,
        id: &OrderId,
        new: &NewShipment<'_>,
        by: &str,
    ) -> Result<(Shipment, bool), Error> {
        let mut tx = self.db.begin().await?;
        let shipped = self.ship_in(&mut tx, store, id, new, &Write::new(self.clock.now(), by)).await?;
        tx.commit().await?;
        self.follow_up(store, id).await;
        Ok(shipped)
    }

    /// The same within the caller's transaction; [`follow_up`](Self::follow_up) after its commit takes the money.
    ///
    /// # Errors
    /// As [`Orders::ship_in`]; or the database fails.
    pub async fn ship_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        new: &NewShipment<'_>,
        write: &Write<'_>,
    ) -> Result<(Shipment, bool), Error> {
        let shipped = Orders::ship_in(tx, store, id, new, write).await?;
        let order = Orders::get_in(tx, store, id).await?;
        if order.total.is_positive() && self.takes_on_shipping(&order) {
            tasks::add_in(tx, store, &attempt_of(id)?, Task::Capture, write.at).await?;
        }
        Ok(shipped)
    }

    /// Whether the money is set aside until goods are sent. What arrives by transfer or on an invoice is noted by
    /// people.
    fn takes_on_shipping(&self, order: &Order) -> bool {
        let method = self.methods.get(&order.contents.payment);
        method.is_some_and(|method| {
            method.capture == Capture::Manual && !self.payments.awaits_money(&method.provider)
        })
    }

    /// Notes that the money of a transfer or an invoice has arrived, all of it.
    ///
    /// # Errors
    /// When it is not what is waited for, or the database fails.
    pub async fn money_arrived(
        &self,
        store: &StoreId,
        id: &OrderId,
        amount: Money,
    ) -> Result<Applied, Error> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let applied = self.money_arrived_in(&mut tx, store, id, amount, &Write::new(now, "system")).await?;
        tx.commit().await?;
        self.follow_up(store, id).await;
        Ok(applied)
    }

    /// The same within the caller's transaction, where nothing else is locked yet;
    /// [`follow_up`](Self::follow_up) after its commit gives back what comes too late.
    ///
    /// # Errors
    /// When it is not what is waited for, or the database fails.
    pub async fn money_arrived_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        amount: Money,
        write: &Write<'_>,
    ) -> Result<Applied, Error> {
        let heard = self.payments.arrived_in(tx, store, &attempt_of(id)?, amount).await?;
        Ok(self.complete_in(tx, store, &heard, write.at, write.trace).await?.0)
    }

    /// Pays money of an order back, once for each name.
    ///
    /// # Errors
    /// When it is more than was taken, the name stands for another refund, or the database fails.
    pub async fn refund(
        &self,
        store: &StoreId,
        id: &OrderId,
        name: &RefundId,
        amount: Money,
        reason: &str,
        by: &str,
    ) -> Result<Refund, Error> {
        let write = Write::new(self.clock.now(), by);
        let mut tx = self.db.begin().await?;
        Self::refund_in(&mut tx, store, id, &Repaid { id: name, what: Back::Amount(amount), reason }, &write)
            .await?;
        tx.commit().await?;
        self.send_refund(store, name).await
    }

    /// Writes down that money of an order is to go back, within the caller's transaction, where nothing else is locked
    /// yet; [`send_refund`](Self::send_refund) after its commit sends it. Answers how much it is, and whether it is new.
    ///
    /// # Errors
    /// When it is more than was taken, units were paid back before, the name stands for another refund, or the database
    /// fails.
    pub async fn refund_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        new: &Repaid<'_>,
        write: &Write<'_>,
    ) -> Result<(Money, bool), Error> {
        let attempt = Payments::lock_in(tx, store, &attempt_of(id)?).await?;
        let is_new = Payments::find_refund_in(tx, store, new.id).await?.is_none();
        let amount = match new.what {
            Back::Amount(amount) => amount,
            Back::Units(units) => {
                if is_new {
                    units_back_in(tx, store, id, (&attempt, new.id, units), write).await?;
                }
                Orders::get_in(tx, store, id).await?.contents.charged(units)?
            }
        };
        let refund = NewRefund { id: new.id, attempt: &attempt.id, amount, reason: new.reason };
        let written = vitrine_payment::Write::at(write.at).traced(write.trace);
        Payments::begin_refund_in(tx, store, &refund, &written).await?;
        if is_new {
            let detail = format!("{amount}: {}", new.reason);
            Orders::note_in(tx, store, id, "refunded", &detail, write).await?;
        }
        Ok((amount, is_new))
    }

    /// Sends a refund that was written down; sent again, it counts once.
    ///
    /// # Errors
    /// When the provider can't be reached: recovery sends it again. When there is no such refund, or the database fails.
    pub async fn send_refund(&self, store: &StoreId, name: &RefundId) -> Result<Refund, Error> {
        let heard = self.payments.refund(store, name).await?;
        self.apply(store, &heard).await?;
        Ok(self.payments.find_refund(store, name).await?)
    }

    /// Notes that goods came back, into stock where a location is named. Answers the return, and whether it is new.
    ///
    /// # Errors
    /// As [`Orders::return_in`]; or the database fails.
    pub async fn take_back(
        &self,
        store: &StoreId,
        id: &OrderId,
        new: &NewReturn<'_>,
        into: Option<&LocationId>,
        by: &str,
    ) -> Result<(Return, bool), Error> {
        let write = Write::new(self.clock.now(), by);
        let mut tx = self.db.begin().await?;
        let came_back = Self::take_back_in(&mut tx, store, id, new, into, &write).await?;
        tx.commit().await?;
        Ok(came_back)
    }

    /// The same within the caller's transaction.
    ///
    /// # Errors
    /// As [`Orders::return_in`]; or the database fails.
    pub async fn take_back_in(
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        new: &NewReturn<'_>,
        into: Option<&LocationId>,
        write: &Write<'_>,
    ) -> Result<(Return, bool), Error> {
        let (came, is_new) = Orders::return_in(tx, store, id, new, write).await?;
        if let (Some(location), true) = (into, is_new) {
            let order = Orders::get_in(tx, store, id).await?;
            let pieces = order.contents.pieces(&came.units).into_iter();
            let line = |(sku, quantity)| AdjustmentLine { sku, location: location.clone(), quantity };
            let lines: Vec<AdjustmentLine> = pieces.map(line).collect();
            let name = format!("return-{id}-{}", came.id);
            let kind = AdjustmentKind::Return;
            let adjustment = Adjustment { id: &name, kind, reason: new.reason, by: write.by, lines: &lines };
            if !lines.is_empty() {
                let write = vitrine_inventory::Write::at(write.at).traced(write.trace);
                Inventory::adjust_in(tx, store, &adjustment, &write).await?;
            }
        }
        Ok((came, is_new))
    }

    /// Cancels an order of which nothing was sent: goods go back into stock, and the money to who paid it.
    ///
    /// # Errors
    /// When goods were sent, there is no such order, or the database fails.
    pub async fn cancel(&self, store: &StoreId, id: &OrderId, reason: &str, by: &str) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        let is_new = self.cancel_in(&mut tx, store, id, reason, &Write::new(self.clock.now(), by)).await?;
        tx.commit().await?;
        if is_new {
            self.follow_up(store, id).await;
        }
        Ok(is_new)
    }

    /// The same within the caller's transaction; [`follow_up`](Self::follow_up) after its commit gives the money back.
    ///
    /// # Errors
    /// When goods were sent, there is no such order, or the database fails.
    pub async fn cancel_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        id: &OrderId,
        reason: &str,
        write: &Write<'_>,
    ) -> Result<bool, Error> {
        let order = Orders::lock_in(tx, store, id).await?;
        if !Orders::cancel_in(tx, store, id, reason, write).await? {
            return Ok(false);
        }
        self.promotions_and_stock_back_in(tx, store, &order, write.by, write.at).await?;
        if order.total.is_positive() {
            tasks::add_in(tx, store, &attempt_of(id)?, Task::GiveBack, write.at).await?;
        }
        Ok(true)
    }

    /// Does what a committed transaction left to be done with the money of an order. What fails is left to recovery.
    pub async fn follow_up(&self, store: &StoreId, id: &OrderId) {
        if let Err(error) = self.do_tasks(store, id).await {
            tracing::warn!(%error, %store, order = %id, "money is not moved yet");
        }
    }

    async fn do_tasks(&self, store: &StoreId, id: &OrderId) -> Result<(), Error> {
        let attempt = attempt_of(id)?;
        for task in tasks::of(&self.db, store, &attempt).await? {
            match task {
                Task::GiveBack => self.give_back(store, &attempt).await?,
                Task::Capture => self.take(store, &attempt).await?,
            }
        }
        Ok(())
    }

    async fn promotions_and_stock_back_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        order: &Order,
        by: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        use vitrine_inventory::Error::{Ended, Unknown};
        Promotions::release_in(tx, store, order.id.as_str()).await?;
        let write = vitrine_inventory::Write::at(now);
        for reservation in [reservation_of(&order.id)?, crate::complete::again(&order.id)?] {
            let back = match order.state {
                OrderState::PendingPayment => {
                    Inventory::release_in(tx, store, &reservation, &write).await.map(drop)
                }
                _ => {
                    let reason = "the order was cancelled";
                    Inventory::restock_in(tx, store, &reservation, reason, by, &write).await.map(drop)
                }
            };
            match back {
                Ok(()) | Err(Unknown(_) | Ended { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Notes which units money goes back for. The attempt is locked, so of two who pay the same units back the later one
/// finds the first.
async fn units_back_in(
    tx: &mut Tx,
    store: &StoreId,
    id: &OrderId,
    (attempt, refund, units): (&Attempt, &RefundId, &Units),
    write: &Write<'_>,
) -> Result<(), Error> {
    let refunds = Payments::refunds_in(tx, store, attempt).await?.into_iter();
    let failed = refunds.filter(|refund| refund.state == RefundState::Failed);
    let failed: BTreeSet<String> = failed.map(|refund| refund.id.to_string()).collect();
    let new = vitrine_order::NewRefund { id: refund.as_str(), units, failed: &failed };
    Ok(Orders::refund_in(tx, store, id, &new, write).await?)
}
