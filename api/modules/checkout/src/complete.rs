//! What becomes of an order when something is heard of its payment: from the shop, a webhook or recovery alike.
//!
//! Order of locks: the attempt, its order, promotions, stock.

use vitrine_cart::Carts;
use vitrine_core::{Sku, StoreId, Timestamp};
use vitrine_db::Tx;
use vitrine_inventory::{Inventory, NewReservation, ReservationId, ReservationState};
use vitrine_order::{Order, OrderId, OrderState, Orders, Write};
use vitrine_payment::{Applied, Attempt, AttemptState, Heard, Outcome, Payments};
use vitrine_promotion::Promotions;

use crate::place::reservation_of;
use crate::rehearsal;
use crate::tasks::{self, Task};
use crate::{Checkout, Error};

/// How long stock is held for an order that is about to be kept in the same transaction.
const MOMENT_MS: i64 = 60_000;

/// What came of an order when something was heard of its payment.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// The order, if it was placed just now.
    placed: Option<Order>,
    /// Money is to be given back, after the commit.
    owed: bool,
}

/// Whether an order has all that was held for it.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time, and not kept")]
pub(crate) enum Kept {
    /// Yes; the order, unless it was placed before.
    Placed(Option<Order>),
    /// Others have something of it.
    Lost,
}

impl Checkout {
    /// Makes count what was heard of a payment, and draws the consequences in the same transaction: the order is
    /// placed, or given up and its cart given back, or money that nobody wants any more is marked to be given back.
    ///
    /// May be called by anybody, any number of times, in any order.
    ///
    /// # Errors
    /// When the attempt is not of this store, or the database fails; then nothing of it counts yet.
    pub async fn complete(
        &self,
        store: &StoreId,
        heard: &Heard,
        trace: Option<&str>,
    ) -> Result<Applied, Error> {
        Ok(self.completed(store, heard, trace).await?.0)
    }

    /// The same; answers the order as well, if it was this call that placed it.
    #[tracing::instrument(name = "checkout.complete", skip_all)]
    pub(crate) async fn completed(
        &self,
        store: &StoreId,
        heard: &Heard,
        trace: Option<&str>,
    ) -> Result<(Applied, Option<Order>), Error> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let (applied, settled) = self.complete_in(&mut tx, store, heard, now, trace).await?;
        rehearsal::step("completion written");
        tx.commit().await?;
        rehearsal::step("completed");
        if settled.owed {
            // Whatever fails now is done by recovery.
            if let Err(error) = self.give_back(store, &applied.attempt.id).await {
                tracing::warn!(%error, %store, attempt = %applied.attempt.id, "money is not given back yet");
            }
        }
        Ok((applied, settled.placed))
    }

    /// The same within the caller's transaction; answers what came of the order.
    pub(crate) async fn complete_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        heard: &Heard,
        now: Timestamp,
        trace: Option<&str>,
    ) -> Result<(Applied, Settled), Error> {
        let write = vitrine_payment::Write::at(now).traced(trace);
        let applied = Payments::apply_in(tx, store, heard, &write).await?;
        let is_news = matches!(applied.outcome, Outcome::Moved(_));
        let settled = self.settle_in(tx, store, &applied.attempt, is_news, now, trace).await?;
        Ok((applied, settled))
    }

    /// Brings an order in line with its payment. `is_news`: the payment has moved just now.
    async fn settle_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        attempt: &Attempt,
        is_news: bool,
        now: Timestamp,
        trace: Option<&str>,
    ) -> Result<Settled, Error> {
        if !attempt.state.is_good() && !attempt.state.is_dead() {
            return Ok(Settled::default());
        }
        let id = OrderId::try_new(&attempt.reference).map_err(|error| Error::Corrupt(error.to_string()))?;
        if !is_news {
            // A webhook says once more what is known: an order that stands is not waited for. It never comes back to
            // one of the two states in which there is something to do, except cancelled by people, who see to the money.
            let state = Orders::state_in(tx, store, &id).await?;
            if !matches!(state, OrderState::PendingPayment | OrderState::Cancelled) {
                return Ok(Settled::default());
            }
        }
        let order = Orders::lock_in(tx, store, &id).await?;
        match order.state {
            OrderState::PendingPayment if is_paid(attempt) => {
                if let Kept::Placed(placed) = self.keep_in(tx, store, &order, now, trace).await? {
                    return Ok(Settled { placed, owed: false });
                }
                self.drop_in(tx, store, &order, "what was held for it is gone", now, trace).await?;
            }
            OrderState::PendingPayment => {
                let why =
                    attempt.failure.as_ref().map_or("the payment was given up", |_| "the payment failed");
                self.drop_in(tx, store, &order, why, now, trace).await?;
            }
            OrderState::Cancelled => {}
            _ => return Ok(Settled::default()),
        }
        let owed = has_money(attempt);
        if owed {
            tasks::add_in(tx, store, &attempt.id, Task::GiveBack, now).await?;
        }
        Ok(Settled { placed: None, owed })
    }

    /// Places an order whose money is there: what is held becomes its own. If something of it was held too long
    /// and others have it now, the caller drops the order.
    pub(crate) async fn keep_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        order: &Order,
        now: Timestamp,
        trace: Option<&str>,
    ) -> Result<Kept, Error> {
        let promotions = Promotions::commit_in(tx, store, order.id.as_str()).await?;
        if !promotions.lost.is_empty() || !self.keep_stock_in(tx, store, order, now, trace).await? {
            return Ok(Kept::Lost);
        }
        let write = Write { at: now, by: "system", trace };
        Ok(Kept::Placed(Orders::place_in(tx, store, &order.id, &write).await?))
    }

    async fn keep_stock_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        order: &Order,
        now: Timestamp,
        trace: Option<&str>,
    ) -> Result<bool, Error> {
        let write = vitrine_inventory::Write::at(now).traced(trace);
        let first = reservation_of(&order.id)?;
        match Inventory::commit_in(tx, store, &first, &write).await {
            Ok(_) | Err(vitrine_inventory::Error::Unknown(_)) => return Ok(true),
            Err(vitrine_inventory::Error::Ended { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // Its time was over: what is left is taken anew.
        let again = again(&order.id)?;
        let lines = counted_in(tx, store, order).await?;
        let until = now.plus_ms(MOMENT_MS);
        let new = NewReservation { id: &again, owner: order.id.as_str(), lines: &lines, until };
        match Inventory::reserve_in(tx, store, &new, &write).await {
            Ok(_) => {}
            Err(vitrine_inventory::Error::Ended { state: ReservationState::Committed, .. }) => {
                return Ok(true);
            }
            Err(vitrine_inventory::Error::Short(_) | vitrine_inventory::Error::Ended { .. }) => {
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        }
        Inventory::commit_in(tx, store, &again, &write).await?;
        Ok(true)
    }

    /// Gives up an order that was not placed: stock and promotions are free, and the cart is the shopper's again.
    pub(crate) async fn drop_in(
        &self,
        tx: &mut Tx,
        store: &StoreId,
        order: &Order,
        reason: &str,
        now: Timestamp,
        trace: Option<&str>,
    ) -> Result<(), Error> {
        Orders::cancel_in(tx, store, &order.id, reason, &Write { at: now, by: "system", trace }).await?;
        Carts::given_back_in(tx, store, &order.cart, order.id.as_str()).await?;
        Promotions::release_in(tx, store, order.id.as_str()).await?;
        let write = vitrine_inventory::Write::at(now).traced(trace);
        match Inventory::release_in(tx, store, &reservation_of(&order.id)?, &write).await {
            Ok(_) | Err(vitrine_inventory::Error::Unknown(_) | vitrine_inventory::Error::Ended { .. }) => {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether all of the money is set aside or ours. Less than all is no payment.
pub(crate) fn is_paid(attempt: &Attempt) -> bool {
    match attempt.state {
        AttemptState::Authorised => true,
        AttemptState::Captured => attempt.captured.minor() >= attempt.amount.minor(),
        _ => false,
    }
}

/// Whether there is money that can be let go or paid back.
pub(crate) fn has_money(attempt: &Attempt) -> bool {
    let kept = attempt.captured.minor() - attempt.refunded.minor() - attempt.refunding.minor();
    attempt.state == AttemptState::Authorised || kept > 0
}

/// The reservation that an order takes when its first one has ended.
pub(crate) fn again(order: &OrderId) -> Result<ReservationId, Error> {
    ReservationId::try_new(&format!("{order}-2")).map_err(|error| Error::Corrupt(error.to_string()))
}

/// Pieces of an order whose stock is counted.
async fn counted_in(tx: &mut Tx, store: &StoreId, order: &Order) -> Result<Vec<(Sku, i64)>, Error> {
    let pieces = order.contents.pieces(&order.contents.units());
    let skus: Vec<Sku> = pieces.keys().cloned().collect();
    let levels = Inventory::levels_in(tx, store, &skus).await?;
    Ok(pieces.into_iter().filter(|(sku, _)| levels.contains_key(sku)).collect())
}
