//! What people do with orders: send, cancel, take back, pay back, and note that money arrived.

use vitrine_core::{Money, StoreId, Timestamp};
use vitrine_db::Tx;
use vitrine_inventory::{Adjustment, AdjustmentKind, AdjustmentLine, Inventory, LocationId};
use vitrine_order::{NewReturn, NewShipment, Order, OrderId, OrderState, Orders, Return, Shipment, Write};
use vitrine_payment::{Applied, Capture, NewRefund, Payments, Refund, RefundId};
use vitrine_promotion::Promotions;

use crate::place::{attempt_of, reservation_of};
use crate::tasks::{self, Task};
use crate::{Checkout, Error};

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
        let now = self.clock.now();
        let attempt = attempt_of(id)?;
        let mut tx = self.db.begin().await?;
        let shipped = Orders::ship_in(&mut tx, store, id, new, &Write::new(now, by)).await?;
        let order = Orders::get_in(&mut tx, store, id).await?;
        let takes = order.total.is_positive() && self.takes_on_shipping(&order);
        if takes {
            tasks::add_in(&mut tx, store, &attempt, Task::Capture, now).await?;
        }
        tx.commit().await?;
        if takes && let Err(error) = self.take(store, &attempt).await {
            tracing::warn!(%error, %store, order = %id, "the money is not taken yet");
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

    /// Notes that the money of a transfer or an invoice has arrived.
    ///
    /// # Errors
    /// When it is not what is waited for, or the database fails.
    pub async fn money_arrived(
        &self,
        store: &StoreId,
        id: &OrderId,
        amount: Money,
    ) -> Result<Applied, Error> {
        let heard = self.payments.capture(store, &attempt_of(id)?, amount).await?;
        self.complete(store, &heard, None).await
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
        let now = self.clock.now();
        let attempt = attempt_of(id)?;
        let mut tx = self.db.begin().await?;
        Orders::get_in(&mut tx, store, id).await?;
        let new = NewRefund { id: name, attempt: &attempt, amount, reason };
        // The attempt before its order, as completing locks them.
        let (_, is_new) =
            Payments::begin_refund_in(&mut tx, store, &new, &vitrine_payment::Write::at(now)).await?;
        if is_new {
            let detail = format!("{amount}: {reason}");
            Orders::note_in(&mut tx, store, id, "refunded", &detail, &Write::new(now, by)).await?;
        }
        tx.commit().await?;
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
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let (came, is_new) = Orders::return_in(&mut tx, store, id, new, &Write::new(now, by)).await?;
        if let (Some(location), true) = (into, is_new) {
            let order = Orders::get_in(&mut tx, store, id).await?;
            let pieces = order.contents.pieces(&came.units).into_iter();
            let line = |(sku, quantity)| AdjustmentLine { sku, location: location.clone(), quantity };
            let lines: Vec<AdjustmentLine> = pieces.map(line).collect();
            let name = format!("return-{id}-{}", came.id);
            let kind = AdjustmentKind::Return;
            let adjustment = Adjustment { id: &name, kind, reason: new.reason, by, lines: &lines };
            if !lines.is_empty() {
                let write = vitrine_inventory::Write::at(now);
                Inventory::adjust_in(&mut tx, store, &adjustment, &write).await?;
            }
        }
        tx.commit().await?;
        Ok((came, is_new))
    }

    /// Cancels an order of which nothing was sent: goods go back into stock, and the money to who paid it.
    ///
    /// # Errors
    /// When goods were sent, there is no such order, or the database fails.
    pub async fn cancel(&self, store: &StoreId, id: &OrderId, reason: &str, by: &str) -> Result<bool, Error> {
        let now = self.clock.now();
        let attempt = attempt_of(id)?;
        let mut tx = self.db.begin().await?;
        let order = Orders::lock_in(&mut tx, store, id).await?;
        let write = Write::new(now, by);
        if !Orders::cancel_in(&mut tx, store, id, reason, &write).await? {
            return Ok(false);
        }
        self.promotions_and_stock_back_in(&mut tx, store, &order, by, now).await?;
        if order.total.is_positive() {
            tasks::add_in(&mut tx, store, &attempt, Task::GiveBack, now).await?;
        }
        tx.commit().await?;
        if order.total.is_positive()
            && let Err(error) = self.give_back(store, &attempt).await
        {
            tracing::warn!(%error, %store, order = %id, "money is not given back yet");
        }
        Ok(true)
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
