//! A store with payments, for tests.

#![allow(dead_code, reason = "each test program uses some of it")]

use std::sync::Arc;

use vitrine_core::{FixedClock, Money, StoreId, Timestamp};
use vitrine_db::{Db, Module};
use vitrine_payment::{
    Applied, Attempt, AttemptId, AttemptState, Capture, Error, Heard, NewAttempt, NewRefund, Offline,
    Outcome, Payments, Provider, Refund, RefundId, Said, Standing, TestProvider, Webhook, Write,
};

pub(crate) const MODULES: &[&Module] = &[&vitrine_db::MODULE, &vitrine_payment::MODULE];
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_764_150_000_000);
pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn id(text: &str) -> AttemptId {
    AttemptId::try_new(text).unwrap()
}

pub(crate) fn refund_id(text: &str) -> RefundId {
    RefundId::try_new(text).unwrap()
}

pub(crate) fn write() -> Write<'static> {
    Write::at(NOW)
}

/// A store of a database.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) db: Db,
    pub(crate) store: StoreId,
    pub(crate) payments: Payments,
    pub(crate) test: TestProvider,
    pub(crate) clock: Arc<FixedClock>,
}

impl Shop {
    pub(crate) fn open(db: &Db, more: Vec<Arc<dyn Provider>>) -> Self {
        let clock = Arc::new(FixedClock::new(NOW));
        let test = TestProvider::new(db.clone(), clock.clone(), "test-secret".to_owned().into());
        let mut providers: Vec<Arc<dyn Provider>> =
            vec![Arc::new(test.clone()), Arc::new(Offline::BankTransfer), Arc::new(Offline::Invoice)];
        providers.extend(more);
        let payments = Payments::new(db.clone(), clock.clone(), providers);
        Self { db: db.clone(), store: StoreId::try_new("nimbus").unwrap(), payments, test, clock }
    }

    pub(crate) async fn try_begin(&self, new: &NewAttempt<'_>) -> Result<Attempt, Error> {
        let mut tx = self.db.begin().await.unwrap();
        let attempt = self.payments.begin_in(&mut tx, &self.store, new, &write()).await;
        tx.commit().await.unwrap();
        attempt
    }

    /// An attempt of 50 EUR.
    pub(crate) async fn begin(&self, name: &str, provider: &str, capture: Capture, token: &str) -> Attempt {
        let name = id(name);
        let amount = Money::eur(5_000);
        let new = NewAttempt { id: &name, reference: "order-1", provider, amount, capture, token };
        self.try_begin(&new).await.unwrap()
    }

    pub(crate) async fn apply(&self, heard: &Heard) -> Applied {
        let mut tx = self.db.begin().await.unwrap();
        let applied = Payments::apply_in(&mut tx, &self.store, heard, &write()).await.unwrap();
        tx.commit().await.unwrap();
        applied
    }

    /// Begins, sends and applies; the state it comes to.
    pub(crate) async fn pay(
        &self,
        name: &str,
        provider: &str,
        capture: Capture,
        token: &str,
    ) -> AttemptState {
        self.begin(name, provider, capture, token).await;
        self.send(name).await.attempt.state
    }

    pub(crate) async fn send(&self, name: &str) -> Applied {
        self.apply(&self.payments.authorise(&self.store, &id(name)).await.unwrap()).await
    }

    pub(crate) async fn ask(&self, name: &str) -> Applied {
        self.apply(&self.payments.ask(&self.store, &id(name)).await.unwrap()).await
    }

    pub(crate) async fn cancel(&self, name: &str) -> Applied {
        self.apply(&self.payments.cancel(&self.store, &id(name)).await.unwrap()).await
    }

    pub(crate) async fn capture(&self, name: &str, minor: i64) -> Result<Applied, Error> {
        let heard = self.payments.capture(&self.store, &id(name), Money::eur(minor)).await?;
        Ok(self.apply(&heard).await)
    }

    pub(crate) async fn begin_refund(&self, name: &str, attempt: &str, minor: i64) -> Result<Refund, Error> {
        let (name, attempt) = (refund_id(name), id(attempt));
        let new = NewRefund { id: &name, attempt: &attempt, amount: Money::eur(minor), reason: "a test" };
        let mut tx = self.db.begin().await.unwrap();
        let begun = Payments::begin_refund_in(&mut tx, &self.store, &new, &write()).await;
        let refund = begun.map(|(refund, _)| refund);
        tx.commit().await.unwrap();
        refund
    }

    pub(crate) async fn send_refund(&self, name: &str) -> Applied {
        self.apply(&self.payments.refund(&self.store, &refund_id(name)).await.unwrap()).await
    }

    /// Delivers the test provider's webhooks that are due.
    pub(crate) async fn deliver(&self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for webhook in self.test.due_webhooks(100).await.unwrap() {
            let now = vitrine_core::Clock::now(&*self.clock);
            let signed = Webhook { signature: Some(&webhook.signature), body: webhook.body.as_bytes(), now };
            let heard = self.payments.read_webhook(&webhook.store, "test", &signed).await.unwrap().unwrap();
            outcomes.push(self.apply(&heard).await.outcome);
        }
        outcomes
    }

    pub(crate) async fn attempt(&self, name: &str) -> Attempt {
        self.payments.attempt(&self.store, &id(name)).await.unwrap()
    }

    pub(crate) async fn state(&self, name: &str) -> AttemptState {
        self.attempt(name).await.state
    }

    /// Captured, refunded and on its way back, minor units.
    pub(crate) async fn sums(&self, name: &str) -> (i64, i64, i64) {
        let attempt = self.attempt(name).await;
        (attempt.captured.minor(), attempt.refunded.minor(), attempt.refunding.minor())
    }

    /// The test provider's books: state, captured and refunded.
    pub(crate) async fn books(&self, name: &str) -> Option<(String, i64, i64)> {
        let account = self.test.account(&self.store, &id(name)).await.unwrap()?;
        Some((account.state, account.captured.minor(), account.refunded.minor()))
    }

    pub(crate) async fn assert_sound(&self) {
        let found = self.payments.audit(&self.store).await.unwrap();
        assert!(found.is_empty(), "{found:?}");
    }
}

pub(crate) fn standing(heard: &Heard) -> &Standing {
    match &heard.said {
        Said::Attempt(statement) => &statement.standing,
        other => panic!("{other:?}"),
    }
}
