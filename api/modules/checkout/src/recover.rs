//! Driving everything to an end: payments of which nothing was heard, money that is owed, holds whose time is over.

use vitrine_core::{StoreId, Timestamp};
use vitrine_inventory::Inventory;
use vitrine_order::{OrderId, Orders};
use vitrine_payment::{Attempt, AttemptId, AttemptState, NewRefund, Payments, RefundId, Said, Standing};

use crate::rehearsal;
use crate::tasks::{self, Task};
use crate::{Checkout, Error};

/// A payment is asked for when nobody has looked at it for so long: a provider answers within seconds.
const QUIET_MS: i64 = 60_000;
/// A payment that its provider has not seen for so long is not sent any more.
const UNSEEN_MS: i64 = 2 * QUIET_MS;
/// Attempts, refunds, tasks or holds of one round.
const BATCH: u32 = 100;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Payments that were asked for or given up.
    pub payments: usize,
    /// Refunds that were sent again.
    pub refunds: usize,
    /// Orders given up because their money never came.
    pub orders: usize,
    /// Money that was given back or taken at last.
    pub tasks: usize,
    /// Holds of stock and promotions whose time was over.
    pub holds: usize,
    /// What failed, and is tried again in the next round.
    pub failed: usize,
    /// As much was found as a round takes: there may be more, so the next should not wait.
    pub more: bool,
}

impl Checkout {
    /// One round of recovery; any number of processes may do it at once. What fails is told to the log and tried again
    /// in a later round.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recover(&self) -> Result<Recovered, Error> {
        let (now, mut round) = (self.clock.now(), Recovered::default());
        let since = now.plus_ms(-QUIET_MS);
        let payments = self.payments.claim_unsettled(since, BATCH).await?;
        round.found(payments.len());
        for (store, attempt) in payments {
            rehearsal::step("payment claimed");
            round.count(self.look_at(&store, &attempt, now).await, |round| round.payments += 1);
        }
        let refunds = self.payments.claim_open_refunds(since, BATCH).await?;
        round.found(refunds.len());
        for (store, refund) in refunds {
            let sent = async {
                rehearsal::step("refund claimed");
                let heard = self.payments.refund(&store, &refund.id).await?;
                rehearsal::step("refund repeated");
                self.complete(&store, &heard, None).await.map(|_| ())
            };
            round.count(sent.await, |round| round.refunds += 1);
        }
        let tasks = tasks::claim(&self.db, since, now, BATCH).await?;
        round.found(tasks.len());
        for (store, attempt, task) in tasks {
            rehearsal::step("task claimed");
            let done = match task {
                Task::GiveBack => self.give_back(&store, &attempt).await,
                Task::Capture => self.take(&store, &attempt).await,
            };
            round.count(done, |round| round.tasks += 1);
        }
        for (store, order) in Orders::waiting(&self.db, since, BATCH).await? {
            round.count(self.give_up_late(&store, &order, now).await, |_| ());
        }
        for ended in [Inventory::expire(&self.db, now, BATCH).await?.len(), self.promotions.expire().await?] {
            round.found(ended);
            round.holds += ended;
        }
        Ok(round)
    }

    /// Asks how a payment stands; what is too late is given up.
    async fn look_at(&self, store: &StoreId, attempt: &Attempt, now: Timestamp) -> Result<(), Error> {
        let mut heard = match self.is_late(attempt, now) {
            true => self.payments.cancel(store, &attempt.id).await?,
            false => self.payments.ask(store, &attempt.id).await?,
        };
        let is_unseen = matches!(&heard.said, Said::Attempt(said) if said.standing == Standing::NotSeen);
        if is_unseen && attempt.created_at.plus_ms(UNSEEN_MS) <= now {
            // Whoever was to send it is gone. Given up, nothing that is still on its way can move money, and the
            // shopper has the cart again.
            heard = self.payments.cancel(store, &attempt.id).await?;
        }
        rehearsal::step("payment looked at");
        self.complete(store, &heard, None).await?;
        Ok(())
    }

    fn is_late(&self, attempt: &Attempt, now: Timestamp) -> bool {
        let hold = self.methods.values().filter(|method| method.provider == attempt.provider);
        let hold = hold.map(|method| method.hold_ms).max().unwrap_or(crate::PaymentMethod::CARD_HOLD_MS);
        attempt.created_at.plus_ms(hold) <= now
    }

    /// Gives up an order whose transfer never came. Other payments are looked at by themselves.
    async fn give_up_late(&self, store: &StoreId, order: &OrderId, now: Timestamp) -> Result<(), Error> {
        let attempt = self.payments.attempt(store, &crate::place::attempt_of(order)?).await?;
        if attempt.state == AttemptState::Pending && self.is_late(&attempt, now) {
            let heard = self.payments.cancel(store, &attempt.id).await?;
            self.complete(store, &heard, None).await?;
        }
        Ok(())
    }

    /// Gives money back that nobody wants any more, as far as it goes now.
    pub(crate) async fn give_back(&self, store: &StoreId, id: &AttemptId) -> Result<(), Error> {
        let mut attempt = self.payments.attempt(store, id).await?;
        if !attempt.state.is_dead() && attempt.captured.minor() == 0 {
            let heard = self.payments.cancel(store, id).await?;
            attempt = self.apply(store, &heard).await?;
        }
        let open = attempt.captured.try_sub(attempt.refunded)?.try_sub(attempt.refunding)?;
        if open.is_positive() {
            let refund = RefundId::try_new(&format!("{id}-back-{}", attempt.refunded.minor()))
                .map_err(|error| Error::Corrupt(error.to_string()))?;
            let new =
                NewRefund { id: &refund, attempt: id, amount: open, reason: "the order did not come about" };
            let mut tx = self.db.begin().await?;
            let write = vitrine_payment::Write::at(self.clock.now());
            Payments::begin_refund_in(&mut tx, store, &new, &write).await?;
            tx.commit().await?;
            rehearsal::step("refund written");
            let heard = self.payments.refund(store, &refund).await?;
            rehearsal::step("refund answered");
            attempt = self.apply(store, &heard).await?;
            rehearsal::step("refund applied");
        }
        if attempt.state.is_dead() || attempt.state == AttemptState::Refunded {
            tasks::done(&self.db, store, id, Task::GiveBack).await?;
        }
        Ok(())
    }

    /// Takes money that is set aside for goods that are on their way.
    pub(crate) async fn take(&self, store: &StoreId, id: &AttemptId) -> Result<(), Error> {
        let attempt = self.payments.attempt(store, id).await?;
        if attempt.captured.minor() == 0 {
            let heard = self.payments.capture(store, id, attempt.amount).await?;
            let attempt = self.apply(store, &heard).await?;
            if attempt.captured.minor() == 0 {
                return Ok(());
            }
        }
        tasks::done(&self.db, store, id, Task::Capture).await
    }

    /// Makes count what was heard of a payment whose order is settled.
    pub(crate) async fn apply(
        &self,
        store: &StoreId,
        heard: &vitrine_payment::Heard,
    ) -> Result<Attempt, Error> {
        let mut tx = self.db.begin().await?;
        let write = vitrine_payment::Write::at(self.clock.now());
        let applied = Payments::apply_in(&mut tx, store, heard, &write).await?;
        tx.commit().await?;
        Ok(applied.attempt)
    }
}

impl Recovered {
    fn found(&mut self, count: usize) {
        self.more |= count >= BATCH as usize;
    }

    fn count(&mut self, done: Result<(), Error>, what: impl FnOnce(&mut Self)) {
        match done {
            Ok(()) => what(self),
            Err(error) => {
                self.failed += 1;
                tracing::warn!(%error, "recovery tries again later");
            }
        }
    }
}
